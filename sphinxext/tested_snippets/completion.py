"""Completes each page when it is written, with what is known by then."""

from __future__ import annotations

from typing import Any

from sphinx.transforms.post_transforms import SphinxPostTransform

from sphinxext.tested_snippets.build import build_of

__all__ = ["CompletePage"]


class CompletePage(SphinxPostTransform):
    """Puts the answers, the outcomes and the statements where they belong on a page."""

    default_priority = 5  # Before links are resolved and blocks get their language.

    def run(self, **kwargs: Any) -> None:
        """Complete the page."""
        # Imported here as a build that writes no page does without, see `extension`.
        from sphinxext.tested_snippets import (  # noqa: PLC0415
            answer_nodes,
            boxes,
            remarks,
            signs,
            status,
        )

        app = build_of(self.config).app
        for show in (
            remarks.show_remarks,  # Before the status, which is put above it.
            answer_nodes.show_answers,
            status.show_status,
            signs.show_statements,
            boxes.unbox,
        ):
            show(self.document, app, self.env.docname)
