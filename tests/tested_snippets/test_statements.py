"""Statements in running text: marked on a page, claimed by a test, judged by the build."""

from __future__ import annotations

import json
import re
import sys

import pytest

from sphinxext.tested_snippets.__main__ import main
from tests.tested_snippets.scratch_project import Project

PAGE = r"""
A page. :checked:`The command \`greet\` says
*hello* <greets>`, and :unchecked:`it sang once <nobody can sing now>`.

.. note:: In a note :checked:`two is even <even>`.
"""
TESTS = """
import pytest


@pytest.mark.snippet(statement="greets", output="hello")
def test_greets(snippet):
    snippet.observe("first\\nhello Ada")


@pytest.mark.snippet(statement="even")
def test_even():
    assert 2 % 2 == 0
"""


@pytest.fixture
def proven(project: Project) -> Project:
    """A project whose statements are checked."""
    project.page(PAGE)
    project.write("tests/test_a.py", TESTS)
    project.update().assert_outcomes(passed=2)
    return project


def test_a_checked_statement_leads_to_what_was_seen(proven: Project) -> None:
    """The sign is a link to an entry with outcome, observed line and test."""
    built = proven.build("-W")
    assert built.warnings == ""
    assert 'href="#statement-greets"' in built.page()
    assert '<li id="statement-greets">' in built.page()
    assert "seen: hello Ada" in " ".join(built.shown().split())
    assert "Not checked: nobody can sing now" in built.shown()


def test_the_list_is_folded_and_shows_each_statement_in_its_sentence(proven: Project) -> None:
    """A part of a sentence says nothing alone; what is marked is strong."""
    built = proven.build("-W")
    (entries,) = re.findall(r"<details>\s*<summary.*?</details>", built.page(), re.DOTALL)
    assert "Statements on this page (3)</summary>" in entries
    shown = " ".join(re.sub(r"<(?!/?strong)[^>]+>", "", entries).split())
    first = "<strong>The command greet says hello</strong>, and it sang once."
    assert f"✓ {first}" in shown
    assert "? The command greet says hello, and <strong>it sang once</strong>." in shown


def test_a_statement_that_is_a_whole_sentence_stands_alone(project: Project) -> None:
    """Neither the sentence before it nor the one behind it is shown with it."""
    project.page(
        "See 0.54. :unchecked:`It is so! <no way>` Next. And :unchecked:`this <none>`? So."
    )
    shown = " ".join(project.build("-W", builder="text").shown("index.txt").split())
    assert "* ? It is so!: Not checked" in shown
    assert "* ? And **this**?: Not checked" in shown


def test_changed_words_are_stale_until_the_test_runs_again(proven: Project) -> None:
    """The evidence is of the words that a reader sees."""
    proven.replace("docs/index.rst", "two is even", "two is an even number")
    warnings = proven.build(builder="dummy").warnings
    assert "the statement 'even' is stale: its text changed" in warnings
    proven.update()
    assert proven.build("-W", builder="dummy").warnings == ""


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (":checked:`no id`", "lacks the id of its check"),
        (":unchecked:`no reason`", "lacks a reason"),
        (":checked:`again <even>`", "an id is used once"),
        (":checked:`new <new>`", "the statement 'new' was never checked"),
    ],
)
def test_a_statement_that_is_not_proven_is_a_warning(
    proven: Project, added: str, said: str
) -> None:
    """Malformed, used twice and never checked each have their words."""
    with (proven.root / "docs/index.rst").open("a") as page:
        page.write(f"\n{added}\n")
    assert said in proven.build(builder="dummy").warnings


def test_a_claim_without_a_statement_is_reported_by_build_and_pytest(proven: Project) -> None:
    """Neither lets a test prove what nobody says."""
    proven.replace("docs/index.rst", ":checked:`two is even <even>`", "nothing")
    assert "for the statement 'even', which is on no page" in proven.build(builder="dummy").warnings
    result = proven.run_pytest()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*no page has the statement 'even'*"])


