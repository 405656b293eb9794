"""HTML pages with the source of the tests, so that each outcome links to what was run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from sphinxext.tested_snippets.audit import audit_of
from sphinxext.tested_snippets.domain import snippet_domain
from sphinxext.tested_snippets.include import language_of
from sphinxext.tested_snippets.testcode import find_test, split_node_id

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["proof_pages", "proof_uri"]

_FOLDER = "_tests"


def proof_uri(app: Sphinx, docname: str, test: str) -> str | None:
    """The address of a test from the page `docname`; None where the test has no page.

    Only HTML builders that write a file per page have these pages.
    """
    path, _ = split_node_id(test)
    file = audit_of(app.config).project.root / path
    if app.builder.name not in {"html", "dirhtml"} or not file.is_file():
        return None
    line = _line_of(app, test)
    uri = app.builder.get_relative_uri(docname, _page_name(path))
    return f"{uri}#L-{line}" if line else uri


def _page_name(path: str) -> str:
    return posixpath.join(_FOLDER, path)


def _line_of(app: Sphinx, test: str) -> int | None:
    audit = audit_of(app.config)
    path, names = split_node_id(test)
    file = audit.project.root / path
    if file.suffix != ".rst":
        code = find_test(file, names)
        return code.line if code else None
    declared = audit.tests_of_page(path).get(test)
    return declared[0] if declared else None


def proof_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each file with tests of what is shown (event ``html-collect-pages``)."""
    if app.builder.name not in {"html", "dirhtml"}:
        return
    audit = audit_of(app.config)
    paths = {
        split_node_id(finding.check.test)[0]
        for record in snippet_domain(app.env).pages.values()
        for block in record.blocks
        for finding in audit.judge(block).findings
    }
    for path in sorted(paths):
        file = audit.project.root / path
        if file.is_file():
            text = file.read_text(encoding="utf-8-sig")
            language = language_of(PurePosixPath(path).suffix) or "text"
            body = app.builder.highlighter.highlight_block(  # type: ignore[attr-defined]
                text, language, force=True, linespans="L"
            )
            yield _page_name(path), {"title": path, "body": f"<h1>{path}</h1>\n{body}"}, "page.html"
