"""Leaves out the checks that a run on this machine has passed as they are now.

A project says with ``snippets_depends`` which files its checks depend on besides pages, snippets and tests; without
it nobody could tell, and every check runs. What passed is noted in pytest's cache, which is not committed: a
fresh clone runs everything. What is left out has to be in the evidence word for word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from sybil.integration.pytest import SybilItem

from sphinxext.tested_snippets import __version__
from sphinxext.tested_snippets.binding import bind_all
from sphinxext.tested_snippets.evidence import Check, Evidence, EvidenceError, digest
from sphinxext.tested_snippets.lookup import PageLiterals
from sphinxext.tested_snippets.outcome import STAMP, Outcome
from sphinxext.tested_snippets.page_blocks import PageCheck
from sphinxext.tested_snippets.page_items import WholePage, example_of
from sphinxext.tested_snippets.recorder import Recorder, makes_checks
from sphinxext.tested_snippets.settings import Settings, files_by_glob
from sphinxext.tested_snippets.testcode import find_test, split_node_id

__all__ = ["STAMP_KEY", "Repeats"]

#: Where in pytest's cache it stands what passed, and in the output of a worker of pytest-xdist what it left out.
_PASSED = "tested_snippets/passed"
_LEFT_OUT = "tested_snippets_left_out"
#: The stamp of an item that was collected.
STAMP_KEY = pytest.StashKey[str]()


class Repeats:
    """A pytest plugin object, one per session.

    :ivar left_out: the tests that were left out, with the line that each stands on.
    """

    def __init__(self, config: pytest.Config, settings: Settings, recorder: Recorder) -> None:
        self.config = config
        self.settings = settings
        self.recorder = recorder
        self.left_out: dict[str, int] = {}
        self._cache = getattr(config, "cache", None)
        files = _content(settings.project.root, self._files_of("snippets_depends"))
        self._files_of_literals = self._files_of("snippets_literals_depends")
        runtimes = [
            (one.name, one.fixture, one.argument, sorted(one.languages or ()))
            for one in settings.runtimes.values()
        ]
        self._common = digest(f"{__version__} {recorder.environment} {runtimes} {files}")
        known = self._cache.get(_PASSED, {}) if self._cache else {}
        self._passed: dict[str, Any] = known if isinstance(known, dict) else {}
        self._now: dict[str, str] = {}
        self._failed: set[str] = set()
        self._files: dict[str, Mapping[tuple[str, str], Check]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what passed; not where a test is named, or ``--snippets-rerun`` asks for all."""
        named = any("::" in argument for argument in self.config.args)
        forced = named or self.config.getoption("--snippets-rerun")
        proving = {item.path for item in items if makes_checks(item)}
        beside = self._files_of("snippets_tests") - proving
        # A test that proves nothing on any one page may look at all of them.
        pages = _content(self.settings.project.root, self.settings.pages) if beside else ""
        left: list[pytest.Item] = []
        kept: list[pytest.Item] = []
        for item in items:
            if isinstance(item, WholePage):
                self._leave_out_of(item, forced=forced)
                (kept if item.examples else left).append(item)
                continue
            # Tests of anything else may depend on files that have nothing to do with snippets.
            stamp = None
            if item.path in proving:
                stamp = self._stamp(item)
            elif item.path in beside:
                stamp = self._stamp(item, pages)
            if stamp is not None:
                item.stash[STAMP_KEY] = stamp
            leave = not forced and self._leaves_out(item.nodeid, stamp, _line(item))
            (left if leave else kept).append(item)
        if left:
            items[:] = kept
            self.config.hook.pytest_deselected(items=left)

    def _leave_out_of(self, page: WholePage, *, forced: bool) -> None:
        """Leave out of a page that is one test what passed."""
        kept = []
        for example in page.examples:
            test, stamp = page.test_of(example), self._stamp_of(example.region.parsed)
            if not forced and self._leaves_out(test, stamp, example.line):
                continue
            kept.append(example)
            if stamp is not None:
                page.stamps[test] = stamp
        page.examples = kept

    def _files_of(self, option: str) -> set[Path]:
        """The files that the globs of an ini option name."""
        return set().union(*files_by_glob(self.config, option).values())

    @cached_property
    def _named(self) -> str:
        """Changes with all that the resolver of literals looks at, "" where nobody knows."""
        files = self._files_of_literals
        return _content(self.settings.project.root, files) if files else ""

    def _stamp(self, item: pytest.Item, pages: str = "") -> str | None:
        """Changes with everything that the outcome of a test depends on; None when that can't be told."""
        example = example_of(item)
        if example is not None:
            return self._stamp_of(example)
        path, names = split_node_id(item.nodeid)
        code = find_test(self.settings.project.root / path, names)
        if code is None:
            return None
        try:
            bound = bind_all(item, self.settings)
        except pytest.fail.Exception:
            return None
        parts = [code.digest, pages]
        for snippet in bound:
            parts += [snippet.name, snippet.text_digest, snippet.runtime]
        return digest(json.dumps([self._common, *parts]))

    def _stamp_of(self, example: PageCheck | PageLiterals) -> str | None:
        """As :meth:`_stamp`, for an example of a page."""
        if isinstance(example, PageLiterals):
            return self._stamp_of_literals(example)
        if example.check is None:
            return None
        block, declared = example.block, example.check
        try:
            proven = self.settings.statements_with(declared.proves)
        except ValueError:
            return None
        parts = [block.snippet, digest(block.text), declared.runtime, declared.digest]
        return digest(json.dumps([self._common, *parts, *proven.values()]))

    def _stamp_of_literals(self, page: PageLiterals) -> str | None:
        """As :meth:`_stamp`: what a literal names may be anything, unless the project says where the resolver looks."""
        if not self._named:
            return None
        root = self.settings.project.root
        # A resolver may look at the page around a literal.
        parts = [self._common, self._named, _content(root, [root / page.page])]
        return digest(json.dumps(parts))

    def _leaves_out(self, test: str, stamp: str | None, line: int) -> bool:
        """Whether a test on this line is left out, which is noted then."""
        if stamp is None or not self._holds(test, stamp):
            return False
        self.left_out[test] = line
        return True

    def _holds(self, test: str, stamp: str) -> bool:
        known = self._passed.get(test)
        if not isinstance(known, dict) or known.get("stamp") != stamp:
            return False
        try:
            return all(self._recorded(name).get(c.key) == c for name, c in _checks(known))
        except (ValueError, TypeError, KeyError):
            return False  # The cache is damaged.

    def _recorded(self, name: str) -> Mapping[tuple[str, str], Check]:
        """The checks of an evidence file."""
        if name not in self._files:
            try:
                self._files[name] = Evidence.load(self.recorder.folder / name).checks
            except EvidenceError:
                self._files[name] = {}
        return self._files[name]

    # Before the recorder, which takes the checks off the report.
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note which tests passed; with pytest-xdist the controller does."""
        if self.recorder.worker:
            return
        stamp = report.__dict__.pop(STAMP, None)
        if report.failed or report.skipped or hasattr(report, "wasxfail"):
            self._failed.add(report.nodeid)
        elif stamp is not None:
            self._now[report.nodeid] = stamp

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Take over what a worker of pytest-xdist has left out; all leave out the same."""
        self.left_out.update(getattr(node, "workeroutput", {}).get(_LEFT_OUT, {}))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell the recorder what was left out, and note what passed."""
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput[_LEFT_OUT] = self.left_out
            return
        if self.config.option.collectonly or self._cache is None:
            return
        self._note()
        for test, line in self.left_out.items():
            place = (test, test.partition("::")[0], line)
            for _, check in _checks(self._passed[test]):
                self.recorder.outcomes.append(
                    Outcome("up_to_date", check.snippet, *place, "", check)
                )
        if self.left_out and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK

    def _note(self) -> None:
        assert self._cache is not None
        made: dict[str, list[Any]] = {}
        for outcome in self.recorder.outcomes:
            if outcome.check:
                where = outcome.environment or self.recorder.environment
                made.setdefault(outcome.test, []).append([where.file_name, outcome.check.to_json()])
        for test in self._failed:
            self._passed.pop(test, None)
        for test in self._now.keys() - self._failed:
            self._passed[test] = {"stamp": self._now[test], "checks": made.get(test, [])}
        if self._now or self._failed:
            self._cache.set(_PASSED, self._passed)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how much was left out."""
        count = len(self.left_out)
        if count:
            checks = "1 check is" if count == 1 else f"{count} checks are"
            terminalreporter.line(
                f"{checks} up to date and did not run again; --snippets-rerun runs all"
            )


def _content(root: Path, files: Iterable[Path]) -> str:
    """Changes with the names and the content of files."""
    seen = hashlib.sha256()
    for file in sorted(file for file in files if file.is_file() and file.suffix != ".pyc"):
        seen.update(f"\0{file.relative_to(root).as_posix()}\0".encode())
        seen.update(hashlib.sha256(file.read_bytes()).digest())
    return seen.hexdigest()


def _checks(known: Mapping[str, Any]) -> list[tuple[str, Check]]:
    """The checks that a test made when it passed, each with the name of its evidence file."""
    return [(name, Check.from_json(check)) for name, check in known["checks"]]


def _line(item: pytest.Item) -> int:
    if isinstance(item, SybilItem):
        return int(item.example.line)
    return (item.location[1] or 0) + 1
