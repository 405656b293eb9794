"""What the extension adds to a page is readable on the themes that projects use, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.site.accessibility import barriers
from tests.tested_snippets.scratch_project import Project

THEMES = ("furo", "pydata_sphinx_theme", "sphinx_rtd_theme", "alabaster")
#: Whatever is ours on a page. The colours of code are the theme's, see `SAMPLE`.
OURS = ".snippet-status, .snippet-sides, .snippet-mark, .snippet-statements"
#: The kinds of outcome, as the classes of their lines.
OUTCOMES = ("verified", "failing", "stale", "never-run", "waived")
LONG = "a_name_that_is_too_long_for_the_screen_of_a_phone"
SAMPLE = f"""
    .. code-block:: python
       :name: runs

       {LONG} = "a text, so that the line is longer than any screen of a phone"
       print(len({LONG}))

    .. snippet-check::
       :fails: no attribute

    .. code-block:: python
       :name: fails

       import math; math.root(16)

    .. snippet-check::
       :fails: no attribute

    .. code-block:: python
       :name: unexpected

       import math; math.sqrt(16)

    .. code-block:: python
       :name: changes

       old = 1

    .. code-block:: python
       :waive: needs a printer

       print_on_paper()

    .. before-after::

       .. snippet-check::
          :fails: no attribute

       .. code-block:: python

          import math; math.root({LONG})

       .. code-block:: python

          import math; math.sqrt(16)

    .. grid:: 1 1 2 2

       .. grid-item-card:: In a card

          .. code-block:: python
             :name: inside

             {LONG} = 2
    """


@pytest.fixture(params=THEMES)
def sample(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> Path:
    """A page with a block of every outcome and a pair, built with a theme, sphinx-copybutton and sphinx-design."""
    project = Project(pytester)
    project.configure(
        f"""
        project = html_title = "Sample"
        html_theme = {request.param!r}
        extensions += ["sphinx_copybutton", "sphinx_design"]
        """
    )
    project.page(SAMPLE)
    project.update()
    later = "\n    .. code-block:: python\n       :name: later\n\n       later = 1\n"
    project.page(SAMPLE.replace("old = 1", "new = 1") + later)
    built = project.build()
    assert built.status == 0
    return built.folder / "index.html"


def test_nothing_of_ours_is_a_barrier(sample: Path, desktop: Page, phone: Page) -> None:
    """Every kind of line and both sides of a pair can be read and reached, light and dark, and fit on a phone."""
    assert barriers(desktop, sample, within=OURS) == []
    for outcome in OUTCOMES:
        assert desktop.locator(f".snippet-status-{outcome}").first.is_visible(), outcome

    phone.goto(sample.as_uri())
    phone.evaluate(
        "document.querySelectorAll('details').forEach(details => { details.open = true })"
    )
    excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert phone.evaluate(excess) <= 0


def test_the_button_copies_the_code_and_nothing_else(sample: Path, desktop: Page) -> None:
    """Neither the line below the block nor the title of a side is copied with it."""
    desktop.goto(sample.as_uri())
    block = desktop.locator(".snippet-side").last.locator(".highlight")
    block.hover()
    block.locator("button.copybtn").click()

    desktop.evaluate("document.body.prepend(document.createElement('textarea'))")
    field = desktop.locator("body > textarea")
    field.focus()
    desktop.keyboard.press("Control+V")

    expect(field).to_have_value(re.compile(r"\s*import math; math\.sqrt\(16\)\s*"))
    assert field.input_value().strip() == "import math; math.sqrt(16)"
