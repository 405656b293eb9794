"""What stands below a block besides its outcome: that lines of it are hidden, and where its source is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from docutils import nodes

from sphinxext.tested_snippets.audit import Audit
from sphinxext.tested_snippets.build import audit_of
from sphinxext.tested_snippets.places import add_below, marked
from sphinxext.tested_snippets.source_links import SourceLink
from sphinxext.tested_snippets.translation import say
from sphinxext.tested_snippets.verdict import ShownBlock

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["show_remarks"]

#: The formats in which a link can be followed, and does not leave its address between the words.
_LINKED = frozenset({"html", "latex"})


def show_remarks(document: nodes.document, app: Sphinx, written: str) -> None:
    """Add a paragraph below each block that there is something to say of."""
    audit = audit_of(app.config)
    for block, docname, index in marked(document):
        said = list(_remarks(audit, docname, index))
        if said:
            add_below(block, nodes.paragraph("", "", *said, classes=["snippet-remark"]))


def _remarks(audit: Audit, docname: str, index: int) -> Iterator[nodes.Node]:
    blocks, links = audit.record(docname).blocks, audit.links(docname)
    hidden = _hidden(blocks[index]) if index < len(blocks) else ""
    if hidden:
        yield nodes.Text(hidden)
    if index < len(links) and links[index] and audit.app.builder.format in _LINKED:
        yield nodes.Text((" " if hidden else "") + say("Source:") + " ")
        yield from _references(links[index])


def _references(links: Sequence[SourceLink]) -> Iterator[nodes.Node]:
    for number, link in enumerate(links):
        if number:
            yield nodes.Text(", ")
        yield nodes.reference(link.words, link.words, refuri=link.url, internal=False)


def _hidden(block: ShownBlock) -> str:
    """How much of a block the reader doesn't see, "" for nothing."""
    if not block.hidden:
        return ""
    if block.waived is not None:
        one, several = say("1 line of it is not shown."), say("{count} lines of it are not shown.")
    else:
        one, several = (
            say("1 line that runs is not shown."),
            say("{count} lines that run are not shown."),
        )
    return one if block.hidden == 1 else several.format(count=block.hidden)
