"""Counts and names the blocks of pages that are one test, as if each were a test of its own."""

from __future__ import annotations

from collections.abc import Generator, Mapping

import pytest

from sphinxext.tested_snippets.outcome import BLOCK
from sphinxext.tested_snippets.page_items import WholePage

__all__ = ["PageReports", "label"]

#: The attribute of a page's own report: how many blocks it has, and how many have failed.
_COUNTS = "tested_snippets_blocks"


def label(report: pytest.TestReport, page: WholePage) -> None:
    """Put into the report of a page that is one test how its blocks came out."""
    setattr(report, _COUNTS, (len(page.examples), page.failed))


class PageReports:
    """A pytest plugin object, one per session; with pytest-xdist just its controller has one."""

    def __init__(self) -> None:
        self._logging = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(
        self, report: pytest.TestReport
    ) -> Generator[None, object, object]:
        """Give the report of a block the node id that it has as a test."""
        report.nodeid = report.__dict__.get(BLOCK, report.nodeid)
        self._logging = True
        try:
            return (yield)
        finally:
            self._logging = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, str | tuple[str, Mapping[str, bool]]] | None:
        """Count the blocks, and let a page show its progress: it has one letter, that of a failure if there is one."""
        if report.when != "call" or hasattr(report, "wasxfail"):
            return None
        if BLOCK in report.__dict__:
            # The summary at the end has a line for a block.
            return report.outcome, "", "" if self._logging else report.outcome.upper()
        if _COUNTS not in report.__dict__ or not report.passed:
            return None
        count, failed = report.__dict__[_COUNTS]
        blocks = "1 block" if count == 1 else f"{count} blocks"
        if failed:
            return "", "F", (f"FAILED ({failed} of {blocks})", {"red": True})
        return "", ".", (f"PASSED ({blocks})", {"green": True})
