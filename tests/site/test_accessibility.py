"""Everybody can read the site: axe finds nothing on any page of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.site.accessibility import barriers

#: Pages that look different on a phone: the guide, with all kinds of blocks, the start page, and wide tables.
ON_A_PHONE = ("index", "migrating-from-quantum-engine", "evidence")


def test_no_page_has_a_barrier_on_a_desktop(desktop: Page, site: Path) -> None:
    """Every page, those of the tests and the index included, light and dark, with all that unfolds unfolded."""
    pages = sorted(site.rglob("*.html"))

    assert len(pages) > 20
    assert [line for file in pages for line in barriers(desktop, file)] == []


@pytest.mark.parametrize("name", ON_A_PHONE)
def test_a_page_has_no_barrier_on_a_phone(phone: Page, site: Path, name: str) -> None:
    """Where there is no room for columns, nothing is lost or too small."""
    assert barriers(phone, site / f"{name}.html") == []


def test_barriers_are_found(desktop: Page, tmp_path: Path) -> None:
    """A grey text, dark on dark for one half of the readers, and a picture without words are named."""
    file = tmp_path / "page.html"
    file.write_text(
        "<!doctype html><html lang=en><title>Page</title>"
        "<style>@media (prefers-color-scheme: dark) { body { background: #222 } summary { color: #ddd } }</style>"
        "<details><summary>More</summary><img src=x.png></details><p style='color: #333'>Text"
    )

    light, dark = barriers(desktop, file)

    assert light.startswith("page.html, light: image-alt: img")
    assert dark.startswith("page.html, dark: color-contrast: p")
