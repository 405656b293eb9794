"""The runners that are built in: ``python``, ``pytest`` and ``shell``, each snippet in a process of its own.

A project names their fixtures in ``snippets_runtimes``, or makes runners of its own from the classes here.

A snippet runs in an empty folder, which is its ``HOME`` as well, and sees no environment variables but
harmless ones and those that ``snippets_pass_env`` names.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from sphinxext.tested_snippets import process
from sphinxext.tested_snippets.console import Command, first_missing, read_session
from sphinxext.tested_snippets.evidence import Environment
from sphinxext.tested_snippets.runner import (
    CheckFailed,
    RuntimeMissing,
    SetupError,
    Snippet,
    SnippetFailed,
)

if TYPE_CHECKING:
    from sphinxext.tested_snippets.normalise import Normaliser

__all__ = ["PytestRunner", "PythonRunner", "ShellRunner"]

_SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True)
class _Place:
    """Where one snippet runs: `work` is its own folder, `own` has what the runner needs."""

    work: Path
    own: Path
    variables: Mapping[str, str]


@dataclass(frozen=True)
class _Runner:
    """What the runners have in common.

    :param interpreter: the Python to use, for instance ``.venv-1/bin/python``; its virtual environment's
        commands are found first. None means the one that runs pytest.
    :param seconds: how long a snippet may take.
    :param pass_env: patterns of environment variables that snippets may see.
    :param root: where a relative `interpreter` starts from.
    :param paths: folders to import from besides what is installed.
    :param redactor: is told the values of passed variables that look secret by their names.
    """

    interpreter: str | None = None
    seconds: float = 60
    pass_env: Sequence[str] = ()
    root: Path = field(default_factory=Path.cwd)
    paths: Sequence[str] = ()
    redactor: Normaliser | None = None
    _others: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    _known: dict[tuple[str, ...], Environment] = field(
        default_factory=dict, compare=False, repr=False
    )

    def using(self, argument: str) -> Any:
        """The same runner with another interpreter."""
        if argument not in self._others:
            self._others[argument] = replace(
                self, interpreter=argument or None, paths=(), _others={}, _known={}
            )
        return self._others[argument]

    def environment(self, distributions: Iterable[str]) -> Environment:
        """Where snippets run: as the interpreter itself says.

        :raises RuntimeMissing: there is no such interpreter, or it doesn't work.
        """
        names = tuple(distributions)
        if self.interpreter is None:
            return Environment.current(names)
        if names not in self._known:
            with self._place() as place:
                command = [self._python(), "-I", str(_SCRIPTS / "environment.py"), *names]
                done = self._run(place, command)
            try:
                self._known[names] = Environment.from_json(json.loads(done.output))
            except (ValueError, KeyError, TypeError):
                raise RuntimeMissing(
                    f"{self.interpreter} is no Python that could say which versions it has: it {done} "
                    f"and gave:\n{done.output}"
                ) from None
        return self._known[names]

    def _python(self) -> str:
        if self.interpreter is None:
            return sys.executable
        # Not resolved: a virtual environment's interpreter is a link, and knows by its place what it is.
        path = self.root / self.interpreter
        if not os.access(path, os.X_OK) or path.is_dir():
            raise RuntimeMissing(
                f"there is no interpreter {self.interpreter} in {self.root}. Make its environment, for "
                f"instance with `python -m venv {path.parent.parent.name}`, or correct snippets_runtimes"
            )
        return str(path)

    @contextmanager
    def _place(self) -> Iterator[_Place]:
        with tempfile.TemporaryDirectory(prefix="snippet-") as name:
            own = Path(name).resolve()
            work = own / "work"
            work.mkdir()
            variables, secrets = process.environment_for(own, self.pass_env, os.environ)
            if self.redactor is not None:
                for secret in secrets:
                    self.redactor.add_secret(secret)
            commands = Path(self._python()).absolute().parent
            variables["PATH"] = f"{commands}{os.pathsep}{variables.get('PATH', os.defpath)}"
            yield _Place(work, own, variables)

    def _run(self, place: _Place, command: Sequence[str]) -> process.Done:
        try:
            return process.run(
                command, place.work, place.variables, self.seconds, place.own / "log"
            )
        except OSError as error:
            raise RuntimeMissing(f"{command[0]} can't be started: {error.strerror}") from None

    def _refuse_endless(self, done: process.Done) -> None:
        if done.status is None:
            reason = f"TimeoutError: it did not end within {self.seconds:g} seconds"
            reason = f"it {done}, and was ended" if done.flooded else reason
            raise SnippetFailed(reason, f"Until then it gave:\n{done.output}")


class PythonRunner(_Runner):
    """Runs Python, and sessions with ``>>>``, in an isolated interpreter that has the project's packages."""

    def __call__(self, snippet: Snippet) -> str:
        """What the snippet printed.

        :raises SnippetFailed: with the exception that ended it.
        :raises CheckFailed: a line of a session gives something else than what is shown.
        :raises SetupError: the hidden set-up failed.
        """
        with self._place() as place:
            (place.own / "setup.py").write_text(snippet.setup, encoding="utf-8")
            (place.own / "snippet.py").write_text(snippet.text, encoding="utf-8")
            script = [str(_SCRIPTS / "run_python.py"), str(place.own), *self.paths]
            command = [self._python(), "-I", *script]
            done = self._run(place, command)
            said = _read(place.own / "outcome.json")
        if not said.get("prepared"):
            reason = said.get("message") or f"Python {done}"
            raise SetupError(f"{reason}\n{said.get('details', done.output)}")
        self._refuse_endless(done)
        if "skipped" in said:
            raise RuntimeMissing(
                f"the session leaves out {said['skipped']}, and nothing may be said to run that doesn't. Take "
                "`# doctest: +SKIP` away, or waive the block with `:waive: reason`"
            )
        if "differs" in said:
            raise CheckFailed(said["differs"], said["observed"])
        if "message" in said or done.status:
            message = said.get("message") or f"Python {done}"
            shown = [said.get("details", ""), done.output and f"It printed:\n{done.output}"]
            raise SnippetFailed(message, "\n".join(filter(None, shown)))
        return done.output


