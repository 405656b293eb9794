"""``.. evidence::`` and ``.. snippet-coverage::``: what is known of all pages, as tables on one of them."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from sphinxext.tested_snippets.testing import BuildResult
from tests.tested_snippets.scratch_project import Project

TESTS = """
import pytest

def shown():
    print("hello")
    # </snippet>

def hidden():
    print("nobody reads me")
    # </snippet>

@pytest.mark.snippet("hidden")
def test_hidden(snippet):
    snippet.run()

@pytest.mark.snippet(statement="even")
def test_even():
    assert 2 % 2 == 0
"""
GUIDE = r"""
:checked:`Two is even <even>`, and :unchecked:`it was so before <nobody was there>`.

.. snippet:: ../tests/test_code.py::shown

.. snippet-check::
   :fails: ZeroDivisionError
   :runtime: other

.. code-block:: python
   :name: division

   1 / 0

.. code-block:: python
   :waive: for the eye only

   2
"""


@pytest.fixture
def guide(project: Project) -> Project:
    """Two pages whose blocks and statements are checked."""
    project.write("tests/test_code.py", TESTS)
    project.page(GUIDE, "guide")
    project.page(".. snippet:: ../tests/test_code.py::shown\n", "more")
    project.page(".. evidence::\n")
    project.update().assert_outcomes(passed=5)
    return project


def table(built: BuildResult, name: str = "index.html") -> list[list[str]]:
    """The cells of the table on a built page."""
    (text,) = re.findall(r"<table.*?</table>", built.page(name), re.DOTALL)
    rows = re.findall(r"<tr.*?</tr>", text, re.DOTALL)
    return [
        [
            " ".join(re.sub(r"<[^>]+>", "", cell).split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def copy_evidence(
    project: Project,
    package: str,
    *,
    only: str = "",
    with_package: Mapping[str, str] | None = None,
    **changes: object,
) -> Path:
    """Put the evidence into evidence/matrix as if it came from `package`, with these changes of each check.

    :param only: the name of the snippet whose checks are changed; default: all.
    :param with_package: the versions of other packages that come with it.
    """
    data = json.loads(project.evidence_file.read_text())
    packages = {"lib": package, **(with_package or {})}
    data["environment"]["packages"] = packages
    data["checks"] = [
        {**check, **changes} if only in {"", check["snippet"]} else check
        for check in data["checks"]
    ]
    parts = [f"python-{data['environment']['python']}", *map("-".join, sorted(packages.items()))]
    return project.write(f"docs/evidence/matrix/{'_'.join(parts)}.json", json.dumps(data))


def test_the_table_by_page_counts_blocks_and_statements(guide: Project) -> None:
    """Each page is a link, and there is a sum; a page without blocks has no row."""
    built = guide.build("-W")

    assert table(built) == [
        [
            *("Page", "Verified", "Failing", "Stale", "Never run", "Waived, with a reason"),
            *("Statements checked", "Statements not checked"),
        ],
        ["Page guide", "2", "0", "0", "0", "1", "1", "1"],
        ["Page more", "1", "0", "0", "0", "0", "0", "0"],
        ["All pages", "3", "0", "0", "0", "1", "1", "1"],
    ]
    assert 'href="guide.html"' in built.page()


def test_the_table_changes_with_an_outcome_on_another_page(guide: Project) -> None:
    """Its page is written again although nobody touched it, and a build after that writes nothing."""
    guide.build("-W")
    guide.replace("tests/test_code.py", "hello", "good day")

    built = guide.build()
    assert table(built)[-1] == ["All pages", "1", "0", "2", "0", "1", "1", "1"]

    page = built.folder / "index.html"
    before = page.stat().st_mtime_ns
    guide.build()
    assert page.stat().st_mtime_ns == before


def test_the_table_follows_the_title_of_a_page(guide: Project) -> None:
    """A page is called what it is called now."""
    guide.build("-W")
    guide.replace("docs/guide.rst", "Page guide\n", "The guide\n")

    assert table(guide.build("-W"))[1][0] == "The guide"


def test_the_table_by_statement_says_what_is_known_of_each(guide: Project) -> None:
    """In its sentence: where it was checked, or the reason why nobody can."""
    guide.page(".. evidence::\n   :by: statement\n   :pages: guide\n")

    sentence = "Two is even, and it was so before."
    built = guide.build("-W")
    assert table(built) == [
        ["Statement", "What is known of it"],
        [sentence, f"✓ Checked on py (Python {_python(guide)})"],
        [sentence, "? Not checked: nobody was there"],
    ]

    for part in ("Two is even", "it was so before"):
        assert f"<strong>{part}</strong>" in built.page()

    guide.replace("tests/test_code.py", "2 % 2", "4 % 2")
    assert table(guide.build())[1][1].startswith("Stale: the test tests/test_code.py::test_even")


def test_what_stands_in_sections_is_known_by_their_titles(guide: Project) -> None:
    """Where several blocks stand in one, by their names as well."""
    block = ".. code-block:: python\n   :name: {}\n\n   {}\n\n"
    guide.page(
        "Part\n----\n\n"
        f"First\n~~~~~\n\n{block.format('one', 11)}"
        f"Second\n~~~~~~\n\n{block.format('two', 22)}{block.format('three', 33)}",
        "parts",
    )
    guide.page(".. evidence::\n   :by: version\n   :pages: parts\n")
    guide.update()

    rows = table(guide.build("-W"))

    assert [row[0] for row in rows[1:]] == [
        "Part / First",
        "Part / Second: two",
        "Part / Second: three",
    ]


def test_the_table_by_runtime_counts_each_check_once(guide: Project) -> None:
    """A snippet on two pages was run by two checks; a failure that was expected is one of those that are fine."""
    guide.page(".. evidence::\n   :by: runtime\n   :pages: guide more\n")

    rows = table(guide.build("-W"))
    python = rows[1][-1]

    assert rows[0][:5] == [
        *("Runtime", "As expected", "Of these, a failure", "Not as expected", "Outdated")
    ]
    assert rows[1:] == [
        ["other", "1", "1", "0", "0", python],
        ["py", "3", "0", "0", "0", python],
    ]
    assert python.startswith("Python 3.")


def test_the_table_by_version_has_a_column_for_each_environment(guide: Project) -> None:
    """Versions are in their own order, what they share is said once, and a check that did not hold is data."""
    copy_evidence(guide, "1.10", passed=False, observed="it is gone")
    copy_evidence(guide, "1.9")
    copy_evidence(guide, "1.11", passed=None, observed="no such runtime")
    guide.page(".. evidence::\n   :by: version\n   :folder: evidence/matrix\n   :pages: g*\n")

    built = guide.build("-W")

    assert table(built) == [
        ["Snippet or statement", "1.9", "1.10", "1.11"],
        ["tests/test_code.py::shown", "✓", "‼", "○"],
        ["docs/guide.rst::division", "✓", "‼", "○"],
        ["Two is even, and it was so before.", "✓", "‼", "○"],
    ]
    assert "All of them with Python 3." in built.shown()
    assert (
        "✓ came out as the page says; ‼ came out otherwise; ○ could not be tried there."
        in built.shown()
    )


def test_the_columns_are_called_by_what_tells_them_apart(guide: Project) -> None:
    """What follows from it is left out; the table by environment has it."""
    for version in ("1", "2"):
        copy_evidence(guide, version, with_package={"needed": f"{version}.5"})
    guide.page(".. evidence::\n   :by: version\n   :folder: evidence/matrix\n")
    built = guide.build("-W")
    assert table(built)[0][1:] == ["1", "2"]
    assert "Versions are those of lib." in built.shown()

    guide.page(".. evidence::\n   :by: environment\n   :folder: evidence/matrix\n")
    assert table(guide.build("-W"))[1][0].endswith("lib 1, needed 1.5")


def test_the_table_of_differences_says_what_came_out_where(guide: Project) -> None:
    """One paragraph for each outcome, with the versions that have it; what held everywhere is left out."""
    for version in ("1", "2"):
        copy_evidence(guide, version)
    copy_evidence(guide, "3", only="statement::even", passed=False, observed="it is odd")
    copy_evidence(guide, "4", only="statement::even", passed=None, observed="no such runtime")
    guide.page(".. evidence::\n   :by: difference\n   :folder: evidence/matrix\n")

    built = guide.build("-W")

    outcomes = (
        "1, 2: ✓ holds",
        "3: ‼ does not hold: it is odd",
        "4: ○ not tried: no such runtime",
    )
    sentence = "Two is even, and it was so before."
    assert table(built)[1:] == [[sentence, " ".join(outcomes)]]


def test_environments_that_differ_in_two_parts_are_told_together(guide: Project) -> None:
    """Each with each would be a long list of the same names; those that make no whole are told apart."""
    for lib, needed in itertools.product(("1", "2", "3"), ("5", "6")):
        changes = {"passed": False, "observed": "it is odd"} if (lib, needed) == ("3", "6") else {}
        copy_evidence(
            guide, lib, with_package={"needed": needed}, only="statement::even", **changes
        )
    guide.page(".. evidence::\n   :by: difference\n   :folder: evidence/matrix\n")

    ((_, outcomes),) = table(guide.build("-W"))[1:]

    assert outcomes == (
        "lib 1 / 2, needed 5 / 6; lib 3, needed 5: ✓ holds "
        "lib 3, needed 6: ‼ does not hold: it is odd"
    )


def test_what_was_only_not_tried_is_counted_with_the_reasons(guide: Project) -> None:
    """It is no difference: a sentence has it, and no row."""
    copy_evidence(guide, "1")
    copy_evidence(guide, "2", only="statement::even", passed=None, observed="no such runtime")
    guide.page(".. evidence::\n   :by: difference\n   :folder: evidence/matrix\n")

    built = guide.build("-W")

    assert "<table" not in built.page()
    said = "that could not be tried somewhere: 1. no such runtime (2)."
    assert said in " ".join(built.shown().split())


def test_without_differences_there_is_a_sentence(guide: Project) -> None:
    """And no empty table."""
    copy_evidence(guide, "1")
    guide.page(".. evidence::\n   :by: difference\n   :folder: evidence/matrix\n")

    built = guide.build("-W")

    assert "<table" not in built.page()
    assert "Everything came out as expected wherever it was tried." in built.shown()


def test_the_table_by_environment_counts_and_says_what_is_not_available(guide: Project) -> None:
    """An environment that can't be made any more is a row with the reason, not a gap."""
    copy_evidence(guide, "1")
    copy_evidence(guide, "2", passed=False)
    gone = copy_evidence(guide, "3")
    data = json.loads(gone.read_text())
    gone.write_text(json.dumps({**data, "checks": [], "unavailable": "lib 3 was withdrawn"}))
    guide.page(".. evidence::\n   :by: environment\n   :folder: evidence/matrix\n")

    rows = table(guide.build("-W"))

    python = f"Python {_python(guide)}"
    assert rows == [
        [
            *("Environment", "As expected", "Not as expected", "Could not be tried", "Outdated"),
        ],
        [f"{python}, lib 1", "4", "0", "0", "0"],
        [f"{python}, lib 2", "0", "4", "0", "0"],
        [f"{python}, lib 3 ○ lib 3 was withdrawn", "0", "0", "0", "0"],
    ]


