"""Every output format shows text and outcome in words, with nothing left over from HTML."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.tested_snippets.scratch_project import Project

#: Each builder with the pattern of the files that readers get.
FORMATS = {
    "html": "index.html",
    "dirhtml": "index.html",
    "singlehtml": "index.html",
    "epub": "*.epub",
    "latex": "*.tex",
    "text": "index.txt",
    "man": "*.1",
}
MARKUP = re.compile(r"</?(?:details|summary|div|span|samp)\b|&#x27;")


def _read(file: Path) -> str:
    if file.suffix == ".epub":
        with zipfile.ZipFile(file) as book:
            return book.read("index.xhtml").decode()
    return file.read_text(encoding="utf-8")


def _words(text: str, builder: str) -> str:
    """What a reader sees of it, without the markup of its format, on one line."""
    if "html" in builder or builder == "epub":
        text = html.unescape(re.sub(r"<[^>]+>", "", text))
    elif builder == "latex":
        text = re.sub(r"\\PYG\{[^}]*\}", "", text)
    return " ".join(re.sub(r"[\\{}]|\[\]|sphinxhyphen", "", text).split())


@pytest.fixture
def guide(project: Project) -> Project:
    """A page with an old and a new way, both of them checked, and one block that isn't run."""
    project.page(
        """
        .. before-after::
           :before: On version 1

           .. snippet-check::
              :fails: no attribute

           .. code-block:: python

              import math; math.root(16)

           .. code-block:: python

              import math; math.sqrt(16)

        .. code-block:: python
           :waive: needs a printer

           print_on_paper()
        """
    )
    project.configure(
        "project, author, version, copyright = 'Guide', 'Authors', '1', '2026'\n"
        "man_pages = [('index', 'guide', 'Guide', ['Authors'], 1)]\n"
        "epub_show_urls = 'no'\n"
        "today = 'today'\n"  # Two builds would have two dates at midnight.
    )
    project.update().assert_outcomes(passed=2)
    return project


@pytest.mark.parametrize("builder", FORMATS)
def test_a_format_says_which_side_is_which_and_what_came_of_it(
    guide: Project, builder: str
) -> None:
    """Titles, outcomes, the reason and the difference are words, in every format."""
    built = guide.build("-W", "--keep-going", builder=builder)
    assert built.warnings == ""

    (file,) = built.folder.glob(FORMATS[builder])
    source = _read(file)
    words = _words(source, builder)
    places = [
        words.find(said)
        for said in (
            "On version 1",
            "Checked: fails on py",
            "After",
            "Checked: runs on py",
            "Difference",
            "Not run: needs a printer",
        )
    ]
    assert -1 not in places
    assert places == sorted(places)
    if "html" not in builder and builder != "epub":
        assert not MARKUP.search(source)


def test_titles_of_the_author_are_texts_to_translate_and_ours_are_not(guide: Project) -> None:
    """``sphinx-build -b gettext`` offers the author's words; ours come with the extension."""
    built = guide.build("-W", builder="gettext")

    catalogue = built.page("index.pot")
    assert 'msgid "On version 1"' in catalogue
    assert 'msgid "After"' not in catalogue
    assert "Checked" not in catalogue


@pytest.mark.parametrize("builder", ["html", "latex"])
def test_pages_read_and_written_in_parallel_say_the_same(guide: Project, builder: str) -> None:
    """Two processes share the work; the pages are those of one."""
    for number in range(8):
        guide.page((guide.root / "docs/index.rst").read_text().split("\n\n", 1)[1], f"more{number}")
    guide.update()
    alone = guide.build("-W", builder=builder, out="alone")
    together = guide.build("-W", "-j", "2", builder=builder, out="together")

    assert together.warnings == alone.warnings == ""
    name = "more3.html" if builder == "html" else "guide.tex"
    assert together.page(name) == alone.page(name)


def test_the_default_engine_of_latex_takes_every_sign(guide: Project) -> None:
    """An expected failure, and what is stale or never ran, end pdflatex no more; the project's own preamble stays."""
    guide.page(
        """
        .. snippet-check::
           :fails: by zero

        .. code-block:: python
           :name: fails

           1 / 0

        .. code-block:: python
           :name: stale

           x = 1

        .. evidence::
           :by: version

        It says :checked:`two is even <even>`.
        """
    )
    guide.update().assert_outcomes(passed=2)
    guide.replace("docs/index.rst", "x = 1", "x = 2\n\n>>> never\n")
    guide.configure("latex_elements = {'preamble': '% our own', 'fontpkg': '', 'fncychap': ''}\n")

    built = guide.build(builder="latex")
    tex = built.page("guide.tex")
    text, declared = tex.partition(r"\begin{document}")[2], re.findall(r"Character\{(\w+)\}", tex)
    signs = {character for character in text if ord(character) > 0x2000} - set("✓\N{EN DASH}")
    assert {"✗", "↻", "○"} <= signs
    assert signs <= {chr(int(code, 16)) for code in declared}
    assert "% our own" in tex
    if shutil.which("pdflatex"):
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "guide.tex"]
        done = subprocess.run(
            command, cwd=built.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:]
