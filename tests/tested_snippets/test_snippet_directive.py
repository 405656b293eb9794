"""The short form, ``.. snippet:: path::name``."""

from __future__ import annotations

import re

import pytest

from tests.tested_snippets.scratch_project import Project

QUIET = ("-W", "--keep-going", "-D", "suppress_warnings=tested_snippets.never_run")


def blocks(page: str) -> list[str]:
    """The literal blocks of a page as HTML."""
    return re.findall(r"<pre[^>]*>.*?</pre>", page, flags=re.DOTALL)


def test_a_snippet_shows_what_the_equivalent_literalinclude_shows(project: Project) -> None:
    """The default style needs no options: same text, same highlighting, whatever the indentation."""
    project.write(
        "tests/test_a.py",
        """
        class A:
            @staticmethod
            def first(x: int = 1) -> int:  # (
                if x:
                    return "one"

                return x
                # </snippet>

        def first_class():
            pass
            # </snippet>
        """,
    )
    project.page(
        """
        .. snippet:: ../tests/test_a.py::first

        .. literalinclude:: /../tests/test_a.py
           :start-after: def first(
           :end-before: # </snippet>
           :dedent:
        """
    )
    first, second = blocks(project.build(*QUIET).page())
    assert first == second
    assert '<span class="k">if</span>' in first


def test_the_style_is_the_projects_own(project: Project) -> None:
    """A project that marks its snippets otherwise says so once, for any language."""
    project.configure("tested_snippets_marker = ('// tag::{name}[]', '// end::{name}[]')\n")
    project.write(
        "tests/a.js", "// tag::a[]\nlet x = 1;\n// end::a[]\n// tag::ab[]\ny;\n// end::ab[]\n"
    )
    project.page(
        """
        .. snippet:: ../tests/a.js::a
           :caption:
           :name: here
           :linenos:
           :emphasize-lines: 1

        .. snippet:: ../tests/a.js::ab
           :language: text
           :lineno-match:
        """
    )
    page = project.build(*QUIET)
    assert page.warnings == ""
    assert 'id="here"' in page.page()
    assert "../tests/a.js::a" in page.shown()
    assert '<span class="kd">let</span>' in page.page()
    assert '<span class="linenos">5</span>y;' in page.page()


def test_a_wrong_snippet_says_what_to_do_in_every_build(project: Project) -> None:
    """Missing, ambiguous and misnamed snippets are errors with a suggestion, and stay so."""
    project.write(
        "tests/test_a.py",
        """
        def install():
            1
            # </snippet>
        def twice(a):
            1
            # </snippet>
        def twice(b):
            2
            # </snippet>
        """,
    )
    project.page(
        """
        .. snippet:: ../tests/test_a.py::instal

        .. snippet:: ../tests/test_a.py::twice

        .. snippet:: ../tests/test_a.py

        .. snippet:: ../tests/test_a.py::install
           :dedent: 4
        """
    )
    wanted = [
        (
            "docs/index.rst:4: WARNING: tests/test_a.py: there is no snippet 'instal': no line has 'def instal(' "
            "(did you mean 'install'?). Correct the name on the page or mark the snippet in the file."
        ),
        (
            "docs/index.rst:6: WARNING: tests/test_a.py:7: the snippet 'twice' is ambiguous: lines 4, 7 start it. "
            "Give each snippet of a file a name of its own."
        ),
        "docs/index.rst:8: WARNING: '../tests/test_a.py' is not of the form path::name",
        'unknown option: "dedent"',
    ]
    first, second = project.build(*QUIET), project.build(*QUIET)

    assert [text for text in wanted if text not in first.warnings] == []
    assert [text for text in wanted[:3] if text not in second.warnings] == []
    assert "docs/index.rst:10: WARNING: " in second.warnings
    assert first.status == second.status == 1


def test_a_style_that_is_none_is_a_clear_error(project: Project) -> None:
    """A marker style without a name ends the build with one sentence, not with a traceback."""
    project.configure("tested_snippets_marker = '# begin'\n")
    project.page("Text.\n")
    result = project.build()
    assert result.status != 0
    assert (
        "tested_snippets_marker is '# begin', expected two texts: a start marker with {name}"
        in result.warnings
    )
    assert "Configuration error" in result.warnings


def test_lines_are_emphasized_by_what_stands_in_them(project: Project) -> None:
    """A text or a regular expression per line of the option; the numbers of lines don't matter."""
    project.write(
        "tests/test_a.py",
        """
        def a():
            x = 1
            y = 2
            z = [1]
            # </snippet>
        """,
    )
    project.page(
        """
        .. snippet:: ../tests/test_a.py::a
           :emphasize:
              /^y = \\d$/
              [1]
           :lineno-start: 7
        """
    )
    page = project.build(*QUIET)
    assert page.warnings == ""
    (block,) = blocks(page.page())
    numbered = r'<span class="linenos">(\d+)'
    assert re.findall(numbered, block) == ["7", "8", "9"]
    assert re.findall(f'<span class="hll">{numbered}', block) == ["8", "9"]


