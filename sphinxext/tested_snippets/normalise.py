"""Takes out of an observed line what must not be written, and what differs from run to run.

Secrets go first: nothing of them may be in evidence, on a page or in a log.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

__all__ = ["LONGEST", "Normaliser", "shortened"]

#: What stands in place of a secret.
REDACTED = "***"

# Forms by which credentials are known without knowing them: in URLs, in headers, as assignments, and the
# prefixes of the large code hosts and of JSON Web Tokens.
_CREDENTIALS = [
    (re.compile(r"(://[^\s/@:]*:)[^\s/]+(?=@)"), rf"\1{REDACTED}"),
    (re.compile(r"(?i)(\bhttps?://)[^\s/@:]+(?=@)"), rf"\1{REDACTED}"),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)[\w.~+/=-]{6,}"), rf"\1{REDACTED}"),
    (re.compile(r"\b(?:gh[opsur]_|github_pat_|glpat-|xox[abp]-)[\w-]{8,}"), REDACTED),
    (re.compile(r"\beyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*"), REDACTED),
    (
        re.compile(
            r"(?i)((?:password|passwd|token|secret|api_?key)[\"']?\s*[=:]\s*[\"']?)(?!\w+\.\w[\w.]*\()[^\s'\",;]{4,}"
        ),
        rf"\1{REDACTED}",
    ),
]
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
_PORT = re.compile(r"\b(127\.0\.0\.1|localhost|\[::1\]):\d{2,5}\b")
_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


#: No observed line is recorded longer than this.
LONGEST = 300


def shortened(text: str, wanted: str | None = None) -> str:
    """At most :data:`LONGEST` characters of `text`, those around `wanted` if it is there."""
    if len(text) <= LONGEST:
        return text
    keep = LONGEST - 2
    first = max(0, text.find(wanted) - keep // 3) if wanted else 0
    first = min(first, len(text) - keep)
    piece = text[first : first + keep]
    return ("…" if first else "") + piece + ("…" if first + keep < len(text) else "")


class Normaliser:
    """Makes an observed text fit to be recorded.

    :param root: the project's root; paths below it are written from there.
    :param rules: (pattern, replacement) of the project, for instance for the ids of its runs.
    """

    def __init__(self, root: Path, rules: Iterable[tuple[str, str]] = ()) -> None:
        self._rules = [(re.compile(pattern), replacement) for pattern, replacement in rules]
        self._secrets: set[str] = set()
        temporary = {tempfile.gettempdir(), str(Path(tempfile.gettempdir()).resolve())}
        folders = "|".join(re.escape(folder) for folder in sorted(temporary, reverse=True))
        self._temporary = re.compile(rf"(?<!\w)(?:{folders})(?![\w.-])(?:/[^\s'\",:;()\[\]]*)?")
        self._root = re.compile(rf"(?<![\w.-]){re.escape(str(root))}(?:/|(?![\w.-]))")

    def add_secret(self, value: str) -> None:
        """Redact `value` from now on, also as it is written in URLs."""
        if value.strip("*"):
            self._secrets |= {value, quote(value, safe=""), quote_plus(value), quote(value)}

    def redact(self, text: str) -> str:
        """`text` without anything that is, or looks like, a secret."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, REDACTED)
        for pattern, replacement in _CREDENTIALS:
            text = pattern.sub(replacement, text)
        return text

    def __call__(self, text: str) -> str:
        """`text`, redacted and the same on every run."""
        if not text:
            return ""
        text = self._root.sub("", self.redact(_CONTROL.sub("", text)))
        text = self._temporary.sub("<tmp>", text)
        text = _PORT.sub(r"\1:<port>", _ADDRESS.sub("0x…", text))
        for pattern, replacement in self._rules:
            text = pattern.sub(replacement, text)
        return self.redact(text).strip()  # Again: what was taken out may have joined its two sides.
