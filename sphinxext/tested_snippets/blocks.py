"""The literal blocks of a page with their names, their text and the checks declared for them.

One reading of a page, shared by the parsers that run its blocks and by the audit that judges them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sphinxext.tested_snippets.declared import declared_beside
from sphinxext.tested_snippets.evidence import Expectation, digest
from sphinxext.tested_snippets.include import (
    Included,
    include,
    include_named,
    language_of,
    parse_options,
    split_target,
)
from sphinxext.tested_snippets.page import Block, Declared
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.region import Cut
from sphinxext.tested_snippets.rest import scan
from sphinxext.tested_snippets.source import RegionError

__all__ = ["DeclaredCheck", "Page", "PageBlock", "declared_tests", "read_again", "read_page"]

_CHECK_OPTIONS = frozenset({"name", "runtime", "fails", "output", "setup", "waive"})


@dataclass(frozen=True)
class DeclaredCheck:
    """One check that a page declares for a block.

    :param test: the node id it has as a test.
    :param runtime: the runtime's name, or "" for the project's first.
    :param setup: hidden code for the runner, run before the snippet.
    :param digest: changes with everything declared, set-up included.
    """

    test: str
    runtime: str
    expected: Expectation
    setup: str
    digest: str


@dataclass(frozen=True)
class PageBlock:
    """A literal block of a page.

    :param snippet: ``path::name``: of the file it is cut from, or of the page for text that stands there.
    :param name: what it is called on its page.
    :param text: what the reader sees; empty when `defect` is not None.
    :param line: line on the page, 1-based; `start` and `end` are offsets in the page's text.
    :param waived: why it is not run, or None.
    :param checks: at least one, unless the block is waived.
    :param explicit: whether the checks were declared, not just taken for granted.
    :param cut: where a region stands in its file, or None.
    :param defect: why it can't be cut or run, or None.
    :param written: the block as the page writes it.
    :param files: what it takes from elsewhere: the file it shows, and those of its set-up.
    """

    snippet: str
    name: str
    text: str
    language: str
    line: int
    start: int
    end: int
    waived: str | None
    checks: tuple[DeclaredCheck, ...]
    explicit: bool
    cut: Cut | None
    defect: str | None
    written: Block
    files: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Changes with whatever the block's files contribute to the page and to its checks."""
        line = self.cut.first if self.cut and "lineno-match" in self.written.options else None
        parts = (self.text, self.language, self.waived, self.checks, self.explicit, self.defect)
        return digest(repr((*parts, line)))


@dataclass(frozen=True)
class Page:
    """The blocks of a page in their order, and `problems`: (line, message) of what belongs to no block."""

    blocks: tuple[PageBlock, ...]
    problems: tuple[tuple[int, str], ...] = ()


def read_page(path: Path, project: Project, text: str | None = None) -> Page:
    """Read the page at `path`; `text` is its text where it is known already."""
    # What isn't UTF-8 is replaced, as Sphinx does, which says so too.
    source = path.read_text("utf-8-sig", errors="replace") if text is None else text
    scanned = scan(source)
    page = project.relative(path)
    names = _Names()
    blocks = []
    for block in scanned.blocks:
        reader = _BlockReader(block, path, project)
        name = names.take(reader.explicit_name(), block.titles)
        blocks.append(_page_block(reader, page, name))
    problems = tuple((problem.line, problem.message) for problem in scanned.problems)
    return Page(tuple(blocks), problems)


def read_again(written: Block, name: str, path: Path, project: Project) -> PageBlock:
    """The block of this `name` on the page at `path` as it would be read now, its files having changed."""
    return _page_block(_BlockReader(written, path, project), project.relative(path), name)


def declared_tests(path: Path, project: Project) -> dict[str, tuple[int, str]]:
    """The checks that a page declares: node id to the line of the block and the check's digest.

    None when the page can't be read.
    """
    try:
        blocks = read_page(path, project).blocks
    except OSError:
        return {}
    return {check.test: (block.line, check.digest) for block in blocks for check in block.checks}


def _page_block(reader: _BlockReader, page: str, name: str) -> PageBlock:
    block, shown, defect = reader.block, reader.shown, reader.defect
    snippet = f"{page}::{name}"
    if shown and shown.cut and shown.name:
        snippet = f"{shown.cut.source.path}::{shown.name}"
    waived: str | None = None
    declared: list[DeclaredCheck] = []
    try:
        waived = reader.waived()
        if waived is None:
            declared = [reader.check(check, f"{page}::{name}") for check in reader.declared()]
    except (RegionError, ValueError) as error:
        defect = defect or str(error)
    return PageBlock(
        snippet,
        name,
        shown.text if shown else "",
        reader.language(),
        block.line,
        block.start,
        block.end,
        waived,
        tuple(declared),
        reader.explicit,
        shown.cut if shown else None,
        defect,
        block,
        tuple(sorted(map(str, reader.files))),
    )


