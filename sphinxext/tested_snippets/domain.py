"""Keeps in Sphinx's environment what each page shows, so that pages that were not read again count too."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.domains import Domain

from sphinxext.tested_snippets.blocks import Page, PageBlock, read_page
from sphinxext.tested_snippets.evidence import digest
from sphinxext.tested_snippets.project import project_of
from sphinxext.tested_snippets.verdict import ShownBlock

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

__all__ = [
    "PageRecord",
    "Placed",
    "SnippetDomain",
    "record_page",
    "snippet_domain",
    "snippet_status",
    "snippet_waiver",
]


@dataclass(frozen=True)
class Placed:
    """Where a region that a page shows stands in its file; lines are 1-based.

    :param line: the line on the page.
    :param marker: the line of its start marker, which `text` is.
    :param end: the line of its end marker.
    """

    line: int
    path: str
    marker: int
    text: str
    first: int
    last: int
    end: int


@dataclass
class PageRecord:
    """What a page shows.

    :ivar defects: (line, message) of what can't be cut.
    :ivar unknown: (line, message) of what the page and the parsers disagree about.
    """

    blocks: list[ShownBlock] = field(default_factory=list)
    defects: list[tuple[int, str]] = field(default_factory=list)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)


class SnippetDomain(Domain):
    """The domain ``snippets``: no roles or directives, but data per page.

    `pages` maps page names to :class:`PageRecord`; `written` maps (builder, page) to the digest of the
    outcomes that the builder has put on the page.
    """

    name = "snippets"
    label = "Tested snippets"
    data_version = 1
    # Sphinx 7 declares it for instances, Sphinx 9 for the class: either takes it without a type.
    initial_data = {"pages": {}, "written": {}}  # noqa: RUF012

    @property
    def pages(self) -> dict[str, PageRecord]:
        """The record of each page."""
        return self.data["pages"]  # type: ignore[no-any-return]

    @property
    def written(self) -> dict[tuple[str, str], str]:
        """What was written of each page."""
        return self.data["written"]  # type: ignore[no-any-return]

    def clear_doc(self, docname: str) -> None:
        """Forget a page that is read again or is gone."""
        self.pages.pop(docname, None)

    def merge_domaindata(self, docnames: Iterable[str], otherdata: dict[str, Any]) -> None:
        """Take over what a parallel worker has read."""
        self.pages.update(
            (name, otherdata["pages"][name]) for name in docnames if name in otherdata["pages"]
        )


def snippet_domain(env: BuildEnvironment) -> SnippetDomain:
    """The domain's data of a build."""
    domain = env.get_domain(SnippetDomain.name)
    assert isinstance(domain, SnippetDomain)
    return domain


class snippet_status(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """Stands below a literal block until it is known what there is to say about it.

    Its attribute ``block`` is the block's index in the :class:`PageRecord` of the page ``docname``, which
    some builders merge with other pages.
    """


class snippet_waiver(nodes.Invisible, nodes.PreBibliographic, nodes.Element):  # noqa: N801 - as above
    """Stands for a ``snippet-check`` with a reason, ``waive``, until the page has been read."""


def record_page(app: Sphinx, doctree: nodes.document) -> None:
    """Record what a page that was just read shows (event ``doctree-read``)."""
    env = app.env
    path = Path(env.doc2path(env.docname))
    page = read_page(path, project_of(app.config)) if path.suffix == ".rst" else Page(())
    record = PageRecord(unknown=list(page.problems))
    _apply_waivers(doctree)
    shown = list(_literal_blocks(doctree))
    pairs = _pair([digest(node.astext()) for node in shown], page.blocks)
    for index, (node, block) in enumerate(zip(shown, pairs)):
        record.blocks.append(_shown_block(env, node, block))
        _place_status(node, index, env.docname)
    matched = {id(block) for block in pairs if block}
    for block in page.blocks:
        if block.defect is None and block.waived is None and id(block) not in matched:
            record.unknown.append((block.line, _UNSEEN_ON_PAGE.format(block.name)))
    record.defects = list(_defects(doctree, page))
    record.placed = list(_placed(page.blocks))
    snippet_domain(env).pages[env.docname] = record


_UNSEEN_ON_PAGE = (
    "the parsers that run this page find the block {!r} here, but the built page shows no such text. "
    "Write the block so that both agree, or waive it with `.. snippet-check::` and `:waive: reason`"
)


def _apply_waivers(doctree: nodes.document) -> None:
    """Let each ``snippet-check`` with a reason waive the block after it, which the parsers may not see."""
    reason = None
    for node in list(doctree.findall()):
        if isinstance(node, snippet_waiver):
            reason = node["waive"]
            node.parent.remove(node)
        elif reason is not None and isinstance(node, (nodes.literal_block, nodes.doctest_block)):
            node["waive"], reason = reason, None


def _literal_blocks(doctree: nodes.document) -> Iterator[nodes.Element]:
    for node in doctree.findall():
        if isinstance(node, (nodes.literal_block, nodes.doctest_block)) and not isinstance(
            node.parent, nodes.system_message
        ):
            yield node


def _pair(digests: Sequence[str], blocks: Sequence[PageBlock]) -> list[PageBlock | None]:
    """For each text on the page the parsers' block with the same text, in the same order."""
    cut = [block for block in blocks if block.defect is None or block.text]
    parsed = [digest(block.text) for block in cut]
    pairs: list[PageBlock | None] = [None] * len(digests)
    matcher = difflib.SequenceMatcher(None, digests, parsed, autojunk=False)
    for start, other, size in matcher.get_matching_blocks():
        pairs[start : start + size] = cut[other : other + size]
    return pairs


def _shown_block(env: BuildEnvironment, node: nodes.Element, block: PageBlock | None) -> ShownBlock:
    text = digest(node.astext())
    if block is None:
        page = f"{env.docname}::line {node.line or 0}"
        return ShownBlock(node.line or 0, page, text, node.get("waive"), seen=False)
    checks = {check.test: check.digest for check in block.checks}
    return ShownBlock(
        block.line, block.snippet, text, block.waived, checks, explicit=block.explicit
    )


def _place_status(node: nodes.Element, index: int, docname: str) -> None:
    target = node
    if isinstance(node.parent, nodes.container) and node.parent.get("literal_block"):
        target = node.parent  # The container of a caption.
    status = snippet_status(block=index, docname=docname)
    status.source, status.line = node.source, node.line
    target.parent.insert(target.parent.index(target) + 1, status)


def _defects(doctree: nodes.document, page: Page) -> Iterable[tuple[int, str]]:
    said = set()
    for node in doctree.findall(nodes.error):
        if "snippet_defect" in node:
            said.add(node["snippet_defect"])
            yield node.line or 0, node["snippet_defect"]
    # The others: checks that are declared wrongly, and options that docutils refused, once, while reading.
    for block in page.blocks:
        if block.defect is not None and block.defect not in said:
            yield block.line, block.defect


def _placed(blocks: Sequence[PageBlock]) -> Iterator[Placed]:
    for block in blocks:
        cut = block.cut
        if cut and cut.start_line and cut.end_line and cut.start_line < cut.first:
            text = cut.source.lines[cut.start_line - 1]
            yield Placed(
                block.line,
                cut.source.path,
                cut.start_line,
                text,
                cut.first,
                cut.last,
                cut.end_line,
            )