def test_an_emphasis_that_matches_nothing_is_an_error_in_every_build(project: Project) -> None:
    """Text that is gone from the snippet, or a broken pattern, would lose the emphasis without a word."""
    project.write("tests/test_a.py", "def a():\n    x = 1\n    # </snippet>\n")
    project.page(
        """
        .. snippet:: ../tests/test_a.py::a
           :emphasize: y = 2

        .. snippet:: ../tests/test_a.py::a
           :emphasize: /(/
        """
    )
    first, second = project.build(*QUIET), project.build(*QUIET)
    for result in (first, second):
        assert result.status == 1
        assert (
            "docs/index.rst:4: WARNING: :emphasize: y = 2 is in no line of the snippet. "
            "Write what one of its lines has"
        ) in result.warnings
        assert (
            "docs/index.rst:7: WARNING: :emphasize: /(/ is no regular expression" in result.warnings
        )
        assert result.warnings.count(":emphasize: y = 2") == 1


def test_an_edit_that_takes_the_emphasized_text_away_is_noticed(project: Project) -> None:
    """The page is read again, as its block became one that can't be shown as asked."""
    project.write("tests/test_a.py", "def a():\n    x = 1\n    # </snippet>\n")
    project.page(".. snippet:: ../tests/test_a.py::a\n   :emphasize: x = 1\n")
    assert project.build(*QUIET).status == 0
    project.replace("tests/test_a.py", "x = 1", "x = 2")
    assert ":emphasize: x = 1 is in no line" in project.build(*QUIET).warnings


def test_several_regions_are_one_block(project: Project) -> None:
    """They are shown, run and judged together, each dedented by itself, with a blank line between."""
    project.write("tests/a.py", "def first():\n    x = 1\n    # </snippet>\n")
    project.write(
        "tests/b.py", "class B:\n    def second():\n        print(x)\n        # </snippet>\n"
    )
    project.page(
        """
        .. snippet-check::
           :output: 1

        .. snippet:: ../tests/a.py::first + ../tests/b.py::second
           :caption:
           :emphasize: print
        """
    )
    project.update().assert_outcomes(passed=1)
    project.run_pytest("docs/index.rst::first+second").assert_outcomes(passed=1)
    built = project.build("-W")
    assert (built.status, built.warnings) == (0, "")
    assert "x = 1\n\nprint(x)\n" in built.shown()

    project.replace("tests/b.py", "print(x)", "print(x + 0)")
    built = project.build("-W")
    assert "docs/index.rst::first+second is stale" in built.warnings
    assert "print(x + 0)" in built.shown()


def test_sides_of_a_comparison_may_be_joined_too(project: Project) -> None:
    """The plus belongs to the names beside it."""
    project.write(
        "a.py", "".join(f"def {name}():\n    {name} = 1\n    # </snippet>\n" for name in "abc")
    )
    project.page(".. before-after:: ../a.py::a + ../a.py::b ../a.py::c\n")
    built = project.build(*QUIET)
    assert built.warnings == ""
    assert "a = 1\n\nb = 1\n" in built.shown()


def test_what_cannot_be_joined_is_an_error_of_the_part(project: Project) -> None:
    """The message names the part, and lines of several files can't be counted as in one."""
    project.write("a.py", "def a():\n    1\n    # </snippet>\ndef b():\n    2\n    # </snippet>\n")
    project.page(
        """
        .. snippet:: ../a.py::a + ../a.py::c

        .. snippet:: ../a.py::a + ../a.py

        .. snippet:: ../a.py::a + ../a.py::b
           :lineno-match:
        """
    )
    warnings = project.build(*QUIET).warnings
    assert "docs/index.rst:4: WARNING: a.py: there is no snippet 'c'" in warnings
    assert "docs/index.rst:6: WARNING: '../a.py' is not of the form path::name" in warnings
    assert "docs/index.rst:8: WARNING: :lineno-match: can't number the lines of sev" in warnings
    assert warnings.count("WARNING") == 3


def searching(project: Project) -> None:
    """Let the project look for names in its tests."""
    project.configure('tested_snippets_search = ["tests/**/*.py"]\n')
    project.set_pytest('snippets_search = ["tests/**/*.py"]')
    project.write("tests/test_a.py", "def one():\n    print(1)\n    # </snippet>\n")
    project.write("tests/more/test_b.py", "def two():\n    print(2)\n    # </snippet>\n")


