"""Settings and calls that can't be used are told in a sentence, without a traceback."""

from __future__ import annotations

import pytest

from tests.tested_snippets.scratch_project import Project

TEST = """
import pytest


def greet():
    print("hello")
    # </snippet>


@pytest.mark.snippet("greet")
def test_greet(snippet):
    snippet.observe(3)
"""


@pytest.mark.parametrize(
    "option", ["snippets_depends", "snippets_literals_depends", "snippets_tests"]
)
def test_a_glob_that_does_not_start_from_the_root_is_refused(project: Project, option: str) -> None:
    """The message names the option and the folder."""
    project.page(".. code-block:: python\n\n   x = 1\n")
    project.set_pytest("snippets_depends = ['*.toml']")
    project.set_pytest(f"{option} = ['/etc/*']")
    result = project.run_pytest()
    printed = result.stderr.str() + result.stdout.str()
    assert f"{option} takes globs from {project.root}" in printed
    assert "INTERNALERROR" not in printed


def test_what_was_observed_has_to_be_text(project: Project) -> None:
    """A number is no line that anybody saw."""
    project.write("tests/test_a.py", TEST)
    result = project.run_pytest("tests")
    result.assert_outcomes(failed=1)
    assert "snippet.observe() takes the text that was seen, found 3" in result.stdout.str()
    assert "AttributeError" not in result.stdout.str()


def test_static_paths_may_be_a_tuple(project: Project) -> None:
    """Sphinx takes one as well."""
    project.page("x")
    project.configure('html_static_path = ("static",)\n')
    project.write("docs/static/own.css", "")
    built = project.build()
    assert built.status == 0
    assert (built.folder / "_static/tested_snippets.css").exists()
    assert (built.folder / "_static/own.css").exists()
