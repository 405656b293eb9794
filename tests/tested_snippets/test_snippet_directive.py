"""The short form, ``.. snippet:: path::name``."""

from __future__ import annotations

import re

from tests.tested_snippets.scratch_project import Project

QUIET = ("-W", "--keep-going", "-D", "suppress_warnings=tested_snippets.never_run")


def blocks(page: str) -> list[str]:
    """The literal blocks of a page as HTML."""
    return re.findall(r"<pre>.*?</pre>", page, flags=re.DOTALL)


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
