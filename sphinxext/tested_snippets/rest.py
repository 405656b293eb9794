"""Finds in the source of a reStructuredText page the literal blocks its reader sees.

A line-oriented scanner that follows docutils' rules for what begins and ends a block, and knows
nothing of inline markup. It does not enter table cells drawn with characters, included files or
docstrings; the build compares what it found with what Sphinx shows and reports the difference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sphinxext.tested_snippets._rest_directives import (
    FIELD,
    Directive,
    Malformed,
    Shape,
    dedented,
    take_apart,
    without_doctest_flags,
)
from sphinxext.tested_snippets._rest_enumerators import enumerator_width
from sphinxext.tested_snippets._rest_lines import (
    Line,
    Source,
    column_width,
    indented,
    is_blank,
    is_indented,
    joined,
    quotes,
    trimmed,
)
from sphinxext.tested_snippets._rest_tables import table_end
from sphinxext.tested_snippets.page import Block, Declared, Page, Problem

__all__ = ["Block", "Declared", "Page", "Problem", "scan"]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SIMPLE_NAME = r"(?:(?!_)\w)+(?:[-._+:](?:(?!_)\w)+)*"
_PUNCTUATION = r"[!-/:-@[-`{-~]"
_BULLET = re.compile(r"[-+*\u2022\u2023\u2043](?: +|$)")
_OPTION = (
    r"(?:[-+][a-zA-Z0-9](?: ?(?:[a-zA-Z][a-zA-Z0-9_-]*|<[^<>]+>))?"
    r"|(?:--|/)[a-zA-Z0-9][a-zA-Z0-9_-]*(?:[ =](?:[a-zA-Z][a-zA-Z0-9_-]*|<[^<>]+>))?)"
)
_OPTIONS = re.compile(rf"{_OPTION}(?:, {_OPTION})*(?:  +| ?$)")
_DOCTEST = re.compile(r">>>(?: +|$)")
_LINE_BLOCK = re.compile(r"\|(?: +|$)")
_EXPLICIT = re.compile(r"\.\.(?: +|$)")
_ANONYMOUS = re.compile(r"__(?: +|$)")
_ADORNMENT = re.compile(rf"({_PUNCTUATION})\1*$")
_QUOTE = re.compile(_PUNCTUATION)

_NOTE = re.compile(rf"\.\. +\[(?:[0-9]+|#|#{_SIMPLE_NAME}|\*|{_SIMPLE_NAME})\](?: +|$)")
_TARGET = re.compile(r"\.\. +_(?![ ]|$)")
_SUBSTITUTION = re.compile(r"\.\. +\|(?![ ]|$)")
_DIRECTIVE = re.compile(rf"\.\. +({_SIMPLE_NAME}) ?::(?: +|$)")
#: The name of a target, quoted or not, up to the colon that ends it.
_TARGET_NAME = re.compile(
    r"(?:_|`(?![ `])(?:[^`\\]|\\.)+`|(?![ `_])(?:[^:\\]|\\.|:(?! |$))+(?<!:)) ?:(?: |$)"
)

#: Deeper than this nobody writes, and docutils itself gives up.
_DEEPEST = 60

_CODE = Shape("word")
_SESSION = Shape("text")
_FILE = Shape("text", required=True, content="none")
#: The directives that show a literal block, with the name of its kind.
_LITERAL: Mapping[str, tuple[str, Shape]] = {
    "literalinclude": ("literalinclude", _FILE),
    "snippet": ("snippet", _FILE),
    "code-block": ("code-block", _CODE),
    "sourcecode": ("code-block", _CODE),
    "code": ("code-block", Shape("word", content="required")),
    "parsed-literal": ("parsed-literal", Shape(content="required")),
    "testcode": ("testcode", _SESSION),
    "testoutput": ("testoutput", _SESSION),
    "doctest": ("doctest", _SESSION),
}
#: What is highlighted the same wherever it stands.
_LANGUAGE = {"testcode": "python", "testoutput": "none", "doctest": "pycon"}
#: Directives whose content docutils does not read as reStructuredText, or never shows.
_OPAQUE = _names(
    "altair-plot argparse bibliography command-output contents csv-table currentmodule date"
    " default-role digraph eval exec graph graphviz image include index inheritance-diagram ipython"
    " jinja jupyter-execute line-block math mermaid meta plantuml plot productionlist"
    " program-output prompt raw replace restructuredtext-test-directive role sectionauthor"
    " sectnum tabularcolumns target-notes testcleanup testsetup title toctree uml unicode"
    " autosummary"
)
#: Directives without argument, whose content may begin behind the ``::``.
_NO_ARGUMENT = _names(
    "acks attention caution compound danger epigraph error footer glossary header highlights hint"
    " hlist important note pull-quote seealso tip todo warning"
)


def scan(text: str, highlight_language: str = "default") -> Page:
    """Find the literal blocks of a page and the checks declared for them; raises nothing.

    :param text: the page's source.
    :param highlight_language: what blocks are highlighted as unless the page says otherwise
        (``highlight_language`` in conf.py).
    """
    scanner = _Scanner(Source(text), highlight_language)
    scanner.body(scanner.source.lines, titled=True)
    scanner.drop_checks("the page ends")
    return Page(tuple(scanner.blocks), tuple(sorted(scanner.problems, key=lambda p: p.line)))


class _Scanner:
    """Walks over a page once. A method that reads a construct returns the index of the line after it."""

    def __init__(self, source: Source, language: str) -> None:
        self.source = source
        self.language = language
        self.blocks: list[Block] = []
        self.problems: list[Problem] = []
        self._checks: list[Declared] = []
        self._titles: list[str] = []
        self._styles: list[str] = []
        self._depth = 0
        self._in_front = True

    def body(self, lines: list[Line], titled: bool = False) -> None:
        """Read the constructs of `lines`; `titled` says whether section titles may be among them."""
        if self._depth > _DEEPEST:
            self._problem(lines[0].number, "nested too deeply to be read; use fewer levels")
            return
        self._depth += 1
        at = 0
        while at < len(lines):
            at = at + 1 if is_blank(lines, at) else self._construct(lines, at, titled)
        self._depth -= 1

    def _construct(self, lines: list[Line], at: int, titled: bool) -> int:
        text = lines[at].text
        if _EXPLICIT.match(text):
            return self._explicit(lines, at)
        if FIELD.match(text):
            return self._field(lines, at)
        if _ANONYMOUS.match(text):
            return indented(lines, at, first=2, until_blank=True)[1]
        self._in_front = False
        if is_indented(lines, at):
            return self._quote(lines, at)
        item = _BULLET.match(text)
        width = item.end() if item else enumerator_width(lines, at)
        if width:
            return self._list_item(lines, at, width)
        return self._plain(lines, at, titled)

    def _plain(self, lines: list[Line], at: int, titled: bool) -> int:
        text = lines[at].text
        if _OPTIONS.match(text):
            return self._option(lines, at, titled)
        if _DOCTEST.match(text):
            return self._session(lines, at)
        if _LINE_BLOCK.match(text):
            return indented(lines, at, first=1, until_blank=True)[1]
        end = table_end(lines, at)
        if end:
            return end
        if _ADORNMENT.match(text):
            return self._adornment(lines, at, titled)
        return self._text(lines, at, titled)

    # Constructs with a body

    def _nested(self, block: list[Line], end: int) -> int:
        if block:
            self.body(block)
        return end

    def _quote(self, lines: list[Line], at: int) -> int:
        block, end = indented(lines, at)
        for quote in quotes(block):
            self._nested(quote, end)
        return end

    def _list_item(self, lines: list[Line], at: int, width: int) -> int:
        if lines[at].text[width:]:
            return self._nested(*indented(lines, at, every=width))
        return self._nested(*indented(lines, at, first=width))

    def _field(self, lines: list[Line], at: int) -> int:
        marker = FIELD.match(lines[at].text)
        assert marker
        block, end = indented(lines, at, first=marker.end())
        # Fields at the very beginning are the page's metadata; Sphinx takes them out.
        return end if self._in_front and self._depth == 1 else self._nested(block, end)

    def _option(self, lines: list[Line], at: int, titled: bool) -> int:
        marker = _OPTIONS.match(lines[at].text)
        assert marker
        block, end = indented(lines, at, first=marker.end())
        if not trimmed(block):
            return self._text(lines, at, titled)
        return self._nested(block, end)

    # Text, titles and `::` blocks

    def _text(self, lines: list[Line], at: int, titled: bool) -> int:
        title, below = lines[at].text, at + 1
        if is_indented(lines, below):
            return self._nested(*indented(lines, below))
        if not is_blank(lines, below) and _ADORNMENT.match(lines[below].text):
            underline = lines[below].text
            if len(underline) >= 4 or column_width(title) <= len(underline):
                if titled:
                    self._section(title, underline[0])
                return below + 1
        while not is_blank(lines, below) and not is_indented(lines, below):
            below += 1
        last = lines[below - 1].text
        if last.endswith("::") and (len(last[:-2]) - len(last[:-2].rstrip("\\"))) % 2 == 0:
            return self._literal(lines, below)
        return below

    def _adornment(self, lines: list[Line], at: int, titled: bool) -> int:
        """An overline, a transition, or text that looks like one."""
        over, title, short = lines[at].text, at + 1, len(lines[at].text) < 4
        if short and (over == "::" or not titled or is_blank(lines, title)):
            return self._text(lines, at, titled)
        if not titled or is_blank(lines, title):
            return title
        if not is_indented(lines, title) and _ADORNMENT.match(lines[title].text):
            return self._text(lines, at, titled) if short else title + 1
        under = lines[title + 1].text if title + 1 < len(lines) else ""
        shown = lines[title].text
        if under != over or (short and column_width(shown) > len(over)):
            return self._text(lines, at, titled) if short else min(title + 2, len(lines))
        self._section(shown.strip(), over[0] * 2)
        return title + 2

    def _section(self, title: str, style: str) -> None:
        if style not in self._styles:
            if len(self._styles) > len(self._titles):
                return  # docutils refuses a title that skips a level
            self._styles.append(style)
        level = self._styles.index(style)
        if level > len(self._titles):
            return
        self.drop_checks(f"the section {title!r} begins")
        self._titles[level:] = [title]

    def _literal(self, lines: list[Line], at: int) -> int:
        block, end = indented(lines, at)
        if trimmed(block):
            self._show("literal", trimmed(block))
            return end
        while at < len(lines) and is_blank(lines, at):
            at += 1
        quoted = at
        if at < len(lines) and _QUOTE.match(lines[at].text):
            quote = lines[at].text[0]
            while quoted < len(lines) and lines[quoted].text[:1] == quote:
                quoted += 1
            self._show("literal", lines[at:quoted])
        return quoted

    def _session(self, lines: list[Line], at: int) -> int:
        end = at
        while not is_blank(lines, end):
            end += 1
        self._show("doctest", lines[at:end], language="pycon")
        return end

    # Explicit markup

    def _explicit(self, lines: list[Line], at: int) -> int:
        text = lines[at].text
        note, directive = _NOTE.match(text), _DIRECTIVE.match(text)
        if note:
            self._in_front = False
            return self._nested(*indented(lines, at, first=note.end()))
        if _TARGET.match(text):
            block, end = indented(lines, at, first=text.index("_") + 1, until_blank=True)
            if _TARGET_NAME.match(" ".join(line.text for line in block)):
                return end
        elif directive and not _SUBSTITUTION.match(text):
            return self._directive(lines, at, directive.group(1).lower(), directive.end())
        if text == ".." and is_blank(lines, at + 1):
            return at + 1
        return indented(lines, at, first=2)[1]

    def _directive(self, lines: list[Line], at: int, name: str, width: int) -> int:
        block, end = indented(lines, at, first=width)
        try:
            if name == "snippet-check":
                self._declare(lines[at].number, block)
                return end
            self._in_front = False
            if name == "highlight":
                self.language = take_apart(block, Shape("word", True, "none")).argument
            elif name in _LITERAL:
                self._literal_directive(lines[at].number, name, block)
            elif name not in _OPAQUE:
                self._enter(name, block)
        except Malformed as reason:
            self._checks.clear()
            self._problem(
                lines[at].number, f"Sphinx refuses this {name!r} directive: {reason}. Correct it."
            )
        return end

    def _enter(self, name: str, block: list[Line]) -> None:
        shape = Shape() if name in _NO_ARGUMENT else Shape("unknown")
        try:
            content = take_apart(block, shape).content
        except Malformed:
            # Perhaps the directive takes no options, and these are fields of its content.
            content = trimmed(block)
        titles = list(self._titles)
        if content:
            self.body(content, titled=name not in _NO_ARGUMENT)
        self._titles = titles

    def _literal_directive(self, index: int, name: str, block: list[Line]) -> None:
        kind, shape = _LITERAL[name]
        directive = take_apart(block, shape)
        options = directive.options
        if kind in _LANGUAGE and "hide" in options:
            return
        last = max([index, *(line.number for line in trimmed(block))])
        text = _shown(kind, directive)
        own = directive.argument if kind == "code-block" else options.get("language", "")
        language = _LANGUAGE.get(kind) or own or self.language
        self._emit(kind, directive.argument, options, text, language, index, last)

    def _declare(self, index: int, block: list[Line]) -> None:
        directive = take_apart(block, Shape("word"))
        setup = joined(directive.content)
        self._checks.append(Declared(directive.argument, directive.options, setup, index + 1))

    # Results

    def _show(self, kind: str, lines: Sequence[Line], language: str | None = None) -> None:
        first, last = lines[0].number, lines[-1].number
        self._emit(kind, "", {}, joined(lines), language or self.language, first, last)

    def _emit(
        self,
        kind: str,
        argument: str,
        options: Mapping[str, str],
        text: str | None,
        language: str,
        first: int,
        last: int,
    ) -> None:
        start, end = self.source.span(first, last)
        titles, checks = tuple(self._titles), tuple(self._checks)
        self._checks.clear()
        self.blocks.append(
            Block(kind, argument, options, text, language, first + 1, start, end, titles, checks)
        )

    def drop_checks(self, where: str) -> None:
        """Report the checks that still wait for their block."""
        for check in self._checks:
            self._problem(
                check.line - 1,
                f"this snippet-check declares a check of the next block, but {where} before one"
                " comes. Move it directly before the block it is for, or remove it.",
            )
        self._checks.clear()

    def _problem(self, index: int, message: str) -> None:
        self.problems.append(Problem(index + 1, message))


def _shown(kind: str, directive: Directive) -> str | None:
    if kind in ("literalinclude", "snippet"):
        return None
    if kind == "code-block":
        return dedented(directive.content, directive.options.get("dedent"))
    if kind == "doctest":
        trim = "no-trim-doctest-flags" not in directive.options
        return without_doctest_flags(directive.content, trim)
    return joined(directive.content)
