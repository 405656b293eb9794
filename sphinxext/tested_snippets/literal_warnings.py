"""What the end of every build says about the inline literals of all pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sphinxext.tested_snippets.memory import Warned

if TYPE_CHECKING:
    from sphinxext.tested_snippets.audit import Audit

__all__ = ["literal_warnings"]

_NOT_FOUND = "the literal ``{text}`` names nothing: {said}. Correct it, or let the resolver know it, then run `{command}`."
_STALE = "the literal ``{text}`` is new here, nobody has looked it up. Run `{command}`."
_NEVER = (
    "the inline literals of this page were never looked up, {count} of them, this one first: ``{text}``. Run "
    "`{command}`; pytest's settings snippets_literals and snippets_pages say what looks up which pages."
)


def literal_warnings(audit: Audit, pages: Sequence[str]) -> Iterator[Warned]:
    """The warnings about the literals of `pages`: one for each, but one for a page that was never looked up."""
    command = audit.app.config.tested_snippets_update_command
    for docname in pages:
        literals, verdicts = audit.record(docname).literals, audit.on_literals(docname)
        never = [one for one, verdict in zip(literals, verdicts) if verdict.state == "never_run"]
        if never:
            first = min(never, key=lambda one: one.line)
            said = _NEVER.format(count=len(never), text=first.text, command=command)
            yield "never_run", said, docname, first.line
        for literal, verdict in zip(literals, verdicts):
            given = {"text": literal.text, "said": verdict.said, "command": command}
            if verdict.state == "not_found":
                yield "literal", _NOT_FOUND.format(**given), docname, literal.line
            elif verdict.state == "stale":
                yield "stale", _STALE.format(**given), docname, literal.line
