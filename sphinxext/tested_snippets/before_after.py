"""``.. before-after::``: two blocks beside each other, each with its own outcome, and how they differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from sphinxext.tested_snippets.boxes import title_of
from sphinxext.tested_snippets.difference import difference
from sphinxext.tested_snippets.directive_options import CLASS, NAME, flag_option, text_option
from sphinxext.tested_snippets.directives import Snippet, defect_node
from sphinxext.tested_snippets.page import split_sides
from sphinxext.tested_snippets.page_nodes import snippet_box, snippet_waiver, text_of
from sphinxext.tested_snippets.translation import say

__all__ = ["BeforeAfter"]

#: Lines wider than this scroll in their block, so that two of them fit beside each other on a desk.
_WIDEST = 60
#: The options that belong to the blocks, which only the short form writes for them.
_OF_BLOCKS = ("language", "linenos", "waive")


class BeforeAfter(SphinxDirective):
    """Shows two snippets beside each other where there is room, each with what is known of it, and how they differ.

    Without an argument it takes two blocks as its content, each with its own checks before it. A
    ``snippet-check`` in front of the directive is for the first of two snippets; write those of the other beside
    the snippet in its file.
    """

    usage: ClassVar = "[path::]before [path::]after"

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = {
        "before": text_option("title", "Another title for the first block."),
        "after": text_option("title", "Another title for the second."),
        "no-diff": flag_option("Leave out how they differ."),
        "language": text_option("name", "The language of both snippets."),
        "linenos": flag_option("Number the lines of both snippets."),
        "waive": text_option("reason", "Don't run the snippets. The reason is shown."),
        "class": CLASS,
        "name": NAME,
    }

    def run(self) -> list[nodes.Node]:
        """Both sides and their difference; where there aren't two, all there is, and what is wrong."""
        shown = self._of_arguments() if self.arguments else self._of_content()
        wrong = self._wrong(shown)
        if wrong:
            return [defect_node(self, f"before-after: {wrong}"), *shown]
        sides = list(_sides(shown))
        pair = snippet_box("", tag="div", classes=["snippet-pair"])
        texts = [_text(side[-1]) for side in sides]
        pair["html"] = {"style": f"--snippet-columns: {_columns(texts)}"}
        for name, default, side in zip(("before", "after"), (say("Before"), say("After")), sides):
            title = self._title(name, default)
            box = snippet_box("", title, *side, tag="div", classes=["snippet-side"])
            box["html"] = {"role": "group", "aria-label": title.astext()}
            pair += box
        result = snippet_box("", pair, tag="div", classes=["snippet-sides"])
        result["classes"] += self.options.get("class", [])
        before, after = texts
        if "no-diff" not in self.options and before is not None and after is not None:
            result += _difference_box(before, after)
        self.set_source_info(result)
        self.add_name(result)
        return [result]

    def _of_arguments(self) -> list[nodes.Node]:
        return [node for target in split_sides(self.arguments[0]) for node in self._snippet(target)]

    def _snippet(self, target: str) -> list[nodes.Node]:
        options = {name: self.options[name] for name in _OF_BLOCKS if name in self.options}
        line, offset, text = self.lineno, self.content_offset, self.block_text
        place = (StringList(), line, offset, text, self.state, self.state_machine)
        return Snippet("snippet", [target], options, *place).run()

    def _of_content(self) -> list[nodes.Node]:
        holder = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, holder)
        return holder.children

    def _wrong(self, shown: list[nodes.Node]) -> str | None:
        """What is wrong with what was written, or None."""
        if self.arguments and self.content:
            return "it takes two snippets as its argument or two blocks as its content, not both"
        other = next((node for node in shown if not (_is_block(node) or _is_silent(node))), None)
        if other is not None:
            return (
                f"its content has a {type(other).__name__} beside its blocks. "
                "Move that above or below it; :before: and :after: are for titles"
            )
        count = sum(map(_is_block, shown))
        if count != 2:
            return (
                f"it has {count} {'block' if count == 1 else 'blocks'}, expected two: write "
                "`.. before-after:: path::before path::after`, or two blocks as its content"
            )
        own = [name for name in _OF_BLOCKS if name in self.options]
        if own and not self.arguments:
            return f":{own[0]}: belongs to the blocks of its content. Write it there"
        return None

    def _title(self, name: str, default: str) -> nodes.paragraph:
        written = self.options.get(name)
        if written is None:
            return title_of(default)
        inline, _ = self.state.inline_text(written, self.lineno)
        title = title_of(written, *inline)
        self.set_source_info(title)  # Which makes it a text to translate.
        return title


def _sides(shown: list[nodes.Node]) -> Iterator[list[nodes.Node]]:
    """Each block with the waivers and comments before it; what follows the last is of no account."""
    side: list[nodes.Node] = []
    for node in shown:
        side.append(node)
        if _is_block(node):
            yield side
            side = []


def _is_block(node: nodes.Node) -> bool:
    return _literal(node) is not None or (
        isinstance(node, nodes.error) and "snippet_defect" in node
    )


def _is_silent(node: nodes.Node) -> bool:
    return isinstance(node, (nodes.comment, snippet_waiver, nodes.system_message, nodes.target))


def _literal(node: nodes.Node) -> nodes.Element | None:
    if isinstance(node, (nodes.literal_block, nodes.doctest_block)):
        return node
    if isinstance(node, nodes.container) and node.get("literal_block"):  # It has a caption.
        return next(node.findall(nodes.literal_block), None)
    return None


def _text(node: nodes.Node) -> str | None:
    literal = _literal(node)
    return None if literal is None else text_of(literal)


def _columns(texts: list[str | None]) -> int:
    """How many columns the widest line takes."""
    lines = [len(line) for text in texts for line in (text or "").splitlines()]
    return min(max(lines, default=0), _WIDEST)


def _difference_box(before: str, after: str) -> snippet_box:
    text = difference(before, after)
    # It is derived from what was judged: `domain` leaves it alone.
    block = nodes.literal_block(text, text, language="diff", snippet_derived=True)
    words = say("Difference")
    return snippet_box("", block, tag="details", summary=words, classes=["snippet-difference"])
