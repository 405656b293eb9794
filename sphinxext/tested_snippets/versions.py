"""What was checked in several environments, as tables: a column for each, and what came out otherwise."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sphinxext.tested_snippets.answer import Answer, Cell, Table, Words
from sphinxext.tested_snippets.phrase import to_say
from sphinxext.tested_snippets.places import anchor, statement_anchor
from sphinxext.tested_snippets.statement import is_statement, snippet_name
from sphinxext.tested_snippets.translation import say
from sphinxext.tested_snippets.verdict import Finding, ShownBlock, ShownStatement, Verdict
from sphinxext.tested_snippets.wording import outcome_words

if TYPE_CHECKING:
    from sphinx.config import Config

    from sphinxext.tested_snippets.audit import Audit
    from sphinxext.tested_snippets.judgement import Judgement

__all__ = ["by_environment", "by_version", "differences", "natural_order", "statement_cell"]

_HELD, _OTHERWISE, _UNTRIED, _OUTDATED, _NONE = "✓", "‼", "○", "↻", "\N{EN DASH}"
_LEGEND = {
    _HELD: to_say("came out as the page says"),
    _OTHERWISE: to_say("came out otherwise"),
    _UNTRIED: to_say("could not be tried there"),
    _OUTDATED: to_say("has changed since it was tried"),
    _NONE: to_say("there is no check"),
}


@dataclass(frozen=True)
class _Row:
    """A snippet or a statement, with what is known of it in each environment by the text of that."""

    cell: Cell
    findings: Mapping[str, Sequence[Finding]]


def by_environment(audit: Audit, judged: Judgement, pages: Sequence[str]) -> Answer:
    """How many checks came out how in each environment; where nothing could be tried, the reason."""
    rows, lines = _rows(audit, judged, pages), []
    for environment, unavailable in _environments(judged).items():
        checks = {f.check.key: f for row in rows for f in row.findings.get(environment, ())}
        signs = [_sign(finding) for finding in checks.values()]
        counts = (Cell(str(signs.count(sign))) for sign in (_HELD, _OTHERWISE, _UNTRIED, _OUTDATED))
        name = f"{environment}\n{_UNTRIED} {unavailable}" if unavailable else environment
        lines.append((Cell(name), *counts))
    header = (
        say("Environment"),
        say("As expected"),
        say("Not as expected"),
        say("Could not be tried"),
        say("Outdated"),
    )
    return (Table(header, tuple(lines)),)


def by_version(audit: Audit, judged: Judgement, pages: Sequence[str]) -> Answer:
    """What became of each snippet and statement in each environment: a sign in the column of each."""
    rows, environments = _rows(audit, judged, pages), list(_environments(judged))
    said, heads = _heads(environments)
    table = Table(
        (say("Snippet or statement"), *heads),
        tuple(
            (row.cell, *(Cell(_signs(row.findings.get(name, ()))) for name in environments))
            for row in rows
        ),
    )
    used = {sign for row in table.rows for cell in row[1:] for sign in cell.text.split()}
    signs = [f"{sign} {say(words)}" for sign, words in _LEGEND.items() if sign in used]
    legend = Words("; ".join(signs) + ".")
    return (*said, legend, table)


def differences(audit: Audit, judged: Judgement, pages: Sequence[str]) -> Answer:
    """The snippets and statements that came out otherwise somewhere, with what came out where.

    Of those that only were not tried somewhere, or changed since, there is nothing to tell but how many they are.
    """
    environments = list(_environments(judged))
    said, heads = _heads(environments)
    rows, lines = _rows(audit, judged, pages), []
    for row in rows:
        outcomes: dict[str, list[str]] = defaultdict(list)
        for name, head in zip(environments, heads):
            found = row.findings.get(name, ())
            words = dict.fromkeys(_said(finding, audit.app.config) for finding in found)
            if words:
                outcomes["; ".join(words)].append(head)
        if any(_OTHERWISE in _signs(row.findings.get(name, ())) for name in environments):
            texts = [f"{_together(where)}: {words}" for words, where in outcomes.items()]
            lines.append((row.cell, Cell("\n".join(texts))))
    left = _left_out(rows, dict(zip(environments, heads)))
    if not lines:
        return (Words(say("Everything came out as expected wherever it was tried.")), *left)
    header = (say("Snippet or statement"), say("What came out"))
    return (*said, Table(header, tuple(lines)), *left)


def _left_out(rows: Sequence[_Row], heads: Mapping[str, str]) -> list[Words]:
    """How many could not be tried in some environments, with the reasons, and how many changed since."""
    reasons: dict[str, dict[str, None]] = defaultdict(dict)
    untried, outdated = set(), set()
    for number, row in enumerate(rows):
        for environment, finding in ((e, f) for e in heads for f in row.findings.get(e, ())):
            if _sign(finding) == _UNTRIED:
                untried.add(number)
                reasons[finding.check.observed][heads[environment]] = None
            elif _sign(finding) == _OUTDATED:
                outdated.add(number)
    found = []
    if untried:
        why = "; ".join(f"{reason} ({_together(where)})" for reason, where in reasons.items())
        words = say(
            "Snippets and statements that could not be tried somewhere: {count}. {reasons}."
        )
        found.append(Words(words.format(count=len(untried), reasons=why)))
    if outdated:
        words = say("Snippets and statements that have changed since they were tried: {count}.")
        found.append(Words(words.format(count=len(outdated))))
    return found


def _rows(audit: Audit, judged: Judgement, pages: Sequence[str]) -> list[_Row]:
    """What there is a check of, in the order of the pages; a snippet on several of them counts once."""
    rows: dict[str, _Row] = {}
    for page in pages:
        record = audit.record(page)
        often = Counter(block.section for block in record.blocks)
        for index, verdict in enumerate(judged.verdicts(page)):
            block = record.blocks[index]
            alone = often[block.section] == 1
            cell = _block_cell(block, page, index, alone=alone)
            rows.setdefault(block.snippet, _row(cell, block.snippet, verdict, judged))
        for index, verdict in enumerate(judged.on_statements(page)):
            statement = record.statements[index]
            name, cell = snippet_name(statement.name), statement_cell(statement, page, index)
            row = _row(cell, name, verdict, judged)
            rows.setdefault(f"{page} {name} {statement.words}", row)
    return [row for row in rows.values() if row.findings]


def statement_cell(statement: ShownStatement, page: str, index: int) -> Cell:
    """The sentence of the `index`-th statement of a page, as a link to what is said of it."""
    where = statement_anchor(statement.name, page, index)
    sentence = statement.sentence or statement.words
    return Cell(sentence, page, anchor=where, strong=statement.words)


def _block_cell(block: ShownBlock, page: str, index: int, *, alone: bool) -> Cell:
    """What readers know a block by: its section, with its name where others stand there; without a section its name."""
    where, name = anchor(page, index), block.snippet
    if not block.section:
        return Cell(name, page, literal=True, anchor=where)
    words = block.section if alone else f"{block.section}: {name.rpartition('::')[2]}"
    return Cell(words, page, anchor=where)


def _row(cell: Cell, snippet: str, verdict: Verdict, judged: Judgement) -> _Row:
    found: dict[str, list[Finding]] = defaultdict(list)
    # Where the text is another one now, the verdict has no checks; there were some, though.
    for finding in verdict.findings or judged.index.former(snippet):
        found[str(finding.environment)].append(finding)
    return _Row(cell, found)


def _environments(judged: Judgement) -> Mapping[str, str]:
    """The environments in the order of their versions, each with the reason why it is not available, or ""."""
    known = {str(record.environment): record.unavailable for record in judged.records}
    return {name: known[name] for name in sorted(known, key=natural_order)}


def natural_order(text: str) -> list[tuple[int, str]]:
    """Orders versions as numbers: 0.9 comes before 0.10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text)]


