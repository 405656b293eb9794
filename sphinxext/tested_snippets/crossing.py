"""Regions that show the start marker of another snippet, wherever that one is shown. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain

from sphinxext.tested_snippets.records import Placed
from sphinxext.tested_snippets.region import is_comment, is_definition

__all__ = ["crossing"]


def crossing(placed: Mapping[str, Sequence[Placed]]) -> Mapping[str, list[tuple[int, str]]]:
    """Line and message, for each page, of its regions that show the marker line of a region of any page."""
    regions: dict[str, dict[int, list[Placed]]] = defaultdict(lambda: defaultdict(list))
    for region in chain.from_iterable(placed.values()):
        regions[region.path][region.marker].append(region)
    markers = {path: sorted(starts) for path, starts in regions.items()}
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for docname, shown in placed.items():
        for region in shown:
            there = markers[region.path]
            within = there[bisect_left(there, region.first) : bisect_right(there, region.last)]
            others = (other for marker in within for other in regions[region.path][marker])
            inside = [other.marker for other in others if _crosses(region, other)]
            if inside:
                found[docname].append((region.line, _message(region, min(inside))))
    return found


def _crosses(region: Placed, other: Placed) -> bool:
    """Whether `region` shows the start of `other`, which stands in it, by mistake.

    Code that is a start marker at the same time may be shown on purpose, as the method of a class is.
    """
    if other.marker in region.left_out:
        return False  # Cutting has seen that they nest.
    if is_definition(other.text):
        return False  # Cutting refuses those that don't belong to the region's own definition.
    return is_comment(other.text) or other.end >= region.end


def _message(placed: Placed, inside: int) -> str:
    return (
        f"{placed.path}:{inside}: the region that starts on line {placed.marker} shows the start marker of "
        f"another snippet. Put an end marker of its own before line {inside}; regions must not nest or cross."
    )
