"""What holds several blocks together: a box in HTML, and its content one below the other elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes

from sphinxext.tested_snippets.page_nodes import snippet_box

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["title_of", "unbox"]


def unbox(document: nodes.document, app: Sphinx, written: str) -> None:
    """Leave of each box what is in it, where the pages are not HTML; inner ones last."""
    if app.builder.format == "html":
        return
    for box in list(document.findall(snippet_box)):
        head = [title_of(box["summary"])] if "summary" in box else []
        box.replace_self([*head, *box.children])


def title_of(words: str, *inline: nodes.Node) -> nodes.paragraph:
    """The line above one of several blocks: `words`, or the `inline` nodes that they were read as."""
    strong = nodes.strong("", "", *inline) if inline else nodes.strong("", words)
    return nodes.paragraph(words, "", strong, classes=["snippet-title"])
