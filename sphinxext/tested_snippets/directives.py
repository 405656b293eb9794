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

from sphinxext.tested_snippets.directive_options import (
    CLASS,
    NAME,
    DirectiveOption,
    flag_option,
    text_option,
)
from sphinxext.tested_snippets.docstrings import docstring_file
from sphinxext.tested_snippets.evidence import digest
from sphinxext.tested_snippets.include import (
    Included,
    include,
    include_snippet,
    language_of,
    parse_lines,
    without_hidden,
)
from sphinxext.tested_snippets.lines import lines_with
from sphinxext.tested_snippets.page_nodes import snippet_waiver, text_of
from sphinxext.tested_snippets.project import project_of
from sphinxext.tested_snippets.reading import FOUND
from sphinxext.tested_snippets.source import RegionError

__all__ = ["Code", "CodeBlock", "LiteralInclude", "Snippet", "SnippetCheck"]

logger = logging.getLogger(__name__)

#: The option of any literal block.
_WAIVE = {"waive": text_option("reason", "Don't run the block. The reason is shown.")}
#: Those that name lines by what stands in them.
_BY_CONTENT = {
    "emphasize": text_option(
        "texts",
        "On each line a text, or a ``/regular expression/``. The lines that have it are emphasized, wherever an "
        "edit moves them; what no line has is an error.",
    ),
    "hide": text_option(
        "texts",
        "On each line a text, or a ``/regular expression/``. The lines that have it run and are not shown; the "
        "page says how many they are. What no line has is an error.",
    ),
}


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
            return [defect_node(self, str(error))]
        # As in stock, a :name: makes the block's primary id.
        self.add_name(result)
        return [result]

    def find(self, written: str | Path) -> tuple[Path, str]:
        """The file that `written` names, or is, and what errors call it."""
        # A page names the same few files again and again, and Sphinx asks the disk about each folder of a path.
        known: Any = self.env.temp_data.setdefault(FOUND, {})
        docstring = docstring_file(self.get_source_info()[0])
        if (docstring, written) not in known:
            path = self._path(written, docstring) if isinstance(written, str) else written
            found = path, path.as_posix(), project_of(self.config).relative(path)
            known[docstring, written] = found
        path, shown, name = known[docstring, written]
        self.files.append(shown)
        return path, name

    def _path(self, written: str, docstring: Path | None) -> Path:
        """The file that `written` names: from the page's folder, or from that of the file of the `docstring`."""
        of_page = Path(self.env.relfn2path(written)[1])
        if docstring is None:
            return of_page
        path = project_of(self.config).resolve(docstring, written)
        # Stock knows only the page's folder.
        return of_page if self.name == "literalinclude" and not path.exists() else path

    def _literal_block(self, included: Included) -> nodes.literal_block:
        options = self.options
        block = nodes.literal_block(included.text, included.text)
        block["source"] = block.source = self.files[-1]
        if "force" in options:
            # As for blocks without directive, left out where it isn't so: one attribute more than ten takes
            # twice the memory.
            block["force"] = True
        self.set_source_info(block)
        language = self.language()
        if language:
            block["language"] = language
        if any(option in options for option in ("linenos", "lineno-start", "lineno-match")):
            block["linenos"] = True
        block["classes"] += options.get("class", [])
        _note_waiver(block, options)
        block["highlight_args"] = {"linenostart": included.first_line}
        _note_lines(self, block, included)
        return block

    def language(self) -> str | None:
        """The language to highlight as; None leaves it to the page."""
        return "udiff" if self.options.get("diff") else self.options.get("language")

    def _with_caption(self, block: nodes.literal_block) -> nodes.Element:
        if "caption" not in self.options:
            return block
        return container_wrapper(self, block, self.options["caption"] or self.arguments[0])


class LiteralInclude(_Cutting, StockLiteralInclude):
    """Works as Sphinx documents it. What Sphinx gets wrong without a word is an error.

    That is: a marker that is missing or on several lines, a region that is empty or runs over the next one, and
    a ``:dedent:`` that cuts into code.
    """

    usage: ClassVar = "path"

    option_spec: ClassVar[Any] = {**StockLiteralInclude.option_spec, **_BY_CONTENT, **_WAIVE}

    def cut(self) -> Included:
        """See :class:`_Cutting`."""
        if "diff" in self.options:
            self.options["diff"] = str(self.find(self.options["diff"])[0])
        path, name = self.find(self.arguments[0])
        styles = project_of(self.config).styles
        return include(path, name, self.options, self.config, styles)


class Snippet(_Cutting):
    """Shows the snippet of a file that is marked with this name, dedented.

    The path starts at the page's folder, or with ``/`` at the folder of all pages. A name alone is looked for in
    the files that ``tested_snippets_search`` names. Several with a ``+`` between them are shown as one block.
    """

    usage: ClassVar = "[path::]name [+ [path::]name ...]"

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = {
        "caption": DirectiveOption(
            directives.unchanged, "text", "A line above the block; without a text, the argument."
        ),
        "class": CLASS,
        **_BY_CONTENT,
        "emphasize-lines": text_option(
            "numbers", "Lines to emphasize by their numbers, like ``1,3-5``."
        ),
        "force": flag_option("Highlight it even where it is no correct code of its language."),
        "language": text_option(
            "name", "The language to highlight it as. Default: what the file's name says."
        ),
        "lineno-match": flag_option("Number the lines as the file does."),
        "lineno-start": DirectiveOption(int, "number", "The number of the first line."),
        "linenos": flag_option("Number the lines, from 1."),
        "name": NAME,
        **_WAIVE,
    }

    def cut(self) -> Included:
        """See :class:`_Cutting`."""
        project = project_of(self.config)
        included = include_snippet(self.arguments[0], self.options, self.find, project)
        if "lineno-match" in self.options:
            return included
        return included._replace(first_line=self.options.get("lineno-start", 1))

    def language(self) -> str | None:
        """The language option, or what the file's name says."""
        written = self.options.get("language")
        return written or language_of(Path(self.files[0]).suffix)


