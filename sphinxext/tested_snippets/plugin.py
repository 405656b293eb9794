"""The pytest plugin: collects the blocks of pages, ties tests to snippets, and records what happened."""

from __future__ import annotations

import json
import traceback
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sybil import Example
from sybil.integration.pytest import SybilItem

from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.evidence import Check, Environment, Expectation, digest
from sphinxext.tested_snippets.include import include_named, language_of
from sphinxext.tested_snippets.normalise import Normaliser, shortened
from sphinxext.tested_snippets.recorder import PROPERTY, Recorder
from sphinxext.tested_snippets.runner import (
    CheckFailed,
    Runner,
    SetupError,
    Snippet,
    line_with,
    meet,
)
from sphinxext.tested_snippets.settings import Settings, read_settings
from sphinxext.tested_snippets.source import RegionError
from sphinxext.tested_snippets.sybil import PageCheck
from sphinxext.tested_snippets.testcode import find_test, split_node_id

_MARKER = (
    "snippet(name, runtime=None, fails=None, output=None): this test is evidence for the "
    "snippet `name` (in the test's own file) or `path::name`, on a runtime, with an expected outcome"
)


_SETTINGS = pytest.StashKey[Settings]()
_CHECKS = pytest.StashKey["list[Check]"]()
_BOUND = pytest.StashKey["list[BoundSnippet]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the plugin's options."""
    group = parser.getgroup("tested_snippets", "snippets of documentation and their evidence")
    group.addoption(
        "--snippets-evidence",
        choices=["compare", "update"],
        default="compare",
        help="compare outcomes with the committed evidence (default) or write them to it",
    )
    parser.addini("snippets_pages", "globs of the pages whose blocks are run", "linelist", [])
    parser.addini(
        "snippets_runtimes",
        "lines `NAME = FIXTURE`: the fixture whose value runs snippets on the runtime; first is default",
        "linelist",
        [],
    )
    parser.addini(
        "snippets_environment", "distributions whose versions make up the environment", "args", []
    )
    parser.addini("snippets_evidence", "folder of the evidence files", default="docs/evidence")
    parser.addini(
        "snippets_marker", "two lines: start marker with {name}, end marker", "linelist", []
    )
    parser.addini(
        "snippets_normalise", "lines `REGEX => REPLACEMENT` for observed lines", "linelist", []
    )
    parser.addini(
        "snippets_update_command",
        "the command that messages name for recording evidence",
        default="pytest --snippets-evidence=update",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings and start recording."""
    config.addinivalue_line("markers", _MARKER)
    config.stash[_SETTINGS] = settings = read_settings(config, _evaluate)
    recorder = Recorder(
        project=settings.project,
        folder=config.rootpath / config.getini("snippets_evidence"),
        environment=Environment.current(config.getini("snippets_environment")),
        update=config.getoption("--snippets-evidence") == "update",
        command=config.getini("snippets_update_command"),
    )
    config.pluginmanager.register(recorder, "tested_snippets_recorder")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the blocks of a page."""
    return parent.config.stash[_SETTINGS].collect(file_path, parent)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let a page's failure be shown whatever it is: Sybil's filter breaks on chained exceptions."""
    if isinstance(item, SybilItem) and isinstance(item.example.region.parsed, PageCheck):
        item._traceback_filter = _whole_traceback  # type: ignore[method-assign]  # noqa: SLF001


def _whole_traceback(excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    return excinfo.traceback


def _evaluate(example: Example) -> str | None:
    """Run one check of a page's block; Sybil's contract: return why it failed, or None."""
    request: pytest.FixtureRequest = example.namespace["request"]
    settings = request.config.stash[_SETTINGS]
    parsed: PageCheck = example.region.parsed
    block, check = parsed.block, parsed.check
    page = settings.project.relative(Path(example.path))
    if check is None:
        return f"{page}:{block.line}: {block.defect}"
    snippet = Snippet(block.snippet, block.text, block.language, check.setup, page, block.line)
    record = Check(
        snippet=block.snippet,
        test=check.test,
        runtime=check.runtime,
        expected=check.expected,
        passed=False,
        observed="",
        text_digest=digest(block.text),
        test_digest=check.digest,
    )
    try:
        record = replace(record, runtime=settings.runtime(check.runtime))
        runner = _start_runtime(request, record.runtime)
        observed = meet(check.expected, runner, snippet)
    except (CheckFailed, SetupError) as error:
        observed = getattr(error, "observed", "the hidden set-up failed")
        _record(request, record, passed=False, observed=observed)
        return settings.normaliser.redact(f"{page}:{block.line}: {block.name}: {error}")
    _record(request, record, passed=True, observed=observed)
    return None


def _start_runtime(request: pytest.FixtureRequest, runtime: str) -> Runner:
    fixture = request.config.stash[_SETTINGS].runtimes[runtime]
    try:
        return request.getfixturevalue(fixture)  # type: ignore[no-any-return]
    except Exception as error:
        # Sybil can't show an exception that is chained to one from elsewhere.
        raise SetupError(
            f"the fixture {fixture} of the runtime {runtime} failed:\n{traceback.format_exc()}"
        ) from error


def _record(request: pytest.FixtureRequest, record: Check, *, passed: bool, observed: str) -> None:
    normalised = request.config.stash[_SETTINGS].normaliser(observed)
    short = shortened(normalised, record.expected.wanted)
    request.node.stash[_CHECKS] = [replace(record, passed=passed, observed=short)]


class BoundSnippet:
    """The snippet that a test is evidence for: the value of the fixture ``snippet``.

    :ivar name: ``path::name``.
    :ivar text: what the reader sees.
    :ivar runtime: the name of the runtime it runs on.
    """

    def __init__(
        self, item: pytest.Item, name: str, text: str, language: str, marker: Mapping[str, Any]
    ) -> None:
        self.name = name
        self.text = text
        self.runtime = item.config.stash[_SETTINGS].runtime(marker.get("runtime") or "")
        self.expected = Expectation(marker.get("fails"), marker.get("output"))
        self._language = language
        self._item = item
        self.request: pytest.FixtureRequest | None = None
        self._observed: str | None = None

    def run(self, setup: str = "") -> str:
        """Run the snippet on its runtime after the hidden code `setup`.

        :returns: the line that met the marker's expectation, "" when running was all.
        :raises CheckFailed: it behaved otherwise than the marker says.
        :raises SetupError: the runner could not set it up.
        """
        __tracebackhide__ = True
        settings = self._item.config.stash[_SETTINGS]
        assert self.request is not None
        runner: Runner = self.request.getfixturevalue(settings.runtimes[self.runtime])
        path, line, _ = self._item.location
        snippet = Snippet(self.name, self.text, self._language, setup, path, (line or 0) + 1)
        try:
            self._observed = meet(self.expected, runner, snippet)
        except (CheckFailed, SetupError) as error:
            raise _redacted(error, settings.normaliser) from None
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
            raise _redacted(error, self._item.config.stash[_SETTINGS].normaliser)
        self._observed = line or ""

    def check(self, report: pytest.TestReport) -> Check:
        """The record of the test's run."""
        settings = self._item.config.stash[_SETTINGS]
        path, names = split_node_id(self._item.nodeid)
        code = find_test(settings.project.root / path, names)
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
            observed=shortened(settings.normaliser(observed), self.expected.wanted),
            text_digest=digest(self.text),
            test_digest=code.digest if code else "",
        )

    def refuse_unobserved(self) -> None:
        """Fail the test if its marker promises something that was not seen."""
        if self.expected.wanted is not None and self._observed is None:
            pytest.fail(
                f"the marker of this test expects {self.expected.wanted!r} of {self.name}, but the test "
                "passed without seeing it: call `snippet.run()`, or `snippet.observe(text)`",
                pytrace=False,
            )


def _redacted(error: CheckFailed | SetupError, normaliser: Normaliser) -> CheckFailed | SetupError:
    """The same error without secrets, as pytest will print it."""
    message = normaliser.redact(str(error))
    if isinstance(error, SetupError):
        return type(error)(message)
    return CheckFailed(message, error.observed)


@pytest.fixture(scope="session")
def snippet_redactor(pytestconfig: pytest.Config) -> Normaliser:
    """What is recorded goes through it: a runner tells it its secrets with ``add_secret(value)``."""
    return pytestconfig.stash[_SETTINGS].normaliser


@pytest.fixture
def snippet(request: pytest.FixtureRequest) -> BoundSnippet:
    """The snippet that the test's ``snippet`` marker names."""
    bound = request.node.stash.get(_BOUND, [])
    if len(bound) != 1:
        pytest.fail(
            f"the fixture `snippet` needs exactly one @pytest.mark.snippet(name), {request.node.nodeid} "
            f"has {len(bound)}",
            pytrace=False,
        )
    only: BoundSnippet = bound[0]
    only.request = request
    return only


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Find the snippets that the test is evidence for."""
    bound = []
    for marker in item.iter_markers("snippet"):
        try:
            bound.append(_bind(item, marker))
        except (RegionError, CheckFailed, ValueError) as error:
            pytest.fail(f"{item.nodeid}: the marker `snippet`: {error}", pytrace=False)
    item.stash[_BOUND] = bound


def _bind(item: pytest.Item, marker: pytest.Mark) -> BoundSnippet:
    unknown = sorted(set(marker.kwargs) - {"runtime", "fails", "output"})
    if len(marker.args) != 1 or not isinstance(marker.args[0], str) or unknown:
        raise ValueError(f"has {marker.args} {marker.kwargs}, expected {_MARKER.partition(':')[0]}")
    _refuse_unclear(marker.kwargs)
    test_file, chain = split_node_id(item.nodeid)
    if find_test(item.config.rootpath / test_file, chain) is None:
        raise ValueError(
            f"{test_file} has no definition of {'.'.join(chain)}, so nothing could tell when it changes: "
            "define the test in the file and the class it belongs to"
        )
    path, _, name = marker.args[0].rpartition("::")
    project = item.config.stash[_SETTINGS].project
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
        return BoundSnippet(item, block.snippet, block.text, block.language, marker.kwargs)
    included = include_named(file, relative, name, project.style)
    language = language_of(file.suffix) or ""
    return BoundSnippet(item, f"{relative}::{name}", included.text, language, marker.kwargs)


def _refuse_unclear(kwargs: Mapping[str, Any]) -> None:
    """Refuse a marker's expectation that no line could be held against."""
    for name, value in kwargs.items():
        if value is not None and not (isinstance(value, str) and len(value.splitlines()) == 1):
            raise ValueError(f"{name}={value!r}, expected one line of text")
    if kwargs.get("fails") is not None and kwargs.get("output") is not None:
        raise ValueError("takes fails= or output=, not both")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test whose marker promises an observation fails without it."""
    result = yield
    for bound in item.stash.get(_BOUND, []):
        bound.refuse_unobserved()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the checks into the report, which pytest-xdist carries to the controller."""
    report = yield
    if report.when == "call" and not report.skipped and not hasattr(report, "wasxfail"):
        checks = item.stash.get(_CHECKS, [])
        bound = item.stash.get(_BOUND, [])
        for check in [*checks, *(snippet.check(report) for snippet in bound)]:
            report.user_properties.append((PROPERTY, json.dumps(check.to_json())))
    return report
