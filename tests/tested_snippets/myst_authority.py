"""What Sphinx with myst-parser shows of a page: the authority the scanner of MyST is compared with."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

from myst_parser.parsers.sphinx_ import MystParser
from sphinx.testing import restructuredtext

from tests.tested_snippets import rest_authority
from tests.tested_snippets.rest_authority import Reader, Shown

#: The settings that the pages of the corpus are written for.
SETTINGS = 'myst_enable_extensions = ["colon_fence", "deflist"]\n'

CONF = rest_authority.CONF.replace("extensions = [", 'extensions = ["myst_parser", ') + SETTINGS

__all__ = ["CONF", "SETTINGS", "Reader", "page_path", "read"]


def page_path(folder: Path) -> Path:
    """Where a page stands that is read with these settings."""
    (folder / "conf.py").write_text(SETTINGS)
    return folder / "page.md"


def read(reader: Reader, text: str) -> list[Shown]:
    """The blocks of a Markdown page with this source."""
    with mock.patch.object(restructuredtext, "RSTParser", MystParser):
        return reader.read(text)