def _heads(environments: Sequence[str]) -> tuple[list[Words], list[str]]:
    """What is said once of all environments, and what each of them is called beside the others.

    A part that is not needed to tell them apart is left out, the last one first. Where one is left, its version is enough.
    """
    parts = [name.split(", ") for name in environments]
    shared = set(parts[0]).intersection(*parts) if len(parts) > 1 else set()
    heads = [[part for part in own if part not in shared] for own in parts]
    for name in reversed([part.rpartition(" ")[0] for part in (heads[0] if heads else [])]):
        fewer = [[part for part in own if part.rpartition(" ")[0] != name] for own in heads]
        if len({tuple(own) for own in fewer}) == len(heads) > 1:
            heads = fewer
    common = ", ".join(part for part in (parts[0] if parts else ()) if part in shared)
    said = [Words(say("All of them with {versions}.").format(versions=common))] if common else []
    names = {part.rpartition(" ")[0] for own in heads for part in own}
    if len(names) == 1 and all(len(own) == 1 for own in heads):
        said.append(Words(say("Versions are those of {name}.").format(name=names.pop())))
        return said, [own[0].rpartition(" ")[2] for own in heads]
    return said, [", ".join(own) for own in heads]


def _together(heads: Collection[str]) -> str:
    """The environments that are called so, with those that differ in one part only as one, which has all its versions."""
    rows = [head.split(", ") for head in heads]
    count = len(rows[0])
    if count == 1 or any(len(row) != count for row in rows):
        return ", ".join(heads)
    for at in reversed(range(count)):
        versions: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for row in rows:
            name, _, version = row[at].rpartition(" ")
            versions[(*row[:at], name, *row[at + 1 :])].append(version)
        rows = [
            [*same[:at], f"{same[at]} {' / '.join(each)}", *same[at + 1 :]]
            for same, each in versions.items()
        ]
    return "; ".join(", ".join(row) for row in rows)


def _signs(findings: Iterable[Finding]) -> str:
    found = {_sign(finding) for finding in findings}
    return " ".join(sign for sign in _LEGEND if sign in found) or _NONE


def _sign(finding: Finding) -> str:
    if finding.outdated is not None:
        return _OUTDATED
    passed = finding.check.passed
    return _UNTRIED if passed is None else _HELD if passed else _OTHERWISE


def _said(finding: Finding, config: Config) -> str:
    check, sign = finding.check, _sign(finding)
    if sign == _OUTDATED:
        return f"{sign} " + say("changed since")
    if sign == _UNTRIED:
        return f"{sign} " + say("not tried: {reason}").format(reason=check.observed)
    if sign == _OTHERWISE:
        words = say("does not hold") if is_statement(check.snippet) else say("not as expected")
        return f"{sign} {words}: {check.observed}" if check.observed else f"{sign} {words}"
    if is_statement(check.snippet):
        return f"{sign} " + say("holds")
    return f"{sign} {outcome_words(config, check, finding.environment)}"
