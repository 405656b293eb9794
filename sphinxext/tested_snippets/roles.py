"""The roles ``checked`` and ``unchecked``."""

from __future__ import annotations

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from sphinxext.tested_snippets.page_nodes import snippet_statement
from sphinxext.tested_snippets.statement import parse, pieces

__all__ = ["StatementRole"]

_PIECES: dict[str, type[nodes.TextElement]] = {
    "code": nodes.literal,
    "emphasis": nodes.emphasis,
    "strong": nodes.strong,
}


class StatementRole(SphinxRole):
    """``:checked:`` and ``:unchecked:``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The words; the sign comes when the outcome is known."""
        node = snippet_statement(self.rawtext, "", classes=["snippet-statement"])
        self.set_source_info(node)
        node["docname"] = self.env.docname
        try:
            statement = parse(self.name.lower(), self.text)
        except ValueError as error:
            node["defect"] = str(error)
            node += nodes.Text(self.text)
            return [node], []
        node["words"], node["name"], node["reason"] = (
            statement.words,
            statement.name,
            statement.reason,
        )
        for kind, text in pieces(statement.markup):
            node += _PIECES[kind](text, text) if kind in _PIECES else nodes.Text(text)
        return [node], []