def test_a_name_is_enough_where_files_are_searched(project: Project) -> None:
    """The same as with the file: evidence, language, and joining."""
    searching(project)
    project.page(
        """
        .. snippet-check::
           :output: 2

        .. snippet:: two

        .. snippet-check::
           :setup: one

        .. snippet:: one + two
        """
    )
    project.update().assert_outcomes(passed=2)
    assert '"tests/more/test_b.py::two"' in project.evidence_file.read_text()
    built = project.build("-W")
    assert (built.status, built.warnings) == (0, "")
    assert '<span class="nb">print</span>' in built.page()
    assert "print(1)\n\nprint(2)\n" in built.shown()


def test_a_name_in_no_file_or_in_several_is_an_error_until_it_is_mended(project: Project) -> None:
    """Each build says so, and the page is read again when the files that have the name change."""
    searching(project)
    project.write("tests/test_c.py", "def two():\n    print(3)\n    # </snippet>\n")
    project.page(".. snippet:: two\n\n.. snippet:: thre\n")
    for _ in range(2):
        warnings = project.build(*QUIET).warnings
        assert (
            "docs/index.rst:4: WARNING: the snippet 'two' is in several files: tests/more/test_b.py, "
            "tests/test_c.py. Write path::name"
        ) in warnings
        assert (
            "docs/index.rst:6: WARNING: no file that is searched (tests/**/*.py) has the snippet 'thre'"
        ) in warnings
    project.replace("tests/test_c.py", "two", "three")
    assert "(near: 'three' in tests/test_c.py)" in project.build(*QUIET).warnings
    project.replace("tests/test_c.py", "three", "thre")
    built = project.build(*QUIET)
    assert (built.warnings, built.status) == ("", 0)
    assert "print(2)" in built.shown()
    assert "print(3)" in built.shown()
    (project.root / "tests/test_c.py").unlink()
    assert "has the snippet 'thre'" in project.build(*QUIET).warnings


def test_globs_that_are_none_are_a_clear_error(project: Project) -> None:
    """One sentence from Sphinx and one from pytest."""
    project.configure('tested_snippets_search = ["/abs/*.py"]\n')
    project.set_pytest('snippets_search = ["/abs/*.py"]')
    project.page("Text.\n")
    expected = "is ['/abs/*.py'], expected a list of globs of files, from the project's root"
    assert f"tested_snippets_search {expected}" in project.build().warnings
    project.run_pytest().stderr.fnmatch_lines(["*snippets_search is *expected a list of globs*"])


MISNAMED = {
    "good": "'good' stands without a file. Write path::good, or name the files to look in with tested_snippets_search",
    "../tests/a.py::good +": "`+` stands between two names, with a space on both sides, not in '../tests/a.py::good +'",
    "+ ../tests/a.py::good": "`+` stands between two names",
    "../tests/a.py::good +../tests/a.py::more": "`+` stands between two names",
    "../tests/latin.py::a": "tests/latin.py: is not UTF-8 ('utf-8' codec can't decode byte 0xe9 in position 12: "
    "invalid continuation byte). Save it as UTF-8, or show it with literalinclude and name its encoding with",
}


@pytest.mark.parametrize("argument", MISNAMED)
def test_what_is_wrong_with_an_argument_is_said_with_what_to_write(
    project: Project, argument: str
) -> None:
    """The build and pytest name the mistake itself, not what came of reading on past it."""
    marked = "".join(f"def {name}():\n    1\n    # </snippet>\n" for name in ("good", "more", "c"))
    project.write("tests/a.py", marked)
    project.write_bytes(
        "tests/latin.py", "def a(): # h\xe9\n    1\n    # </snippet>\n".encode("latin-1")
    )
    project.page(f".. snippet:: {argument}\n")
    built = project.build(*QUIET)
    assert f"docs/index.rst:4: WARNING: {MISNAMED[argument]}" in built.warnings
    assert built.warnings.count("WARNING") == 1
    assert MISNAMED[argument] in project.run_pytest().stdout.str().replace("\n", "")


@pytest.mark.parametrize("numbers", ["abc", "5-3", "1,"])
@pytest.mark.parametrize(
    "directive", ["code-block:: python", "snippet:: ../a.py::a", "literalinclude:: ../a.py"]
)
def test_numbers_of_lines_that_are_none_are_a_defect_of_their_own_block(
    project: Project, directive: str, numbers: str
) -> None:
    """Wherever it is written, of two blocks with one text the one that has it is named, and pytest refuses it."""
    project.write("a.py", "def a():\n    1\n    # </snippet>\n")
    content = "   1\n" if "code" in directive else ""
    block = f".. {directive}\n   {{}}\n\n{content}\n"
    project.page(block.format(f":emphasize-lines: {numbers}") + block.format(":force:"))
    message = f":emphasize-lines: {numbers} names no lines. Write their numbers, like 1,3-5"
    built = project.build(*QUIET)
    assert f"docs/index.rst:4: WARNING: {message}" in built.warnings
    assert built.warnings.count("WARNING") == 1
    result = project.run_pytest()
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([f"*docs/index.rst:4: {message}*"])
