"""Sybil's view of a page: every block a reader sees is an example, under a name that survives edits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest
from sybil import Document, Example, Region, Sybil

from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.formats import UnreadableFormat
from sphinxext.tested_snippets.lookup import PageLiterals
from sphinxext.tested_snippets.page_blocks import PageBlock, PageCheck
from sphinxext.tested_snippets.page_items import PageFile
from sphinxext.tested_snippets.project import Project

__all__ = ["PageParser", "PageSybil"]


class PageParser:
    """A Sybil parser for pages; :attr:`sybil.Region.parsed` is a :class:`PageCheck`, or a :class:`PageLiterals`.

    :param evaluator: runs an example, as Sybil's evaluators do: it returns None or the reason of a failure.
    """

    def __init__(self, project: Project, evaluator: Callable[[Example], str | None]) -> None:
        self.project = project
        self.evaluator = evaluator
        #: The waived blocks of the pages that were read, as ``page::name``.
        self.waived: set[str] = set()

    def __call__(self, document: Document) -> Iterable[Region]:
        """The regions of a page: as many for a block as it has checks."""
        page = read_page(Path(document.path), self.project, document.text)
        if page.literals:
            path, changes = page.literals[0].page, page.literals_digest
            yield Region(0, 0, PageLiterals(path, page.literals, changes), self.evaluator)
        for block in page.blocks:
            if block.waived is not None:
                self.waived.add(f"{self.project.relative(Path(document.path))}::{block.name}")
            for index, check in enumerate(checks_of(block)):
                # Sybil wants regions that don't overlap, and takes the line from where one starts.
                position = min(block.start + index, len(document.text))
                yield Region(position, position, check, self.evaluator)


def checks_of(block: PageBlock) -> list[PageCheck]:
    """The examples a block stands for: none when it is waived."""
    if block.waived is not None:
        return []
    if block.defect is not None:
        return [PageCheck(block, block.name, None)]
    return [PageCheck(block, check.test.partition("::")[2], check) for check in block.checks]


class PageSybil(Sybil):
    """A :class:`sybil.Sybil` for the pages that `files` are.

    :param whole: whether a page is one test.
    """

    def __init__(
        self,
        project: Project,
        files: AbstractSet[Path],
        evaluator: Callable[[Example], str | None],
        *,
        whole: bool,
    ) -> None:
        parser = PageParser(project, evaluator)
        # Sybil would hand over docstrings one by one, without their lines.
        super().__init__([parser], encoding="utf-8-sig", document_types={".py": Document})
        #: See :attr:`PageParser.waived`.
        self.waived = parser.waived
        self._project = project
        self._pages = files
        self._whole = whole

    def parse(self, path: Path) -> Document:
        """The page, read.

        :raises pytest.Collector.CollectError: it isn't UTF-8, or nothing reads its format.
        """
        try:
            return super().parse(path)
        except UnreadableFormat as error:
            raise pytest.Collector.CollectError(str(error)) from None
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            page = self._project.relative(path)
            raise pytest.Collector.CollectError(
                f"{page}:{line}: is not UTF-8 ({error}). Save the page as UTF-8."
            ) from None

    def collect(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """What collects the file at `path`, if that is one of the pages."""
        if path not in self._pages:
            return None
        page: pytest.Collector = PageFile.from_parent(
            parent, path=path, sybils=[self], whole=self._whole
        )
        return page

    def identify(self, example: Example) -> str:
        """The last part of an example's node id."""
        parsed: PageCheck | PageLiterals = example.region.parsed
        return parsed.name
