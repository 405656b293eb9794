"""Cuts named regions out of a file, strictly.

Stock ``literalinclude`` looks for a marker as a plain substring, takes the first line that has it, and
turns every failure into a warning after which the block is missing from the page. The functions here give
the same text for correct input and raise :class:`RegionError` for everything a reader would be misled by.
Nothing in this module knows Sphinx.
"""

from __future__ import annotations

import difflib
import io
import re
import tokenize
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from sphinxext.tested_snippets.markers import Markers, family, region_name
from sphinxext.tested_snippets.source import RegionError, Source
from sphinxext.tested_snippets.styles import DEFAULT_STYLES, Styles

__all__ = ["Cut", "cut", "cut_between", "is_comment", "is_definition", "refuse_eaten"]

_DEFINITION = re.compile(r"\s*(?:async\s+def|def|class)\s+\w")
_COMMENT = re.compile(r"\s*(?:#|//|--|;|%|<!--|/\*|\*|\.\.|\(\*|\{#|!|')")


class Cut(NamedTuple):
    """What was cut: `lines`, which stand in the file from line `first` to line `last` (1-based).

    `start_line` and `end_line` are the lines of the markers themselves, or None where there is no marker.
    `chosen` are the lines that belong to it, or None where all of them do.
    """

    source: Source
    first: int
    last: int
    start_line: int | None = None
    end_line: int | None = None
    chosen: tuple[int, ...] | None = None

    @property
    def lines(self) -> list[str]:
        """The lines of the region, a new list each time."""
        if self.chosen is not None:
            return [self.source.lines[line - 1] for line in self.chosen]
        return list(self.source.lines[self.first - 1 : self.last])

    @property
    def numbered(self) -> list[tuple[int, str]]:
        """The lines of the region with their numbers in the file."""
        return list(zip(self.chosen or range(self.first, self.last + 1), self.lines))


def cut(
    source: Source,
    markers: Markers,
    styles: Styles = DEFAULT_STYLES,
    within: range | None = None,
) -> Cut:
    """Cut the region that `markers` name out of `source`.

    :param within: the indexes of the lines to look at, where the page names a part of the file
        (``:pyobject:``); None means all.
    :param styles: the project's own marker styles, by which markers of other regions are recognised too.
    :raises RegionError: a marker is missing or ambiguous, the region is empty, or text of another region is
        in it. What stock ``literalinclude`` renders for the same markers is either equal to the result or
        one of these errors.
    """
    within = range(len(source.lines)) if within is None else within
    start = _only_line_with(source, markers.start, within) if markers.start else None
    if start is not None and region_name(markers, styles):
        _refuse_part_of_word(source, start, markers.start)
    return cut_between(source, markers, start, styles, within)


def cut_between(
    source: Source,
    markers: Markers,
    start: int | None,
    styles: Styles,
    within: range,
    end: int | None = None,
) -> Cut:
    """As :func:`cut`, where the index of the line with the start marker is known.

    :param end: the index of the line with the end marker, where that is known too.
    :raises RegionError: as :func:`cut`, except for the start marker.
    """
    if start is None:
        first = within.start
    else:
        first = start if markers.start_included else start + 1
    if end is None and markers.end:
        end = _end_line(source, markers, start, range(first, within.stop))
    if end is not None and region_name(markers, DEFAULT_STYLES):
        _refuse_part_of_word(source, end, markers.end)
    if end is None:
        stop = within.stop
    else:
        stop = end + 1 if markers.end_included else end
    result = Cut(source, first + 1, stop, _one_based(start), _one_based(end))
    if markers.start or markers.end:
        _refuse_empty(result, markers)
    if markers.start and markers.end:
        _refuse_other_regions(result, markers, styles)
    return result


def _one_based(index: int | None) -> int | None:
    return None if index is None else index + 1


def _only_line_with(source: Source, marker: str, within: range) -> int:
    found = list(source.lines_with(marker, within.start, within.stop))
    if not found:
        raise RegionError(
            source.path,
            None,
            f"no line{_part(source, within)} has the start marker {marker!r}{_nearest(source, marker)}",
            "Correct the marker on the page or put it in the file",
        )
    if len(found) > 1:
        lines = ", ".join(str(index + 1) for index in found[:5])
        raise RegionError(
            source.path,
            found[1] + 1,
            f"the start marker {marker!r} is ambiguous: lines {lines} have it",
            "Write more of the line on the page, so that just one line has it",
        )
    return found[0]


def _refuse_part_of_word(source: Source, index: int, marker: str | None) -> None:
    """``# begin a`` isn't the marker that ``# begin all`` is, though stock takes it for that."""
    line = source.lines[index]
    if not marker or not (is_comment(line) or is_definition(line)):
        return
    if not _has_words(line, marker):
        raise RegionError(
            source.path,
            index + 1,
            f"the marker {marker!r} is only found as a part of {line.strip()!r}",
            "Write whole words of the marker's line on the page",
        )


