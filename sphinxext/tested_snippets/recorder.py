"""Holds what a pytest run observed against the committed evidence, or writes it there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import pytest

from sphinxext.tested_snippets.blocks import declared_tests
from sphinxext.tested_snippets.evidence import Check, Environment, Evidence, EvidenceError
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.testcode import find_test, split_node_id

__all__ = ["PROPERTY", "Recorder"]

#: The name under which a report carries a check, as JSON.
PROPERTY = "tested_snippets"


class Recorder:
    """A pytest plugin object, one per session; with pytest-xdist the controller's does the work.

    :param folder: where the evidence files are.
    :param environment: the environment the session runs in.
    :param update: write what was observed instead of comparing it.
    :param command: what to run for recording, as messages name it.
    """

    def __init__(
        self,
        project: Project,
        folder: Path,
        environment: Environment,
        *,
        update: bool,
        command: str,
    ) -> None:
        self.project = project
        self.folder = folder
        self.environment = environment
        self.update = update
        self.command = command
        self.checks: dict[tuple[str, str], Check] = {}
        self.lines: list[str] = []
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the checks a report carries."""
        for name, value in report.user_properties:
            if name == PROPERTY and report.when == "call":
                check = Check.from_json(json.loads(str(value)))
                self.checks[check.key] = check

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Compare or write."""
        if hasattr(session.config, "workerinput") or session.config.option.collectonly:
            return
        if not (self.checks or self.update):
            return
        path = self.folder / self.environment.file_name
        try:
            known = Evidence.load(path) if path.exists() else None
        except EvidenceError as error:
            self._fail(session, [str(error)])
            return
        record = known or Evidence(self.environment)
        gone = [key for key in record.checks if key not in self.checks and self._is_gone(key)]
        new = record.merge(self.checks.values(), gone)
        if self.update:
            self._write(session, new, record)
        elif known is None:
            self.lines.append(
                f"{len(self.checks)} checks ran on {self.environment}, for which there is no evidence yet; "
                f"`{self.command}` adds {self._shown(path)}"
            )
        elif new.checks != record.checks:
            self._fail(session, _differences(record, new, self._shown(path), self.command))
        else:
            self.lines.append(f"{len(self.checks)} checks agree with {self._shown(path)}")

    def _write(self, session: pytest.Session, new: Evidence, old: Evidence) -> None:
        if not (new.checks or old.checks):
            return
        path = self.folder / new.environment.file_name
        if path.exists() and path.read_text(encoding="utf-8") == new.to_text():
            self.lines.append(f"{len(self.checks)} checks, {self._shown(path)} is unchanged")
            return
        try:
            new.save(self.folder)
        except OSError as error:
            self._fail(session, [f"{self._shown(path)}: cannot be written ({error.strerror})."])
            return
        changed = sum(old.checks.get(key) != check for key, check in new.checks.items())
        dropped = len(old.checks.keys() - new.checks.keys())
        self.lines.append(
            f"{changed} of {len(new.checks)} checks written to {self._shown(path)}, {dropped} dropped"
        )

    def _fail(self, session: pytest.Session, lines: Sequence[str]) -> None:
        self.lines += lines
        self.failed = True
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _shown(self, path: Path) -> str:
        return self.project.relative(path)

    def _is_gone(self, key: tuple[str, str]) -> bool:
        """Whether nothing can run a recorded check any more, or its test ran and didn't make it again."""
        _, test = key
        if any(ran == test for _, ran in self.checks):
            return True
        path, names = split_node_id(test)
        file = self.project.root / path
        if file.suffix == ".rst":
            return test not in declared_tests(file, self.project)
        return find_test(file, names) is None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what became of the evidence."""
        if self.lines:
            terminalreporter.section("snippets", red=self.failed, green=not self.failed)
            for line in self.lines:
                terminalreporter.line(line)


def _differences(old: Evidence, new: Evidence, path: str, command: str) -> list[str]:
    lines = [f"what was observed differs from {path}:"]
    for key in sorted(old.checks.keys() | new.checks.keys()):
        was, now = old.checks.get(key), new.checks.get(key)
        if was == now:
            continue
        snippet, test = key
        lines.append(f"  {snippet} by {test}:")
        if was is None:
            lines.append("    is not in the evidence")
        elif now is None:
            lines.append("    is in the evidence, but no such check exists any more")
        else:
            changed = [
                f.name for f in fields(Check) if getattr(was, f.name) != getattr(now, f.name)
            ]
            lines += [
                f"    {name}: {getattr(was, name)!r} is now {getattr(now, name)!r}"
                for name in changed
            ]
    lines.append(f"If that is as it should be, record it: {command}")
    return lines
