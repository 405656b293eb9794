"""The markers in a file whose ends carry a name, and the regions between them.

Such regions may nest, and regions of one name belong together, in the order of the file. What a region has in
it, it has as a whole: each marker inside needs its partner inside.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sphinxext.tested_snippets.source import RegionError, Source
from sphinxext.tested_snippets.styles import (
    MarkerStyle,
    Styles,
    end_pattern,
    fixed_text,
    start_pattern,
)

__all__ = ["Mark", "Marks", "inner_marks", "marks", "regions"]


@dataclass(frozen=True)
class Mark:
    """A marker on the line `index` (0-based): the start or the end of a region `name`."""

    index: int
    name: str
    is_start: bool


class Marks:
    """The markers of a `style` whose ends are named, in the order in which they stand in a file."""

    def __init__(self, source: Source, style: MarkerStyle) -> None:
        self._all = [
            mark for index in _lines_to_look_at(source, style) for mark in _on(source, index, style)
        ]
        self._indexes = [mark.index for mark in self._all]
        self._named: dict[str, list[Mark]] = {}
        for mark in self._all:
            self._named.setdefault(mark.name, []).append(mark)

    @property
    def names(self) -> Iterable[str]:
        """The names of all regions."""
        return self._named

    def of(self, name: str) -> Sequence[Mark]:
        """The markers of the regions called `name`."""
        return self._named.get(name, ())

    def between(self, start: int, end: int) -> Sequence[Mark]:
        """The markers on lines between these two."""
        return self._all[bisect_left(self._indexes, start + 1) : bisect_left(self._indexes, end)]


def marks(source: Source, style: MarkerStyle) -> Marks:
    """The markers of a `style` in a file, found once."""
    key = (Marks, style)
    if key not in source.memory:
        source.memory[key] = Marks(source, style)
    found: Marks = source.memory[key]
    return found


def _lines_to_look_at(source: Source, style: MarkerStyle) -> Iterable[int]:
    fixed, total = (fixed_text(style.start), fixed_text(style.end)), len(source.lines)
    if not all(fixed):
        return range(total)
    return sorted({index for text in fixed for index in source.lines_with(text, 0, total)})


def _on(source: Source, index: int, style: MarkerStyle) -> Iterator[Mark]:
    """The markers on a line. One in another is none: ``end a`` is no start, where ``a`` alone would be."""
    line = source.lines[index]
    found = [
        (match.span(), match["name"], is_start)
        for pattern, is_start in ((start_pattern(style), True), (end_pattern(style), False))
        for match in pattern.finditer(line)
        if match["name"]
    ]
    for (first, last), name, is_start in sorted(found):
        if not any(
            other != (first, last) and other[0] <= first and last <= other[1]
            for other, _, _ in found
        ):
            yield Mark(index, name, is_start)


def regions(source: Source, style: MarkerStyle, name: str) -> list[tuple[int, int]]:
    """The regions called `name`: the indexes of their start and end markers, none when there are no markers.

    :raises RegionError: a marker has no partner, or the region starts again before its end.
    """
    found: list[tuple[int, int]] = []
    start: int | None = None
    opening, closing = style.start_for(name), style.end_for(name)
    for mark in marks(source, style).of(name):
        line = mark.index + 1
        if mark.is_start and start is not None:
            raise RegionError(
                source.path,
                line,
                f"the region {name!r}, which starts on line {start + 1}, starts again before its end",
                f"Put {closing!r} between lines {start + 1} and {line}, or drop one of the two start markers",
            )
        if not mark.is_start and start is None:
            raise RegionError(
                source.path,
                line,
                f"the end marker of the region {name!r} has no start marker above it",
                f"Put {opening!r} above the region, or drop the end marker",
            )
        if start is not None:
            found.append((start, mark.index))
        start = mark.index if mark.is_start else None
    if start is not None:
        raise RegionError(
            source.path,
            start + 1,
            f"the region {name!r} that starts here has no end: no line below has {closing!r}",
            "Put the end marker below the region",
        )
    return found


def inner_marks(source: Source, styles: Styles, name: str, start: int, end: int) -> set[int]:
    """The indexes of the lines with markers of other regions inside the region `name`.

    :param start: the index of the line with its start marker; `end` that of its end marker.
    :raises RegionError: one of them has no partner there.
    """
    lines: set[int] = set()
    for style in styles:
        if style.end_is_named:
            inside = marks(source, style).between(start, end)
            alone = _without_partner(inside)
            if alone is not None:
                raise _crossing(source, style, name, (start, end), alone)
            lines.update(mark.index for mark in inside)
    return lines


def _without_partner(inside: Iterable[Mark]) -> Mark | None:
    opened: dict[str, Mark] = {}
    for mark in inside:
        if mark.is_start == (mark.name in opened):
            return mark
        if mark.is_start:
            opened[mark.name] = mark
        else:
            del opened[mark.name]
    return next(iter(opened.values()), None)


def _crossing(
    source: Source, style: MarkerStyle, name: str, region: tuple[int, int], alone: Mark
) -> RegionError:
    start, end = region[0] + 1, region[1] + 1
    this, other = ("start", "end") if alone.is_start else ("end", "start")
    partner = (style.end_for if alone.is_start else style.start_for)(alone.name)
    return RegionError(
        source.path,
        alone.index + 1,
        f"the region {name!r}, lines {start} to {end}, has the {this} marker of {alone.name!r} in it, but not "
        f"its {other} marker",
        f"Put {partner!r} between lines {start} and {end}, or take both out; regions may nest, but not cross",
    )
