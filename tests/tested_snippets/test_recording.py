"""What a run leaves in the evidence, and how it holds itself against it."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from tests.tested_snippets.scratch_project import Project

TESTS = """
import pytest


def hello():
    print("hello", name)
    # </snippet>


@pytest.mark.snippet("hello", output="hello Ada")
def test_hello(snippet):
    snippet.run(setup="name = 'Ada'")


@pytest.mark.snippet("docs/index.rst::inline", fails="by zero")
class TestInline:
    def test_inline(self, snippet):
        assert "1 / 0" in snippet.text
        assert snippet.run() == "division by zero"
"""

PAGE = """
.. code-block:: python
   :name: inline

   1 / 0

.. code-block:: python
   :name: fine

   x = 1
"""


@pytest.fixture
def recorded(project: Project) -> Project:
    """A project that was run and recorded: three checks that pass and one that fails."""
    project.write("tests/test_a.py", TESTS)
    project.page(PAGE)
    project.update().assert_outcomes(passed=3, failed=1)
    return project


def output(result: pytest.RunResult) -> str:
    """What pytest printed."""
    return "\n".join(result.outlines)


def checks(project: Project) -> dict[str, dict[str, object]]:
    """The recorded checks by test."""
    found = json.loads(project.evidence_file.read_text(encoding="utf-8"))["checks"]
    return {check["test"]: check for check in found}


def test_tests_and_pages_are_recorded_with_what_they_observed(recorded: Project) -> None:
    """Each check has snippet, runtime, expectation, outcome and the one line that met it."""
    found = checks(recorded)
    assert {
        test: (check["snippet"], check["passed"], check["observed"])
        for test, check in found.items()
    } == {
        "docs/index.rst::fine": ("docs/index.rst::fine", True, ""),
        "docs/index.rst::inline": (
            "docs/index.rst::inline",
            False,
            "ZeroDivisionError: division by zero",
        ),
        "tests/test_a.py::TestInline::test_inline": (
            "docs/index.rst::inline",
            True,
            "division by zero",
        ),
        "tests/test_a.py::test_hello": ("tests/test_a.py::hello", True, "hello Ada"),
    }


def test_the_same_run_again_changes_no_byte_and_compares_well(recorded: Project) -> None:
    """Recording twice, in one process or in two, gives the same file; comparing agrees with it."""
    before = recorded.evidence_file.read_bytes()
    assert "4 checks, docs/evidence/python-" in output(recorded.update())
    assert recorded.evidence_file.read_bytes() == before
    result = recorded.update("-n", "2")
    result.assert_outcomes(passed=3, failed=1)
    assert recorded.evidence_file.read_bytes() == before
    recorded.evidence_file.unlink()
    recorded.update("-n", "2")
    assert recorded.evidence_file.read_bytes() == before
    assert "4 checks agree with docs/evidence/" in output(recorded.run_pytest())


def test_a_difference_fails_and_names_what_changed_and_the_command(recorded: Project) -> None:
    """A comparison that differs fails the run although every test passed."""
    recorded.set_pytest('snippets_update_command = "make evidence"')
    recorded.replace("tests/test_a.py", 'output="hello Ada"', 'output="hello"')
    result = recorded.run_pytest("tests")
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    text = output(result)
    assert "  tests/test_a.py::hello by tests/test_a.py::test_hello:" in text
    assert "expected: output with 'hello Ada' is now " in text
    assert "its test changed" in text
    assert "digest" not in text
    assert "If that is as it should be, record it: make evidence" in text


def test_a_partial_run_touches_only_what_it_ran_and_drops_what_is_gone(recorded: Project) -> None:
    """Other checks stay as they are; a check whose test is gone is a difference, and then dropped."""
    before = checks(recorded)
    recorded.replace("docs/index.rst", "x = 1", "x = 2")
    recorded.update("docs/index.rst::fine").assert_outcomes(passed=1)
    after = checks(recorded)
    assert [test for test in after if after[test] != before[test]] == ["docs/index.rst::fine"]
    recorded.replace("tests/test_a.py", "def test_hello", "def test_renamed")
    text = output(recorded.run_pytest("docs/index.rst::fine"))
    assert "is in the evidence, but no such check exists any more" in text
    recorded.update("docs/index.rst::fine")
    assert "tests/test_a.py::test_hello" not in checks(recorded)


def test_the_last_check_can_go_too(recorded: Project) -> None:
    """An update in which nothing runs drops what can't run any more; listing tests changes nothing."""
    (recorded.root / "tests/test_a.py").unlink()
    recorded.page("Text.\n")
    before = recorded.evidence_file.read_bytes()
    recorded.update("--collect-only")
    assert recorded.evidence_file.read_bytes() == before
    recorded.update()
    assert checks(recorded) == {}


