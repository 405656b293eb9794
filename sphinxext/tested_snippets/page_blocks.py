"""The literal blocks of a page, or of docstrings, with their names, their text and the checks declared for them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sphinxext.tested_snippets.evidence import Expectation, digest
from sphinxext.tested_snippets.page import Block
from sphinxext.tested_snippets.region import Cut
from sphinxext.tested_snippets.resolution import Literal
from sphinxext.tested_snippets.statement import PageStatement

__all__ = ["DeclaredCheck", "Page", "PageBlock", "PageCheck", "Place"]


class DeclaredCheck(NamedTuple):
    """One check that a page declares for a block.

    :param test: the node id it has as a test.
    :param runtime: the runtime's name, or "" for the project's first.
    :param setup: hidden code for the runner, run before the snippet.
    :param transcript: whether all that is observed is recorded, not just the line that was expected.
    :param digest: changes with everything declared, set-up included.
    :param proves: the ids of the statements that it is evidence for besides.
    """

    test: str
    runtime: str
    expected: Expectation
    setup: str
    digest: str
    proves: tuple[str, ...] = ()
    transcript: bool = False


class Place(NamedTuple):
    """Lines of a file, 1-based; `path` is from the project's root."""

    path: str
    first: int
    last: int


class PageBlock(NamedTuple):
    """A literal block of a page.

    :param snippet: ``path::name``: of the file it is cut from, or of the page for text that stands there.
    :param name: what it is called on its page.
    :param text: what runs: what the reader sees, and lines that the page hides; empty when `defect` is not None.
    :param line: line on the page, 1-based; `start` and `end` are offsets in the page's text.
    :param waived: why it is not run, or None.
    :param checks: at least one, unless the block is waived.
    :param explicit: whether the checks were declared, not just taken for granted.
    :param cut: where a region stands in its file, or None.
    :param defect: why it can't be cut or run, or None.
    :param written: the block as the page writes it.
    :param files: what it takes from elsewhere: the file it shows, and those of its set-up.
    :param places: where the regions stand, or the file, that it shows.
    """

    snippet: str
    name: str
    text: str
    language: str
    line: int
    start: int
    end: int
    waived: str | None
    checks: tuple[DeclaredCheck, ...]
    explicit: bool
    cut: Cut | None
    defect: str | None
    written: Block
    files: tuple[str, ...]
    places: tuple[Place, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes with whatever the block's files contribute to the page and to its checks."""
        line = self.cut.first if self.cut and "lineno-match" in self.written.options else None
        parts = (self.text, self.language, self.waived, self.checks, self.explicit, self.defect)
        return digest(repr((*parts, line)))


class PageCheck(NamedTuple):
    """What an example of a page stands for: one check of a block, or a block that can't be checked.

    :param name: the name of the example, unique on its page.
    :param check: None when the block has a defect.
    """

    block: PageBlock
    name: str
    check: DeclaredCheck | None


@dataclass(frozen=True)
class Page:
    """The blocks and the statements of a page in their order.

    `problems` are (line, message) of what belongs to no block. `literals` has each text once, where the
    project looks inline literals up.
    """

    blocks: tuple[PageBlock, ...]
    problems: tuple[tuple[int, str], ...] = ()
    statements: tuple[PageStatement, ...] = ()
    literals: tuple[Literal, ...] = ()

    @property
    def literals_digest(self) -> str:
        """Changes with the inline literals, wherever they stand on the page."""
        return digest("\n".join(sorted(literal.text for literal in self.literals)))
