"""What an existing Sphinx project would get from the extension: read off its pages, changing nothing."""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.formats import SUFFIXES
from sphinxext.tested_snippets.include import markers_of, parse_options
from sphinxext.tested_snippets.markers import Markers, region_name
from sphinxext.tested_snippets.page_blocks import PageBlock
from sphinxext.tested_snippets.project import ROOT_MARKS, Project, marked_root
from sphinxext.tested_snippets.styles import (
    DEFAULT_STYLES,
    KNOWN_STYLES,
    MarkerStyle,
    Styles,
    start_pattern,
)
from sphinxext.tested_snippets.testcode import names_used

__all__ = ["Survey", "survey", "told"]

_SKIPPED = frozenset({"__pycache__", "node_modules", "build", "dist", "site-packages"})
_CONSOLE = frozenset({"console", "shell", "shell-session", "bash", "sh", "zsh", "session"})
_PYTHON = frozenset({"python", "python3", "py", "pycon", "default", "ipython", "none", ""})
_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass
class Survey:
    """What was found.

    :ivar guessed: whether the project's root is but the folder that has all that was found.
    :ivar suffixes: how the names of the pages end.
    :ivar errors: (page, line, message) of the includes that would be errors.
    :ivar untested: the snippets that no test uses, with where each is shown first.
    :ivar languages: how many blocks stand on the pages themselves, by language.
    """

    project: Project
    docs: Path
    guessed: bool = False
    pages: int = 0
    suffixes: Sequence[str] = ()
    included: int = 0
    errors: list[tuple[str, int, str]] = field(default_factory=list)
    untested: dict[str, str] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)


def survey(docs: Path) -> Survey:
    """Read all pages below the folder `docs`."""
    pages = sorted(_files(docs, SUFFIXES))
    marked = marked_root(docs)
    root = marked or _common_folder(docs, pages)
    styles = _styles_of(pages, Project(root))
    suffixes = sorted({page.suffix for page in pages} or SUFFIXES[:1], key=SUFFIXES.index)
    found = Survey(Project(root, styles), docs, marked is None, len(pages), suffixes)
    tests = _Tests(root)
    for page in pages:
        path = found.project.relative(page)
        for block in read_page(page, found.project).blocks:
            if block.written.text is not None:
                found.languages[block.language] += 1
                continue
            found.included += 1
            if block.defect is not None:
                found.errors.append((path, block.line, block.defect))
            elif not tests.use(block):
                name = block.snippet
                if block.cut is None:  # A whole file: its name says more than that of the block.
                    name = found.project.relative(Path(block.files[0]))
                found.untested.setdefault(name, f"{path}:{block.line}")
    return found


def _common_folder(docs: Path, pages: Sequence[Path]) -> Path:
    """The folder that `docs` and the files that their pages include have in common; no home of projects, though."""
    project = Project(docs)
    used = {
        file for page in pages for block in read_page(page, project).blocks for file in block.files
    }
    found = Path(os.path.commonpath([docs, *filter(os.path.exists, used)]))
    return docs.parent if found in (Path.home(), *Path.home().parents) else found


def _files(folder: Path, suffixes: Sequence[str]) -> Iterator[Path]:
    for above, folders, names in os.walk(folder):
        here = Path(above)
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIPPED
            and not name.startswith((".", "_build"))
            and not (here / name / "pyvenv.cfg").exists()
        )
        yield from (here / name for name in names if name.endswith(tuple(suffixes)))


def _styles_of(pages: Sequence[Path], project: Project) -> Styles:
    """The styles that includes are written in, that of most of them first.

    Any of the well-known ones counts. Markers that only share a word may do so by chance: they make a style where
    several names are marked so, or where there is no other.
    """
    names: dict[MarkerStyle, set[str]] = {}
    for page in pages:
        for block in read_page(page, project).blocks:
            if block.written.kind == "literalinclude":
                try:
                    markers = markers_of(parse_options(block.written.options))
                except ValueError:
                    continue
                found = _style(markers)
                if found:
                    names.setdefault(found[0], set()).add(found[1])
    ranked = sorted(names, key=lambda style: len(names[style]), reverse=True)
    sure = [style for style in ranked if style in KNOWN_STYLES or len(names[style]) > 1]
    return tuple(sure or ranked[:1]) or DEFAULT_STYLES


def _style(markers: Markers) -> tuple[MarkerStyle, str] | None:
    """The style of the markers that a page names, and the name in them."""
    start, end = markers.start or "", markers.end or ""
    for style in KNOWN_STYLES:
        match = start_pattern(style).search(start)
        if match and style.end_for(match["name"]) in end:
            return style, match["name"]
    name = region_name(markers, DEFAULT_STYLES)
    if not name or name not in start:
        return None
    before, _, after = start.rpartition(name)
    if before.endswith("def ") and not after:
        after = "("
    word = re.compile(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])")
    return MarkerStyle(f"{before}{{name}}{after}", word.sub("{name}", end)), name


