"""The directives. They cut and show; none of them runs anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.directives.code import CodeBlock as StockCodeBlock
from sphinx.directives.code import LiteralInclude as StockLiteralInclude
from sphinx.directives.code import container_wrapper
from sphinx.directives.patches import Code as StockCode
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from sphinxext.tested_snippets.domain import snippet_waiver
from sphinxext.tested_snippets.include import (
    Included,
    include,
    include_named,
    language_of,
    parse_lines,
    split_target,
)
from sphinxext.tested_snippets.project import project_of
from sphinxext.tested_snippets.source import RegionError

__all__ = ["Code", "CodeBlock", "LiteralInclude", "Snippet", "SnippetCheck"]

logger = logging.getLogger(__name__)

#: What ends a waived block's silence: the option of that name on any literal block.
_WAIVE = {"waive": directives.unchanged_required}


class _Cutting(SphinxDirective):
    """What ``literalinclude`` and ``snippet`` have in common: a region becomes a literal block."""

    def cut(self) -> Included:
        """The text to show.

        :raises RegionError: it can't be cut.
        """
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """The literal block; where it can't be cut a note that says why, and the audit warns."""
        if not self.state.document.settings.file_insertion_enabled:
            return [
                self.state.document.reporter.warning("File insertion disabled", line=self.lineno)
            ]
        #: The files that were looked into. What a page depends on is settled when all of it was read.
        self.files: list[str] = []
        try:
            included = self.cut()
            block = self._literal_block(included)
            result = self._with_caption(block)
        except (RegionError, ValueError, OSError) as error:
            return [defect_node(self, str(error), self.files)]
        # As in stock, a :name: makes the block's primary id.
        self.add_name(result)
        return [result]

    def find(self, written: str) -> tuple[Path, str]:
        """The file that `written` names and what errors call it."""
        path = Path(self.env.relfn2path(written)[1])
        self.files.append(path.as_posix())
        return path, project_of(self.config).relative(path)

    def _literal_block(self, included: Included) -> nodes.literal_block:
        options = self.options
        block = nodes.literal_block(included.text, included.text)
        block["source"] = block.source = self.files[-1]
        block["snippet_files"] = self.files
        block["force"] = "force" in options
        self.set_source_info(block)
        language = self.language()
        if language:
            block["language"] = language
        if any(option in options for option in ("linenos", "lineno-start", "lineno-match")):
            block["linenos"] = True
        block["classes"] += options.get("class", [])
        _note_waiver(block, options)
        block["highlight_args"] = {"linenostart": included.first_line}
        if "emphasize-lines" in options:
            block["highlight_args"]["hl_lines"] = self._emphasized(included.lines)
        return block

    def language(self) -> str | None:
        """The language to highlight as; None leaves it to the page."""
        return "udiff" if self.options.get("diff") else self.options.get("language")

    def _emphasized(self, count: int) -> list[int]:
        lines = parse_lines(self.options["emphasize-lines"], count)
        if any(line >= count for line in lines):
            logger.warning(
                "line number spec is out of range(1-%d): %r",
                count,
                self.options["emphasize-lines"],
                location=self.get_location(),
            )
        return [line + 1 for line in lines if line < count]

    def _with_caption(self, block: nodes.literal_block) -> nodes.Element:
        if "caption" not in self.options:
            return block
        return container_wrapper(self, block, self.options["caption"] or self.arguments[0])


class LiteralInclude(_Cutting, StockLiteralInclude):
    """Stock ``literalinclude`` with strict markers."""

    option_spec: ClassVar[Any] = {**StockLiteralInclude.option_spec, **_WAIVE}

    def cut(self) -> Included:
        """See :class:`_Cutting`."""
        if "diff" in self.options:
            self.options["diff"] = str(self.find(self.options["diff"])[0])
        path, name = self.find(self.arguments[0])
        style = project_of(self.config).style
        return include(path, name, self.options, self.config, style)


class Snippet(_Cutting):
    """``.. snippet:: path::name``: the snippet of that name, dedented."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = {
        "caption": directives.unchanged,
        "class": directives.class_option,
        "emphasize-lines": directives.unchanged_required,
        "force": directives.flag,
        "language": directives.unchanged_required,
        "lineno-match": directives.flag,
        "linenos": directives.flag,
        "name": directives.unchanged,
        **_WAIVE,
    }

    def cut(self) -> Included:
        """See :class:`_Cutting`."""
        written, snippet = split_target(self.arguments[0])
        path, name = self.find(written)
        return include_named(path, name, snippet, project_of(self.config).style)

    def language(self) -> str | None:
        """The language option, or what the file's name says."""
        written = self.options.get("language")
        suffix = Path(split_target(self.arguments[0])[0]).suffix
        return written or language_of(suffix)


class CodeBlock(StockCodeBlock):
    """Stock ``code-block`` that may be waived."""

    option_spec: ClassVar[Any] = {**StockCodeBlock.option_spec, **_WAIVE}

    def run(self) -> list[nodes.Node]:
        """As stock."""
        return _waivable(super().run(), self.options)


class Code(StockCode):
    """Stock ``code`` that may be waived."""

    option_spec: ClassVar[Any] = {**StockCode.option_spec, **_WAIVE}

    def run(self) -> list[nodes.Node]:
        """As stock."""
        return _waivable(super().run(), self.options)


def _waivable(result: list[nodes.Node], options: dict[str, Any]) -> list[nodes.Node]:
    for node in result:
        for block in node.findall(nodes.literal_block):
            _note_waiver(block, options)
    return result


def _note_waiver(block: nodes.Element, options: dict[str, Any]) -> None:
    """For blocks the parsers don't see, such as those of an included file."""
    if "waive" in options:
        block["waive"] = options["waive"]


class SnippetCheck(SphinxDirective):
    """``.. snippet-check::`` declares a check of the block that follows it and shows nothing.

    The parsers that run the page read it; see :mod:`sphinxext.tested_snippets.blocks`.
    """

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = dict.fromkeys(
        ("name", "runtime", "fails", "output", "setup", "waive"), directives.unchanged
    )

    def run(self) -> list[nodes.Node]:
        """Nothing that stays: at most a note that the next block is waived."""
        reason = self.options.get("waive")
        return [snippet_waiver(waive=reason)] if reason else []


def defect_node(directive: SphinxDirective, message: str, files: list[str]) -> nodes.Node:
    """What stands on the page in place of a block that can't be cut out of `files`."""
    text = nodes.paragraph("", message, support_smartquotes=False)  # It quotes code.
    note = nodes.error("", text, classes=["snippet-defect"])
    note["snippet_defect"] = message
    note["snippet_files"] = files
    directive.set_source_info(note)
    return note
