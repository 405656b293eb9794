"""On any page in MyST Markdown, our reader and myst-parser agree about which blocks there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

pytest.importorskip("myst_parser")

from sphinxext.tested_snippets.myst import scan
from tests.tested_snippets.myst_authority import CONF, page_path, read
from tests.tested_snippets.rest_authority import Reader, Shown, shown_by, sphinx_reader

# The same pages each time: what a rarer one shows is found by raising the number, not by a build that fails now and then.
with_sphinx = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much],
)

TEXT = st.sampled_from(["text", "*text*", "`code`", "text\nmore", "[link](#a)", "{kbd}`A`"])
CODE = st.sampled_from(["x = 1", "x = 1\n\ny = 2", "  x", ">>> 1\n1", "# Title", "- item", "~~~"])
LANGUAGE = st.sampled_from(["", "python", "console", "c"])


def fence(mark: str, info: str, content: str) -> str:
    """A block between fences that its content doesn't close."""
    while mark in content:
        mark += mark[0]
    return f"{mark}{info}\n{content}\n{mark}" if content else f"{mark}{info}\n{mark}"


def prefixed(first: str, other: str, content: str) -> str:
    """Lines behind the sign of a list or a quote."""
    lines = content.split("\n")
    return "\n".join([first + lines[0], *(f"{other}{line}".rstrip() for line in lines[1:])])


BLOCKS = st.one_of(
    TEXT,
    st.builds(fence, st.sampled_from(["```", "~~~", "````"]), LANGUAGE, CODE),
    st.builds(
        lambda name, language, code: fence("```", f"{{{name}}} {language}".rstrip(), code),
        st.sampled_from(["code-block", "code", "sourcecode"]),
        st.sampled_from(["python", "c"]),
        CODE,
    ),
    st.builds(lambda text: f"    {text}", st.sampled_from(["x = 1", "- x"])),
    st.sampled_from(
        [
            "```{snippet} a.py::b\n```",
            "```{literalinclude} a.py\n:language: c\n```",
            "```{snippet-check}\n:fails: x\n```\n\n```\nx\n```",
            "<!-- {snippet-check}\n:fails: x\n-->\n\n```\nx\n```",
            "```{eval-rst}\n::\n\n   x\n```",
            "```{highlight} c\n```",
            "<div>\n```\nx\n```\n</div>",
            "% comment\n% ```",
            "| a | b |\n|---|---|\n| `c` | d |",
            "term\n: ```\n  x\n  ```",
            "+++",
            "(target)=",
            "---",
        ]
    ),
)
CONSTRUCTS = st.recursive(
    BLOCKS,
    lambda inner: st.one_of(
        st.builds(lambda text: prefixed("- ", "  ", text), inner),
        st.builds(lambda text: prefixed("1. ", "   ", text), inner),
        st.builds(lambda text: prefixed("> ", "> ", text), inner),
        st.builds(lambda text: fence("```", "{note}", text), inner),
        st.builds(lambda text: fence(":::", "{tip}", text), inner),
        st.builds(lambda text: fence(":::", "", text), inner),
        st.builds(lambda one, two: f"{one}\n\n{two}", inner, inner),
    ),
    max_leaves=10,
)
PAGES = st.lists(CONSTRUCTS | st.sampled_from(["# Title", "## Part"]), min_size=1, max_size=4).map(
    "\n\n".join
)
SOUP = st.lists(
    st.tuples(
        st.sampled_from(["", "", "", "  ", "    ", "> ", "- ", "\t"]),
        st.sampled_from(
            [
                *("", "", "text", "# Title", "===", "---", "***", "- item", "1. item", "> quote"),
                *("```", "```python", "~~~", "````", ":::", ":::{note}", "```{note}", "```{tip} A"),
                *("```{code-block} c", ":name: n", "```{snippet} a::b", "<div>", "</div>", "<!--"),
                *("-->", "| a |", "|---|", "[^1]", "[^1]: note", "[a]: b", "% c", "+++", "(t)="),
                *(": definition", "\\", "`a", "a  ", "{kbd}`a`", "&nbsp;", "$$", "x = 1"),
            ]
        ),
    ),
    max_size=14,
).map(lambda lines: "\n".join(prefix + text for prefix, text in lines))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Sphinx with myst-parser."""
    with sphinx_reader(tmp_path_factory.mktemp("sphinx"), {}, CONF, ".md") as sphinx:
        yield sphinx


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a page stands that is read with the same settings."""
    return page_path(tmp_path_factory.mktemp("pages"))


def agree(reader: Reader, place: Path, page: str) -> None:
    """Both find the same blocks; a page with an error, or with a directive that is refused, counts for nothing."""
    try:
        wanted = read(reader, page)
    except AssertionError:  # That of docutils before 0.22, at a transition in a quote.
        reject()
    said = reader.complaints()
    # A directive that myst-parser only complains of is a problem to be mended for ours.
    assume("ERROR" not in said and "[myst.directive" not in said)
    assert _ended(shown_by(scan(page, place))) == _ended(wanted)


def _ended(blocks: list[Shown]) -> list[Shown]:
    """The blocks without blanks at the ends of lines, and the line end that a fence has."""
    return [
        Shown("\n".join(map(str.rstrip, block.text.split("\n"))).rstrip("\n"), block.language)
        for block in blocks
    ]


@with_sphinx
@given(page=PAGES)
def test_generated_pages_are_read_as_myst_parser_reads_them(
    reader: Reader, place: Path, page: str
) -> None:
    """However constructs are nested in one another."""
    agree(reader, place, page)


@with_sphinx
@given(page=SOUP)
def test_careless_pages_are_read_as_myst_parser_reads_them(
    reader: Reader, place: Path, page: str
) -> None:
    """Where fences are left open and indentation is all wrong."""
    agree(reader, place, page)


@settings(deadline=None)
@given(st.text() | st.text(alphabet=" \t\n\r`~:{}<>-#|+=>*[]()ax1\\$%!\ufeff", max_size=200))
def test_any_text_can_be_scanned(place: Path, text: str) -> None:
    """Whatever it is, there is an answer, and blocks stand in the text in their order."""
    blocks = scan(text, place).blocks

    assert all(0 <= block.start <= block.end <= len(text) for block in blocks)
