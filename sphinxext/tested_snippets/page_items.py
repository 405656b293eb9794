"""The tests that stand for a page: one for each of its examples, or one for all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import cached_property
from typing import Any

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.integration.pytest import SybilFile, SybilItem

from sphinxext.tested_snippets.failure import shown_failure
from sphinxext.tested_snippets.lookup import PageLiterals
from sphinxext.tested_snippets.outcome import BLOCK, STAMP, Ran
from sphinxext.tested_snippets.page_blocks import PageCheck

__all__ = ["RAN", "PageFile", "PageItem", "WholePage", "example_of"]

#: What became of the example that a page's test ran, or of the last one.
RAN = pytest.StashKey[Ran]()
#: pytest's options that pick blocks, order them or stop at one: with them each block is a test, however they run else.
_PICKING = ("keyword", "lf", "failedfirst", "stepwise", "deselect", "usepdb", "trace")


class PageItem(SybilItem):
    """A test that an example of a page stands for."""

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        """As pytest has it, which makes the path anew for each test of a page."""
        return self.place_of(self.example, self.nodeid)

    def place_of(self, example: Example, test: str) -> tuple[str, int | None, str]:
        """Where an example of the page stands, as reports have it."""
        page = self.parent
        assert isinstance(page, PageFile)
        # Pytest would put :: for each dot into a name that is just the end of the node's id.
        return page.place, example.line, f"{test}, line {example.line}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What reports show of a failure: the reason, also in the line of the summary."""
        return shown_failure(self, excinfo) or super().repr_failure(excinfo, style)

    def _traceback_filter(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
        # Sybil's breaks on chained exceptions.
        return excinfo.traceback


class _All:
    """What the one example of a :class:`WholePage` stands for."""

    name = "all blocks"


class WholePage(PageItem):
    """A test that runs all examples of a page, and reports each as a test of that name would be.

    What pytest does for a test takes longer than to run a block that does little. Fixtures live for the page.

    :ivar examples: those that it runs.
    :ivar stamps: what tests of them would have for a stamp, by node id.
    :ivar current: the node id that the one that runs has as a test.
    :ivar failed: how many of them have failed.
    """

    def __init__(self, *, examples: Sequence[Example], **given: Any) -> None:
        super().__init__(**given)
        self.examples = list(examples)
        self.stamps: dict[str, str] = {}
        self.current = self.nodeid
        self.failed = 0

    def test_of(self, example: Example) -> str:
        """The node id that an example has as a test."""
        parsed: PageCheck | PageLiterals = example.region.parsed
        assert self.parent is not None
        return f"{self.parent.nodeid}::{parsed.name}"

    def runtest(self) -> None:
        """Run the examples, until pytest is told to stop."""
        hook, plugins = self.ihook, self.config.pluginmanager
        capture, logs = plugins.getplugin("capturemanager"), plugins.getplugin("logging-plugin")
        uncaptured = capture.global_and_fixture_disabled if capture else nullcontext
        properties = self.config.getoption("xmlpath", None) is not None
        for example in self.examples:
            self.current = test = self.test_of(example)
            report = self._run(example, hook)
            report.sections += _captured(capture, logs)
            if report.passed and test in self.stamps:
                setattr(report, STAMP, self.stamps[test])
            # JUnit's report takes the properties of a test after its teardown, which a block has none of.
            reports = [report, self._ended(report)] if properties else [report]
            with uncaptured():
                for each in reports:
                    # Under pytest-xdist a worker may only send reports with the node id of its test.
                    setattr(each, BLOCK, test)
                    each.location = self.place_of(example, test)
                    hook.pytest_runtest_logreport(report=each)
            self.failed += report.failed
            if self.session.shouldfail or self.session.shouldstop:
                break

    def _run(self, example: Example, hook: Any) -> pytest.TestReport:
        ended = (KeyboardInterrupt, pytest.exit.Exception)
        self.user_properties = []
        call = pytest.CallInfo.from_call(example.evaluate, "call", reraise=ended)
        report: pytest.TestReport = hook.pytest_runtest_makereport(item=self, call=call)
        # The next one may end before it says what became of it.
        if RAN in self.stash:
            del self.stash[RAN]
        return report

    def _ended(self, report: pytest.TestReport) -> pytest.TestReport:
        return pytest.TestReport(
            self.nodeid,
            report.location,
            report.keywords,
            "passed",
            None,
            "teardown",
            user_properties=self.user_properties,
        )


def _captured(capture: Any, logs: Any) -> Iterator[tuple[str, str]]:
    """What was printed and logged since the last example, as sections of a report.

    :param capture: pytest's plugin that captures; `logs` that for the log; None where one is switched off.
    """
    if capture and capture.is_globally_capturing():
        for stream, text in zip(("stdout", "stderr"), capture.read_global_capture()):
            if text:
                yield f"Captured {stream} call", text
    text = logs.report_handler.stream.getvalue().strip() if logs else ""
    if text:
        logs.report_handler.reset()
        yield "Captured log call", text


def example_of(item: pytest.Item) -> PageCheck | PageLiterals | None:
    """What a test stands for that was made of one example; None for other tests, those of another Sybil included."""
    if not isinstance(item, PageItem) or isinstance(item, WholePage):
        return None
    parsed: PageCheck | PageLiterals = item.example.region.parsed
    return parsed


class PageFile(SybilFile):
    """A page whose examples are tests, or which is one.

    :param whole: whether it is one, unless blocks are picked.
    """

    def __init__(self, *, whole: bool, **given: Any) -> None:
        super().__init__(**given)
        self._whole = whole

    @cached_property
    def place(self) -> str:
        """Its path from the root."""
        return os.path.relpath(self.path, self.config.rootpath)

    def collect(self) -> Iterator[SybilItem]:
        """Its tests."""
        whole = self._whole and not _picks_blocks(self.config)
        for sybil in self.sybils:
            document = sybil.parse(self.path)
            self.documents.append(document)
            if whole:
                yield from self._as_one(sybil, document)
                continue
            for example in document.examples():
                yield PageItem.from_parent(self, sybil=sybil, example=example)

    def _as_one(self, sybil: Sybil, document: Document) -> Iterator[SybilItem]:
        examples = list(document.examples())
        if examples:
            stand_in = Example(document, 1, 1, Region(0, 0, _All()), document.namespace)
            yield WholePage.from_parent(self, sybil=sybil, example=stand_in, examples=examples)


def _picks_blocks(config: pytest.Config) -> bool:
    named = any("::" in argument for argument in config.args)
    return named or any(config.getoption(option, None) for option in _PICKING)
