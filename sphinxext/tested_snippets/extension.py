"""What the extension registers with Sphinx."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinxext.tested_snippets import audit, builder, directives, domain, proofs, rebuild, status
from sphinxext.tested_snippets.markers import DEFAULT_STYLE
from sphinxext.tested_snippets.project import start_project

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

__all__ = ["setup"]


def setup(app: Sphinx, version: str) -> dict[str, Any]:
    """Register the extension, which has this `version`, with Sphinx."""
    app.add_config_value("tested_snippets_override", default=True, rebuild="env")
    app.add_config_value("tested_snippets_marker", (DEFAULT_STYLE.start, DEFAULT_STYLE.end), "env")
    app.add_config_value("tested_snippets_root", "", "env")
    app.add_config_value("tested_snippets_evidence", "evidence", "env")
    app.add_config_value(
        "tested_snippets_update_command", "pytest --snippets-evidence=update", "env"
    )

    app.add_directive("snippet", directives.Snippet)
    app.add_directive("snippet-check", directives.SnippetCheck)
    app.add_domain(domain.SnippetDomain)
    app.add_node(
        domain.snippet_status,
        html=(status.visit_html, status.depart_html),
        epub=(status.visit_html, status.depart_html),
    )
    app.add_post_transform(status.ShowStatus)

    app.add_builder(builder.SnippetsBuilder)

    app.connect("config-inited", start_project)
    app.connect("config-inited", override_stock)
    app.connect("builder-inited", audit.start_audit)
    app.connect("env-get-outdated", rebuild.pages_to_read)
    app.connect("doctree-read", domain.record_page)
    app.connect("env-updated", audit.outdated_pages)
    app.connect("html-collect-pages", proofs.proof_pages)
    app.connect("html-page-context", proofs.share_navigation, priority=100)
    app.connect("build-finished", audit.warn)
    app.connect("build-finished", builder.write_snippets)
    return {
        "version": version,
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def override_stock(app: Sphinx, config: Config) -> None:
    """Put our directives in the place of Sphinx's, and our style sheet on the pages."""
    if config.tested_snippets_override:
        app.add_directive("literalinclude", directives.LiteralInclude, override=True)
    for name in ("code-block", "sourcecode"):
        app.add_directive(name, directives.CodeBlock, override=True)
    app.add_directive("code", directives.Code, override=True)
    config.html_static_path.append(str(Path(__file__).parent / "static"))
    app.add_css_file("tested_snippets.css")
