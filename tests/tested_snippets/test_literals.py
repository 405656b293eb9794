"""Inline literals: looked up by pytest with the project's resolver, held against the pages by the build."""

from __future__ import annotations

import json
import re

import pytest

from sphinxext.tested_snippets.__main__ import main
from tests.tested_snippets.scratch_project import Project

RESOLVER = """
import pytest

from sphinxext.tested_snippets.resolution import not_found, not_judged, resolved


@pytest.fixture(scope="session")
def names():
    def look_up(literal):
        text = literal.text
        if text.startswith("a-"):
            return not_judged(literal, "a name that the reader chooses")
        if hasattr(str, text):
            return resolved(literal, "a method of str")
        return not_found(literal, f"str has no method {text!r}")

    return look_up
"""
PAGE = r"""
Call ``upper``, or with a role :code:`lower`
and ``title`` on a line of its own.

.. note:: In a note ``strip``, your ``a-word``.

.. list-table::

   * - ``split``
     - :unchecked:`the word \`join\` <nobody knows>`

+------------+
| ``format`` |
+------------+

.. code-block:: python
   :waive: no inline literal is in here

   # ``nonsense``

.. a comment with ``nonsense``

Term ``count``
   Its definition, with ``find`` and :command:`index`.
"""
NAMES = ("upper", "lower", "title", "strip", "split", "join", "format", "count", "find", "index")


@pytest.fixture
def looked_up(project: Project) -> Project:
    """A project whose inline literals were looked up."""
    conftest = (project.root / "conftest.py").read_text()
    project.write("conftest.py", conftest + RESOLVER)
    project.set_pytest('snippets_literals = "names"')
    project.configure("tested_snippets_literals = True\n")
    project.page(PAGE)
    project.update().assert_outcomes(passed=1)
    return project


def literals(project: Project) -> dict[str, dict[str, str]]:
    """What the evidence has of the page's literals, by state."""
    checks = json.loads(project.evidence_file.read_text())["checks"]
    (found,) = (check["literals"] for check in checks if "literals" in check)
    return dict(found)


def test_literals_are_looked_up_wherever_text_stands(looked_up: Project) -> None:
    """In paragraphs, notes, definitions, both kinds of tables and statements; not in code blocks and comments."""
    assert literals(looked_up) == {
        "resolved": dict.fromkeys(sorted(NAMES), "a method of str"),
        "not_judged": {"a-word": "a name that the reader chooses"},
    }
    assert looked_up.build("-W").warnings == ""


def test_a_literal_that_names_nothing_fails_pytest_and_the_build(looked_up: Project) -> None:
    """Both say where it stands and what the resolver said of it."""
    looked_up.replace("docs/index.rst", "``title``", "``titel``")

    result = looked_up.update()

    result.assert_outcomes(failed=1)
    said = "docs/index.rst:5: 'titel' names nothing: str has no method 'titel'"
    result.stdout.fnmatch_lines([f"*{said}*"])
    built = looked_up.build("-W", "--keep-going")
    assert built.status != 0
    assert "index.rst:5: WARNING: the literal ``titel`` names nothing: str has no" in built.warnings


def test_a_new_literal_is_stale_until_pytest_has_looked_it_up(looked_up: Project) -> None:
    """The others on the page stay judged, and the line is that of the literal."""
    looked_up.replace("docs/index.rst", "``title``", "``center``")
    warnings = looked_up.build(builder="dummy").warnings
    assert warnings.count("WARNING") == 1
    assert "index.rst:5: WARNING: the literal ``center`` is new here" in warnings

    result = looked_up.run_pytest()
    result.stdout.fnmatch_lines(
        ["*``center``: not in the evidence is now resolved (a method of str)"]
    )
    result.stdout.fnmatch_lines(
        ["*``title``: resolved (a method of str) is now not on the page any more"]
    )
    assert result.ret != 0
    looked_up.update()
    assert looked_up.build("-W", builder="dummy").warnings == ""


def test_a_page_that_nobody_looked_up_is_one_warning(looked_up: Project) -> None:
    """However many literals it has."""
    looked_up.page("``upper`` and ``lower``", "other")
    warnings = looked_up.build(builder="dummy").warnings
    assert warnings.count("WARNING") == 1
    assert "other.rst:6: WARNING: the inline literals of this page were never looked up, 2 of" in (
        warnings
    )


def test_what_the_parsers_do_not_find_is_listed_as_not_judged(looked_up: Project) -> None:
    """Text of included files belongs to no page that pytest reads; it is never taken for fine."""
    looked_up.write("docs/part.txt", "Some ``nonsense``.\n")
    with (looked_up.root / "docs/index.rst").open("a") as page:
        page.write("\n.. include:: part.txt\n")
    built = looked_up.build("-W", builder="snippets")
    page_literals = json.loads(built.page("snippets.json"))["pages"]["index"]["literals"]
    (unseen,) = (one for one in page_literals if one["text"] == "nonsense")
    assert unseen["state"] == "not_judged"
    assert "not in the text of the page that pytest reads" in unseen["said"]


