"""Makes nodes of the answers that pages asked for, when they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes

from sphinxext.tested_snippets.answer import Cell, Code, Defect, Table, Words
from sphinxext.tested_snippets.build import audit_of
from sphinxext.tested_snippets.page_nodes import snippet_request

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder

__all__ = ["show_answers"]


def show_answers(document: nodes.document, app: Sphinx, written: str) -> None:
    """Put the answers in the places that were kept for them."""
    audit = audit_of(app.config)
    for node in list(document.findall(snippet_request)):
        answers = audit.answers(node["docname"])[node["index"]]
        node.replace_self([_shown(part, node["docname"], app.builder) for part in answers])


def _shown(part: Words | Code | Table | Defect, docname: str, builder: Builder) -> nodes.Node:
    if isinstance(part, Words):
        return nodes.paragraph("", part.text)
    if isinstance(part, Code):
        classes = ["snippet-difference"] if part.language == "diff" else ["snippet-output"]
        return nodes.literal_block(part.text, part.text, language=part.language, classes=classes)
    if isinstance(part, Defect):
        return nodes.error("", nodes.paragraph("", part.message), classes=["snippet-defect"])
    return _table_node(part, docname, builder)


#: How many characters a column takes at most where a writer asks; browsers have their own way.
_WIDEST = 40
#: What the space beside a text takes, in characters.
_MARGINS = 3


def _table_node(table: Table, docname: str, builder: Builder) -> nodes.table:
    group = nodes.tgroup("", cols=len(table.header))
    for number, texts in enumerate(zip(table.header, *_texts(table))):
        width = min(max(map(len, texts)), _WIDEST) + _MARGINS
        group += nodes.colspec(colwidth=width, stub=int(number == 0))
    group += nodes.thead("", _row(map(Cell, table.header), docname, builder))
    group += nodes.tbody("", *(_row(row, docname, builder) for row in table.rows))
    # LaTeX would make all columns as wide as one another, and breaks no table of less than 30 rows, however high they are.
    layout = ["colwidths-given", "longtable"] if builder.format == "latex" else ["colwidths-auto"]
    return nodes.table("", group, classes=["snippet-table", *layout])


def _texts(table: Table) -> Iterator[list[str]]:
    return ([cell.text for cell in row] for row in table.rows)


def _row(cells: Iterable[Cell], docname: str, builder: Builder) -> nodes.row:
    return nodes.row("", *(nodes.entry("", *_paragraphs(cell, docname, builder)) for cell in cells))


def _paragraphs(cell: Cell, docname: str, builder: Builder) -> Iterator[nodes.Node]:
    for line in cell.text.split("\n"):
        yield nodes.paragraph("", "", _cell(replace(cell, text=line), docname, builder))


def _cell_text(cell: Cell) -> nodes.Node:
    if cell.literal:
        return nodes.literal(cell.text, cell.text)
    before, meant, behind = cell.text.partition(cell.strong) if cell.strong else (cell.text, "", "")
    if not meant or not (before or behind):
        return nodes.Text(cell.text)
    strong = nodes.strong(meant, meant)
    return nodes.inline("", "", nodes.Text(before), strong, nodes.Text(behind))


def _cell(cell: Cell, docname: str, builder: Builder) -> nodes.Node:
    text = _cell_text(cell)
    # A manual page has nowhere to lead to: a link would be its words and "<>".
    if cell.page is None or builder.format == "man":
        return text
    if cell.anchor and builder.format == "html":
        alone = builder.name == "singlehtml"  # All pages are one.
        page = "" if alone else builder.get_relative_uri(docname, cell.page)
        address = f"{page}#{cell.anchor}"
        return nodes.reference("", "", text, internal=True, refuri=address)
    return addnodes.pending_xref(
        "",
        nodes.inline("", "", text, classes=["xref", "doc"]),
        refdomain="std",
        reftype="doc",
        reftarget=f"/{cell.page}",
        refexplicit=True,
        refdoc=docname,
        refwarn=True,
    )
