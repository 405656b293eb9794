"""Shows at the end of a pytest run what became of the snippets, and writes it where it is asked to."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import pytest

from sphinxext.tested_snippets import __version__
from sphinxext.tested_snippets.include import include_named
from sphinxext.tested_snippets.outcome import Outcome
from sphinxext.tested_snippets.page_blocks import Place
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.recorder import TEXT_CHANGED, Recorder
from sphinxext.tested_snippets.reports import (
    as_json,
    as_sarif,
    as_text,
    counted,
    summary,
    workflow_commands,
)
from sphinxext.tested_snippets.source import RegionError
from sphinxext.tested_snippets.unreached import unreached

__all__ = ["Reporter"]

_WAIVED = "tested_snippets_waived"


class Reporter:
    """A pytest plugin object, one per session; with pytest-xdist the controller's does the work.

    :param report: the file to write to, or None.
    :param waived: the waived blocks; they are known when the session ends.
    :param globs: those that name the pages, each with the files that it names.
    """

    def __init__(
        self,
        recorder: Recorder,
        report: str | None,
        waived: AbstractSet[str],
        globs: Mapping[str, Collection[Path]],
    ) -> None:
        self.recorder = recorder
        self.report = report
        self.waived = waived
        self.globs = globs
        self._elsewhere: set[str] = set()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Take over from a worker of pytest-xdist what the controller does not collect."""
        self._elsewhere.update(getattr(node, "workeroutput", {}).get(_WAIVED, ()))

    # The recorder has to know first what differs.
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[_WAIVED] = sorted(self.waived)
        elif self.report and not session.config.option.collectonly:
            path = Path(session.config.invocation_params.dir, self.report)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self._text(path), encoding="utf-8")
            except OSError as error:
                reason = error.strerror or error
                self.recorder.fail(
                    session, [f"--snippets-report={self.report} can't be written ({reason})."]
                )

    def _text(self, path: Path) -> str:
        outcomes = self.recorder.outcomes
        if path.suffix == ".sarif":
            return as_text(as_sarif(self._with_causes(), __version__, self._folder()))
        waived = self.waived | self._elsewhere
        return as_text(as_json(outcomes, waived, self.recorder.environment))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many snippets came out how, and what became of the evidence."""
        recorder = self.recorder
        left = list(unreached(terminalreporter.config, recorder.project.root, self.globs))
        if recorder.lines or recorder.outcomes or left:
            terminalreporter.section("snippets", red=recorder.failed, green=not recorder.failed)
        if recorder.outcomes:
            waived = self.waived | self._elsewhere
            terminalreporter.line(summary(counted(recorder.outcomes, waived)))
        for line in [*recorder.lines, *left]:
            terminalreporter.line(line)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            for line in workflow_commands(self._with_causes(), self._folder()):
                terminalreporter.line(line)

    def _with_causes(self) -> Sequence[Outcome]:
        project = self.recorder.project
        return [o._replace(cause=_cause(o, project)) for o in self.recorder.outcomes]

    def _folder(self) -> str:
        """The project's root from that of the repository that GitHub has checked out."""
        root = self.recorder.project.root.resolve()
        workspace = Path(os.environ.get("GITHUB_WORKSPACE") or root).resolve()
        return root.relative_to(workspace).as_posix() if workspace in root.parents else ""


def _cause(outcome: Outcome, project: Project) -> Place | None:
    """The lines of a snippet that failed or changed, where it is a region of a file."""
    path, _, name = outcome.snippet.rpartition("::")
    changed = outcome.state == "failed" or TEXT_CHANGED in outcome.differences
    if not (changed and name):
        return None
    try:
        cut = include_named(project.root / path, path, name, project.styles).cut
    except (RegionError, ValueError, OSError):
        return None  # A block of a page, or a statement: the check stands where it does.
    return Place(path, cut.first, cut.last) if cut else None
