"""What the end of every build says about the statements of all pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sphinxext.tested_snippets.memory import Warned
from sphinxext.tested_snippets.phrase import ended
from sphinxext.tested_snippets.statement import snippet_name
from sphinxext.tested_snippets.verdict import State

if TYPE_CHECKING:
    from sphinxext.tested_snippets.audit import Audit

__all__ = ["statement_warnings"]


def statement_warnings(audit: Audit, pages: Sequence[str]) -> Iterator[Warned]:
    """The warnings about the statements of `pages`, which are all there are."""
    places: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for docname in pages:
        record = audit.record(docname)
        for line, message in record.malformed:
            yield "statement", message, docname, line
        for statement, verdict in zip(record.statements, audit.on_statements(docname)):
            if statement.name:
                place = (statement.file or docname, statement.line)
                # A docstring may be on several pages.
                if not statement.file or place not in places[statement.name]:
                    places[statement.name].append(place)
            if verdict.state in _SUMMARIES:
                command = audit.app.config.tested_snippets_update_command
                message = _SUMMARIES[verdict.state].format(
                    name=statement.name, reason=ended(str(verdict.reason)), command=command
                )
                yield verdict.state.value, message, statement.file or docname, statement.line
    yield from _used_twice(audit, places)
    for check in audit.claimed:
        if not any(snippet_name(name) == check.snippet for name in places):
            name = check.snippet.partition("::")[2]
            yield "statement", _UNUSED.format(name=name, test=check.test), None, 0


_SUMMARIES = {
    State.NEVER_RUN: "the statement {name!r} was never checked: {reason} Claim it in a test with "
    "`@pytest.mark.snippet(statement={name!r})` and run `{command}`, or mark it as :unchecked: with the reason.",
    State.FAILING: "the check of the statement {name!r} failed: {reason} Correct the statement or the test, "
    "then run `{command}`.",
    State.STALE: "the statement {name!r} is stale: {reason} Run `{command}`.",
    State.UNKNOWN: "the statement {name!r} can't be checked: the parsers that pytest uses don't find it with "
    "these words. Write it on a page of its own or in a docstring, not in an included file, and the role before "
    "the text.",
}
_UNUSED = (
    "the test {test} is evidence for the statement {name!r}, which is on no page. Mark the statement with "
    "``:checked:`words <{name}>` ``, or remove it from the test and record again."
)


def _used_twice(audit: Audit, places: dict[str, list[tuple[str, int]]]) -> Iterator[Warned]:
    for name, found in places.items():
        for docname, line in found[1:]:
            first = audit.path_of(found[0][0])
            message = (
                f"the id {name!r} belongs to the statement at {first}:{found[0][1]}; an id is used once in a "
                "project. Give this statement an id of its own."
            )
            yield "statement", message, docname, line
