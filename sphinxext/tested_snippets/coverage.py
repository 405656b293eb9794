"""What is missing between pages, tests and evidence, as lists that can be worked off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sphinxext.tested_snippets.answer import Answer, Cell, Table, Words
from sphinxext.tested_snippets.evidence import Check
from sphinxext.tested_snippets.formats import of_page
from sphinxext.tested_snippets.places import anchor
from sphinxext.tested_snippets.statement import is_statement, snippet_name
from sphinxext.tested_snippets.tables import page_cell
from sphinxext.tested_snippets.translation import say
from sphinxext.tested_snippets.verdict import State

if TYPE_CHECKING:
    from sphinxext.tested_snippets.audit import Audit
    from sphinxext.tested_snippets.judgement import Judgement

__all__ = ["coverage"]


def coverage(audit: Audit, judged: Judgement, pages: Sequence[str]) -> Answer:
    """Snippets that no page shows, blocks of `pages` that nothing ran, tests that are about nothing shown."""
    checks = judged.index.by_snippet
    return (
        _listed(
            (say("Snippets on no page"), say("Tests")),
            [
                (Cell(name, literal=True), _tests(found))
                for name, found in sorted(checks.items())
                if name not in audit.shown and not is_statement(name) and not of_page(name)
            ],
            say("Every snippet that was checked is on a page."),
        ),
        _listed(
            (say("Blocks never run"), say("Page"), say("Line")),
            _never_run(audit, judged, pages),
            say("Every block was run, or is waived with a reason."),
        ),
        _listed(
            (say("Tests that prove nothing shown"), say("Recorded for")),
            _idle(audit, checks),
            say("Every test in the evidence is about something that a page shows."),
        ),
    )


def _listed(header: tuple[str, ...], rows: Sequence[tuple[Cell, ...]], none: str) -> Table | Words:
    return Table(header, tuple(rows)) if rows else Words(none)


def _tests(checks: Iterable[Check]) -> Cell:
    return Cell(", ".join(sorted({check.test for check in checks})), literal=True)


def _never_run(
    audit: Audit, judged: Judgement, pages: Sequence[str]
) -> list[tuple[Cell, Cell, Cell]]:
    return [
        (
            Cell(block.snippet, page, literal=True, anchor=anchor(page, index)),
            page_cell(audit, page),
            Cell(str(block.line)),
        )
        for page in pages
        for index, (block, verdict) in enumerate(
            zip(audit.record(page).blocks, judged.verdicts(page))
        )
        if verdict.state in {State.NEVER_RUN, State.UNKNOWN}
    ]


def _idle(audit: Audit, checks: Mapping[str, Sequence[Check]]) -> list[tuple[Cell, Cell]]:
    """The tests none of whose checks is about a block or a statement of any page, by name or by text."""
    texts = {block.digest for block in audit.shown.values()}
    names = {
        snippet_name(statement.name)
        for page in audit.pages
        for statement in audit.record(page).statements
    }
    about: dict[str, set[str]] = {}
    busy: set[str] = set()
    for name, found in checks.items():
        for check in found:
            about.setdefault(check.test, set()).add(name)
            if name in names or name in audit.shown or check.text_digest in texts:
                busy.add(check.test)
    return [
        (Cell(test, literal=True), Cell(", ".join(sorted(about[test])), literal=True))
        for test in sorted(about.keys() - busy)
    ]
