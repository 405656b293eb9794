"""HTML pages with the source of the tests, so that each outcome links to what was run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinxext.tested_snippets.build import build_of
from sphinxext.tested_snippets.source import stamp_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["BUILDERS", "page_name", "proof_pages", "share_navigation"]

#: The builders that write a file per page; only they have these pages.
BUILDERS = frozenset({"html", "dirhtml"})
_FOLDER = "_tests"


def page_name(path: str) -> str:
    """What Sphinx calls the page of a file with tests, whose `path` is from the root."""
    return posixpath.join(_FOLDER, path)


def proof_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each file with tests of what is shown, where it changed (event ``html-collect-pages``)."""
    if app.builder.name not in BUILDERS:
        return
    builder: Any = app.builder
    build = build_of(app.config)
    proofs = build.memory.proofs
    style = _style(builder)
    for path in sorted(proofs if build.known is not None else build.audit.proving()):
        file, page = build.project.root / path, page_name(path)
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
    known, folder = build_of(app.config).navigation, posixpath.dirname(pagename)

    def shared(**options: Any) -> Any:
        key = (folder, repr(sorted(options.items())))
        if key not in known:
            known[key] = toctree(**options)
        return known[key]

    context["toctree"] = shared
