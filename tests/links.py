"""The links within a built site, for tests of where they lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

__all__ = ["dead_links"]


class _Page(HTMLParser):
    """Collects the links of a page, and what can be linked to on it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what the element says."""
        for name, value in attrs:
            if name == "href" and value:
                self.links.append(value)
            elif name in {"id", "name"} and value:
                self.places.add(value)


def dead_links(site: Path) -> Iterator[str]:
    """Each link of a page to a file of the site, or to a place on one, that is not there: ``page -> link``."""
    pages = {path: _Page(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            if re.match(r"[a-z]+:|//", link):
                continue
            address, _, place = link.partition("#")
            target = path
            if address:
                target = (path.parent / unquote(address.partition("?")[0])).resolve()
            target = target / "index.html" if target.is_dir() else target
            if not target.exists() or (
                place and target in pages and unquote(place) not in pages[target].places
            ):
                yield f"{path.relative_to(site)} -> {link}"
