"""With ``snippets_items = page`` a page is one test, and its blocks come out as if each were one."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.tested_snippets.scratch_project import Project

PAGE = """
.. code-block:: python
   :name: first

   print("of the first")

.. snippet-check::
   :output: 4

.. code-block:: python
   :name: second

   print(3)

.. snippet-check::
   :fails: division

.. code-block:: python
   :name: third

   1 / 0
"""

OTHER = """
.. code-block:: python
   :name: fourth

   x = 4
"""

RUNNER = """
import logging

import pytest


@pytest.fixture
def py_runner():
    print("started")

    def run(snippet):
        print("ran", snippet.name)
        logging.getLogger("runner").warning("logged %s", snippet.name)
        if "skip" in snippet.text:
            pytest.skip("not here")
        exec(snippet.text, {})
        return snippet.text

    return run
"""

IN_PROCESSES = pytest.mark.parametrize(
    "processes", [[], ["-n", "2"]], ids=["in one process", "with xdist"]
)


@pytest.fixture
def paged(project: Project) -> Project:
    """A project with two pages that are a test each; one of four blocks fails."""
    project.set_pytest('snippets_items = "page"')
    project.page(PAGE)
    project.page(OTHER, "other")
    return project


def lines_of(result: pytest.RunResult, start: str) -> list[str]:
    """The lines of a run that begin so."""
    return [line for line in result.outlines if line.startswith(start)]


@IN_PROCESSES
def test_blocks_are_counted_named_and_recorded_as_tests_of_their_own_are(
    paged: Project, processes: list[str]
) -> None:
    """Summary and evidence are the same to the letter."""
    whole = paged.update("-rA", *processes)
    evidence = paged.evidence_file.read_bytes()
    single = paged.update("-rA", "-o", "snippets_items=block", *processes)

    whole.assert_outcomes(passed=3, failed=1)
    single.assert_outcomes(passed=3, failed=1)
    for state in ("PASSED", "FAILED"):
        assert sorted(lines_of(whole, state)) == sorted(lines_of(single, state)) != []
    assert evidence == paged.evidence_file.read_bytes()
    assert "4 snippets: 3 verified, 1 failed" in whole.outlines


@IN_PROCESSES
def test_a_failure_shows_what_its_own_block_printed_and_logged(
    paged: Project, processes: list[str]
) -> None:
    """Neither what the blocks before it did nor those behind it."""
    paged.write("conftest.py", RUNNER)

    shown = "\n".join(paged.run_pytest(*processes).outlines)

    assert "docs/index.rst::second, line 12" in shown
    assert "ran docs/index.rst::second" in shown
    assert "logged docs/index.rst::second" in shown
    assert "::first" not in shown
    assert "::third" not in shown


def test_a_page_has_one_letter_and_says_how_many_failed_when_asked_for_more(paged: Project) -> None:
    """Thousands of letters would say nothing."""
    (line,) = lines_of(paged.run_pytest(), "docs/index.rst ")
    assert line.split() == ["docs/index.rst", "F", "[", "50%]"]
    verbose = paged.run_pytest("-v")
    line, *_ = lines_of(verbose, "docs/index.rst::")
    assert line.startswith("docs/index.rst::all blocks FAILED (1 of 3 blocks)")
    line, *_ = lines_of(verbose, "docs/other.rst::")
    assert line.startswith("docs/other.rst::all blocks PASSED (1 block)")


def test_it_stops_at_the_first_failure_when_asked_to(paged: Project) -> None:
    """What stands behind that is not run."""
    result = paged.run_pytest("-x")

    result.assert_outcomes(passed=1, failed=1)
    assert "2 snippets: 1 verified, 1 failed" in result.outlines


@pytest.mark.parametrize(
    "options",
    [
        ["docs/index.rst::third"],
        ["-k", "third"],
        ["--deselect", "docs/index.rst::second", "-k", "ir"],
    ],
    ids=["node id", "keyword", "deselected"],
)
def test_where_blocks_are_picked_each_is_a_test(paged: Project, options: list[str]) -> None:
    """All that picks tests picks blocks."""
    result = paged.run_pytest("-v", *options)

    assert [line.split(" PASSED")[0] for line in result.outlines if "::third PASSED" in line] == [
        "docs/index.rst::third"
    ]
    result.assert_outcomes(passed=len(lines_of(result, "docs/index.rst::")))


def test_what_failed_can_be_run_again_alone(paged: Project) -> None:
    """``--lf`` runs the block, not its page."""
    paged.set_pytest('addopts = ["-q"]')
    paged.run_pytest().assert_outcomes(passed=3, failed=1)

    paged.run_pytest("--lf").assert_outcomes(failed=1)


def test_a_skipped_block_does_not_end_its_page(paged: Project) -> None:
    """The others run, and the summary says why it did not."""
    paged.write("conftest.py", RUNNER)
    paged.replace("docs/index.rst", 'print("of the first")', "skip")

    result = paged.run_pytest("-rs")

    result.assert_outcomes(passed=2, failed=1, skipped=1)
    assert any("not here" in line for line in lines_of(result, "SKIPPED"))


def test_the_fixture_of_a_runner_lives_for_the_page(paged: Project) -> None:
    """It is set up once for all blocks there."""
    paged.write("conftest.py", RUNNER)

    result = paged.run_pytest("-s")
    assert lines_of(result, "docs/index.rst started") != []
    assert sum("started" in line for line in result.outlines) == 2


@IN_PROCESSES
def test_junit_has_each_block_with_its_properties(paged: Project, processes: list[str]) -> None:
    """And the page itself, which takes the time of the fixtures."""
    paged.run_pytest("--junitxml=report.xml", *processes)

    cases = {
        case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")}
        for case in ET.parse(paged.root / "report.xml").iter("testcase")  # noqa: S314 - our own
    }
    assert set(cases) == {"first", "second", "third", "fourth", "all blocks"}
    assert cases["second"]["snippet_outcome"] == "failed"
    assert cases["third"]["snippet"] == "docs/index.rst::third"
    assert cases["third"]["snippet_observed"] == "division by zero"


@IN_PROCESSES
def test_just_the_blocks_that_changed_run_again(paged: Project, processes: list[str]) -> None:
    """What passed as it is now is left out, on a page where another block changed as well."""
    paged.set_pytest('addopts = ["-q"]')
    paged.set_pytest('snippets_depends = ["conftest.py"]')
    paged.replace("docs/index.rst", "print(3)", "print(4)")
    paged.update(*processes).assert_outcomes(passed=4)

    result = paged.run_pytest(*processes)
    assert (
        "4 checks are up to date and did not run again; --snippets-rerun runs all"
        in result.outlines
    )
    assert result.ret == pytest.ExitCode.OK

    paged.replace("docs/index.rst", "of the first", "of the very first")
    result = paged.update(*processes)
    result.assert_outcomes(passed=1)
    assert (
        "3 checks are up to date and did not run again; --snippets-rerun runs all"
        in result.outlines
    )
    paged.run_pytest("--snippets-rerun", *processes).assert_outcomes(passed=4)


def test_the_names_on_a_page_are_looked_up_as_a_block_of_it(paged: Project) -> None:
    """They are one report among the others."""
    paged.set_pytest('snippets_literals = "names"')
    paged.configure("tested_snippets_literals = True\n")
    paged.page("It is ``known``.\n\n.. code-block:: python\n\n   x = 1\n", "other")
    paged.write(
        "conftest.py",
        RUNNER
        + """

from sphinxext.tested_snippets.resolution import resolved


@pytest.fixture
def names():
    return lambda literal: resolved(literal, "a name")
""",
    )

    result = paged.run_pytest("docs/other.rst")

    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=2)
