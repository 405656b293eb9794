"""Pytest runs the blocks of a page, each under its name and alone if asked to."""

from __future__ import annotations

import pytest

from tests.tested_snippets.scratch_project import Project


def names(result: pytest.RunResult) -> list[str]:
    """The node ids that a run with ``--collect-only -q`` lists."""
    return [line for line in result.outlines if "::" in line]


def output(result: pytest.RunResult) -> str:
    """What pytest printed."""
    return "\n".join(result.outlines)


PAGE = """
.. code-block:: python

   x = 1

Using it
--------

.. code-block:: python

   x = 2

.. code:: python
   :name: named

   x = 3

* .. note::

     .. literalinclude:: ../tests/test_a.py
        :start-after: [START deep]
        :end-before: [END deep]

.. snippet-check:: one
   :name: twice
.. snippet-check:: two
   :runtime: other

.. code-block:: python

   x = 5

>>> 1 + 1
2

.. code-block:: python
   :waive: not meant to run

   raise SystemExit
"""


@pytest.fixture
def paged(project: Project) -> Project:
    """A project with one block of each kind."""
    project.write("tests/test_a.py", "# [START deep]\nx = 4\n# [END deep]\n")
    project.page(PAGE)
    return project


def test_ids_are_readable_and_survive_edits_above_them(paged: Project) -> None:
    """Names come from the markers, the page or the section; waived blocks aren't collected."""
    wanted = [
        "docs/index.rst::page-index-1",
        "docs/index.rst::using-it-1",
        "docs/index.rst::named",
        "docs/index.rst::deep",
        "docs/index.rst::twice[one]",
        "docs/index.rst::twice[two]",
        "docs/index.rst::using-it-2",
    ]
    assert names(paged.run_pytest("--collect-only", "-q", "docs")) == wanted
    paged.replace(
        "docs/index.rst", "   x = 1\n", "   x = 1\n\nText.\n\n.. code-block:: text\n\n   new\n"
    )
    wanted.insert(1, "docs/index.rst::page-index-2")
    assert names(paged.run_pytest("--collect-only", "-q", "docs")) == wanted


def test_a_block_may_have_the_name_of_its_section(project: Project) -> None:
    """Of the two one loses it, which docutils before 0.22 notes inside of the block."""
    block = ".. code-block:: python\n   :name: install\n{}\n   x = 1\n   y = 2\n"
    for options in ("", "   :hide: y = 2\n"):
        project.page(f"Install\n=======\n\n{block.format(options)}")
        project.update().assert_outcomes(passed=1)

        assert "Checked: runs on py" in project.build("-W").shown()


def test_a_block_runs_alone_by_its_id(paged: Project) -> None:
    """Any id that is listed selects that one check."""
    for name in ("deep", "twice[two]", "using-it-1"):
        paged.run_pytest(f"docs/index.rst::{name}").assert_outcomes(passed=1)


def test_hidden_set_up_comes_from_the_page_from_beside_the_snippet_and_from_both(
    project: Project,
) -> None:
    """Set-up is run before the snippet, regions first, and is not shown."""
    project.write(
        "tests/test_a.py",
        """
        # .. snippet-check::
        #    :setup: given
        #
        #    name += "!"
        @staticmethod
        def beside():
            assert name == "Ada!"
            # </snippet>

        def given():
            name = "Ada"
            # </snippet>

        def on_page():
            assert name == "Ada?"
            # </snippet>
        """,
    )
    project.page(
        """
        .. snippet:: ../tests/test_a.py::beside

        .. snippet-check::
           :setup: given

           name += "?"

        .. snippet:: ../tests/test_a.py::on_page

        .. snippet-check::
           :setup: ../tests/test_a.py::given

        .. code-block:: python

           assert name == "Ada"
        """
    )
    project.update().assert_outcomes(passed=3)
    result = project.build("-W")
    assert result.status == 0
    assert "name += " not in result.shown()


FAILING = {
    "it fails": ("", "1 / 0", "it failed:\nZeroDivisionError: division by zero"),
    "it does not fail": (
        ":fails: division",
        "x = 1",
        "it ran, but was expected to fail with 'division'",
    ),
    "it fails otherwise": (
        ":fails: division",
        "{}['k']",
        "no line of the message has 'division'. It failed with:\nKeyError: 'k'",
    ),
    "its failure is swallowed": (
        ":fails: division",
        "try:\n       x = 1\n   except ZeroDivisionError:\n       raise",
        "it ran, but was expected to fail",
    ),
    "it prints otherwise": (":output: 4", "print(3)", "no line of its output has '4'. It gave:\n3"),
    "it prints nothing": (":output: 4", "x = 4", "It gave:\n(nothing)"),
    "its set-up fails": (":fails: division\n\n   1 / 0", "1 / 0", "set-up: division by zero"),
    "its runtime is unknown": (
        ":runtime: QE",
        "x = 1",
        "there is no runtime 'QE'; snippets_runtimes has py, other",
    ),
    "it exits": (":output: 1", "raise SystemExit(3)", "SystemExit: 3"),
    "two expectations": (":fails: a\n   :output: b", "x", "takes :fails: or :output:, not both"),
    "empty expectation": (":fails:", "x", ":fails: of snippet-check needs a value"),
    "unknown option": (":fail: a", "x", "unknown option :fail: of snippet-check"),
    "waived for no reason": (":waive:", "x", ":waive: needs a reason"),
    "set-up of nowhere": (
        ":setup: given",
        "x",
        ":setup: given of a block on the page has to be path::name",
    ),
}


