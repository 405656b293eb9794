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

from benchmarks.projects import Size, edit_one_snippet, write_documentation, write_inline_pages

__all__ = ["Bench", "CommandFailed", "Rows"]

_ROOT = Path(__file__).resolve().parent.parent
SIDES = ("stock", "ours")


class CommandFailed(Exception):
    """A measured command failed; the message has its output's end."""


@dataclass(frozen=True)
class Run:
    """What one process took: wall time in seconds, its peak of resident memory in MB, and its output."""

    seconds: float
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
    """The projects to measure, in the empty folder `folder`, and what has been measured."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.rows = Rows()
        self._folder = folder
        self._size = size
        one_page = Size(size.files, 1, size.snippets)
        for side in SIDES:
            ours = side == "ours"
            write_documentation(folder / f"build-{side}", size, ours=ours)
            write_inline_pages(folder / f"many-{side}", size, ours=ours)
            write_inline_pages(folder / f"one-{side}", one_page, ours=ours)

    def record_evidence(self) -> None:
        """Let our projects be as they are in use: with evidence for what their pages show."""
        for name in ("build-ours", "many-ours", "one-ours"):
            self._pytest(self._folder / name, "--snippets-evidence=update")

    def repeat(self, number: int) -> None:
        """Measure everything once; the two sides take turns in who goes first."""
        order = SIDES if number % 2 else SIDES[::-1]
        for side in order:
            shutil.rmtree(self._output(side), ignore_errors=True)
            cold = self._build(side)
            self.rows.add("cold build", side, cold.seconds, "s")
            self.rows.add("peak memory, cold build", side, cold.megabytes, "MB")
        for side in order:
            self.rows.add("no-change build", side, self._build(side).seconds, "s")
        for side in order:
            self._measure_edit(side)
        for name, pages in (("many", _counted(self._size.pages, "page")), ("one", "one page")):
            for side in order:
                run = self._pytest(self._folder / f"{name}-{side}")
                self._expect(run, rf"\b{self._size.snippets} passed")
                self.rows.add(f"collect and run, {pages}", side, run.seconds, "s")

    def _measure_edit(self, side: str) -> None:
        project = self._folder / f"build-{side}"
        edit_one_snippet(project, 1)
        edited = self._build(side)
        edit_one_snippet(project, 0)
        self.rows.add("rebuild after editing a snippet", side, edited.seconds, "s")
        pages = self._expect(edited, r"^pages read: (\d+)$")
        self.rows.add("pages re-read for that", side, float(pages[1]), "pages")

    def _output(self, side: str) -> Path:
        return self._folder / f"build-{side}" / "_build"

    def _build(self, side: str) -> Run:
        source = self._folder / f"build-{side}" / "docs"
        return measure([sys.executable, "-m", "sphinx", "-q", str(source), str(self._output(side))])

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


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def measure(
    command: Sequence[str], folder: Path | None = None, env: Mapping[str, str] | None = None
) -> Run:
    """Run `command` in a process of its own, with this repo's modules in reach.

    :raises CommandFailed: its exit status isn't 0.
    """
    variables = {**os.environ, "PYTHONPATH": str(_ROOT), **(env or {})}
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
    return Run(seconds, usage.ru_maxrss * unit / 1e6, text)
