"""The pytest plugin: collects the blocks of pages, ties tests to snippets, and records what happened."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sybil import Example
from sybil.integration.pytest import SybilItem

from sphinxext.tested_snippets.binding import (
    MARKER,
    BoundSnippet,
    bind_all,
    first_line,
    observed_in,
)
from sphinxext.tested_snippets.evidence import Check, Environment, digest
from sphinxext.tested_snippets.lookup import PageLiterals, look_up
from sphinxext.tested_snippets.normalise import Normaliser, shortened
from sphinxext.tested_snippets.options import PYTEST_OPTIONS, plain
from sphinxext.tested_snippets.outcome import ATTRIBUTE, STAMP, Ran
from sphinxext.tested_snippets.page_blocks import PageCheck
from sphinxext.tested_snippets.page_items import RAN, WholePage
from sphinxext.tested_snippets.page_reports import PageReports, label
from sphinxext.tested_snippets.recorder import Recorder
from sphinxext.tested_snippets.repeats import STAMP_KEY, Repeats
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
    snippets_pytest,
    snippets_python,
    snippets_shell,
)
from sphinxext.tested_snippets.settings import Settings, add_settings, read_settings
from sphinxext.tested_snippets.statement import is_statement

__all__ = [
    "BoundSnippet",
    "snippet",
    "snippet_redactor",
    "snippets",
    "snippets_pytest",
    "snippets_python",
    "snippets_shell",
]

_SETTINGS = pytest.StashKey[Settings]()
_ITEM = pytest.StashKey[pytest.Item]()
_BOUND = pytest.StashKey[Sequence[BoundSnippet]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the plugin's options."""
    group = parser.getgroup("tested_snippets", "snippets of documentation and their evidence")
    for option in PYTEST_OPTIONS:
        group.addoption(option.name, help=plain(option.meaning), **option.given)
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
        observe=_observing(config),
        command=config.getini("snippets_update_command"),
        worker=hasattr(config, "workerinput"),
    )
    config.pluginmanager.register(recorder, "tested_snippets_recorder")
    if settings.whole_pages and not recorder.worker:
        config.pluginmanager.register(PageReports(), "tested_snippets_pages")
    if config.getini("snippets_depends"):
        config.pluginmanager.register(
            Repeats(config, settings, recorder), "tested_snippets_repeats"
        )
    report = config.getoption("--snippets-report")
    reporter = Reporter(recorder, report, settings.waived, settings.globs)
    config.pluginmanager.register(reporter, "tested_snippets_reporter")


