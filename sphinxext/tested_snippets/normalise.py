"""Takes out of an observed line what must not be written, and what differs from run to run.

Secrets go first: nothing of them may be in evidence, on a page or in a log.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

__all__ = ["LONGEST", "MOST_LINES", "Normaliser", "shortened"]

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
#: No more lines of a transcript are recorded.
MOST_LINES = 200
#: So many lines of either end of what a failed check gave are shown, and so many characters of each.
_AT_AN_END, _WIDEST = 100, 2000


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
        own = Path(tempfile.gettempdir())
        # Programs that do not ask TMPDIR write to /tmp all the same.
        temporary = {own, own.resolve(), Path("/tmp")}  # noqa: S108 - a name, no file
        inside = {folder for folder in temporary if root in folder.parents}
        # The inner of the two goes first: tox and nox have the temporary folder in the project,
        # and a checkout can be in a temporary folder.
        self._places = [
            (_below(inside), "<tmp>"),
            (re.compile(rf"(?<![\w.-]){re.escape(str(root))}(?:/|(?![\w.-]))"), ""),
            (_below(temporary - inside), "<tmp>"),
        ]

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

    def failure(self, text: str) -> str:
        """What is said of a failed check, redacted, and of a long text both ends: it goes to a terminal."""
        lines = [
            line
            if len(line) <= _WIDEST
            else f"{line[:_WIDEST]}… ({len(line) - _WIDEST} more characters)"
            for line in self.redact(text).splitlines()
        ]
        left = len(lines) - 2 * _AT_AN_END
        if left > 1:
            lines[_AT_AN_END:-_AT_AN_END] = [f"… ({left} lines)"]
        return "\n".join(lines)

    def __call__(self, text: str) -> str:
        """`text`, redacted and the same on every run."""
        return self._same(text).strip()

    def transcript(self, text: str) -> tuple[str, ...]:
        """The lines of `text`, each as :meth:`__call__` has it but indented as it is, cut to a fit size.

        A line that says so stands in place of those beyond :data:`MOST_LINES`. Blank lines at the ends are left out.
        """
        # Secrets may go over lines; what differs is looked for in each, as it is in an observed line.
        lines = [self._same(line).rstrip() for line in self.redact(text).splitlines()]
        while lines and not lines[-1]:
            lines.pop()
        while lines and not lines[0]:
            lines.pop(0)
        kept = [shortened(line) for line in lines[:MOST_LINES]]
        left = len(lines) - len(kept)
        return (
            (*kept, f"… ({left} more {'line' if left == 1 else 'lines'})") if left else tuple(kept)
        )

    def _same(self, text: str) -> str:
        if not text:
            return ""
        text = self.redact(_CONTROL.sub("", text))
        for place, replacement in self._places:
            text = place.sub(replacement, text)
        text = _PORT.sub(r"\1:<port>", _ADDRESS.sub("0x…", text))
        for pattern, replacement in self._rules:
            text = pattern.sub(replacement, text)
        return self.redact(text)  # Again: what was taken out may have joined its two sides.


def _below(folders: Iterable[Path]) -> re.Pattern[str]:
    """What matches a path of one of `folders` or below it; nothing, when there are none."""
    names = "|".join(re.escape(str(folder)) for folder in sorted(folders, reverse=True))
    return re.compile(rf"(?<!\w)(?:{names or '(?!)'})(?![\w.-])(?:/[^\s'\",:;()\[\]]*)?")