def test_what_was_changed_since_is_shown_as_such(guide: Project) -> None:
    """Other words, another snippet or another test: the outcome is no longer about what the page shows."""
    copy_evidence(guide, "1")
    guide.page(".. evidence::\n   :by: difference\n   :folder: evidence/matrix\n   :pages: guide\n")
    assert "<table" not in guide.build("-W").page()

    guide.replace("tests/test_code.py", "hello", "good day")
    guide.replace("docs/guide.rst", "Two is even", "Two is even indeed")

    shown = guide.build().shown()
    assert "Snippets and statements that have changed since they were tried: 2." in shown


def test_the_table_of_another_folder_changes_with_its_evidence(guide: Project) -> None:
    """A version that is added there is a column in the next build."""
    copy_evidence(guide, "1")
    guide.page(".. evidence::\n   :by: version\n   :folder: evidence/matrix\n")
    assert table(guide.build("-W"))[0][1:] == [f"Python {_python(guide)}, lib 1"]

    copy_evidence(guide, "2")

    assert table(guide.build("-W"))[0][1:] == ["1", "2"]


def _python(project: Project) -> str:
    return str(json.loads(project.evidence_file.read_text())["environment"]["python"])


def test_tables_are_read_in_formats_without_links(guide: Project) -> None:
    """Text has the rows as words, LaTeX has links between the parts of one document."""
    guide.configure('latex_documents = [("index", "all.tex", "All", "us", "manual")]\n')
    guide.page(".. evidence::\n\n.. toctree::\n\n   guide\n   more\n")

    text = guide.build("-W", builder="text").page("index.txt")
    latex = guide.build("-W", builder="latex").page("all.tex")

    assert re.search(r"Page guide +\| 2 +\| 0 ", text)
    assert r"Page guide}" in latex


