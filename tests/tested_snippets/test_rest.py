"""The page scanner agrees with Sphinx about what a reader sees."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from docutils.utils import SystemMessage
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from sphinxext.tested_snippets.page import Block, Problem
from sphinxext.tested_snippets.rest import scan
from tests.tested_snippets.rest_authority import Reader, Shown, shown_by, sphinx_reader

if TYPE_CHECKING:
    from _typeshed import TraceFunction

CORPUS = {path.stem: path for path in sorted(Path(__file__).parent.glob("rest_corpus/*.rst"))}

#: The ways one page may come as bytes.
FORMS: dict[str, Callable[[str], str]] = {
    "as_written": lambda text: text,
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "bom": lambda text: "\ufeff" + text,
    "unfinished": lambda text: text.rstrip("\n"),
    "quoted": lambda text: "".join(f"     {line}" for line in text.splitlines(keepends=True)),
}

SKIPPING = "A\n=\n\nB\n-\n\nC\n=\n\nD\n~\n\n>>> 1\n"


def page_name(stem: str, form: str) -> str:
    """What the project calls a page of the corpus in one of its forms."""
    return f"{stem}-{form}"


@pytest.fixture(scope="module")
def sphinx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A Sphinx that has read every page of the corpus in every form."""
    pages = {
        page_name(stem, form): written(path.read_text(encoding="utf-8")).encode()
        for stem, path in CORPUS.items()
        for form, written in FORMS.items()
    }
    pages["skipping"] = SKIPPING.encode()
    with sphinx_reader(tmp_path_factory.mktemp("sphinx"), pages) as reader:
        yield reader


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stem", CORPUS)
def test_the_blocks_of_a_page_are_those_sphinx_shows(sphinx: Reader, stem: str, form: str) -> None:
    """Text, order and language are Sphinx's own, for every page of the corpus."""
    text = FORMS[form](CORPUS[stem].read_text(encoding="utf-8"))

    assert shown_by(scan(text)) == sphinx.stored(page_name(stem, form))


@pytest.mark.parametrize("stem", CORPUS)
def test_every_page_of_the_corpus_shows_what_it_says(stem: str) -> None:
    """The corpus compares something: each shown_N is found, in order, and nothing hidden."""
    text = CORPUS[stem].read_text(encoding="utf-8")
    found = [f"{block.argument} {block.text}" for block in scan(text).blocks]

    assert marks("\n".join(found)) == marks(text)
    assert len(found) >= 7
    assert [block for block in found if "hidden" in block] == []


def marks(text: str) -> list[str]:
    """The marks of what a page shows, in order."""
    return list(dict.fromkeys(re.findall(r"shown_\d+", text)))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stem", CORPUS)
def test_a_block_says_where_it_stands(stem: str, form: str) -> None:
    """Line and offsets name the piece of the source that holds the block, and no other block's."""
    text = FORMS[form](CORPUS[stem].read_text(encoding="utf-8"))
    before = 0

    for block in scan(text).blocks:
        piece = text[block.start : block.end]
        assert before <= block.start < block.end
        assert len((text[: block.start] + ".").splitlines()) == block.line
        assert holds(piece, block)
        before = block.end


def holds(piece: str, block: Block) -> bool:
    """Whether the words of `block` are all in the `piece` of source it was found in."""
    words = (block.argument if block.text is None else block.text).split()
    return all(word in piece for word in words) and piece == piece.rstrip()


def section(text: str) -> str:
    """A page with `text` in a section from line 7 on."""
    return f"Title\n=====\n\nPart\n----\n\n{text}\n"


