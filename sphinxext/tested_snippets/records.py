"""What a page shows, as it is kept until the page is read again. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from sphinxext.tested_snippets.answer import Request
from sphinxext.tested_snippets.literal_verdict import ShownLiteral
from sphinxext.tested_snippets.page import Block
from sphinxext.tested_snippets.page_blocks import PageBlock, Place
from sphinxext.tested_snippets.verdict import ShownBlock, ShownStatement

__all__ = ["Origin", "PageRecord", "Placed", "origin_of"]


@dataclass(frozen=True)
class Placed:
    """Where a region that a page shows stands in its file; lines are 1-based.

    :param line: the line on the page.
    :param snippet: ``path::name`` of the block that shows it.
    :param marker: the line of its start marker, which `text` is.
    :param end: the line of its end marker.
    :param left_out: the lines from `first` to `last` that aren't shown.
    """

    line: int
    snippet: str
    path: str
    marker: int
    text: str
    first: int
    last: int
    end: int
    left_out: tuple[int, ...] = ()


@dataclass(frozen=True)
class Origin:
    """A block of a page that takes something from other files.

    :param name: the block's name on the page.
    :param fingerprint: see :attr:`PageBlock.fingerprint`; when it changes, the page has to be read again.
    :param placed: where the region stands that it shows, or None.
    :param snippet: ``path::name`` of the block.
    :param places: where what it shows can be read in its files.
    """

    written: Block
    name: str
    files: tuple[str, ...]
    fingerprint: str
    placed: Placed | None
    snippet: str
    places: tuple[Place, ...]


@dataclass
class PageRecord:
    """What a page shows.

    :ivar defects: (line, message) of what can't be cut.
    :ivar unknown: (line, message) of what the page and the parsers disagree about.
    :ivar tests: the checks that the page declares: node id to the line of the block and the check's digest.
    :ivar malformed: (line, message) of statements whose role has not the form.
    :ivar elsewhere: (file, line, message) of what is wrong in docstrings that the page shows.
    :ivar requests: what is made of the outcomes of all pages, such as tables.
    :ivar literals: the inline literals, where the project looks them up.
    """

    blocks: list[ShownBlock] = field(default_factory=list)
    defects: list[tuple[int, str]] = field(default_factory=list)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    tests: dict[str, tuple[int, str]] = field(default_factory=dict)
    statements: list[ShownStatement] = field(default_factory=list)
    malformed: list[tuple[int, str]] = field(default_factory=list)
    elsewhere: list[tuple[str, int, str]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    literals: list[ShownLiteral] = field(default_factory=list)


def origin_of(block: PageBlock) -> Origin:
    """Where a block comes from that takes something from other files."""
    return Origin(
        block.written,
        block.name,
        block.files,
        block.fingerprint,
        _placed(block),
        block.snippet,
        block.places,
    )


def _placed(block: PageBlock) -> Placed | None:
    cut = block.cut
    if not (cut and cut.start_line and cut.end_line and cut.start_line < cut.first):
        return None
    text = cut.source.lines[cut.start_line - 1]
    path, start = cut.source.path, cut.start_line
    chosen = cut.chosen
    left_out = (
        ()
        if chosen is None
        else tuple(sorted({*range(cut.first, cut.last + 1)}.difference(chosen)))
    )
    ends = (cut.first, cut.last, cut.end_line)
    return Placed(block.line, block.snippet, path, start, text, *ends, left_out)
