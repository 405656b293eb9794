"""What the extension registers with Sphinx.

Each build imports what is imported here, one that changes nothing too, and of that build imports are a large
part. So these modules do without those that read pages, judge or write, which come when there is a page to read
(:func:`prepare_reading`), something to judge (:attr:`Build.audit`) or a page to write (:class:`CompletePage`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinxext.tested_snippets import (
    build,
    builder,
    completion,
    domain,
    garbage,
    highlighting,
    latex,
    option_blocks,
    page_nodes,
    proofs,
    rebuild,
    source,
    source_links,
    translation,
    wording,
)
from sphinxext.tested_snippets.options import SPHINX_SETTINGS
from sphinxext.tested_snippets.project import start_project

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

__all__ = ["setup"]


def setup(app: Sphinx, version: str) -> dict[str, Any]:
    """Register the extension, which has this `version`, with Sphinx."""
    for setting in SPHINX_SETTINGS:
        app.add_config_value(setting.name, setting.default, setting.rebuild, types=setting.types)
    app.add_domain(domain.SnippetDomain)
    app.add_builder(builder.SnippetsBuilder)
    app.add_post_transform(completion.CompletePage)
    page_nodes.add_nodes(app)
    translation.add_words(app)

    app.connect("config-inited", start_project)
    app.connect("config-inited", add_style_sheet)
    app.connect("config-inited", latex.declare_signs)
    app.connect("config-inited", wording.check_wording)
    app.connect("config-inited", source_links.check_source_url)
    app.connect("builder-inited", highlighting.share_formatters)
    app.connect("builder-inited", highlighting.make_tabbable)
    app.connect("env-get-outdated", build.start_build)
    app.connect("env-get-outdated", rebuild.pages_to_read)
    app.connect("env-before-read-docs", option_blocks.read_fast)
    prepare_reading(app)
    app.connect("env-updated", source.forget_files)
    app.connect("env-updated", build.outdated_pages)
    app.connect("html-collect-pages", proofs.proof_pages)
    app.connect("html-page-context", proofs.share_navigation, priority=100)
    app.connect("html-page-context", garbage.give_back_written)
    app.connect("build-finished", option_blocks.read_as_docutils)
    app.connect("build-finished", build.warn)
    app.connect("build-finished", builder.write_snippets)
    return {
        "version": version,
        "env_version": 4,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def prepare_reading(app: Sphinx) -> None:
    """Register what pages can say, and what records it, before the first page is read."""

    def prepare(app: Sphinx, env: BuildEnvironment, docnames: Sequence[str]) -> None:
        if docnames:
            app.disconnect(listener)  # An application may build several times.
            from sphinxext.tested_snippets import reading, syntax  # noqa: PLC0415 - see above

            syntax.add_syntax(app)
            app.connect("doctree-read", reading.record_page)

    listener = app.connect("env-before-read-docs", prepare)


def add_style_sheet(app: Sphinx, config: Config) -> None:
    """Put our style sheet on the pages (event ``config-inited``)."""
    # A project may give a tuple.
    config.html_static_path = [*config.html_static_path, str(Path(__file__).parent / "static")]
    app.add_css_file("tested_snippets.css")
