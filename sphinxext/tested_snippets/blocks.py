"""Reads the blocks, statements and inline literals of a page, or of docstrings.

One reading of a page, shared by the parsers that run its blocks and by the audit that judges them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sphinxext.tested_snippets.block_names import Names
from sphinxext.tested_snippets.block_reader import BlockReader, page_block
from sphinxext.tested_snippets.formats import is_page, of_page, scan
from sphinxext.tested_snippets.literals import LITERAL_ROLES, TEST, literals_of
from sphinxext.tested_snippets.page import Block
from sphinxext.tested_snippets.page_blocks import Page, PageBlock
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.statement import ROLES, PageStatement, read_all
from sphinxext.tested_snippets.testcode import TestCode, find_test, split_node_id

__all__ = ["current_test", "declared_tests", "read_again", "read_page", "read_statements"]


def read_page(path: Path, project: Project, text: str | None = None) -> Page:
    """Read the page at `path`; `text` is its text where it is known already.

    :raises UnreadableFormat: nothing reads this kind of page.
    """
    # What isn't UTF-8 is replaced, as Sphinx does, which says so too.
    source = path.read_text("utf-8-sig", errors="replace") if text is None else text
    page = project.relative(path)
    # Those of docstrings would have to be told from what autodoc writes around them.
    looked_up = project.literals and is_page(path)
    wanted = (*ROLES, *LITERAL_ROLES) if looked_up else ROLES
    scanned = scan(path, page, source, wanted)
    names = Names()
    blocks = []
    for block in scanned.blocks:
        reader = BlockReader(block, path, project)
        name = names.take(reader.explicit_name(), block.titles, block.within)
        blocks.append(page_block(reader, page, name))
    problems = tuple((problem.line, problem.message) for problem in scanned.problems)
    statements = read_all(scanned.roles)
    literals = literals_of(page, scanned.roles, statements) if looked_up else ()
    return Page(tuple(blocks), problems, statements, literals)


def read_statements(path: Path) -> tuple[PageStatement, ...]:
    """The statements of the page at `path`; its blocks are not looked at."""
    source = path.read_text("utf-8-sig", errors="replace")
    if not any(role in source.lower() for role in ROLES):
        return ()
    return read_all(scan(path, str(path), source).roles)


def read_again(written: Block, name: str, path: Path, project: Project) -> PageBlock:
    """The block of this `name` on the page at `path` as it would be read now, its files having changed."""
    return page_block(BlockReader(written, path, project), project.relative(path), name)


def declared_tests(path: Path, project: Project) -> dict[str, tuple[int, str]]:
    """The checks that a page declares: node id to the line of the block and the check's digest.

    Nothing where the page can't be read.

    :raises UnreadableFormat: nothing reads this kind of page.
    """
    try:
        page = read_page(path, project)
    except OSError:
        return {}
    found = {
        check.test: (block.line, check.digest) for block in page.blocks for check in block.checks
    }
    if page.literals:
        found[f"{project.relative(path)}::{TEST}"] = (page.literals[0].line, "")
    return found


def current_test(
    test: str, project: Project, declared: Callable[[str], Mapping[str, tuple[int, str]]]
) -> TestCode | None:
    """What the node id `test` names now, a check that a page declares or a function; None for nothing.

    :param declared: gives the checks of a page, as :func:`declared_tests`, by its path from the root.
    """
    path, names = split_node_id(test)
    if not of_page(test):
        return find_test(project.root / path, names)
    found = declared(path).get(test)
    return TestCode(*found) if found else None
