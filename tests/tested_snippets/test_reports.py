"""What a run of pytest says of the snippets: to people, to other tools, and on a pull request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.tested_snippets.scratch_project import Project

PAGE = """
.. code-block:: python
   :name: fine

   x = 1

.. snippet-check:: one
   :output: a, 100%: b

.. snippet-check:: two

.. code-block:: python
   :name: prints

   print("a, 99%: b\\nc")

.. code-block:: python
   :waive: only an idea

   ...

.. snippet-check::
   :fails:

.. code-block:: python
   :name: defect

   y = 1
"""

TESTS = """
import pytest


def hello():
    print("hello", name)
    # </snippet>


@pytest.mark.snippet("hello", output="hello Ada")
def test_hello(snippet):
    snippet.run(setup="name = 'Ada'")


def other():
    ...
    # </snippet>


@pytest.mark.snippet("other")
@pytest.mark.snippet("hello")
def test_skips():
    pytest.skip("now")


@pytest.mark.snippet("gone")
def test_gone(snippet):
    pass
"""


@pytest.fixture
def reported(project: Project) -> Project:
    """A project with a snippet of each outcome: all but the one that differs from the evidence."""
    project.page(PAGE)
    project.write("tests/test_a.py", TESTS)
    return project


def text_of(result: pytest.RunResult) -> str:
    """What pytest printed."""
    return "\n".join(result.outlines)


def report(project: Project, name: str, *arguments: str) -> Any:
    """The report of a run."""
    project.run_pytest(f"--snippets-report={name}", *arguments)
    return json.loads((project.root / name).read_text(encoding="utf-8"))


STATES = {
    ("docs/index.rst", 4, "docs/index.rst::fine", "verified"),
    ("docs/index.rst", 14, "docs/index.rst::prints[one]", "failed"),
    ("docs/index.rst", 14, "docs/index.rst::prints[two]", "verified"),
    ("docs/index.rst", 27, "docs/index.rst::defect", "broken"),
    ("tests/test_a.py", 9, "tests/test_a.py::test_hello", "verified"),
    ("tests/test_a.py", 19, "tests/test_a.py::test_skips", "skipped"),
    ("tests/test_a.py", 25, "tests/test_a.py::test_gone", "broken"),
}


def test_the_summary_counts_snippets_by_their_worst_outcome(reported: Project) -> None:
    """One line at the end, with or without pytest-xdist; a run without snippets says nothing."""
    wanted = "7 snippets: 2 verified, 1 failed, 2 broken, 1 skipped, 1 waived"
    assert wanted in text_of(reported.run_pytest())
    assert wanted in text_of(reported.run_pytest("-n", "2"))
    reported.write("tests/test_b.py", "def test_b(): pass\n")
    assert "snippets: " not in text_of(reported.run_pytest("tests/test_b.py"))


def test_a_report_has_each_check_with_its_place_and_outcome(reported: Project) -> None:
    """As JSON, the same with pytest-xdist, and the same again."""
    found = report(reported, "out/report.json")
    assert found["snippets"] == {
        "verified": 2,
        "skipped": 1,
        "failed": 1,
        "broken": 2,
        "waived": 1,
    }
    assert {(c["path"], c["line"], c["test"], c["state"]) for c in found["checks"]} == STATES
    assert found["waived"] == ["docs/index.rst::page-index-1"]
    failed = next(check for check in found["checks"] if check["state"] == "failed")
    assert failed["snippet"] == "docs/index.rst::prints"
    assert failed["runtime"] == "py"
    assert failed["expected"] == {"fails": None, "output": "a, 100%: b"}
    assert failed["observed"] == "c"
    assert set(failed["environment"]) == {"python", "packages"}
    assert "no line of its output has 'a, 100%: b'. It gave:\na, 99%: b\nc" in failed["message"]
    first = (reported.root / "out/report.json").read_bytes()
    report(reported, "out/parallel.json", "-n", "2")
    assert (reported.root / "out/parallel.json").read_bytes() == first


def test_a_difference_from_the_evidence_is_an_outcome(reported: Project) -> None:
    """With what differs; also where the check that was recorded exists no more."""
    reported.update()
    reported.replace("docs/index.rst", "   x = 1", "   x = 2")
    reported.replace("docs/index.rst", ":name: prints", ":name: renamed")
    found = {
        check["test"]: check
        for check in report(reported, "report.json")["checks"]
        if check["differences"]
    }
    fine = found["docs/index.rst::fine"]
    assert (fine["state"], fine["line"]) == ("differs", 4)
    assert fine["differences"] == ["its text changed"]
    assert found["docs/index.rst::renamed[two]"]["differences"] == ["is not in the evidence"]
    assert found["docs/index.rst::renamed[one]"]["state"] == "failed"
    gone = found["docs/index.rst::prints[two]"]
    assert (gone["state"], gone["path"]) == (
        "differs",
        f"docs/evidence/{reported.evidence_file.name}",
    )
    assert "2 differs" not in text_of(reported.run_pytest("-k", "hello"))


def test_sarif_names_files_from_the_root_of_the_repository(
    reported: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the annotations do, where the project is a folder of it."""
    monkeypatch.setenv("GITHUB_WORKSPACE", str(reported.root.parent))
    (run,) = report(reported, "report.sarif")["runs"]
    addresses = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
    }
    assert f"{reported.root.name}/docs/index.rst" in addresses
    assert all(address.startswith(f"{reported.root.name}/") for address in addresses)