class CodeBlock(StockCodeBlock):
    """Works as Sphinx documents it. The block is run like those that are cut out of files."""

    usage: ClassVar = "[language]"

    option_spec: ClassVar[Any] = {**StockCodeBlock.option_spec, **_BY_CONTENT, **_WAIVE}

    def run(self) -> list[nodes.Node]:
        """As stock, without the lines that are hidden; where they can't be found a note that says why."""
        written = self.options
        if not _OF_LINES.isdisjoint(written):
            # Numbers count the lines that are left.
            self.options = {name: written[name] for name in written if name != "emphasize-lines"}
        result = super().run()
        self.options = written
        if not _OF_LINES.isdisjoint(written):
            try:
                self._choose_lines(result)
            except ValueError as error:
                return [defect_node(self, str(error))]
        return _waivable(result, written)

    def _choose_lines(self, result: list[nodes.Node]) -> None:
        for block in (each for node in result for each in node.findall(nodes.literal_block)):
            text = text_of(block)
            whole = Included(text, text.count("\n") + 1, 1, None, None)
            included = without_hidden(whole, self.options)
            if included.hidden:
                block.rawsource = included.text.removesuffix("\n")
                block.children = []
                block.append(nodes.Text(block.rawsource))
            _note_lines(self, block, included)


class Code(StockCode):
    """Works as docutils documents it. The block is run like those that are cut out of files."""

    usage: ClassVar = "[language]"

    option_spec: ClassVar[Any] = {**StockCode.option_spec, **_WAIVE}

    def run(self) -> list[nodes.Node]:
        """As stock."""
        return _waivable(super().run(), self.options)


_OF_LINES = frozenset({"emphasize-lines", *_BY_CONTENT})


def _note_lines(directive: SphinxDirective, block: nodes.Element, included: Included) -> None:
    """Emphasize the lines that the options of `directive` name, and keep what runs besides those that are shown.

    :raises ValueError: they name no lines.
    """
    options = directive.options
    by_number = _numbered(directive, included.lines) if "emphasize-lines" in options else []
    by_content = lines_with(included.text, options.get("emphasize"), "emphasize")
    lines = sorted({*by_number, *by_content})
    if lines:
        block["highlight_args"]["hl_lines"] = lines
    if included.hidden:
        block["snippet_hidden"] = included.hidden
        block["snippet_digest"] = digest(included.runs)


def _numbered(directive: SphinxDirective, count: int) -> list[int]:
    """The lines, from 1, that ``emphasize-lines`` names of `count`."""
    written = directive.options["emphasize-lines"]
    lines = parse_lines(written, count)
    if any(line >= count for line in lines):
        place = directive.get_location()
        message = "line number spec is out of range(1-%d): %r"
        logger.warning(message, count, written, location=place)
    return [line + 1 for line in lines if line < count]


def _waivable(result: list[nodes.Node], options: dict[str, Any]) -> list[nodes.Node]:
    for node in result:
        for block in node.findall(nodes.literal_block):
            _note_waiver(block, options)
    return result


def _note_waiver(block: nodes.Element, options: dict[str, Any]) -> None:
    """For blocks the parsers don't see, such as those of an included file."""
    if "waive" in options:
        block["waive"] = options["waive"]


def _given(value: str, meaning: str) -> DirectiveOption:
    return DirectiveOption(directives.unchanged, value, meaning)


class SnippetCheck(SphinxDirective):
    """Says what to expect of the block below it, and shows nothing. Without one, a block is expected to run.

    Several in front of one block need labels. The content is code that is run first. A check of a snippet can
    also stand as a comment above its start marker, in its file; it then holds on every page.
    """

    # The parsers that run the page read it; see sphinxext.tested_snippets.blocks.
    usage: ClassVar = "[label]"

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = {
        "fails": _given(
            "message",
            "The block has to fail, and a line of the message has to have this text in it.",
        ),
        "output": _given("text", "A line of the output has to have this text in it."),
        "runtime": _given("name", "Where to run it. The first runtime is the default."),
        "setup": _given("[path::]name", "A snippet to run first."),
        "proves": _given("ids", "The statements that the check is evidence for as well."),
        "transcript": flag_option(
            "Record all that is observed, for ``snippet-output``: the output, or the message of a failure. It has to be "
            "the same on every run."
        ),
        "name": _given("name", "What to call a block that stands on the page itself."),
        "waive": _given("reason", "Don't run the block. The reason is shown."),
    }

    def run(self) -> list[nodes.Node]:
        """Nothing that stays: at most a note that the next block is waived."""
        reason = self.options.get("waive")
        return [snippet_waiver(waive=reason)] if reason else []


def defect_node(directive: SphinxDirective, message: str) -> nodes.Node:
    """What stands on the page in place of a block that can't be shown."""
    text = nodes.paragraph("", message, support_smartquotes=False)  # It quotes code.
    note = nodes.error("", text, classes=["snippet-defect"])
    note["snippet_defect"] = message
    directive.set_source_info(note)
    return note
