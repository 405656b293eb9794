"""Finds in a doctree the inline literals that a reader of the page sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from docutils import nodes
from sphinx import addnodes

from sphinxext.tested_snippets.literal_verdict import ShownLiteral
from sphinxext.tested_snippets.literals import STRONG_ROLES, collapsed
from sphinxext.tested_snippets.resolution import Literal

__all__ = ["shown_literals"]

#: What stands in these is looked up by Sphinx, is a block, or is no text of the page.
_OTHERS = (
    addnodes.pending_xref,
    addnodes.download_reference,
    nodes.literal_block,
    nodes.system_message,
)


def shown_literals(doctree: nodes.document, parsed: Iterable[Literal]) -> list[ShownLiteral]:
    """The literals of a page that was just read, each text once; `parsed` are those that the parsers find."""
    lines = {literal.text: literal.line for literal in parsed}
    found: dict[str, ShownLiteral] = {}
    for node in _literals(doctree):
        text = collapsed(node.astext())
        if text and text not in found:
            # docutils knows where the paragraph begins, the parsers where the literal stands.
            line = lines.get(text) or _line(node)
            found[text] = ShownLiteral(line, text, seen=text in lines)
    return list(found.values())


def _literals(doctree: nodes.document) -> Iterator[nodes.Element]:
    for node in doctree.findall(_looks_like_code):
        assert isinstance(node, nodes.Element)
        above = node.parent
        while above is not None and not isinstance(above, _OTHERS) and not _is_translated(above):
            above = above.parent
        if above is None:
            yield node


def _looks_like_code(node: nodes.Node) -> bool:
    if isinstance(node, addnodes.literal_strong):
        return bool(STRONG_ROLES.intersection(node["classes"]))
    return isinstance(node, nodes.literal)


def _is_translated(node: nodes.Element) -> bool:
    """Whether a translator wrote the words: what is looked up is what they translated."""
    return bool(node.get("translated"))


def _line(node: nodes.Node | None) -> int:
    while node is not None and not node.line:
        node = node.parent
    return (node.line or 0) if node is not None else 0