class _BlockReader:
    """Reads one scanned block: its text, its name and what is declared for it."""

    def __init__(self, block: Block, page: Path, project: Project) -> None:
        self.block = block
        self.page = page
        self.project = project
        #: The files that were looked into.
        self.files: set[Path] = set()
        #: What the block shows, or None, and why it can't be shown, or None.
        self.shown: Included | None = None
        self.defect: str | None = None
        try:
            self.shown = self._show()
        except (RegionError, ValueError) as error:
            self.defect = str(error)
        # The checks declared beside the snippet hold where the page declares none.
        cut = self.shown.cut if self.shown else None
        beside = cut and cut.start_line and declared_beside(cut.source, cut.start_line)
        self._beside: tuple[Declared, ...] = beside or ()

    def _show(self) -> Included:
        block = self.block
        if block.text is not None:
            return Included(block.text, 0, 1, None, None)
        if block.kind == "snippet":
            target, name = split_target(block.argument)
            path = self._resolve(target)
            return include_named(path, self.project.relative(path), name, self.project.style)
        options = parse_options(_without(block.options, "waive"))
        path = self._resolve(block.argument)
        if "diff" in options:
            options["diff"] = str(self._resolve(options["diff"]))
        return include(path, self.project.relative(path), options, style=self.project.style)

    def _resolve(self, written: str) -> Path:
        path = self.project.resolve(self.page, written)
        self.files.add(path)
        return path

    def explicit_name(self) -> str | None:
        named = [check.options["name"] for check in self.block.checks if "name" in check.options]
        if named:
            return named[0]
        if self.shown and self.shown.name:
            return self.shown.name
        if self.block.kind == "snippet":
            return self.block.argument.rpartition("::")[2] or None
        return self.block.options.get("name") or None

    def waived(self) -> str | None:
        """The reason.

        :raises ValueError: there is none where one has to be.
        """
        checks = self.block.checks or self._beside
        reasons = [self.block.options, *(check.options for check in checks)]
        found = next((options["waive"] for options in reasons if "waive" in options), None)
        if found == "":
            raise ValueError(":waive: needs a reason, which the page shows")
        return found

    def language(self) -> str:
        if self.block.text is not None:
            return self.block.language
        written = self.block.options.get("language")
        path = self.block.argument.rpartition("::")[0] or self.block.argument
        return written or language_of(PurePosixPath(path).suffix) or ""

    def declared(self) -> Sequence[Declared]:
        checks = self.block.checks or self._beside or (Declared("", {}, "", self.block.line),)
        labels = Counter(check.label for check in checks)
        for check in checks:
            if labels[check.label] > 1:
                raise ValueError(
                    f"{len(checks)} checks of one block need labels that differ, "
                    f"found {check.label or 'no label'!r} twice: write `.. snippet-check:: label`"
                )
        return checks

    @property
    def explicit(self) -> bool:
        """Whether any check was declared for the block."""
        return bool(self.block.checks or self._beside)

    def check(self, declared: Declared, test: str) -> DeclaredCheck:
        unknown = sorted(set(declared.options) - _CHECK_OPTIONS)
        if unknown:
            raise ValueError(
                f"unknown option :{unknown[0]}: of snippet-check, "
                f"it takes {', '.join(sorted(_CHECK_OPTIONS))}"
            )
        fails, output = _one_line(declared, "fails"), _one_line(declared, "output")
        if fails is not None and output is not None:
            raise ValueError("a snippet-check takes :fails: or :output:, not both")
        empty = [
            name for name in ("fails", "output", "runtime") if declared.options.get(name) == ""
        ]
        if empty:
            raise ValueError(f":{empty[0]}: of snippet-check needs a value")
        setup = "\n".join(filter(None, [*self._setup_regions(declared), declared.setup]))
        runtime = declared.options.get("runtime", "")
        parts = [runtime, fails, output, setup, self.language()]
        return DeclaredCheck(
            f"{test}[{declared.label}]" if declared.label else test,
            runtime,
            Expectation(fails, output),
            setup,
            digest(json.dumps(parts)),
        )

    def _setup_regions(self, declared: Declared) -> Iterator[str]:
        for target in declared.options.get("setup", "").split():
            file, _, name = target.rpartition("::")
            beside = self.block.argument
            if self.block.kind == "snippet":
                beside = beside.rpartition("::")[0]
            if not file and self.block.text is not None:
                raise ValueError(f":setup: {target} of a block on the page has to be path::name")
            path = self._resolve(file or beside)
            yield include_named(path, self.project.relative(path), name, self.project.style).text


def _one_line(declared: Declared, option: str) -> str | None:
    """The value of an option; what is wrapped on the page is one line of a message."""
    value = declared.options.get(option)
    return None if value is None else " ".join(line.strip() for line in value.splitlines())


def _without(options: Any, name: str) -> dict[str, str]:
    return {option: value for option, value in options.items() if option != name}


class _Names:
    """Names the blocks of a page so that an edit changes no name of another section."""

    def __init__(self) -> None:
        self._unnamed: Counter[tuple[str, ...]] = Counter()
        self._taken: Counter[str] = Counter()

    def take(self, explicit: str | None, titles: tuple[str, ...]) -> str:
        """The name of the next block: the explicit one, or its section's titles and a counter."""
        if explicit is None:
            self._unnamed[titles] += 1
            explicit = f"{_slug(titles)}-{self._unnamed[titles]}"
        self._taken[explicit] += 1
        count = self._taken[explicit]
        return explicit if count == 1 else self.take(f"{explicit}-{count}", titles)


def _slug(titles: tuple[str, ...]) -> str:
    # The page's own title adds nothing below it, and would be in every name.
    words = re.sub(r"[^\w]+", "-", " ".join(titles[1:] or titles)).strip("-").lower()
    return words or "block"
