"""The scanner of roles and literals agrees with docutils about what is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import roles
from docutils.utils import unescape
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sphinxext.tested_snippets.rest import scan
from sphinxext.tested_snippets.statement import ROLES

#: What inline markup is made of; a line never begins with any of it, for that would be another construct.
PIECES = (
    ":checked:`",
    ":unchecked:`",
    ":Checked:`",
    ":other:`",
    ":literal:`",
    "``x``",
    "words <id>`",
    "`",
    "``",
    "*",
    "**",
    "|",
    "\\",
    "_",
    "word",
    " ",
    " ",
    ".",
    "(",
    ")",
    '"',
    "'",
    '"*"',
    " '`' ",
    "(`)",
    "\nnext ",
    "\n\nParagraph ",
)
_FOUND: list[tuple[str, str]] = []


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    """Roles of docutils that only note what they get."""

    def note(name: str, rawtext: str, text: str, *_: Any, **__: Any) -> tuple[list[Any], list[Any]]:
        _FOUND.append((name.lower(), unescape(text)))
        return [], []

    for name in ROLES:
        roles.register_local_role(name, note)
    yield
    for name in ROLES:
        del roles._roles[name]  # type: ignore[attr-defined]


@settings(deadline=None, max_examples=150)
@example('"*" :checked:`words <id>` x*')
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_roles_in_running_text_are_those_of_docutils(text: str) -> None:
    """Whatever quotes, escapes, literals and other markup stand around them."""
    page = f"Begin {text}"
    _FOUND.clear()
    publish_doctree(page, settings_overrides={"report_level": 5, "halt_level": 6})

    assert [(role.name, role.text) for role in scan(page).roles] == _FOUND


@settings(deadline=None, max_examples=150)
@example("``a\\`` b`` and ``c\\ d``")
@example("Term ``x``\n   ``y``")
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_literals_in_running_text_are_those_of_docutils(text: str) -> None:
    """Double backquotes and the role, whatever quotes, escapes and other markup stand around them."""
    page = f"Begin {text}"
    document = publish_doctree(page, settings_overrides={"report_level": 5, "halt_level": 6})

    found = [role.text for role in scan(page, roles=["literal"]).roles]

    shown = document.findall(nodes.literal)
    assert found == [node.astext() for node in shown if not node["classes"]]