@pytest.mark.parametrize(("check", "code", "wanted"), FAILING.values(), ids=FAILING)
def test_a_block_fails_with_the_line_of_the_page_and_the_reason(
    project: Project, check: str, code: str, wanted: str
) -> None:
    """A failure points into the page and says what was expected and what was found."""
    project.page(
        f".. snippet-check::\n   {check}\n\n.. code-block:: python\n   :name: it\n\n   {code}\n"
    )
    result = project.run_pytest()
    result.assert_outcomes(failed=1)
    line = 7 + check.count("\n")
    text = output(result)
    assert f"docs/index.rst:{line}: " in text
    assert f" docs/index.rst::it, line {line} " in text
    assert wanted in text
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text


SUMMED_UP = [
    (":output: 4", "print(3)", "no line of its output has '4'. It gave: 3"),
    ("", "1 / 0", "it failed: ZeroDivisionError: division by zero"),
    (":fails: division", "x = 1", "it ran, but was expected to fail with 'division'"),
    (":waive:", "x", ":waive: needs a reason"),
]


@pytest.mark.parametrize("processes", [[], ["-n", "1"]], ids=["in one process", "with xdist"])
def test_the_summary_has_a_line_with_the_reason_for_each_block(
    project: Project, processes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who runs many reads these lines first."""
    monkeypatch.setenv("COLUMNS", "200")
    blocks = [
        f".. snippet-check::\n   {check}\n\n.. code-block:: python\n   :name: b{number}\n\n   {code}\n"
        for number, (check, code, _) in enumerate(SUMMED_UP)
    ]
    project.page("\n".join(blocks))
    result = project.run_pytest("-rf", *processes)
    result.assert_outcomes(failed=len(SUMMED_UP))
    lines = [line for line in result.outlines if line.startswith("FAILED ")]
    for number, ((_, _, reason), line) in enumerate(zip(SUMMED_UP, lines)):
        assert line.startswith(f"FAILED docs/index.rst::b{number} - {reason}")


def test_an_expected_failure_and_an_expected_output_pass(project: Project) -> None:
    """A check passes if one line of message or output has the text, however the page wraps it."""
    project.page(
        """
        .. snippet-check::
           :fails: ZeroDivisionError: division
              by zero

        .. code-block:: python

           1 / 0

        .. snippet-check::
           :fails: SystemExit: 3

        .. code-block:: python

           raise SystemExit(3)

        .. snippet-check::
           :output: two words

        .. code-block:: python

           print("one\\ntwo words here\\n")
        """
    )
    project.run_pytest().assert_outcomes(passed=3)


def test_a_region_that_cannot_be_cut_fails_as_a_test_too(project: Project) -> None:
    """The defects that the build reports are failures with page and line when the page is run."""
    project.write("tests/test_a.py", "def a():\n    1\n")
    project.page(".. snippet:: ../tests/test_a.py::a\n\n.. literalinclude:: none.py\n")
    result = project.run_pytest()
    result.assert_outcomes(failed=2)
    text = output(result)
    assert "docs/index.rst:4: tests/test_a.py:1: no line after the start marker 'def a():'" in text
    assert "docs/index.rst:6: docs/none.py: cannot be read" in text


def test_two_checks_need_labels(project: Project) -> None:
    """Checks of one block that can't be told apart are an error that says how to do it."""
    project.page(".. snippet-check::\n.. snippet-check::\n\n.. code-block:: python\n\n   1\n")
    text = output(project.run_pytest())
    assert "2 checks of one block need labels that differ, found 'no label' twice" in text


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (
            "snippets_runtimes = []",
            "no runtime is configured; give pytest's ini option snippets_runtimes",
        ),
        ("snippets_runtimes = ['py']", "snippets_runtimes has the line 'py', expected A = B"),
        ("snippets_runtimes = ['py = gone']", "gone"),
        (
            "snippets_normalise = ['( => x']",
            "snippets_normalise has '(', which is no regular expression",
        ),
        ("snippets_marker = ['def']", "snippets_marker is ['def'], expected two texts"),
        ("snippets_pages = ['/*.rst']", "snippets_pages takes globs from"),
        ("snippets_items = 'file'", "snippets_items is 'file', expected `block` or `page`"),
    ],
)
def test_wrong_settings_are_said_in_a_sentence(project: Project, line: str, wanted: str) -> None:
    """A setting that can't be used is named, with what was expected, and without a traceback."""
    project.page(".. code-block:: python\n\n   1\n")
    project.set_pytest(line)
    result = project.run_pytest()
    text = output(result) + "\n".join(result.errlines)
    assert result.ret != 0
    assert wanted in text
    assert "INTERNALERROR" not in text


