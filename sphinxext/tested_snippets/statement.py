"""A statement in running text: the words a reader sees, and the check or the reason behind them. Pure.

::

    :checked:`the statement <check-id>`
    :unchecked:`the statement <why nobody can check it>`

The words may have code in single backquotes, and text in one or two asterisks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sphinxext.tested_snippets.evidence import digest
from sphinxext.tested_snippets.page import Role

__all__ = [
    "ROLES",
    "PageStatement",
    "Statement",
    "is_statement",
    "parse",
    "pieces",
    "read_all",
    "snippet_name",
]

#: The roles: what stands in the angle brackets, and what that means.
ROLES = {
    "checked": ("id", "A statement that a test proves: the one whose marker has this id."),
    "unchecked": ("reason", "A statement that nobody can check, and why."),
}

_FORM = re.compile(r"(?P<words>.*\S)\s*<(?P<target>[^<>]*)>\s*", re.DOTALL)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
_PIECE = re.compile(r"`(?P<code>[^`]+)`|(?P<stars>\*\*?)(?P<text>(?! )[^*]+(?<! ))(?P=stars)")
_PREFIX = "statement::"


@dataclass(frozen=True)
class Statement:
    """A statement, taken apart.

    :param markup: the words as written, white space collapsed.
    :param name: the id of its check, "" where it has none.
    :param reason: why it can't be checked, None where it is.
    """

    markup: str
    name: str = ""
    reason: str | None = None

    @property
    def words(self) -> str:
        """What the reader sees."""
        return "".join(text for _, text in pieces(self.markup))

    @property
    def digest(self) -> str:
        """Changes with what the reader sees."""
        return digest(self.words)


@dataclass(frozen=True)
class PageStatement:
    """A statement of a page; `line` is 1-based. One of `statement` and `defect` is None."""

    line: int
    statement: Statement | None
    defect: str | None = None


def snippet_name(name: str) -> str:
    """What the evidence calls the statement with the check `name`."""
    return _PREFIX + name


def is_statement(snippet: str) -> bool:
    """Whether the evidence means a statement by this name of a snippet."""
    return snippet.startswith(_PREFIX)


def parse(role: str, text: str) -> Statement:
    """Take the text of a role apart.

    :raises ValueError: it has not the form.
    """
    match = _FORM.fullmatch(text)
    words, target = (_one_line(match["words"]), _one_line(match["target"])) if match else ("", "")
    if role == "unchecked":
        if not target:
            raise ValueError(f"{_quoted(role, text)} lacks a reason: write `the statement <why>`")
        return Statement(words, reason=target)
    if not target:
        raise ValueError(f"{_quoted(role, text)} lacks the id of its check: write `words <id>`")
    if not _NAME.fullmatch(target):
        raise ValueError(
            f"{_quoted(role, text)} has the id {target!r}, expected lower-case letters, digits, "
            "dots, hyphens and underscores, for instance `login-stores-ce`"
        )
    return Statement(words, name=target)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quoted(role: str, text: str) -> str:
    shown = _one_line(text)
    return f":{role}:`{shown if len(shown) < 60 else shown[:57] + '...'}`"


def pieces(markup: str) -> list[tuple[str, str]]:
    """The words as (kind, text): ``text``, ``code``, ``emphasis`` or ``strong``."""
    found, end = [], 0
    for match in _PIECE.finditer(markup):
        if match.start() > end:
            found.append(("text", markup[end : match.start()]))
        if match["code"] is not None:
            found.append(("code", match["code"]))
        else:
            found.append(("strong" if match["stars"] == "**" else "emphasis", match["text"]))
        end = match.end()
    return [*found, ("text", markup[end:])] if markup[end:] else found


def read_all(roles: Iterable[Role]) -> tuple[PageStatement, ...]:
    """The statements that the roles of a page make."""
    return tuple(_read(role) for role in roles if role.name in ROLES)


def _read(role: Role) -> PageStatement:
    try:
        return PageStatement(role.line, parse(role.name, role.text))
    except ValueError as error:
        return PageStatement(role.line, None, str(error))
