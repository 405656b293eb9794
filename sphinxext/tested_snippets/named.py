"""Cuts the snippet of a name out of a file that marks its snippets in one of the project's styles."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Sequence

from sphinxext.tested_snippets.markers import Markers
from sphinxext.tested_snippets.marks import inner_marks, marks, regions
from sphinxext.tested_snippets.region import Cut, cut_between, is_comment, is_definition
from sphinxext.tested_snippets.source import RegionError, Source
from sphinxext.tested_snippets.styles import MarkerStyle, Styles, end_pattern, start_pattern

__all__ = ["cut_named", "names_in"]


def cut_named(source: Source, name: str, styles: Styles) -> tuple[Cut, str]:
    """Cut the snippet `name`, marked in one of the `styles`.

    Where ends carry names, regions of one name belong together, and the markers of others inside it are left
    out. Where they don't, a region goes to the first end marker, and a name is given once.

    :returns: the cut, and its text without the indentation that all its lines have and without blank lines
        at its ends.
    :raises RegionError: there is no such snippet or more than one, its markers are not in order, or text of
        another region is in it.
    """
    found = {style: lines for style in styles for lines in [_starts(source, name, style)] if lines}
    if not found:
        raise _none(source, name, styles)
    (style, lines), *others = found.items()
    if others or (len(lines) > 1 and not style.end_is_named):
        raise _several(source, name, sorted({line for each in found.values() for line in each}))
    if style.end_is_named:
        result = _cut_regions(source, name, style, styles)
    else:
        result = _cut_to_first_end(source, name, lines[0], style, styles)
    return result, textwrap.dedent("".join(result.lines)).strip("\n") + "\n"


def names_in(source: Source, styles: Styles) -> set[str]:
    """The names of the snippets of a file."""
    names: set[str] = set()
    for style in styles:
        if style.end_is_named:
            names.update(marks(source, style).names)
        else:
            pattern = start_pattern(style)
            names.update(match["name"] for line in source.lines for match in pattern.finditer(line))
    return names


def _starts(source: Source, name: str, style: MarkerStyle) -> list[int]:
    """The indexes of the lines that have a marker of `name`: a start marker, or where ends are named, any."""
    if style.end_is_named:
        return [mark.index for mark in marks(source, style).of(name)]
    pattern = start_pattern(style, name)
    # The name itself is found fast; only where it stands can the marker be.
    return [
        index
        for index in source.lines_with(name, 0, len(source.lines))
        if any(match["name"] == name for match in pattern.finditer(source.lines[index]))
    ]


def _cut_to_first_end(
    source: Source, name: str, index: int, style: MarkerStyle, styles: Styles
) -> Cut:
    start = source.lines[index]
    if is_definition(start) and _goes_on(start):
        raise RegionError(
            source.path,
            index + 1,
            f"the definition of the snippet {name!r} goes on after its first line",
            "Write it on one line, so that the snippet starts on the next",
        )
    markers, whole = Markers(start.strip(), style.end_for(name)), range(len(source.lines))
    end = _first_end(source, name, index, style) if style.end_is_regex else None
    result = cut_between(source, markers, index, styles, whole, end)
    assert result.end_line is not None
    inner = inner_marks(source, styles, name, index, result.end_line - 1)
    return _of_lines(source, [(index, result.end_line - 1)], inner) if inner else result


def _goes_on(definition: str) -> bool:
    """Whether the arguments of a definition that starts on this line end on a later one."""
    code = re.sub(r"\"[^\"]*\"|'[^']*'", "", definition).split("#")[0].rstrip()
    return code.count("(") > code.count(")") or code.endswith("\\")


def _first_end(source: Source, name: str, start: int, style: MarkerStyle) -> int:
    pattern = end_pattern(style)
    for index in range(start + 1, len(source.lines)):
        if pattern.search(source.lines[index]):
            return index
    raise RegionError(
        source.path,
        start + 1,
        f"no line after the start of the snippet {name!r} matches {style.end}",
        "Put the end marker below the region",
    )


def _cut_regions(source: Source, name: str, style: MarkerStyle, styles: Styles) -> Cut:
    found, inner = regions(source, style, name), set()
    for start, end in found:
        _refuse_unnamed(source, name, start, end, styles)
        inner |= inner_marks(source, styles, name, start, end)
    result = _of_lines(source, found, inner)
    if not any(line.strip() for line in result.lines):
        raise RegionError(
            source.path,
            result.start_line,
            f"the region {name!r} is empty: nothing stands between its markers",
            "Put the snippet between its markers, or drop the block from the page",
        )
    return result


def _of_lines(source: Source, regions: Sequence[tuple[int, int]], inner: set[int]) -> Cut:
    """What stands between the lines of each pair, without those that are `inner` markers."""
    indexes = [
        index for start, end in regions for index in range(start + 1, end) if index not in inner
    ]
    chosen = tuple(index + 1 for index in indexes)
    first, last = regions[0][0] + 1, regions[-1][1] + 1
    return Cut(source, first + 1, last - 1, first, last, chosen)


def _refuse_unnamed(source: Source, name: str, start: int, end: int, styles: Styles) -> None:
    """Markers of a style whose ends have no name would be shown: such regions neither nest nor hold others."""
    for style in styles:
        if style.end_is_named:
            continue
        opening, closing = start_pattern(style), end_pattern(style)
        for index in range(start + 1, end):
            line = source.lines[index]
            # A definition is code first: that it could start a snippet doesn't make it a marker.
            starts = opening.search(line) and is_comment(line)
            if starts or closing.search(line):
                raise RegionError(
                    source.path,
                    index + 1,
                    f"the region {name!r}, lines {start + 1} to {end + 1}, has the marker {line.strip()!r} in "
                    "it, of a style whose ends have no name",
                    "Take one of the two regions out of the other, or mark the inner one in a style that names "
                    "its ends",
                )


def _several(source: Source, name: str, lines: Sequence[int]) -> RegionError:
    listed = ", ".join(str(index + 1) for index in lines[:5])
    return RegionError(
        source.path,
        lines[1] + 1,
        f"the snippet {name!r} is ambiguous: lines {listed} start it",
        "Give each snippet of a file a name of its own",
    )


def _none(source: Source, name: str, styles: Styles) -> RegionError:
    close = difflib.get_close_matches(name, sorted(names_in(source, styles)), n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    markers = " or ".join(repr(style.start_for(name)) for style in styles)
    return RegionError(
        source.path,
        None,
        f"there is no snippet {name!r}: no line has {markers}{hint}",
        "Correct the name on the page or mark the snippet in the file",
    )