def test_the_table_shows_figures_and_what_nobody_could_judge(looked_up: Project) -> None:
    """By page, and below that each literal with the resolver's reason; it is written again with the outcome."""
    looked_up.page(".. evidence::\n   :by: literal\n", "figures")
    text = looked_up.build("-W").page("figures.html")
    figures, reasons = re.findall(r"<table.*?</table>", text, re.DOTALL)
    assert cells(figures) == ["Page", "Resolved", "Not judged", "Page index", "10", "1"]
    assert cells(reasons)[3:] == ["Page index", "a name that the reader chooses", "a-word"]

    looked_up.replace("docs/index.rst", "``upper``", "``lower``")
    assert "<p>9</p>" in looked_up.build("-W").page("figures.html")


def cells(table: str) -> list[str]:
    """The cells of a table in HTML."""
    found = re.findall(r"<t[hd][ >].*?</t[hd]>", table, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in found]


def test_nothing_is_looked_up_unless_the_project_asks_for_it(project: Project) -> None:
    """No test, no warning, no figure."""
    project.page("``nonsense``\n\n.. evidence::\n   :by: literal\n")
    assert project.run_pytest().ret == pytest.ExitCode.NO_TESTS_COLLECTED
    built = project.build("-W")
    assert built.warnings == ""
    assert "No inline literals were looked up." in built.shown()


def test_literals_are_dropped_from_the_evidence_with_the_option(looked_up: Project) -> None:
    """What nothing looks up any more is not kept."""
    looked_up.set_pytest('snippets_literals = ""')
    looked_up.update()
    assert json.loads(looked_up.evidence_file.read_text())["checks"] == []


