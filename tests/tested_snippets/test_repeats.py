"""Checks that passed here as they are now are left out, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tested_snippets.scratch_project import Project

PAGE = """
.. code-block:: python
   :name: one

   x = 1

.. code-block:: python
   :name: two

   x = 2
"""

TESTS = """
import pytest


def hello():
    print("hello")
    # </snippet>


@pytest.mark.snippet("hello", output="hello")
def test_hello(snippet):
    snippet.run()


def test_without_a_snippet():
    assert 1 + 1 == 2
"""


@pytest.fixture
def ran(project: Project) -> Project:
    """A project whose four checks and tests passed and are recorded."""
    project.set_pytest('addopts = ["-q"]')
    project.set_pytest('snippets_depends = ["conftest.py", "helpers/*.py"]')
    project.write("helpers/a.py", "A = 1\n")
    project.write("tests/test_a.py", TESTS)
    project.page(PAGE)
    project.update().assert_outcomes(passed=4)
    return project


def test_a_second_run_has_nothing_to_do_and_says_so(ran: Project) -> None:
    """It passes, starts no runner and names the option that runs all."""
    result = ran.run_pytest("--snippets-report=report.json")

    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(deselected=4)
    result.stdout.fnmatch_lines(
        ["*3 snippets: 3 up to date", "4 checks are up to date*--snippets-rerun*"]
    )
    report = json.loads((ran.root / "report.json").read_text())
    assert [check["state"] for check in report["checks"]] == ["up_to_date"] * 3


def test_tests_of_anything_else_run_each_time(ran: Project) -> None:
    """Nobody said what the tests of a file without snippets depend on."""
    ran.write("tests/test_b.py", "def test_b():\n    pass\n")
    ran.run_pytest().assert_outcomes(passed=1, deselected=4)

    ran.run_pytest().assert_outcomes(passed=1, deselected=4)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("tests/test_b.py", "pass", "assert True"),
        ("docs/index.rst", "x = 2", "x = 3"),
        ("helpers/a.py", "A = 1", "A = 2"),
    ],
)
def test_a_file_without_snippets_can_be_named(ran: Project, path: str, old: str, new: str) -> None:
    """Its tests are left out until their code, any page, or what all depend on changes."""
    ran.set_pytest('snippets_tests = ["tests/test_*.py"]')
    ran.write("tests/test_b.py", "def test_b():\n    pass\n")
    ran.run_pytest().assert_outcomes(passed=1, deselected=4)
    ran.run_pytest().assert_outcomes(deselected=5)

    ran.replace(path, old, new)

    ran.run_pytest("-rA", "--snippets-evidence=update").stdout.fnmatch_lines(["PASSED*::test_b"])


def test_examples_of_a_sybil_of_the_projects_own_run_each_time(ran: Project) -> None:
    """Nobody knows what they depend on, and they are no evidence."""
    conftest = ran.root / "conftest.py"
    own = """
from sybil import Sybil
from sybil.parsers.rest import PythonCodeBlockParser

pytest_collect_file = Sybil([PythonCodeBlockParser()], patterns=["*.txt"]).pytest()
"""
    conftest.write_text(conftest.read_text() + own)
    ran.write("notes/own.txt", ".. code-block:: python\n\n   assert 1 + 1 == 2\n")
    ran.run_pytest().assert_outcomes(passed=5)

    ran.run_pytest().assert_outcomes(passed=1, deselected=4)


def test_all_run_when_that_is_asked_for(ran: Project) -> None:
    """``--snippets-rerun`` runs what is up to date."""
    ran.run_pytest("--snippets-rerun").assert_outcomes(passed=4)


def test_what_is_named_runs(ran: Project) -> None:
    """Whoever names a check wants to see it run."""
    ran.run_pytest("docs/index.rst::one").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("path", "old", "new", "passed"),
    [
        ("docs/index.rst", "x = 2", "x = 3", 1),
        ("tests/test_a.py", 'print("hello")', 'print("hello", 1)', 1),
        ("tests/test_a.py", "1 + 1 == 2", "2 == 1 + 1", 1),
        ("helpers/a.py", "A = 1", "A = 2", 4),
    ],
)
def test_what_changed_runs_again(ran: Project, path: str, old: str, new: str, passed: int) -> None:
    """A block, a snippet, a test without one, and a file that all depend on."""
    ran.replace(path, old, new)

    ran.run_pytest("--snippets-evidence=update").assert_outcomes(
        passed=passed, deselected=4 - passed
    )


def test_what_the_evidence_does_not_hold_word_for_word_runs(ran: Project) -> None:
    """Evidence that was edited, or is of another branch, is compared and not believed."""
    text = ran.evidence_file.read_text()
    ran.evidence_file.write_text(text.replace('"observed": "hello"', '"observed": "goodbye"'))

    result = ran.run_pytest()

    result.assert_outcomes(passed=1, deselected=3)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_what_failed_runs_until_it_passes(ran: Project) -> None:
    """A failure is never up to date, recorded or not."""
    ran.replace("docs/index.rst", "x = 2", "1 / 0")
    for _ in range(2):
        ran.update().assert_outcomes(failed=1, deselected=3)


def test_recording_with_nothing_to_do_leaves_the_evidence_as_it_is(ran: Project) -> None:
    """Byte by byte, though no check ran."""
    before = ran.evidence_file.read_bytes()

    assert ran.update().ret == pytest.ExitCode.OK
    assert ran.evidence_file.read_bytes() == before


def test_a_damaged_cache_lets_all_run(ran: Project) -> None:
    """What it holds is no evidence."""
    (cache,) = Path(ran.root, ".pytest_cache").rglob("passed")
    cache.write_text('{"docs/index.rst::one": 3, "docs/index.rst::two": {"stamp": "x"}}')

    ran.run_pytest().assert_outcomes(passed=4)


def test_a_project_that_does_not_say_what_checks_depend_on_runs_all(ran: Project) -> None:
    """Without ``snippets_depends`` nobody can tell."""
    ran.set_pytest("snippets_depends = []")

    ran.run_pytest().assert_outcomes(passed=4)


def test_processes_of_xdist_leave_out_the_same(ran: Project) -> None:
    """What ran in one process or in two is up to date in both."""
    ran.pytester.runpytest_subprocess("-n2", "--snippets-rerun").assert_outcomes(passed=4)
    ran.replace("docs/index.rst", "x = 2", "x = 3")

    result = ran.pytester.runpytest_subprocess("-n2", "--snippets-evidence=update")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["3 checks are up to date*"])
    result = ran.pytester.runpytest_subprocess("-n2")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["4 checks are up to date*"])


def test_a_check_runs_again_when_the_words_of_a_statement_changed_that_it_proves(
    ran: Project,
) -> None:
    """The other checks are left out."""
    proving = f":checked:`One is one <one>`.\n\n.. snippet-check::\n   :proves: one\n{PAGE}"
    ran.page(proving)
    ran.update()

    ran.replace("docs/index.rst", "One is one", "One is still one")

    ran.update().assert_outcomes(passed=1, deselected=3)
