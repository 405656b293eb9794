"""Options of directives mean what they mean to docutils, though they are read another way."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, directives
from docutils.parsers.rst.states import Body
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sphinxext.tested_snippets import option_blocks
from tests.tested_snippets.scratch_project import Project

SEEN: list[tuple[dict[str, Any], list[str]]] = []


class Recorded(Directive):
    """Records the options that it gets."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[Any] = {
        "text": directives.unchanged,
        "needed": directives.unchanged_required,
        "flag": directives.flag,
        "number": int,
        "a-b": directives.class_option,
        "disabled": None,
    }

    def run(self) -> list[Any]:
        """Nothing to show."""
        SEEN.append((self.options, list(self.content)))
        return []


@pytest.fixture(scope="module", autouse=True)
def _recorded() -> Iterator[None]:
    directives.register_directive("recorded", Recorded)
    yield
    del directives._directives["recorded"]  # type: ignore[attr-defined]


def _read(lines: list[str]) -> tuple[list[tuple[dict[str, Any], list[str]]], str]:
    """The options of a directive with these lines, and what docutils says."""
    SEEN.clear()
    page = "\n".join([".. recorded:: it", *(f"   {line}" for line in lines), "", "Text"])
    said = io.StringIO()
    publish_doctree(page, settings_overrides={"warning_stream": said, "report_level": 1})
    return list(SEEN), said.getvalue()


NAMES = st.sampled_from(
    [*Recorded.option_spec, "Text", "unknown", "a b", "t_", "*t*", "a:b", "t`x`", ""]
)
VALUES = st.one_of(
    st.sampled_from(
        ["", " ", "1", "x y", "a\\ b", ": b", "`c`:", "*d*", "e:: ", "\u00a0", "\x00", "é\x0bf"]
    ),
    st.text(max_size=6),
)
LINES = st.one_of(
    st.builds(":{}: {}".format, NAMES, VALUES),
    st.builds(":{}:{}".format, NAMES, VALUES),
    st.builds("   {}".format, VALUES),
    VALUES,
)


@given(st.lists(LINES, max_size=5))
@example([":text: plain", ":number: 1", ":flag:"])
@example([":text: one", ":text: two"])
@example([":number: none"])
@example([":disabled: x"])
@example([":text: one", "  and more"])
@example([":text: \x00"])
@settings(deadline=None)
def test_options_and_complaints_are_those_of_docutils(lines: list[str]) -> None:
    """Whatever is written where options stand, the directive gets the same and the author reads the same."""
    expected = _read(lines)
    option_blocks.read_fast()
    try:
        assert _read(lines) == expected
    finally:
        option_blocks.read_as_docutils()


def test_docutils_is_as_it_was_after_a_build(project: Project) -> None:
    """Whoever uses docutils in the same process later gets it unchanged."""
    before = Body.parse_extension_options
    project.page(".. code-block:: python\n   :caption: Shown\n\n   x = 1\n")
    project.build()
    assert Body.parse_extension_options is before
