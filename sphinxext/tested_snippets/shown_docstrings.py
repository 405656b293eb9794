"""What a page that was just read shows of docstrings, paired with what pytest finds in them."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes

from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.docstrings import Docstring, docstring_file, docstrings_of
from sphinxext.tested_snippets.evidence import digest
from sphinxext.tested_snippets.page import UnreadableFormat
from sphinxext.tested_snippets.page_blocks import Page, PageBlock
from sphinxext.tested_snippets.project import Project

__all__ = ["ShownDocstrings"]


class ShownDocstrings:
    """The docstrings of the files that nodes of one page come from, by what docutils says of their source.

    :ivar defects: (file, line, message) of checks that are declared wrongly.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self.defects: list[tuple[str, int, str]] = []
        self._pages: dict[Path, Page] = {}
        self._docstrings: dict[Path, list[Docstring]] = {}
        self._used: set[int] = set()

    def block_of(self, node: nodes.Element, text: str) -> PageBlock | None:
        """The block that a literal block shows whose text has the digest `text`; None for one that isn't found.

        The same text in several docstrings is told apart by the definition, and then by the order.
        """
        file, name = _source(node)
        known = [] if file is None else self._page(file).blocks
        same = [block for block in known if block.text and digest(block.text) == text]
        same.sort(
            key=lambda block: (not _fits(block.written.within, name), id(block) in self._used)
        )
        if not same:
            return None
        self._used.add(id(same[0]))
        if same[0].defect is not None:
            self.defects.append((str(file), same[0].line, same[0].defect))
        return same[0]

    def page_of(self, node: nodes.Element) -> Page | None:
        """What is in the docstrings of the file that a node comes from; None for other nodes."""
        file, _ = _source(node)
        return None if file is None else self._page(file)

    def place_of(self, node: nodes.Element) -> tuple[str, int] | None:
        """The file and the line, 1-based, of a node in a docstring; None for other nodes.

        Where an extension rewrites docstrings, as napoleon does, the line may be one close to it.
        """
        file, name = _source(node)
        if file is None:
            return None
        self._page(file)
        fitting = [one for one in self._docstrings[file] if _fits(one.name, name)]
        # Of a module's and its class's, the one with the longest name.
        first = max(fitting, key=lambda one: len(one.name)).line if fitting else 1
        return str(file), first + max(node.line or 1, 1) - 1

    def _page(self, file: Path) -> Page:
        if file not in self._pages:
            try:
                text = file.read_text("utf-8-sig", errors="replace")
                self._docstrings[file] = list(docstrings_of(text, str(file)))
                self._pages[file] = read_page(file, self._project, text)
            except (OSError, UnreadableFormat):
                self._docstrings[file], self._pages[file] = [], Page(())
        return self._pages[file]


def _source(node: nodes.Element) -> tuple[Path | None, str]:
    """The file and the full name of the definition."""
    source = node.source or ""
    return docstring_file(source), source.rpartition(":docstring of ")[2]


def _fits(within: str, name: str) -> bool:
    """Whether a docstring can be that of the definition with this full name."""
    definition = within[: -len("__doc__")].rstrip(".")
    return not definition or f".{name}".endswith(f".{definition}")
