"""What Sphinx itself shows of a page: the authority the page scanner is compared with."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.testing import restructuredtext
from sphinx.util.docutils import docutils_namespace, patch_docutils

from sphinxext.tested_snippets.page import Page

#: The directives of the extension stand in here by ones that take the same source and show their
#: argument: which text is cut out of a file is not the scanner's business. `tab` and `tabs` stand
#: for the directives of extensions the scanner has never heard of.
CONF = """
from docutils import nodes
from docutils.parsers.rst import Directive, directives
from sphinx.directives.code import CodeBlock, LiteralInclude

extensions = ["sphinx.ext.doctest", "sphinx.ext.graphviz", "sphinx.ext.ifconfig", "sphinx.ext.todo"]
todo_include_todos = True
anything = directives.unchanged_required


class Include(LiteralInclude):
    def run(self):
        text = f"included: {self.arguments[0]}"
        node = nodes.literal_block(text, text)
        if "language" in self.options:
            node["language"] = self.options["language"]
        return [node]


class Waivable(CodeBlock):
    option_spec = {**CodeBlock.option_spec, "waive": anything}


class Check(Directive):
    has_content = True
    optional_arguments = 1
    option_spec = dict.fromkeys(("name", "runtime", "fails", "output", "setup", "waive"), anything)

    def run(self):
        return []


class Tabs(Directive):
    has_content = True

    def run(self):
        node = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class Tab(Tabs):
    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"sync": anything}


class Sides(Tabs):
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = dict.fromkeys(("after", "before", "language", "waive"), anything)

    def run(self):
        node = nodes.container()
        for target in self.arguments[0].split() if self.arguments else ():
            text = f"included: {target}"
            node += nodes.literal_block(text, text)
            if "language" in self.options:
                node[-1]["language"] = self.options["language"]
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def setup(app):
    app.add_directive("before-after", Sides)
    app.add_directive("literalinclude", Include, override=True)
    app.add_directive("code-block", Waivable, override=True)
    app.add_directive("snippet", Include)
    app.add_directive("snippet-check", Check)
    app.add_directive("tab", Tab)
    app.add_directive("tabs", Tabs)
"""


class Shown(NamedTuple):
    """One literal block as a reader sees it."""

    text: str
    language: str


class Reader:
    """A Sphinx project of its own, which reads pages."""

    def __init__(self, app: Sphinx, warnings: io.StringIO) -> None:
        self._app = app
        self._warnings = warnings

    def stored(self, name: str) -> list[Shown]:
        """The blocks of a page of the project, as its build keeps them."""
        return list(_shown(self._app.env.get_doctree(name)))

    def read(self, text: str) -> list[Shown]:
        """The blocks of a page with the source `text`."""
        self._app.env.temp_data.clear()  # else the highlight language of the page before holds
        return list(_shown(restructuredtext.parse(self._app, text)))

    def complaints(self) -> str:
        """What Sphinx warned of since this was last asked for."""
        said = self._warnings.getvalue()
        self._warnings.seek(0)
        self._warnings.truncate()
        return said


@contextmanager
def sphinx_reader(
    folder: Path, pages: Mapping[str, bytes], conf: str = CONF, suffix: str = ".rst"
) -> Iterator[Reader]:
    """A project in `folder` that has read `pages` (name to source)."""
    source = folder / "source"
    source.mkdir()
    (source / "conf.py").write_text(conf)
    (source / "index.rst").write_text("Pages\n=====\n")
    for name, text in pages.items():
        (source / f"{name}{suffix}").write_bytes(text)
    warnings = io.StringIO()
    out, doctrees = str(folder / "out"), str(folder / "doctrees")
    with patch_docutils(str(source)), docutils_namespace():
        app = Sphinx(
            srcdir=str(source),
            confdir=str(source),
            outdir=out,
            doctreedir=doctrees,
            buildername="dummy",
            status=None,
            warning=warnings,
            freshenv=True,
        )
        app.builder.read()
        yield Reader(app, warnings)


def _shown(document: nodes.document) -> Iterator[Shown]:
    language = "default"
    for node in document.findall(nodes.Element):
        if isinstance(node, addnodes.highlightlang):
            language = node["lang"]
        elif isinstance(node, nodes.doctest_block):
            yield Shown(_stripped(node.rawsource), "pycon")
        elif isinstance(node, nodes.literal_block):
            yield Shown(_stripped(node.rawsource), node.get("language", language))


def _stripped(text: str) -> str:
    # Up to Sphinx 7 the blanks before a trimmed `# doctest:` comment stay at the end of its line.
    return "\n".join(line.rstrip() for line in text.split("\n"))


def shown_by(page: Page) -> list[Shown]:
    """The blocks the scanner found, in the form Sphinx's are compared in."""
    return [
        Shown(f"included: {block.argument}" if block.text is None else block.text, block.language)
        for block in page.blocks
    ]
