"""What the end of every build says about every block of every page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tested_snippets.scratch_project import Project

UPDATE = "pytest --snippets-evidence=update"

TESTS = """
import pytest

NAME = "Ada"


def greeting():
    return NAME


def hello():
    print("hello " + name)
    # </snippet>


@pytest.mark.snippet("hello", output="hello Ada")
def test_hello(snippet):
    snippet.run(setup=f"name = {greeting()!r}")
"""

PAGE = """
.. snippet:: ../tests/test_a.py::hello

.. snippet-check::
   :output: 3
   :name: three

.. code-block:: python

   print(3)

.. code-block:: text
   :waive: a file name

   notes.txt
"""


@pytest.fixture
def proven(project: Project) -> Project:
    """A project whose blocks are all verified or waived."""
    project.write("tests/test_a.py", TESTS)
    project.page(
        PAGE.replace("\n.. snippet::", "\n.. snippet-check::\n   :setup: given\n\n.. snippet::", 1)
    )
    project.replace("docs/index.rst", "   :setup: given\n", "\n   name = 'Ada'\n")
    project.update().assert_outcomes(passed=3)
    return project


def warnings_of(project: Project, *arguments: str) -> str:
    """What two builds in a row warn of, which has to be the same, and has to fail with -W if anything."""
    first, second = (
        project.build("-W", "--keep-going", *arguments, builder="dummy") for _ in range(2)
    )
    assert first.warnings == second.warnings
    assert first.status == second.status == (1 if first.warnings else 0)
    return first.warnings.replace(f"{project.root}/", "")


def test_what_was_proven_is_shown_with_its_proof(proven: Project) -> None:
    """A verified page builds without a warning and shows outcome, version, observed line and the test."""
    assert warnings_of(proven) == ""
    page = proven.build()
    text = " ".join(page.shown().split())
    assert text.count("✓ Checked: runs on py") == 2
    assert "Not run: a file name" in text
    assert "runs on py and gives hello Ada" in text
    assert "Test: tests/test_a.py::test_hello" in text
    assert 'href="_tests/tests/test_a.py.html#L-16"' in page.page()
    assert 'id="L-16"' in page.page("_tests/tests/test_a.py.html")


CHANGES = {
    "text": ('"hello "', '"hello, "', "is stale: its text changed since"),
    "test": ("snippet.run(", "x = snippet.run(", "test_hello changed since it ran"),
    "constant": ('NAME = "Ada"', 'NAME = "Eve"', "test_hello changed since it ran"),
    "helper": ("return NAME", "return NAME + ''", "test_hello changed since it ran"),
    "marker": ('output="hello Ada"', 'output="hello"', "test_hello changed since it ran"),
}


@pytest.mark.parametrize(("old", "new", "reason"), CHANGES.values(), ids=CHANGES)
def test_a_change_in_the_file_of_the_test_makes_the_block_stale(
    proven: Project, old: str, new: str, reason: str
) -> None:
    """Text, test, helper and constant: each change is a warning that names snippet and command."""
    proven.replace("tests/test_a.py", old, new)
    warnings = warnings_of(proven)
    assert "docs/index.rst:8: WARNING: tests/test_a.py::hello is stale: " in warnings
    assert reason in warnings
    assert f". Run `{UPDATE}`." in warnings
    assert warnings.count("WARNING") == 1


def test_a_change_elsewhere_in_the_file_of_the_test_changes_nothing(proven: Project) -> None:
    """Neither unrelated code nor a shift of lines makes a block stale."""
    proven.replace("tests/test_a.py", "import pytest\n", "# c\nimport pytest\nOTHER = 1\n\n")
    assert warnings_of(proven) == ""


def test_a_changed_declaration_makes_the_block_stale_and_a_gone_test_too(proven: Project) -> None:
    """What the page declares of a check is bound like a test's code."""
    proven.replace("docs/index.rst", "name = 'Ada'", "name = 'Eve'")
    assert "the test docs/index.rst::hello changed since it ran" in warnings_of(proven)
    proven.replace("docs/index.rst", "name = 'Eve'", "name = 'Ada'")
    proven.replace("docs/index.rst", ":name: three", ":name: four")
    assert "is stale: the check docs/index.rst::four has not run yet" in warnings_of(proven)