def test_a_new_environment_passes_and_says_how_to_add_it(recorded: Project) -> None:
    """Without a file for this environment nothing is compared, and the other one's file stays."""
    before = recorded.evidence_file.read_bytes()
    recorded.set_pytest('snippets_environment = ["sybil"]')
    result = recorded.run_pytest("tests")
    assert result.ret == 0
    text = output(result)
    assert ", for which there is no evidence yet; `pytest --snippets-evidence=update` adds " in text
    assert recorded.evidence_file.read_bytes() == before


@pytest.mark.parametrize("damage", ["{", '{"format": 9}', "[]"])
def test_a_file_that_cannot_be_used_is_an_error_and_is_not_overwritten(
    recorded: Project, damage: str
) -> None:
    """Damaged or newer evidence fails the run with the file and the remedy, in update mode too."""
    recorded.evidence_file.write_text(damage)
    for result in (recorded.update("tests"), recorded.run_pytest("tests")):
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        text = output(result)
        assert recorded.evidence_file.name in text
        assert "is not an evidence file" in text or "has format 9" in text
    assert recorded.evidence_file.read_text() == damage


def test_no_temporary_file_stays(recorded: Project) -> None:
    """The folder of the evidence has the file that anybody may read, and nothing else."""
    (only,) = (recorded.root / "docs/evidence").iterdir()
    assert only.stat().st_mode & 0o777 == 0o644


def test_skipped_and_expected_failures_record_nothing(project: Project) -> None:
    """What wasn't run as a test that counts is no evidence."""
    project.write(
        "tests/test_a.py",
        """
        import pytest

        def a():
            1 / 0
            # </snippet>

        @pytest.mark.skip
        @pytest.mark.snippet("a")
        def test_skipped(snippet): snippet.run()

        @pytest.mark.xfail
        @pytest.mark.snippet("a")
        def test_xfail(snippet): snippet.run()

        @pytest.mark.snippet("a")
        def test_skips(snippet): pytest.skip("now")
        """,
    )
    project.update().assert_outcomes(skipped=2, xfailed=1)
    assert not (project.root / "docs/evidence").exists()


MARKERS = {
    '"nothing"': "tests/test_a.py: there is no snippet 'nothing'",
    '"docs/index.rst::gone"': "no block 'gone' in docs/index.rst, which has it",
    '"a", runtime="QE"': "there is no runtime 'QE'; snippets_runtimes has py, other",
    '"a", result="x"': "expected snippet(name, runtime=None, fails=None, output=None, transcript=False)",
    "": "expected snippet(name",
    '"a", fails=""': "fails='', expected one line of text",
    '"a", fails="x", output="y"': "takes fails= or output=, not both",
    '"a", output="seen"': "the test passed without seeing it: call `snippet.run()`",
}