def test_a_block_carries_what_its_directive_says() -> None:
    """Kind, argument, options and place of a directive are kept as written."""
    text = section(
        ".. literalinclude:: ../a file.py\n   :Start-After: def a():\n   :lines: 1,\n      3\n"
        "   :linenos:\n   :end-before: # end\n"
    )
    [block] = scan(text).blocks

    assert (block.kind, block.argument, block.text) == ("literalinclude", "../a file.py", None)
    assert block.options == {
        "start-after": "def a():",
        "lines": "1,\n3",
        "linenos": "",
        "end-before": "# end",
    }
    assert (block.line, block.titles) == (7, ("Title", "Part"))
    assert text[block.start : block.end].endswith("# end")


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (".. sourcecode:: c\n\n   x", "code-block"),
        (".. code:: c\n\n   x", "code-block"),
        (".. snippet:: a.py::x", "snippet"),
        (".. parsed-literal::\n\n   x", "parsed-literal"),
        (".. testcode::\n\n   x", "testcode"),
        (".. testoutput::\n\n   x", "testoutput"),
        (".. doctest::\n\n   >>> x", "doctest"),
        (">>> x", "doctest"),
        ("::\n\n   x", "literal"),
    ],
)
def test_the_kind_names_how_a_block_is_written(source: str, kind: str) -> None:
    """Directives of one meaning have one kind."""
    assert [block.kind for block in scan(source).blocks] == [kind]


def test_titles_are_nested_by_the_order_of_their_adornment() -> None:
    """Each block carries the titles of its own section, whatever characters mark the levels."""
    blocks = scan(CORPUS["titles"].read_text(encoding="utf-8")).blocks

    assert [block.titles for block in blocks] == [
        (),
        ("First",),
        ("First", "Second"),
        ("First", "Second", "Third"),
        ("First", "Second", "Third", "Own style"),
        ("First", "Also second"),
        ("First", "Also second", "Another third"),
        *[("First", "Also second", "Short")] * 4,
        ("First again",),
    ]


def test_a_title_that_skips_a_level_begins_no_section(sphinx: Reader) -> None:
    """As in docutils: the title is refused, and what follows stays in the section before."""
    page = scan(SKIPPING)

    assert page.blocks[0].titles == ("C",)
    assert shown_by(page) == sphinx.stored("skipping")


def test_titles_within_a_directive_end_with_it() -> None:
    """What stands behind ``.. only::`` belongs to the section around it."""
    page = scan(section(".. only:: html\n\n   Inner\n   ~~~~~\n\n   >>> 1\n\n>>> 2"))

    assert [block.titles for block in page.blocks] == [
        ("Title", "Part", "Inner"),
        ("Title", "Part"),
    ]


def test_the_highlight_language_of_the_project_is_used_until_the_page_sets_its_own() -> None:
    """``highlight_language`` of conf.py holds up to ``.. highlight::``."""
    text = "::\n\n  a\n\n.. highlight:: c\n\n::\n\n  b\n"

    assert [block.language for block in scan(text, "rust").blocks] == ["rust", "c"]


CHECKED = """\
Title
=====

.. snippet-check:: ce
   :name: first
   :runtime: CE
   :fails: fatal: could not read
      Username

   secret = "hidden"

   use(secret)

.. snippet-check:: old
   :output: 3

Some text.

.. note::

   .. code-block:: python

      print(1 + 2)

::

   unchecked
"""


