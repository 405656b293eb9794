"""What a test consists of, read from its file without importing it."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Union

from sphinxext.tested_snippets.evidence import digest
from sphinxext.tested_snippets.source import Stamp, stamp_of

__all__ = [
    "Reach",
    "TestCode",
    "find_test",
    "label_of",
    "names_used",
    "reach_of",
    "split_node_id",
]

_Definition = Union[ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef]
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class TestCode:
    """A test: a function and all of its file that it relies on, or a check that a page declares.

    :param line: the line its definition, or the block of the check, starts on; 1-based.
    :param digest: changes with the test, and with the helpers, fixtures and constants of the same file that
        it uses, directly or through one another.
    """

    __test__ = False  # Its name must not make pytest collect it.

    line: int
    digest: str


@dataclass(frozen=True)
class Reach:
    """What a test gets at, as far as its file says.

    :param lines: those of the test, and of all of its file that it uses.
    :param imported: those of the statements outside of functions and classes, which run when the file is imported.
    :param defined: those of all functions and classes.
    :param words: the names and texts in its code, and what that imports; not those of the marker ``snippet``.
    """

    lines: frozenset[int]
    imported: frozenset[int]
    defined: frozenset[int]
    words: frozenset[str]

    def runs(self, lines: Iterable[int]) -> bool:
        """Whether the test gets at one of these lines of its own file, which belong together."""
        wanted = frozenset(lines)
        if wanted & self.lines:
            return True
        return bool(wanted & self.imported) and not wanted & self.defined

    def names(self, path: str, name: str) -> bool:
        """Whether its code has the `name` of a snippet, or the file `path` or its module, which has that."""
        file = PurePosixPath(path)
        modules = {file.stem, file.parent.name if file.stem == "__init__" else file.stem}
        return any(
            word == name or file.name in word or modules.intersection(word.split("."))
            for word in self.words
        )


def split_node_id(node_id: str) -> tuple[str, tuple[str, ...]]:
    """Split a pytest node id into the file and the names below it, parameters left out."""
    path, _, rest = node_id.partition("::")
    return path, tuple(rest.partition("[")[0].split("::"))


def label_of(node_id: str) -> str:
    """The label of a check, which ends its node id in brackets; "" where it has none."""
    _, labelled, label = node_id.rpartition("[")
    return label[:-1] if labelled and node_id.endswith("]") else ""


def find_test(path: Path, names: Sequence[str]) -> TestCode | None:
    """The test called `names` (classes, then the function) in the file `path`; None where there is none."""
    try:
        return _find(path, tuple(names), stamp_of(path))
    except (OSError, SyntaxError, ValueError):
        return None


@lru_cache(maxsize=4096)
def _find(path: Path, names: tuple[str, ...], stamp: Stamp) -> TestCode | None:
    module = _parse(path, stamp)
    chain = _descend(module.tree.body, names)
    if chain is None:
        return None
    used = _used_by(module, chain, names_used)
    parts = [module.source_of(node) for node in used]
    if len(chain) > 1:  # A class's own decorators and attributes hold for its tests.
        parts += [module.source_of(node) for node in _class_level(chain[:-1])]
    parts.append(module.source_of(chain[-1]))
    return TestCode(chain[-1].lineno, digest("\n".join(parts)))


def reach_of(path: Path, names: Sequence[str]) -> Reach | None:
    """What the test called `names` in the file `path` gets at; None where there is no such test."""
    try:
        module = _parse(path, stamp_of(path))
    except (OSError, SyntaxError, ValueError):
        return None
    chain = _descend(module.tree.body, names)
    if chain is None:
        return None
    used = _used_by(module, chain, _outside_markers)
    code = [chain[-1], *used, *_class_level(chain[:-1])]
    words = frozenset(word for node in code for word in _outside_markers(node))
    definitions = [node for node in module.tree.body if isinstance(node, _DEFINITIONS)]
    others = [node for node in module.tree.body if not isinstance(node, _DEFINITIONS)]
    return Reach(_lines_of(code), _lines_of(others), _lines_of(definitions), words)


def _lines_of(nodes: Iterable[ast.stmt | ast.expr]) -> frozenset[int]:
    return frozenset(
        line for node in nodes for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    )


def _outside_markers(tree: ast.AST) -> Iterator[str]:
    """The names and texts of code and what it imports, without those of the marker ``snippet``."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and _is_marker(node):
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.name for alias in node.names)
        yield from _name_of(node)