FORMATS = {
    "html": "index.html",
    "dirhtml": "index.html",
    "singlehtml": "index.html",
    "epub": "index.xhtml",
    "text": "index.txt",
    "man": "project.1",
    "latex": "project.tex",
    "texinfo": "project.texi",
    "xml": "index.xml",
}
PLACES = r"""
.. note::

   In a note :checked:`that has room for a statement
   that goes on <note>`.

- In a list: :checked:`an item says that
  it is one <item>`.

.. list-table::

   * - :checked:`a cell of a list with a statement
       of two lines <list-cell>`
     - :unchecked:`nothing to
       see <it is dark>`

+--------------------------+-------------------------+
| :checked:`a drawn        | :unchecked:`its         |
| cell <grid-cell>`        | neighbour <it is gone>` |
+--------------------------+-------------------------+

===========================  ====
:checked:`simple <simple>`   two
===========================  ====

Term
   :checked:`a definition <definition>`

Behind it [#]_.

.. [#] :checked:`a footnote <footnote>`
"""
CLAIMED = ("note", "item", "list-cell", "grid-cell", "simple", "definition", "footnote")


@pytest.fixture
def everywhere(project: Project) -> Project:
    """A project that has a statement in each place of a page, all of them checked by one test."""
    markers = "".join(f'@pytest.mark.snippet(statement="{name}")\n' for name in CLAIMED)
    project.page(PLACES)
    project.configure("project = 'project'\nversion = copyright = '1'\n")
    project.write("tests/test_a.py", f"import pytest\n\n\n{markers}def test_all():\n    pass\n")
    project.update().assert_outcomes(passed=1)
    return project


def test_a_statement_can_stand_wherever_text_does_in_every_format(everywhere: Project) -> None:
    """In notes, items, cells, definitions and footnotes; each format shows sign, words and outcome."""
    for builder, name in FORMATS.items():
        built = everywhere.build("-W", "--keep-going", builder=builder)
        assert (built.status, built.warnings) == (0, ""), builder
        text = " ".join(built.shown(name).split())
        assert text.count("Checked on py") == len(CLAIMED), builder
        assert "Not checked: it is dark" in text, builder
        assert "Statements on this page" in text, builder


def test_the_words_are_texts_to_translate_and_what_was_seen_is_not(everywhere: Project) -> None:
    """``sphinx-build -b gettext`` offers the author's text with its roles."""
    catalogue = everywhere.build("-W", builder="gettext")
    assert catalogue.warnings == ""
    text = catalogue.page("index.pot")
    assert "In a list: :checked:`an item says that it is one <item>`." in text
    assert "Checked on" not in text


def test_a_translated_statement_rests_on_the_check_of_the_original(everywhere: Project) -> None:
    """Its reader sees the translation with the sign, and nothing is stale."""
    everywhere.write(
        "docs/locale/de/LC_MESSAGES/index.po",
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"\n\n'
        'msgid "In a list: :checked:`an item says that it is one <item>`."\n'
        'msgstr "In einer Liste: :checked:`ein Punkt sagt, dass er einer ist <item>`."\n',
    )
    everywhere.configure("language = 'de'\nlocale_dirs = ['locale']\n")
    built = everywhere.build("-W", "--keep-going")
    assert built.warnings == ""
    assert built.shown().count("ein Punkt sagt, dass er einer ist") == 2


def test_pages_read_in_parallel_show_the_same(everywhere: Project) -> None:
    """What one process has read, the other writes."""
    for number in range(12):
        everywhere.page(f":unchecked:`page {number} <because {number}>`", f"page{number}")
    alone = everywhere.build("-W", "--keep-going", out="alone")
    both = everywhere.build("-W", "--keep-going", "-j", "2", out="both")
    assert (alone.warnings, both.warnings) == ("", "")
    for name in ("index.html", "page3.html", "page11.html"):
        assert both.page(name) == alone.page(name)