def test_checks_belong_to_the_next_block() -> None:
    """Several checks stand before one block, text and nesting between; the block after has none."""
    first, second = scan(CHECKED).blocks

    assert [(check.label, check.line) for check in first.checks] == [("ce", 4), ("old", 14)]
    assert first.checks[0].options == {
        "name": "first",
        "runtime": "CE",
        "fails": "fatal: could not read\nUsername",
    }
    assert first.checks[0].setup == 'secret = "hidden"\n\nuse(secret)'
    assert first.checks[1].setup == ""
    assert second.checks == ()
    assert scan(CHECKED).problems == ()


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("Next\n====\n\n>>> 1", "the section 'Next' begins"),
        ("Only text.", "the page ends"),
        (".. A comment::\n\n   >>> 1", "the page ends"),
    ],
)
def test_a_check_without_block_is_a_problem(source: str, where: str) -> None:
    """It is never carried over to a block of another section."""
    page = scan(f"Title\n=====\n\n.. snippet-check::\n   :output: 1\n\n{source}\n")

    assert page.problems == (
        Problem(
            4,
            f"this snippet-check declares a check of the next block, but {where} before one comes."
            " Move it directly before the block it is for, or remove it.",
        ),
    )
    assert [block.checks for block in page.blocks if block.checks] == []


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (".. snippet-check:: two words", "takes one word"),
        (".. snippet-check::\n   print(1)\n   # text", "takes one word"),
        (".. snippet-check::\n   :output: 1\n   unindented", "broken by the line 'unindented'"),
        (".. snippet-check::\n   :output: 1\n   :output: 2", "option :output: twice"),
        (".. snippet-check::\n   :the output: 1", "'the output' is not one word"),
        (".. code-block:: python\n   print(1)", "a blank line missing"),
        (".. code-block:: python\n   :dedent: two\n\n   print(1)", "number of columns, not 'two'"),
        (".. literalinclude:: a.py\n\n   text", "takes no content"),
        (".. snippet::", "lacks its argument"),
        (".. code:: python", "has no content"),
        (".. highlight::", "lacks its argument"),
    ],
)
def test_a_malformed_directive_is_a_problem(sphinx: Reader, source: str, reason: str) -> None:
    """Where Sphinx refuses a directive the scanner says so, shows nothing, and reads on."""
    text = f"Title\n=====\n\n.. snippet-check::\n\n{source}\n\nText.\n\n>>> 1\n"
    page = scan(text)

    assert [problem.line for problem in page.problems] == [6]
    assert reason in page.problems[0].message
    assert "Correct it." in page.problems[0].message
    assert [(block.text, block.checks) for block in page.blocks] == [(">>> 1", ())]
    assert shown_by(page) == sphinx.read(text)
    assert sphinx.complaints()


def test_a_page_nested_beyond_reason_is_a_problem() -> None:
    """What lies too deep is not searched, and not silently."""
    [problem] = scan("- " * 500 + "::\n\n" + " " * 1001 + "x\n").problems

    assert problem.line == 1
    assert "nested too deeply" in problem.message


@given(st.text() | st.text(alphabet=" \t\n\r.:-`_|=+>*#[]\\(ax1\v\x85\ufeff", max_size=200))
def test_any_text_can_be_scanned(text: str) -> None:
    """Nothing raises, and what is found lies within the text."""
    before = 0
    for block in scan(text).blocks:
        assert before <= block.start <= block.end <= len(text)
        before = block.end


@pytest.mark.parametrize(
    "unit",
    [
        "text::\n\n  x\n\n",
        "- a\n\n  - b::\n\n      c\n",
        "+---+\ntext\n",
        "== ==\n\n",
        "-a\n\n",
        "x::\n\n",
        ".. _a\n\n",
        "  a\n\n  -- b\n   c\n    d\n",
        ".. doctest::\n\n   a\n\n   <BLANKLINE>\n",
    ],
)
def test_the_work_grows_with_the_page_only(unit: str) -> None:
    """Twice the page takes twice the steps: lines are visited, not searched for again and again."""
    assert steps(unit * 400) < 2.5 * steps(unit * 200)


