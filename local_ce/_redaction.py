"""Takes secrets out of texts, also in the forms and pieces in which tools print them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"
#: Where a URL parser cuts a token that was put into a URL as it is, which the SDK does.
_CUTS = re.compile(r"[/#?@:]")


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with each of ``secrets`` replaced by ``***``.

    Found are the secret itself, its URL-encoded forms and, inside a URL, what is left of it when
    it has characters that end a URL's user part: git and pip then take the rest for a path.
    """
    known = {form for secret in secrets if secret for form in forms(secret)}
    for form in sorted(known, key=len, reverse=True):
        text = text.replace(form, MASK)
    cuts = [
        (form[: cut.start()], form[cut.start() :]) for form in known for cut in _CUTS.finditer(form)
    ]
    # The longest piece first: of 'a/b#c' the piece 'a' would leave 'b'.
    for head, _ in sorted(cuts, key=lambda cut: len(cut[0]), reverse=True):
        if head:
            text = re.sub(rf"(://[^\s/:@]*:){re.escape(head)}", rf"\1{MASK}", text)
    for _, tail in sorted(cuts, key=lambda cut: len(cut[1]), reverse=True):
        text = text.replace(f"{tail}@", f"{tail[0]}{MASK}@")
    return text


def forms(secret: str) -> set[str]:
    """Return a secret as it is, and as it is written in URLs."""
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
