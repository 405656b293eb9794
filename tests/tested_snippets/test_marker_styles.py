"""How a project marks its snippets: the styles, and what holds where ends carry a name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinxext.tested_snippets.named import cut_named
from sphinxext.tested_snippets.source import RegionError, Source
from sphinxext.tested_snippets.styles import MarkerStyle, read_styles
from tests.tested_snippets.scratch_project import Project

QUIET = ("-W", "--keep-going", "-D", "suppress_warnings=tested_snippets.never_run")
START_END = (MarkerStyle("[START {name}]", "[END {name}]"),)


def shown(text: str, name: str = "a", styles: object = ("[START {name}] => [END {name}]",)) -> str:
    """What a reader sees of a snippet of a file with this text."""
    read = read_styles(styles)
    assert read is not None
    return cut_named(Source.from_text("a.py", text), name, read)[1]


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("def {name}(", "def a():\n    x\n    # </snippet>\n"),
        ("[START {name}]", "# [START a]\nx\n# [END a]\n"),
        ("__{name}_begin__", "-- __a_begin__\nx\n-- __a_end__\n"),
        ("tag::{name}[]", "<!-- tag::a[] -->\nx\n<!-- end::a[] -->\n"),
        ("region: {name} => endregion", "/* region: a */\nx\n/* endregion */\n"),
        ("snippet {name} => end snippet {name}", "% snippet a\nx\n% end snippet a\n"),
        (r"/@begin\((?P<name>\w+)\)/ => /@end\((?P<name>\w+)\)/", "@begin(a)\nx\n@end(a)\n"),
        (r"/^# <(?P<name>\w+)>$/ => /^# end$/", "# <a>\nx\n# end\n"),
    ],
)
def test_a_style_is_text_or_patterns_in_any_comment_syntax(style: str, text: str) -> None:
    """The start of a well-known style is enough; others are written with both ends."""
    assert shown(text, styles=[style]) == "x\n"


def test_several_styles_hold_at_once(project: Project) -> None:
    """Each file may have its own, in one setting for Sphinx and one for pytest, with names alike."""
    styles = '["def {name}(", "[START {name}]", "@{name}: => /@end/"]'
    project.configure(f"tested_snippets_marker = {styles}\n")
    project.set_pytest(f"snippets_marker = {styles}")
    project.write("tests/test_a.py", "def one():\n    print(1)\n    # </snippet>\n")
    project.write("tests/b.py", "# [START two]\nprint(2)\n# [END two]\n# @three:\n3\n# @end\n")
    project.page(
        """
        .. snippet-check::
           :output: 1

        .. snippet:: ../tests/test_a.py::one

        .. snippet-check::
           :output: 2

        .. snippet:: ../tests/b.py::two

        .. snippet:: ../tests/b.py::three
        """
    )
    project.update().assert_outcomes(passed=3)
    built = project.build("-W")
    assert (built.status, built.warnings) == (0, "")


def test_regions_nest_and_the_inner_markers_are_not_shown(project: Project) -> None:
    """What runs is what is shown, of the whole and of its parts, and markers are no part of it."""
    project.configure('tested_snippets_marker = "[START {name}]"\n')
    project.set_pytest('snippets_marker = ["[START {name}]"]')
    text = """
        # [START all]
        x = 1
        # [START part]
        print(x + 1) if "x" in globals() else print(0)
        # [END part]
        print("end")
        # [END all]
        """
    project.write("tests/a.py", text)
    project.page(
        """
        .. snippet-check::
           :output: 2

        .. snippet:: ../tests/a.py::all

        .. snippet-check::
           :output: 0

        .. snippet:: ../tests/a.py::part
        """
    )
    project.update().assert_outcomes(passed=2)
    built = project.build("-W")
    assert (built.status, built.warnings) == (0, "")
    assert "START" not in built.shown()
    assert "END" not in built.shown()


def test_regions_of_one_name_are_joined_in_their_order() -> None:
    """The indentation that they have in common goes; what they have beside it stays."""
    text = "# [START a]\nif x:\n# [END a]\n    y\n# [START b]\n# [START a]\n    z\n# [END a]\n# [END b]\n"
    assert shown(text) == "if x:\n    z\n"
    assert shown(text, "b") == "z\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "# [START a]\nx\n",
            (
                "a.py:1: the region 'a' that starts here has no end: no line below has '[END a]'. "
                "Put the end marker below the region."
            ),
        ),
        (
            "x\n# [END a]\n",
            (
                "a.py:2: the end marker of the region 'a' has no start marker above it. "
                "Put '[START a]' above the region, or drop the end marker."
            ),
        ),
        (
            "# [START a]\nx\n# [START a]\ny\n# [END a]\n",
            (
                "a.py:3: the region 'a', which starts on line 1, starts again before its end. "
                "Put '[END a]' between lines 1 and 3, or drop one of the two start markers."
            ),
        ),
        (
            "# [START a]\nx\n# [START b]\n# [END a]\n# [END b]\n",
            (
                "a.py:3: the region 'a', lines 1 to 4, has the start marker of 'b' in it, but not its end marker. "
                "Put '[END b]' between lines 1 and 4, or take both out; regions may nest, but not cross."
            ),
        ),
        (
            "# [START b]\n# [START a]\nx\n# [END b]\n# [END a]\n",
            (
                "a.py:4: the region 'a', lines 2 to 5, has the end marker of 'b' in it, but not its start marker. "
                "Put '[START b]' between lines 2 and 5, or take both out; regions may nest, but not cross."
            ),
        ),
        (
            "# [START a]\n\n# [START b]\n# [END b]\n# [END a]\n",
            (
                "a.py:1: the region 'a' is empty: nothing stands between its markers. "
                "Put the snippet between its markers, or drop the block from the page."
            ),
        ),
        (
            "# [START ab]\nx\n# [END ab]\n",
            (
                "a.py: there is no snippet 'a': no line has '[START a]' (did you mean 'ab'?). "
                "Correct the name on the page or mark the snippet in the file."
            ),
        ),
    ],
)
def test_markers_without_their_partner_are_errors(text: str, message: str) -> None:
    """Each says where it is, what was found, what was expected and what to do."""
    with pytest.raises(RegionError) as caught:
        shown(text)
    assert str(caught.value) == message


def test_a_name_in_two_styles_of_one_file_is_ambiguous() -> None:
    """Neither of the two would be a better guess."""
    text = "def a():\n    1\n    # </snippet>\n# [START a]\n2\n# [END a]\n"
    with pytest.raises(RegionError, match=r"a\.py:4: the snippet 'a' is ambiguous: lines 1, 4, 6"):
        shown(text, styles=["def {name}(", "[START {name}]"])


def test_regions_without_named_ends_are_not_inside_others() -> None:
    """Whose end the marker is can't be told, and the reader would see it."""
    text = "# [START a]\ndef f():\n    1\n    # </snippet>\n# [END a]\n"
    with pytest.raises(RegionError, match=r"a\.py:4: the region 'a', lines 1 to 5, has the marker"):
        shown(text, styles=["def {name}(", "[START {name}]"])
    assert shown(text, "f", styles=["def {name}(", "[START {name}]"]) == "1\n"


