"""No secret survives in a text that somebody reads."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from local_ce._redaction import redact

TOKENS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4)


@given(secret=TOKENS, before=st.text(), after=st.text())
def test_a_secret_is_masked_wherever_it_stands(secret: str, before: str, after: str) -> None:
    """Plain and URL-encoded."""
    assume("*" not in secret)
    text = redact(f"{before}{secret} {quote(secret, safe='')}{after}", [secret])
    assert secret not in text
    assert quote(secret, safe="") not in text


@given(text=st.text(), secret=TOKENS)
def test_a_text_without_the_secret_stays_as_it_is(text: str, secret: str) -> None:
    """Nothing else is masked (outside of URLs, where pieces are)."""
    assume(secret not in text and quote(secret) not in text and "@" not in text)
    assume("://" not in text)
    assert redact(text, [secret]) == text


@pytest.mark.parametrize(
    "line",
    [
        "fatal: unable to access 'https://me:wr0ng/t/': URL using bad/illegal format",
        "Cloning https://me:****/t#ken@github.com/org/repo.git (to revision main)",
        "fatal: unable to access 'https://me:wr0ng/': Port number was not a decimal number",
    ],
)
def test_the_pieces_of_a_cut_token_are_masked_in_urls(line: str) -> None:
    """Git and pip take what follows a slash or a hash for something else, and print it."""
    text = redact(line, ["wr0ng/t#ken"])
    assert "wr0ng" not in text
    assert "t#ken" not in text


def test_no_secrets_mask_nothing() -> None:
    """An empty secret is none."""
    assert redact("text", [""]) == "text"
