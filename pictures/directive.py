"""A Sphinx extension of this site: ``.. picture:: file.json::name`` draws recorded numbers.

HTML gets an SVG that takes the colours of the page, LaTeX a drawing of its own; the numbers stand beside both as a table,
and in other formats alone. Nothing is measured here, see :mod:`pictures`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from pictures.drawing import svg, tikz
from pictures.recorded import About, read
from pictures.table import Table

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["setup"]


class picture(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """A picture: its ``svg`` and its ``tikz``; its children are what stands below it."""


class picture_numbers(nodes.General, nodes.Element):  # noqa: N801 - as above
    """The table of a picture, and where its numbers are from."""


class Picture(SphinxDirective):
    """``.. picture:: file.json::name``, with what it shows in words as ``:alt:``, and a caption as its content."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[Any] = {"alt": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """The picture."""
        written, _, name = self.arguments[0].partition("::")
        alternative = self.options.get("alt")
        if not name or not alternative:
            raise self.error(
                "a picture is written `.. picture:: file.json::name`, and `:alt:` says what it shows"
            )
        relative, path = self.env.relfn2path(written)
        self.env.note_dependency(relative)
        try:
            about, drawn = read(Path(path), name)
        except (OSError, ValueError) as error:
            raise self.error(f"picture: {error}") from error
        drawing = drawn.drawing()
        node = picture(svg=svg(drawing, " ".join(alternative.split())), tikz=tikz(drawing))
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        node += picture_numbers("", _table(drawn.table()), _origin(about))
        return [node]


def _origin(about: About) -> nodes.paragraph:
    """Where the numbers are from, with the command as code."""
    before, command, after = str(about).split("`")
    text = (nodes.Text(before), nodes.literal(command, command), nodes.Text(after))
    return nodes.paragraph("", "", *text, classes=["picture-origin"])


def _table(table: Table) -> nodes.table:
    """The table as docutils has it; the columns are as wide as they need."""
    group = nodes.tgroup("", cols=len(table.head))
    for number, texts in enumerate(zip(table.head, *table.rows)):
        group += nodes.colspec(colwidth=max(map(len, texts)), stub=int(number == 0))
    group += nodes.thead("", _row(table.head))
    group += nodes.tbody("", *map(_row, table.rows))
    return nodes.table("", group, classes=["colwidths-auto"])


def _row(texts: tuple[str, ...]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in texts))


def _open_figure(translator: Any, node: picture) -> None:
    translator.body.append(translator.starttag(node, "figure", CLASS="picture") + node["svg"])


def _close_figure(translator: Any, node: picture) -> None:
    translator.body.append("</figure>\n")


def _open_numbers(translator: Any, node: picture_numbers) -> None:
    translator.body.append("<details><summary>As a table</summary>\n")


def _close_numbers(translator: Any, node: picture_numbers) -> None:
    translator.body.append("</details>\n")


def _draw(translator: Any, node: picture) -> None:
    translator.body.append(f"\n\\begin{{center}}\n{node['tikz']}\\end{{center}}\n")


def _pass(translator: Any, node: nodes.Node) -> None:
    """Leave it to the children."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    others: dict[str, Any] = dict.fromkeys(("text", "man", "texinfo"), (_pass, _pass))
    app.add_node(picture, html=(_open_figure, _close_figure), latex=(_draw, _pass), **others)
    numbers = (_open_numbers, _close_numbers)
    app.add_node(picture_numbers, html=numbers, latex=(_pass, _pass), **others)
    app.add_directive("picture", Picture)
    app.add_latex_package("tikz")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