def test_a_table_of_a_pdf_goes_on_from_page_to_page(guide: Project) -> None:
    """LaTeX would let one of a few high rows run over the foot of the page, and all columns be equal."""
    guide.configure('latex_documents = [("index", "all.tex", "All", "us", "manual")]\n')
    guide.page(".. evidence::\n\n.. toctree::\n\n   guide\n   more\n")

    latex = guide.build("-W", builder="latex").page("all.tex")

    widths = re.findall(r"\\X\{(\d+)\}", latex.partition(r"\begin{longtable}")[2])
    assert int(widths[0]) > int(widths[3]), "Page guide is longer than Stale"


def test_a_manual_page_has_words_where_others_have_links(guide: Project) -> None:
    """A link that leads nowhere would be written as empty brackets."""
    guide.configure('man_pages = [("index", "guide", "Guide", ["us"], 1)]\n')
    guide.page(".. evidence::\n\n.. toctree::\n\n   guide\n   more\n")

    manual = guide.build("-W", builder="man").page("guide.1")

    assert "Page guide" in manual
    assert "<>" not in manual


def test_tables_are_the_same_when_pages_are_read_and_written_in_parallel(guide: Project) -> None:
    """The requests of a worker's pages reach the build."""
    for number in range(8):
        guide.page("Nothing.\n", f"filler{number}")

    assert table(guide.build("-W", "-j", "2")) == table(guide.build("-W", out="alone"))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (":pages: nowhere/*", "evidence: :pages: nowhere/* matches no page"),
        (":folder: elsewhere", "evidence: there is no evidence in docs/elsewhere"),
        (":by: author", '"author" unknown'),
    ],
)
def test_a_table_that_cant_be_made_is_a_warning(guide: Project, written: str, message: str) -> None:
    """It names the line and what to write; what is damaged in another folder is said in the same way."""
    guide.page(f".. evidence::\n   {written}\n")

    built = guide.build("-W", "--keep-going")

    assert built.status == 1
    assert "index.rst:4: " in built.warnings
    assert message in built.warnings


