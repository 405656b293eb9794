"""Lines of a snippet that run and are not shown."""

from __future__ import annotations

import html
import json
import re

import pytest

from sphinxext.tested_snippets.__main__ import main
from tests.tested_snippets.scratch_project import Project

SOURCE = """
def greet():

    import os  # not shown
    with open(os.devnull) as log:
        name = "Ada"
        # The next line greets.
        print("hello", name)
    # </snippet>
"""
HIDDEN = """
.. snippet:: ../tests/code.py::greet
   :hide: # not shown
          /^with/
"""


@pytest.fixture
def guide(project: Project) -> Project:
    """A snippet of which the page hides two lines."""
    project.write("tests/code.py", SOURCE)
    project.page(HIDDEN)
    return project


def code(page: str) -> str:
    """The text of the first block of a page."""
    found = re.search(r"<pre[^>]*>(.*?)</pre>", page, flags=re.DOTALL)
    assert found
    return html.unescape(re.sub(r"<[^>]+>", "", found[1]))


def test_hidden_lines_run_and_the_page_says_how_many_they_are(guide: Project) -> None:
    """Without them the snippet would fail; what is left is dedented, as it stands alone."""
    guide.update().assert_outcomes(passed=1)

    built = guide.build("-W")

    wanted = 'name = "Ada"\n# The next line greets.\nprint("hello", name)\n'
    assert code(built.page()) == wanted
    assert '<p class="snippet-remark">2 lines that run are not shown.</p>' in built.page()
    assert "Checked: runs on py" in built.shown()


@pytest.mark.parametrize(("builder", "name"), [("text", "index.txt"), ("latex", "scratch.tex")])
def test_every_format_says_it(guide: Project, builder: str, name: str) -> None:
    """One line, and one that does not run, are worded as such."""
    guide.configure("latex_documents = [('index', 'scratch.tex', 'Title', 'Author', 'howto')]\n")
    guide.page(
        """
        .. snippet:: ../tests/code.py::greet
           :hide: import os
           :waive: it has no import

        .. snippet:: ../tests/code.py::greet
           :hide: # The next
        """
    )
    guide.update().assert_outcomes(passed=1)

    shown = guide.build("-W", builder=builder).page(name)

    assert "Not run: it has no import" in shown
    assert "1 line of it is not shown." in shown
    assert "1 line that runs is not shown." in shown


def test_a_change_in_a_hidden_line_makes_the_block_stale(guide: Project) -> None:
    """For the build and for the command alike, although the page looks the same."""
    guide.update()
    guide.build("-W")
    guide.replace("tests/code.py", "import os  # not shown", "import os, sys  # not shown")

    built = guide.build()

    assert "index.rst:4: WARNING: tests/code.py::greet is stale: its text changed" in built.warnings
    assert main(["check", "--root", str(guide.root)]) == 1
    guide.update()
    assert guide.build("-W").warnings == ""


def test_evidence_is_the_same_whatever_a_page_hides(guide: Project) -> None:
    """Another page, and a test, are about the same snippet with all of its lines."""
    guide.page(".. snippet:: ../tests/code.py::greet\n", "all")
    guide.write(
        "tests/test_code.py",
        """
        import pytest

        @pytest.mark.snippet("tests/code.py::greet", output="hello Ada")
        def test_it_greets(snippet):
            snippet.run()
        """,
    )
    guide.update().assert_outcomes(passed=3)

    built = guide.build("-W")

    assert "and gives hello Ada" in built.shown("index.html")
    assert "and gives hello Ada" in built.shown("all.html")
    listed = json.loads(guide.build(builder="snippets").page("snippets.json"))["pages"]
    (hiding,), (showing,) = listed["index"]["blocks"], listed["all"]["blocks"]
    assert (hiding["hidden"], showing["hidden"]) == (2, 0)
    assert hiding["digest"] == showing["digest"]


def test_what_is_hidden_or_shown_by_the_page_alone_asks_for_no_new_run(guide: Project) -> None:
    """What runs did not change."""
    guide.update()
    guide.page(HIDDEN.replace("# not shown", "# The next"))

    assert "# The next" not in guide.build("-W").shown()


def test_numbers_and_emphasis_are_those_of_the_lines_that_are_shown(guide: Project) -> None:
    """``:emphasize:`` goes by content, ``:emphasize-lines:`` and ``:linenos:`` count what is there."""
    guide.page(f"{HIDDEN}   :linenos:\n   :emphasize: hello\n   :emphasize-lines: 1\n")
    guide.update()

    page = guide.build("-W").page()

    lit = re.findall(r'<span class="hll"><span class="linenos">(\d)</span>', page)
    assert lit == ["1", "3"]