def test_each_state_has_its_warning_and_each_can_be_suppressed(proven: Project) -> None:
    """Failing, never run, unknown and region warn in every build, and suppress_warnings knows each."""
    proven.write(
        "docs/part.inc",
        ".. code-block:: python\n\n   print('inc')\n\n.. code-block:: python\n   :waive: an idea\n\n   pass\n",
    )
    text = """
        .. code-block:: python

           print("new")

        .. code-block:: python
           :name: wrong

           1 / 0

        .. include:: part.inc

        .. parsed-literal::

           *x*

        .. snippet-check::
           :waive: emphasis

        .. parsed-literal::

           *y*

        .. snippet:: ../tests/test_a.py::nothing
        """
    proven.page(text, "more")
    proven.update("docs/more.rst", "-k", "wrong").assert_outcomes(failed=1)
    warnings = warnings_of(proven)
    assert [
        text
        for text in (
            (
                "docs/more.rst:6: WARNING: docs/more.rst::page-more-1 was never run: no check has run it. "
                f"Run `{UPDATE}`, or waive the block with `:waive: reason`."
            ),
            (
                "docs/more.rst:10: WARNING: docs/more.rst::wrong failed its check: docs/more.rst::wrong: "
                "ZeroDivisionError: division by zero. Mend the snippet or correct what is expected of it, then "
                f"run `{UPDATE}`."
            ),
            "can't be run: the parsers that run pages don't find it",
            "there is no snippet 'nothing'",
        )
        if text not in warnings
    ] == []
    shown = proven.build().shown("more.html")
    assert "Not run: an idea" in shown
    assert "Not run: emphasis" in shown
    assert "ZeroDivisionError: division by zero" in shown
    said = {
        "region": "there is no snippet",
        "failing": "failed its check",
        "never_run": "was never run",
        "unknown": "can't be run",
    }
    for subtype, text in said.items():
        option = f"suppress_warnings=tested_snippets.{subtype}"
        rest = proven.build("-D", option, builder="dummy").warnings
        assert [other for other in said.values() if other not in rest] == [text]
    assert warnings_of(proven, "-D", "suppress_warnings=tested_snippets") == ""


def test_a_change_of_evidence_alone_writes_the_page_again(proven: Project) -> None:
    """Nothing but the evidence changed, and the page says so at the next build; then nothing is written."""
    proven.build()
    proven.replace(str(proven.evidence_file), '"observed": "hello Ada"', '"observed": "hello, you"')
    assert "hello, you" in proven.build().shown()
    page = proven.root / "_build/html/index.html"
    before = page.stat().st_mtime_ns
    proven.build()
    assert page.stat().st_mtime_ns == before


def test_a_damaged_or_newer_evidence_file_is_one_warning_of_its_own(proven: Project) -> None:
    """The build says what is wrong with the file and what to do, and goes on."""
    file = proven.evidence_file
    text = file.read_text()
    file.write_text("<<<<<<< ours\n" + text)
    assert "is not an evidence file (Expecting value: line 1" in warnings_of(proven)
    file.write_text(text.replace('"format": 1', '"format": 2'))
    assert "has format 2, this version reads 1. Upgrade sphinxext-tested-snippets." in warnings_of(
        proven
    )
    file.rename(file.with_name("copy.json"))
    (file.with_name("copy.json")).write_text(text)
    assert "Rename it, or delete it if it is a copy." in warnings_of(proven)


def test_a_deleted_page_is_forgotten(proven: Project) -> None:
    """Nothing is said of a page that is gone, also by a build that reads nothing else."""
    proven.page(".. code-block:: python\n\n   gone\n", "more")
    assert "docs/more.rst" in warnings_of(proven)
    (proven.root / "docs/more.rst").unlink()
    assert warnings_of(proven) == ""


