"""Every way in which a region can be wrong is an error that says where it is and what to do."""

from __future__ import annotations

import textwrap

import pytest

from sphinxext.tested_snippets.markers import Markers
from sphinxext.tested_snippets.named import cut_named
from sphinxext.tested_snippets.region import cut
from sphinxext.tested_snippets.source import RegionError, Source
from sphinxext.tested_snippets.styles import DEFAULT_STYLES, MarkerStyle
from tests.tested_snippets.scratch_project import Project

STYLES = DEFAULT_STYLES


def source(text: str) -> Source:
    """A file of this text."""
    return Source.from_text("tests/a.py", textwrap.dedent(text).lstrip("\n"))


def message(text: str, start: str | None, end: str | None, **options: bool) -> str:
    """What cutting says."""
    with pytest.raises(RegionError) as caught:
        cut(source(text), Markers(start, end, **options))
    return str(caught.value)


def lines(text: str, start: str | None, end: str | None, **options: bool) -> str:
    """What is cut."""
    return "".join(cut(source(text), Markers(start, end, **options)).lines)


def test_a_missing_start_marker_names_the_file_and_the_line_that_is_close() -> None:
    """A start marker that is not there is an error, with a hint at the line that was meant."""
    assert message("x = 1\n# [START make_it]\ny = 2\n", "# [START make-it]", "# [END]") == (
        "tests/a.py: no line has the start marker '# [START make-it]' "
        "(line 2 is close: '# [START make_it]'). "
        "Correct the marker on the page or put it in the file."
    )


def test_a_missing_end_marker_names_the_line_where_the_region_starts() -> None:
    """An end marker that is not below the start is an error, even if it stands above it."""
    text = "# </snippet>\ndef a():\n    x = 1\n"
    assert message(text, "def a():", "# </snippet>") == (
        "tests/a.py:2: no line after the start marker 'def a():' has the end marker '# </snippet>'. "
        "Put the end marker below the region."
    )


def test_a_start_marker_that_is_part_of_another_line_is_ambiguous() -> None:
    """A start marker that is also found in a longer line is an error that names both lines."""
    text = "def my_foo():\n    1\n    # end\ndef foo():\n    2\n    # end\n"
    assert message(text.replace("def my_foo", "my_def foo"), "def foo():", "# end") == (
        "tests/a.py:4: the start marker 'def foo():' is ambiguous: lines 1, 4 have it. "
        "Write more of the line on the page, so that just one line has it."
    )


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("# begin all", "# end all", "# begin allow"),
        ("def foo", "# </x>", "def foobar():"),
        ("# begin a", "# end a", "# begin a\nx\n# end ab"),
    ],
)
def test_a_marker_that_is_only_a_part_of_another_is_refused(
    start: str, end: str, found: str
) -> None:
    """Without its own line, a marker doesn't take the line of a region with a longer name."""
    text = f"{found}\nx = 1\n{end}\n"
    assert f"is only found as a part of {found.splitlines()[-1]!r}" in message(text, start, end)


def test_a_start_marker_that_stands_twice_is_ambiguous() -> None:
    """The same start marker in two places is an error."""
    text = "# begin a\n1\n# end a\n# begin a\n2\n# end a\n"
    assert "tests/a.py:4: the start marker '# begin a' is ambiguous: lines 1, 4" in message(
        text, "# begin a", "# end a"
    )


def test_a_region_that_runs_over_the_next_definition_is_refused() -> None:
    """A definition without its own end marker doesn't take that of the next."""
    text = "def a():\n    x = 1\n\ndef b():\n    y = 2\n    # </snippet>\n"
    assert message(text, "def a():", "# </snippet>") == (
        "tests/a.py:4: the region that starts on line 1 with 'def a():' runs over another marker, "
        "'def b():'. Put its own end marker '# </snippet>' before line 4; regions must not nest or cross."
    )


