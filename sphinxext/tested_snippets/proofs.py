"""HTML pages with the source of the tests, so that each outcome links to what was run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinxext.tested_snippets.audit import Audit, audit_of
from sphinxext.tested_snippets.domain import snippet_domain
from sphinxext.tested_snippets.source import stamp_of
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
    """A page for each file with tests of what is shown, where it changed (event ``html-collect-pages``)."""
    if app.builder.name not in {"html", "dirhtml"}:
        return
    builder: Any = app.builder
    audit = audit_of(app.config)
    proofs = audit.memory.proofs
    style = _style(builder)
    for path in sorted(_proving(audit, app)):
        file, page = audit.project.root / path, _page_name(path)
        stamp = stamp_of(file)
        made_of = [*(stamp or ()), style]
        if stamp is None:
            continue
        if proofs.get(path) != made_of or not Path(builder.get_outfilename(page)).exists():
            text = file.read_text(encoding="utf-8-sig")
            # To highlight the source of a page takes longer than to build the page.
            language = "python" if file.suffix == ".py" else "text"
            body = builder.highlighter.highlight_block(text, language, force=True, linespans="L")
            yield page, {"title": path, "body": f"<h1>{path}</h1>\n{body}"}, "page.html"
            proofs[path] = made_of


def _proving(audit: Audit, app: Sphinx) -> Iterable[str]:
    """The files of all tests of what is shown."""
    if audit.memory.warnings() is not None:
        return audit.memory.proofs
    return {
        split_node_id(finding.check.test)[0]
        for docname in snippet_domain(app.env).pages
        for verdict in audit.verdicts(docname)
        for finding in verdict.findings
    }


def _style(builder: Any) -> str:
    """Changes with what makes Sphinx write all pages anew: settings and templates."""
    info = builder.build_info
    return f"{info.config_hash} {info.tags_hash} {builder.templates.newest_template_mtime()}"


def share_navigation(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Make the table of contents once for the pages of tests in a folder (event ``html-page-context``).

    They stand in no table of contents, so it is the same for all; on a large site, making it is most of the
    work on a page.
    """
    toctree = context.get("toctree")
    if not pagename.startswith(f"{_FOLDER}/") or toctree is None:
        return
    known, folder = audit_of(app.config).navigation, posixpath.dirname(pagename)

    def shared(**options: Any) -> Any:
        key = (folder, repr(sorted(options.items())))
        if key not in known:
            known[key] = toctree(**options)
        return known[key]

    context["toctree"] = shared
