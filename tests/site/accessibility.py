"""What axe, in a real browser, finds that keeps somebody from reading a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

__all__ = ["barriers"]

_WCAG_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ALL = {"runOnly": {"type": "tag", "values": _WCAG_AA}, "resultTypes": ["violations"]}
#: What another colour scheme can change.
_COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast"]},
    "resultTypes": ["violations"],
}
_UNFOLD = "document.querySelectorAll('details').forEach(details => { details.open = true })"
#: A style colours tokens by their class: one of each kind speaks for the thousands of a page, which take minutes.
_ONE_TOKEN_OF_EACH_KIND = """() => {
    const seen = new Set();
    for (const token of document.querySelectorAll(".highlight pre span")) {
        const around = [token, token.parentElement, token.closest("[class*=highlight-]")];
        const kind = around.map(element => element?.className).join("|");
        if (seen.has(kind)) token.replaceWith(...token.childNodes);
        seen.add(kind);
    }
}"""
_SCRIPT = Axe().axe_script


def barriers(page: Page, file: Path, within: str | None = None, dark: bool = True) -> list[str]:
    """Open a built page and return what breaks a rule of WCAG 2.2 A or AA, a line for each element.

    What can be unfolded is. `within` is a selector: nothing outside of what it selects is looked at. With `dark`, the
    contrasts are measured for readers of dark pages too. Raises ValueError where `within` selects nothing: a
    page without anything to look at has no barriers.
    """
    page.emulate_media(color_scheme="light")
    page.goto(file.as_uri())
    page.evaluate(_UNFOLD)
    page.evaluate(_ONE_TOKEN_OF_EACH_KIND)
    page.evaluate(_SCRIPT)
    if within is not None and not page.locator(within).count():
        raise ValueError(f"{file}: nothing to look at: {within}")
    found = _lines("light", _run(page, within, _ALL))
    if dark:
        page.emulate_media(color_scheme="dark")
        found += _lines("dark", _run(page, within, _COLOURS))
    return [f"{file.name}, {line}" for line in found]


def _run(page: Page, within: str | None, options: dict[str, Any]) -> list[dict[str, Any]]:
    run = "([within, options]) => axe.run(within || document, options)"
    violations: list[dict[str, Any]] = page.evaluate(run, [within, options])["violations"]
    return violations


def _lines(scheme: str, violations: list[dict[str, Any]]) -> list[str]:
    return [
        f"{scheme}: {violation['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]
