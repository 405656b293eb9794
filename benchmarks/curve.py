"""How what the extension takes grows with the number of snippets, beside stock Sphinx and plain Sybil."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.measure import COLD, EDIT, MEMORY, NO_CHANGE, PAGES, SIDES, Bench, Rows
from benchmarks.projects import Size
from pictures.plot import Axis, Plot, Series

__all__ = ["curve"]

#: The pictures by name, and the row that each shows.
_PICTURES = {
    "cold": COLD,
    "unchanged": NO_CHANGE,
    "edited": EDIT,
    "run": PAGES,
    "memory": MEMORY,
}
_PER_PAGE, _PER_FILE = 50, 500
_NAMES = {PAGES: {"stock": "plain Sybil", "ours": "tested snippets"}}
_USUAL = {"stock": "stock Sphinx", "ours": "with tested snippets"}
_UNITS = {"s": "CPU seconds", "MB": "MB"}


def curve(counts: Sequence[int]) -> Iterator[Mapping[str, Plot]]:
    """Measure projects with so many snippets, in this order; after each, yield what is known so far.

    Pages and source files grow alike.

    :raises CommandFailed: a measured command failed.
    """
    measured = {}
    for count in counts:
        measured[count] = _measured(count)
        yield _plots(measured)


def _measured(count: int) -> Rows:
    """Measure a project once, a small one twice: there, chance is a larger part."""
    pages, files = max(1, count // _PER_PAGE), max(1, count // _PER_FILE)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Path(folder), Size(files, pages, count), one_page=False, sidebar=False)
        bench.record_evidence()
        for number in range(1 if count > 5000 else 2):
            bench.repeat(number)
    print(f"{count} snippets done", file=sys.stderr, flush=True)
    return bench.rows


def _plots(measured: Mapping[int, Rows]) -> Mapping[str, Plot]:
    plots = {}
    for name, row in _PICTURES.items():
        unit = _UNITS[next(iter(measured.values())).units[row]]
        series = tuple(
            Series(
                _NAMES.get(row, _USUAL)[side],
                tuple(
                    (float(count), round(median(rows.values[row][side]), 2))
                    for count, rows in measured.items()
                ),
            )
            for side in SIDES
        )
        plots[name] = Plot(Axis("snippets", log=True), Axis(unit, log=True), series)
    return plots
