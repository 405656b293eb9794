"""Judges every literal block of every page at the end of every build, and warns."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from sphinx.config import Config
from sphinx.util import logging

from sphinxext.tested_snippets.blocks import declared_tests
from sphinxext.tested_snippets.domain import PageRecord, Placed, snippet_domain
from sphinxext.tested_snippets.evidence import EvidenceError, digest, load_all
from sphinxext.tested_snippets.memory import Memory, Warned
from sphinxext.tested_snippets.project import Project, project_of
from sphinxext.tested_snippets.region import is_comment, is_definition
from sphinxext.tested_snippets.testcode import find_test, split_node_id
from sphinxext.tested_snippets.verdict import Index, State, Verdict, judge

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

__all__ = ["Audit", "audit_of", "outdated_pages", "start_audit", "warn"]

logger = logging.getLogger(__name__)


class Audit:
    """The evidence as it is during one build, and the tests as they are now.

    :ivar consulted: the files of tests that were looked into.
    :ivar memory: what is known from the last build.
    :ivar navigation: what the pages of one folder have in common, see :mod:`sphinxext.tested_snippets.proofs`.
    """

    def __init__(self, app: Sphinx, project: Project, folder: Path) -> None:
        self._app = ref(app)
        self.project = project
        self.memory = Memory(app, folder)
        self.consulted: set[Path] = set()
        self.navigation: dict[tuple[str, str], Any] = {}
        self._folder = folder
        self._others: dict[
            str, Mapping[str, tuple[int, str]]
        ] = {}  # Pages that aren't of this build.
        self._records: dict[str, PageRecord] = {}
        self._verdicts: dict[str, list[Verdict]] = {}

    @property
    def app(self) -> Sphinx:
        """The application that builds."""
        app = self._app()
        assert app is not None
        return app

    @cached_property
    def _evidence(self) -> tuple[Index, list[EvidenceError]]:
        # Read when it is first needed: a build that changes nothing does without.
        evidence, errors = load_all(self._folder)
        return Index(evidence), errors

    @property
    def errors(self) -> list[EvidenceError]:
        """What is wrong with files of the evidence."""
        return self._evidence[1]

    def record(self, docname: str) -> PageRecord:
        """What a page shows."""
        if docname not in self._records:
            self._records[docname] = snippet_domain(self.app.env).record(docname)
        return self._records[docname]

    def verdicts(self, docname: str) -> list[Verdict]:
        """The verdicts on the blocks of a page, in their order."""
        if docname not in self._verdicts:
            blocks, index = self.record(docname).blocks, self._evidence[0]
            self._verdicts[docname] = [judge(block, index, self._digest_of) for block in blocks]
        return self._verdicts[docname]

    def _digest_of(self, test: str) -> str | None:
        path, names = split_node_id(test)
        file = self.project.root / path
        if file.suffix == ".rst":
            return self.tests_of_page(path).get(test, (0, None))[1]
        self.consulted.add(file)
        code = find_test(file, names)
        return code.digest if code else None

    @cached_property
    def _pages(self) -> Mapping[str, str]:
        env = self.app.env
        names = snippet_domain(env).pages
        return {self.project.relative(Path(env.doc2path(name))): name for name in names}

    def tests_of_page(self, path: str) -> Mapping[str, tuple[int, str]]:
        """The checks that a page declares: node id to the line of the block and the check's digest."""
        if path in self._pages:
            return self.record(self._pages[path]).tests
        if path not in self._others:
            file = self.project.root / path
            self.consulted.add(file)
            self._others[path] = declared_tests(file, self.project)
        return self._others[path]


_AUDITS: WeakKeyDictionary[Config, Audit] = WeakKeyDictionary()


def start_audit(app: Sphinx) -> None:
    """Begin the audit of this build (event ``builder-inited``)."""
    folder = Path(app.confdir) / app.config.tested_snippets_evidence
    _AUDITS[app.config] = Audit(app, project_of(app.config), folder)


def audit_of(config: Config) -> Audit:
    """The audit of the current build with this configuration."""
    return _AUDITS[config]


