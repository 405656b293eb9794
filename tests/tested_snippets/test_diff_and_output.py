"""``.. snippet-diff::`` and ``.. snippet-output::``: what is made of snippets and their checks."""

from __future__ import annotations

import pytest

from tests.tested_snippets.scratch_project import Project

SOURCES = """
def old():
    print("one")
    # </snippet>

# .. snippet-check:: plain
#    :output: two
# .. snippet-check:: elsewhere
#    :runtime: other
#    :output: deux
def new():
    print("two")
    print("deux")
    # </snippet>
"""
SHOWN = ".. snippet:: ../tests/code.py::new\n\n"
OUTPUT = ".. snippet-output:: ../tests/code.py::new\n"


@pytest.fixture
def guide(project: Project) -> Project:
    """A snippet with two checks that expect a line each."""
    project.write("tests/code.py", SOURCES)
    project.page(SHOWN)
    project.update().assert_outcomes(passed=2)
    return project


def test_the_difference_of_two_snippets_stands_alone(guide: Project) -> None:
    """Nobody has to run it, and neither side of it."""
    guide.page(".. snippet-diff:: ../tests/code.py::old ../tests/code.py::new\n")

    built = guide.build("-W")

    assert '- print("one")\n+ print("two")\n+ print("deux")\n' in built.shown()
    assert "Never run" not in built.shown()
    assert '- print("one")' in guide.build("-W", builder="text").page("index.txt")


def test_the_difference_changes_with_either_side(guide: Project) -> None:
    """Its page is written again although nothing but the file of the snippets changed."""
    guide.page(".. snippet-diff:: ../tests/code.py::old ../tests/code.py::new\n")
    guide.build("-W")
    guide.replace("tests/code.py", '"one"', '"uno"')

    assert '- print("uno")' in guide.build("-W").shown()


def test_a_side_may_be_a_block_of_a_page(guide: Project) -> None:
    """Of the page itself by its name alone, of another one with its path; an edit there changes the difference."""
    guide.page(".. code-block:: text\n   :name: tree\n   :waive: a drawing\n\n   one.py\n", "other")
    guide.page(
        """
        .. code-block:: text
           :name: tree
           :waive: a drawing

           two.py

        .. snippet-diff:: other.rst::tree tree
        """
    )
    assert "- one.py\n+ two.py\n" in guide.build("-W").shown()

    guide.replace("docs/other.rst", "one.py", "uno.py")
    assert "- uno.py\n+ two.py\n" in guide.build("-W").shown()


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("../tests/code.py::old", "it has 1 snippet, expected two"),
        ("../tests/code.py::old ../tests/code.py::newer", "newer"),
        ("../tests/code.py::old new", "there is no block 'new' on this page. Give a block that"),
        ("../tests/code.py::old index.rst::new", "there is no block 'new' on docs/index.rst"),
        ("../tests/code.py::old ../tests/gone.py::new", "tests/gone.py: cannot be read"),
    ],
)
def test_a_difference_that_cant_be_made_is_a_warning(
    guide: Project, argument: str, message: str
) -> None:
    """It stands on the page, too; and it goes with the file that is repaired."""
    guide.page(f".. snippet-diff:: {argument}\n")

    built = guide.build()

    assert "index.rst:4: WARNING: snippet-diff: " in built.warnings
    assert message in built.warnings
    assert message in built.shown()


def test_a_label_says_which_of_several_checks_on_a_runtime_is_shown(guide: Project) -> None:
    """As in the line below the block: without it, a reader can't tell whose message it is."""
    guide.replace("tests/code.py", "#    :runtime: other\n", "")
    guide.page(f"{SHOWN}{OUTPUT}   :check: elsewhere\n")
    guide.update()

    assert "Observed: runs on py (elsewhere) (Python 3." in guide.build("-W").shown()


@pytest.mark.parametrize("option", [":check: plain", ":runtime: py"])
def test_the_observed_line_of_a_check_is_shown(guide: Project, option: str) -> None:
    """With the environment in which it was observed; of several checks the one that is named."""
    guide.page(f"{SHOWN}{OUTPUT}   {option}\n")

    built = guide.build("-W")

    after = built.shown().partition("Observed: runs on py (Python 3.")[2]
    assert ").\ntwo\n" in after
    text = guide.build("-W", builder="text").page("index.txt")
    assert ").\n\n   two\n" in text.partition("Observed: runs on py")[2]


def test_a_block_of_the_page_is_named_alone(guide: Project) -> None:
    """And its failure is as good an output as what it prints."""
    guide.page(
        """
        .. snippet-check::
           :fails: ZeroDivisionError

        .. code-block:: python
           :name: division

           1 / 0

        .. snippet-output:: division
        """
    )
    guide.update().assert_outcomes(passed=1)

    assert ").\nZeroDivisionError: division by zero\n" in guide.build("-W").shown()


def test_an_output_changes_with_the_evidence(guide: Project) -> None:
    """Its page, which shows no block, is written again when the checks have run again."""
    guide.page(SHOWN, "guide")
    guide.page(f"{OUTPUT}   :runtime: py\n")
    guide.update()
    guide.build("-W")
    guide.replace("tests/code.py", 'print("two")', 'print("two and")')

    stale = guide.build()
    assert (
        "index.rst:4: WARNING: snippet-output: nothing is known of tests/code.py::new"
        in stale.warnings
    )
    assert "its text changed since" in stale.shown()

    guide.update()
    assert ").\ntwo and\n" in guide.build("-W").shown()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (OUTPUT, "several checks of tests/code.py::new have observed a text"),
        (f"{OUTPUT}   :check: other\n", "with check 'other' has observed a text"),
        (OUTPUT.replace("::new", "::old"), "no check has run it"),
        (".. snippet-output:: nothing\n", "there is no block 'nothing' on this page"),
        (".. snippet-output:: ../tests/code.py::none\n", "none"),
    ],
)
def test_an_output_that_is_not_there_is_a_warning(
    guide: Project, written: str, message: str
) -> None:
    """It says what there is, and what to write."""
    guide.page(f"{SHOWN}{written}")

    built = guide.build()

    assert "index.rst:6: WARNING: snippet-output: " in built.warnings
    assert message in built.warnings
    assert message in built.shown()
