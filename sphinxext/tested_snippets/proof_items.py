"""What HTML says of a check that was run: what came out, and a link to the source of its test."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sphinxext.tested_snippets.build import audit_of
from sphinxext.tested_snippets.evidence import Check
from sphinxext.tested_snippets.proofs import BUILDERS, page_name
from sphinxext.tested_snippets.testcode import split_node_id
from sphinxext.tested_snippets.translation import say

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["proof_item"]


def _proof_uri(app: Sphinx, docname: str, test: str) -> str | None:
    """The address of a test from the page `docname`; None where the test has no page."""
    path, _ = split_node_id(test)
    file = audit_of(app.config).project.root / path
    if app.builder.name not in BUILDERS or not file.is_file():
        return None
    code = audit_of(app.config).find(test)
    uri = app.builder.get_relative_uri(docname, page_name(path))
    return f"{uri}#L-{code.line}" if code else uri


def proof_item(app: Sphinx, docname: str, check: Check, said: str) -> str:
    """The HTML list item of a check on the page `docname`: what is `said` of it, what was seen, and its test."""
    observed = f" <samp>{escape(check.observed)}</samp>" if check.observed else ""
    uri = _proof_uri(app, docname, check.test)
    test = f"<code>{escape(check.test)}</code>"
    test = f'<a class="reference internal" href="{escape(uri)}">{test}</a>' if uri else test
    test = say("Test: {test}").format(test=test)
    return f'<li>{escape(said)}{observed}<br><span class="snippet-test">{test}</span></li>\n'
