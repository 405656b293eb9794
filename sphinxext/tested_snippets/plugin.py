"""The pytest plugin: collects the blocks of pages, ties tests to snippets, and records what happened."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sybil import Example
from sybil.integration.pytest import SybilItem

from sphinxext.tested_snippets.binding import MARKER, BoundSnippet, bind_all
from sphinxext.tested_snippets.evidence import Check, Environment, digest
from sphinxext.tested_snippets.normalise import Normaliser, shortened
from sphinxext.tested_snippets.outcome import ATTRIBUTE, Ran
from sphinxext.tested_snippets.recorder import Recorder
from sphinxext.tested_snippets.reporter import Reporter
from sphinxext.tested_snippets.runner import (
    CheckFailed,
    RuntimeMissing,
    SetupError,
    Snippet,
    environment_of,
    meet,
)
from sphinxext.tested_snippets.runners import (
    PytestRunner,
    PythonRunner,
    ShellRunner,
    snippets_pytest,
    snippets_python,
    snippets_shell,
)
from sphinxext.tested_snippets.settings import Settings, add_settings, read_settings
from sphinxext.tested_snippets.sybil import PageCheck

__all__ = [
    "BoundSnippet",
    "PytestRunner",
    "PythonRunner",
    "ShellRunner",
    "snippet",
    "snippet_redactor",
    "snippets_pytest",
    "snippets_python",
    "snippets_shell",
]

_SETTINGS = pytest.StashKey[Settings]()
_RAN = pytest.StashKey[Ran]()
_ITEM = pytest.StashKey[pytest.Item]()
_BOUND = pytest.StashKey[Sequence[BoundSnippet]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the plugin's options."""
    group = parser.getgroup("tested_snippets", "snippets of documentation and their evidence")
    group.addoption(
        "--snippets-evidence",
        choices=["compare", "update"],
        default="compare",
        help="compare outcomes with the committed evidence (default) or write them to it",
    )
    group.addoption(
        "--snippets-report",
        metavar="FILE",
        help="write what became of each snippet to FILE: as SARIF when it ends in .sarif, otherwise as JSON",
    )
    add_settings(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings and start recording."""
    config.addinivalue_line("markers", MARKER)
    config.stash[_SETTINGS] = settings = read_settings(config, partial(_evaluate, config))
    recorder = Recorder(
        project=settings.project,
        folder=config.rootpath / config.getini("snippets_evidence"),
        environment=Environment.current(settings.distributions),
        update=config.getoption("--snippets-evidence") == "update",
        command=config.getini("snippets_update_command"),
        worker=hasattr(config, "workerinput"),
    )
    config.pluginmanager.register(recorder, "tested_snippets_recorder")
    reporter = Reporter(recorder, config.getoption("--snippets-report"), settings.waived)
    config.pluginmanager.register(reporter, "tested_snippets_reporter")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the blocks of a page."""
    return parent.config.stash[_SETTINGS].collect(file_path, parent)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let a page's failure be shown whatever it is: Sybil's filter breaks on chained exceptions."""
    if isinstance(item, SybilItem) and isinstance(item.example.region.parsed, PageCheck):
        item._traceback_filter = _whole_traceback  # type: ignore[method-assign]  # noqa: SLF001


def _whole_traceback(excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    return excinfo.traceback


def _evaluate(config: pytest.Config, example: Example) -> str | None:
    """Run one check of a page's block; Sybil's contract: return why it failed, or None."""
    item, settings = config.stash[_ITEM], config.stash[_SETTINGS]
    request: pytest.FixtureRequest = item._request  # type: ignore[attr-defined]  # noqa: SLF001 - as below
    stash = item.stash
    parsed: PageCheck = example.region.parsed
    block, declared = parsed.block, parsed.check
    page = item.nodeid.partition("::")[0]
    if declared is None:
        defect = f"{page}:{block.line}: {block.defect}"
        stash[_RAN] = Ran((), defect, block.line)
        return defect
    runtime, environment, failure = declared.runtime, None, None
    try:
        chosen = settings.runtime(runtime)
        runtime, runner = chosen.name, chosen.start(request)
        environment = environment_of(runner, settings.distributions)
        snippet = Snippet(
            block.snippet, block.text, block.language, declared.setup, page, block.line
        )
        observed = meet(declared.expected, runner, snippet)
    except (CheckFailed, SetupError) as error:
        observed = getattr(error, "observed", "the hidden set-up failed")
        failure = settings.normaliser.redact(f"{page}:{block.line}: {block.name}: {error}".rstrip())
        if isinstance(error, RuntimeMissing):
            stash[_RAN] = Ran((), failure, block.line)
            return failure
    check = Check(
        snippet=block.snippet,
        test=declared.test,
        runtime=runtime,
        expected=declared.expected,
        passed=failure is None,
        observed=shortened(settings.normaliser(observed), declared.expected.wanted),
        text_digest=digest(block.text),
        test_digest=declared.digest,
    )
    stash[_RAN] = Ran([(check, environment)], failure or "", block.line)
    return failure


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
    item.config.stash[_ITEM] = item
    if not isinstance(item, SybilItem) and item.get_closest_marker("snippet"):
        item.stash[_BOUND] = bind_all(item, item.config.stash[_SETTINGS])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test whose marker promises an observation fails without it."""
    result = yield
    for bound in item.stash.get(_BOUND, ()):
        bound.settle(item._request)  # type: ignore[attr-defined]  # noqa: SLF001 - every item with fixtures has one
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the checks into the report, which pytest-xdist carries to the controller."""
    report = yield
    if call.when != "call" and report.passed:
        return report
    ran = item.stash.get(_RAN, None)
    if ran is None:
        ran = _ran(item, report)
    if ran is not None:
        if call.when == "call" and item.config.getoption("xmlpath", None):
            item.user_properties += _properties(ran)
        worker = hasattr(item.config, "workerinput")
        setattr(report, ATTRIBUTE, ran.to_json() if worker else ran)
    return report


def _ran(item: pytest.Item, report: pytest.TestReport) -> Ran | None:
    """What a test did for the snippets that its markers name; None when there are none."""
    bound = item.stash.get(_BOUND, ())
    if not bound and not item.get_closest_marker("snippet"):
        return None
    names, message = [snippet.name for snippet in bound], _message(item, report)
    if report.when != "call" or report.skipped or hasattr(report, "wasxfail"):
        return Ran((), message, snippets=names)
    return Ran(
        [(snippet.check(report), snippet.environment) for snippet in bound], message, None, names
    )


def _message(item: pytest.Item, report: pytest.TestReport) -> str:
    if not report.failed:
        return ""
    return item.config.stash[_SETTINGS].normaliser.redact(report.longreprtext).strip()


def _properties(ran: Ran) -> list[tuple[str, object]]:
    """What JUnit's XML shows of the checks; it takes an item's properties after its teardown."""
    properties: list[tuple[str, object]] = []
    for check, environment in ran.checks:
        properties += [
            ("snippet", check.snippet),
            ("snippet_runtime", check.runtime),
            ("snippet_outcome", "verified" if check.passed else "failed"),
            ("snippet_observed", check.observed),
        ]
        if environment:
            properties.append(("snippet_environment", str(environment)))
    return properties