class PytestRunner(_Runner):
    """Runs the tests of a snippet with pytest."""

    def __call__(self, snippet: Snippet) -> str:
        """What pytest printed.

        :raises SnippetFailed: a test failed, or none ran.
        :raises SetupError: the hidden set-up failed, or there is no pytest.
        """
        with self._place() as place:
            for name, text in {
                "pytest.ini": f"[pytest]\npythonpath = {shlex.join(self.paths)}\n",
                "snippet_setup.py": snippet.setup,
                "test_snippet.py": snippet.text,
            }.items():
                (place.work / name).write_text(text, encoding="utf-8")
            (place.work / "conftest.py").write_text(
                (_SCRIPTS / "snippet_conftest.py").read_text(encoding="utf-8"), encoding="utf-8"
            )
            xml = place.own / "report.xml"
            options = ["-p", "no:cacheprovider", "--color=no", f"--junitxml={xml}", "-q"]
            command = [self._python(), "-I", "-m", "pytest", *options, "test_snippet.py"]
            done = self._run(place, command)
            self._refuse_endless(done)
            if "No module named pytest" in done.output and not xml.exists():
                raise RuntimeMissing(f"{command[0]} has no pytest; install it in that environment")
            if done.status not in {0, 1, 2, 5} or not xml.exists():
                raise SetupError(f"pytest {done}:\n{done.output}")
            cases = list(ET.parse(xml).iter("testcase"))  # noqa: S314 - pytest has just written it
        ran = [case for case in cases if case.find("skipped") is None]
        problems = [part for case in ran for part in case if part.tag in {"failure", "error"}]
        if problems:
            messages = dict.fromkeys(_first_error(part) for part in problems)
            raise SnippetFailed("\n".join(messages), done.output)
        if not ran or done.status:
            raise SnippetFailed("no test of the snippet ran", done.output)
        return done.output


def _first_error(part: ET.Element) -> str:
    """What a test failed with: all lines of the error itself."""
    text = part.text or ""
    lines = [line[1:].strip() for line in text.splitlines() if line.startswith("E  ")]
    return "\n".join(lines) or part.get("message") or text


