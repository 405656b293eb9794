"""``--snippets-evidence=observe``: for versions that nothing is promised for, a failure is an answer."""

from __future__ import annotations

import json

import pytest

from tests.tested_snippets.scratch_project import Project

TESTS = """
import pytest


def missing():
    import no_such_module
    # </snippet>


@pytest.fixture
def server():
    raise RuntimeError("no server in this version")


@pytest.mark.snippet(statement="holds")
def test_holds():
    pass


@pytest.mark.snippet(statement="fails")
def test_fails():
    assert "new" == "old"


@pytest.mark.snippet(statement="has-no-server")
def test_has_no_server(server):
    pass


@pytest.mark.snippet(statement="says-otherwise", output="old words")
def test_says_otherwise(snippet):
    snippet.observe("Usage:\\nnew words")


@pytest.mark.snippet(statement="is-skipped")
def test_is_skipped():
    pytest.skip("version 1 has no client")


def test_of_nothing_shown():
    assert False
"""
PAGE = """
:checked:`One. <holds>` :checked:`Two. <fails>` :checked:`Three. <has-no-server>` :checked:`Four. <is-skipped>`
:checked:`Five. <says-otherwise>`

.. code-block:: python
   :name: fine

   1

.. code-block:: python
   :name: division

   1 / 0

.. snippet-check::
   :name: hidden
   :setup: ../tests/test_a.py::missing

.. code-block:: python
   :name: hidden

   1

.. snippet-check::
   :name: elsewhere
   :runtime: old

.. code-block:: python
   :name: elsewhere

   1
"""
OLD_RUNTIME = """

@pytest.fixture
def old_runner():
    pytest.skip("version 1 has no old client")
"""


@pytest.fixture
def shown(project: Project) -> Project:
    """A page whose statements and blocks come out in every way there is."""
    project.write("tests/test_a.py", TESTS)
    project.page(PAGE)
    conftest = project.root / "conftest.py"
    conftest.write_text(conftest.read_text() + OLD_RUNTIME)
    project.replace("pyproject.toml", '"other = py_runner"', '"old = old_runner"')
    return project


def observe(project: Project, *arguments: str) -> pytest.RunResult:
    """Record what happens in a folder of its own."""
    folder = ("-o", "snippets_evidence=docs/evidence/matrix")
    return project.run_pytest("--snippets-evidence=observe", *folder, *arguments)


def outcomes(project: Project) -> dict[str, tuple[object, str]]:
    """What was recorded, by snippets: whether it passed, and what was observed."""
    (file,) = (project.root / "docs/evidence/matrix").glob("*.json")
    checks = json.loads(file.read_text())["checks"]
    return {c["snippet"].rpartition("::")[2]: (c["passed"], c["observed"]) for c in checks}


def test_whatever_happens_is_recorded_and_no_failure(shown: Project) -> None:
    """What failed has its message, what could not be tried the reason; other tests do not run."""
    result = observe(shown)

    assert result.ret == pytest.ExitCode.OK
    assert outcomes(shown) == {
        "division": (False, "ZeroDivisionError: division by zero"),
        "elsewhere": (None, "version 1 has no old client"),
        "fails": (False, "AssertionError: assert 'new' == 'old'"),
        "fine": (True, ""),
        "has-no-server": (None, "RuntimeError: no server in this version"),
        "hidden": (None, "set-up: No module named 'no_such_module'"),
        "holds": (True, ""),
        "is-skipped": (None, "version 1 has no client"),
        "says-otherwise": (False, "new words"),
    }
    assert "9 snippets: 2 verified, 3 failed, 4 skipped" in "\n".join(result.outlines)
    assert not list((shown.root / "docs/evidence").glob("*.json"))


@pytest.mark.parametrize("parallel", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_the_same_run_again_changes_no_byte(shown: Project, parallel: list[str]) -> None:
    """Also when processes share the work."""
    observe(shown)
    (file,) = (shown.root / "docs/evidence/matrix").glob("*.json")
    before = file.read_bytes()

    assert observe(shown, *parallel).ret == pytest.ExitCode.OK
    assert file.read_bytes() == before


def test_what_can_be_run_at_last_takes_the_place_of_the_reason(shown: Project) -> None:
    """The file is about what happens now; a version that was not available is."""
    observe(shown)
    (file,) = (shown.root / "docs/evidence/matrix").glob("*.json")
    data = json.loads(file.read_text())
    file.write_text(json.dumps({**data, "checks": [], "unavailable": "no network"}))
    shown.replace("tests/test_a.py", 'raise RuntimeError("no server in this version")', "return 1")

    observe(shown)

    assert "unavailable" not in json.loads(file.read_text())
    assert outcomes(shown)["has-no-server"] == (True, "")


def test_a_defect_of_the_page_stays_a_failure(shown: Project) -> None:
    """It says nothing of a version."""
    shown.replace("docs/index.rst", ":setup: ../tests/test_a.py::missing", ":setup: nowhere")

    assert observe(shown).ret == pytest.ExitCode.TESTS_FAILED


def test_so_does_a_test_that_does_not_clean_up(shown: Project) -> None:
    """Its check is recorded, and the failure after it is no outcome of it."""
    teardown = "@pytest.fixture(autouse=True)\ndef tidy():\n    yield\n    assert False\n\n\n"
    shown.replace(
        "tests/test_a.py", "@pytest.fixture\ndef server", teardown + "@pytest.fixture\ndef server"
    )

    assert observe(shown).ret == pytest.ExitCode.TESTS_FAILED
    assert outcomes(shown)["holds"] == (True, "")


def test_the_audit_of_pages_does_not_take_such_a_record_for_proof(shown: Project) -> None:
    """In the folder of the pages themselves, what could not be tried is a failing block."""
    shown.run_pytest("--snippets-evidence=observe")

    assert shown.states()["docs/index.rst::hidden"] == "failing"
