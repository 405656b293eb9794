"""What the extension says on pages is in the language of the pages, and its catalogues are what the code says."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from sphinxext.tested_snippets.translation import CATALOG, FOLDER
from tests.tested_snippets.scratch_project import Project

UPDATE = "run `nox -s translations`, and translate what is new"
LANGUAGES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())

#: A page with everything that the extension has words for.
PAGE = """
.. before-after::

   .. snippet-check::
      :fails: zero
      :name: divided

   .. code-block:: python

      1 / 0  # by zero

   .. snippet-check::
      :output: 7
      :name: printed

   .. code-block:: python

      print(7)

.. code-block:: python
   :name: changed

   first = 1

.. code-block:: python
   :name: failing

   raise KeyError(24)

.. code-block:: python
   :waive: 12

   import printer

.. snippet-output:: printed

:checked:`15 <holds>`, :checked:`16 <fails>`, :checked:`17 <nobody>`, :checked:`18 <changes>`,
:unchecked:`19 <20>`.

.. snippet-coverage::

.. evidence::

.. evidence::
   :by: runtime

.. evidence::
   :by: version
"""
UNRUN = """.. snippet-coverage::

.. code-block:: python
   :name: unrun

   never = 1
"""

#: The words of that page that are its author's, a name, or an exception's.
WRITTEN = {
    *("Page", "index", "Python", "ValueError", "KeyError", "docs", "rst"),
    *("division", "zero"),
    *("changed", "divided", "failing", "printed", "unrun"),
}

TESTS = """
import pytest


@pytest.mark.snippet(statement="holds", output="21")
def test_holds(snippet):
    snippet.observe("21")


@pytest.mark.snippet(statement="fails")
def test_fails():
    raise ValueError("22")


@pytest.mark.snippet(statement="changes")
def test_changes():
    pass


def unshown():
    x = 1
    # </snippet>


@pytest.mark.snippet("unshown")
def test_unshown(snippet):
    snippet.run()
"""


@pytest.fixture
def talkative(project: Project) -> Project:
    """A project with blocks and statements in every state, and a table of each kind."""
    project.page(PAGE)
    project.write("tests/test_23.py", TESTS)
    project.update()
    project.replace("docs/index.rst", "first = 1", "first = 2")
    project.replace("docs/index.rst", UNRUN.partition("\n")[0], UNRUN)
    project.replace("tests/test_23.py", "    pass", "    assert True")
    return project


def in_code() -> Iterator[str]:
    """The texts that the code gives to `say` and `to_say`, found by Python's own parser."""
    for file in sorted(FOLDER.parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"say", "to_say"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value)


def texts(catalogue: Catalog) -> dict[str, str]:
    """The translations by what they translate; the catalogue's head is left out."""
    return {str(message.id): str(message.string) for message in catalogue if message.id}


def read(language: str) -> Catalog:
    """The catalogue that translators edit."""
    with (FOLDER / language / "LC_MESSAGES" / f"{CATALOG}.po").open("rb") as file:
        return read_po(file, locale=language)


