"""The pictures of the guide in a real browser: seen by every reader, or told to those who can't see them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.conftest import DESKTOP, PATIENCE, PHONE

GUIDE = "migrating-from-quantum-engine"
#: The smallest contrast, as WCAG 2.2 defines it, of what is drawn in an element with the ground of the page: letters,
#: and shapes that are no mere guides for the eye.
LEAST_CONTRAST = """
figure => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  let below = figure, ground = [0, 0, 0, 0];
  while (below && (ground[3] ?? 1) === 0) {
    ground = rgb(getComputedStyle(below).backgroundColor);
    below = below.parentElement;
  }
  const against = colour => {
    const pair = [light(rgb(colour)), light(ground)].sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05);
  };
  const least = selector => Math.min(...[...figure.querySelectorAll(selector)].map(shape => {
    const style = getComputedStyle(shape);
    return against(style.fill === "none" ? style.stroke : style.fill);
  }));
  return [least("svg text"), least("svg :is(rect, circle, polygon, polyline:not([stroke-opacity]))")];
}
"""


@pytest.fixture(
    params=[
        pytest.param((size, system, chosen), id=f"{name}-{system}-{chosen}")
        for name, size in (("phone", PHONE), ("desktop", DESKTOP))
        for system, chosen in (("light", "auto"), ("dark", "auto"), ("light", "dark"))
    ]
)
def guide(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Page]:
    """The guide as each kind of reader has it; some chose dark on a light system."""
    size, system, chosen = request.param
    with browser.new_context(viewport=size, color_scheme=system) as context:
        context.set_default_timeout(PATIENCE)
        context.add_init_script(f"localStorage.setItem('theme', '{chosen}')")
        page = context.new_page()
        page.goto((site / f"{GUIDE}.html").as_uri())
        yield page


def _pictures(page: Page) -> list[Locator]:
    pictures: list[Locator] = page.locator("figure.picture").all()
    assert len(pictures) >= 5
    return pictures


def test_letters_and_shapes_can_be_told_from_the_page(guide: Page) -> None:
    """4.5:1 for letters and 3:1 for shapes, light and dark."""
    for picture in _pictures(guide):
        letters, shapes = picture.evaluate(LEAST_CONTRAST)

        assert letters >= 4.5
        assert shapes >= 3


def test_letters_are_as_large_as_small_print_and_lie_within_the_picture(guide: Page) -> None:
    """Eleven pixels on a phone, and nothing is cut off at an edge."""
    for picture in _pictures(guide):
        drawn = picture.locator("svg").bounding_box()
        assert drawn is not None
        for text in picture.locator("svg text").all():
            box = text.bounding_box()
            assert box is not None
            assert box["height"] >= 11
            assert drawn["x"] - 1 <= box["x"]
            assert box["x"] + box["width"] <= drawn["x"] + drawn["width"] + 1


def test_labels_do_not_cover_each_other(guide: Page) -> None:
    """Each can be read."""
    overlaps = """svg => {
        const boxes = [...svg.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
        return boxes.flatMap(([text, a], i) => boxes.slice(i + 1)
            .filter(([_, b]) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3)
            .map(([other]) => `${text} / ${other}`));
    }"""
    for picture in _pictures(guide):
        assert picture.locator("svg").evaluate(overlaps) == []


def test_who_sees_no_picture_hears_what_it_shows_and_finds_the_numbers(
    desktop: Page, site: Path
) -> None:
    """The table unfolds by keyboard, and below it stands when it was recorded, and with what."""
    desktop.goto((site / f"{GUIDE}.html").as_uri())
    for picture in _pictures(desktop):
        image = picture.get_by_role("img")
        assert len(image.get_attribute("aria-label") or "") > 20
        table = picture.get_by_role("table")
        expect(table).not_to_be_visible()

        picture.locator("summary").focus()
        desktop.keyboard.press("Enter")

        expect(table).to_be_visible()
        expect(picture.locator(".picture-origin")).to_contain_text("orquestra-sdk 0.54.0")
        assert picture.get_by_role("row").count() > 1
