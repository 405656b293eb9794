"""A reStructuredText page as lines, cut into indented pieces the way docutils cuts them."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

#: docutils' default ``tab_width``; Sphinx has no option for it.
_TAB_WIDTH = 8
_ATTRIBUTION = re.compile(r"(?:---?(?!-)|\u2014) *(?=[^ ])")


class Line(NamedTuple):
    """One line of a page, without what its surroundings indent it by."""

    text: str
    #: Position in the page, from 0.
    number: int


class Source:
    """The lines of a page, and where each of them stands in the page's text."""

    def __init__(self, text: str) -> None:
        """Split `text` as docutils' ``string2lines`` does, byte order mark left out."""
        raw = text.replace("\v", " ").replace("\f", " ").splitlines(keepends=True)
        self._text, self._raw = text, raw
        self._offsets = [0, *accumulate(map(len, raw))]
        shown = [*raw]
        if raw and raw[0].startswith("\ufeff"):
            shown[0] = raw[0][1:]
        if "\t" in text:
            shown = [line.expandtabs(_TAB_WIDTH) for line in shown]
        self.lines = [Line(line.rstrip(), index) for index, line in enumerate(shown)]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Offsets of the beginning of line `first` and of the end of line `last`."""
        start = self._offsets[first]
        return start, max(start, self._offsets[last] + len(self._raw[last].rstrip()))

    def find(self, word: str, start: int) -> tuple[int, tuple[int, int]]:
        """Line, from 0, and offsets of a `word` that the text has after `start`."""
        first = self._text.index(word, start)
        return bisect_right(self._offsets, first) - 1, (first, first + len(word))


def is_blank(lines: Sequence[Line], index: int) -> bool:
    """Whether there is no text at `index`: a blank line, or the end of the lines."""
    return index >= len(lines) or not lines[index].text


def is_indented(lines: Sequence[Line], index: int) -> bool:
    """Whether the line at `index` exists and begins with a space."""
    return index < len(lines) and lines[index].text[:1] == " "


def trimmed(lines: list[Line]) -> list[Line]:
    """`lines` without the blank ones at both ends."""
    first, last = 0, len(lines)
    while first < last and not lines[first].text.strip():
        first += 1
    while last > first and not lines[last - 1].text.strip():
        last -= 1
    return lines[first:last]


def joined(lines: Sequence[Line]) -> str:
    """The text of `lines`."""
    return "\n".join(line.text for line in lines)


def indented(
    lines: Sequence[Line],
    start: int,
    *,
    first: int | None = None,
    every: int | None = None,
    until_blank: bool = False,
) -> tuple[list[Line], int]:
    """Cut the indented block that begins at `start`.

    `first` is the width to cut from the first line, which then belongs to the block whatever its
    indentation; the others lose the indentation they share. With `every` all lines lose that
    width, and a line indented less ends the block. Blank lines within and behind belong to the
    block, unless `until_blank`.

    :return: the dedented block, and the index of the line after it.
    """
    first = every if first is None else first
    end = start if first is None else start + 1
    margins = []
    while end < len(lines):
        text = lines[end].text
        if text:
            margin = len(text) - len(text.lstrip(" "))
            if not margin or (every is not None and text[:every].strip()):
                break
            margins.append(margin)
        elif until_blank:
            break
        end += 1
    margin = every if every is not None else min(margins, default=0)
    block = [Line(line.text[margin:], line.number) for line in lines[start:end]]
    if first is not None and block:
        block[0] = Line(lines[start].text[first:], lines[start].number)
    return block, end


def quotes(block: list[Line]) -> Iterator[list[Line]]:
    """Split an indented block into its block quotes, the attributions that end them left out.

    An attribution begins with two or three dashes or an em dash behind a blank line; the lines
    below it are indented alike.
    """
    begin, said = 0, False
    for at, line in enumerate(block):
        if at < begin:
            continue
        if said and not block[at - 1].text and _ATTRIBUTION.match(line.text):
            end = _attribution_end(block, at)
            if end:
                yield block[begin:at]
                begin, said = end, False
                continue
        said = said or bool(line.text)
    yield block[begin:]


def _attribution_end(block: list[Line], start: int) -> int | None:
    margins = set()
    end = start + 1
    while not is_blank(block, end):
        text = block[end].text
        margins.add(len(text) - len(text.lstrip()))
        end += 1
    return end if len(margins) < 2 else None


def column_width(text: str) -> int:
    """Columns `text` takes: wide East Asian characters two, combining characters none."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(bool(unicodedata.combining(char)) for char in text)