def test_sarif_has_a_result_for_each_defect(reported: Project) -> None:
    """Version 2.1.0: rules, messages, and addresses that are URIs, also of odd names."""
    reported.update()
    reported.replace("docs/index.rst", "   x = 1", "   x = 2")
    reported.page(".. code-block:: python\n   :name: odd\n\n   1 / 0\n", name="ä page#1")
    log = report(reported, "report.sarif")
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    found = {}
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] == "error"
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        where = (place["artifactLocation"]["uri"], place["region"]["startLine"])
        found[where] = (result["ruleId"], result["message"]["text"])
    assert {where: rule for where, (rule, _) in found.items()} == {
        ("docs/index.rst", 4): "snippet-differs",
        ("docs/index.rst", 14): "snippet-failed",
        ("docs/index.rst", 27): "snippet-broken",
        ("docs/%C3%A4%20page%231.rst", 6): "snippet-failed",
        ("tests/test_a.py", 25): "snippet-broken",
    }
    assert "docs/index.rst::fine on py differs from the evidence" in found["docs/index.rst", 4][1]
    assert "ZeroDivisionError" in found["docs/%C3%A4%20page%231.rst", 6][1]
    prints = [result["partialFingerprints"] for result in run["results"]]
    assert len({json.dumps(entry) for entry in prints}) == len(prints)


def commands(result: pytest.RunResult) -> list[str]:
    """The workflow commands that a run has printed."""
    return [line for line in result.outlines if line.startswith("::")]


