"""What pages can say: the directives and the roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils.parsers.rst import Directive

from sphinxext.tested_snippets import before_after, directives, requests, roles, statement

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["DIRECTIVES", "IN_PLACE_OF_STOCK", "add_syntax"]

#: The directives that Sphinx doesn't have.
DIRECTIVES: dict[str, type[Directive]] = {
    "snippet": directives.Snippet,
    "snippet-check": directives.SnippetCheck,
    "before-after": before_after.BeforeAfter,
    "evidence": requests.EvidenceTable,
    "snippet-coverage": requests.SnippetCoverage,
    "snippet-diff": requests.SnippetDiff,
    "snippet-output": requests.SnippetOutput,
}
#: Those that stand in the place of Sphinx's own.
IN_PLACE_OF_STOCK: dict[str, type[Directive]] = {
    "literalinclude": directives.LiteralInclude,
    "code-block": directives.CodeBlock,
    "sourcecode": directives.CodeBlock,
    "code": directives.Code,
}


def add_syntax(app: Sphinx) -> None:
    """Register the directives and the roles."""
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
    for name, directive in IN_PLACE_OF_STOCK.items():
        if name != "literalinclude" or app.config.tested_snippets_override:
            app.add_directive(name, directive, override=True)
    for name in statement.ROLES:
        app.add_role(name, roles.StatementRole())
