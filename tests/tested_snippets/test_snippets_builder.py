"""``sphinx-build -b snippets``: what is shown where, for other tools."""

from __future__ import annotations

import json
import sys
from typing import Any

from sphinxext.tested_snippets.testing import BuildResult
from tests.tested_snippets.scratch_project import Project

TESTS = """
import pytest

def greet():
    print("hello")
    # </snippet>

def later():
    print("later")
    # </snippet>

@pytest.mark.snippet("greet", output="hello")
def test_greet(snippet):
    snippet.run()
"""

PAGE = """
.. snippet:: ../tests/test_a.py::greet

.. code-block:: python
   :name: inline

   1 / 0

.. code-block:: python
   :waive: only an idea

   ...

.. snippet:: ../tests/test_a.py::nothing
"""


def prepared(project: Project) -> Project:
    """A project with a page that has a block of most states, recorded."""
    project.write("tests/test_a.py", TESTS)
    project.page(PAGE)
    project.update()
    return project


def data(result: BuildResult) -> Any:
    """What the build has written."""
    return json.loads(result.page("snippets.json"))


def test_each_block_is_listed_with_its_state_and_its_checks(project: Project) -> None:
    """Page by page: where the text is from, what ran it, and what was observed."""
    found = data(prepared(project).build(builder="snippets"))
    assert found["states"] == {"failing": 1, "verified": 1, "waived": 1}
    page = found["pages"]["index"]
    assert page["path"] == "docs/index.rst"
    greet, inline, waived = page["blocks"]
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert greet["snippet"] == "tests/test_a.py::greet"
    assert greet["region"] == {"path": "tests/test_a.py", "first": 4, "last": 4}
    assert greet["checks"][1] == {
        "test": "tests/test_a.py::test_greet",
        "recorded": True,
        "runtime": "py",
        "environment": {"python": version, "packages": {}},
        "expected": {"fails": None, "output": "hello"},
        "passed": True,
        "observed": "hello",
        "outdated": None,
    }
    assert (inline["line"], inline["state"], inline["region"]) == (6, "failing", None)
    assert inline["reason"] == ("docs/index.rst::inline: ZeroDivisionError: division by zero")
    assert (waived["state"], waived["reason"]) == ("waived", "only an idea")
    (defect,) = page["defects"]
    assert defect["line"] == 16
    assert "there is no snippet 'nothing'" in defect["message"]


def test_what_was_not_recorded_is_listed_too(project: Project) -> None:
    """A declared check without evidence, and evidence that doesn't hold any more."""
    prepared(project)
    project.replace(
        "docs/index.rst",
        ".. code-block:: python\n   :name",
        ".. snippet-check:: new\n\n.. code-block:: python\n   :name",
    )
    project.replace("tests/test_a.py", "    snippet.run()", "    snippet.run(setup='')")
    greet, inline, _ = data(project.build(builder="snippets"))["pages"]["index"]["blocks"]
    assert (greet["state"], greet["checks"][1]["outdated"]) == (
        "stale",
        "changed since it ran",
    )
    assert inline["checks"][-1] == {"test": "docs/index.rst::inline[new]", "recorded": False}


def test_the_file_is_the_same_whatever_was_read_in_which_build(project: Project) -> None:
    """Built anew, again without a change, in parallel, and after an edit was taken back."""
    prepared(project)
    for number in range(12):
        project.page(f".. code-block:: python\n\n   x = {number}\n", name=f"page{number}")
    first = project.build(builder="snippets").page("snippets.json")
    assert project.build(builder="snippets").page("snippets.json") == first
    assert project.build("-j", "2", builder="snippets", out="two").page("snippets.json") == first
    project.replace("docs/page3.rst", "x = 3", "x = 30")
    assert project.build(builder="snippets").page("snippets.json") != first
    project.replace("docs/page3.rst", "x = 30", "x = 3")
    assert project.build(builder="snippets").page("snippets.json") == first


def test_new_evidence_shows_in_a_build_that_reads_no_page(project: Project) -> None:
    """The file is written anew although no page has changed."""
    prepared(project)
    project.page(".. code-block:: python\n   :name: inline\n\n   x = 1\n")
    assert data(project.build(builder="snippets"))["states"] == {"stale": 1}
    project.update()
    assert data(project.build(builder="snippets"))["states"] == {"verified": 1}


def test_the_build_warns_as_any_other_and_fails_with_w(project: Project) -> None:
    """A tool may read the file of a build that fails: it has what is wrong."""
    result = prepared(project).build("-W", "--keep-going", builder="snippets")
    assert result.status == 1
    assert "docs/index.rst::inline failed its check" in result.warnings
    assert data(result)["states"]["failing"] == 1
    project.evidence_file.write_text("{")
    result = project.build(builder="snippets")
    (error,) = data(result)["errors"]
    assert "is not an evidence file" in error
    assert not [file for file in result.folder.iterdir() if file.suffix == ".html"]
