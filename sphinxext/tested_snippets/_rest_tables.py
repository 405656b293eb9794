"""Finds where a table drawn with characters ends, and the running text of its cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sphinxext.tested_snippets._rest_lines import Line, is_blank

_GRID_BORDER = re.compile(r"\+-[-+]+-\+$")
_SIMPLE_TOP = re.compile(r"=+(?: +=+)+$")
_SIMPLE_BORDER = re.compile(r"=+[ =]*$")


def table_end(lines: Sequence[Line], at: int) -> int | None:
    """The index of the line after the table whose top border is at `at`; ``None`` if it is none.

    What docutils refuses as a malformed table ends where docutils goes on reading.
    """
    if _GRID_BORDER.match(lines[at].text):
        return _grid_end(lines, at)
    if _SIMPLE_TOP.match(lines[at].text):
        return _simple_end(lines, at)
    return None


def cells_of(table: Sequence[Line]) -> Iterator[list[Line]]:
    """The lines of each cell, as docutils cuts them; none of a table that it refuses."""
    # Few tables have roles of ours, and the others shall do without docutils.
    from docutils.parsers.rst import tableparser  # noqa: PLC0415
    from docutils.statemachine import StringList  # noqa: PLC0415

    grid = table[0].text.startswith("+")
    parser = tableparser.GridTableParser() if grid else tableparser.SimpleTableParser()
    block = StringList([line.text for line in table], items=[("", line.number) for line in table])
    block.pad_double_width(parser.double_width_pad_char)
    try:
        _, head, body = parser.parse(block)
    except tableparser.TableMarkupError:
        return
    for cell in (cell for row in (*head, *body) for cell in row if cell):
        text: Any = cell[3]  # A StringList, whatever the stubs say.
        text.replace(parser.double_width_pad_char, "")
        yield [Line(line.rstrip(), number) for line, (_, number) in zip(text.data, text.items)]


def _grid_end(lines: Sequence[Line], top: int) -> int:
    end = top
    while end < len(lines) and lines[end].text[:1] in ("+", "|"):
        end += 1
    if not _GRID_BORDER.match(lines[end - 1].text):
        for bottom in range(end - 2, top + 1, -1):
            if _GRID_BORDER.match(lines[bottom].text):
                return bottom + 1
    return end


def _simple_end(lines: Sequence[Line], top: int) -> int:
    borders = []
    for at in range(top + 1, len(lines)):
        if not _SIMPLE_BORDER.match(lines[at].text):
            continue
        borders.append(at)
        mismatched = len(lines[at].text) != len(lines[top].text)
        if mismatched or len(borders) == 2 or is_blank(lines, at + 1):
            return at + 1
    return borders[0] + 1 if borders else len(lines)
