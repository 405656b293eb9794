"""The sign behind a statement and the entry it opens, in a real browser on a phone and on a desktop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sphinx.cmd.build import main as sphinx_build

from tests.site.conftest import DESKTOP, PATIENCE, PHONE

PAGE = r"""
A page
======

{above}

The next is a statement. :unchecked:`The command \`sing\` sang once <nobody can sing now>`, and there are more words.

{below}
"""
FILLING = "\n\n".join(f"Paragraph {number} has nothing to say." for number in range(60))
#: The contrast of two colours as WCAG 2.2 defines it; backgrounds are searched for above.
CONTRAST = """
element => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  let below = element, ground = [0, 0, 0, 0];
  while (below && ground[3] === 0) {
    ground = rgb(getComputedStyle(below).backgroundColor);
    below = below.parentElement;
  }
  const pair = [light(rgb(getComputedStyle(element).color)), light(ground)].sort((a, b) => b - a);
  return (pair[0] + 0.05) / (pair[1] + 0.05);
}
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A long page with a statement in its middle, in the theme of the site."""
    source = tmp_path_factory.mktemp("statements")
    settings = 'extensions = ["sphinxext.tested_snippets"]\nhtml_theme = "furo"\n'
    (source / "conf.py").write_text(settings)
    (source / "index.rst").write_text(PAGE.format(above=FILLING, below=FILLING))
    out = source / "_build"
    assert sphinx_build(["-q", "-W", "-b", "html", str(source), str(out)]) == 0
    return (out / "index.html").as_uri()


@pytest.fixture(
    params=[
        pytest.param((size, system, chosen), id=f"{name}-{system}-{chosen}")
        for name, size in (("phone", PHONE), ("desktop", DESKTOP))
        for system, chosen in (("light", "auto"), ("dark", "auto"), ("light", "dark"))
    ]
)
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """The page as each kind of reader has it; some chose dark on a light system."""
    size, system, chosen = request.param
    with browser.new_context(
        viewport=size, color_scheme=system, reduced_motion="reduce"
    ) as context:
        context.set_default_timeout(PATIENCE)
        context.add_init_script(f"localStorage.setItem('theme', '{chosen}')")
        page = context.new_page()
        page.goto(address)
        yield page


def test_a_statement_opens_and_closes_by_keyboard_where_the_reader_is(page: Page) -> None:
    """The entry comes up over the page, has the focus next, and the way back leads to the sign."""
    sign, entry = page.locator("a.snippet-mark"), page.locator(".snippet-statements li").first
    expect(sign).to_have_attribute("aria-label", "Not checked: details")
    sign.evaluate("sign => sign.scrollIntoView({block: 'center', behavior: 'instant'})")
    sign.evaluate("sign => sign.focus({preventScroll: true})")
    before = page.evaluate("scrollY")
    assert before > 0
    expect(entry).not_to_be_in_viewport()

    page.keyboard.press("Enter")

    expect(entry).to_be_in_viewport(ratio=1)
    expect(entry).to_contain_text("Not checked: nobody can sing now")
    assert page.evaluate("scrollY") == before
    page.keyboard.press("Tab")
    expect(entry.get_by_label("Back to the text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(entry).not_to_be_in_viewport()
    expect(sign).to_be_focused()
    expect(sign).to_be_in_viewport()


def test_the_back_button_closes_the_entry_too(page: Page) -> None:
    """Opening it is a step in the reader's history, as every link is."""
    sign, entry = page.locator("a.snippet-mark"), page.locator(".snippet-statements li").first
    sign.click()
    expect(entry).to_be_in_viewport(ratio=1)

    page.go_back()

    expect(entry).not_to_be_in_viewport()
    expect(sign).to_be_in_viewport()


def test_sign_and_entry_can_be_read(page: Page) -> None:
    """Their contrast is that of level AA, whichever colours the reader has chosen."""
    sign, entry = page.locator("a.snippet-mark"), page.locator(".snippet-statements li").first
    sign.click()
    expect(entry).to_be_in_viewport(ratio=1)

    parts = [sign, entry.locator("p").first, entry.locator("code"), *entry.locator("a").all()]
    low = {part.inner_text(): ratio for part in parts if (ratio := part.evaluate(CONTRAST)) < 4.5}
    assert low == {}


def test_the_sign_moves_no_line(page: Page) -> None:
    """The lines of a paragraph with a sign are as far apart as those of others."""
    heights = page.evaluate(
        "[...document.querySelectorAll('article p')].map(p => {"
        " const line = parseFloat(getComputedStyle(p).lineHeight);"
        " return Math.abs(p.clientHeight / line - Math.round(p.clientHeight / line)) })"
    )
    assert max(heights[:100]) < 0.1
