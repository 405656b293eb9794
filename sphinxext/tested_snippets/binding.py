"""The snippets that a test is evidence for: what its ``snippet`` markers name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.evidence import Check, Environment, Expectation, digest
from sphinxext.tested_snippets.formats import UnreadableFormat, of_page
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
from sphinxext.tested_snippets.statement import is_statement, snippet_name
from sphinxext.tested_snippets.testcode import find_test, reach_of, split_node_id

__all__ = ["MARKER", "BoundSnippet", "bind_all", "first_line", "observed_in"]

MARKER = (
    "snippet(name, runtime=None, fails=None, output=None, transcript=False): this test is evidence for the "
    "snippet `name` (in the test's own file) or `path::name`, on a runtime, with an expected outcome; "
    "snippet(statement=id, ...): for the statement with this id on a page"
)


class BoundSnippet:
    """The snippet that a test is evidence for: the value of the fixture ``snippet``.

    :ivar name: ``path::name``.
    :ivar called: what the marker calls it: ``name``, ``path::name`` or the id of a statement.
    :ivar text_digest: the digest of its text.
    :ivar runtime: the name of the runtime it runs on.
    :ivar environment: where it ran, None for where pytest runs.
    :ivar unused: whether the test went through without doing anything with it.
    """

    def __init__(
        self,
        item: pytest.Item,
        settings: Settings,
        name: str,
        text: str,
        language: str,
        marker: pytest.Mark,
        lines: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.text_digest = digest(text)
        self.called: str = marker.args[0] if marker.args else marker.kwargs["statement"]
        self.expected = Expectation(marker.kwargs.get("fails"), marker.kwargs.get("output"))
        self.request: pytest.FixtureRequest | None = None
        self.environment: Environment | None = None
        self.unused = False
        self._runtime = settings.runtime(marker.kwargs.get("runtime") or "", language)
        self.runtime = self._runtime.name
        self._written = text
        self._language = language
        #: Where the snippet stands in its file, nowhere for what no region is.
        self._lines_there = lines
        #: Whether the test did anything with it.
        self._touched = False
        self._item = item
        self._settings = settings
        self._observed: str | None = None
        self._text: str | None = None
        self._transcript = bool(marker.kwargs.get("transcript"))
        self._unmet: str | None = None

    @property
    def text(self) -> str:
        """What the reader sees."""
        self._touched = True
        return self._written

    def run(self, setup: str = "") -> str:
        """Run the snippet on its runtime after the hidden code `setup`.

        :returns: the line that met the marker's expectation, "" when running was all.
        :raises CheckFailed: it behaved otherwise than the marker says.
        :raises SetupError: the runner could not set it up.
        """
        __tracebackhide__ = True
        assert self.request is not None
        if is_statement(self.name):
            pytest.fail(
                f"{self.name} has nothing to run: call `snippet.observe(text)`", pytrace=False
            )
        self._runtime.refuse_other(self._language)
        self._touched = True
        runner: Runner = self._runtime.start(self.request)
        path, line, _ = self._item.location
        snippet = Snippet(self.name, self._written, self._language, setup, path, (line or 0) + 1)
        self.environment = environment_of(runner, self._settings.distributions)
        try:
            observed = meet(self.expected, runner, snippet)
        except (CheckFailed, SetupError) as error:
            self._unmet = observed_in(error)
            raise _redacted(error, self._settings.normaliser) from None
        self._observed, self._text = observed.line, observed.text
        return self._observed

    def observe(self, text: str) -> None:
        """Take the line of `text` that meets the expectation as what was observed.

        For tests that run the snippet their own way. Where the marker expects no text, it is the first line.

        :raises CheckFailed: no line of `text` does.
        """
        __tracebackhide__ = True
        if not isinstance(text, str):
            pytest.fail(
                f"snippet.observe() takes the text that was seen, found {text!r}", pytrace=False
            )
        self._touched = True
        wanted = self.expected.wanted
        line = line_with(text, wanted or "")
        if line is None and wanted is not None:
            last = text.strip().split("\n")[-1]
            error = CheckFailed(f"no line has {wanted!r} in:\n{text}", last)
            self._unmet = last
            raise _redacted(error, self._settings.normaliser)
        self._observed, self._text = line or "", text

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
        if not (self._touched or is_statement(self.name) or self._is_used()):
            self.unused = True
            pytest.fail(
                f"{self._item.nodeid}: the marker `snippet` names {self.name}, but nothing in the test uses it, so the "
                "test says nothing of it. Call `snippet.run()` or `snippet.observe(text)` of the fixture `snippet`, "
                "read `snippet.text`, use what the snippet defines, or drop the marker",
                pytrace=False,
            )
        if self.environment is None and self._runtime.fixture in FIXTURES:
            runner = self._runtime.start(request)
            self.environment = environment_of(runner, self._settings.distributions)

    def _is_used(self) -> bool:
        """Whether the test's own code gets at the snippet, or at the file that it stands in."""
        test_file, chain = split_node_id(self._item.nodeid)
        root = self._settings.project.root
        reach = reach_of(root / test_file, chain)
        path, _, name = self.name.rpartition("::")
        if reach is None:
            return False
        if (root / path).resolve() == (root / test_file).resolve():
            return name in reach.words or reach.runs(self._lines_there)
        return reach.names(path, name)

    def check(self, report: pytest.TestReport, *, tried: bool = True) -> Check:
        """The record of the test's run; `tried` is False where it did not get as far as the snippet."""
        path, names = split_node_id(self._item.nodeid)
        code = find_test(self._settings.project.root / path, names)
        observed = self._observed or ""
        if not report.passed:
            observed = self._unmet or _reason(report)
        return Check(
            snippet=self.name,
            test=self._item.nodeid,
            runtime=self.runtime,
            expected=self.expected,
            passed=report.passed if tried else None,
            observed=shortened(self._settings.normaliser(observed), self.expected.wanted),
            text_digest=self.text_digest,
            test_digest=code.digest if code else "",
            transcript=self._lines(report),
        )

    def _lines(self, report: pytest.TestReport) -> tuple[str, ...] | None:
        """The transcript, where the marker asks for one and there is something to record."""
        if not (self._transcript and report.passed) or self._text is None:
            return None
        return self._settings.normaliser.transcript(self._text)


