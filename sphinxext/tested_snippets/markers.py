"""The markers between which a region stands, as a page writes them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sphinxext.tested_snippets.styles import MarkerStyle, start_pattern

__all__ = ["Dialect", "Markers", "family", "region_name"]

_TOKENS = re.compile(r"[^\W_]+|[\W_]+")


class Markers(NamedTuple):
    """Where a region starts and ends, in the terms of ``literalinclude``.

    :param start: text that the first line has, or None for the first line of the file.
    :param end: text that the last line has, or None for the last line of the file.
    :param start_included: ``:start-at:`` (True) or ``:start-after:`` (False).
    :param end_included: ``:end-at:`` (True) or ``:end-before:`` (False).
    """

    start: str | None = None
    end: str | None = None
    start_included: bool = False
    end_included: bool = False


@dataclass(frozen=True)
class Dialect:
    """The markers of other regions that are written as those of one region are.

    :param anywhere: patterns so distinctive that a comment with one in it is a marker.
    :param alone: patterns of whole comments, each with the comment that has to be somewhere in the file for
        it to be one, or None: ``# begin b`` is a marker only where there is ``# end b`` as well, otherwise
        ``# begin work`` would be one.
    """

    anywhere: tuple[re.Pattern[str], ...] = ()
    alone: tuple[tuple[re.Pattern[str], str | None], ...] = ()

    def has(self, line: str, text: str) -> bool:
        """Whether the comment `line` of the file with this `text` is a marker."""
        if any(pattern.search(line) for pattern in self.anywhere):
            return True
        for pattern, partner in self.alone:
            match = pattern.fullmatch(line.strip())
            if match and (partner is None or _has_line(text, partner.format(match["name"]))):
                return True
        return False


def _has_line(text: str, line: str) -> bool:
    return bool(re.search(rf"^[ \t]*{re.escape(line)}[ \t]*$", text, re.MULTILINE))


@lru_cache(maxsize=1024)
def family(start: str, end: str, start_line: str, styles: tuple[MarkerStyle, ...]) -> Dialect:
    """The markers of the same dialect for other names: ``[START b]``, ``[END b]`` for ``[START a]``.

    The dialect is the project's own, or is recognised by the name that both markers carry; without either
    there is nothing to go by.

    :param start_line: the line that has `start`, stripped.
    """
    for style in styles:
        if start_pattern(style).search(start_line):
            return Dialect((start_pattern(style),))
    anywhere: list[re.Pattern[str]] = []
    alone: list[tuple[re.Pattern[str], str | None]] = []
    shared = _shared_name(start, end) or ""
    line_before, _, line_after = start_line.partition(start)
    for word in re.finditer(r"\S+", shared):
        forms = [_around(marker, shared, word) for marker in (start, end)]
        for (before, after), (other_before, other_after) in (forms, forms[::-1]):
            whole = (line_before + before, after + line_after)
            if _closed(before, after):
                anywhere.append(re.compile(_OTHER.join(map(re.escape, (before, after)))))
            elif before[-1:].strip() or after[:1].strip():
                alone.append((re.compile(_OTHER.join(map(re.escape, whole))), None))
            else:
                partner = (line_before + other_before, other_after + line_after)
                literal = "{}".join(part.replace("{", "{{").replace("}", "}}") for part in partner)
                alone.append((re.compile(_OTHER.join(map(re.escape, whole))), literal))
    return Dialect(tuple(anywhere), tuple(alone))


_OTHER = r"(?P<name>\w[\w.-]*)"


def _around(marker: str, name: str, word: re.Match[str]) -> tuple[str, str]:
    """What stands before and after a `word` of the `name` in `marker`."""
    *_, found = re.finditer(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", marker)
    position = found.start()
    return marker[: position + word.start()], marker[position + word.end() :]


def _closed(before: str, after: str) -> bool:
    """Whether a name is closed by a sign and there is a word beside it: ``[START a]``, ``__a_begin__``."""
    return bool(after[:1].strip()) and bool(re.search(r"[^\W_]", before + after))


def region_name(markers: Markers, styles: Sequence[MarkerStyle] = ()) -> str | None:
    """The name that the markers of a region carry, or None where they carry none."""
    if not markers.start:
        return None
    for style in styles:
        name = style.name_of(markers.start)
        if name:
            return name
    return _shared_name(markers.start, markers.end or "")


def _shared_name(start: str, end: str) -> str | None:
    """The last run of words that stands in both markers: ``a`` in ``[START a]`` and ``[END a]``."""
    tokens, others = _TOKENS.findall(start), _TOKENS.findall(end)
    blocks = difflib.SequenceMatcher(None, tokens, others, autojunk=False).get_matching_blocks()
    shared = ["".join(tokens[block.a : block.a + block.size]) for block in blocks]
    names = [
        match[0] for text in shared for match in [re.search(r"[^\W_](?:.*[^\W_])?", text)] if match
    ]
    return names[-1] if names and start != end else None