def test_definitions_of_the_region_itself_and_those_in_its_strings_are_its_own() -> None:
    """Inner functions, and code in a string that starts at the left, don't end a region."""
    text = 'def a():\n    def inner(): pass\n    s = """\ndef b():\n"""\n    # </snippet>\n'
    assert lines(text, "def a():", "# </snippet>") == "".join(text.splitlines(True)[1:5])


def test_a_form_feed_does_not_shift_what_is_known_to_be_a_string() -> None:
    """Python and Sphinx count lines differently where a file has form feeds; the text is cut all the same."""
    text = '\x0cx = 1\n\x0c\ndef a():\n    s = """\ndef b():\n"""\n    # </snippet>\n'
    assert "def b" in lines(text, "def a():", "# </snippet>")


def test_an_end_marker_on_the_first_line_means_an_empty_region() -> None:
    """Stock skips the end marker on the first line and shows the next region; here it is an error."""
    text = "def a():\n    # </snippet>\ndef b():\n    secret = 1\n    # </snippet>\n"
    assert message(text, "def a():", "# </snippet>") == (
        "tests/a.py:1: the region that starts with 'def a():' is empty: nothing stands before the end "
        "marker '# </snippet>'. Put the snippet between its markers, or drop the block from the page."
    )


def test_blank_lines_alone_are_an_empty_region() -> None:
    """A region of nothing but blank lines shows nothing, so it is an error."""
    assert "is empty" in message("# [START a]\n\n\n# [END a]\n", "[START a]", "[END a]")
    assert "the end of the file" in message("x\n# last\n\n", "# last", None)


NESTED = {
    "[START a]": ("# [START {}]", "# [END {}]"),
    "tag::a[]": ("// tag::{}[]", "// end::{}[]"),
    "__a_begin__": ("# __{}_begin__", "# __{}_end__"),
    "# begin a": ("# begin {}", "# end {}"),
    "# a: start": ("# {}: start", "# {}: end"),
    "example 1": ("# [START example {}1]", "# [END example {}1]"),
    "<a>": ("<!-- <{}> -->", "<!-- </{}> -->"),
}


@pytest.mark.parametrize(("start", "end"), NESTED.values(), ids=NESTED)
def test_nested_and_crossed_regions_are_refused_in_every_dialect(start: str, end: str) -> None:
    """The marker of another region inside a region is an error, whether it nests or crosses."""
    a, a_end, b, b_end = (m.format(n) for n in "ab" for m in (start, end))
    nested = message(f"{a}\n1\n{b}\n2\n{b_end}\n3\n{a_end}\n", a, a_end)
    crossed = message(f"{a}\n1\n{b}\n2\n{a_end}\n3\n{b_end}\n", a, a_end)
    tail = message(f"{a}\n1\n{b}\n2\n{a_end}\n3\n{b_end}\n", b, b_end)
    assert (
        f"tests/a.py:3: the region that starts on line 1 with {a!r} runs over another marker"
        in nested
    )
    assert nested == crossed
    assert f"tests/a.py:5: the region that starts on line 3 with {b!r}" in tail


def test_a_page_may_write_less_than_the_whole_marker() -> None:
    """The dialect is recognised from a part of the marker's line as well."""
    text = "# begin a\n1\n# begin b\n2\n# end b\n# end a\n"
    assert "'# begin b'" in message(text, "begin a", "end a")


@pytest.mark.parametrize(
    ("start", "end", "comment"),
    [
        ("# begin a", "# end a", "# begin work"),
        ("# start example", "# end example", "# start the server"),
        ("# example start", "# example end", "# now we start the server"),
        ("# example start", "# example end", "# we start"),
        ("# <a>", "# </a>", "# <module> is what Python prints"),
        ("# --- setup", "# --- done", "# --- more"),
        ("# [START a]", "# [END a]", "# see [a] and START"),
    ],
)
def test_comments_that_only_resemble_markers_belong_to_the_code(
    start: str, end: str, comment: str
) -> None:
    """A document that is correct for stock may have any comment in its code."""
    assert lines(f"{start}\n{comment}\nx\n{end}\n", start, end) == f"{comment}\nx\n"