def steps(text: str) -> int:
    """How many lines of Python scanning `text` runs."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> TraceFunction:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        scan(text)
    finally:
        sys.settrace(before)
    return count


# Pages nobody wrote

WORDS = st.sampled_from(
    ["word", "two words", "x = 1", "漢字", "a::b", "*emphasis*", "1. two", "- a"]
)
LITERAL = st.lists(
    st.sampled_from(
        ["x = 1", "  deeper", "", ".. code-block:: c", ">>> y", "- z", ":a: b", "text::"]
    ),
    min_size=1,
    max_size=4,
).map(lambda lines: [line if line.strip() else "" for line in ["first", *lines, "last"]])
HEADS = st.sampled_from(
    [
        *("- ", "* ", "#. ", "7. ", "(b) ", ":field: ", ":f: ", "-o  ", ".. [#] ", ".. [Cit] "),
        *(".. note:: ", ".. tip::\n   :class: c\n\n   ", ".. tab:: Name\n   :sync: x\n\n   "),
        *(".. tabs::\n\n  ", ".. container:: c\n\n    ", ".. only:: html\n\n   ", "term\n   "),
        *(".. figure:: p.png\n\n   Caption.\n\n   ", ".. list-table::\n\n   * - ", "     "),
        *(".. rst-class:: c\n\n     ", ".. topic:: T\n\n   ", ".. compound:: "),
    ]
)
LITERAL_HEADS = st.sampled_from(
    [
        *("text::\n\n  ", "::\n\n        ", "two\nlines ::\n\n ", ".. code-block:: c\n\n   "),
        *(
            ".. code-block::\n   :name: n\n\n   ",
            ".. testcode::\n\n  ",
            ".. parsed-literal::\n\n  ",
        ),
        *(".. code:: ruby\n\n    ", ".. doctest::\n\n   ", "..\n   ", ".. raw:: html\n\n   "),
        *(".. |s| replace:: a\n\n   ", ".. math::\n\n   ", ".. comment\n\n   "),
    ]
)
FLAT = st.sampled_from(
    [
        *(".. literalinclude:: a.py\n   :language: c", ".. snippet:: a.py::b", ".. highlight:: c"),
        *(">>> 1\n1", "| line\n| block", "+---+\n| a |\n+---+", "=== ===\na   b\n=== ==="),
        *(
            ".. _target: x",
            "__ x",
            "text::\n\n> quoted\n> text",
            ".. snippet-check::\n   :fails: x",
        ),
    ]
)


def hung(head: str, lines: list[str]) -> list[str]:
    """`lines` behind `head`, indented to where its last line ends."""
    margin = " " * len(head.rpartition("\n")[2])
    first, *others = (margin + line if line else "" for line in lines)
    return [*(head + first[len(margin) :]).split("\n"), *others]


def stacked(pieces: list[list[str]]) -> list[str]:
    """The lines of all `pieces`, a blank one after each."""
    return [line for piece in pieces for line in [*piece, ""]]


CONSTRUCTS = st.recursive(
    st.one_of(
        WORDS.map(lambda text: [text]),
        st.builds(hung, LITERAL_HEADS, LITERAL),
        FLAT.map(str.splitlines),
    ),
    lambda inner: st.builds(hung, HEADS, st.lists(inner, min_size=1, max_size=3).map(stacked)),
    max_leaves=12,
)
PAGES = st.lists(CONSTRUCTS, min_size=1, max_size=4).map(stacked).map("\n".join)
with_sphinx = settings(max_examples=100, suppress_health_check=[HealthCheck.filter_too_much])


def read_without_error(sphinx: Reader, page: str) -> list[Shown]:
    """What Sphinx shows of a page; an example it reports an error in counts for nothing."""
    try:
        shown = sphinx.read(page)
    except SystemMessage:  # how older releases of docutils end at a severe error
        sphinx.complaints()
        reject()
    assume("ERROR" not in sphinx.complaints())
    return shown


@with_sphinx
@given(page=PAGES)
def test_generated_pages_are_read_as_sphinx_reads_them(sphinx: Reader, page: str) -> None:
    """However constructs are nested in one another, both see the same blocks."""
    assert shown_by(scan(page)) == read_without_error(sphinx, page)


SOUP = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.one_of(
            st.just(""),
            st.sampled_from(
                ["text", "text::", "::", "====", "-----", "==", "Title", "> q", "..", "|"]
            ),
            st.sampled_from(
                ["- a", "* - a", "1. a", "i. a", "(2) b", "mix. c", "B. d", "#. e", "-"]
            ),
            st.sampled_from(
                ["+--+", "| a |", "=== ===", "--o  x", "-- name", ":f: b", ":f:", ">>> x"]
            ),
            st.sampled_from([".. x", ".. _a: b", ".. _a", ".. [1] n", "__ a", ".. |s| image:: x"]),
            st.sampled_from([".. code-block:: c", ".. note:: a", ".. tabs::", ".. snippet:: a::b"]),
            st.sampled_from([":name: n", ":dedent:", "a\tb", "\tb", "esc\\::", "..."]),
        ),
    ),
    max_size=12,
).map(lambda lines: "\n".join(" " * margin + text for margin, text in lines))


@with_sphinx
@given(page=SOUP)
def test_careless_pages_are_read_as_sphinx_reads_them(sphinx: Reader, page: str) -> None:
    """Where indentation and blank lines are all wrong, but Sphinx reports no error, both agree."""
    assert shown_by(scan(page)) == read_without_error(sphinx, page)
