"""Sphinx extension: shows snippets cut out of tested files, and what is known about each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["setup"]
__version__ = "0.1.0"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    # pytest and the command import this package, too, and do without Sphinx.
    from sphinxext.tested_snippets import extension  # noqa: PLC0415

    return extension.setup(app, __version__)