def test_the_literals_of_one_page_can_be_looked_up_alone(looked_up: Project) -> None:
    """The check has a name, which no block of the page can take."""
    with (looked_up.root / "docs/index.rst").open("a") as page:
        page.write("\n.. code-block:: python\n   :name: inline-literals\n\n   1\n")
    looked_up.run_pytest("docs/index.rst::inline-literals").assert_outcomes(passed=1)
    looked_up.run_pytest("docs/index.rst::inline-literals-2").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("return look_up", "return 1 / 0", "the resolver of the fixture names failed"),
        ("return look_up", "return str", "answered \"Literal(text='upper'*expected resolved("),
        (
            "def names",
            "def other",
            "snippets_literals names the fixture 'names', which is not there for this page",
        ),
    ],
)
def test_a_resolver_that_does_not_work_is_no_evidence(
    looked_up: Project, old: str, new: str, said: str
) -> None:
    """The failure says what is wrong with it, and what was recorded stays."""
    before = looked_up.evidence_file.read_text()
    looked_up.replace("conftest.py", old, new)
    result = looked_up.update()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{said}*"])
    assert looked_up.evidence_file.read_text() == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("``title``", "``center``", "nobody has looked up ``center``"),
        ("``title``", "title", "some of them are gone from the page"),
    ],
)
def test_the_command_says_which_literals_are_not_as_recorded(
    looked_up: Project, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    """``check`` names new literals, and pages that nobody looked up."""
    arguments = ["check", "--root", str(looked_up.root)]
    assert main(arguments) == 0
    looked_up.replace("docs/index.rst", old, new)
    looked_up.page("``upper``", "other")

    assert main(arguments) == 1

    shown = capsys.readouterr().out
    assert said in shown
    assert "docs/other.rst:6: the inline literals of the page were never looked up" in shown


def test_a_damaged_record_is_reported(looked_up: Project) -> None:
    """A state that nobody knows is no evidence."""
    looked_up.replace("docs/evidence/" + looked_up.evidence_file.name, '"not_judged"', '"fine"')
    assert "is not an evidence file (not literals: " in looked_up.build(builder="dummy").warnings


def test_literals_are_looked_up_again_though_checks_are_up_to_date(looked_up: Project) -> None:
    """They may name files and whatever else that is not among the things a check depends on."""
    looked_up.set_pytest('snippets_depends = ["conftest.py"]')
    looked_up.set_pytest('addopts = ["-p", "cacheprovider"]')
    looked_up.run_pytest().assert_outcomes(passed=1)
    looked_up.run_pytest().assert_outcomes(passed=1)


def test_literals_are_up_to_date_where_it_is_known_what_they_may_name(looked_up: Project) -> None:
    """Until such a file is there that was not, or has another content, or the page has."""
    looked_up.set_pytest('snippets_depends = ["conftest.py"]')
    looked_up.set_pytest('snippets_literals_depends = ["names/*"]')
    looked_up.set_pytest('addopts = ["-p", "cacheprovider"]')
    looked_up.write("names/one", "a")
    looked_up.run_pytest().assert_outcomes(passed=1)
    looked_up.run_pytest().assert_outcomes(deselected=1)
    for path, text in (
        ("names/one", "b"),
        ("names/two", "a"),
        ("docs/index.rst", PAGE + "More.\n"),
    ):
        looked_up.write(path, text)
        looked_up.run_pytest().assert_outcomes(passed=1)
        looked_up.run_pytest().assert_outcomes(deselected=1)


def test_literals_survive_the_way_from_a_worker(looked_up: Project) -> None:
    """With pytest-xdist the controller records them."""
    before = looked_up.evidence_file.read_text()
    looked_up.update("-p", "xdist", "-n", "1").assert_outcomes(passed=1)
    assert looked_up.evidence_file.read_text() == before


MYST = """
# Page

Call `upper`, in a role {code}`lower`.

:::{note}
In a note `strip`.
:::

| Name    | What     |
| ------- | -------- |
| `split` | `a-word` |

```python
"`nonsense`"
```

```{eval-rst}
And ``title``, {nothing}.
```
"""


def test_literals_of_markdown_are_looked_up(looked_up: Project) -> None:
    """In text, roles, directives, tables and pieces of reStructuredText; a fence is a block."""
    pytest.importorskip("myst_parser")
    looked_up.configure(
        'extensions.append("myst_parser")\nmyst_enable_extensions = ["colon_fence"]\n'
    )
    looked_up.set_pytest('snippets_pages = ["docs/*.md"]')
    (looked_up.root / "docs/index.rst").unlink()
    looked_up.write("docs/index.md", MYST)
    looked_up.update()
    found = literals(looked_up)
    assert set(found["resolved"]) == {"upper", "lower", "strip", "split", "title"}
    assert set(found["not_judged"]) == {"a-word"}
    assert "literal" not in looked_up.build(builder="dummy").warnings


TRANSLATED = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8"

msgid "Call ``upper``."
msgstr "Rufe ``upper`` auf, deutsch ``gross``."
"""


def test_a_translation_rests_on_the_literals_of_the_original(looked_up: Project) -> None:
    """What was looked up is what the translator translated."""
    looked_up.page("Call ``upper``.\n")
    looked_up.update()
    looked_up.write("docs/locale/de/LC_MESSAGES/index.po", TRANSLATED)
    looked_up.configure("language = 'de'\nlocale_dirs = ['locale']\n")
    built = looked_up.build("-W")
    assert built.warnings == ""
    assert "gross" in built.shown()


def test_sphinx_looks_references_up_itself(looked_up: Project) -> None:
    """An option or a function that a role leads to is not asked of the resolver's record."""
    looked_up.page(":option:`--nonsense` and :any:`nonsense`.\n\n.. option:: --nonsense\n")
    looked_up.update()
    assert "literal" not in looked_up.build(builder="dummy").warnings


PLACES = r"""
:Field: ``a1``
:``a2``: field

A Title ``b1``
``````````````

| ``c1``
  goes on ``c2``

-o FILE  option ``d1``
--long   ``d2``

#. ``e1``

   - ``e2``
       ``e3``

.. csv-table::

   "``f1``", ``f2``

.. figure:: picture.png

   ``g1``

.. epigraph::

   ``h1``

   -- ``h2``

.. rubric:: ``i1``

.. [#] ``j1``

=======  =======
``k1``   ``k2``
=======  =======

.. topic:: ``l1``

   :file:`m1/{name}.txt`, :samp:`m2 {value}`, :program:`m3`

.. only:: html

   ``n1
   n2``

::

   ``hidden``

.. ``hidden``
.. |hidden| replace:: text
.. parsed-literal:: ``hidden``
"""


def test_the_reader_of_literals_agrees_with_sphinx_everywhere(looked_up: Project) -> None:
    """Each that Sphinx shows is found, so none stays without a judgement; nothing else is."""
    looked_up.page(PLACES)
    looked_up.write_bytes("docs/picture.png", b"")
    pages = json.loads(looked_up.build(builder="snippets").page("snippets.json"))["pages"]
    shown = {one["text"] for one in pages["index"]["literals"]}
    assert len(shown) == 24
    assert "m1/name.txt" in shown
    assert "n1 n2" in shown
    assert {one["state"] for one in pages["index"]["literals"]} == {"stale"}

    looked_up.update()

    found = literals(looked_up)
    assert set().union(*found.values()) == shown