def test_marker_text_left_inside_is_refused() -> None:
    """A start marker of the dialect whose end is nowhere would be shown to the reader."""
    assert "another marker, '# [START b]'" in message(
        "# [START a]\n1\n# [START b]\n2\n# [END a]\n", "[START a]", "[END a]"
    )


def test_the_projects_own_style_is_recognised_for_literalinclude_too() -> None:
    """With a style whose end marker has no name, the style tells what the start of another region is."""
    style = MarkerStyle("# snippet: {name}", "# endsnippet")
    text = source("# snippet: a\n1\n# snippet: b\n2\n# endsnippet\n")
    with pytest.raises(RegionError, match="runs over another marker, '# snippet: b'"):
        cut(text, Markers("# snippet: a", "# endsnippet"), (style,))


def test_an_error_within_a_python_object_counts_the_lines_of_the_file(project: Project) -> None:
    """With :pyobject:, markers are looked for in the object, and errors name lines of the file."""
    project.write(
        "tests/test_a.py",
        "# x\n# x\ndef other():\n    # go\n    1\n\ndef f():\n    # go\n    # stop\n    return 1\n",
    )
    project.page(
        """
        .. literalinclude:: ../tests/test_a.py
           :pyobject: f
           :start-after: # go
           :end-before: # stop
        """
    )
    assert (
        "tests/test_a.py:8: the region that starts with '# go' is empty" in project.build().warnings
    )


def test_a_dedent_that_eats_code_names_the_line_of_the_file(project: Project) -> None:
    """:dedent: N that is more than a line's indentation is an error, also behind :lines:."""
    project.write("tests/test_a.py", "# [START a]\n    one\n    two\n  three\n# [END a]\n")
    project.page(
        """
        .. literalinclude:: ../tests/test_a.py
           :start-after: [START a]
           :end-before: [END a]
           :lines: 2-3
           :dedent: 4
        """
    )
    result = project.build()
    text = (
        "tests/test_a.py:4: :dedent: 4 would cut into 'three', which is indented by 2. "
        "Write :dedent: without a number to remove what all lines have in common."
    )
    assert f"docs/index.rst:4: WARNING: {text}" in result.warnings
    assert text in result.shown()


BAD_OPTIONS = {
    ":start-after: nowhere": "no line has the start marker 'nowhere'",
    ":end-before: nowhere": "no line from 2 to 2 has the end marker 'nowhere'",
    ":lines: 2-9": ":lines: 2-9 goes beyond the last line, 2",
    ":pyobject: Nothing": "Object named 'Nothing' not found",
    ":encoding: nonsense": 'option :encoding: unknown encoding: "nonsense"',
    ":encoding: utf-16": "is not utf-16",
    ":start-at: x\n   :start-after: x": 'Cannot use both "start-after" and "start-at"',
    ":dedent: -1": "option :dedent: negative value",
    ":emphasize-lines: x": ":emphasize-lines: x names no lines. Write their numbers",
}


def test_bad_options_are_said_in_every_build_without_a_traceback(project: Project) -> None:
    """Whatever is wrong with an option: a message with page and line, by the second build as well."""
    project.write("tests/test_a.py", "x = 1\ny = 2\n")
    blocks = [f".. literalinclude:: ../tests/test_a.py\n   {options}\n" for options in BAD_OPTIONS]
    project.page("\n".join(blocks))
    first, second = (project.build("-W", "--keep-going") for _ in range(2))
    for number, wanted in enumerate(BAD_OPTIONS.values()):
        for result in (first, second):
            found = [line for line in result.warnings.splitlines() if wanted in line]
            assert any("docs/index.rst:" in line for line in found), (
                number,
                wanted,
                result.warnings,
            )
    assert "Traceback" not in first.warnings + second.warnings
    assert first.page().count("snippet-defect") == len(BAD_OPTIONS) - 2
    assert first.status == second.status == 1


