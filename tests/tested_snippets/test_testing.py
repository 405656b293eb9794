"""The public test helpers, as a project uses them that has nothing of this repository."""

from __future__ import annotations

import pytest

from sphinxext.tested_snippets.testing import SnippetProject

PAGE = """
.. code-block:: python
   :name: hello

   print("hello")

.. code-block:: python
   :name: later
   :waive: not written yet

   greet()
"""


def test_a_test_follows_a_block_from_never_run_to_stale(pytester: pytest.Pytester) -> None:
    """A new project runs with the built-in runner, and tells the state of each block by its name."""
    project = SnippetProject(pytester)
    project.page(PAGE)
    hello, later = "docs/index.rst::hello", "docs/index.rst::later"

    assert project.states() == {hello: "never_run", later: "waived"}
    project.update().assert_outcomes(passed=1)
    assert project.states() == {hello: "verified", later: "waived"}
    project.run_pytest().assert_outcomes(passed=1)
    assert hello in project.evidence_file.read_text(encoding="utf-8")
    project.replace("docs/index.rst", 'print("hello")', 'print("good evening")')
    assert project.states()[hello] == "stale"


def test_a_build_gives_its_status_its_warnings_and_its_pages(pytester: pytest.Pytester) -> None:
    """Other builders and options are those of sphinx-build."""
    project = SnippetProject(pytester)
    project.page(PAGE)

    html = project.build("-W")
    text = project.build(builder="text")

    assert html.status != 0
    assert "docs/index.rst::hello was never run" in html.warnings
    assert text.status == 0
    assert "Never run" in text.page("index.txt")
    assert "Not run: not written yet" in project.build(out="again").shown()


def test_what_is_there_already_is_kept(pytester: pytest.Pytester) -> None:
    """A copied project keeps its settings; both kinds can be added to."""
    docs = pytester.mkdir("docs")
    (docs / "conf.py").write_text('extensions = ["sphinxext.tested_snippets"]\n', encoding="utf-8")
    project = SnippetProject(pytester)
    project.configure('project = "kept"\n')
    project.set_pytest('snippets_runtimes = ["mine = snippets_python"]')
    project.page(PAGE)

    project.update()

    conf = (docs / "conf.py").read_text(encoding="utf-8")
    assert conf == 'extensions = ["sphinxext.tested_snippets"]\nproject = "kept"\n'
    assert "runs on mine" in project.build().shown()


def test_an_edit_that_changes_nothing_is_refused(pytester: pytest.Pytester) -> None:
    """A test that means to break something has to notice when it doesn't."""
    project = SnippetProject(pytester)
    page = project.page(PAGE)

    with pytest.raises(ValueError, match=r"docs/index\.rst does not have 'good night'"):
        project.replace("docs/index.rst", "good night", "")
    assert "hello" in page.read_text(encoding="utf-8")
