"""Helpers for tests of documentation: make a project, build it, run pytest in it, and read what is known of its snippets.

They stand on pytest's own ``pytester``, which has to be switched on in the ``conftest.py`` at the root of the tests, with
``pytest_plugins = ["pytester"]``.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from sphinx import locale
from sphinx.cmd.build import main as sphinx_build

from sphinxext.tested_snippets import (
    answer_nodes,
    audit_warnings,
    boxes,
    extension,
    listing,
    reading,
    remarks,
    signs,
    status,
    syntax,
)

__all__ = ["BuildResult", "SnippetProject"]

#: What a build imports late has to be there before pytester remembers which modules there are.
_LOADED = (
    *(extension, syntax, reading, audit_warnings, listing),
    *(answer_nodes, boxes, remarks, signs, status),
)

_FILES = {
    "docs/conf.py": 'extensions = ["sphinxext.tested_snippets"]\nhtml_theme = "basic"\n',
    "pyproject.toml": """
        [tool.pytest.ini_options]
        snippets_pages = ["docs/*.rst"]
        snippets_runtimes = ["python = snippets_python"]
        addopts = ["-p", "no:cacheprovider"]
    """,
}

#: Hypothesis would be imported anew at the end of each run.
_OPTIONS = ("-p", "no:hypothesispytest")


@dataclass(frozen=True)
class BuildResult:
    """What a build ended with.

    :param status: the exit status of ``sphinx-build``.
    :param warnings: what it printed to standard error.
    :param folder: where it wrote the pages.
    """

    status: int
    warnings: str
    folder: Path

    def page(self, name: str = "index.html") -> str:
        """The text of a file that was built."""
        return (self.folder / name).read_text(encoding="utf-8")

    def shown(self, name: str = "index.html") -> str:
        """A built HTML page without its tags."""
        return unescape(re.sub(r"<[^>]+>", "", self.page(name)))


class SnippetProject:
    """A project with pages in ``docs/`` in the folder of `pytester`, which is the current one.

    It begins with a ``docs/conf.py`` that has the extension, and a ``pyproject.toml`` by which pytest runs the pages
    ``docs/*.rst`` with ``snippets_python``. Where there are such files, for instance from ``pytester.copy_example``, they
    stay as they are.
    """

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root = pytester.path
        for path, text in _FILES.items():
            if not (self.root / path).exists():
                self.write(path, text)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project, dedented, and return its path."""
        return self.write_bytes(path, textwrap.dedent(text).lstrip("\n").encode())

    def write_bytes(self, path: str, content: bytes) -> Path:
        """Write a file of the project as it is, and return its path."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        # Python takes what it compiled for up to date when the file is as long and was written in the same second.
        for compiled in file.parent.glob(f"__pycache__/{file.stem}.*.pyc"):
            compiled.unlink()
        return file

    def page(self, text: str, name: str = "index") -> Path:
        """Write a page in reStructuredText with a title and this text, dedented.

        No toctree is needed: each page but ``index`` says that it stands in none.
        """
        title, orphan = f"Page {name}", "" if name == "index" else ":orphan:\n\n"
        body = textwrap.dedent(text).lstrip("\n")
        return self.write(f"docs/{name}.rst", f"{orphan}{title}\n{'=' * 40}\n\n{body}")

    def configure(self, text: str) -> None:
        """Append to ``conf.py``, dedented."""
        conf = self.root / "docs/conf.py"
        conf.write_text(conf.read_text(encoding="utf-8") + textwrap.dedent(text), encoding="utf-8")

    def set_pytest(self, line: str) -> None:
        """Replace the line of one of pytest's settings at the end of ``pyproject.toml``, or add it."""
        option = line.partition("=")[0]
        file = self.root / "pyproject.toml"
        lines = file.read_text(encoding="utf-8").splitlines()
        kept = [old for old in lines if not old.startswith(option)]
        file.write_text("\n".join([*kept, line]) + "\n", encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text wherever it stands in a file.

        :raises ValueError: it doesn't.
        """
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{path} does not have {old!r} to be replaced")
        self.write_bytes(path, text.replace(old, new).encode())

    def build(self, *arguments: str, builder: str = "html", out: str = "") -> BuildResult:
        """Build the pages as ``sphinx-build`` with these arguments does, in this process.

        :param out: the folder below ``_build``, with doctrees of its own; "" means the name of the builder.
        """
        folder = self.root / "_build" / (out or builder)
        doctrees = folder.parent / f"doctrees-{out}"
        places = ["-d", str(doctrees), *arguments, str(self.root / "docs"), str(folder)]
        warnings = io.StringIO()
        # A process of its own would begin without the language of another build.
        locale.translators.clear()
        with contextlib.redirect_stderr(warnings), contextlib.redirect_stdout(io.StringIO()):
            status = sphinx_build(["-N", "-b", builder, *places])
        return BuildResult(status, warnings.getvalue(), folder)

    def states(self, docname: str = "index") -> Mapping[str, str]:
        """The state of each block on a page, by its full name; of several with one name, the last one's.

        A build tells: ``verified``, ``failing``, ``stale``, ``never_run``, ``waived`` or ``unknown``. A full name is
        ``tests/test_a.py::greet`` for a snippet and ``docs/index.rst::hello`` for a block of the page itself.

        :raises KeyError: there is no such page.
        """
        pages = json.loads(self.build(builder="snippets").page("snippets.json"))["pages"]
        return {block["snippet"]: block["state"] for block in pages[docname]["blocks"]}

    def run_pytest(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in the project, in this process; the evidence is compared."""
        return self.pytester.runpytest_inprocess(*_OPTIONS, *arguments)

    def update(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in the project, and record what happens as its evidence."""
        return self.run_pytest("--snippets-evidence=update", *arguments)

    @property
    def evidence_file(self) -> Path:
        """The evidence file, when there is just one.

        :raises ValueError: there is none, or one for each of several environments.
        """
        (file,) = (self.root / "docs/evidence").glob("*.json")
        return file
