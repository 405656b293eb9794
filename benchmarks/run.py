"""Measures the extension against stock Sphinx and plain Sybil and prints a table of ratios, or records the curve.

Times are of whole processes, start of Python included: CPU time (user and system) and wall time. On a shared
machine they vary, wall time most; the two sides take turns, so that the ratios vary less.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

# Run as a file, Python looks for modules only beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.curve import curve
from benchmarks.machine import extension_versions, load, machine
from benchmarks.measure import (
    BLOCKS,
    COLD,
    EDIT,
    HOOK,
    MEMORY,
    NO_CHANGE,
    ONE_PAGE,
    PAGES,
    READ_AGAIN,
    Bench,
    CommandFailed,
    Rows,
)
from benchmarks.options import positive
from benchmarks.projects import Size
from pictures.recorded import About, write

#: Where the curve is committed.
CURVE = Path(__file__).resolve().parent.parent / "docs" / "measurements" / "snippets.json"
#: How often in each repeat what takes seconds is measured.
_OFTEN = 3
#: What our side may take at most: a share of what stock Sphinx and Sybil take, or what a unit follows.
BOUNDS = {
    COLD: "0.9",
    MEMORY: "1.15",
    NO_CHANGE: "1.1",
    HOOK: "1 s",
    EDIT: "0.15",
    READ_AGAIN: "1 page",
    PAGES: "1.2",
    BLOCKS: "none",
    ONE_PAGE: "0.5",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print or record; return the exit status."""
    options = _parse(arguments)
    try:
        if options.curve:
            _record(options)
        else:
            _compare(options)
    except CommandFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _compare(options: argparse.Namespace) -> None:
    size, began = Size(options.files, options.pages, options.snippets), load()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Path(folder), size, often=_OFTEN)
        bench.record_evidence()
        for number in range(options.repeats):
            bench.repeat(number)
            print(f"repeat {number + 1} of {options.repeats} done", file=sys.stderr)
    table, idle = _lines(bench.rows), median(bench.idle)
    share = idle / median(bench.rows.values[ONE_PAGE]["stock"])
    print("\n".join(_rst(table) if options.rst else _text(table)))
    print(
        f"\n{size.files} source files, {size.pages} pages, {size.snippets} snippets of 5 lines; medians of "
        f"{options.repeats}, of {options.repeats * _OFTEN} where a run takes seconds. pytest alone takes {idle:.2f} s for as many items that do nothing: {share:.2f} of what "
        f"plain Sybil takes in one page.\n{machine()}, load average {began} before, {load()} after; "
        f"{', '.join(' '.join(each) for each in extension_versions().items())}; {time.strftime('%Y-%m-%d')}."
    )


def _record(options: argparse.Namespace) -> None:
    about = About(
        command=f'nox -s "bench(extension)" -- --curve --counts {" ".join(map(str, options.counts))}',
        date=time.strftime("%Y-%m-%d"),
        machine=f"{machine()}, load average {load()} before",
        versions=extension_versions(),
    )
    options.output.parent.mkdir(parents=True, exist_ok=True)
    # The largest takes most of the time: what is known before it is not lost when it is stopped.
    for pictures in curve(sorted(options.counts)):
        write(options.output, about, pictures)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--files", type=positive, default=10, help="source files (10)")
    parser.add_argument("--pages", type=positive, default=100, help="pages (100)")
    parser.add_argument("--snippets", type=positive, default=5000, help="snippets (5000)")
    parser.add_argument("--repeats", type=positive, default=3, help="repeats (3)")
    parser.add_argument("--rst", action="store_true", help="print the table for the site")
    parser.add_argument(
        "--curve", action="store_true", help="measure projects of growing size; write the numbers"
    )
    parser.add_argument(
        "--counts",
        type=positive,
        nargs="+",
        default=[500, 1500, 5000, 15000, 50000],
        metavar="SNIPPETS",
        help="for the curve, how many snippets the projects have (500 1500 5000 15000 50000)",
    )
    parser.add_argument(
        "--output", type=Path, default=CURVE, help="where the curve goes (docs/measurements)"
    )
    options = parser.parse_args(arguments)
    least = options.files * options.pages
    if options.snippets < least:
        parser.error(
            f"--snippets is {options.snippets}, expected at least {least}: each page uses each file"
        )
    return options


def _lines(rows: Rows) -> list[tuple[str, ...]]:
    """The table, its head first; the last column has the least and the greatest ratio of a repeat."""
    lines: list[tuple[str, ...]] = [
        ("what", "stock", "ours", "ratio", "bound", "ratio of each repeat")
    ]
    for row, values in rows.values.items():
        stock, ours = values["stock"], values["ours"]
        ratios = [our / their for our, their in zip(ours, stock)]
        digits = 2 if rows.units[row] == "s" else 0
        shown = [f"{median(side):.{digits}f} {rows.units[row]}" for side in (stock, ours)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        ratio = f"{median(ours) / median(stock):.2f}"
        lines.append((row, *shown, ratio, BOUNDS.get(row, ""), spread))
    return lines


def _text(table: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*table)]
    rule = tuple("-" * width for width in widths)
    for first, *others in (table[0], rule, *table[1:]):
        cells = [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(others, widths[1:]))]
        yield "  ".join(cells)


def _rst(table: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """The table of the site: what has a bound."""
    yield from (".. list-table::", "   :header-rows: 1", "")
    for row in table:
        if row[4]:
            yield from (f"   {'  ' if at else '* '}- {cell}" for at, cell in enumerate(row[:5]))


if __name__ == "__main__":
    sys.exit(main())