def test_a_page_is_written_again_when_the_outcome_of_a_statement_changes(proven: Project) -> None:
    """The page that shows it, though it is as it was; no other page."""
    proven.page("Without.", "other")
    proven.build("-W")
    other = proven.root / "_build/html/other.html"
    before = other.stat().st_mtime_ns
    proven.replace("tests/test_a.py", "hello Ada", "hello Grace")
    assert "the statement 'greets' is stale: the test" in proven.build().warnings
    assert "Changed since it was checked" in proven.build().shown()

    proven.update()
    built = proven.build("-W")
    assert "hello Grace" in built.shown()
    assert other.stat().st_mtime_ns == before


SEVERAL = """
import pytest


@pytest.mark.snippet(statement="greets", output="hello")
@pytest.mark.snippet(statement="even")
def test_both(snippets):
    snippets["greets"].observe("hello Ada")
    snippets["even"].observe("2 % 2 is 0")
    assert list(snippets) == ["greets", "even"]
"""


def test_a_test_of_several_statements_observes_each_by_its_id(proven: Project) -> None:
    """The fixture ``snippets`` has them all; ``snippet``, which has one, says so."""
    proven.write("tests/test_a.py", SEVERAL)
    proven.update().assert_outcomes(passed=1)
    shown = " ".join(proven.build("-W").shown().split())
    assert "seen: hello Ada" in shown
    assert "seen: 2 % 2 is 0" in shown
    proven.replace("tests/test_a.py", "(snippets):", "(snippet):")
    proven.run_pytest().stdout.fnmatch_lines(["*take `snippets?name?` of the fixture `snippets`"])


def test_a_test_of_one_snippet_proves_statements_besides(proven: Project) -> None:
    """Its fixture ``snippet`` is the snippet."""
    proven.write(
        "tests/test_a.py",
        """
import pytest


def greet():
    print("hello Ada")
    # </snippet>


@pytest.mark.snippet("greet", output="hello")
@pytest.mark.snippet(statement="greets")
@pytest.mark.snippet(statement="even")
def test_greet(snippet):
    assert snippet.run() == "hello Ada"
""",
    )
    proven.update().assert_outcomes(passed=1)
    assert proven.build("-W", builder="dummy").warnings == ""


def test_two_markers_of_one_name_are_not_taken_for_each_other(proven: Project) -> None:
    """Which of them would be observed can't be told."""
    proven.write("tests/test_a.py", SEVERAL.replace('"even"', '"greets"'))
    result = proven.run_pytest()
    result.stdout.fnmatch_lines(["*has several markers for 'greets'*"])


