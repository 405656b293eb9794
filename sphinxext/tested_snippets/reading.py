"""Records what a page that was just read shows: what the parsers find, held against what Sphinx made of it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from sphinxext.tested_snippets import places
from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.docstrings import docstring_file
from sphinxext.tested_snippets.domain import SnippetDomain, content_of, snippet_domain
from sphinxext.tested_snippets.evidence import digest
from sphinxext.tested_snippets.formats import UnreadableFormat, is_page
from sphinxext.tested_snippets.include import bare_names, forget_cuts
from sphinxext.tested_snippets.page_blocks import Page, PageBlock
from sphinxext.tested_snippets.page_nodes import (
    snippet_request,
    snippet_statement,
    snippet_statements,
    snippet_waiver,
    text_of,
)
from sphinxext.tested_snippets.project import Project, project_of
from sphinxext.tested_snippets.records import PageRecord, origin_of
from sphinxext.tested_snippets.sentences import sentence_of
from sphinxext.tested_snippets.shown_docstrings import ShownDocstrings
from sphinxext.tested_snippets.shown_literals import shown_literals
from sphinxext.tested_snippets.source import stamp_of
from sphinxext.tested_snippets.statement import PageStatement
from sphinxext.tested_snippets.translation import of_author
from sphinxext.tested_snippets.verdict import ShownBlock, ShownStatement

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

__all__ = ["FOUND", "record_page"]

#: Where Sphinx's ``temp_data`` has the files that directives of the page being read have looked into so far:
#: by how they are written, each as a path, as text and as errors call it.
FOUND = "tested_snippets_found"


def record_page(app: Sphinx, doctree: nodes.document) -> None:
    """Record what a page that was just read shows (event ``doctree-read``)."""
    env, project = app.env, project_of(app.config)
    page = _read(Path(env.doc2path(env.docname)), project)
    domain = snippet_domain(env)
    record = PageRecord(unknown=list(page.problems))
    _apply_waivers(doctree)
    shown = list(_literal_blocks(doctree))
    docstrings = ShownDocstrings(project)
    # What is in a docstring is none of the page's blocks, whatever its text.
    texts = ["" if docstring_file(node.source) else _digest_of(node) for node in shown]
    pairs = _pair(texts, page.blocks)
    for index, (node, block) in enumerate(zip(shown, pairs)):
        found = (
            _shown_block(env, node, block) if texts[index] else _of_docstring(env, node, docstrings)
        )
        record.blocks.append(replace(found, section=places.section_of(node)))
        places.mark(node, env.docname, index)
    record.elsewhere += docstrings.defects
    matched = {id(block) for block in pairs if block}
    for block in page.blocks:
        if block.defect is None and block.waived is None and id(block) not in matched:
            record.unknown.append((block.line, _UNSEEN_ON_PAGE.format(block.name)))
        record.tests.update((c.test, (block.line, c.digest)) for c in block.checks)
    for error, (line, message) in _defects(doctree, page):
        place = docstrings.place_of(error) if error is not None else None
        if place:
            record.elsewhere.append((*place, message))
        else:
            record.defects.append((line, message))
    _record_statements(record, doctree, page, env.docname, docstrings)
    _record_requests(record, doctree, env.docname)
    if project.literals:
        record.literals = shown_literals(doctree, page.literals)
    domain.keep(env.docname, record)
    domain.keep_origins(env.docname, [origin_of(block) for block in page.blocks if block.files])
    _keep_searched(domain, env.docname, page, project)
    files = domain.uses[env.docname]
    domain.files.update((file, content_of(file, stamp_of(file))) for file in files)
    _depend_on_others(env, {*files})
    forget_cuts()


def _read(path: Path, project: Project) -> Page:
    """The page at `path`, with nothing on it when it is of no format that can be read."""
    try:
        return read_page(path, project) if is_page(path) else Page(())
    except UnreadableFormat as error:
        return Page((), ((1, str(error)),))


def _keep_searched(domain: SnippetDomain, docname: str, page: Page, project: Project) -> None:
    """Keep what the names stood for that a page writes without a file."""
    if project.search:
        written = [block.written for block in page.blocks if block.written.kind == "snippet"]
        names = {name for block in written for name in bare_names(block.argument)}
        domain.keep_searched(docname, names, project.index)


def _depend_on_others(env: BuildEnvironment, known: set[str]) -> None:
    """Let the page depend, as Sphinx has it, on the files of directives that the parsers don't see.

    Those of the others are looked into by :mod:`sphinxext.tested_snippets.rebuild`.
    """
    found: Any = env.temp_data.get(FOUND, {})
    for _, file, _ in found.values():
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


def _record_statements(
    record: PageRecord,
    doctree: nodes.document,
    page: Page,
    docname: str,
    docstrings: ShownDocstrings,
) -> None:
    """Record the statements that the built page shows, and keep a place for what is said of them."""
    parsed, shown = _by_name(page), set()
    for node in doctree.findall(snippet_statement):
        file, line = docstrings.place_of(node) or ("", node.line or 0)
        if "defect" in node and file:
            record.elsewhere.append((file, line, node["defect"]))
            continue
        if "defect" in node:
            record.malformed.append((line, node["defect"]))
            continue
        name, words, known = node["name"], node["words"], None
        there = _by_name(docstrings.page_of(node) or Page(())) if file else parsed
        if name in there:
            # docutils knows where the paragraph begins, the parsers where the role stands.
            line, known = there[name].line, there[name].statement
        if known and _is_translated(node):
            words = known.words
        seen = known is not None and known.words == words
        node["index"] = len(record.statements)
        record.statements.append(
            ShownStatement(line, words, name, node["reason"], seen, file, sentence_of(node))
        )
        shown |= set() if file else {name}
    for name, left in parsed.items():
        if name not in shown:
            record.unknown.append((left.line, _STATEMENT_UNSEEN_ON_PAGE.format(name)))
    if record.statements:
        doctree += snippet_statements(docname=docname)


def _by_name(page: Page) -> Mapping[str, PageStatement]:
    """The statements of a page that have a check, by its id."""
    found = {known.statement.name: known for known in page.statements if known.statement}
    found.pop("", None)
    return found


_STATEMENT_UNSEEN_ON_PAGE = (
    "the parsers that pytest uses find the statement {!r} here, but the built page shows no such statement. "
    "Write it in running text, or remove it"
)


def _is_translated(node: nodes.Node) -> bool:
    """Whether a translator wrote the words: what was checked is what they translated."""
    above = node.parent
    while above is not None and not above.get("translated"):
        above = above.parent
    return above is not None


def _record_requests(record: PageRecord, doctree: nodes.document, docname: str) -> None:
    for node in doctree.findall(snippet_request):
        node["index"], node["docname"] = len(record.requests), docname
        record.requests.append(node["request"])


def _literal_blocks(doctree: nodes.document) -> Iterator[nodes.Element]:
    for node in doctree.findall():
        if not isinstance(node, (nodes.literal_block, nodes.doctest_block)):
            continue
        # What was derived from blocks is as true as they are.
        if not isinstance(node.parent, nodes.system_message) and "snippet_derived" not in node:
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
    text, hidden = _digest_of(node), node.get("snippet_hidden", 0)
    if block is None:
        page, waived = f"{env.docname}::line {node.line or 0}", node.get("waive")
        if waived is None:
            waived = project_of(env.config).waiver_of(node.get("language", ""))
        waived = waived and of_author(waived, env)
        return ShownBlock(node.line or 0, page, text, waived, seen=False, hidden=hidden)
    checks = tuple(check.test for check in block.checks)
    return ShownBlock(
        block.line,
        block.snippet,
        text,
        block.waived and of_author(block.waived, env),
        checks,
        explicit=block.explicit,
        hidden=hidden,
    )


def _of_docstring(
    env: BuildEnvironment, node: nodes.Element, docstrings: ShownDocstrings
) -> ShownBlock:
    """What a literal block of a docstring is, and where it stands in its file."""
    block = docstrings.block_of(node, _digest_of(node))
    file, line = docstrings.place_of(node) or ("", 0)
    if block is None:
        path = project_of(env.config).relative(Path(file))
        shown = _shown_block(env, node, None)
        return replace(shown, line=line, snippet=f"{path}::line {line}", file=file)
    for used in block.files:
        env.note_dependency(used)
    return replace(_shown_block(env, node, block), file=file)


def _digest_of(node: nodes.Element) -> str:
    """The digest of what runs: of the text on the page, and of the lines of it that are hidden."""
    known: str | None = node.get("snippet_digest")
    return digest(text_of(node)) if known is None else known


def _defects(
    doctree: nodes.document, page: Page
) -> Iterable[tuple[nodes.Element | None, tuple[int, str]]]:
    """Line and message of what can't be cut or checked, with the node that says so where there is one."""
    said = set()
    for node in doctree.findall(nodes.error):
        if "snippet_defect" in node:
            said.add(node["snippet_defect"])
            yield node, (node.line or 0, node["snippet_defect"])
    # The others: checks that are declared wrongly, and options that docutils refused, once, while reading.
    for block in page.blocks:
        if block.defect is not None and block.defect not in said:
            yield None, (block.line, block.defect)
