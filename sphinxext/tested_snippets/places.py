"""Which block of the record a literal block of a page is, and where lines about it go."""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes

__all__ = ["add_below", "anchor", "mark", "marked", "section_of", "statement_anchor"]

_MARK = "snippet_block"


def mark(block: nodes.Element, docname: str, index: int) -> None:
    """Let a literal block be the `index`-th of the page `docname`, which some builders merge with others.

    A node to keep the place would cost more: Sphinx holds all pages in memory from when they are read until
    they are written.
    """
    block[_MARK] = (docname, index)


def marked(document: nodes.document) -> Iterator[tuple[nodes.Element, str, int]]:
    """The literal blocks that are in the record, with their pages and indexes."""
    for node in list(document.findall(nodes.FixedTextElement)):
        if _MARK in node:
            yield (node, *node[_MARK])


def anchor(docname: str, index: int) -> str:
    """The id that the `index`-th block of a page has in HTML, alone for all pages of a site."""
    return nodes.make_id(f"snippet-{docname}-{index}")


def statement_anchor(name: str, docname: str, index: int) -> str:
    """The id, in HTML, of what is said of a statement: that of its check, `name`, or the `index`-th of a page."""
    own = f"unchecked-{docname.replace('/', '-')}-{index}"
    return f"statement-{name or own}"


def section_of(node: nodes.Element) -> str:
    """The titles of the sections around a node, the outermost first, without that of the page."""
    titles, above = [], node.parent
    while above is not None:
        if isinstance(above, nodes.section):
            title = above.next_node(nodes.title)
            titles.append(title.astext() if title else "")
        above = above.parent
    return " / ".join(reversed(titles[:-1]))


def add_below(block: nodes.Element, line: nodes.Element) -> None:
    """Put a line directly below a literal block, or below the container that its caption is in."""
    parent = block.parent
    shown = parent if isinstance(parent, nodes.container) and parent.get("literal_block") else block
    line.source, line.line = block.source, block.line
    shown.parent.insert(shown.parent.index(shown) + 1, line)
