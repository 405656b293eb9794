"""Tells the items of an enumerated list from text that happens to begin like one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sphinxext.tested_snippets._rest_lines import Line, is_blank, is_indented

_NUMBER = r"([0-9]+|[a-zA-Z]|[ivxlcdm]+|[IVXLCDM]+|#)"
_ENUMERATOR = re.compile(rf"(?:(\(){_NUMBER}\)|{_NUMBER}([.)]))(?: +|$)")
_ROMAN = re.compile(r"m{0,4}(cm|cd|d?c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})$")
_ROMAN_DIGITS = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
#: Longer numbers enumerate nothing.
_MOST_DIGITS = 18


def enumerator_width(lines: Sequence[Line], at: int) -> int | None:
    """The width of the enumerator the line at `at` begins with, or ``None``.

    As docutils has it, it is one only if the line below is blank, indented, or the next item.
    """
    match = _ENUMERATOR.match(lines[at].text)
    if not match:
        return None
    opening, number = match.group(1) or "", match.group(2) or match.group(3)
    following = _following(number)
    if not following:
        return None
    if is_blank(lines, at + 1) or is_indented(lines, at + 1):
        return match.end()
    closing = match.group(4) or ")"
    below = lines[at + 1].text
    nexts = tuple(f"{opening}{item}{closing} " for item in (*following, "#"))
    return match.end() if below.startswith(nexts) else None


def _following(number: str) -> list[str]:
    """What can come after `number` in each way of counting it may belong to."""
    if number == "#":
        return ["#"]
    if number.isdigit():
        return [str(int(number) + 1)] if len(number) <= _MOST_DIGITS else []
    following = []
    if len(number) == 1:
        following.append(chr(ord(number) + 1))
    if _ROMAN.match(number.lower()):
        roman = _roman(_roman_value(number.lower()) + 1)
        following.append(roman.upper() if number.isupper() else roman)
    return following


def _roman(value: int) -> str:
    digits = ""
    for worth, letters in _ROMAN_DIGITS:
        count, value = divmod(value, worth)
        digits += letters * count
    return digits


def _roman_value(digits: str) -> int:
    value = 0
    for worth, letters in _ROMAN_DIGITS:
        while digits.startswith(letters):
            value, digits = value + worth, digits[len(letters) :]
    return value
