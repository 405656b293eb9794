"""Holds what a pytest run observed against the committed evidence, or writes it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path

import pytest

from sphinxext.tested_snippets.blocks import declared_tests
from sphinxext.tested_snippets.evidence import Check, Environment, Evidence, EvidenceError
from sphinxext.tested_snippets.outcome import ATTRIBUTE, Outcome, Ran
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.testcode import find_test, split_node_id

__all__ = ["Recorder"]

_Key = tuple[str, str]


class Recorder:
    """A pytest plugin object, one per session; with pytest-xdist the controller's does the work.

    :param folder: where the evidence files are.
    :param environment: the environment the session runs in.
    :param update: write what was observed instead of comparing it.
    :param command: what to run for recording, as messages name it.
    :param worker: whether this is a worker of pytest-xdist, whose controller does the work.
    :ivar outcomes: what became of each check, and of each test that should have made one.
    :ivar lines: what there is to say of the evidence; `failed` whether that is a failure.
    """

    def __init__(
        self,
        project: Project,
        folder: Path,
        environment: Environment,
        *,
        update: bool,
        command: str,
        worker: bool = False,
    ) -> None:
        self.project = project
        self.folder = folder
        self.environment = environment
        self.update = update
        self.command = command
        self.worker = worker
        self.outcomes: list[Outcome] = []
        self.lines: list[str] = []
        self.failed = False
        self._declared: dict[Path, Mapping[str, object]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over the checks a report carries; what others get is plain."""
        if self.worker or ATTRIBUTE not in report.__dict__:
            return
        carried = report.__dict__.pop(ATTRIBUTE)
        ran: Ran = carried if isinstance(carried, Ran) else Ran.from_json(carried)
        line = ran.line or (report.location[1] or 0) + 1
        place = (report.nodeid, report.nodeid.partition("::")[0], line, ran.message)
        for check, environment in ran.checks:
            state = "verified" if check.passed else "failed"
            self.outcomes.append(Outcome(state, check.snippet, *place, check, environment))
        if not ran.checks:
            state = "broken" if report.failed else "skipped"
            for name in ran.snippets or [report.nodeid]:
                self.outcomes.append(Outcome(state, name, *place))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Compare or write."""
        if self.worker or session.config.option.collectonly:
            return
        own = self.environment.file_name
        checks: dict[str, dict[_Key, Check]] = {own: {}}
        environments = {own: self.environment}
        for outcome in self.outcomes:
            if outcome.check:
                name = own
                if outcome.environment:
                    name = outcome.environment.file_name
                    environments.setdefault(name, outcome.environment)
                checks.setdefault(name, {})[outcome.check.key] = outcome.check
        if any(checks.values()) or self.update:
            tests = {test for kept in checks.values() for _, test in kept}
            for name in sorted(checks):
                self._settle(session, environments[name], checks[name], tests)

    def _settle(
        self,
        session: pytest.Session,
        environment: Environment,
        checks: Mapping[_Key, Check],
        tests: set[str],
    ) -> None:
        """Compare or write the checks of one environment; `tests` ran in any."""
        path = self.folder / environment.file_name
        try:
            known = Evidence.load(path) if path.exists() else None
        except EvidenceError as error:
            self.fail(session, [str(error)])
            return
        record = known or Evidence(environment)
        gone = [key for key in record.checks if key not in checks and self._is_gone(key[1], tests)]
        new = record.merge(checks.values(), gone)
        if self.update:
            self._write(session, new, record, len(checks))
        elif known is None:
            if checks:
                self.lines.append(
                    f"{len(checks)} checks ran on {environment}, for which there is no evidence yet; "
                    f"`{self.command}` adds {self._shown(path)}"
                )
        elif new.checks != record.checks:
            self.fail(session, self._differences(record, new, path))
        elif checks:
            self.lines.append(f"{len(checks)} checks agree with {self._shown(path)}")

    def _write(self, session: pytest.Session, new: Evidence, old: Evidence, ran: int) -> None:
        if not (new.checks or old.checks):
            return
        path = self.folder / new.environment.file_name
        if path.exists() and path.read_text(encoding="utf-8") == new.to_text():
            self.lines.append(f"{ran} checks, {self._shown(path)} is unchanged")
            return
        try:
            new.save(self.folder)
        except OSError as error:
            self.fail(session, [f"{self._shown(path)}: cannot be written ({error.strerror})."])
            return
        changed = sum(old.checks.get(key) != check for key, check in new.checks.items())
        dropped = len(old.checks.keys() - new.checks.keys())
        self.lines.append(
            f"{changed} of {len(new.checks)} checks written to {self._shown(path)}, {dropped} dropped"
        )

    def fail(self, session: pytest.Session, lines: Sequence[str]) -> None:
        """Say `lines`, and let the session fail."""
        self.lines += lines
        self.failed = True
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _shown(self, path: Path) -> str:
        return self.project.relative(path)

    def _is_gone(self, test: str, ran: set[str]) -> bool:
        """Whether nothing can run a recorded check any more, or its test ran and didn't make it again."""
        if test in ran:
            return True
        path, names = split_node_id(test)
        file = self.project.root / path
        if file.suffix == ".rst":
            if file not in self._declared:
                self._declared[file] = declared_tests(file, self.project)
            return test not in self._declared[file]
        return find_test(file, names) is None

    def _differences(self, old: Evidence, new: Evidence, path: Path) -> list[str]:
        """What differs in one file of the evidence; the outcomes take it over."""
        lines = [f"what was observed differs from {self._shown(path)}:"]
        made = self._made_in(new.environment)
        for key in sorted(old.checks.keys() | new.checks.keys()):
            was, now = old.checks.get(key), new.checks.get(key)
            if was != now:
                found = _difference(was, now)
                self._note(made.get(key), key, found, path)
                lines.append(f"  {key[0]} by {key[1]}:")
                lines += [f"    {line}" for line in found]
        lines.append(f"If that is as it should be, record it: {self.command}")
        return lines

    def _made_in(self, environment: Environment) -> Mapping[_Key, int]:
        """Where in the outcomes the checks of an environment are."""
        own = self.environment
        return {
            outcome.check.key: index
            for index, outcome in enumerate(self.outcomes)
            if outcome.check and (outcome.environment or own).file_name == environment.file_name
        }

    def _note(self, index: int | None, key: _Key, found: Sequence[str], evidence: Path) -> None:
        differences = tuple(found)
        if index is None:
            shown = self._shown(evidence)
            self.outcomes.append(Outcome("differs", *key, shown, 1, differences=differences))
            return
        outcome = self.outcomes[index]
        state = "differs" if outcome.state == "verified" else outcome.state
        self.outcomes[index] = replace(outcome, state=state, differences=differences)


def _difference(was: Check | None, now: Check | None) -> list[str]:
    if was is None:
        return ["is not in the evidence"]
    if now is None:
        return ["is in the evidence, but no such check exists any more"]
    changed = [f.name for f in fields(Check) if getattr(was, f.name) != getattr(now, f.name)]
    return [f"{name}: {getattr(was, name)!r} is now {getattr(now, name)!r}" for name in changed]