def test_named_regions_may_be_inside_one_without_a_named_end() -> None:
    """Their markers are left out as well, and need their partners too."""
    text = "def f():\n    1\n    # [START a]\n    2\n    # [END a]\n    # </snippet>\n# [END b]\n"
    assert shown(text, "f", styles=["def {name}(", "[START {name}]"]) == "1\n2\n"
    with pytest.raises(RegionError, match="has the start marker of 'a' in it, but not its end"):
        shown(text.replace("    # [END a]\n", ""), "f", styles=["def {name}(", "[START {name}]"])


@pytest.mark.parametrize(
    "given",
    ["", [], "def {name}(x", "a => b", ["[START {name}]", "x => y"], "/(?P<name>/ => b", 3],
)
def test_what_is_no_style_is_refused(given: object) -> None:
    """A style has a name in its start marker, and its patterns can be read."""
    assert read_styles(given) is None


def test_numbers_of_lines_with_a_gap_are_refused(project: Project) -> None:
    """The lines of one block are counted on, so numbers after a line that is left out would be wrong."""
    project.configure('tested_snippets_marker = "[START {name}]"\n')
    project.write("a.py", "# [START a]\n1\n# [START b]\n2\n# [END b]\n# [END a]\n")
    project.page(
        """
        .. snippet:: ../a.py::a
           :lineno-match:

        .. snippet:: ../a.py::b
           :lineno-match:
        """
    )
    built = project.build(*QUIET)
    assert built.warnings.count("WARNING") == 1
    assert "docs/index.rst:4: WARNING: :lineno-match: can't number" in built.warnings
    assert '<span class="linenos">4</span>' in built.page()


LINES = {"A": "# [START a]", "Z": "# [END a]", "B": "# [START b]", "Y": "# [END b]"}


@settings(deadline=None, max_examples=200)
@given(st.text("AZBYx", max_size=14))
def test_a_region_is_shown_as_a_whole_or_its_markers_are_wrong(order: str) -> None:
    """Whatever the order of the markers: all lines between them and no others, or one of the errors."""
    lines = [LINES.get(sign, f"line {number}") for number, sign in enumerate(order)]
    in_order = re.fullmatch(r"([BYx]*A(x|Bx*Y)*Z)+[BYx]*", order)
    inside = [
        lines[at]
        for match in re.finditer("A[^A]*?Z", order)
        for at in range(*match.span())
        if order[at] == "x"
    ]
    source = Source.from_text("a.py", "".join(f"{line}\n" for line in lines))
    try:
        _, text = cut_named(source, "a", START_END)
    except RegionError:
        assert not (in_order and inside)
    else:
        assert in_order
        assert text.splitlines() == inside