def test_damaged_evidence_of_another_folder_is_a_warning(guide: Project) -> None:
    """Not an empty table."""
    guide.write("docs/evidence/matrix/python-3.9.json", "{")
    guide.page(".. evidence::\n   :folder: evidence/matrix\n")

    assert "python-3.9.json: is not an evidence file" in guide.build().warnings


def test_coverage_lists_what_is_missing(guide: Project) -> None:
    """A snippet that no page shows with its test, a block that nothing ran, a test of nothing shown."""
    guide.page(".. snippet-coverage::\n")
    guide.page(".. code-block:: python\n   :name: fresh\n\n   3\n", "more")

    words = " ".join(guide.build().shown().split())

    assert (
        "Snippets on no page Tests tests/test_code.py::hidden tests/test_code.py::test_hidden"
        in words
    )
    assert "Blocks never run Page Line docs/more.rst::fresh Page more 6" in words
    assert (
        "Tests that prove nothing shown Recorded for tests/test_code.py::test_hidden "
        "tests/test_code.py::hidden" in words
    )
    assert "test_even" not in words


def test_coverage_says_so_when_nothing_is_missing(guide: Project) -> None:
    """Three sentences, no empty tables."""
    guide.page(".. snippet-coverage::\n\n.. snippet:: ../tests/test_code.py::hidden\n")
    guide.update()

    built = guide.build("-W")

    assert "<table" not in built.page()
    assert "Every snippet that was checked is on a page." in built.shown()
    assert "Every block was run, or is waived with a reason." in built.shown()
    assert "Every test in the evidence is about something that a page shows." in built.shown()


@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml", "epub"])
def test_a_name_in_a_table_leads_to_where_it_is_shown(guide: Project, builder: str) -> None:
    """To the block or the statement on its page, wherever the format has that."""
    guide.configure("project, version, author, copyright = 'P', '1', 'A', '2026'\n")
    guide.page(".. evidence::\n   :by: version\n\n.. toctree::\n\n   guide\n   more\n")
    guide.update()

    built = guide.build("-W", builder=builder)

    index = {"epub": "index.xhtml"}.get(builder, "index.html")
    page = built.page(index)
    targets = {"html": "guide.html", "dirhtml": "guide/index.html", "epub": "guide.xhtml"}
    table = page.partition("<table")[2].partition("</table>")[0]
    shown = built.page(targets.get(builder, index))
    links = re.findall(r'href="([^"]*?)#([^"]+)"', table)
    assert len(links) == 3
    for address, anchor in links:
        assert address == {"html": "guide.html", "dirhtml": "guide/", "epub": "guide.xhtml"}.get(
            builder, ""
        )
        assert shown.count(f'id="{anchor}"') == 1
    assert len({anchor for _, anchor in links}) == 3


def test_a_block_that_nothing_ran_is_linked_to(guide: Project) -> None:
    """From the list of what is missing."""
    guide.page(".. code-block:: python\n\n   3\n", "new")
    guide.page(".. snippet-coverage::\n")

    built = guide.build()

    assert 'href="new.html#snippet-new-0"' in built.page()
    assert 'id="snippet-new-0"' in built.page("new.html")