def _observing(config: pytest.Config) -> bool:
    return bool(config.getoption("--snippets-evidence") == "observe")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the blocks of a page."""
    return parent.config.stash[_SETTINGS].collect(file_path, parent)


def _evaluate(config: pytest.Config, example: Example) -> str | None:
    """Run one check of a page's block; Sybil's contract: return why it failed, or None."""
    item, settings = config.stash[_ITEM], config.stash[_SETTINGS]
    request: pytest.FixtureRequest = item._request  # type: ignore[attr-defined]  # noqa: SLF001 - as below
    stash = item.stash
    parsed: PageCheck | PageLiterals = example.region.parsed
    if isinstance(parsed, PageLiterals):
        fixture = item.config.getini("snippets_literals")
        stash[RAN] = ran = look_up(parsed, fixture, request, settings.normaliser)
        return ran.message or None
    block, declared = parsed.block, parsed.check
    page = item.nodeid.partition("::")[0]
    defect = block.defect
    statements: Mapping[str, str] = {}
    try:
        statements = settings.statements_with(declared.proves if declared else ())
    except ValueError as error:
        defect = str(error)
    if declared is None or defect:
        defect = f"{page}:{block.line}: {defect}"
        stash[RAN] = Ran((), defect, block.line)
        return defect
    runtime, environment, failure, transcript = declared.runtime, None, None, None
    passed: bool | None = True
    untried = (Exception, pytest.skip.Exception) if _observing(config) else ()
    try:
        chosen = settings.runtime(runtime, block.language)
        chosen.refuse_other(block.language)
        runtime, runner = chosen.name, chosen.start(request)
        environment = environment_of(runner, settings.distributions)
        snippet = Snippet(
            block.snippet, block.text, block.language, declared.setup, page, block.line
        )
        seen = meet(declared.expected, runner, snippet)
        observed = seen.line
        if declared.transcript:
            transcript = settings.normaliser.transcript(seen.text)
    except (CheckFailed, SetupError) as error:
        passed, observed = False, getattr(error, "observed", "the hidden set-up failed")
        failure = settings.normaliser.failure(f"{page}:{block.line}: {block.name}: {error}")
        if untried and isinstance(error, SetupError):
            passed, observed = None, observed_in(error)
        elif isinstance(error, RuntimeMissing):
            stash[RAN] = Ran((), failure, block.line)
            return failure
    except untried as error:
        passed, observed = None, first_line(str(error))
        failure = settings.normaliser.failure(f"{page}:{block.line}: {block.name}: {error}")
    check = Check(
        snippet=block.snippet,
        test=declared.test,
        runtime=runtime,
        expected=declared.expected,
        passed=passed,
        observed=shortened(settings.normaliser(observed), declared.expected.wanted),
        text_digest=digest(block.text),
        test_digest=declared.digest,
        transcript=transcript,
    )
    checks = [check]
    for name, text_digest in statements.items():
        checks.append(replace(check, snippet=name, text_digest=text_digest, transcript=None))
    stash[RAN] = Ran([(each, environment) for each in checks], failure or "", block.line)
    return failure


@pytest.fixture(scope="session")
def snippet_redactor(pytestconfig: pytest.Config) -> Normaliser:
    """What is recorded goes through it: a runner tells it its secrets with ``add_secret(value)``."""
    return pytestconfig.stash[_SETTINGS].normaliser


@pytest.fixture
def snippet(request: pytest.FixtureRequest) -> BoundSnippet:
    """The snippet that the test's ``snippet`` marker names; statements that it proves besides don't count."""
    markers: Sequence[BoundSnippet] = request.node.stash.get(_BOUND, [])
    bound = [one for one in markers if not is_statement(one.name)] or markers
    if len(bound) != 1:
        pytest.fail(
            f"the fixture `snippet` needs exactly one @pytest.mark.snippet(name), {request.node.nodeid} "
            f"has {len(bound)}. With several, take `snippets[name]` of the fixture `snippets`",
            pytrace=False,
        )
    bound[0].request = request
    return bound[0]


@pytest.fixture
def snippets(request: pytest.FixtureRequest) -> Mapping[str, BoundSnippet]:
    """All snippets that the test's ``snippet`` markers name, by what they call them, in the file's order."""
    bound: dict[str, BoundSnippet] = {}
    for one in reversed(request.node.stash.get(_BOUND, [])):  # The lowest marker comes first.
        if one.called in bound:
            pytest.fail(
                f"the fixture `snippets` tells them apart by name, but {request.node.nodeid} has several "
                f"markers for {one.called!r}: give each a test of its own",
                pytrace=False,
            )
        one.request = request
        bound[one.called] = one
    return bound


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Find the snippets that the test is evidence for."""
    item.config.stash[_ITEM] = item
    if not isinstance(item, SybilItem) and item.get_closest_marker("snippet"):
        item.stash[_BOUND] = bind_all(item, item.config.stash[_SETTINGS])


# Behind pytest's own, which runs the test.
@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """A test whose marker promises an observation fails without it."""
    for bound in item.stash.get(_BOUND, ()):
        bound.settle(item._request)  # type: ignore[attr-defined]  # noqa: SLF001 - every item with fixtures has one


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the checks into the report, which pytest-xdist carries to the controller."""
    report = yield
    if call.when == "call" and report.passed and STAMP_KEY in item.stash:
        setattr(report, STAMP, item.stash[STAMP_KEY])
    if call.when != "call" and report.passed:
        return report
    if call.when == "call" and isinstance(item, WholePage):
        label(report, item)
    ran = item.stash.get(RAN, None)
    if ran is None:
        ran = _ran(item, report, call)
    if ran is not None:
        if call.when == "call" and item.config.getoption("xmlpath", None):
            item.user_properties += _properties(ran) or _of_broken(item, ran, report)
        worker = hasattr(item.config, "workerinput")
        setattr(report, ATTRIBUTE, ran.to_json() if worker else ran)
    return report


def _ran(item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None]) -> Ran | None:
    """What a test did for the snippets that its markers name; None when there are none."""
    bound = item.stash.get(_BOUND, ())
    if not bound and not item.get_closest_marker("snippet"):
        return None
    names, message = [snippet.name for snippet in bound], _message(item, report)
    tried = report.when == "call" and not report.skipped
    if _observing(item.config) and call.excinfo is not None:
        tried = tried and not call.excinfo.errisinstance(SetupError)
    elif not tried:
        bound = ()
    unused = any(snippet.unused for snippet in bound)
    if report.when == "teardown" or hasattr(report, "wasxfail") or unused:
        bound = ()
    checks = [(snippet.check(report, tried=tried), snippet.environment) for snippet in bound]
    return Ran(checks, message, None, names)


def _message(item: pytest.Item, report: pytest.TestReport) -> str:
    if not report.failed:
        return ""
    return item.config.stash[_SETTINGS].normaliser.redact(report.longreprtext).strip()


def _of_broken(item: pytest.Item, ran: Ran, report: pytest.TestReport) -> list[tuple[str, object]]:
    """The same of a test that had nothing to run."""
    if not report.failed:
        return []
    names = ran.snippets or [item.current if isinstance(item, WholePage) else item.nodeid]
    return [p for name in names for p in (("snippet", name), ("snippet_outcome", "broken"))]


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
