"""Measures commands, each in a process of its own, stock and ours taking turns."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.projects import (
    Size,
    edit_one_snippet,
    write_documentation,
    write_idle_items,
    write_inline_pages,
)

__all__ = [
    "BLOCKS",
    "COLD",
    "EDIT",
    "HOOK",
    "MEMORY",
    "NO_CHANGE",
    "ONE_PAGE",
    "PAGES",
    "READ_AGAIN",
    "SIDES",
    "Bench",
    "CommandFailed",
    "Rows",
]

#: The rows. Those of times are two: what follows their names is the CPU, or the wall for the time on the clock.
COLD, NO_CHANGE, EDIT = "cold build", "no change", "rebuild after an edit"
PAGES, BLOCKS = "collect and run", "the same in one page, a test for each block"
ONE_PAGE = "the same in one page, one test for the page"
#: Stock has no such command; it can be as current only by a build.
HOOK = "check of the pre-commit hook, for stock no change"
READ_AGAIN, MEMORY = "pages read again after an edit", "peak memory, cold build"

_ROOT = Path(__file__).resolve().parent.parent
SIDES = ("stock", "ours")


class CommandFailed(Exception):
    """A measured command failed; the message has its output's end."""


@dataclass(frozen=True)
class Run:
    """What one process took: wall and CPU time in seconds, its peak of memory in MB, and its output."""

    seconds: float
    cpu: float
    megabytes: float
    output: str


