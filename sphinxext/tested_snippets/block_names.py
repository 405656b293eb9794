"""Names the blocks of a page so that an edit changes no name of another section. Pure."""

from __future__ import annotations

import re
from collections import Counter

from sphinxext.tested_snippets.literals import TEST

__all__ = ["Names"]


class Names:
    """The names of the blocks of one page, which are given in their order."""

    def __init__(self) -> None:
        self._unnamed: Counter[tuple[str, ...]] = Counter()
        self._taken: Counter[str] = Counter([TEST])

    def take(self, explicit: str | None, titles: tuple[str, ...], within: str = "") -> str:
        """The name of the next block: the explicit one, or its section's titles and a counter.

        :param within: the docstring it stands in, with which its name begins.
        """
        if within:
            self._unnamed[within,] += explicit is None
            explicit = f"{within}.{explicit or self._unnamed[within,]}"
        elif explicit is None:
            self._unnamed[titles] += 1
            explicit = f"{_slug(titles)}-{self._unnamed[titles]}"
        self._taken[explicit] += 1
        count = self._taken[explicit]
        return explicit if count == 1 else self.take(f"{explicit}-{count}", titles)


def _slug(titles: tuple[str, ...]) -> str:
    # The page's own title adds nothing below it, and would be in every name.
    words = re.sub(r"[^\w]+", "-", " ".join(titles[1:] or titles)).strip("-").lower()
    return words or "block"