def test_github_actions_gets_an_annotation_per_defect(
    reported: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Escaped as workflow commands need it, with paths from the repository's root; elsewhere none."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert not commands(reported.run_pytest())
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    reported.page(".. code-block:: python\n\n   1 / 0\n", name="odd,page:1")
    lines = commands(reported.run_pytest())
    assert [line.split("::")[1].split(",title")[0] for line in lines] == [
        "error file=docs/index.rst,line=14",
        "error file=docs/index.rst,line=27",
        "error file=docs/odd%2Cpage%3A1.rst,line=6",
        "error file=tests/test_a.py,line=25",
    ]
    failed = lines[0]
    assert ",title=Snippet failed its check::docs/index.rst::prints on py failed" in failed
    assert "has 'a, 100%25: b'. It gave:%0Aa, 99%25: b%0Ac" in failed
    monkeypatch.setenv("GITHUB_WORKSPACE", str(reported.root.parent))
    folder = reported.root.name
    assert commands(reported.run_pytest())[0].startswith(f"::error file={folder}/docs/index.rst,")


def test_a_difference_is_annotated_where_the_snippet_is(
    reported: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although every test passed."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    reported.update()
    reported.replace("docs/index.rst", "   x = 1", "   x = 2")
    result = reported.run_pytest("docs/index.rst::fine")
    result.assert_outcomes(passed=1)
    (only,) = commands(result)
    assert only.startswith("::error file=docs/index.rst,line=4,title=Snippet differs from the")
    assert only.endswith("%0Aits text changed")


CUT = """
.. literalinclude:: ../tests/test_a.py
   :start-after: def hello():
   :end-before: # </snippet>
"""


@pytest.mark.parametrize("how", ["failed", "differs"])
def test_what_changed_in_a_file_is_annotated_on_the_lines_that_changed(
    reported: Project, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The test or the page that checks the snippet is unchanged, so nobody looks there."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    reported.update()
    wrong = 'print("bye")' if how == "failed" else 'print("hello", name, "!")\n    print("?")'
    reported.replace("tests/test_a.py", 'print("hello", name)', wrong)

    (command,) = commands(reported.run_pytest("-k", "test_hello"))
    log = report(reported, "report.sarif", "-k", "test_hello")

    last = 5 if how == "failed" else 6
    lines = "line=5" if how == "failed" else "line=5,endLine=6"
    assert command.startswith(f"::error file=tests/test_a.py,{lines},title=Snippet {how}")
    assert f"checked by tests/test_a.py:{9 + last - 5}, " in command
    (result,) = log["runs"][0]["results"]
    (found,), (related,) = result["locations"], result["relatedLocations"]
    assert found["physicalLocation"]["region"] == {"startLine": 5, "endLine": last}
    assert related["physicalLocation"]["region"]["startLine"] == 9 + last - 5
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "tests/test_a.py"


def test_a_page_that_shows_lines_of_a_file_is_named_beside_them(
    reported: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the check of the block on the page is what failed."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    reported.page(CUT, name="cut")

    (command,) = commands(reported.run_pytest("docs/cut.rst"))

    assert command.startswith("::error file=tests/test_a.py,line=5,title=Snippet failed")
    assert "checked by docs/cut.rst:6, failed its check:" in command


def properties(file: Path) -> dict[str, dict[str, str]]:
    """The properties of each test in a JUnit file."""
    cases = ET.parse(file).iter("testcase")  # noqa: S314 - our own file
    return {
        str(case.get("name")): {
            str(p.get("name")): str(p.get("value")) for p in case.iter("property")
        }
        for case in cases
    }


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_junit_properties_name_the_snippet_and_its_outcome(
    reported: Project, workers: tuple[str, ...]
) -> None:
    """One property each, which tools show beside a test; tests of something else have none."""
    reported.write("tests/test_b.py", "def test_b(): pass\n")
    reported.run_pytest("--junitxml=report.xml", *workers)
    found = properties(reported.root / "report.xml")
    assert found["test_hello"] == {
        "snippet": "tests/test_a.py::hello",
        "snippet_runtime": "py",
        "snippet_outcome": "verified",
        "snippet_observed": "hello Ada",
    }
    assert found["prints[one]"]["snippet_outcome"] == "failed"
    assert found["prints[one]"]["snippet_observed"] == "c"
    assert found["test_b"] == {}
    assert found["defect"] == {"snippet": "docs/index.rst::defect", "snippet_outcome": "broken"}


def test_no_report_has_a_secret(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one that looks like it nor one that a runner has named, in a worker as well."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    project.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture
        def py_runner(snippet_redactor):
            snippet_redactor.add_secret("pa55-word")
            def run(snippet):
                raise ValueError("ghp_" + "x" * 20 + " pa55-word")
            return run
        """,
    )
    project.page(".. code-block:: python\n\n   x = 1\n")
    project.write(
        "tests/test_a.py",
        """
        import pytest

        def a():
            x = 1
            # </snippet>

        @pytest.mark.snippet("a")
        def test_a(snippet):
            snippet.run()
        """,
    )
    for workers in ((), ("-n", "2")):
        for name in ("report.json", "report.sarif"):
            result = project.run_pytest(f"--snippets-report={name}", "--tb=no", *workers)
            result.assert_outcomes(failed=2)
            for text in ((project.root / name).read_text(), "\n".join(commands(result))):
                assert "***" in text
                assert "ghp_" not in text
                assert "pa55" not in text


def test_a_report_that_cannot_be_written_fails_the_run(reported: Project) -> None:
    """With the option and the reason."""
    reported.write("folder", "")
    result = reported.run_pytest("tests/test_a.py::test_hello", "--snippets-report=folder/x.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "--snippets-report=folder/x.json can't be written (" in text_of(result)


def test_listing_tests_writes_no_report(reported: Project) -> None:
    """What did not run has no outcome."""
    reported.run_pytest("--collect-only", "--snippets-report=report.json")
    assert not (reported.root / "report.json").exists()
