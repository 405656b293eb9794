"""Finds where a table drawn with characters ends; its cells are not read."""

from __future__ import annotations

import re
from collections.abc import Sequence

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
