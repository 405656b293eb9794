"""Directives that show what is known when all pages have been read: tables, lists, differences, outputs."""

from __future__ import annotations

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from sphinxext.tested_snippets.answer import Request
from sphinxext.tested_snippets.directive_options import DirectiveOption, text_option
from sphinxext.tested_snippets.page_nodes import snippet_request
from sphinxext.tested_snippets.tables import TABLES

__all__ = ["EvidenceTable", "SnippetCoverage", "SnippetDiff", "SnippetOutput"]


class _Requesting(SphinxDirective):
    """Leaves a place for an answer. What is wrong with a request is a warning at the end of the build."""

    def run(self) -> list[nodes.Node]:
        """The place."""
        argument = self.arguments[0] if self.arguments else ""
        node = snippet_request(
            request=Request(self.name, self.lineno, argument, dict(self.options))
        )
        self.set_source_info(node)
        return [node]


_WHERE = {
    "pages": text_option("globs", "The names of the pages. Default: all pages."),
    "folder": text_option(
        "folder",
        "Another folder of evidence, from the folder of ``conf.py``, such as that of versions that you don't "
        "support: what failed in it is told, and no warning.",
    ),
}


def _table(argument: str) -> str:
    return directives.choice(argument, tuple(TABLES))


class EvidenceTable(_Requesting):
    """Shows a table of what was checked."""

    option_spec: ClassVar[Any] = {
        "by": DirectiveOption(
            _table,
            "page|statement|runtime|environment|version|difference|literal",
            "``page``, the default, counts the blocks and statements of each page by their state. ``statement`` has a "
            "row for each statement: its sentence, and where it was checked and what was seen, or why nobody can check it. ``runtime`` "
            "counts the checks on each runtime, ``environment`` those in each environment. ``version`` has a row for "
            "each snippet and statement, and a column for each environment with a sign for what came out. "
            "``difference`` lists those that did not come out as expected everywhere, with the message or the "
            "reason, and the environments that it is from. ``literal`` says how many names in running text are known, and "
            "which of them nobody could judge.",
        ),
        **_WHERE,
    }


class SnippetCoverage(_Requesting):
    """Lists snippets that a test checked and no page shows, blocks that nothing ran, and tests of nothing shown.

    Waived blocks are not listed. Without evidence nothing is known of a snippet on no page.
    """

    option_spec: ClassVar[Any] = _WHERE


class SnippetDiff(_Requesting):
    """Shows how two snippets differ. Neither the difference nor the snippets are judged."""

    usage: ClassVar = "path::before path::after"

    required_arguments = 1
    final_argument_whitespace = True


class SnippetOutput(_Requesting):
    """Shows what a check of a block of this page, or of any snippet, observed.

    That is all of it where the check has ``:transcript:``, otherwise the line that it expects. When the snippet or its test was changed since, there is an error in its place
    until the check ran again.
    """

    usage: ClassVar = "[path::]name"

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = {
        "check": text_option(
            "label",
            "The label of a check, or the name of a test, where several observed something.",
        ),
        "runtime": text_option("name", "The runtime, for the same reason."),
        "from": text_option(
            "text",
            "Begin with the first line that has this text, or ``/regular expression/``, in it.",
        ),
        "to": text_option("text", "End with the next line, from there on, that has this in it."),
        "max-lines": DirectiveOption(
            directives.positive_int,
            "number",
            "Show no more lines. Wherever lines are left out, ``…`` says so.",
        ),
        "language": text_option("name", "What to highlight it as. Default: ``text``."),
    }
