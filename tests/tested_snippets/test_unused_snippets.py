"""A test is evidence for a snippet only when it does something with it."""

from __future__ import annotations

import pytest

from tests.tested_snippets.scratch_project import Project

PAGE = """
.. snippet:: ../cases/test_a.py::greet

.. literalinclude:: ../cases/test_a.py
   :start-after: [START part]
   :end-before: [END part]

.. snippet:: ../cases/other.py::shout

.. code-block:: python
   :name: here

   x = 1
"""
SNIPPETS = """
import pytest
from pathlib import Path

from . import other
from .other import shout as loud


def greet():
    raise ValueError("never called")
    # </snippet>


def outer():
    # [START part]
    x = 1
    # [END part]


@pytest.fixture
def greeter():
    return greet


def call_it():
    with pytest.raises(ValueError):
        greet()
"""
OTHER = """
def shout():
    raise ValueError("never called")
    # </snippet>
"""


def outcome(project: Project, test: str) -> pytest.RunResult:
    """Run a test beside the snippets."""
    styles = ("def {name}(): => # </snippet>", "[START {name}] => [END {name}]")
    project.set_pytest(f"snippets_marker = {list(styles)}")
    project.configure(f"tested_snippets_marker = {list(styles)}\n")
    project.page(PAGE)
    project.write("cases/__init__.py", "")
    project.write("cases/other.py", OTHER)
    project.write("cases/test_a.py", SNIPPETS + "\n\n" + test)
    return project.update("cases")


UNUSED = {
    "no fixture and no use": '@pytest.mark.snippet("greet")\ndef test_it(): pass',
    "a fixture that nothing is done with": '@pytest.mark.snippet("greet")\ndef test_it(snippet): pass',
    "another name of the file": '@pytest.mark.snippet("greet")\ndef test_it(): outer()',
    "a region in a function that is not called": '@pytest.mark.snippet("part")\ndef test_it(): call_it()',
    "a snippet of another file": '@pytest.mark.snippet("cases/other.py::shout")\ndef test_it(): call_it()',
    "a block of a page": '@pytest.mark.snippet("docs/index.rst::here")\ndef test_it(): call_it()',
    "one of several": '@pytest.mark.snippet("greet")\n@pytest.mark.snippet("part")\n'
    'def test_it(snippets): snippets["greet"].text',
}


@pytest.mark.parametrize("test", UNUSED.values(), ids=list(UNUSED))
def test_a_test_that_does_nothing_with_its_snippet_is_no_evidence(
    project: Project, test: str
) -> None:
    """It is broken, and says what to do; the page does not say that the snippet runs."""
    result = outcome(project, test)
    result.assert_outcomes(failed=1)
    printed = result.stdout.str()
    assert "cases/test_a.py::test_it: the marker `snippet` names " in printed
    assert "Call `snippet.run()` or" in printed
    assert "broken" in printed
    assert not (project.root / "docs/evidence").exists()
    assert "was never run" in project.build().warnings


USED = {
    "it is called": '@pytest.mark.snippet("greet")\ndef test_it():\n    pytest.raises(ValueError, greet)',
    "a helper calls it": '@pytest.mark.snippet("greet")\ndef test_it(): call_it()',
    "a fixture gives it": '@pytest.mark.snippet("greet")\ndef test_it(greeter): assert greeter',
    "it is a parameter": '@pytest.mark.snippet("greet")\n@pytest.mark.parametrize("f", [greet])\ndef test_it(f): f',
    "a region in a function that is called": '@pytest.mark.snippet("part")\ndef test_it(): outer()',
    "a region of the test itself": '@pytest.mark.snippet("own")\ndef test_it():\n    # [START own]\n    x = 1\n    # [END own]',
    "its text is read": '@pytest.mark.snippet("greet")\ndef test_it(snippet): assert "ValueError" in snippet.text',
    "it is observed": '@pytest.mark.snippet("greet")\ndef test_it(snippet): snippet.observe("x")',
    "what it is called elsewhere": '@pytest.mark.snippet("cases/other.py::shout")\ndef test_it():\n'
    "    pytest.raises(ValueError, loud)",
    "it is an attribute of its module": '@pytest.mark.snippet("cases/other.py::shout")\ndef test_it(): other.shout',
    "its file is read": '@pytest.mark.snippet("docs/index.rst::here")\ndef test_it():\n'
    '    assert Path(__file__).parent.parent.joinpath("docs/index.rst").read_text()',
    "a test in a class": '@pytest.mark.snippet("greet")\nclass TestIt:\n    def call(self): pytest.raises(ValueError, greet)\n'
    "    def test_it(self): self.call()",
    "code that runs when the file is imported": "# [START top]\nLIMIT = 1\n# [END top]\n\n"
    '@pytest.mark.snippet("top")\ndef test_it(): pass',
}


@pytest.mark.parametrize("test", USED.values(), ids=list(USED))
def test_whatever_a_test_does_with_its_snippet_counts(project: Project, test: str) -> None:
    """It may run it, call it, read it, or have others do so."""
    result = outcome(project, test)
    result.assert_outcomes(passed=1)
    assert project.evidence_file.exists()
