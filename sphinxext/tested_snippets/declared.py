"""Checks declared beside a snippet: in comments directly above its start marker, outside the region.

They read like a ``snippet-check`` on a page, with the file's own comment sign before each line::

    # .. snippet-check:: private
    #    :fails: could not read Username
    @staticmethod
    def clone():
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from sphinxext.tested_snippets.page import Declared
from sphinxext.tested_snippets.rest import scan
from sphinxext.tested_snippets.source import Source

__all__ = ["declared_beside"]

_COMMENT = re.compile(r"\s*(?:#|//|--|;|%|\.\.)(?: |$)")
_DECORATOR = re.compile(r"\s*@")


def declared_beside(source: Source, start_line: int) -> tuple[Declared, ...]:
    """The checks declared above the start marker on `start_line` (1-based) of `source`."""
    above = _lines_above(source.lines, start_line - 1)
    if not any("snippet-check::" in line for line in above):
        return ()
    text = textwrap.dedent("".join(_COMMENT.sub("", line, count=1) for line in above))
    # The checks of a page belong to the block that follows them, so one has to follow here too.
    blocks = scan(f"{text.rstrip()}\n\n.. code-block:: text\n\n   snippet\n").blocks
    return blocks[0].checks if blocks else ()


def _lines_above(lines: Sequence[str], index: int) -> list[str]:
    """The comment lines above line `index`, without the decorators among them."""
    found: list[str] = []
    while index > 0 and (_COMMENT.match(lines[index - 1]) or _DECORATOR.match(lines[index - 1])):
        index -= 1
        if not _DECORATOR.match(lines[index]):
            found.insert(0, lines[index])
    return found
