"""The site as its readers see it, in a real browser on a phone and on a desktop, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.links import dead_links
from tests.site.conftest import DESKTOP, PATIENCE, PHONE

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = sorted(path.stem for path in DOCS.glob("*.rst"))
GUIDE = "migrating-from-quantum-engine"
#: The labels that other projects' pages refer to.
LABELS = ("github-import-private", "github-import-public")


@pytest.fixture(
    params=[
        pytest.param((PHONE, "light"), id="phone-light"),
        pytest.param((PHONE, "dark"), id="phone-dark"),
        pytest.param((DESKTOP, "light"), id="desktop-light"),
        pytest.param((DESKTOP, "dark"), id="desktop-dark"),
    ]
)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A browser's page, as each kind of reader has it."""
    viewport, scheme = request.param
    with browser.new_context(viewport=viewport, color_scheme=scheme) as context:
        context.set_default_timeout(PATIENCE)
        yield context.new_page()


def test_no_page_is_wider_than_the_screen(page: Page, site: Path) -> None:
    """Long code scrolls in its block; the page itself never scrolls sideways."""
    wide = []
    for name in PAGES:
        page.goto(f"file://{site}/{name}.html")
        excess = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        wide += [name] if excess > 0 else []

    assert not wide


def test_every_link_within_the_site_leads_somewhere(site: Path) -> None:
    """To a page, a file, or a place on a page that is there, the source of a test included."""
    assert list(dead_links(site)) == []


def test_every_page_has_a_visible_way_back_to_the_start_page(page: Page, site: Path) -> None:
    """Somebody whom a search led to any page finds the start page from there."""
    without = []
    for name in PAGES:
        page.goto(f"file://{site}/{name}.html")
        links = page.locator("a[href^='index.html'], a[href='#']").all()
        without += [] if any(link.is_visible() for link in links) else [name]

    assert not without


def test_the_start_page_fits_on_one_screen(page: Page, site: Path) -> None:
    """A newcomer reads what this is and where to go without scrolling."""
    page.goto(f"file://{site}/index.html")
    box = page.locator("article").bounding_box()

    assert box is not None
    assert box["y"] + box["height"] <= page.evaluate("window.innerHeight")


def test_every_block_of_the_guide_has_a_line_that_says_it_was_checked(
    desktop: Page, site: Path
) -> None:
    """There are as many lines as blocks, and none of them says anything else; what is made of blocks has none."""
    desktop.goto(f"file://{site}/{GUIDE}.html")
    derived = ".snippet-difference, .snippet-output"
    blocks = desktop.locator(f"article div:not({derived}) > div.highlight").count()
    lines = desktop.locator("article .snippet-status").all_inner_texts()

    assert blocks == len(lines) > 10
    assert all("Checked: " in line and "Python 3" in line for line in lines)


def test_the_line_opens_by_keyboard_to_the_message_and_leads_to_the_test(
    desktop: Page, site: Path
) -> None:
    """A failing block shows the message that a reader gets, and the code that proves it."""
    desktop.goto(f"file://{site}/{GUIDE}.html")
    line = desktop.locator(f"{_section(LABELS[0])} details.snippet-status").first
    # What QE made of it stands first.
    message = line.locator("samp").last
    assert not message.is_visible()

    line.locator("summary").focus()
    desktop.keyboard.press("Enter")

    assert "could not read Username for 'https://github.com'" in message.inner_text()
    line.locator("li a").last.click()
    marked = desktop.locator(":target")
    assert "def test_a_private_repo_as_a_dependency_fails_alike" in marked.inner_text()


@pytest.mark.parametrize("label", LABELS)
def test_links_from_elsewhere_find_their_section(desktop: Page, site: Path, label: str) -> None:
    """The labels of the published guide are where they were."""
    desktop.goto(f"file://{site}/{GUIDE}.html#{label}")

    heading = desktop.locator(f"{_section(label)} > :is(h2, h3)")
    assert heading.inner_text().startswith("GithubImport With A")
    expect(heading).to_be_in_viewport()


def test_search_finds_the_guide(desktop: Page, site: Path) -> None:
    """The search of the site works without a server."""
    desktop.goto(f"file://{site}/search.html?q=PythonImports")

    found = desktop.locator("#search-results li a")
    # They are shown one after the other.
    expect(found.filter(has_text=re.compile("PythonImports|Migrating")).first).to_be_visible()


def test_no_page_asks_another_host_for_anything(desktop: Page, site: Path) -> None:
    """Reading leaves no trace elsewhere."""
    asked: list[str] = []
    desktop.on("request", lambda request: asked.append(request.url))
    for name in PAGES:
        desktop.goto(f"file://{site}/{name}.html")

    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def _section(label: str) -> str:
    """The selector of the section that a label stands before."""
    return f"section:has(> span#{label})"
