"""Gives back the memory of the pages that have been written.

The nodes of a page refer to each other in circles. Python looks for such circles when there may be a quarter as
many new ones as there are objects; while Sphinx holds the nodes of all pages, that is after dozens of pages.
"""

from __future__ import annotations

import gc
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["give_back_written"]

#: Pages of fifty snippets take about half a megabyte each; to look for circles takes about as long as to write one.
_PAGES = 16
#: So often at most in a build: each time, Python looks at all objects, which are the more the more pages there are.
_TIMES = 8
_written = count(1)


def give_back_written(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Look for what is left of other pages after an eighth of all, sixteen at least (event ``html-page-context``)."""
    pages = max(_PAGES, len(app.env.found_docs) // _TIMES)
    if doctree is not None and next(_written) % pages == 0:
        gc.collect()
