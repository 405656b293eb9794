"""Keeps in Sphinx's environment what each page shows, so that pages that were not read again count too."""

from __future__ import annotations

import difflib
import hashlib
import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.domains import Domain

from sphinxext.tested_snippets.blocks import Page, PageBlock, read_page
from sphinxext.tested_snippets.evidence import digest
from sphinxext.tested_snippets.page import Block
from sphinxext.tested_snippets.project import project_of
from sphinxext.tested_snippets.source import Stamp, stamp_of
from sphinxext.tested_snippets.verdict import ShownBlock

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

__all__ = [
    "Origin",
    "PageRecord",
    "Placed",
    "SnippetDomain",
    "content_of",
    "origin_of",
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


@dataclass(frozen=True)
class Origin:
    """A block of a page that takes something from other files.

    :param name: the block's name on the page.
    :param fingerprint: see :attr:`PageBlock.fingerprint`; when it changes, the page has to be read again.
    :param placed: where the region stands that it shows, or None.
    """

    written: Block
    name: str
    files: tuple[str, ...]
    fingerprint: str
    placed: Placed | None


@dataclass
class PageRecord:
    """What a page shows.

    :ivar defects: (line, message) of what can't be cut.
    :ivar unknown: (line, message) of what the page and the parsers disagree about.
    :ivar tests: the checks that the page declares: node id to the line of the block and the check's digest.
    """

    blocks: list[ShownBlock] = field(default_factory=list)
    defects: list[tuple[int, str]] = field(default_factory=list)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    tests: dict[str, tuple[int, str]] = field(default_factory=dict)


class SnippetDomain(Domain):
    """The domain ``snippets``: no roles or directives, but data per page.

    `pages` maps page names to the bytes of a :class:`PageRecord`, and `sources` to those of its origins: a
    build that changes nothing takes none of them apart. `uses` maps page names to the files that regions on the page are cut from, and `files` maps those to
    the state in which they were read.
    """

    name = "snippets"
    label = "Tested snippets"
    data_version = 2
    # Sphinx 7 declares it for instances, Sphinx 9 for the class: either takes it without a type.
    initial_data = {"pages": {}, "sources": {}, "uses": {}, "files": {}}  # noqa: RUF012

    @property
    def pages(self) -> dict[str, bytes]:
        """The record of each page, see :meth:`record` and :meth:`keep`."""
        return self.data["pages"]  # type: ignore[no-any-return]

    def record(self, docname: str) -> PageRecord:
        """The record of a page; an empty one when nothing is known of it."""
        known = self.pages.get(docname)
        return pickle.loads(known) if known else PageRecord()  # noqa: S301 - as trusted as the rest of it

    def keep(self, docname: str, record: PageRecord) -> None:
        """Keep the record of a page."""
        self.pages[docname] = pickle.dumps(record, pickle.HIGHEST_PROTOCOL)

    @property
    def sources(self) -> dict[str, bytes]:
        """The origins of each page's blocks, see :meth:`origins` and :meth:`keep_origins`."""
        return self.data["sources"]  # type: ignore[no-any-return]

    def origins(self, docname: str) -> list[Origin]:
        """The blocks of a page that take something from other files."""
        known = self.sources.get(docname)
        return pickle.loads(known) if known else []  # noqa: S301 - as above

    def keep_origins(self, docname: str, origins: list[Origin]) -> None:
        """Keep what the blocks of a page take from other files."""
        self.sources[docname] = pickle.dumps(origins, pickle.HIGHEST_PROTOCOL)
        self.uses[docname] = tuple({file: None for origin in origins for file in origin.files})

    @property
    def uses(self) -> dict[str, tuple[str, ...]]:
        """The files that each page uses."""
        return self.data["uses"]  # type: ignore[no-any-return]

    @property
    def files(self) -> dict[str, tuple[Stamp, str]]:
        """The stamp and the digest of each of these files."""
        return self.data["files"]  # type: ignore[no-any-return]

    def clear_doc(self, docname: str) -> None:
        """Forget a page that is read again or is gone."""
        for kept in (self.pages, self.sources, self.uses):
            kept.pop(docname, None)

    def merge_domaindata(self, docnames: Iterable[str], otherdata: dict[str, Any]) -> None:
        """Take over what a parallel worker has read."""
        for name in docnames:
            if name in otherdata["pages"]:
                for kept in ("pages", "sources", "uses"):
                    self.data[kept][name] = otherdata[kept][name]
                self.files.update((file, otherdata["files"][file]) for file in self.uses[name])


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
    domain = snippet_domain(env)
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
        record.tests.update((c.test, (block.line, c.digest)) for c in block.checks)
    record.defects = list(_defects(doctree, page))
    domain.keep(env.docname, record)
    domain.keep_origins(env.docname, [origin_of(block) for block in page.blocks if block.files])
    files = domain.uses[env.docname]
    domain.files.update((file, content_of(file, stamp_of(file))) for file in files)
    _depend_on_others(env, doctree, {*files})


@lru_cache(maxsize=256)
def content_of(file: str, stamp: Stamp) -> tuple[Stamp, str]:
    """A file's stamp, as it is known already, and the digest of its content, "" when it can't be read."""
    try:
        return stamp, hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return stamp, ""


def _depend_on_others(env: BuildEnvironment, doctree: nodes.document, known: set[str]) -> None:
    """Let the page depend, as Sphinx has it, on the files of directives that the parsers don't see.

    Those of the others are looked into by :mod:`sphinxext.tested_snippets.rebuild`.
    """
    for node in doctree.findall(nodes.Element):
        for file in node.attributes.pop("snippet_files", ()):
            if file not in known:
                env.note_dependency(file)


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
    checks = tuple(check.test for check in block.checks)
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


def origin_of(block: PageBlock) -> Origin:
    """Where a block comes from that takes something from other files."""
    return Origin(block.written, block.name, block.files, block.fingerprint, _placed(block))


def _placed(block: PageBlock) -> Placed | None:
    cut = block.cut
    if not (cut and cut.start_line and cut.end_line and cut.start_line < cut.first):
        return None
    text = cut.source.lines[cut.start_line - 1]
    path, start = cut.source.path, cut.start_line
    return Placed(block.line, path, start, text, cut.first, cut.last, cut.end_line)
