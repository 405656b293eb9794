"""Finds in the docstrings of a Python file the literal blocks and the statements that autodoc shows. Pure.

Docstrings are read as reStructuredText, as autodoc has them. The file is not imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Union

from sphinxext.tested_snippets import rest
from sphinxext.tested_snippets.page import Block, Page, Problem, Role, UnreadableFormat

__all__ = ["Docstring", "docstring_file", "docstrings_of", "in_docstring", "scan"]

#: What autodoc calls the source of what it shows.
_SOURCE = re.compile(r"(?P<file>.+\.py):docstring of .+")
_NAME = re.compile(r"(?:[\w.]+\.)?__doc__\..+")
_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_Documented = Union[ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef]


@dataclass(frozen=True)
class Docstring:
    """A docstring of a file.

    :param name: what its blocks' names begin with: ``Shape.area.__doc__``, for the module ``__doc__``.
    :param line: the line of the file, 1-based, that its first line stands on.
    :param lines: without what indents all of them.
    """

    name: str
    line: int
    lines: Sequence[str]


def docstring_file(source: str | None) -> Path | None:
    """The Python file of a docstring, by what docutils says a node's source is; None for other sources."""
    match = _SOURCE.fullmatch(source or "")
    return Path(match["file"]) if match else None


def in_docstring(full_name: str) -> bool:
    """Whether the name of a snippet or a check, ``path::name``, is that of a block in a docstring."""
    path, _, name = full_name.partition("::")
    return path.endswith(".py") and bool(_NAME.fullmatch(name))


def scan(text: str, name: str, roles: Collection[str]) -> Page:
    """Find the literal blocks in the docstrings of a file, the checks declared for them, and the statements.

    :param name: what errors call the file.
    :param roles: the names of the roles to find.
    :raises UnreadableFormat: it is no Python.
    """
    blocks: list[Block] = []
    problems: list[Problem] = []
    found: list[Role] = []
    offsets = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    for docstring in docstrings_of(text, name):
        above = docstring.line - 1
        content = "\n".join(docstring.lines)
        page = rest.scan(content, roles=roles)
        for block in page.blocks:
            last = block.line + content.count("\n", block.start, block.end)
            checks = tuple(check._replace(line=check.line + above) for check in block.checks)
            blocks.append(
                block._replace(
                    line=block.line + above,
                    start=min(offsets[block.line + above - 1], len(text)),
                    end=min(offsets[last + above] - 1, len(text)),
                    titles=(),
                    checks=checks,
                    within=docstring.name,
                )
            )
        problems += (replace(problem, line=problem.line + above) for problem in page.problems)
        found += (replace(role, line=role.line + above) for role in page.roles)
    return Page(tuple(blocks), tuple(problems), tuple(found))


def docstrings_of(text: str, name: str) -> Iterator[Docstring]:
    """The docstrings of a module, its classes and its functions, in the order of the file.

    :raises UnreadableFormat: it is no Python.
    """
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UnreadableFormat(
            f"{name}:{line}: is no Python ({getattr(error, 'msg', error)}), so its docstrings can't be read. "
            "Correct it, or leave it out of snippets_pages."
        ) from None
    yield from _docstring(module, "")
    yield from _below(module, "")


def _below(node: ast.AST, above: str) -> Iterator[Docstring]:
    """The docstrings of the definitions in a module, a class or a statement; what is in a function is its own."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _DEFINITIONS):
            yield from _docstring(child, f"{above}{child.name}.")
            if isinstance(child, ast.ClassDef):
                yield from _below(child, f"{above}{child.name}.")
        elif isinstance(child, ast.stmt):
            yield from _below(child, above)


def _docstring(node: _Documented, above: str) -> Iterator[Docstring]:
    text = ast.get_docstring(node, clean=False)
    if text is None:
        return
    lines = text.expandtabs(8).split("\n")
    margins = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    margin = min(margins, default=0)
    shown = [lines[0].lstrip(), *(line[margin:].rstrip() for line in lines[1:])]
    yield Docstring(f"{above}__doc__", node.body[0].lineno, shown)
