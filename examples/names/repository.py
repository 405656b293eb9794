"""Literals that name what this repo has: files, folders, versions, lines of manifests, texts of our own code."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.project import Project

__all__ = ["Repository"]

#: What is made by running something, or comes from elsewhere.
_LEFT_OUT = {"_build", "__pycache__", "node_modules"}
#: Where lines of settings are that pages speak of.
_MANIFESTS = (
    "pyproject.toml",
    ".pre-commit-hooks.yaml",
    "examples/**/*.cfg",
    "examples/**/*.toml",
    "examples/**/*.txt",
    "tests/projects/*/docs/conf.py",
)


class Repository:
    """What is in the folder `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._blocks: dict[str, str] = {}
        self._words: dict[str, set[str]] = {}

    @cached_property
    def files(self) -> list[str]:
        """The paths of the files and, with a slash at the end, of the folders; shortest first."""
        found: list[str] = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [f for f in folders if f not in _LEFT_OUT and not f.startswith(".")]
            above = Path(folder).relative_to(self.root)
            found += [(above / name).as_posix() for name in files]
            found += [f"{(above / name).as_posix()}/" for name in folders]
        return sorted(found, key=lambda path: (path.count("/"), path))

    def file(self, written: str) -> str | None:
        """Whether a path, which may begin anywhere in the repo, is that of a file or folder."""
        wanted = PurePosixPath(written.rstrip("/")).parts
        for path in self.files:
            if PurePosixPath(path).parts[-len(wanted) :] == wanted:
                return "a folder of the repo" if path.endswith("/") else "a file of the repo"
        return None

    def version(self, written: str) -> str | None:
        """Which package is pinned to this version."""
        for file in sorted(self.root.glob("constraints/*.txt")):
            pin = re.search(rf"^([\w.-]+)=={re.escape(written)}(?!\S)", _text(file), re.MULTILINE)
            if pin:
                return f"a version of {pin[1]} in constraints/"
        return None

    def in_manifest(self, written: str) -> str | None:
        """Whether a manifest of the repo or of an example has it."""
        return "in a manifest" if self._have(_MANIFESTS, written) else None

    def in_tests(self, written: str) -> str | None:
        """Whether a test of the pages, or what helps it, has it: it was run."""
        found = len(written) > 3 and self._have(("examples/tests/*.py", "examples/*.py"), written)
        return "in a test of the pages" if found else None

    def _have(self, patterns: Iterable[str], written: str) -> bool:
        files = (file for pattern in patterns for file in self.root.glob(pattern))
        return any(_whole(written).search(_text(file)) for file in files)

    def in_block(self, written: str, page: str) -> str | None:
        """Whether a block of the page shows it."""
        if page not in self._blocks:
            blocks = read_page(self.root / page, Project(self.root)).blocks
            self._blocks[page] = "\n\n".join(block.text for block in blocks)
        return "in a block of the page" if _whole(written).search(self._blocks[page]) else None

    def in_code(self, written: str, package: str) -> str | None:
        """Whether our `package` has it as a text of its own, defines it, or has a style for it."""
        if package not in self._words:
            code, sheets = (self.root.glob(f"{package}/**/*.{kind}") for kind in ("py", "css"))
            self._words[package] = {word for file in code for word in _words(_text(file))}
            for sheet in sheets:
                self._words[package].update(re.findall(r"\.([a-z][\w-]+)", _text(sheet)))
        known = (
            written in self._words[package] or PurePosixPath(written).name in self._words[package]
        )
        return f"in the code of {package}" if known else None


def _words(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name


@lru_cache(maxsize=512)
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _whole(written: str) -> re.Pattern[str]:
    """Finds a text where it is no part of a longer word."""
    return re.compile(rf"(?<![\w-]){re.escape(written)}(?![\w-])")
