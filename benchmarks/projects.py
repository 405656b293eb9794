"""Writes the projects that are measured: the same pages once for stock Sphinx or Sybil and once for ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "Size",
    "edit_one_snippet",
    "write_documentation",
    "write_idle_items",
    "write_inline_pages",
]

_CONF = """\
extensions = {extensions}
html_sidebars = {sidebars}


def setup(app):
    read = []
    app.connect("source-read", lambda app, page, text: read.append(page))
    app.connect("build-finished", lambda app, error: print(f"pages read: {{len(read)}}"))
"""

_OURS = """\
[pytest]
snippets_pages = docs/*.rst
snippets_runtimes = nothing = nothing_runner
"""

#: A runtime that does nothing: what is left is the work of finding blocks, and of accounting for them.
_OURS_CONFTEST = """\
import pytest


@pytest.fixture(scope="session")
def nothing_runner():
    return lambda snippet: ""
"""

_STOCK_CONFTEST = """\
from sybil import Sybil
from sybil.parsers.rest import CodeBlockParser

pytest_collect_file = Sybil(
    parsers=[CodeBlockParser(language="python", evaluator=lambda example: None)],
    patterns=["*.rst"],
).pytest()
"""

#: What is left here is pytest's own work: for each item three phases, their hooks and reports.
_IDLE_CONFTEST = """\
import pytest


class Idle(pytest.Item):
    def runtest(self):
        pass

    def reportinfo(self):
        return self.path, 0, self.name


class Page(pytest.File):
    def collect(self):
        for number in range({count}):
            yield Idle.from_parent(self, name=f"line:{{number}}")


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".rst":
        return Page.from_parent(parent, path=file_path)
"""


@dataclass(frozen=True)
class Size:
    """How large a project is.

    :param files: source files that snippets are cut from.
    :param pages: pages that show them, the start page not counted. Each uses all files if there are at
        least `files` snippets for each page.
    :param snippets: snippets of five lines, each shown once.
    """

    files: int
    pages: int
    snippets: int

    def of_page(self, page: int) -> range:
        """The snippets that a page shows."""
        return range(page * self.snippets // self.pages, (page + 1) * self.snippets // self.pages)

    def of_file(self, file: int) -> range:
        """The snippets that stand in a file. Neighbours are in different files, so pages use all."""
        return range(file, self.snippets, self.files)


def write_documentation(folder: Path, size: Size, *, ours: bool, sidebar: bool = True) -> None:
    """Write pages of ``literalinclude`` and the files they cut from.

    :param sidebar: whether each page has Sphinx's usual sidebar, which lists all pages: with that
        one, what stock Sphinx takes grows with the square of the pages.
    """
    for file in range(size.files):
        _write(folder / _file_name(file), "\n\n".join(map(_function, size.of_file(file))))
    shown = [[_literalinclude(n, size) for n in size.of_page(page)] for page in range(size.pages)]
    _write_pages(folder, shown)
    _write(
        folder / "docs/conf.py",
        _CONF.format(
            extensions=["sphinxext.tested_snippets"] if ours else [],
            sidebars={} if sidebar else {"**": []},
        ),
    )
    if ours:
        _write_ours(folder)


def write_inline_pages(folder: Path, size: Size, *, ours: bool) -> None:
    """Write pages of ``code-block``, which plain Sybil can run too, and what pytest needs to run them."""
    _write_pages(
        folder, [[_code_block(n) for n in size.of_page(page)] for page in range(size.pages)]
    )
    if ours:
        _write_ours(folder)
    else:
        _write(folder / "pytest.ini", "[pytest]\n")
        _write(folder / "conftest.py", _STOCK_CONFTEST)


def write_idle_items(folder: Path, count: int) -> None:
    """Write one page that stands for so many items of pytest, each of which does nothing."""
    _write(folder / "docs/page_0.rst", "")
    _write(folder / "pytest.ini", "[pytest]\n")
    _write(folder / "conftest.py", _IDLE_CONFTEST.format(count=count))


def edit_one_snippet(folder: Path, value: int) -> None:
    """Put `value` into the last line of the first snippet of the first file, and so into one page."""
    path = folder / _file_name(0)
    text = path.read_text(encoding="utf-8")
    start = text.index(_RESULT) + len(_RESULT)
    end = text.index("\n", start)
    _write(path, f"{text[:start]}{value}{text[end:]}")


_RESULT = "    result = total + "


def _write_ours(folder: Path) -> None:
    _write(folder / "pytest.ini", _OURS)
    _write(folder / "conftest.py", _OURS_CONFTEST)


def _write_pages(folder: Path, pages: Sequence[Sequence[str]]) -> None:
    _write(
        folder / "docs/index.rst",
        "Snippets\n========\n\n.. toctree::\n   :glob:\n\n   page_*\n",
    )
    for number, blocks in enumerate(pages):
        title = f"Page {number}"
        parts = [f"{title}\n{'=' * len(title)}", *_with_text(blocks)]
        _write(folder / f"docs/page_{number}.rst", "\n\n".join(parts) + "\n")


def _with_text(blocks: Sequence[str]) -> Iterator[str]:
    for number, block in enumerate(blocks):
        yield f"Step {number} adds up a *few* numbers, see ``total`` and what the others do with it:"
        yield block


def _file_name(file: int) -> str:
    return f"examples/source_{file}.py"


def _name(snippet: int) -> str:
    return f"snippet_{snippet:06}"


def _body(snippet: int) -> list[str]:
    return [
        f"values = [{snippet}, {snippet + 1}, {snippet + 2}]",
        "total = sum(values)",
        "for value in values:",
        f'    print("of {snippet}:", value, total)',
        f"result = total + {snippet}",
    ]


def _function(snippet: int) -> str:
    lines = [f"    {line}" for line in _body(snippet)]
    return "\n".join([f"def {_name(snippet)}():", *lines, "    # </snippet>", ""])


def _literalinclude(snippet: int, size: Size) -> str:
    lines = [
        f".. literalinclude:: ../{_file_name(snippet % size.files)}",
        "   :language: python",
        f"   :start-after: def {_name(snippet)}(",
        "   :end-before: # </snippet>",
        "   :dedent: 4",
    ]
    return "\n".join(lines)


def _code_block(snippet: int) -> str:
    return "\n".join([".. code-block:: python", "", *(f"   {line}" for line in _body(snippet))])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