@pytest.mark.parametrize(("arguments", "wanted"), MARKERS.items(), ids=list(MARKERS))
def test_a_marker_that_proves_nothing_is_an_error(
    project: Project, arguments: str, wanted: str
) -> None:
    """Misuse of the marker names the test and what was expected."""
    project.page(".. code-block:: python\n   :name: it\n\n   1\n")
    project.write(
        "tests/test_a.py",
        f"import pytest\ndef a():\n    1\n    # </snippet>\n@pytest.mark.snippet({arguments})\ndef test_a(): pass\n",
    )
    result = project.run_pytest("tests")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert wanted in output(result)
    assert "Traceback" not in output(result)


def test_the_fixture_needs_one_marker_and_a_test_needs_its_own_code(project: Project) -> None:
    """The fixture without a marker, and a marker on an inherited test, are refused in a sentence."""
    project.write("tests/base.py", "class Base:\n    def test_inherited(self): pass\n")
    project.write("conftest.py", "import sys\nsys.path.insert(0, 'tests')\n")
    project.write(
        "tests/test_a.py",
        """
        import pytest
        from base import Base

        def a():
            1
            # </snippet>

        def test_unmarked(snippet): pass

        @pytest.mark.snippet("a")
        class TestA(Base): pass
        """,
    )
    text = output(project.run_pytest())
    assert (
        "needs exactly one @pytest.mark.snippet(name), tests/test_a.py::test_unmarked has 0" in text
    )
    assert "tests/test_a.py has no definition of TestA.test_inherited" in text


def test_no_secret_reaches_the_evidence_or_the_output(project: Project) -> None:
    """Tokens, folders of the run and long lines are made fit to be committed, and shown without tokens."""
    project.set_pytest("snippets_normalise = ['run-\\d+ => run-ID']")
    code = """
        import tempfile
        token = "ghp_" + "x" * 30
        print("a " * 400, f"run-{id(token)} https://me:{token}@host in {tempfile.gettempdir()}/abc", "b " * 400)
        """
    body = "".join(f"   {line.strip()}\n" for line in code.strip().splitlines())
    project.page(
        f".. snippet-check::\n   :output: run-\n\n.. code-block:: python\n   :name: seen\n\n{body}\n"
        f".. snippet-check::\n   :output: nowhere\n\n.. code-block:: python\n   :name: unseen\n\n{body}"
    )
    text = output(project.update())
    assert "ghp_" not in text
    evidence = project.evidence_file.read_text(encoding="utf-8")
    assert "ghp_" not in evidence
    seen = str(checks(project)["docs/index.rst::seen"]["observed"])
    assert "run-ID https://me:***@host in <tmp> b b" in seen
    assert len(seen) == 300


def test_junit_xml_works(recorded: Project) -> None:
    """The report for other tools is well-formed and names the checks."""
    recorded.run_pytest("--junitxml=report.xml")
    cases = ET.parse(recorded.root / "report.xml").iter("testcase")  # noqa: S314 - our own file
    assert {"fine", "inline", "test_hello", "test_inline"} == {case.get("name") for case in cases}


CASES = """
import pytest


@pytest.mark.parametrize("name", ["Ada", "Grace"])
@pytest.mark.snippet("docs/index.rst::fine")
def test_names(snippet, name):
    assert snippet.text
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_case_that_was_removed_is_dropped_from_the_evidence(
    project: Project, workers: tuple[str, ...]
) -> None:
    """By a run that sees what cases there are, whichever it selects; not by one that names a case."""
    project.page(PAGE)
    project.write("tests/test_a.py", CASES)
    project.update("tests")
    project.replace("tests/test_a.py", '["Ada", "Grace"]', '["Ada", "Edith"]')

    project.update("tests/test_a.py::test_names[Edith]")
    assert "Grace" in project.evidence_file.read_text()
    project.update("tests", "-k", "Ada", *workers).stdout.fnmatch_lines(["*, 1 dropped"])

    text = project.evidence_file.read_text()
    assert ("Grace" in text, "Ada" in text, "Edith" in text) == (False, True, True)