def test_what_python_cannot_parse_has_no_objects_and_no_traceback(project: Project) -> None:
    """:pyobject: of a file that is not Python is an error like any other."""
    project.write("tests/test_a.py", "def broken(:\n")
    project.page(".. literalinclude:: ../tests/test_a.py\n   :pyobject: broken\n")
    result = project.build()
    assert "WARNING: tests/test_a.py: " in result.warnings
    assert "Traceback" not in result.warnings


def test_a_missing_file_is_named_from_the_root(project: Project) -> None:
    """A file that is not there is an error with the path and the reason."""
    project.page(".. literalinclude:: ../tests/none.py\n\n.. snippet:: ../tests/none.py::a\n")
    warnings = project.build().warnings
    text = (
        "tests/none.py: cannot be read (No such file or directory). Correct the path or encoding."
    )
    assert warnings.count(text) == 2


def test_a_file_outside_the_root_is_named_by_the_way_to_it(project: Project) -> None:
    """What lies outside the project is called by its path from the root, not by that of this machine."""
    outside = project.root.parent / f"{project.root.name}.py"
    outside.write_text("def a():\n    1\n", encoding="utf-8")
    project.page(f".. snippet:: ../../{outside.name}::a\n")
    assert f"WARNING: ../{outside.name}:1: no line after" in project.build().warnings


def test_regions_of_one_file_that_cross_on_different_pages_are_reported(project: Project) -> None:
    """Where the dialect can't be recognised, the audit sees that a region shows the start of another."""
    project.write("tests/test_a.py", "# one\na = 1\n# two\nb = 2\n# done\n")
    project.page(
        """
        .. literalinclude:: ../tests/test_a.py
           :start-after: # one
           :end-before: # done

        .. toctree::

           more
        """
    )
    project.page(
        """
        .. literalinclude:: ../tests/test_a.py
           :start-after: # two
           :end-before: # done
        """,
        "more",
    )
    arguments = ("-W", "--keep-going", "-D", "suppress_warnings=tested_snippets.never_run")
    first, second = project.build(*arguments), project.build(*arguments)
    assert (
        "docs/index.rst:4: WARNING: tests/test_a.py:3: the region that starts on line 1 shows the start "
        "marker of another snippet. Put an end marker of its own before line 3; regions must not nest or "
        "cross."
    ) in first.warnings
    assert first.status == second.status == 1


def test_a_class_may_be_shown_whole_and_by_method(project: Project) -> None:
    """Code that is shown is no marker left inside, even if another block starts after that code."""
    project.write(
        "tests/test_a.py",
        "class A:\n    def b(self):\n        x = 1\n    # end b\n    y = 2\n# end A\n",
    )
    project.page(
        """
        .. literalinclude:: ../tests/test_a.py
           :start-after: class A:
           :end-before: # end A

        .. literalinclude:: ../tests/test_a.py
           :start-after: def b(self):
           :end-before: # end b
        """
    )
    assert project.build("-W", "-D", "suppress_warnings=tested_snippets.never_run").status == 0


def test_a_definition_over_several_lines_cannot_start_a_snippet_by_name() -> None:
    """The rest of a definition's arguments would be the first lines shown."""
    with pytest.raises(RegionError) as caught:
        cut_named(source("def a(\n    x,\n):\n    1\n    # </snippet>\n"), "a", STYLES)
    assert str(caught.value) == (
        "tests/a.py:1: the definition of the snippet 'a' goes on after its first line. "
        "Write it on one line, so that the snippet starts on the next."
    )


@pytest.mark.parametrize(
    "definition",
    ["def a(x='('):  # (", "def a(x=')#'): # why", "    async def a(): # </x>", "def a() = {"],
)
def test_a_definition_on_one_line_starts_a_snippet_whatever_its_text(definition: str) -> None:
    """Brackets in strings and comments don't count, and neither does what another language writes."""
    text = f"{definition}\n        x\n        # </snippet>\n"
    assert cut_named(Source.from_text("a", text), "a", STYLES)[1] == "x\n"
