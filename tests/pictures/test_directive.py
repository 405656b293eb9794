"""``.. picture::`` in real builds: drawn where it can be, told as a table everywhere."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from sphinx.cmd.build import main as sphinx_build

from pictures.plot import Axis, Plot, Series
from pictures.recorded import About, write

PAGE = """\
A page
======

.. picture:: numbers.json::curve
   :alt: A line that rises.

   The time of a *run*.
"""
CURVE = Plot(Axis("tasks"), Axis("seconds"), (Series("CE", ((10, 1.5), (20, 4321))),))
ABOUT = About("nox -s measure", "2026-11-05", "2 cores", {"Ray": "2.5.1"})


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A page with a picture."""
    (tmp_path / "conf.py").write_text('extensions = ["pictures.directive"]\n')
    (tmp_path / "index.rst").write_text(PAGE)
    write(tmp_path / "numbers.json", ABOUT, {"curve": CURVE})
    return tmp_path


def _build(docs: Path, builder: str, warnings: StringIO | None = None) -> str:
    """Build the page, with every warning an error unless they are collected; return what was written."""
    out = docs / "out" / builder
    strict = ["-W"] if warnings is None else []
    with pytest.MonkeyPatch.context() as patch:
        if warnings is not None:
            patch.setattr("sys.stderr", warnings)
        status = sphinx_build(["-q", *strict, "-b", builder, str(docs), str(out)])
    assert status == 0
    (page,) = (path for path in out.glob("*.*") if path.name in WRITTEN)
    return page.read_text(encoding="utf-8")


WRITTEN = {
    "index.html",
    "index.txt",
    "projectnamenotset.tex",
    "index.xhtml",
    "projectnamenotset.1",
    "projectnamenotset.texi",
}


def test_html_has_the_drawing_its_words_and_its_numbers(docs: Path) -> None:
    """The numbers can be unfolded, and say where they are from."""
    html = _build(docs, "html")

    assert '<figure class="picture' in html
    assert 'role="img" aria-label="A line that rises."' in html
    assert "The time of a <em>run</em>." in html
    folded = html.partition("<details><summary>As a table</summary>")[2].partition("</details>")[0]
    assert "4,321" in folded
    assert "Recorded on 5 November 2026 with" in folded


def test_latex_draws_it_in_its_own_way_and_prints_the_numbers(docs: Path) -> None:
    """No converter of SVG is needed."""
    tex = _build(docs, "latex")

    assert r"\usepackage{tikz}" in tex
    assert (
        tex.index(r"\begin{tikzpicture}")
        < tex.index(r"\sphinxstyleemphasis{run}")
        < tex.index("4,321")
    )
    assert "<svg" not in tex


@pytest.mark.parametrize("builder", ["text", "man", "texinfo"])
def test_other_formats_tell_the_numbers(docs: Path, builder: str) -> None:
    """With the caption, and without anything of the drawing."""
    text = _build(docs, builder)

    assert "4,321" in text
    assert "The time of a" in text
    assert "svg" not in text
    assert "tikz" not in text


def test_another_recording_changes_the_page(docs: Path) -> None:
    """Although nothing of the page itself has changed."""
    assert "4,321" in _build(docs, "html")
    file = docs / "numbers.json"
    file.write_text(file.read_text().replace("4321", "1234"))

    assert "1,234" in _build(docs, "html")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("::curve", "", "a picture is written `.. picture:: file.json::name`"),
        ("   :alt: A line that rises.\n", "", "and `:alt:` says what it shows"),
        ("::curve", "::line", "has no picture 'line'; it has curve"),
        ("numbers.json", "letters.json", "letters.json"),
    ],
)
def test_a_picture_that_cant_be_drawn_is_an_error_with_its_line(
    docs: Path, old: str, new: str, message: str
) -> None:
    """It names what was found, and what to write."""
    (docs / "index.rst").write_text(PAGE.replace(old, new))
    said = StringIO()

    _build(docs, "html", said)

    assert "index.rst:4: ERROR:" in said.getvalue()
    assert message in said.getvalue()


def test_a_damaged_file_is_an_error_that_names_it(docs: Path) -> None:
    """No traceback, and nothing half drawn."""
    file = docs / "numbers.json"
    data = json.loads(file.read_text())
    data["pictures"]["curve"]["plot"]["series"][0]["points"] = []
    file.write_text(json.dumps(data))
    said = StringIO()

    html = _build(docs, "html", said)

    assert f"picture: {file}: 'curve' is no picture: a plot needs a series" in said.getvalue()
    assert "<svg" not in html
