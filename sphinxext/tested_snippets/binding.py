"""The snippets that a test is evidence for: what its ``snippet`` markers name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.evidence import Check, Environment, Expectation, digest
from sphinxext.tested_snippets.include import include_named, language_of
from sphinxext.tested_snippets.normalise import Normaliser, shortened
from sphinxext.tested_snippets.runner import (
    CheckFailed,
    Runner,
    SetupError,
    Snippet,
    environment_of,
    line_with,
    meet,
)
from sphinxext.tested_snippets.runners import FIXTURES
from sphinxext.tested_snippets.settings import Settings
from sphinxext.tested_snippets.source import RegionError
from sphinxext.tested_snippets.testcode import find_test, split_node_id

__all__ = ["MARKER", "BoundSnippet", "bind_all"]

MARKER = (
    "snippet(name, runtime=None, fails=None, output=None): this test is evidence for the "
    "snippet `name` (in the test's own file) or `path::name`, on a runtime, with an expected outcome"
)


class BoundSnippet:
    """The snippet that a test is evidence for: the value of the fixture ``snippet``.

    :ivar name: ``path::name``.
    :ivar text: what the reader sees.
    :ivar runtime: the name of the runtime it runs on.
    :ivar environment: where it ran, None for where pytest runs.
    """

    def __init__(
        self,
        item: pytest.Item,
        settings: Settings,
        name: str,
        text: str,
        language: str,
        marker: Mapping[str, Any],
    ) -> None:
        self.name = name
        self.text = text
        self.expected = Expectation(marker.get("fails"), marker.get("output"))
        self.request: pytest.FixtureRequest | None = None
        self.environment: Environment | None = None
        self._runtime = settings.runtime(marker.get("runtime") or "")
        self.runtime = self._runtime.name
        self._language = language
        self._item = item
        self._settings = settings
        self._observed: str | None = None

    def run(self, setup: str = "") -> str:
        """Run the snippet on its runtime after the hidden code `setup`.

        :returns: the line that met the marker's expectation, "" when running was all.
        :raises CheckFailed: it behaved otherwise than the marker says.
        :raises SetupError: the runner could not set it up.
        """
        __tracebackhide__ = True
        assert self.request is not None
        runner: Runner = self._runtime.start(self.request)
        path, line, _ = self._item.location
        snippet = Snippet(self.name, self.text, self._language, setup, path, (line or 0) + 1)
        self.environment = environment_of(runner, self._settings.distributions)
        try:
            self._observed = meet(self.expected, runner, snippet)
        except (CheckFailed, SetupError) as error:
            raise _redacted(error, self._settings.normaliser) from None
        return self._observed

    def observe(self, text: str) -> None:
        """Take the line of `text` that meets the expectation as what was observed.

        For tests that run the snippet their own way. Where the marker expects no text, it is the first line.

        :raises CheckFailed: no line of `text` does.
        """
        __tracebackhide__ = True
        wanted = self.expected.wanted
        line = line_with(text, wanted or "")
        if line is None and wanted is not None:
            last = text.strip().split("\n")[-1]
            error = CheckFailed(f"no line has {wanted!r} in:\n{text}", last)
            raise _redacted(error, self._settings.normaliser)
        self._observed = line or ""

    def settle(self, request: pytest.FixtureRequest) -> None:
        """End the call of the test that went through: fail if the marker promises something unseen.

        The test of a runtime that is built in belongs to that runtime's environment, whoever ran the snippet.
        """
        if self.expected.wanted is not None and self._observed is None:
            pytest.fail(
                f"the marker of this test expects {self.expected.wanted!r} of {self.name}, but the test "
                "passed without seeing it: call `snippet.run()`, or `snippet.observe(text)`",
                pytrace=False,
            )
        if self.environment is None and self._runtime.fixture in FIXTURES:
            runner = self._runtime.start(request)
            self.environment = environment_of(runner, self._settings.distributions)

    def check(self, report: pytest.TestReport) -> Check:
        """The record of the test's run."""
        path, names = split_node_id(self._item.nodeid)
        code = find_test(self._settings.project.root / path, names)
        observed = self._observed or ""
        if report.failed and report.longrepr is not None:
            crash = getattr(report.longrepr, "reprcrash", None)
            text = crash.message if crash else str(report.longrepr)
            observed = next(iter(text.strip().splitlines()), "")
        return Check(
            snippet=self.name,
            test=self._item.nodeid,
            runtime=self.runtime,
            expected=self.expected,
            passed=report.passed,
            observed=shortened(self._settings.normaliser(observed), self.expected.wanted),
            text_digest=digest(self.text),
            test_digest=code.digest if code else "",
        )


def _redacted(error: CheckFailed | SetupError, normaliser: Normaliser) -> CheckFailed | SetupError:
    """The same error without secrets, as pytest will print it."""
    message = normaliser.redact(str(error))
    if isinstance(error, SetupError):
        return type(error)(message)
    return CheckFailed(message, error.observed)


def bind_all(item: pytest.Item, settings: Settings) -> Sequence[BoundSnippet]:
    """The snippets that the markers of a test name; the test fails where one can't be found."""
    bound = []
    for marker in item.iter_markers("snippet"):
        try:
            bound.append(_bind(item, marker, settings))
        except (RegionError, CheckFailed, ValueError) as error:
            pytest.fail(f"{item.nodeid}: the marker `snippet`: {error}", pytrace=False)
    return bound


def _bind(item: pytest.Item, marker: pytest.Mark, settings: Settings) -> BoundSnippet:
    unknown = sorted(set(marker.kwargs) - {"runtime", "fails", "output"})
    if len(marker.args) != 1 or not isinstance(marker.args[0], str) or unknown:
        raise ValueError(f"has {marker.args} {marker.kwargs}, expected {MARKER.partition(':')[0]}")
    _refuse_unclear(marker.kwargs)
    test_file, chain = split_node_id(item.nodeid)
    if find_test(item.config.rootpath / test_file, chain) is None:
        raise ValueError(
            f"{test_file} has no definition of {'.'.join(chain)}, so nothing could tell when it changes: "
            "define the test in the file and the class it belongs to"
        )
    path, _, name = marker.args[0].rpartition("::")
    project = settings.project
    file = project.root / path if path else item.path
    relative = project.relative(file)
    if file.suffix == ".rst":
        blocks = read_page(file, project).blocks if file.exists() else ()
        block = next((block for block in blocks if block.name == name), None)
        if block is None or block.defect:
            names = ", ".join(block.name for block in blocks) or "no blocks"
            raise ValueError(
                block.defect
                if block and block.defect
                else f"no block {name!r} in {relative}, which has {names}"
            )
        return BoundSnippet(
            item, settings, block.snippet, block.text, block.language, marker.kwargs
        )
    included = include_named(file, relative, name, project.style)
    language = language_of(file.suffix) or ""
    return BoundSnippet(
        item, settings, f"{relative}::{name}", included.text, language, marker.kwargs
    )


def _refuse_unclear(kwargs: Mapping[str, Any]) -> None:
    """Refuse a marker's expectation that no line could be held against."""
    for name, value in kwargs.items():
        if value is not None and not (isinstance(value, str) and len(value.splitlines()) == 1):
            raise ValueError(f"{name}={value!r}, expected one line of text")
    if kwargs.get("fails") is not None and kwargs.get("output") is not None:
        raise ValueError("takes fails= or output=, not both")
