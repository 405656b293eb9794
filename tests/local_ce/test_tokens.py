"""Which tokens are accepted, and which never."""

from __future__ import annotations

import stat
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orquestra.sdk._base._jwt import check_jwt_without_signature_verification
from orquestra.sdk._base._jwt import get_email_from_jwt_token as email_of

from local_ce.tokens import Claims, InvalidToken, Tokens

KEY = b"k" * 32
#: Tokens are made when the tests are collected, and used when their turn comes.
A_DAY = 24 * 3600
TOKENS = Tokens(KEY)


def forged(key: Any = KEY, algorithm: str = "HS256", **changes: Any) -> str:
    """Return a token like ours but for some claims; ``None`` leaves a claim out."""
    claims: dict[str, Any] = {
        "iss": "local-ce",
        "aud": "local-ce",
        "sub": "me",
        "iat": int(time.time()),
        "exp": int(time.time()) + A_DAY,
        "workspaces": ["*"],
        "kind": "login",
        "run": None,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm)


def test_a_token_says_what_it_was_issued_for() -> None:
    """Who, where, what for."""
    token = TOKENS.issue("ann", workspaces=["a", "b"], kind="run", run_id="wf-abcde-r000")
    assert TOKENS.verify(token) == Claims("ann", ("a", "b"), "run", "wf-abcde-r000")
    assert TOKENS.verify(forged()) == Claims("me", ("*",), "login", None)


def test_the_sdk_accepts_it_and_finds_an_address() -> None:
    """``orq login`` stores nothing else; ``sdk.mlflow`` wants the address."""
    check_jwt_without_signature_verification(TOKENS.issue())
    assert email_of(TOKENS.issue("ann")) == "ann@localhost"
    assert email_of(TOKENS.issue("ann@example.org")) == "ann@example.org"


FOREIGN = "not for this Compute Engine"
CLAIMS = "claims are not those"
REFUSED = {
    "expired": (TOKENS.issue(lifetime=-1), "has expired"),
    "signed by somebody else": (Tokens.new().issue(), "not signed by this Compute Engine"),
    "not signed": (forged(key="", algorithm="none"), f"{FOREIGN}|no JSON Web Token"),
    "another algorithm": (forged(key=b"k" * 64, algorithm="HS512"), FOREIGN),
    "another issuer": (forged(iss="other"), FOREIGN),
    "another audience": (forged(aud="other"), FOREIGN),
    "never expires": (forged(exp=None), FOREIGN),
    "for nobody": (forged(sub=None), FOREIGN),
    "from the future": (forged(iat=int(time.time()) + A_DAY), FOREIGN),
    "workspaces as text": (forged(workspaces="*"), CLAIMS),
    "no workspaces": (forged(workspaces=None), CLAIMS),
    "workspaces as numbers": (forged(workspaces=[1]), CLAIMS),
    "unknown kind": (forged(kind="root"), CLAIMS),
    "a run's without the run": (forged(kind="run"), CLAIMS),
    "run as a number": (forged(run=3), CLAIMS),
    "empty": ("", "no JSON Web Token"),
    "three words": ("a.b.c", "no JSON Web Token"),
}


@pytest.mark.parametrize(("token", "told"), list(REFUSED.values()), ids=list(REFUSED))
def test_other_tokens_are_refused(token: str, told: str) -> None:
    """With the reason, and without the token."""
    with pytest.raises(InvalidToken, match=told) as raised:
        TOKENS.verify(token)
    assert not token or token not in str(raised.value)


@given(st.data())
def test_a_token_with_a_changed_character_is_refused(data: st.DataObject) -> None:
    """Wherever it is; the last character of a part may have bits that mean nothing, and two have another form."""
    token = TOKENS.issue()
    place = data.draw(st.integers(0, len(token) - 1))
    if token[place : place + 2].endswith(".") or place == len(token) - 1:
        return
    same = {token[place], {"-": "+", "_": "/"}.get(token[place])}
    other = data.draw(st.characters(codec="ascii").filter(lambda c: c not in same))
    with pytest.raises(InvalidToken):
        TOKENS.verify(token[:place] + other + token[place + 1 :])


@given(st.text())
def test_no_text_is_a_token(text: str) -> None:
    """It is refused, whatever it is."""
    with pytest.raises(InvalidToken):
        TOKENS.verify(text)


def test_the_key_stays_in_its_folder(tmp_path: Path) -> None:
    """Tokens are good after a restart; nobody else can read the key."""
    token = Tokens.in_folder(tmp_path).issue()
    assert Tokens.in_folder(tmp_path).verify(token).user == "me"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert token.encode() not in (tmp_path / "key").read_bytes()


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    """Before anybody gets a token that is easy to forge."""
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(ValueError, match="has 5 bytes, and a signing key has at least 32"):
        Tokens.in_folder(tmp_path)
