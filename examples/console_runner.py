"""The runtime "console": types the commands of a page into a shell, in their order, and reads what comes back.

The blocks of a page build on each other, and so do their checks: whichever of them is run, those before it on the page
have been run. Each page has a home folder of its own.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sphinxext.tested_snippets.blocks import PageBlock, read_page
from sphinxext.tested_snippets.console import Command, read_session
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.runner import Runner, SetupError, Snippet

ROOT = Path(__file__).parent.parent
#: The files that pages with commands show.
FILES = Path(__file__).parent / "first_workflow"
#: What is different each time: tokens, addresses, ids of runs. A page shows one of the kind.
VARYING = re.compile(r"eyJ[\w.-]+|127\.0\.0\.1:\d+|\b[a-z][a-z-]*-[a-z0-9]{5}-r\d{3}\b")
#: Seconds a command may take.
LIMIT = 180


class Console:
    """The shell of one page."""

    def __init__(self, page: str, home: Path) -> None:
        self._page = page
        self._home = home
        self._outcomes: dict[int, str | Exception] = {}
        #: What stands on the page, and what it is this time.
        self._actual: dict[str, str] = {}

    def run(self, snippet: Snippet) -> str:
        """Run a block of the page, those before it first; return what its commands printed.

        :raises SetupError: a block before it failed.
        :raises RuntimeError: a command failed, or printed something else than is shown.
        """
        project = Project(ROOT)
        for block in read_page(ROOT / self._page, project).blocks:
            checks = [check for check in block.checks if check.runtime == "console"]
            if not checks or block.line > snippet.line:
                continue
            outcome = self._outcome(block, checks[0].setup)
            if block.line == snippet.line and not isinstance(outcome, Exception):
                return outcome
            if isinstance(outcome, Exception):
                if block.line == snippet.line:
                    raise outcome
                raise SetupError(f"{block.name}, which comes before it, failed: {outcome}")
        raise SetupError(f"{self._page} has no block in line {snippet.line}")

    def _outcome(self, block: PageBlock, setup: str) -> str | Exception:
        if block.line not in self._outcomes:
            try:
                self._outcomes[block.line] = self._execute(block, setup)
            except (RuntimeError, SetupError) as error:
                self._outcomes[block.line] = error
        return self._outcomes[block.line]

    def _execute(self, block: PageBlock, setup: str) -> str:
        if block.language != "console":
            return self._put(block.text)
        if setup:
            try:
                self.type(setup)
            except RuntimeError as error:
                raise SetupError(str(error)) from error
        printed = []
        for command in _commands(block):
            output = self.type(command.text)
            self._compare(command, output)
            printed.append(output)
        return "".join(printed)

    def _put(self, text: str) -> str:
        """Write the file that the page shows, as its reader would."""
        for path in FILES.iterdir():
            if path.is_file() and path.read_text(encoding="utf-8").rstrip() == text.rstrip():
                shutil.copy(path, self._home)
                return ""
        raise RuntimeError(f"this is no file of {FILES.name}")

    def type(self, line: str) -> str:
        """Run a command; return what it printed.

        :raises RuntimeError: it failed.
        """
        try:
            done = subprocess.run(
                ["bash", "-c", self._substituted(line)],
                cwd=self._home,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"{line!r} had not ended after {LIMIT} s") from error
        if done.returncode:
            raise RuntimeError(f"{line!r} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        foreign = ("ORQ", "XDG_", "RAY_", "PYTEST_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        programs = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
        return {**kept, "HOME": str(self._home), "PATH": programs, "COLUMNS": "100"}

    def _substituted(self, line: str) -> str:
        def actual(found: re.Match[str]) -> str:
            if found[0] not in self._actual:
                raise RuntimeError(f"{line!r} has {found[0]!r}, which no command before it printed")
            return self._actual[found[0]]

        return VARYING.sub(actual, line)

    def _compare(self, command: Command, output: str) -> None:
        """Find the lines that are shown in what was printed; ``...`` stands for any."""
        printed = [line.rstrip() for line in output.splitlines() if line.strip()]
        position, anywhere = 0, False
        for shown in filter(str.strip, command.shown):
            if shown.strip() == "...":
                anywhere = True
                continue
            rest = printed[position:] if anywhere else printed[position : position + 1]
            skipped = next((n for n, line in enumerate(rest) if self._matches(shown, line)), None)
            if skipped is None:
                raise RuntimeError(f"{command.text!r} did not print {shown!r}, but:\n{output}")
            position, anywhere = position + skipped + 1, False
        if command.shown and not anywhere and position < len(printed):
            raise RuntimeError(
                f"{command.text!r} printed more than is shown: {printed[position]!r}"
            )

    def _matches(self, shown: str, line: str) -> bool:
        """Tell whether a line is the shown one, but for what is different each time: that is learnt."""
        names = VARYING.findall(shown)
        fixed = [
            r"\s+".join(map(re.escape, re.split(r"\s+", part))) for part in VARYING.split(shown)
        ]
        pattern = f"({VARYING.pattern})".join(fixed)
        found = re.fullmatch(pattern.rstrip(), line.rstrip())
        if found is None:
            return False
        learnt = dict(self._actual)
        for name, value in zip(names, found.groups()):
            if learnt.setdefault(name, value) != value:
                return False
        self._actual = learnt
        return True

    def close(self) -> None:
        """End the server that the page may have left running."""
        with contextlib.suppress(RuntimeError):
            self.type("python -m local_ce down")


def _commands(block: PageBlock) -> list[Command]:
    try:
        return read_session(block.text)
    except ValueError as error:
        raise RuntimeError(str(error)) from error


@pytest.fixture(scope="session")
def console_runner() -> Iterator[Runner]:
    """The runtime "console"."""
    consoles: dict[str, Console] = {}
    with contextlib.ExitStack() as closing:

        def run(snippet: Snippet) -> str:
            if snippet.path not in consoles:
                home = tempfile.TemporaryDirectory(prefix="home-", dir="/tmp")
                console = Console(snippet.path, Path(closing.enter_context(home)))
                closing.callback(console.close)
                consoles[snippet.path] = console
            return consoles[snippet.path].run(snippet)

        yield run
