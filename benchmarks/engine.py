"""Measures the Compute Engine beside the SDK's own ``local`` runtime and prints a table of ratios.

Both modes of the Compute Engine and the ``local`` runtime are up together and take turns row by row, so
that on a shared machine the ratios vary less than the times. Each repeat starts them anew.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

# Run as a file, Python looks for modules only beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.machine import engine_versions, load, machine
from benchmarks.options import positive
from benchmarks.processes import Peak
from benchmarks.sides import CE, Local, NotMeasured, Side

#: How to make each side; the first one is what the others are compared with.
SIDES: dict[str, Callable[[Path], Side]] = {
    "local": Local,
    "shared": lambda folder: CE(folder, "--shared"),
    "per run": CE,
}
#: Task invocations from which on a run is looked at once a second: a look takes long then.
_MANY = 1000

_PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "{name}"
version = "1.0"
"""
_TASKS = """\
from orquestra import sdk

@sdk.task(source_import=sdk.GithubImport("bench/{name}", git_ref="main"))
def where():
    return __file__

@sdk.workflow
def demo():
    return where()
"""


class Rows:
    """What was measured: for each row and side the value of each repeat, or why there is none."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self._units: dict[str, str] = {}
        self._problems: dict[tuple[str, str], str] = {}
        #: Why cells have no number; the cells have the place in this list.
        self.notes: list[str] = []

    def add(self, row: str, side: str, value: float, unit: str) -> None:
        """Note the next value of a side."""
        self._values[row][side].append(value)
        self._units[row] = unit

    def fail(self, row: str, side: str, why: str) -> None:
        """Note that a value could not be measured; the row has none for this side then."""
        self._values[row][side].clear()
        self._problems[row, side] = why

    def lines(self) -> list[tuple[str, ...]]:
        """Return the table, its head first."""
        reference, *others = SIDES
        head = ("what", reference, *(text for side in others for text in (f"CE, {side}", "ratio")))
        self.notes.clear()
        lines = [head]
        for row, values in self._values.items():
            cells = [self._cell(row, reference)]
            for side in others:
                both = {reference, side} <= self._measured(row)
                ratio = median(values[side]) / median(values[reference]) if both else None
                cells += [self._cell(row, side), "–" if ratio is None else f"{ratio:.2f}"]  # noqa: RUF001 - a dash
            lines.append((row, *cells))
        return lines

    def _measured(self, row: str) -> set[str]:
        """Return the sides that have a number in a row: one that failed once has none."""
        return {side for side in SIDES if (row, side) not in self._problems}

    def _cell(self, row: str, side: str) -> str:
        if (why := self._problems.get((row, side))) is not None:
            if why not in self.notes:
                self.notes.append(why)
            return f"none ({self.notes.index(why) + 1})"
        unit = self._units[row]
        return f"{median(self._values[row][side]):.{2 if unit == 's' else 0}f} {unit}"


class Bench:
    """Measures all sides, in the empty folder ``folder``."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.rows = Rows()
        self._folder = folder
        self._options = options
        self._made = 0
        self._sides: dict[str, Side] = {}
        #: Why a side is not up.
        self._down: dict[str, str] = {}

    def repeat(self, number: int) -> None:
        """Measure everything once; the sides take turns in who goes first."""
        order = list(SIDES) if number % 2 == 0 else list(SIDES)[::-1]
        try:
            for side in order:
                with self._measuring("ready", side):
                    self.rows.add("ready", side, self._start(side), "s")
            for row in ("plain run, the first", "plain run, the second"):
                for side in order:
                    self._run(row, side, count=1)
            self._git(number, order)
            too_many: set[str] = set()
            for count in self._options.invocations:
                for side in order:
                    if not self._invocations(count, side, tried=side not in too_many):
                        too_many.add(side)
        finally:
            for running in self._sides.values():
                running.stop()
            self._sides.clear()
            self._down.clear()

    def _start(self, side: str) -> float:
        """Start a side, in a folder with a short path, for sockets are inside."""
        self._made += 1
        made = SIDES[side](self._folder / str(self._made))
        try:
            seconds = made.start()
        except BaseException as error:
            made.stop()
            self._down[side] = str(error)
            raise
        self._sides[side] = made
        return seconds

    def _run(self, row: str, side: str, **request: object) -> float | None:
        """Run a workflow on a side and add the row; return the peak of its memory in MB."""
        _say(f"{row}: {side}")
        asked = {"state": "SUCCEEDED", "limit": self._options.limit, "pause": 0.1, **request}
        with self._measuring(row, side):
            running = self._running(side)
            try:
                with Peak(running.folder) as peak:
                    self.rows.add(row, side, running.submit(**asked), "s")
            except NotMeasured:
                # What it did not finish would disturb what follows.
                del self._sides[side]
                running.stop()
                with contextlib.suppress(NotMeasured):
                    self._start(side)
                raise
            return peak.megabytes
        return None

    def _git(self, number: int, order: Sequence[str]) -> None:
        public, hidden = f"public_{number}", f"hidden_{number}"
        row = "failing environment: private repo, no token"
        for side in order:
            with self._measuring("git run, cold", side):
                self._publish(self._running(side), public, private=False)
                self._run("git run, cold", side, module=f"bench_{public}")
        for side in order:
            with self._measuring("git run, warm", side):
                if not (self._running(side).projects / f"bench_{public}").exists():
                    raise NotMeasured(
                        "the cold run was not measured, and this would be another one"
                    )
                self._run("git run, warm", side, module=f"bench_{public}")
        for side in order:
            with self._measuring(row, side):
                self._publish(self._running(side), hidden, private=True)
                self._run(row, side, module=f"bench_{hidden}", state="FAILED")

    @staticmethod
    def _publish(running: Side, name: str, *, private: bool) -> None:
        package = f"bench_{name}"
        modules = {
            f"{package}/__init__.py": "",
            f"{package}/tasks.py": _TASKS.format(name=name),
        }
        for path, text in modules.items():
            (running.projects / path).parent.mkdir(exist_ok=True)
            (running.projects / path).write_text(text)
        files = {f"src/{path}": text for path, text in modules.items()}
        files["pyproject.toml"] = _PYPROJECT.format(name=package.replace("_", "-"))
        running.publish(name, files, private=private)

    def _invocations(self, count: int, side: str, *, tried: bool) -> bool:
        """Run a workflow of many tasks; tell whether that worked, so that more can be tried."""
        counted = f"{count:,} task invocation" + ("" if count == 1 else "s")
        row, memory_row = counted, f"{counted}: peak memory"
        if not tried:
            for each in (row, memory_row):
                self.rows.fail(each, side, "not tried: a smaller number was not measured")
            return False
        megabytes = self._run(row, side, count=count, pause=1.0 if count >= _MANY else 0.1)
        if megabytes:
            self.rows.add(memory_row, side, megabytes, "MB")
            return True
        why = (
            "the system does not tell the memory of processes" if megabytes == 0 else "see the time"
        )
        self.rows.fail(memory_row, side, why)
        return megabytes is not None

    def _running(self, side: str) -> Side:
        if side not in self._sides:
            raise NotMeasured(f"not up: {self._down.get(side, '')}")
        return self._sides[side]

    @contextlib.contextmanager
    def _measuring(self, row: str, side: str) -> Iterator[None]:
        """Note it when what is measured in the block cannot be."""
        try:
            yield
        except NotMeasured as error:
            _say(f"{row}: {side}: {error}")
            self.rows.fail(row, side, str(error))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return the exit status."""
    options = _parse(arguments)
    folder = Path(tempfile.mkdtemp(prefix="b-", dir="/tmp"))
    began = load()
    versions = ", ".join(f"{name} {version}" for name, version in engine_versions().items())
    try:
        bench = Bench(folder, options)
        for number in range(options.repeats):
            bench.repeat(number)
            _say(f"repeat {number + 1} of {options.repeats} done")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table = bench.rows.lines()
    about = (
        f"{machine()}, {versions}. Measured on {time.strftime('%Y-%m-%d')}; load average before: {began}, "
        f"after: {load()}. Medians of {options.repeats}."
    )
    print("\n".join(_rst(table) if options.rst else _text(table)))
    print()
    notes = [f"({number}) {why}" for number, why in enumerate(bench.rows.notes, start=1)]
    print("\n\n".join([*notes, about]))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--invocations",
        type=positive,
        nargs="*",
        default=[1, 10, 100, 1000, 10000],
        metavar="COUNT",
        help="task invocations in a workflow (1 10 100 1000 10000)",
    )
    parser.add_argument("--repeats", type=positive, default=3, metavar="COUNT", help="repeats (3)")
    parser.add_argument(
        "--limit",
        type=positive,
        default=1800,
        metavar="SECONDS",
        help="what a run may take; beyond it, it is not measured (1800)",
    )
    parser.add_argument("--rst", action="store_true", help="print the table for the site")
    options = parser.parse_args(arguments)
    options.invocations.sort()
    return options


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _text(table: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*table)]
    rule = tuple("-" * width for width in widths)
    return [
        "  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:]))])
        for line in (table[0], rule, *table[1:])
    ]


def _rst(table: Sequence[tuple[str, ...]]) -> list[str]:
    starts = ["   * - ", *["     - "] * (len(table[0]) - 1)]
    rows = [f"{start}{cell}" for row in table for start, cell in zip(starts, row)]
    return [".. list-table::", "   :header-rows: 1", "", *rows]


if __name__ == "__main__":
    sys.exit(main())
