"""What was checked, as tables: by page, statement and runtime, and what inline literals name.

See `versions` for several environments.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sphinxext.tested_snippets.answer import Answer, Cell, Table, Words
from sphinxext.tested_snippets.literal_verdict import LiteralVerdict
from sphinxext.tested_snippets.phrase import to_say
from sphinxext.tested_snippets.translation import say
from sphinxext.tested_snippets.verdict import Finding, ShownStatement, State, Verdict
from sphinxext.tested_snippets.versions import (
    by_environment,
    by_version,
    differences,
    natural_order,
    statement_cell,
)
from sphinxext.tested_snippets.wording import runtime_words

if TYPE_CHECKING:
    from sphinxext.tested_snippets.audit import Audit
    from sphinxext.tested_snippets.judgement import Judgement

__all__ = ["TABLES", "page_cell"]


def _by_page(audit: Audit, judged: Judgement, pages: Sequence[str]) -> Answer:
    """How many blocks and statements of each page are in which state."""
    blocks = {page: Counter(v.state for v in judged.verdicts(page)) for page in pages}
    said = {page: Counter(v.state for v in judged.on_statements(page)) for page in pages}
    unknown = any(states[State.UNKNOWN] for states in blocks.values())
    columns = [state for state in _STATES if state is not State.UNKNOWN or unknown]
    with_statements = any(said.values())

    def numbers(page: str) -> list[int]:
        found = [blocks[page][state] for state in columns]
        if with_statements:
            checked = said[page][State.VERIFIED]
            found += [checked, sum(said[page].values()) - checked]
        return found

    rows = [(page_cell(audit, page), numbers(page)) for page in pages if blocks[page] or said[page]]
    header = [say("Page"), *(say(_STATES[state]) for state in columns)]
    header += [say("Statements checked"), say("Statements not checked")] if with_statements else []
    return (_figures(header, rows),)


_STATES = {
    State.VERIFIED: to_say("Verified"),
    State.FAILING: to_say("Failing"),
    State.STALE: to_say("Stale"),
    State.NEVER_RUN: to_say("Never run"),
    State.UNKNOWN: to_say("Can't be run"),
    State.WAIVED: to_say("Waived, with a reason"),
}


def page_cell(audit: Audit, docname: str) -> Cell:
    """The title of a page, as a link."""
    return Cell(audit.app.env.titles[docname].astext(), docname)


def _figures(header: Iterable[str], pages: Sequence[tuple[Cell, Sequence[int]]]) -> Table:
    """A table of numbers: a row for each page, and where there are several, one with the sums."""
    rows = list(pages)
    if len(rows) > 1:
        sums = [sum(column) for column in zip(*(numbers for _, numbers in rows))]
        rows.append((Cell(say("All pages")), sums))
    return Table(tuple(header), tuple((name, *_cells(numbers)) for name, numbers in rows))


def _cells(numbers: Iterable[int]) -> Iterator[Cell]:
    return (Cell(str(number)) for number in numbers)


def _by_statement(audit: Audit, judged: Judgement, pages: Sequence[str]) -> Answer:
    """Each statement in its sentence: where it was checked and what was seen, or why nobody can check it."""
    rows = [
        (statement_cell(statement, page, index), Cell(_known(statement, verdict, audit)))
        for page in pages
        for index, (statement, verdict) in enumerate(
            zip(audit.record(page).statements, judged.on_statements(page))
        )
    ]
    if not rows:
        return (Words(say("There are no statements.")),)
    return (Table((say("Statement"), say("What is known of it")), tuple(rows)),)


def _known(statement: ShownStatement, verdict: Verdict, audit: Audit) -> str:
    """A line for the outcome, and one for each thing that was seen."""
    if verdict.state is State.WAIVED:
        return "? " + say("Not checked: {reason}").format(reason=statement.reason)
    if verdict.state is not State.VERIFIED:
        return f"{say(_STATES[verdict.state])}: {verdict.reason}"
    holding = [found for found in verdict.findings if found.outdated is None]
    names = (runtime_words(audit.app.config, found.check.runtime) for found in holding)
    where = say("Checked on {runtimes}").format(runtimes=", ".join(dict.fromkeys(names)))
    environments = "; ".join(dict.fromkeys(str(found.environment) for found in holding))
    seen = dict.fromkeys(found.check.observed for found in holding if found.check.observed)
    lines = [f"✓ {where} ({environments})"]
    lines += [say("Seen: {observed}").format(observed=observed) for observed in seen]
    return "\n".join(lines)


def _by_runtime(audit: Audit, judged: Judgement, pages: Sequence[str]) -> Answer:
    """What became of the checks on each runtime; one that is about several places counts once."""
    checks: dict[str, dict[tuple[str, str, str], Finding]] = defaultdict(dict)
    for page in pages:
        for verdict in (*judged.verdicts(page), *judged.on_statements(page)):
            for finding in verdict.findings:
                key = (str(finding.environment), *finding.check.key)
                checks[finding.check.runtime].setdefault(key, finding)
    header = (
        say("Runtime"),
        say("As expected"),
        say("Of these, a failure"),
        say("Not as expected"),
        say("Outdated"),
        say("Environments"),
    )
    rows = []
    for runtime in sorted(checks):
        findings = list(checks[runtime].values())
        environments = "; ".join(
            sorted({str(found.environment) for found in findings}, key=natural_order)
        )
        name = runtime_words(audit.app.config, runtime)
        rows.append((Cell(name), *_cells(_counted(findings)), Cell(environments)))
    return (Table(header, tuple(rows)),)


def _counted(findings: Sequence[Finding]) -> tuple[int, int, int, int]:
    holding = [found.check for found in findings if found.outdated is None]
    passed = [check for check in holding if check.passed]
    failures = sum(check.expected.fails is not None for check in passed)
    return len(passed), failures, len(holding) - len(passed), len(findings) - len(holding)


def _by_literal(audit: Audit, judged: Judgement, pages: Sequence[str]) -> Answer:
    """How many inline literals of each page name something, and which of them nobody could judge, with why."""
    found = {page: judged.on_literals(page) for page in pages}
    counts = {page: Counter(v.state for v in found[page]) for page in pages if found[page]}
    if not counts:
        return (Words(say("No inline literals were looked up.")),)
    states = [state for state in _LITERALS if any(counts[page][state] for page in counts)]
    numbers = [
        (page_cell(audit, page), [counts[page][state] for state in states]) for page in counts
    ]
    figures = _figures((say("Page"), *(say(_LITERALS[state]) for state in states)), numbers)
    reasons = tuple(row for page in counts for row in _not_judged(audit, page, found[page]))
    header = (say("Page"), say("Why"), say("Not judged"))
    return (figures, Table(header, reasons)) if reasons else (figures,)


def _not_judged(
    audit: Audit, page: str, verdicts: Sequence[LiteralVerdict]
) -> Iterator[tuple[Cell, ...]]:
    """A row for each reason why literals of a page could not be judged, with all of them."""
    texts: dict[str, list[str]] = defaultdict(list)
    for literal, verdict in zip(audit.record(page).literals, verdicts):
        if verdict.state == "not_judged":
            texts[verdict.said].append(literal.text)
    for why, found in texts.items():
        yield page_cell(audit, page), Cell(why), Cell(", ".join(found), literal=True)


_LITERALS = {
    "resolved": to_say("Resolved"),
    "not_judged": to_say("Not judged"),
    "not_found": to_say("Not found"),
    "stale": to_say("New"),
    "never_run": to_say("Never looked up"),
}
#: By the values of the option ``:by:``.
TABLES = {
    "page": _by_page,
    "statement": _by_statement,
    "runtime": _by_runtime,
    "environment": by_environment,
    "version": by_version,
    "difference": differences,
    "literal": _by_literal,
}
