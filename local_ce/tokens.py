"""Bearer tokens: JSON Web Tokens, signed with a key of this Compute Engine's own.

The platform hands out JWTs; the SDK refuses to store anything else (``orquestra.sdk._base._jwt``)
and reads the claim ``email``.
"""

from __future__ import annotations

import contextlib
import os
import secrets as random_key
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

#: Who issues our tokens, and for whom they are.
ISSUER = "local-ce"
#: The user of whoever started the Compute Engine.
DEFAULT_USER = "me"
#: In place of workspaces: all of them.
ALL = "*"
#: What a token can be for: a person's requests, a run's own ones, the operator's.
LOGIN, RUN, ADMIN = "login", "run", "admin"
#: Seconds a token from a login is good for: 30 days.
LIFETIME = 30 * 24 * 3600.0

_ALGORITHM = "HS256"
_REQUIRED = ("iss", "aud", "sub", "exp", "iat")


class InvalidToken(ValueError):
    """A token that is not accepted; the message says why, and never contains it."""


@dataclass(frozen=True)
class Claims:
    """What a verified token says."""

    user: str
    workspaces: tuple[str, ...]
    #: ``login``, ``run`` or ``admin``.
    kind: str
    #: The run whose token it is; it ends with that run.
    run_id: str | None


class Tokens:
    """Issues tokens and verifies them, with a key of at least 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def new(cls) -> Tokens:
        """Return tokens with a key that nobody else has, and nobody keeps."""
        return cls(random_key.token_bytes(32))

    @classmethod
    def in_folder(cls, folder: Path) -> Tokens:
        """Return tokens with the key in ``folder / "key"``, made when it is not there.

        With the same key, tokens stay good when the server is restarted.

        :raises ValueError: when the file is no key.
        """
        path = folder / "key"
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
                file.write(random_key.token_bytes(32))
        key = path.read_bytes()
        if len(key) < 32:
            raise ValueError(
                f"{path} has {len(key)} bytes, and a signing key has at least 32:"
                " remove it, and log in again with a new token"
            )
        return cls(key)

    def issue(
        self,
        user: str = DEFAULT_USER,
        *,
        workspaces: Sequence[str] = (ALL,),
        kind: str = LOGIN,
        run_id: str | None = None,
        lifetime: float = LIFETIME,
    ) -> str:
        """Return a new token.

        :param workspaces: where it may be used, besides the user's personal workspace.
        :param run_id: for ``kind="run"``: the run with whose end it is no longer accepted.
        :param lifetime: seconds until it expires.
        """
        now = time.time()
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": user,
            "email": user if "@" in user else f"{user}@localhost",
            "iat": int(now),
            "exp": int(now + lifetime),
            "jti": random_key.token_hex(8),
            "workspaces": list(workspaces),
            "kind": kind,
            "run": run_id,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def verify(self, token: str) -> Claims:
        """Return what a token says, when it is one of ours and has not expired.

        :raises InvalidToken: with the reason.
        """
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                issuer=ISSUER,
                audience=ISSUER,
                options={"require": list(_REQUIRED)},
            )
        except jwt.ExpiredSignatureError:
            raise InvalidToken("the token has expired") from None
        except jwt.InvalidSignatureError:
            raise InvalidToken("the token was not signed by this Compute Engine") from None
        except jwt.DecodeError:
            raise InvalidToken("the token is no JSON Web Token") from None
        except jwt.InvalidTokenError as error:
            raise InvalidToken(f"the token is not for this Compute Engine: {error}") from None
        return _claims(claims)


def _claims(claims: dict[str, Any]) -> Claims:
    user, kind = claims["sub"], claims.get("kind")
    workspaces, run_id = claims.get("workspaces"), claims.get("run")
    if not (
        isinstance(user, str)
        and kind in (LOGIN, RUN, ADMIN)
        and isinstance(workspaces, list)
        and all(isinstance(workspace, str) for workspace in workspaces)
        and (isinstance(run_id, str) or (run_id is None and kind != RUN))
    ):
        raise InvalidToken("the token's claims are not those this version of local_ce issues")
    return Claims(user=user, workspaces=tuple(workspaces), kind=str(kind), run_id=run_id)