def _has_words(line: str, marker: str) -> bool:
    # A pattern would have to be compiled for each marker, which took most of the time of cutting.
    at = line.find(marker)
    while at != -1:
        end = at + len(marker)
        inside = (marker[0].isalnum() and _is_word(line[at - 1 : at])) or (
            marker[-1].isalnum() and _is_word(line[end : end + 1])
        )
        if not inside:
            return True
        at = line.find(marker, at + 1)
    return False


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _nearest(source: Source, marker: str) -> str:
    stripped = {line.strip(): index + 1 for index, line in enumerate(source.lines[:5000])}
    close = difflib.get_close_matches(marker.strip(), stripped, n=1, cutoff=0.75)
    return f" (line {stripped[close[0]]} is close: {close[0]!r})" if close else ""


def _part(source: Source, within: range) -> str:
    whole = within == range(len(source.lines))
    return "" if whole else f" from {within.start + 1} to {within.stop}"


def _end_line(source: Source, markers: Markers, start: int | None, within: range) -> int:
    assert markers.end is not None
    first = within.start
    # Stock skips an end marker on the first line it shows. That is meant where the page shows the line on
    # purpose: ``:start-at:`` may name text that both lines have. Below ``:start-after:`` it would leak.
    if not markers.end_included and (start is None or markers.start_included):
        first += 1
    end = next(source.lines_with(markers.end, first, within.stop), None)
    if end is None:
        where = f" from {first + 1} to {within.stop}"
        if start is not None:
            where = f" after the start marker {markers.start!r}"
        raise RegionError(
            source.path,
            _one_based(start),
            f"no line{where} has the end marker {markers.end!r}",
            "Put the end marker below the region",
        )
    return end


def _refuse_empty(result: Cut, markers: Markers) -> None:
    if any(line.strip() for line in result.lines):
        return
    found = "nothing stands between the start of the file and"
    if result.start_line is not None:
        found = f"the region that starts with {markers.start!r} is empty: nothing stands before"
    found += f" the end marker {markers.end!r}" if markers.end else " the end of the file"
    raise RegionError(
        result.source.path,
        result.start_line or result.end_line,
        found,
        "Put the snippet between its markers, or drop the block from the page",
    )


def _refuse_other_regions(result: Cut, markers: Markers, styles: Styles) -> None:
    """Another region's marker inside this one: its own end marker is missing, or the two are nested."""
    other = _other_marker(result, markers, styles)
    if other is None:
        return
    line, text = other
    raise RegionError(
        result.source.path,
        line,
        f"the region that starts on line {result.start_line} with {markers.start!r} runs over another "
        f"marker, {text.strip()!r}",
        f"Put its own end marker {markers.end!r} before line {line}; regions must not nest or cross",
    )


def _other_marker(result: Cut, markers: Markers, styles: Styles) -> tuple[int, str] | None:
    assert markers.start is not None
    assert markers.end is not None
    assert result.start_line is not None
    start_text = result.source.lines[result.start_line - 1]
    first = result.first + (1 if markers.start_included else 0)
    last = result.last - (1 if markers.end_included else 0)
    body = [(line, result.source.lines[line - 1]) for line in range(first, last + 1)]
    if _DEFINITION.match(start_text):
        if markers.start_included:
            return None  # ``:start-at:`` shows code from its first line on; what follows is the author's.
        return _definition_outside(result.source, body, _indent(start_text))
    if not is_comment(start_text):
        return None
    dialect = family(markers.start, markers.end, start_text.strip(), styles)
    comments = [(line, text) for line, text in body if is_comment(text)]
    return next(
        ((line, text) for line, text in comments if dialect.has(text, result.source.text)), None
    )


def _definition_outside(
    source: Source, body: list[tuple[int, str]], indent: int
) -> tuple[int, str] | None:
    """The first definition of `body` that isn't part of the one that starts at `indent` columns."""
    outside = [
        (line, text) for line, text in body if _DEFINITION.match(text) and _indent(text) <= indent
    ]
    quoted = _offsets_in_strings(source.text) if outside else ()
    for line, text in outside:
        offset = source.offsets[line - 1]
        if not any(start < offset < end for start, end in quoted):
            return line, text
    return None


def is_comment(line: str) -> bool:
    """Whether `line` starts with what starts a comment in some language."""
    return bool(_COMMENT.match(line))


def is_definition(line: str) -> bool:
    """Whether `line` starts a function or class, of Python or of a language that writes them so."""
    return bool(_DEFINITION.match(line))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@lru_cache(maxsize=16)
def _offsets_in_strings(text: str) -> Sequence[tuple[int, int]]:
    """From where to where in a Python file its string literals of several lines go."""
    # Python ends a line less often than str.splitlines() does, so its line numbers are of no use here.
    rows = [0, *(match.end() for match in re.finditer("\n", text))]
    inside: list[tuple[int, int]] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            (row, column), (end_row, end_column) = token.start, token.end
            if end_row > row:
                inside.append((rows[row - 1] + column, rows[end_row - 1] + end_column))
    except (tokenize.TokenError, SyntaxError, IndexError):
        pass  # Not Python: what could be read of it counts.
    return tuple(inside)


def refuse_eaten(path: str, lines: Sequence[tuple[int, str]], columns: int) -> None:
    """Raise if removing the first `columns` columns of the numbered `lines` removes code.

    :raises RegionError: a line has less indentation than that. Stock warns and cuts the code off.
    """
    for number, line in lines:
        if line[:columns].strip():
            raise RegionError(
                path,
                number,
                f":dedent: {columns} would cut into {line.strip()!r}, which is indented by {_indent(line)}",
                "Write :dedent: without a number to remove what all lines have in common",
            )
