"""Which inline literals a page has: the names in its running text that look like code. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import itemgetter

from sphinxext.tested_snippets.page import Role
from sphinxext.tested_snippets.resolution import Literal
from sphinxext.tested_snippets.statement import PageStatement, pieces

__all__ = [
    "LITERAL_ROLES",
    "STRONG_ROLES",
    "TEST",
    "collapsed",
    "literals_of",
    "record_name",
]

#: The roles whose text a reader sees as code and Sphinx looks up nowhere; double backquotes are ``literal``.
LITERAL_ROLES = ("literal", "code", "file", "samp", "command", "program")
#: Those of them that Sphinx shows in bold.
STRONG_ROLES = frozenset({"command", "program"})
#: Those of them in which braces mark what a reader has to fill in.
_WITH_BRACES = frozenset({"file", "samp"})
#: What the check of a page's literals is called on the page.
TEST = "inline-literals"


def collapsed(text: str) -> str:
    """A text as a browser shows it."""
    return " ".join(text.split())


def literals_of(
    page: str, roles: Iterable[Role], statements: Iterable[PageStatement]
) -> tuple[Literal, ...]:
    """The inline literals of the page of this path: each text once, in the order of the lines.

    :param roles: all roles of the page.
    :param statements: the statements, whose words may have literals among them.
    """
    found = [(role.line, _shown(role)) for role in roles if role.name in LITERAL_ROLES]
    for known in statements:
        markup = known.statement.markup if known.statement else ""
        found += [(known.line, text) for kind, text in pieces(markup) if kind == "code"]
    first: dict[str, Literal] = {}
    for line, text in sorted(found, key=itemgetter(0)):
        first.setdefault(collapsed(text), Literal(collapsed(text), page, line))
    return tuple(first.values())


def _shown(role: Role) -> str:
    return re.sub(r"\{([^{}]+)\}", r"\1", role.text) if role.name in _WITH_BRACES else role.text


def record_name(page: str) -> str:
    """What the evidence calls the literals of the page of this path."""
    return f"literals::{page}"
