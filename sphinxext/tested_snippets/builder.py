"""``sphinx-build -b snippets``: what is shown where, and what is known of it, as JSON for other tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.builders.dummy import DummyBuilder

from sphinxext.tested_snippets.build import audit_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["SnippetsBuilder", "write_snippets"]


class SnippetsBuilder(DummyBuilder):
    """Reads the pages and writes ``snippets.json``."""

    name = "snippets"
    epilog = "The snippets are listed in %(outdir)s/snippets.json."

    def get_outdated_docs(self) -> set[str]:
        """None: the file is made of what is known of the pages, see :func:`write_snippets`."""
        return set()


def write_snippets(app: Sphinx, exception: Exception | None) -> None:
    """Write the file of a build that went through (event ``build-finished``)."""
    if exception is None and app.builder.name == SnippetsBuilder.name:
        from sphinxext.tested_snippets.listing import listing  # noqa: PLC0415 - see `extension`

        text = json.dumps(listing(audit_of(app.config)), indent=2, ensure_ascii=False) + "\n"
        Path(app.outdir, "snippets.json").write_text(text, encoding="utf-8")
