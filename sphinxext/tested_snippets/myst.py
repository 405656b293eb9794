"""Finds in the source of a MyST Markdown page the literal blocks and the statements its reader sees.

markdown-it-py and myst-parser themselves take the page apart, with the settings of the page's ``conf.py``, which
is read and not run; what is here knows which of their tokens show a literal block or are a statement. It does not enter included
files, substitutions or raw HTML; the build compares what it found with what Sphinx shows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from pathlib import PurePath
from typing import TYPE_CHECKING

from sphinxext.tested_snippets import _myst_parser, rest
from sphinxext.tested_snippets._collecting import Collector
from sphinxext.tested_snippets._known_directives import (
    LANGUAGE,
    LITERAL,
    NO_ARGUMENT,
    OF_SIDES,
    OPAQUE,
    highlighted_as,
    shown,
)
from sphinxext.tested_snippets._myst_parser import Directive
from sphinxext.tested_snippets._rest_directives import Malformed, Shape
from sphinxext.tested_snippets._rest_lines import Line
from sphinxext.tested_snippets.page import Page, Problem, Role, split_sides
from sphinxext.tested_snippets.statement import ROLES

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["scan"]

_LINE_END = re.compile(r"\r\n|\r|\n")
_COMMENTED_CHECK = re.compile(r"\s*<!--\s*\{snippet-check\}([^\n]*)\n(.*?)-->", re.DOTALL)
_LIKE_A_CHECK = re.compile(r"\s*<!--\s*\{snippet")
_NO_CHECK = (
    "this comment begins like a check and is none, so what it says would be lost. Write `<!-- {snippet-check} label` "
    "with nothing else on the line, its options on lines below, and `-->` at the end, or begin the comment otherwise."
)


def scan(
    text: str,
    path: PurePath,
    highlight_language: str = "default",
    roles: Collection[str] = ROLES,
) -> Page:
    """Find the literal blocks of a page, the checks declared for them, and its roles.

    :param path: where the page is; the settings are those of the nearest ``conf.py`` above.
    :param roles: the names of the roles to find; ``literal`` is code in backquotes, too.
    :raises UnreadableFormat: myst-parser is not installed, or refuses the settings.
    """
    scanner = _Scanner(text, path, highlight_language, roles)
    scanner.body(text.lstrip("\ufeff"), 0, titled=True)
    return scanner.found.page(scanner.roles)


class _Scanner:
    """Walks over the tokens of a page once; lines are counted from 0."""

    def __init__(self, text: str, path: PurePath, language: str, roles: Collection[str]) -> None:
        self._wanted = roles
        self.parser = _myst_parser.Parser(text, path)
        self.language = language
        self.found = Collector()
        self.roles: list[Role] = []
        self._lines = _LINE_END.split(text)
        ends = [match.end() for match in _LINE_END.finditer(text)]
        self._offsets = [0, *ends]
        self._titles: list[tuple[int, str]] = []
        self._depth = 0

    def body(self, text: str, first: int, titled: bool = False) -> None:
        """Read Markdown whose first line is line `first` of the page; `titled` says whether it has sections."""
        if self.found.is_too_deep(first, self._depth):
            return
        self._depth += 1
        tokens = self.parser.tokens(text)
        # Footnotes are shown at the end of the page, wherever they are written.
        within = list(accumulate(_footnote_steps(tokens)))
        for last in (False, True):
            for index, token in enumerate(tokens):
                if bool(within[index]) == last:
                    self._token(tokens, index, first + (token.map[0] if token.map else 0), titled)
        self._depth -= 1

    def _token(self, tokens: Sequence[Token], index: int, line: int, titled: bool) -> None:
        token = tokens[index]
        last = line + (token.map[1] - token.map[0] - 1 if token.map else 0)
        if token.type in ("fence", "colon_fence"):
            self._fence(token, line, last)
        elif token.type == "code_block":
            self._add("literal", "", {}, token.content.rstrip("\n"), "none", line, last)
        elif token.type == "inline":
            self._roles(token, line)
        elif token.type == "html_block":
            self._comment(token.content, line)
        elif token.type == "heading_open" and titled and token.level == 0:
            self._section(int(token.tag[1]), tokens[index + 1].content)

    def _fence(self, token: Token, line: int, last: int) -> None:
        name, _, first_line = token.info.strip().partition(" ")
        called = self.parser.directive(name)
        if called == "eval-rst" and token.type == "fence":
            self._rest(token.content, line + 1)
        elif called:
            self._directive(called.lower(), first_line.strip(), token.content, line, last)
        elif token.type == "colon_fence":
            self.body(token.content, line + 1)
        else:
            text = token.content.removesuffix("\n")
            self._add("code-block", name, {}, text, name or self.language, line, last)

    def _rest(self, content: str, line: int) -> None:
        """Let the scanner of reStructuredText read the content that begins on `line`."""
        page = rest.scan("\n" * line + content, self.language, self._wanted)
        self.found.add_problems(page.problems)
        self.roles += page.roles
        above = "\n" * line + content
        for block in page.blocks:
            last = len(above[: block.end].splitlines()) - 1
            start, end = self._span(block.line - 1, last)
            titles = (*self._above(), *block.titles)
            self.found.add_block(block._replace(start=start, end=end, titles=titles))

    def _roles(self, token: Token, line: int) -> None:
        """The roles in the running text that begins on `line`; a line ends where the text breaks."""
        for child in token.children or ():
            if child.type in ("softbreak", "hardbreak"):
                line += 1
            elif child.type in ("myst_role", "code_inline"):
                name = child.meta["name"].lower() if child.type == "myst_role" else "literal"
                if name in self._wanted:
                    self.roles.append(Role(name, child.content, line + 1))

    def _comment(self, html: str, line: int) -> None:
        """A check may be declared in a comment, which other readers of the page show nothing of."""
        match = _COMMENTED_CHECK.match(html)
        if match:
            above = match[0][: match.start(1)].count("\n")
            self._directive("snippet-check", match[1].strip(), match[2], line + above, line)
        elif _LIKE_A_CHECK.match(html):
            above = html[: html.index("<!--")].count("\n")
            self.found.add_problems([Problem(line + above + 1, _NO_CHECK)])

    def _section(self, level: int, title: str) -> None:
        self.found.begin_section(title)
        self._titles = [known for known in self._titles if known[0] < level]
        self._titles.append((level, title))

    # Directives

    def _directive(self, name: str, first_line: str, content: str, line: int, last: int) -> None:
        try:
            if name == "snippet-check":
                self._declare(_myst_parser.take_apart(Shape("word"), first_line, content), line)
            elif name == "highlight":
                shape = Shape("word", True, "none")
                self.language = _myst_parser.take_apart(shape, first_line, content).argument
            elif name in LITERAL:
                self._literal(name, first_line, content, line, last)
            elif name == "before-after":
                self._sides(first_line, content, line, last)
            elif name not in OPAQUE:
                shape = Shape() if name in NO_ARGUMENT else Shape("text")
                directive = _myst_parser.take_apart(shape, first_line, content, lenient=True)
                below = line + 1 + directive.offset
                self.body("\n".join(directive.content), below)
        except Malformed as reason:
            self.found.refuse(line, name, reason)

    def _declare(self, directive: Directive, line: int) -> None:
        setup = "\n".join(directive.content).strip("\n")
        self.found.declare(directive.argument, directive.options, setup, line)

    def _literal(self, name: str, first_line: str, content: str, line: int, last: int) -> None:
        kind, shape = LITERAL[name]
        directive = _myst_parser.take_apart(shape, first_line, content)
        options = directive.options
        if kind in LANGUAGE and "hide" in options:
            return
        lines = [Line(text, line) for text in directive.content]
        text = shown(kind, options, lines)
        language = highlighted_as(kind, directive.argument, options, self.language)
        self._add(kind, directive.argument, options, text, language, line, last)

    def _sides(self, first_line: str, content: str, line: int, last: int) -> None:
        """The two snippets that a ``before-after`` names, or the blocks of its content."""
        directive = _myst_parser.take_apart(Shape("text"), first_line, content)
        known = OF_SIDES & directive.options.keys()
        options = {name: directive.options[name] for name in known}
        language = options.get("language", self.language)
        (start, end), text = self._span(line, last), "\n".join(self._lines[line : last + 1])
        after = 0
        for number, target in enumerate(split_sides(directive.argument)):
            after = max(after, text.find(target, after)) if number else 0
            # The second stands where it is named: no two blocks begin at one place.
            span = min(start + after, end), end
            self.found.add("snippet", target, options, None, language, line, span, self._above())
            after += len(target)
        if directive.content:
            self.body("\n".join(directive.content), line + 1 + directive.offset)

    # Results

    def _add(
        self,
        kind: str,
        argument: str,
        options: Mapping[str, str],
        text: str | None,
        language: str,
        first: int,
        last: int,
    ) -> None:
        span = self._span(first, last)
        self.found.add(kind, argument, options, text, language, first, span, self._above())

    def _above(self) -> Sequence[str]:
        """The titles of the sections that enclose what is read."""
        return [title for _, title in self._titles]

    def _span(self, first: int, last: int) -> tuple[int, int]:
        """Offsets of the beginning of line `first` and of the end of line `last`, blank lines left out."""
        first = min(first, len(self._lines) - 1)
        last = min(last, len(self._lines) - 1)
        while last > first and not self._lines[last].strip():
            last -= 1
        return self._offsets[first], self._offsets[last] + len(self._lines[last].rstrip())


def _footnote_steps(tokens: Sequence[Token]) -> list[int]:
    steps = {"footnote_reference_open": 1, "footnote_reference_close": -1}
    return [steps.get(token.type, 0) for token in tokens]
