"""What a page shows, whatever format it is written in: its literal blocks and their declared checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Block", "Declared", "Page", "Problem", "split_sides"]


class Declared(NamedTuple):
    """One declared check (``.. snippet-check::``) of the block that follows it."""

    #: Tells several checks of one block apart; ``""`` if it has none.
    label: str
    #: The options as written, by lower-case name.
    options: Mapping[str, str]
    #: Hidden set-up code: the content of the declaration, dedented; ``""`` if it has none.
    setup: str
    #: Line of the declaration in the page, from 1.
    line: int


class Block(NamedTuple):
    """One literal block a reader of the page sees."""

    #: ``"literalinclude"``, ``"snippet"``, ``"code-block"`` (``sourcecode`` and ``code`` too),
    #: ``"parsed-literal"``, ``"testcode"``, ``"testoutput"``, ``"doctest"`` (the directive and
    #: plain ``>>>`` sessions) or ``"literal"`` (``::``).
    kind: str
    #: The directive's argument (file, ``path::name``, language, group), or ``""``.
    argument: str
    #: The directive's options as written, by lower-case name; a flag is ``""``.
    options: Mapping[str, str]
    #: The text as the page's source holds it, lines joined by ``"\n"``; ``None`` if it is in
    #: another file (``literalinclude``, ``snippet``).
    text: str | None
    #: What the block is highlighted as.
    language: str
    #: Line of the directive, or of the first line shown, from 1.
    line: int
    #: Offset in the page's text of the beginning of that line.
    start: int
    #: Offset in the page's text of the end of the block's last line, line break excluded.
    end: int
    #: Titles of the enclosing sections as written, the page's own title first.
    titles: tuple[str, ...]
    #: The checks declared for this block, in the order of the page.
    checks: tuple[Declared, ...]
    #: The docstring it stands in, as ``Shape.area.__doc__``; ``""`` on a page.
    within: str = ""


@dataclass(frozen=True)
class Role:
    """A piece of running text that the page marks with a role."""

    #: What the page calls the role.
    name: str
    #: Its text, without what escapes characters in the page's format.
    text: str
    #: Line in the page, from 1.
    line: int


@dataclass(frozen=True)
class Problem:
    """Something the author of a page must repair."""

    #: Line in the page, from 1.
    line: int
    #: What was found, what was expected, what to do next.
    message: str


class UnreadableFormat(Exception):
    """A page that can't be read for want of something that reads it. ``str()`` says what to do."""


@dataclass(frozen=True)
class Page:
    """All blocks of a page, in the order a reader sees them, and what is wrong with their checks.

    `roles` are those that were looked for.
    """

    blocks: tuple[Block, ...]
    problems: tuple[Problem, ...]
    roles: tuple[Role, ...] = ()


def split_sides(argument: str) -> list[str]:
    """The snippets that the argument of ``before-after`` names, each of which may be joined of several."""
    return re.findall(r"\S+(?:\s+\+\s+\S+)*", argument)