def test_the_list_of_snippets_has_the_statements_with_what_ran(proven: Project) -> None:
    """``sphinx-build -b snippets`` tells other tools the words, the state and the checks of each."""
    with (proven.root / "docs/index.rst").open("a") as page:
        page.write("\n:checked:`new <new>`\n\n:checked:`broken`\n")
    found = json.loads(proven.build(builder="snippets").page("snippets.json"))
    assert found["statement_states"] == {"never_run": 1, "verified": 2, "waived": 1}
    greets, sang, _, new = found["pages"]["index"]["statements"]
    assert greets["words"] == "The command greet says hello"
    assert (greets["snippet"], greets["state"]) == ("statement::greets", "verified")
    assert greets["checks"][0]["observed"] == "hello Ada"
    assert (sang["snippet"], sang["reason"]) == (None, "nobody can sing now")
    assert (new["line"], new["state"], new["checks"]) == (9, "never_run", [])
    assert "lacks the id" in found["pages"]["index"]["malformed"][0]["message"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("two is even", "two is odd", "statement::even on py (Python {}): its text changed since"),
        ("<even>", "<odd>", "docs/index.rst:7: the statement 'odd' was never checked"),
        ("<even>", "<odd>", "no page has the statement 'even' any more"),
        (" <even>", "", "docs/index.rst:7: :checked:`two is even` lacks the id of its check"),
    ],
)
def test_the_command_says_which_statements_are_not_as_recorded(
    proven: Project, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    """``check`` reads pages and evidence, and names the line where something is to be done."""
    arguments = ["check", "--root", str(proven.root)]
    assert main(arguments) == 0
    proven.replace("docs/index.rst", old, new)

    assert main(arguments) == 1

    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert said.format(version) in capsys.readouterr().out


PROVEN_BY_A_BLOCK = """
:checked:`Six is printed <prints-six>`, :checked:`seven is not <not-seven>`.

.. snippet-check::
   :output: 6
   :proves: prints-six not-seven

.. code-block:: python
   :name: six

   print(2 * 3)
"""


@pytest.fixture
def beside_a_block(project: Project) -> Project:
    """A project whose statements are proven by the check of the block below them."""
    project.page(PROVEN_BY_A_BLOCK)
    project.write("tests/test_a.py", "")
    project.update().assert_outcomes(passed=1)
    return project


def test_the_check_of_a_block_proves_the_statements_that_it_names(beside_a_block: Project) -> None:
    """One run is evidence for the block and for each statement; the entry leads to the block."""
    built = beside_a_block.build("-W")
    assert built.warnings == ""
    entry = "holds; seen: 6Test: docs/index.rst::six"
    assert " ".join(built.shown().split()).count(entry) == 2
    beside_a_block.run_pytest().assert_outcomes(passed=1)
    assert main(["check"]) == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Six is printed", "Six is shown", "the statement 'prints-six' is stale: its text changed"),
        ("print(2 * 3)", "print(12 // 2)", "docs/index.rst::six is stale"),
        (":proves: prints-six not-seven", ":proves: not-seven", "'prints-six' is stale: the test"),
        (
            ":checked:`seven is not <not-seven>`",
            "seven is not",
            "evidence for the statement 'not-seven', which is on no page",
        ),
    ],
    ids=["words", "block", "claim", "statement"],
)
def test_what_a_block_has_proven_is_stale_when_either_changes(
    beside_a_block: Project, old: str, new: str, said: str
) -> None:
    """The words, the block, the claim or the statement itself; the command says so, too."""
    beside_a_block.replace("docs/index.rst", old, new)
    assert said in beside_a_block.build(builder="dummy").warnings
    assert main(["check"]) == 1


def test_a_block_that_fails_proves_nothing(beside_a_block: Project) -> None:
    """Its statements fail with it."""
    beside_a_block.replace("docs/index.rst", "2 * 3", "2 * 4")
    beside_a_block.update().assert_outcomes(failed=1)
    warnings = beside_a_block.build(builder="dummy").warnings
    assert "the check of the statement 'prints-six' failed" in warnings


def test_a_block_can_prove_only_what_a_page_says(beside_a_block: Project) -> None:
    """An id that is on no page fails the check, and its place is named; so does an option without one."""
    beside_a_block.replace("docs/index.rst", "not-seven\n", "not-eight\n")
    result = beside_a_block.run_pytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*docs/index.rst:10: no page has the statement 'not-eight'*"])
    beside_a_block.replace("docs/index.rst", ":proves: prints-six not-eight", ":proves:")
    result = beside_a_block.run_pytest()
    result.stdout.fnmatch_lines(["*:proves: of snippet-check needs a value*"])


def test_a_check_beside_its_snippet_can_prove_a_statement(project: Project) -> None:
    """It holds on every page that shows the snippet."""
    project.page(":checked:`It greets <greets>`.\n\n.. snippet:: ../tests/test_a.py::greet\n")
    snippet = "def greet():\n    print('hello')\n    # </snippet>\n"
    project.write("tests/test_a.py", f"# .. snippet-check::\n#    :proves: greets\n{snippet}")
    project.update().assert_outcomes(passed=1)
    assert project.build("-W").warnings == ""