def test_lines_are_numbered_as_in_the_file_while_nothing_is_missing_between_them(
    guide: Project,
) -> None:
    """Lines may be hidden, and be blank, at the ends; after one in the middle the numbers would be wrong."""
    guide.page(f"{HIDDEN}   :lineno-match:\n")
    guide.update()

    page = guide.build("-W").page()
    assert re.findall(r'<span class="linenos">(\d)</span>', page) == ["5", "6", "7"]

    guide.page(HIDDEN.replace("/^with/", "# The next") + "   :lineno-match:\n")
    assert "as what follows line 5 of the file is left out" in guide.build().warnings


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ("# nowhere", ":hide: # nowhere is in no line of the snippet"),
        ("/(/", ":hide: /(/ is no regular expression"),
        ("/./", ":hide: leaves no line to be shown"),
    ],
)
def test_what_cant_be_hidden_is_an_error_on_the_page_and_in_pytest(
    guide: Project, patterns: str, message: str
) -> None:
    """It names the page and the line; nothing is shown that was not meant to be."""
    guide.page(f".. snippet:: ../tests/code.py::greet\n   :hide: {patterns}\n")

    built = guide.build()

    assert f"index.rst:4: WARNING: {message}" in built.warnings
    assert "open" not in built.shown()
    guide.run_pytest("docs").stdout.fnmatch_lines([f"*docs/index.rst:4: {message}*"])


def test_a_line_that_is_emphasized_has_to_be_shown(guide: Project) -> None:
    """Emphasis on what nobody sees is a mistake."""
    guide.page(f"{HIDDEN}   :emphasize: open\n")

    assert ":emphasize: open is in no line of the snippet" in guide.build().warnings


def test_a_side_of_a_comparison_may_hide_lines(guide: Project) -> None:
    """Its own line says so, the difference is that of what both show, and joined regions hide as well."""
    guide.page(
        """
        .. before-after::

           .. snippet:: ../tests/code.py::greet
              :hide: import os
                     open(

           .. snippet:: ../tests/code.py::greet + ../tests/code.py::greet
              :hide: import os
        """
    )
    guide.update().assert_outcomes(passed=2)

    shown = guide.build("-W").shown()

    assert shown.count("2 lines that run are not shown.") == 2
    assert "+ with open" in shown
    assert "import os" not in shown


ELSEWHERE = {
    "code-block": ".. code-block:: python\n{}\n\n   import os  # not shown\n   a = os.sep\n   b = a\n",
    "literalinclude": ".. literalinclude:: ../a.py\n   :start-after: # begin\n   :end-before: # end\n{}\n",
}


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_blocks_of_the_page_and_literalincludes_hide_and_emphasize_by_content_too(
    project: Project, kind: str
) -> None:
    """What is hidden runs, is counted below the block, and makes it stale; numbers count what is left."""
    project.write("a.py", "# begin\nimport os  # not shown\na = os.sep\nb = a\n# end\n")
    options = "   :hide: # not shown\n   :emphasize: b = a\n   :emphasize-lines: 1"
    project.page(ELSEWHERE[kind].format(options))
    project.update().assert_outcomes(passed=1)

    built = project.build("-W")

    assert code(built.page()) == "a = os.sep\nb = a\n"
    assert built.page().count('<span class="hll">') == 2
    assert "1 line that runs is not shown." in built.shown()
    assert "Checked: runs on py" in built.shown()
    for path in ("a.py", "docs/index.rst"):
        project.replace(path, "# not shown", "# unseen")
    assert "is stale: its text changed" in project.build().warnings


@pytest.mark.parametrize("kind", ELSEWHERE)
@pytest.mark.parametrize("option", [":hide: gone", ":emphasize: gone", ":hide: /./", ":hide: /(/"])
def test_what_they_cant_hide_is_an_error_on_the_page_and_in_pytest(
    project: Project, kind: str, option: str
) -> None:
    """Once each, at the block's line."""
    project.write("a.py", "# begin\nimport os  # not shown\na = os.sep\nb = a\n# end\n")
    project.page(ELSEWHERE[kind].format(f"   {option}"))
    built = project.build()
    assert f"docs/index.rst:4: WARNING: {option[:6]}" in built.warnings
    assert built.warnings.count("WARNING") == 1
    result = project.run_pytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*docs/index.rst:4: {option[:6]}*"])


def test_lines_of_a_literalinclude_are_not_numbered_as_in_the_file_where_some_are_hidden(
    project: Project,
) -> None:
    """The numbers would be wrong below the first that is left out."""
    project.write("a.py", "# begin\nimport os  # not shown\na = os.sep\nb = a\n# end\n")
    project.page(ELSEWHERE["literalinclude"].format("   :hide: # not shown\n   :lineno-match:"))
    assert (
        ":lineno-match: can't number lines of which some are left out" in project.build().warnings
    )
