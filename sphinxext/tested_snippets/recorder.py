"""Holds what a pytest run observed against the committed evidence, or writes it there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sphinxext.tested_snippets.blocks import current_test, declared_tests
from sphinxext.tested_snippets.evidence import (
    Check,
    Environment,
    Evidence,
    EvidenceError,
    Expectation,
)
from sphinxext.tested_snippets.formats import UnreadableFormat, of_page
from sphinxext.tested_snippets.outcome import ATTRIBUTE, Outcome, Ran
from sphinxext.tested_snippets.page_items import PageItem
from sphinxext.tested_snippets.project import Project

__all__ = ["Recorder", "makes_checks"]

_Key = tuple[str, str]
#: What a worker of pytest-xdist hands over: the cases of each function.
_CASES = "tested_snippets_cases"
#: What the summary calls a check by what :attr:`Check.passed` says.
_STATES = {True: "verified", False: "failed", None: "skipped"}


class Recorder:
    """A pytest plugin object, one per session; with pytest-xdist the controller's does the work.

    :param folder: where the evidence files are.
    :param environment: the environment the session runs in.
    :param update: write what was observed instead of comparing it.
    :param observe: write it for an environment that nothing is promised for: that a check fails, or can't be tried, is
        what is asked there, and no failure of the session.
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
        observe: bool = False,
        command: str,
        worker: bool = False,
    ) -> None:
        self.project = project
        self.folder = folder
        self.environment = environment
        self.update = update or observe
        self.observe = observe
        self.command = command
        self.worker = worker
        self.outcomes: list[Outcome] = []
        self.lines: list[str] = []
        self.failed = False
        self._unanswered = False
        self._declared: dict[str, Mapping[str, tuple[int, str]]] = {}
        #: The cases of each function that was collected with all that it has.
        self._cases: dict[str, set[str]] = {}

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Remember which cases a function has, unless only some of them were asked for."""
        function, parametrised, _ = item.nodeid.partition("[")
        if not parametrised:
            return
        config = item.config
        some = config.getoption("lf", False) or any("[" in named for named in config.args)
        if not some:
            self._cases.setdefault(function, set()).add(item.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Learn from a worker of pytest-xdist what the controller does not collect."""
        for function, cases in getattr(node, "workeroutput", {}).get(_CASES, {}).items():
            self._cases.setdefault(function, set()).update(cases)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Where only checks are asked for, leave out the tests of anything else."""
        if not self.observe:
            return
        others = [item for item in items if not makes_checks(item)]
        if others:
            items[:] = [item for item in items if makes_checks(item)]
            config.hook.pytest_deselected(items=others)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over the checks a report carries; what others get is plain."""
        if self.worker:
            return
        if ATTRIBUTE not in report.__dict__:
            self._unanswered |= report.failed
            return
        carried = report.__dict__.pop(ATTRIBUTE)
        ran: Ran = carried if isinstance(carried, Ran) else Ran.from_json(carried)
        line = ran.line or (report.location[1] or 0) + 1
        place = (report.nodeid, report.nodeid.partition("::")[0], line, ran.message)
        for check, environment in ran.checks:
            state = _STATES[check.passed]
            self.outcomes.append(Outcome(state, check.snippet, *place, check, environment))
        if not ran.checks:
            self._unanswered |= report.failed
            state = "broken" if report.failed else "skipped"
            for name in ran.snippets or [report.nodeid]:
                self.outcomes.append(Outcome(state, name, *place))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Compare or write."""
        if self.worker:
            output = session.config.workeroutput  # type: ignore[attr-defined] # xdist's
            output[_CASES] = {function: sorted(cases) for function, cases in self._cases.items()}
            return
        if session.config.option.collectonly:
            return
        own = self.environment.file_name
        checks: dict[str, dict[_Key, Check]] = {own: {}}
        environments = {own: self.environment}
        for outcome in self.outcomes:
            if outcome.check and outcome.state != "up_to_date":
                name = own
                if outcome.environment:
                    name = outcome.environment.file_name
                    environments.setdefault(name, outcome.environment)
                checks.setdefault(name, {})[outcome.check.key] = outcome.check
        if any(checks.values()) or self.update:
            tests = {test for kept in checks.values() for _, test in kept}
            for name in sorted(checks):
                self._settle(session, environments[name], checks[name], tests)
        answered = not (self._unanswered or self.failed)
        if self.observe and answered and session.exitstatus == pytest.ExitCode.TESTS_FAILED:
            session.exitstatus = pytest.ExitCode.OK

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
        cases = self._cases.get(test.partition("[")[0])
        if test in ran or (cases and test not in cases and not of_page(test)):
            return True
        try:
            return current_test(test, self.project, self._declared_by) is None
        except UnreadableFormat:
            return False  # What can't be told is kept.

    def _declared_by(self, page: str) -> Mapping[str, tuple[int, str]]:
        if page not in self._declared:
            self._declared[page] = declared_tests(self.project.root / page, self.project)
        return self._declared[page]

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
        self.outcomes[index] = outcome._replace(state=state, differences=differences)


def makes_checks(item: pytest.Item) -> bool:
    """Whether a test is evidence for something that a page shows."""
    return isinstance(item, PageItem) or item.get_closest_marker("snippet") is not None


def _difference(was: Check | None, now: Check | None) -> list[str]:
    if was is None:
        return ["is not in the evidence"]
    if now is None:
        return ["is in the evidence, but no such check exists any more"]
    if was.literals or now.literals:
        return list(_literal_differences(was, now))
    changed = [f.name for f in fields(Check) if getattr(was, f.name) != getattr(now, f.name)]
    return [_changed(name, getattr(was, name), getattr(now, name)) for name in changed]


#: What differs when the snippet itself does.
TEXT_CHANGED = "its text changed"
_DIGESTS = {"text_digest": TEXT_CHANGED, "test_digest": "its test changed"}


def _changed(name: str, was: object, now: object) -> str:
    """What changed of a check, in words: nobody reads digests."""
    if name in _DIGESTS:
        return _DIGESTS[name]
    if isinstance(was, Expectation) and isinstance(now, Expectation):
        return f"expected: {_expected(was)} is now {_expected(now)}"
    return f"{name}: {was!r} is now {now!r}"


def _expected(expectation: Expectation) -> str:
    if expectation.fails is not None:
        return f"a failure with {expectation.fails!r}"
    return "that it runs" if expectation.output is None else f"output with {expectation.output!r}"


def _literal_differences(was: Check, now: Check) -> Iterator[str]:
    before = {one.text: f"{one.state} ({one.said})" for one in was.literals}
    after = {one.text: f"{one.state} ({one.said})" for one in now.literals}
    for text in sorted(before.keys() | after.keys()):
        if before.get(text) != after.get(text):
            gone, new = "not in the evidence", "not on the page any more"
            yield f"``{text}``: {before.get(text, gone)} is now {after.get(text, new)}"