class ShellRunner(_Runner):
    """Runs the commands of a console block with bash, in order and in one folder."""

    def __call__(self, snippet: Snippet) -> str:
        """What the commands printed, to either stream.

        :raises SnippetFailed: a command failed; the message is what it printed.
        :raises CheckFailed: the output shown below a command is not in what it printed.
        :raises SetupError: the hidden set-up failed.
        """
        try:
            commands = read_session(snippet.text, snippet.language)
        except ValueError as error:
            raise CheckFailed(str(error), "not a console session") from None
        with self._place() as place:
            (place.own / "setup").write_text(snippet.setup, encoding="utf-8")
            for index, command in enumerate(commands):
                # A session shows each command that fails; a script would go on, and count its last one alone.
                text = f"set -e\n{command.text}" if command.is_script else command.text
                (place.own / f"command-{index}").write_text(text, encoding="utf-8")
            # Named on the command line, the script would be in each message of the shell.
            script = (_SCRIPTS / "run_shell.sh").read_text(encoding="utf-8")
            options = ["--noprofile", "--norc", "-c", script, "bash"]
            done = self._run(place, ["bash", *options, str(place.own), str(len(commands))])
            if not (place.own / "prepared").exists():
                raise SetupError(f"the shell {done}:\n{done.output}")
            outputs = []
            for index, command in enumerate(commands):
                outputs.append(self._judge(place.own, index, command, done))
        return "".join(outputs)

    def _judge(self, folder: Path, index: int, command: Command, done: process.Done) -> str:
        output, status = folder / f"log-{index}", folder / f"status-{index}"
        text = process.read_output(output) if output.exists() else ""
        first = command.text.split("\n")[0]
        if not status.exists():
            self._refuse_endless(replace(done, output=text))
        missing = first_missing(command.shown, text)
        if missing is not None:
            raise CheckFailed(
                f"`{first}` (line {command.line} of the block) is shown with the line {missing.strip()!r}, "
                f"which is not there in what it gives:\n{text or '(nothing)'}",
                (text.strip().splitlines() or ["(nothing)"])[-1],
            )
        code = status.read_text(encoding="ascii").strip() if status.exists() else done.status
        if str(code) != "0" or not status.exists():
            what = "the script" if command.is_script else f"`{first}`"
            reason = f"{what} failed with exit status {code}"
            raise SnippetFailed(f"{text.rstrip()}\n{reason}".lstrip())
        return text


def _read(path: Path) -> Mapping[str, Any]:
    try:
        said: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said


def _from_settings(config: pytest.Config, redactor: Normaliser) -> Mapping[str, Any]:
    written = config.getini("snippets_timeout")
    try:
        seconds = float(written)
    except ValueError:
        seconds = 0
    if not seconds > 0:
        raise RuntimeMissing(f"snippets_timeout is {written!r}, expected seconds: a number above 0")
    return {
        "seconds": seconds,
        "pass_env": tuple(config.getini("snippets_pass_env")),
        "root": config.rootpath,
        "paths": [str(path) for path in config.getini("pythonpath")],
        "redactor": redactor,
    }


@pytest.fixture(scope="session")
def snippets_python(pytestconfig: pytest.Config, snippet_redactor: Normaliser) -> PythonRunner:
    """The built-in runner of Python."""
    return PythonRunner(**_from_settings(pytestconfig, snippet_redactor))


@pytest.fixture(scope="session")
def snippets_pytest(pytestconfig: pytest.Config, snippet_redactor: Normaliser) -> PytestRunner:
    """The built-in runner of tests."""
    return PytestRunner(**_from_settings(pytestconfig, snippet_redactor))


@pytest.fixture(scope="session")
def snippets_shell(pytestconfig: pytest.Config, snippet_redactor: Normaliser) -> ShellRunner:
    """The built-in runner of console blocks."""
    return ShellRunner(**_from_settings(pytestconfig, snippet_redactor))


_PYTHON = frozenset({"python", "python3", "py", "py3"})
#: The languages that each of the fixtures runs, by its name; what they give costs nothing to start.
FIXTURES: Mapping[str, frozenset[str]] = {
    "snippets_python": _PYTHON | {"pycon", "python-console"},
    "snippets_pytest": _PYTHON,
    "snippets_shell": frozenset({"bash", "console", "sh", "shell", "shell-session"}),
}
