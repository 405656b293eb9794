"""``.. before-after::``: two blocks, both of them judged, and how they differ."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinxext.tested_snippets.difference import difference
from tests.tested_snippets.scratch_project import Project

SOURCES = """
def old():
    import math
    x = math.sqrt(16)
    print(x)
    # </snippet>

def new():
    import math
    x = math.isqrt(16)
    print(x)
    # </snippet>
"""
ARGUMENTS = ".. before-after:: ../tests/code.py::old ../tests/code.py::new\n"


TWO = "\n   .. code-block:: python\n\n      1\n\n   .. code-block:: python\n\n      2\n"


def sides(page: str) -> list[str]:
    """What stands in each side of a page's before-after, with its tags."""
    return re.split(r'(?=<div[^>]*class="snippet-side")|<details class="snippet-difference"', page)[
        1:3
    ]


@pytest.fixture
def guide(project: Project) -> Project:
    """A project with an old and a new way of doing something."""
    project.write("tests/code.py", SOURCES)
    return project


def test_both_snippets_are_run_and_each_side_has_its_own_outcome(guide: Project) -> None:
    """What fails on the new version and what runs there stand beside each other, each with its line."""
    guide.write("tests/code.py", SOURCES.replace("math.sqrt(16)", "math.root(16)"))
    guide.page(f"   .. snippet-check::\n      :fails: no attribute 'root'\n\n   {ARGUMENTS}")

    guide.update().assert_outcomes(passed=2)
    built = guide.build("-W")

    old, new = sides(built.page())
    assert 'aria-label="Before"' in old
    assert "Checked: fails on py" in old
    assert "no attribute &#x27;root&#x27;" in old
    assert 'aria-label="After"' in new
    assert "Checked: runs on py" in new


def test_two_blocks_as_content_are_run_with_the_checks_before_each(guide: Project) -> None:
    """Any two blocks can stand beside each other, with what is declared for each of them."""
    guide.page(
        """
        .. before-after::
           :before: On **Python 2**
           :after: Now

           .. snippet-check::
              :fails: SyntaxError

           .. code-block:: python
              :caption: old.py

              print "old"

           .. snippet-check::
              :output: new

           .. literalinclude:: ../tests/new.py
        """
    )
    guide.write("tests/new.py", 'print("new")\n')

    guide.update().assert_outcomes(passed=2)
    built = guide.build("-W")

    old, new = sides(built.page())
    assert "On <strong>Python 2</strong>" in old
    assert "old.py" in old
    assert "fails on py" in old
    assert 'aria-label="Now"' in new
    assert "runs on py" in new


def test_what_was_never_run_is_said_of_the_side_it_is_true_of(guide: Project) -> None:
    """A build without evidence warns of both, under the name and the line of each."""
    guide.page(ARGUMENTS)

    warnings = guide.build().warnings

    assert "tests/code.py::old was never run" in warnings
    assert "tests/code.py::new was never run" in warnings
    assert warnings.count("index.rst:4:") == 2


def test_the_difference_is_shown_and_judged_by_nobody(guide: Project) -> None:
    """It opens without a script, and is no block that somebody would have to run."""
    guide.page(ARGUMENTS)
    guide.update().assert_outcomes(passed=2)

    built = guide.build("-W")

    text = built.shown().partition("Difference")[2]
    assert "- x = math.sqrt(16)\n+ x = math.isqrt(16)\n  print(x)" in text
    assert "<summary>Difference</summary>" in built.page()


def test_the_difference_can_be_left_out(guide: Project) -> None:
    """Where two sides have nothing in common, it would only repeat them."""
    guide.page(f"{ARGUMENTS}   :no-diff:\n   :waive: only shown\n")

    built = guide.build("-W")

    assert "Difference" not in built.page()
    assert built.shown().count("Not run: only shown") == 2


@pytest.mark.parametrize("form", ["arguments", "content"])
def test_an_edit_of_one_side_shows_there_and_in_the_difference(guide: Project, form: str) -> None:
    """The page is read again when a snippet of it changes, in whichever form it is written."""
    guide.page(
        ARGUMENTS
        if form == "arguments"
        else """
        .. before-after::

           .. snippet:: ../tests/code.py::old

           .. snippet:: ../tests/code.py::new
        """
    )
    guide.update()
    guide.build("-W")
    guide.replace("tests/code.py", "isqrt(16)", "isqrt(25)")

    built = guide.build()

    old, new = sides(built.page())
    assert "Checked: runs" in old
    assert "Changed since it was checked" in new
    assert "+ x = math.isqrt(25)" in built.shown()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (".. before-after:: ../tests/code.py::old", "it has 1 block, expected two"),
        (f"{ARGUMENTS.strip()} ../tests/code.py::old", "it has 3 blocks, expected two"),
        (".. before-after::", "it has 0 blocks, expected two"),
        (f"{ARGUMENTS}\n   .. code-block:: python\n\n      1\n", "not both"),
        (
            f".. before-after::\n\n   Words.\n{TWO}",
            "its content has a paragraph beside its blocks",
        ),
        (
            f".. before-after::\n   :waive: no\n{TWO}",
            ":waive: belongs to the blocks of its content",
        ),
    ],
)
def test_anything_but_two_blocks_is_an_error(guide: Project, written: str, message: str) -> None:
    """It says what was found and how to write it, and takes nothing off the page."""
    guide.page(written)
    guide.update()

    built = guide.build("-W", "--keep-going")

    assert built.status == 1
    assert "index.rst:4: WARNING: before-after: " in built.warnings
    assert message in built.warnings
    assert "never run" not in built.warnings
    assert message in built.shown()


def test_a_side_that_cant_be_cut_is_an_error_of_its_own(guide: Project) -> None:
    """The other side is shown as ever."""
    guide.page(ARGUMENTS.replace("::new", "::newer"))
    guide.update()

    built = guide.build()

    assert "tests/code.py" in built.warnings
    assert "newer" in built.warnings
    assert built.warnings.count("WARNING") == 1
    assert "Checked: runs" in built.shown()


def test_blocks_named_in_one_directive_keep_their_places_for_other_tools(guide: Project) -> None:
    """``sphinx-build -b snippets`` tells for each where it stands in its file."""
    guide.page(ARGUMENTS)
    built = guide.build(builder="snippets")

    blocks = json.loads(built.page("snippets.json"))["pages"]["index"]["blocks"]
    assert [(block["snippet"], block["region"]["first"]) for block in blocks] == [
        ("tests/code.py::old", 2),
        ("tests/code.py::new", 8),
    ]


@given(st.text("ab\n", max_size=30), st.text("ab\n", max_size=30))
def test_the_difference_holds_both_texts(before: str, after: str) -> None:
    """Nothing of either side is missing from it, and the order is that of the sides."""
    lines = difference(before, after).splitlines()
    if before.splitlines() or after.splitlines():
        assert [line[2:] for line in lines if line[:1] != "+"] == before.splitlines()
        assert [line[2:] for line in lines if line[:1] != "-"] == after.splitlines()
