"""Which pages a second build reads and writes again, and which it leaves alone."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from tests.tested_snippets.scratch_project import Project

SOURCE = """
def first():
    print("one")
    # </snippet>


def second():
    print("two")
    # </snippet>
"""

#: Writes the names of the pages that are read, and of those that are written, into a file.
SPY = """
def setup(app):
    def note(what, page):
        with open(f"{app.confdir}/spy.txt", "a") as file:
            print(what, page, file=file)

    app.connect("source-read", lambda app, page, text: note("read", page))
    app.connect("html-page-context", lambda app, page, *_: note("written", page))
"""


@pytest.fixture
def built(project: Project) -> Project:
    """Two pages that show a snippet each of the same file, checked and built."""
    project.configure(SPY)
    project.write("tests/source.py", SOURCE)
    project.page(".. snippet:: ../tests/source.py::first", "one")
    project.page(
        """
        .. literalinclude:: ../tests/source.py
           :start-after: def second(
           :end-before: # </snippet>
           :dedent: 4
        """,
        "two",
    )
    project.page("Nothing to run.")
    project.update().assert_outcomes(passed=2)
    build(project)
    return project


def build(project: Project, *arguments: str) -> set[str]:
    """Build; return what was read and written, as the spy wrote it."""
    spy = project.root / "docs/spy.txt"
    spy.write_text("")
    result = project.build(*arguments)
    assert "Traceback" not in result.warnings
    return set(spy.read_text().splitlines())


def read(lines: set[str]) -> set[str]:
    """The pages that were read."""
    return {line.partition(" ")[2] for line in lines if line.startswith("read ")}


def test_a_build_that_changes_nothing_reads_and_writes_nothing_but_the_indexes(
    built: Project,
) -> None:
    """The pages of tests count too."""
    assert build(built) <= {"written genindex", "written search"}


def modules_of_a_build(project: Project) -> set[str]:
    """The modules of the extension that a build in a process of its own has imported."""
    command = [sys.executable, "-m", "sphinx", "-q", "docs", "_build/alone"]
    assert project.pytester.run(*command).ret == 0
    return set((project.root / "docs/modules.txt").read_text().split())


def test_a_build_that_changes_nothing_imports_nothing_that_reads_judges_or_writes(
    built: Project,
) -> None:
    """Of so short a build imports are a large part."""
    built.configure(
        """
        import sys

        def note_modules(app, exception):
            with open(f"{app.confdir}/modules.txt", "w") as file:
                print(*(name for name in sys.modules if name.startswith("sphinxext.")), file=file)

        _setup = setup

        def setup(app):
            _setup(app)
            app.connect("build-finished", note_modules)
        """
    )
    work = ("blocks", "rest", "reading", "directives", "audit", "evidence", "verdict", "status")
    doing = {f"sphinxext.tested_snippets.{name}" for name in work}

    first, second = modules_of_a_build(built), modules_of_a_build(built)

    assert doing <= first
    assert doing.isdisjoint(second)
    assert len(second) < len(first) / 2


def test_only_the_page_that_shows_the_edited_snippet_is_read_again(built: Project) -> None:
    """The other one is cut from the same file, and is neither read nor written."""
    built.replace("tests/source.py", '"one"', '"uno"')

    lines = build(built)

    assert read(lines) == {"one"}
    assert "written two" not in lines


def test_a_snippet_that_only_moved_is_not_read_again(built: Project) -> None:
    """What stands above a snippet is not shown."""
    built.replace("tests/source.py", "def first", "import sys\n\n\ndef first")

    assert read(build(built)) == set()


def test_line_numbers_of_the_file_are_shown_anew_when_a_snippet_moved(built: Project) -> None:
    """They are part of what the page shows."""
    built.replace("docs/two.rst", "   :dedent: 4", "   :dedent: 4\n   :lineno-match:")
    build(built)
    built.replace("tests/source.py", "def first", "import sys\n\n\ndef first")

    assert read(build(built)) == {"two"}


def test_a_content_that_changed_under_an_older_timestamp_is_noticed(built: Project) -> None:
    """As when a version control or an archive puts back a file with its time."""
    file = built.root / "tests/source.py"
    built.replace("tests/source.py", '"one"', '"uno"')
    long_ago = time.time() - 10**6
    os.utime(file, (long_ago, long_ago))

    assert read(build(built)) == {"one"}


def test_a_file_that_was_only_touched_is_not_read_again(built: Project) -> None:
    """A fresh checkout touches every file."""
    soon = time.time() + 10
    os.utime(built.root / "tests/source.py", (soon, soon))

    assert read(build(built)) == set()


def test_a_marker_that_is_gone_and_then_back_is_noticed_both_times(built: Project) -> None:
    """A page with a defect waits for its file like any other."""
    whole = (built.root / "tests/source.py").read_text()
    built.replace("tests/source.py", "def first(", "def renamed(")
    assert "there is no snippet 'first'" in built.build().warnings
    built.write("tests/source.py", whole)

    result = built.build("-W")

    assert (result.status, result.warnings) == (0, "")


def test_a_file_that_is_deleted_is_noticed(built: Project) -> None:
    """Both pages say so."""
    (built.root / "tests/source.py").unlink()

    assert built.build().warnings.count("cannot be read") == 2


def test_hidden_set_up_in_another_file_makes_the_page_stale(built: Project) -> None:
    """It is not shown, but is what the check consists of."""
    built.write("tests/setup.py", 'def given():\n    name = "Ada"\n    # </snippet>\n')
    built.page(
        """
        .. snippet-check::
           :setup: ../tests/setup.py::given

        .. code-block:: python

           print(name)
        """,
        "one",
    )
    built.update().assert_outcomes(passed=2)
    assert built.build("-W").warnings == ""
    built.replace("tests/setup.py", "Ada", "Bob")

    assert "is stale" in built.build("-W").warnings


def test_a_snippet_of_an_included_page_is_watched_as_sphinx_does(built: Project) -> None:
    """The parsers don't look into included files; Sphinx's own dependencies cover them."""
    built.write("docs/part.txt", ".. snippet:: ../tests/source.py::second\n   :waive: a part\n")
    built.page(".. include:: part.txt", "one")
    build(built)
    built.replace("tests/source.py", '"two"', '"due"')
    soon = time.time() + 10
    os.utime(built.root / "tests/source.py", (soon, soon))

    assert read(build(built)) == {"one", "two"}


def test_a_region_that_moved_is_still_known_where_it_stands(built: Project) -> None:
    """Regions that cross are found on pages that were not read again, with the lines of now."""
    built.write(
        "tests/source.py",
        """
        # [one
        a = 1
        # one]
        # [two
        b = 2
        # two]
        """,
    )
    for name in ("one", "two"):
        built.page(
            f"""
            .. literalinclude:: ../tests/source.py
               :start-after: # [{name}
               :end-before: # {name}]
            """,
            name,
        )
    built.update().assert_outcomes(passed=2)
    assert built.build("-W").warnings == ""
    built.write(
        "tests/source.py",
        """
        # moved
        # [one
        a = 1
        # [two
        b = 2
        # two]
        # one]
        """,
    )

    assert "must not nest or cross" in built.build("-W").warnings


def test_evidence_that_changed_is_written_to_the_page_without_reading_it(built: Project) -> None:
    """The outcome is on the page, but not in its source."""
    evidence = built.evidence_file
    evidence.write_text(evidence.read_text().replace('"passed": true', '"passed": false', 1))

    lines = build(built)

    assert read(lines) == set()
    assert "written one" in lines
    assert "written two" not in lines


def test_warnings_are_repeated_until_they_are_heeded(built: Project) -> None:
    """The third build says what the first said, though it judges nothing anew."""
    built.page(".. code-block:: python\n\n   print(1)", "one")
    first = built.build("-W")

    later = [built.build("-W") for _ in range(2)]

    assert "was never run" in first.warnings
    assert [(result.status, result.warnings) for result in later] == [
        (first.status, first.warnings)
    ] * 2


def _prove_by_a_test(project: Project) -> None:
    """Add a test of a snippet that the pages show, and record it."""
    project.write(
        "tests/test_it.py",
        """
        import pytest

        @pytest.mark.snippet("tests/source.py::first", output="one")
        def test_first(snippet):
            snippet.run()
        """,
    )
    project.update().assert_outcomes(passed=3)


def test_a_test_that_was_edited_makes_its_snippet_stale_in_a_build_that_reads_nothing(
    built: Project,
) -> None:
    """Nothing of a page changed; what proves it did."""
    _prove_by_a_test(built)
    assert built.build("-W").warnings == ""
    assert built.build("-W").warnings == ""
    built.replace("tests/test_it.py", "    snippet.run()", "    assert snippet.run()")

    assert "is stale: the test tests/test_it.py::test_first changed" in built.build("-W").warnings


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("docs/evidence/{evidence}", '"passed": true', '"passed": false', "failed its check"),
        ("tests/test_it.py", "    snippet.run()", "    assert snippet.run()", "is stale"),
    ],
    ids=["evidence", "test"],
)
def test_what_changes_while_pages_are_written_is_judged_by_the_next_build(
    built: Project, file: str, old: str, new: str, said: str
) -> None:
    """A build that runs beside pytest must not take for judged what it has not seen."""
    _prove_by_a_test(built)
    built.configure(
        """
        from pathlib import Path
        import shutil

        def change(app, page, *_):
            later = Path(app.confdir, "../later")
            if page == "one" and later.exists():
                shutil.copytree(later, later.parent, dirs_exist_ok=True)
                shutil.rmtree(later)

        _setup = setup

        def setup(app):
            _setup(app)
            app.connect("html-page-context", change)
        """
    )
    path = file.format(evidence=built.evidence_file.name)
    text = (built.root / path).read_text()
    built.write(f"later/{path}", text.replace(old, new))

    first, second = (built.build(out="beside").warnings for _ in range(2))

    assert not (built.root / "later").exists()
    assert said not in first
    assert said in second


def test_an_interrupted_build_leaves_nothing_out(built: Project) -> None:
    """What it did not write is written by the next."""
    evidence = built.evidence_file
    evidence.write_text(evidence.read_text().replace('"passed": true', '"passed": false', 1))
    built.configure(
        """
        import os

        def stop(app, *_):
            if os.environ.get("STOP"):
                raise RuntimeError("stopped")

        _setup = setup

        def setup(app):
            _setup(app)
            app.connect("html-page-context", stop)
        """
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STOP", "1")
        assert built.build().status != 0

    build(built)

    assert "Check failed" in built.build().shown("one.html")


def test_pages_of_tests_that_were_deleted_come_back(built: Project) -> None:
    """As the index does; before Sphinx 8, with the next build that writes a page."""
    page = built.build().folder / "_tests/docs/one.rst.html"
    before = page.read_text()
    page.unlink()
    built.page("Another text.")

    build(built)

    assert page.read_text() == before


def test_pages_of_tests_are_written_once_when_all_pages_look_different(built: Project) -> None:
    """That nothing had to be judged does not let the next build write them again."""
    built.configure('html_title = "Another"')

    first, second = build(built), build(built)

    assert "written _tests/docs/one.rst" in first
    assert second <= {"written genindex", "written search"}


def test_a_memory_that_is_damaged_is_made_again(built: Project) -> None:
    """It is a cache, nothing more."""
    (memory,) = (built.root / "_build").glob("doctrees-*/tested_snippets-html.json")
    for text in ("{", "[]", '{"format": 1}', '{"format": 1, "output": 3}'):
        memory.write_text(text)

        assert built.build("-W").status == 0
    assert Path(memory).stat().st_size > 100