def observed_in(error: CheckFailed | SetupError) -> str:
    """The line of an error to record: what was observed instead, or what the set-up failed with."""
    if isinstance(error, CheckFailed):
        return error.observed
    cause = error.__cause__
    return first_line(f"{type(cause).__name__}: {cause}" if cause else str(error))


def _reason(report: pytest.TestReport) -> str:
    """The line that says why a test failed or was skipped, "" where none does."""
    longrepr: Any = report.longrepr
    if report.skipped and isinstance(longrepr, tuple):
        return str(longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(longrepr, "reprcrash", None)
    return first_line(crash.message if crash else str(longrepr or ""))


def first_line(text: str) -> str:
    """The first line of `text` that has something on it, "" where none does."""
    return next(iter(text.strip().splitlines()), "")


def _redacted(error: CheckFailed | SetupError, normaliser: Normaliser) -> CheckFailed | SetupError:
    """The same error without secrets, as pytest will print it."""
    message = normaliser.failure(str(error))
    if isinstance(error, SetupError):
        return type(error)(message)
    return CheckFailed(message, error.observed)


def bind_all(item: pytest.Item, settings: Settings) -> Sequence[BoundSnippet]:
    """The snippets that the markers of a test name; the test fails where one can't be found."""
    bound = []
    for marker in item.iter_markers("snippet"):
        try:
            bound.append(_bind(item, marker, settings))
        except (RegionError, CheckFailed, UnreadableFormat, ValueError) as error:
            # `pytest.fail` would be shown below the error that says the same.
            raise pytest.fail.Exception(
                f"{item.nodeid}: the marker `snippet`: {error}", pytrace=False
            ) from None
    return bound


def _bind(item: pytest.Item, marker: pytest.Mark, settings: Settings) -> BoundSnippet:
    unknown = sorted(set(marker.kwargs) - {"runtime", "fails", "output", "statement", "transcript"})
    named = [*marker.args, *filter(None, [marker.kwargs.get("statement")])]
    if len(named) != 1 or not isinstance(named[0], str) or unknown:
        raise ValueError(f"has {marker.args} {marker.kwargs}, expected {MARKER.partition(':')[0]}")
    _refuse_unclear(marker.kwargs)
    test_file, chain = split_node_id(item.nodeid)
    if find_test(item.config.rootpath / test_file, chain) is None:
        raise ValueError(
            f"{test_file} has no definition of {'.'.join(chain)}, so nothing could tell when it changes: "
            "define the test in the file and the class it belongs to"
        )
    if not marker.args:
        key, words = snippet_name(named[0]), settings.words_of(named[0])
        return BoundSnippet(item, settings, key, words, "", marker)
    path, _, name = marker.args[0].rpartition("::")
    project = settings.project
    file = project.root / path if path else item.path
    relative = project.relative(file)
    if of_page(f"{relative}::{name}"):
        blocks = read_page(file, project).blocks if file.exists() else ()
        block = next((block for block in blocks if block.name == name), None)
        if block is None or block.defect:
            names = ", ".join(block.name for block in blocks) or "no blocks"
            raise ValueError(
                block.defect
                if block and block.defect
                else f"no block {name!r} in {relative}, which has {names}"
            )
        return BoundSnippet(item, settings, block.snippet, block.text, block.language, marker)
    included = include_named(file, relative, name, project.styles)
    language, cut = language_of(file.suffix) or "", included.cut
    lines = [line for line, _ in cut.numbered] if cut else []
    full = f"{relative}::{name}"
    return BoundSnippet(item, settings, full, included.text, language, marker, lines)


def _refuse_unclear(kwargs: Mapping[str, Any]) -> None:
    """Refuse a marker's expectation that no line could be held against."""
    if not isinstance(kwargs.get("transcript", False), bool):
        raise ValueError(f"transcript={kwargs['transcript']!r}, expected True or False")  # noqa: TRY004 - as the others
    for name, value in kwargs.items():
        if (
            name != "transcript"
            and value is not None
            and not (isinstance(value, str) and len(value.splitlines()) == 1)
        ):
            raise ValueError(f"{name}={value!r}, expected one line of text")
    if kwargs.get("fails") is not None and kwargs.get("output") is not None:
        raise ValueError("takes fails= or output=, not both")
