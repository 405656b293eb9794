"""Measures the extension against stock Sphinx and plain Sybil and prints a table of ratios.

Times are of whole processes, start of Python included. On a shared machine they vary; the two sides take
turns, so that the ratios vary less.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from statistics import median

# Run as a file, Python looks for modules only beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import Bench, CommandFailed, Rows
from benchmarks.options import positive
from benchmarks.projects import Size


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return the exit status."""
    options = _parse(arguments)
    size = Size(options.files, options.pages, options.snippets)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        try:
            bench = Bench(Path(folder), size)
            bench.record_evidence()
            for number in range(options.repeats):
                bench.repeat(number)
                print(f"repeat {number + 1} of {options.repeats} done", file=sys.stderr)
        except CommandFailed as error:
            print(error, file=sys.stderr)
            return 1
    print(_machine())
    print(
        f"{size.files} source files, {size.pages} pages, {size.snippets} snippets of 5 lines; "
        f"medians of {options.repeats}\n"
    )
    print("\n".join(_table(bench.rows)))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--files", type=positive, default=10, help="source files (10)")
    parser.add_argument("--pages", type=positive, default=20, help="pages (20)")
    parser.add_argument("--snippets", type=positive, default=1000, help="snippets (1000)")
    parser.add_argument("--repeats", type=positive, default=3, help="repeats (3)")
    options = parser.parse_args(arguments)
    least = options.files * options.pages
    if options.snippets < least:
        parser.error(
            f"--snippets is {options.snippets}, expected at least {least}: each page uses each file"
        )
    return options


def _machine() -> str:
    packages = ", ".join(
        f"{name} {metadata.version(name)}" for name in ("Sphinx", "sybil", "pytest")
    )
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {packages}"


def _table(rows: Rows) -> list[str]:
    """The lines of the table; the last column has the least and the greatest ratio of a repeat."""
    cells = [("what", "stock", "ours", "ratio", "of each repeat")]
    for row, values in rows.values.items():
        stock, ours = values["stock"], values["ours"]
        ratios = [our / their for our, their in zip(ours, stock)]
        digits = 0 if rows.units[row] == "pages" else 2 if rows.units[row] == "s" else 1
        shown = [f"{median(side):.{digits}f} {rows.units[row]}" for side in (stock, ours)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        cells.append((row, shown[0], shown[1], f"{median(ours) / median(stock):.2f}", spread))
    widths = [max(map(len, column)) for column in zip(*cells)]
    rule = tuple("-" * width for width in widths)
    return [
        "  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:]))])
        for line in (cells[0], rule, *cells[1:])
    ]


if __name__ == "__main__":
    sys.exit(main())
