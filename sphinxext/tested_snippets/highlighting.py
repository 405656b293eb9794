"""Lets Sphinx highlight many blocks with few formatters, and lets readers scroll them without a mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["make_tabbable", "share_formatters"]


def share_formatters(app: Sphinx) -> None:
    """Let the builder's highlighter use a formatter again (event ``builder-inited``).

    Sphinx makes one for each block and throws it away. To work out the colours of the style anew is a third of
    the time of highlighting a short block.
    """
    highlighter = getattr(app.builder, "highlighter", None)
    if highlighter is not None:
        highlighter.formatter = _Shared(highlighter.formatter)


def make_tabbable(app: Sphinx) -> None:
    """Let the tab key reach each highlighted block of an HTML page (event ``builder-inited``).

    A block with long lines scrolls. Where only a mouse could scroll it, not everybody could read it (WCAG 2.1.1).
    """
    highlighter = getattr(app.builder, "highlighter", None)
    if highlighter is None or app.builder.format != "html":
        return
    highlight = highlighter.highlight_block

    def tabbable(*args: Any, **options: Any) -> str:
        """The block as Sphinx highlights it; whatever else looks like a tag in it is escaped."""
        block: str = highlight(*args, **options)
        return block.replace("<pre><span></span>", '<pre tabindex="0"><span></span>')

    highlighter.highlight_block = tabbable


class _Shared:
    """Makes one formatter for all blocks with the same options, line numbers for instance."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make
        self._made: dict[str, Any] = {}

    def __call__(self, **options: Any) -> Any:
        key = repr(sorted(options.items()))
        if key not in self._made:
            # Blocks that count their lines from where they stand in a file have options of their own.
            if len(self._made) >= _MOST:
                self._made.clear()
            self._made[key] = self._make(**options)
        return self._made[key]

    def __getattr__(self, name: str) -> Any:
        """What else is asked of the formatter's class."""
        return getattr(self._make, name)


_MOST = 64
