"""What the line below a block says of an outcome, and the words that a project has for it."""

from __future__ import annotations

import sys

import pytest

from tests.tested_snippets.scratch_project import Project

PAGE = """
.. snippet-check:: accepted
   :runtime: other

.. snippet-check:: executed
   :fails: division

.. code-block:: python
   :name: share

   if "accepted" not in globals():
       1 / 0
"""


@pytest.fixture
def two_sided(project: Project) -> Project:
    """A project with a block that fails on one runtime and not on the other."""
    project.page(PAGE)
    project.replace(
        "docs/index.rst", "   :runtime: other\n", "   :runtime: other\n\n   accepted = True\n"
    )
    project.update().assert_outcomes(passed=2)
    return project


def test_a_runtime_may_have_words_of_its_own(two_sided: Project) -> None:
    """They stand in the line and behind it; a version of the environment can be part of them."""
    two_sided.configure(
        'tested_snippets_wording = {"other": {"runs": "accepted by Python {python}, {lib}"}}\n'
    )

    for builder in ("html", "text"):
        result = two_sided.build("-W", builder=builder)
        shown = result.shown("index.html" if builder == "html" else "index.txt")

        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        words = f"accepted by Python {version}, (no lib)"
        assert f"Checked: {words}, fails on py" in " ".join(shown.split())
        assert "runs on other" not in shown


def test_labels_tell_apart_what_ran_on_the_same_runtime(two_sided: Project) -> None:
    """Where each runtime has one check, its label would say nothing."""
    assert "Checked: runs on other, fails on py" in two_sided.build("-W").shown()

    two_sided.replace("docs/index.rst", "   :runtime: other\n", "")
    two_sided.update().assert_outcomes(passed=2)

    assert "runs on py (accepted), fails on py (executed)" in two_sided.build("-W").shown()


def test_a_runtime_may_have_a_name_for_readers(two_sided: Project) -> None:
    """In place of its own in lists and tables, once for each statement."""
    tests = (
        "import pytest\n\n\n"
        '@pytest.mark.snippet(statement="even", runtime="other")\n'
        "def test_even(): ...\n\n\n"
        '@pytest.mark.snippet(statement="even", runtime="other")\n'
        "def test_even_again(): ...\n"
    )
    two_sided.write("tests/test_a.py", tests)
    two_sided.page(f"{PAGE}\n:checked:`Two is even <even>`.\n\n.. evidence::\n   :by: runtime\n")
    two_sided.replace(
        "docs/index.rst", "   :runtime: other\n", "   :runtime: other\n\n   accepted = True\n"
    )
    two_sided.update()
    two_sided.configure('tested_snippets_wording = {"other": {"name": "the former lib"}}\n')

    shown = " ".join(two_sided.build("-W").shown().split())

    assert "Checked on the former lib Python" in shown
    assert shown.count(" other ") == 0


def test_the_sign_says_whether_a_block_runs_fails_or_does_both(two_sided: Project) -> None:
    """The side that the page declares first is told first."""
    assert "✓✗ Checked: runs on other, fails on py" in two_sided.build("-W").shown()

    two_sided.replace(
        "docs/index.rst", PAGE.partition(".. snippet-check:: executed")[0].strip(), ""
    )
    two_sided.replace("docs/index.rst", "   accepted = True\n", "")
    two_sided.update()

    assert "✗ Checked: fails on py" in two_sided.build("-W").shown()


@pytest.mark.parametrize(
    "wording",
    [
        '["other"]',
        '{"other": "accepted"}',
        '{"other": {"run": "accepted"}}',
        '{"other": {"runs": 1}}',
    ],
)
def test_words_that_have_not_the_form_are_refused(two_sided: Project, wording: str) -> None:
    """With the form, and with what was found."""
    two_sided.configure(f"tested_snippets_wording = {wording}\n")

    result = two_sided.build()

    assert result.status == 2
    assert "tested_snippets_wording maps a runtime to its words" in result.warnings
    assert result.warnings.lstrip().startswith("Configuration error")