class _Tests:
    """The tests of a project, as far as they can be told without importing them."""

    def __init__(self, root: Path) -> None:
        #: The names that tests use, and the files that are files of tests.
        self.names: set[str] = set()
        self.files: set[str] = set()
        for file in _files(root, (".py",)):
            if file.name.startswith("test_") or file.name.endswith("_test.py"):
                tree = _parsed(file)
                self.files.add(str(file))
                tests = (node for node in ast.walk(tree) if isinstance(node, _Definition))
                for test in tests:
                    if test.name.startswith(("test", "Test")):
                        self.names.update(names_used(test))

    def use(self, block: PageBlock) -> bool:
        """Whether a test uses the definitions that a block shows or is a part of, or shows a test."""
        for written in block.files:
            defined, within = _definitions(Path(written), block)
            names = {block.name, *defined, *within}
            if any(name.startswith("test") for name in names) and written in self.files:
                return True
            if not names.isdisjoint(self.names):
                return True
        return False


def _definitions(file: Path, block: PageBlock) -> tuple[set[str], set[str]]:
    """The names defined by what a block shows of a file, and of the definitions that it is a part of."""
    nodes = [node for node in ast.walk(_parsed(file)) if isinstance(node, _Definition)]
    cut = block.cut
    if cut is None:
        return {node.name for node in nodes}, set()
    first, last = cut.first, cut.last
    shown = {n.name for n in nodes if first <= n.lineno and (n.end_lineno or 0) <= last}
    around = {n.name for n in nodes if n.lineno <= first and last <= (n.end_lineno or 0)}
    return shown, around


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])


def told(found: Survey) -> Iterator[str]:
    """The survey in words, line by line."""
    own = sum(found.languages.values())
    if found.guessed:
        marks = f"{', '.join(ROOT_MARKS[:-1])} or {ROOT_MARKS[-1]}"
        yield f"No {marks} says where the project begins. Taken for its root: {found.project.root}"
        yield ""
    yield f"{_count(found.pages, 'page')} with {_count(own, 'block')} and {_count(found.included, 'include')}"
    yield ""
    if found.errors:
        yield f"{_count(len(found.errors), 'include')} would be errors:"
        yield from (f"  {page}:{line}: {message}" for page, line, message in found.errors)
    else:
        yield "No include would be an error."
    yield ""
    if found.untested:
        yield f"{_count(len(found.untested), 'snippet')} that no test uses, going by the names in tests:"
        yield from (f"  {name} (shown on {place})" for name, place in found.untested.items())
    else:
        yield "Every included snippet is used by a test, going by the names in tests."
    yield ""
    yield from _settings(found)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _settings(found: Survey) -> Iterator[str]:
    root, styles = found.project.root, found.project.styles
    conf = _relative(found.docs / "conf.py", root)
    markers = [] if styles == DEFAULT_STYLES else _written(styles)
    yield f"To start with, in {conf}:"
    yield ""
    yield '  extensions = [..., "sphinxext.tested_snippets"]'
    if markers:
        listed = ", ".join(map(repr, markers))
        yield f"  tested_snippets_marker = {f'({listed})' if len(styles) == 1 else f'[{listed}]'}"
    yield ""
    yield f"and in {_relative(root / 'pyproject.toml', root)}:"
    yield ""
    yield "  [tool.pytest.ini_options]"
    docs = _relative(found.docs, root)
    folder = "" if docs == "." else f"{docs}/"
    globs = ", ".join(f'"{folder}**/*{suffix}"' for suffix in found.suffixes)
    yield f"  snippets_pages = [{globs}]"
    runtimes = ", ".join(f'"{name} = {fixture}"' for name, fixture in _runtimes(found.languages))
    yield f"  snippets_runtimes = [{runtimes}]"
    yield f'  snippets_evidence = "{_relative(found.docs / "evidence", root)}"'
    if markers:
        yield f"  snippets_marker = [{', '.join(map(_toml, markers))}]"
    others = {
        language: count
        for language, count in found.languages.most_common()
        if language not in _CONSOLE | _PYTHON
    }
    if others:
        listed = ", ".join(f"{count} {language}" for language, count in others.items())
        yield ""
        yield f"No runner is built in for {listed}: waive these blocks, or name a fixture that runs them."


def _written(styles: Styles) -> list[str]:
    """The styles as both settings take them: the two markers of one, or each style on its own."""
    if len(styles) == 1:
        return [styles[0].start, styles[0].end]
    return [
        style.start if style in KNOWN_STYLES else f"{style.start} => {style.end}"
        for style in styles
    ]


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def _toml(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def _runtimes(languages: Mapping[str, int]) -> list[tuple[str, str]]:
    """The runtimes that the blocks ask for; what most of them need is the first, which is the default."""
    console = sum(count for language, count in languages.items() if language in _CONSOLE)
    python = sum(count for language, count in languages.items() if language in _PYTHON)
    found = [("python", "snippets_python")]
    found += [("shell", "snippets_shell")] if console else []
    return found[::-1] if console > python else found