@dataclass
class Rows:
    """What was measured: for each row and side the value of each repeat, and each row's unit."""

    values: dict[str, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    units: dict[str, str] = field(default_factory=dict)

    def add(self, row: str, side: str, value: float, unit: str) -> None:
        """Note the next value of `side`."""
        self.values[row][side].append(value)
        self.units[row] = unit


class Bench:
    """The projects to measure, in the empty folder `folder`, and what has been measured.

    :param one_page: whether to measure the running of one page with everything on it, too.
    :param sidebar: whether the pages that are built list all pages beside their text.
    :param often: how often in each repeat to measure what takes seconds: such runs vary more than long ones.
    :ivar idle: CPU seconds that pytest alone takes for as many items as there are snippets.
    """

    def __init__(
        self,
        folder: Path,
        size: Size,
        *,
        one_page: bool = True,
        sidebar: bool = True,
        often: int = 1,
    ) -> None:
        self.rows = Rows()
        self.idle: list[float] = []
        self._folder = folder
        self._size = size
        self._often = often
        #: For each row the project, and what pytest is told of ours.
        self._run: dict[str, tuple[str, tuple[str, ...]]] = {PAGES: ("many", ())}
        all_on_one = Size(size.files, 1, size.snippets)
        for side in SIDES:
            ours = side == "ours"
            write_documentation(folder / f"build-{side}", size, ours=ours, sidebar=sidebar)
            write_inline_pages(folder / f"many-{side}", size, ours=ours)
            if one_page:
                write_inline_pages(folder / f"one-{side}", all_on_one, ours=ours)
        if one_page:
            self._run[BLOCKS] = ("one", ())
            self._run[ONE_PAGE] = ("one", ("-o", "snippets_items=page"))
            write_idle_items(folder / "idle-stock", size.snippets)

    def record_evidence(self) -> None:
        """Let our projects be as they are in use: with evidence for what their pages show."""
        for name in ("build", *dict.fromkeys(project for project, _ in self._run.values())):
            self._pytest(self._folder / f"{name}-ours", "--snippets-evidence=update")

    def repeat(self, number: int) -> None:
        """Measure everything once; the two sides take turns in who goes first."""
        order = SIDES if number % 2 else SIDES[::-1]
        for side in order:
            shutil.rmtree(self._output(side), ignore_errors=True)
            cold = self._build(side)
            self._add_times(COLD, side, cold)
            self.rows.add(MEMORY, side, cold.megabytes, "MB")
        for turn in range(self._often):
            self._measure_unchanged(order[:: -1 if turn % 2 else 1])
        for side in order:
            self._measure_edit(side)
        for turn in range(self._often):
            self._measure_tests(order[:: -1 if turn % 2 else 1])

    def _measure_unchanged(self, order: Sequence[str]) -> None:
        unchanged = {side: self._build(side) for side in order}
        for side in order:
            self._add_times(NO_CHANGE, side, unchanged[side])
        self._add_times(HOOK, "stock", unchanged["stock"])
        self._add_times(HOOK, "ours", self._check())

    def _measure_tests(self, order: Sequence[str]) -> None:
        for row, (name, told) in self._run.items():
            for side in order:
                arguments = told if side == "ours" else ()
                self._add_times(row, side, self._run_all(f"{name}-{side}", *arguments))
        if ONE_PAGE in self._run:
            self.idle.append(self._run_all("idle-stock").cpu)

    def _add_times(self, row: str, side: str, run: Run) -> None:
        """Note both times; that of the CPU says more where the machine has other work."""
        self.rows.add(row, side, run.cpu, "s")
        self.rows.add(f"{row}, wall", side, run.seconds, "s")

    def _measure_edit(self, side: str) -> None:
        project = self._folder / f"build-{side}"
        edit_one_snippet(project, 1)
        edited = self._build(side)
        edit_one_snippet(project, 0)
        self._add_times(EDIT, side, edited)
        pages = self._expect(edited, r"^pages read: (\d+)$")
        self.rows.add(READ_AGAIN, side, float(pages[1]), "pages")

    def _run_all(self, project: str, *arguments: str) -> Run:
        run = self._pytest(self._folder / project, *arguments)
        self._expect(run, rf"\b{self._size.snippets} passed")
        return run

    def _output(self, side: str) -> Path:
        return self._folder / f"build-{side}" / "_build"

    def _build(self, side: str) -> Run:
        source = self._folder / f"build-{side}" / "docs"
        return measure([sys.executable, "-m", "sphinx", "-q", str(source), str(self._output(side))])

    def _check(self) -> Run:
        """Ask whether evidence is stale, as the pre-commit hook does."""
        command = [sys.executable, "-m", "sphinxext.tested_snippets", "check"]
        run = measure(command, folder=self._folder / "build-ours")
        self._expect(run, rf"^{self._size.snippets} checks in \S+ are as recorded$")
        return run

    def _pytest(self, project: Path, *arguments: str) -> Run:
        plugin = "sybil" if project.name.endswith("-stock") else "sphinxext.tested_snippets.plugin"
        plugins = ["-p", "no:cacheprovider", "-p", plugin]
        return measure(
            [sys.executable, "-m", "pytest", "-q", *plugins, *arguments, "docs"],
            folder=project,
            # Whatever else is installed would take time too.
            env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        )

    def _expect(self, run: Run, pattern: str) -> re.Match[str]:
        found = re.search(pattern, run.output, re.MULTILINE)
        if not found:
            raise CommandFailed(
                f"expected {pattern!r} in the output of a measured command:\n{run.output[-2000:]}"
            )
        return found


def measure(
    command: Sequence[str], folder: Path | None = None, env: Mapping[str, str] | None = None
) -> Run:
    """Run `command` in a process of its own, with this repo's modules in reach.

    :raises CommandFailed: its exit status isn't 0.
    """
    variables = {**os.environ, "PYTHONPATH": str(_ROOT), **(env or {})}
    # In use, Python keeps what it has compiled; here, ours alone would be compiled anew by each command.
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=variables, stdout=output, stderr=subprocess.STDOUT
        )
        # wait4 gives the memory of just this process. Linux never counts less for it than for the process
        # that started it, so this one must stay small: it imports neither Sphinx nor pytest.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        raise CommandFailed(f"{' '.join(command)} ended with {process.returncode}:\n{text[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    cpu = usage.ru_utime + usage.ru_stime
    return Run(seconds, cpu, usage.ru_maxrss * unit / 1e6, text)
