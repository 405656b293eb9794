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
from functools import cached_property
from pathlib import Path

import pytest

from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.console import Command, read_session
from sphinxext.tested_snippets.page_blocks import DeclaredCheck, PageBlock
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.runner import Runner, SetupError, Snippet

ROOT = Path(__file__).parent.parent
EXAMPLES = Path(__file__).parent
#: The folders of the files that pages with commands show.
FOLDERS = (
    EXAMPLES / "first_workflow",
    EXAMPLES / "quickstart",
    *sorted((EXAMPLES / "qe_project").glob("*-*")),
)
#: What is different each time: tokens, addresses, ids of runs, dates. A page shows one of the kind.
VARYING = re.compile(
    r"eyJ[\w.-]+|127\.0\.0\.1:\d+|\b[a-z][a-z0-9-]*-[a-z0-9]{5}-r\d{3}\b"
    r"|\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}\b"
)
#: Seconds a command may take.
LIMIT = 600


class CommandFailed(RuntimeError):
    """A command ended with another status than 0; `output` is what it printed."""

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


class Console:
    """The shell of one page."""

    def __init__(self, page: str, home: Path) -> None:
        self._page = page
        self._home = home
        self._outcomes: dict[int, str | Exception] = {}
        #: What stands on the page, and what it is this time.
        self._actual: dict[str, str] = {}
        self._closed = False

    def run(self, snippet: Snippet) -> str:
        """Run a block of the page, those before it first; return what its commands printed.

        :raises SetupError: a block before it failed.
        :raises RuntimeError: a command failed, or printed something else than is shown.
        """
        for block, checks in self._blocks:
            if block.line > snippet.line:
                break
            outcome = self._outcome(block, checks[0].setup)
            if block.line == snippet.line:
                if isinstance(outcome, Exception):
                    raise outcome
                return outcome
            meant = isinstance(outcome, CommandFailed) and checks[0].expected.fails is not None
            if isinstance(outcome, Exception) and not meant:
                raise SetupError(f"{block.name}, which comes before it, failed: {outcome}")
        raise SetupError(f"{self._page} has no block in line {snippet.line}")

    @property
    def done(self) -> bool:
        """Whether all blocks of the page have been run."""
        return all(block.line in self._outcomes for block, _ in self._blocks)

    @cached_property
    def _blocks(self) -> list[tuple[PageBlock, list[DeclaredCheck]]]:
        """The blocks that are for this shell, with their checks for it."""
        blocks = read_page(ROOT / self._page, Project(ROOT)).blocks
        checks = [[each for each in block.checks if each.runtime == "console"] for block in blocks]
        return [(block, found) for block, found in zip(blocks, checks) if found]

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
            try:
                output = self.type(command.text)
            except CommandFailed as failure:
                self._compare_failure(command, failure.output)
                raise
            self._compare(command, output)
            printed.append(output)
        return "".join(printed)

    def _put(self, text: str) -> str:
        """Write the file that the page shows, as its reader would."""
        for folder in FOLDERS:
            for path in folder.rglob("*.*"):
                if path.read_text(encoding="utf-8").rstrip() == text.rstrip():
                    put = self._home / path.relative_to(folder)
                    put.parent.mkdir(exist_ok=True)
                    shutil.copy(path, put)
                    return ""
        raise RuntimeError(f"this is no file of {' or '.join(folder.name for folder in FOLDERS)}")

    def _compare_failure(self, command: Command, output: str) -> None:
        """A block may be about a failure; when it shows another one, it can't be the one that is expected."""
        try:
            self._compare(command, output)
        except RuntimeError as error:
            raise SetupError(str(error)) from None

    def type(self, line: str) -> str:
        """Run a command; return what it printed, with ``~`` for the home folder.

        :raises CommandFailed: it did.
        :raises RuntimeError: it can't be run, or did not end.
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
        output = done.stdout.replace(str(self._home), "~")
        if done.returncode:
            raise CommandFailed(f"{line!r} ended with {done.returncode}:\n{output}", output)
        return output

    def _environment(self) -> dict[str, str]:
        foreign = ("ORQ", "XDG_", "RAY_", "PYTEST_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        programs = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
        own = {
            "HOME": str(self._home),
            "PATH": programs,
            "COLUMNS": "100",
            "EXAMPLES": str(EXAMPLES),
        }
        # What pip says of its own next version is not about what the page shows.
        return {**kept, **own, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def _substituted(self, line: str) -> str:
        def actual(found: re.Match[str]) -> str:
            if found[0] not in self._actual:
                raise RuntimeError(f"{line!r} has {found[0]!r}, which no command before it printed")
            return self._actual[found[0]]

        return VARYING.sub(actual, line)

    def _compare(self, command: Command, output: str) -> None:
        """Find the lines that are shown in what was printed; ``...`` stands for any, or for any text in one."""
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
        fixed = [_pattern(part) for part in VARYING.split(shown)]
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
        """End the server that the page may have left running, the first time that it is called."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(RuntimeError):
            self.type("python -m local_ce down")


def _pattern(shown: str) -> str:
    """A pattern for the same text: any spaces where it has some, anything where it has dots."""
    texts = (r"\s+".join(map(re.escape, re.split(r"\s+", text))) for text in shown.split("..."))
    return ".*".join(texts)


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
            console = consoles[snippet.path]
            try:
                return console.run(snippet)
            finally:
                # A cluster that nobody asks any more takes its share of the machine from the checks that follow.
                if console.done:
                    console.close()

        yield run