def _is_marker(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "snippet"


@dataclass(frozen=True)
class _Module:
    lines: Sequence[str]
    tree: ast.Module

    def source_of(self, node: ast.stmt | ast.expr) -> str:
        """The lines of a node, its decorators included."""
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        return "\n".join(self.lines[first - 1 : node.end_lineno])


@lru_cache(maxsize=64)
def _parse(path: Path, stamp: Stamp) -> _Module:
    with tokenize.open(path) as file:  # In the encoding that the file declares.
        text = file.read()
    # ast counts lines as Python does, which splitlines() doesn't: a form feed does not end one.
    return _Module(text.split("\n"), ast.parse(text))


def _descend(body: Sequence[ast.stmt], names: Sequence[str]) -> list[_Definition] | None:
    chain: list[_Definition] = []
    for name in names:
        # As at run time, the last definition of a name is the one that holds.
        found = [node for node in body if isinstance(node, _DEFINITIONS) and node.name == name]
        if not found:
            return None
        chain.append(found[-1])
        body = found[-1].body
    return chain


def _class_level(classes: Sequence[_Definition]) -> Iterator[ast.stmt | ast.expr]:
    for node in classes:
        yield from node.decorator_list
        yield from (statement for statement in node.body if not isinstance(statement, _DEFINITIONS))


def _used_by(
    module: _Module,
    chain: Sequence[_Definition],
    names_in: Callable[[ast.stmt | ast.expr], Iterable[str]],
) -> list[ast.stmt]:
    """The statements of the file that the last of `chain` uses, in the order of the file.

    :param names_in: gives the names by which code uses others.
    """
    available: dict[str, list[ast.stmt]] = {}
    for body in [module.tree.body, *(node.body for node in chain[:-1])]:
        for statement in body:
            for name in _names_bound(statement):
                available.setdefault(name, []).append(statement)
    seen: dict[int, ast.stmt] = {}
    waiting: list[ast.stmt | ast.expr] = [chain[-1], *_class_level(chain[:-1])]
    outer = {id(node) for node in chain}
    for statement in (statement for bound in available.values() for statement in bound):
        if _is_implicit(statement) and id(statement) not in outer:
            seen[id(statement)] = statement
            waiting.append(statement)
    while waiting:
        for name in names_in(waiting.pop()):
            for statement in available.get(name, ()):
                if id(statement) not in seen and id(statement) not in outer:
                    seen[id(statement)] = statement
                    waiting.append(statement)
    return sorted(seen.values(), key=lambda statement: statement.lineno)


_CALLED_BY_NAME = frozenset(
    f"{when}_{what}"
    for when in ("setup", "teardown")
    for what in ("module", "function", "class", "method")
) | {"pytestmark", "setUp", "tearDown", "setUpClass", "tearDownClass"}


def _is_implicit(statement: ast.stmt) -> bool:
    """Whether pytest applies it to every test of its file or class, without being asked to."""
    if not isinstance(statement, (ast.Import, ast.ImportFrom)) and not _CALLED_BY_NAME.isdisjoint(
        _names_bound(statement)
    ):
        return True
    return any(
        isinstance(node, ast.keyword) and node.arg == "autouse"
        for decorator in getattr(statement, "decorator_list", [])
        for node in ast.walk(decorator)
    )


def _names_bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds, also within ``if``, ``try``, ``with`` and loops."""
    if isinstance(statement, _DEFINITIONS):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
    else:
        for node in ast.iter_child_nodes(statement):
            yield from _names_in(node)


def _names_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.stmt):
        yield from _names_bound(node)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    else:
        for child in ast.iter_child_nodes(node):
            yield from _names_in(child)


def names_used(tree: ast.stmt | ast.expr) -> Iterator[str]:
    """Names, attributes (``self.helper``), arguments (fixtures) and the texts of decorators."""
    for node in ast.walk(tree):
        yield from _name_of(node)


def _name_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value  # ``@pytest.mark.usefixtures("name")``