def outdated_pages(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages to write again because the outcomes on them changed (event ``env-updated``)."""
    audit = audit_of(app.config)
    if audit.memory.warnings() is not None:
        return []
    pages, before = snippet_domain(env).pages, audit.memory.written
    now = {docname: digest(repr(audit.verdicts(docname))) for docname in pages}
    audit.memory.written = now
    return [docname for docname in pages if before.get(docname) != now[docname]]


def warn(app: Sphinx, exception: Exception | None) -> None:
    """Warn about everything that isn't proven (event ``build-finished``)."""
    if exception is not None:
        return
    audit = audit_of(app.config)
    warnings = audit.memory.warnings()
    if warnings is None:
        warnings = list(_warnings(app, audit))
        audit.memory.save(warnings, audit.consulted)
    for subtype, message, docname, line in warnings:
        location = (docname, line or None) if docname else None
        logger.warning("%s", message, type="tested_snippets", subtype=subtype, location=location)


def _warnings(app: Sphinx, audit: Audit) -> Iterator[Warned]:
    for error in audit.errors:
        yield "unknown", str(error), None, 0
    domain = snippet_domain(app.env)
    pages = sorted(domain.pages)
    crossing = _crossing(
        {name: [o.placed for o in domain.origins(name) if o.placed] for name in pages}
    )
    for docname in pages:
        record = audit.record(docname)
        for line, message in sorted({*record.defects, *crossing[docname]}):
            yield "region", message, docname, line
        for line, message in record.unknown:
            yield "unknown", message, docname, line
        for block, verdict in zip(record.blocks, audit.verdicts(docname)):
            if verdict.state in _REMEDIES:
                remedy = _REMEDIES[verdict.state].format(app.config.tested_snippets_update_command)
                message = (
                    f"{block.snippet} {_SUMMARIES[verdict.state]}: {verdict.reason}. {remedy}."
                )
                yield verdict.state.value, message, docname, block.line


_REMEDIES = {
    State.FAILING: "Mend the snippet or correct what is expected of it, then run `{}`",
    State.STALE: "Run `{}`",
    State.NEVER_RUN: "Run `{}`, or waive the block with `:waive: reason`",
    State.UNKNOWN: "Write it as literalinclude, snippet or code-block on an .rst page of its own (not in an "
    "included file, a docstring or a drawn table), or waive it with `:waive: reason`",
}
_SUMMARIES = {
    State.FAILING: "failed its check",
    State.STALE: "is stale",
    State.NEVER_RUN: "was never run",
    State.UNKNOWN: "can't be run",
}


def _crossing(placed: Mapping[str, Sequence[Placed]]) -> Mapping[str, list[tuple[int, str]]]:
    """For each page its regions that show the marker line of a region that any page shows."""
    regions: dict[str, dict[int, list[Placed]]] = defaultdict(lambda: defaultdict(list))
    for region in chain.from_iterable(placed.values()):
        regions[region.path][region.marker].append(region)
    markers = {path: sorted(found) for path, found in regions.items()}
    crossing: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for docname, shown in placed.items():
        for region in shown:
            there = markers[region.path]
            within = there[bisect_left(there, region.first) : bisect_right(there, region.last)]
            others = (other for marker in within for other in regions[region.path][marker])
            inside = [other.marker for other in others if _crosses(region, other)]
            if inside:
                crossing[docname].append((region.line, _crossing_message(region, min(inside))))
    return crossing


def _crosses(region: Placed, other: Placed) -> bool:
    """Whether `region` shows the start of `other`, which stands in it, by mistake.

    Code that is a start marker at the same time may be shown on purpose, as the method of a class is.
    """
    if is_definition(other.text):
        return False  # Cutting refuses those that don't belong to the region's own definition.
    return is_comment(other.text) or other.end >= region.end


def _crossing_message(placed: Placed, inside: int) -> str:
    return (
        f"{placed.path}:{inside}: the region that starts on line {placed.marker} shows the start marker of "
        f"another snippet. Put an end marker of its own before line {inside}; regions must not nest or cross."
    )
