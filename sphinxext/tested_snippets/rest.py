"""Finds in the source of a reStructuredText page the literal blocks and the statements its reader sees.

A line-oriented scanner that follows docutils' rules for what begins and ends a block; of inline markup it
takes what is left of the lines. It does not look for blocks in table cells drawn with characters, nor enter
included files or docstrings; the build compares what it found with what Sphinx shows and reports the difference.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from sphinxext.tested_snippets._collecting import Collector
from sphinxext.tested_snippets._known_directives import (
    LANGUAGE,
    LITERAL,
    NO_ARGUMENT,
    OF_SIDES,
    OPAQUE,
    RUNNING,
    highlighted_as,
    shown,
)
from sphinxext.tested_snippets._rest_directives import FIELD, Malformed, Shape, take_apart
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
from sphinxext.tested_snippets._rest_roles import find_roles, may_have
from sphinxext.tested_snippets._rest_tables import cells_of, table_end
from sphinxext.tested_snippets.page import Page, Role, split_sides
from sphinxext.tested_snippets.statement import ROLES

__all__ = ["scan"]


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


def scan(text: str, highlight_language: str = "default", roles: Collection[str] = ROLES) -> Page:
    """Find the literal blocks of a page, the checks declared for them, and its roles; raises nothing.

    :param text: the page's source.
    :param highlight_language: what blocks are highlighted as unless the page says otherwise
        (``highlight_language`` in conf.py).
    :param roles: the names of the roles to find; ``literal`` is double backquotes, too.
    """
    scanner = _Scanner(Source(text), highlight_language, roles)
    scanner.body(scanner.source.lines, titled=True)
    # Most pages have none, and to know which lines are running text takes longer than to see that.
    return scanner.found.page(scanner.roles() if may_have([Line(text, 0)], roles) else ())


class _Scanner:
    """Walks over a page once. A method that reads a construct returns the index of the line after it."""

    def __init__(self, source: Source, language: str, roles: Collection[str]) -> None:
        self.source = source
        self._wanted = roles
        self.language = language
        self.found = Collector()
        self._titles: list[str] = []
        self._styles: list[str] = []
        self._depth = 0
        self._in_front = True
        #: The numbers of lines that are not running text.
        self._silent: set[int] = set()
        #: The cells whose text can't be told from their neighbours' by lines alone.
        self._cells: list[list[Line]] = []

    def roles(self) -> Iterator[Role]:
        """The roles in what is running text, once the page has been read."""
        running = [
            Line("", line.number) if self._is_silent(line) else line for line in self.source.lines
        ]
        for lines in (running, *self._cells):
            yield from find_roles(lines, self._wanted)

    def _is_silent(self, line: Line) -> bool:
        """Whether a line is no running text; titles end where they are underlined."""
        return line.number in self._silent or bool(_ADORNMENT.match(line.text))

    def body(self, lines: list[Line], titled: bool = False) -> None:
        """Read the constructs of `lines`; `titled` says whether section titles may be among them."""
        if lines and self.found.is_too_deep(lines[0].number, self._depth):
            return
        self._depth += 1
        at = 0
        while at < len(lines):
            at = at + 1 if is_blank(lines, at) else self._construct(lines, at, titled)
        self._depth -= 1

    def _construct(self, lines: list[Line], at: int, titled: bool) -> int:
        text = lines[at].text
        if text[0].isalnum():
            return self._in_words(lines, at, titled)
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

    def _in_words(self, lines: list[Line], at: int, titled: bool) -> int:
        """What begins with a letter or a digit: an item of an enumerated list, or text."""
        self._in_front = False
        width = enumerator_width(lines, at)
        return self._list_item(lines, at, width) if width else self._text(lines, at, titled)

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
            return self._table(lines, at, end)
        if _ADORNMENT.match(text):
            return self._adornment(lines, at, titled)
        return self._text(lines, at, titled)

    def _table(self, lines: list[Line], at: int, end: int) -> int:
        if may_have(lines[at:end], self._wanted):
            self._cells += cells_of(lines[at:end])
        return self._silence(lines, at, end)

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
        self.found.begin_section(title)
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
        return self._silence(lines, at, indented(lines, at, first=2)[1])

    def _silence(self, lines: Sequence[Line], at: int, end: int) -> int:
        self._silent.update(line.number for line in lines[at:end])
        return end

    def _directive(self, lines: list[Line], at: int, name: str, width: int) -> int:
        block, end = indented(lines, at, first=width)
        if name == "snippet-check" or name in LITERAL or name in OPAQUE - RUNNING:
            self._silence(lines, at, end)
        try:
            if name == "snippet-check":
                self._declare(lines[at].number, block)
                return end
            self._in_front = False
            if name == "highlight":
                self.language = take_apart(block, Shape("word", True, "none")).argument
            elif name in LITERAL:
                self._literal_directive(lines[at].number, name, block)
            elif name == "before-after":
                self._sides(lines[at].number, block)
            elif name not in OPAQUE:
                self._enter(name, block)
        except Malformed as reason:
            self.found.refuse(lines[at].number, name, reason)
        return end

    def _enter(self, name: str, block: list[Line]) -> None:
        shape = Shape() if name in NO_ARGUMENT else Shape("unknown")
        try:
            content = take_apart(block, shape).content
        except Malformed:
            # Perhaps the directive takes no options, and these are fields of its content.
            content = trimmed(block)
        titles = list(self._titles)
        if content:
            self.body(content, titled=name not in NO_ARGUMENT)
        self._titles = titles

    def _literal_directive(self, index: int, name: str, block: list[Line]) -> None:
        kind, shape = LITERAL[name]
        directive = take_apart(block, shape)
        options = directive.options
        if kind in LANGUAGE and "hide" in options:
            return
        last = max([index, *(line.number for line in trimmed(block))])
        text = shown(kind, options, directive.content)
        language = highlighted_as(kind, directive.argument, options, self.language)
        span = self.source.span(index, last)
        self.found.add(kind, directive.argument, options, text, language, index, span, self._titles)

    def _sides(self, index: int, block: list[Line]) -> None:
        """The two snippets that a ``before-after`` names, or the blocks of its content."""
        directive = take_apart(block, Shape("text"))
        options = {name: directive.options[name] for name in OF_SIDES & directive.options.keys()}
        language = options.get("language", self.language)
        line, (start, _) = index, self.source.span(index, index)
        end = start
        for number, target in enumerate(split_sides(directive.argument)):
            found, (begin, end) = self.source.find(target, end)
            if number:  # The first stands where the directive does.
                line, start = found, begin
            self.found.add(
                "snippet", target, options, None, language, line, (start, end), self._titles
            )
        if directive.content:
            self.body(directive.content)

    def _declare(self, index: int, block: list[Line]) -> None:
        directive = take_apart(block, Shape("word"))
        self.found.declare(directive.argument, directive.options, joined(directive.content), index)

    # Results

    def _show(self, kind: str, lines: Sequence[Line], language: str | None = None) -> None:
        first, last = lines[0].number, lines[-1].number
        self._silence(lines, 0, len(lines))
        span = self.source.span(first, last)
        shown_as = language or self.language
        self.found.add(kind, "", {}, joined(lines), shown_as, first, span, self._titles)