def places(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_the_template_has_what_the_code_says() -> None:
    """No less, which nobody could translate, and no more."""
    with (FOLDER / f"{CATALOG}.pot").open("rb") as file:
        template = read_po(file)

    assert len(set(in_code())) > 40
    assert set(texts(template)) == set(in_code()), UPDATE


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_translates_all_of_it_with_the_same_places(language: str) -> None:
    """Each text once, nothing marked as a guess, and what stands in braces in both."""
    catalogue = read(language)
    translated = texts(catalogue)

    assert set(translated) == set(in_code()), UPDATE
    assert not catalogue.obsolete, UPDATE
    assert not [message.id for message in catalogue if message.id and message.fuzzy], UPDATE
    assert not [text for text, said in translated.items() if not said], UPDATE
    assert {text: places(said) for text, said in translated.items()} == {
        text: places(text) for text in translated
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_translators(language: str) -> None:
    """It is committed, so that installing needs no compiler."""
    compiled = (FOLDER / language / "LC_MESSAGES" / f"{CATALOG}.mo").read_bytes()
    assert texts(read_mo(io.BytesIO(compiled))) == texts(read(language)), UPDATE


def test_a_page_in_german_says_it_in_german(talkative: Project) -> None:
    """Lines, titles, tables, lists, and what only a screen reader says."""
    built = talkative.build("-D", "language=de")

    shown = " ".join(built.shown().split())
    for said in (
        "Vorher",
        "Nachher",
        "Unterschied",
        "Geprüft: schlägt auf py fehl",
        "läuft auf py und ergibt 7",
        "Seit der Prüfung geändert",
        "Nicht ausgeführt: 12",
        "Beobachtet: läuft auf py (Python",
        "Aussagen auf dieser Seite",
        "gilt; beobachtet: 21",
        "Der Text wurde geändert, seit docs/index.rst::changed ihn ausgeführt hat.",
        ": seit der Ausführung geändert",
        "Laufzeitumgebung",
        "Ausschnitte auf keiner Seite",
    ):
        assert said in shown
    assert 'aria-label="Zurück zum Text"' in built.page()
    assert 'aria-label="Geprüft: Einzelheiten"' in built.page()
    assert "Checked" not in built.page()


WAIVED = """
.. code-block:: python
   :waive: needs a printer

   import printer

.. code-block:: bash

   print
"""


@pytest.mark.parametrize("page", ["docs/index.rst", "docs/sub/other.rst"])
def test_the_reason_of_a_waiver_is_translated_like_the_text_of_its_page(
    project: Project, page: str
) -> None:
    """Translators find it where they find the page's text, and nothing of what the extension says."""
    project.configure('tested_snippets_waive = {"bash": "no shell"}\n')
    project.page(".. toctree::\n   :glob:\n\n   sub/*\n")
    project.write(page, f"Page\n====\n{WAIVED}")
    result = project.build("-d", str(project.root / "_build/pot"), builder="gettext")
    domain = page.split("/")[1].removesuffix(".rst")
    template = read_po(io.BytesIO(result.page(f"{domain}.pot").encode()))
    assert [message.id for message in template if message.id] == [
        "Page",
        "needs a printer",
        "no shell",
    ]
    assert template["needs a printer"].locations[0][1] == 4

    catalogue = Catalog(locale="de")
    catalogue.add("needs a printer", "braucht einen Drucker")
    file = project.root / f"docs/locales/de/LC_MESSAGES/{domain}.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as out:
        write_mo(out, catalogue)
    built = project.build("-W", "-D", "language=de")
    assert built.warnings == ""
    shown = built.shown(page.removeprefix("docs/").replace("rst", "html"))
    assert "Nicht ausgeführt: braucht einen Drucker" in shown
    assert "Nicht ausgeführt: no shell" in shown


def test_another_language_is_another_page_at_once(talkative: Project) -> None:
    """What was said while a page was read is said again when the language is another one."""
    assert "Before" in talkative.build().shown()

    shown = talkative.build("-D", "language=de").shown()
    assert "Vorher" in shown
    assert "Before" not in shown


def test_a_project_s_own_words_stay_as_they_are(talkative: Project) -> None:
    """``tested_snippets_wording`` is in the language of the pages already."""
    talkative.configure('tested_snippets_wording = {"py": {"runs": "runs on {nothing}"}}\n')

    shown = talkative.build("-D", "language=de").shown()
    assert "Geprüft: runs on (ohne nothing)" in shown


@pytest.mark.parametrize(("builder", "name"), [("html", "index.html"), ("text", "index.txt")])
def test_every_word_comes_from_the_catalogue(talkative: Project, builder: str, name: str) -> None:
    """With a language whose words are all in brackets, no word of ours is outside of them."""
    catalogue = Catalog(locale="eo")
    for text in in_code():
        # The places stand outside of the brackets, as what is put into them isn't ours.
        catalogue.add(text, re.sub(r"[^{}]+(?=\{|$)", r"⟦\g<0>⟧", text))
    file = talkative.root / "words/eo/LC_MESSAGES" / f"{CATALOG}.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as out:
        write_mo(out, catalogue)
    talkative.configure(
        "from pathlib import Path\n"
        f"def setup(app): app.add_message_catalog({CATALOG!r}, str(Path(__file__).parents[1] / 'words'))\n"
    )

    page = talkative.build("-D", "language=eo", builder=builder).page(name)
    assert "⟦" in page
    if builder == "html":
        page = page.partition('role="main">')[2].partition('<div class="clearer"')[0]
        page = re.sub(r"(?s)<(code|samp|pre)\b.*?</\1>", "", page)
        labels = " ".join(re.findall(r'aria-label="([^"]*)"', page))
        page = f"{re.sub('<[^>]+>', '', page)} {labels}"
    else:
        page = "\n".join(line for line in page.splitlines() if line[:1] not in {" ", "|", "+"})
    left = set(re.findall(r"[A-Za-z]{3,}", re.sub(r"(?s)⟦.*?⟧", " ", page)))
    assert left <= WRITTEN
