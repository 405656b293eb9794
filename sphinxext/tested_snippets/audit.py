"""Judges every literal block of every page at the end of every build, and warns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, ref

from sphinx.config import Config
from sphinx.util import logging

from sphinxext.tested_snippets.blocks import declared_tests
from sphinxext.tested_snippets.domain import PageRecord, Placed, snippet_domain
from sphinxext.tested_snippets.evidence import digest, load_all
from sphinxext.tested_snippets.project import Project, project_of
from sphinxext.tested_snippets.region import is_comment, is_definition
from sphinxext.tested_snippets.testcode import find_test, split_node_id
from sphinxext.tested_snippets.verdict import Index, ShownBlock, State, Verdict, judge

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

__all__ = ["Audit", "audit_of", "outdated_pages", "start_audit", "warn"]

logger = logging.getLogger(__name__)


class Audit:
    """The evidence as it is during one build, and the tests as they are now."""

    def __init__(self, app: Sphinx, project: Project, folder: Path) -> None:
        self._app = ref(app)
        self.project = project
        evidence, self.errors = load_all(folder)
        self.index = Index(evidence)
        self._page_tests: dict[str, dict[str, tuple[int, str]]] = {}

    @property
    def app(self) -> Sphinx:
        """The application that builds."""
        app = self._app()
        assert app is not None
        return app

    def judge(self, block: ShownBlock) -> Verdict:
        """The verdict on a block."""
        return judge(block, self.index, self._digest_of)

    def _digest_of(self, test: str) -> str | None:
        path, names = split_node_id(test)
        file = self.project.root / path
        if file.suffix == ".rst":
            return self.tests_of_page(path).get(test, (0, None))[1]
        code = find_test(file, names)
        return code.digest if code else None

    def tests_of_page(self, path: str) -> Mapping[str, tuple[int, str]]:
        """The checks that a page declares: node id to the line of the block and the check's digest.

        A page is read once in a build, however many of its checks are asked for.
        """
        if path not in self._page_tests:
            self._page_tests[path] = declared_tests(self.project.root / path, self.project)
        return self._page_tests[path]


_AUDITS: WeakKeyDictionary[Config, Audit] = WeakKeyDictionary()


def start_audit(app: Sphinx) -> None:
    """Read the evidence anew for this build (event ``builder-inited``)."""
    folder = Path(app.confdir) / app.config.tested_snippets_evidence
    _AUDITS[app.config] = Audit(app, project_of(app.config), folder)


def audit_of(config: Config) -> Audit:
    """The audit of the current build with this configuration."""
    return _AUDITS[config]


def outdated_pages(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages to write again because the outcomes on them changed (event ``env-updated``)."""
    domain, audit = snippet_domain(env), audit_of(app.config)
    changed = []
    for docname, record in domain.pages.items():
        key = (app.builder.name, docname)
        outcome = digest(repr([audit.judge(block) for block in record.blocks]))
        if domain.written.get(key) != outcome:
            domain.written[key] = outcome
            changed.append(docname)
    return changed


def warn(app: Sphinx, exception: Exception | None) -> None:
    """Warn about everything that isn't proven (event ``build-finished``)."""
    if exception is not None:
        return
    audit = audit_of(app.config)
    for error in audit.errors:
        _warn("unknown", str(error))
    pages = snippet_domain(app.env).pages
    for docname in sorted(pages):
        record = pages[docname]
        for line, message in sorted({*record.defects, *_crossing(record, pages)}):
            _warn("region", message, docname, line)
        for line, message in record.unknown:
            _warn("unknown", message, docname, line)
        for block in record.blocks:
            _warn_of(block, audit.judge(block), docname, app.config.tested_snippets_update_command)


def _warn(subtype: str, message: str, docname: str | None = None, line: int = 0) -> None:
    location = (docname, line or None) if docname else None
    logger.warning("%s", message, type="tested_snippets", subtype=subtype, location=location)


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


def _warn_of(block: ShownBlock, verdict: Verdict, docname: str, command: str) -> None:
    if verdict.state in _REMEDIES:
        remedy = _REMEDIES[verdict.state].format(command)
        message = f"{block.snippet} {_SUMMARIES[verdict.state]}: {verdict.reason}. {remedy}."
        _warn(verdict.state.value, message, docname, block.line)


def _crossing(record: PageRecord, pages: dict[str, PageRecord]) -> Iterator[tuple[int, str]]:
    """Regions of a page that show the marker line of a region that any page shows."""
    regions: dict[str, set[Placed]] = defaultdict(set)
    for other in pages.values():
        for placed in other.placed:
            regions[placed.path].add(placed)
    for placed in record.placed:
        inside = [other.marker for other in regions[placed.path] if _crosses(placed, other)]
        if inside:
            yield placed.line, _crossing_message(placed, min(inside))


def _crosses(region: Placed, other: Placed) -> bool:
    """Whether `region` shows the start of `other` by mistake.

    Code that is a start marker at the same time may be shown on purpose, as the method of a class is.
    """
    if not region.first <= other.marker <= region.last:
        return False
    if is_definition(other.text):
        return False  # Cutting refuses those that don't belong to the region's own definition.
    return is_comment(other.text) or other.end >= region.end


def _crossing_message(placed: Placed, inside: int) -> str:
    return (
        f"{placed.path}:{inside}: the region that starts on line {placed.marker} shows the start marker of "
        f"another snippet. Put an end marker of its own before line {inside}; regions must not nest or cross."
    )
