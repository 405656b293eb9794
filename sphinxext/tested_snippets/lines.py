"""Lines of a snippet that a page names by what stands in them, and the numbers that its lines have. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Sequence

__all__ = ["first_number", "lines_with", "without"]


def lines_with(text: str, wanted: str | None, option: str, of: str = "the snippet") -> list[int]:
    """The lines of `text`, from 1, that an option such as ``:emphasize:`` names by what stands in them.

    :param wanted: a text or a ``/regular expression/`` on each line; None where the option isn't given.
    :param option: its name, and `of` what the text is, for messages.
    :raises ValueError: there is none, or one is in no line or is no regular expression.
    """
    if wanted is None:
        return []
    lines, found = text.split("\n"), set()
    parts = list(filter(None, map(str.strip, wanted.split("\n"))))
    if not parts:
        raise ValueError(f":{option}: names no line. Write a text that one of the lines has")
    for part in parts:
        pattern = part[1:-1] if len(part) > 2 and part[0] == part[-1] == "/" else re.escape(part)
        try:
            numbers = {n for n, line in enumerate(lines, 1) if re.search(pattern, line)}
        except re.error as error:
            raise ValueError(
                f":{option}: {part} is no regular expression ({error}). Correct it"
            ) from None
        if not numbers:
            raise ValueError(
                f":{option}: {part} is in no line of {of}. Write what one of its lines has"
            )
        found |= numbers
    return sorted(found)


def without(text: str, hidden: Collection[int]) -> str:
    """`text` without the `hidden` lines, dedented anew: what stood in a block that they opened stands alone.

    :raises ValueError: nothing is left.
    """
    kept = [line for number, line in enumerate(text.split("\n"), 1) if number not in hidden]
    shown = textwrap.dedent("\n".join(kept)).strip("\n")
    if not shown:
        raise ValueError(":hide: leaves no line to be shown. Name fewer lines, or drop the block")
    return f"{shown}\n"


def first_number(lines: Sequence[tuple[int, str]], hidden: Collection[int]) -> int:
    """The number from which ``:lineno-match:`` counts the lines of a snippet.

    :param lines: its lines with the numbers that they have in their file.
    :param hidden: which of them are not shown, counted from 1 in the snippet's text.
    :raises ValueError: lines are counted on, and would be wrong after one that is left out.
    """
    shown = _trimmed([line for count, line in enumerate(_trimmed(lines), 1) if count not in hidden])
    for (number, _), (following, _) in zip(shown, shown[1:]):
        if following != number + 1:
            raise ValueError(
                f":lineno-match: can't number the lines of this snippet, as what follows line {number} of the "
                "file is left out. Use :linenos:, which counts from 1"
            )
    return shown[0][0] if shown else 1


def _trimmed(lines: Sequence[tuple[int, str]]) -> Sequence[tuple[int, str]]:
    """The lines without blank ones at the ends, which are not shown."""
    written = [index for index, (_, line) in enumerate(lines) if line.strip()]
    return lines[written[0] : written[-1] + 1] if written else []