def test_a_parallel_build_is_the_same_as_a_serial_one(proven: Project) -> None:
    """Reading and writing in several processes gives the same warnings and pages."""
    names = [f"p{number}" for number in range(7)]  # Sphinx reads in parallel from six pages on
    for name in names:
        proven.page(
            f":orphan:\n\n.. code-block:: python\n\n   {name}\n\n.. snippet:: ../tests/test_a.py::hello\n",
            name,
        )
    serial, parallel = proven.build(out="serial"), proven.build("-j", "2", out="parallel")
    assert sorted(serial.warnings.splitlines()) == sorted(parallel.warnings.splitlines())
    assert serial.warnings.count("was never run") == len(names)
    assert [serial.page(f"{n}.html") for n in names] == [parallel.page(f"{n}.html") for n in names]


def test_the_build_imports_and_runs_nothing(proven: Project, tmp_path: Path) -> None:
    """Neither a test file nor a snippet leaves a trace of having run during a build."""
    trace = proven.root / "trace"
    line = f"open({str(trace)!r}, 'w').close()\n"
    proven.replace("tests/test_a.py", "import pytest\n", f"import pytest\n{line}raise SystemExit\n")
    proven.write("conftest.py", line)
    proven.page(f".. code-block:: python\n\n   {line}\n\n>>> {line}", "more")
    proven.build()
    assert not trace.exists()


def test_a_page_that_is_not_utf_8_is_read_as_sphinx_reads_it(project: Project) -> None:
    """A page with a wrong byte is Sphinx's own warning and no traceback."""
    project.write_bytes("docs/index.rst", b"T\n=\n\n\xff\n\n.. code-block:: text\n\n   \xe9\n")
    result = project.build()
    assert "undecodable" in result.warnings or "Encoding error" in result.warnings
    assert "sphinxext/tested_snippets" not in result.warnings


FORMATS = {
    "text": "index.txt",
    "latex": "project.tex",
    "dirhtml": "index.html",
    "singlehtml": "index.html",
    "epub": "index.xhtml",
    "man": "project.1",
    "gettext": "index.pot",
    "pseudoxml": "index.pseudoxml",
}


@pytest.mark.parametrize("builder", FORMATS)
def test_every_format_is_built_and_says_what_is_known(proven: Project, builder: str) -> None:
    """Each builder writes the outcome of each block of each page, those merged into one file too."""
    proven.configure("project = 'project'\nversion = copyright = '1'\n")
    proven.page(".. code-block:: text\n   :waive: so it is\n\n   x\n", "a")
    proven.replace("docs/a.rst", ":orphan:", "")
    proven.replace("docs/index.rst", "======\n\n", "======\n\n.. toctree::\n\n   a\n\n")
    result = proven.build("-W", "--keep-going", builder=builder)
    assert (result.status, result.warnings) == (0, "")
    text = result.page(FORMATS[builder])
    if builder != "gettext":
        assert "Checked: runs on py" in text
        assert "Not run: a file name" in text
    if builder in {"latex", "singlehtml", "man"}:
        assert "Not run: so it is" in text
    if builder == "text":
        assert ". Observed: 3" in " ".join(text.split())


def test_blocks_are_found_wherever_a_reader_sees_them(project: Project) -> None:
    """Glossaries, only, admonitions and lists: what is built is what is run."""
    project.page(
        """
        .. only:: latex

           .. code-block:: python

              print(1)

        .. glossary::

           term
              Text::

                 print(2)

        1. .. note::

              .. code:: python
                 :waive: not yet

                 print(3)

        >>> 1 + 1
        2
        """
    )
    warnings = project.build("-D", "suppress_warnings=tested_snippets.never_run").warnings
    assert warnings == ""


def test_a_message_that_ends_with_a_full_stop_gets_no_second_one(project: Project) -> None:
    """Neither in the warning nor on the page, where it ends a sentence of ours."""
    project.page(".. code-block:: python\n\n   raise ValueError('This is not supported.')\n")
    project.update().assert_outcomes(failed=1)
    built = project.build()
    assert "ValueError: This is not supported. Mend the snippet" in built.warnings
    assert "ValueError: This is not supported.\n" in built.shown()