def test_a_page_that_is_not_utf_8_is_an_error_with_its_line(project: Project) -> None:
    """A wrong byte in a page is said in one line."""
    project.write_bytes("docs/index.rst", b"T\n=\n\n\xff\n")
    text = output(project.run_pytest())
    assert "docs/index.rst:4: is not UTF-8" in text
    assert "Traceback" not in text


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(project: Project) -> None:
    """A page and a file as Windows writes them run and build like any other."""
    project.write_bytes("tests/a.py", b"def a():\r\n    x = '''\r\n    '''\r\n    # </snippet>\r\n")
    page = "T\n=\n\n.. snippet:: ../tests/a.py::a\n\n.. code-block:: python\n\n   print(1)\n"
    project.write_bytes("docs/index.rst", page.replace("\n", "\r\n").encode("utf-8-sig"))
    project.update().assert_outcomes(passed=2)
    assert project.build("-W", builder="dummy").status == 0


def test_a_page_of_no_known_format_is_an_error(project: Project) -> None:
    """A glob that names other files doesn't run them as if they were reStructuredText."""
    project.write("docs/index.textile", "h1. Title\n")
    project.set_pytest('snippets_pages = ["docs/*"]')

    result = project.run_pytest("docs/index.textile")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*docs/index.textile: no format of pages has the suffix '.textile'*"]
    )


COUNTED = """
import pytest


@pytest.fixture(scope="{scope}")
def py_runner(request):
    value = getattr(request, "param", "plain")
    print(f"started {{value}}")
    return lambda snippet: print(f"ran on {{value}}")
"""

MARKED = """
import pytest


def hello():
    print("hello")
    # </snippet>


@pytest.mark.snippet("hello")
@pytest.mark.parametrize("py_runner", ["first", "second"], indirect=True)
def test_hello(snippet, py_runner):
    snippet.run()
"""


@pytest.mark.parametrize(("scope", "starts"), [("session", 1), ("module", 1), ("function", 3)])
def test_a_runner_is_started_as_often_as_its_fixture_says(
    project: Project, scope: str, starts: int
) -> None:
    """That of the session once for all blocks, that of a function anew for each."""
    project.write("conftest.py", COUNTED.format(scope=scope))
    project.page("\n".join(f".. code-block:: python\n\n   x = {n}\n" for n in range(3)))

    result = project.run_pytest("-s")

    result.assert_outcomes(passed=3)
    assert output(result).count("started plain") == starts


def test_a_parametrised_test_runs_its_snippet_on_its_own_runner(project: Project) -> None:
    """Though the fixture is one for the whole session."""
    project.write("conftest.py", COUNTED.format(scope="session"))
    project.write("tests/test_a.py", MARKED)

    result = project.run_pytest("-s")

    result.assert_outcomes(passed=2)
    assert "ran on first" in output(result)
    assert "ran on second" in output(result)


def test_pages_outside_testpaths_are_named(project: Project) -> None:
    """Nothing on them runs, and nothing would fail for it; who names what to run leaves them out on purpose."""
    project.page(".. code-block:: python\n\n   x = 1\n")
    project.write("tests/test_a.py", "def test_a():\n    pass\n")
    project.replace("pyproject.toml", "addopts", 'testpaths = ["tests"]\naddopts')

    told = "1 page is outside testpaths, so nothing there was run: docs/index.rst. Add the folder*"
    project.run_pytest().stdout.fnmatch_lines([told])
    project.run_pytest("tests").stdout.no_fnmatch_line("*outside testpaths*")
    project.run_pytest("-o", "testpaths=tests").stdout.no_fnmatch_line("*outside testpaths*")
    project.replace("pyproject.toml", '"tests"]', '"tests", "docs"]')
    project.run_pytest().stdout.no_fnmatch_line("*outside testpaths*")


def test_a_glob_that_names_no_page_is_told(project: Project) -> None:
    """For instance one with the wrong ending."""
    project.page(".. code-block:: python\n\n   x = 1\n")
    project.replace("pyproject.toml", '["docs/*.rst"]', '["docs/*.rst", "docs/*.txt"]')

    result = project.run_pytest()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["snippets_pages: 'docs/[*].txt' matches no file in *"])
