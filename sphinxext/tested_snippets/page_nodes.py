"""What stands for our own things in a doctree, from when a page is read until it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = [
    "add_nodes",
    "snippet_box",
    "snippet_request",
    "snippet_statement",
    "snippet_statements",
    "snippet_status",
    "snippet_waiver",
    "text_of",
]


def text_of(block: nodes.Element) -> str:
    """Return the text of a block that was just read.

    Where a block and its section have the same name, docutils before 0.22 puts the note that it says so into the block;
    Sphinx takes it out when the page has been read.
    """
    shown = (part for part in block.children if not isinstance(part, nodes.system_message))
    return "".join(part.astext() for part in shown)


class snippet_box(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """A box around blocks.

    Its attribute ``tag`` is the HTML element, ``html`` are that element's attributes, and ``summary`` is the
    line that opens a ``details``. Only writers of HTML see it, see :mod:`sphinxext.tested_snippets.boxes`.
    """


class snippet_request(nodes.General, nodes.Element):  # noqa: N801 - as above
    """Stands for the answer to its ``request``, the ``index``-th of the page ``docname``."""


class snippet_statement(nodes.inline):  # noqa: N801 - as above
    """A statement: its words, and as attributes what :class:`Statement` has of them.

    ``index`` is its place in the :class:`PageRecord` of the page ``docname``, and ``defect`` what is wrong
    with the role's text.
    """


class snippet_statements(nodes.General, nodes.Element):  # noqa: N801 - as above
    """Stands at the end of the page ``docname`` until it is known what there is to say of its statements.

    Then it is the list of that, between ``html`` and ``html_end``.
    """


class snippet_status(nodes.General, nodes.Element):  # noqa: N801 - as above
    """The line below a block on an HTML page, where its ``html`` is written."""


class snippet_waiver(nodes.Invisible, nodes.PreBibliographic, nodes.Element):  # noqa: N801 - as above
    """Stands for a ``snippet-check`` with a reason, ``waive``, until the page has been read."""


def add_nodes(app: Sphinx) -> None:
    """Let Sphinx know the nodes that are left when a page is written, and how HTML shows them."""
    app.add_node(snippet_statement)
    for node, visit, depart in (
        (snippet_status, _open, _close),
        (snippet_statements, _open, _close),
        (snippet_box, _open_box, _close_box),
    ):
        app.add_node(node, html=(visit, depart), epub=(visit, depart))


def _open(translator: Any, node: nodes.Element) -> None:
    translator.body.append(node["html"])


def _close(translator: Any, node: nodes.Element) -> None:
    translator.body.append(node.get("html_end", ""))


def _open_box(translator: Any, node: snippet_box) -> None:
    translator.body.append(translator.starttag(node, node["tag"], **node.get("html", {})))
    if "summary" in node:
        translator.body.append(f"<summary>{translator.encode(node['summary'])}</summary>\n")


def _close_box(translator: Any, node: snippet_box) -> None:
    translator.body.append(f"</{node['tag']}>\n")
