"""Reads one block of a page: the text it shows, where that is from, and what is declared for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from sphinxext.tested_snippets.check_options import declared_check
from sphinxext.tested_snippets.declared import declared_beside
from sphinxext.tested_snippets.include import (
    Included,
    include,
    include_named,
    include_snippet,
    joined_name,
    language_of,
    parse_options,
    refuse_lines,
    without_hidden,
)
from sphinxext.tested_snippets.page import Block, Declared
from sphinxext.tested_snippets.page_blocks import DeclaredCheck, PageBlock, Place
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.source import RegionError, Source

__all__ = ["BlockReader", "page_block"]


def page_block(reader: BlockReader, page: str, name: str) -> PageBlock:
    """The block that the `reader` reads, by its `name` on the page whose path from the root is `page`."""
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
        shown.runs if shown else "",
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
        reader.places(),
    )


class BlockReader:
    """One scanned block on the page at `page`.

    :ivar files: the files that were looked into.
    :ivar shown: what the block shows, or None.
    :ivar defect: why it can't be shown, or None.
    """

    def __init__(self, block: Block, page: Path, project: Project) -> None:
        self.block = block
        self.page = page
        self.project = project
        self.files: set[Path] = set()
        #: The first of the files that a ``snippet`` shows.
        self._first: Path | None = None
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
            shown = Included(block.text, block.text.count("\n") + 1, 1, None, None)
            if block.kind != "code-block":
                return shown
            shown = without_hidden(shown, block.options)
        elif block.kind == "snippet":
            shown = include_snippet(block.argument, block.options, self._find, self.project)
        else:
            shown = self._include()
        refuse_lines(shown, block.options)
        return shown

    def _include(self) -> Included:
        block, options = self.block, parse_options(self.block.options)
        path = self._resolve(block.argument)
        if "diff" in options:
            options["diff"] = str(self._resolve(options["diff"]))
        return include(path, self.project.relative(path), options, styles=self.project.styles)

    def _find(self, written: str | Path) -> tuple[Path, str]:
        path = self._resolve(written) if isinstance(written, str) else written
        self.files.add(path)
        self._first = self._first or path
        return path, self.project.relative(path)

    def _resolve(self, written: str) -> Path:
        path = self.project.resolve(self.page, written)
        self.files.add(path)
        return path

    def places(self) -> tuple[Place, ...]:
        """Where it stands that the block shows; nowhere for text of the page, and for a difference."""
        shown, block = self.shown, self.block
        if shown is None or block.text is not None or "diff" in block.options:
            return ()
        cuts = (shown.cut,) if shown.cut else shown.parts
        if cuts:
            return tuple(Place(cut.source.path, cut.first, cut.last) for cut in cuts)
        path = self._resolve(block.argument)
        encoding = block.options.get("encoding", "utf-8-sig")
        name = self.project.relative(path)
        return (Place(name, 1, len(Source.read(path, name, encoding).lines)),)

    def explicit_name(self) -> str | None:
        """The name that the page gives the block, or its snippet has; None for neither."""
        named = [check.options["name"] for check in self.block.checks if "name" in check.options]
        if named:
            return named[0]
        if self.shown and self.shown.name:
            return self.shown.name
        if self.block.kind == "snippet":
            return joined_name(self.block.argument) or None
        return self.block.options.get("name") or None

    def waived(self) -> str | None:
        """The reason not to run it, or None.

        :raises ValueError: there is none where one has to be.
        """
        checks = self.block.checks or self._beside
        reasons = [self.block.options, *(check.options for check in checks)]
        found = next((options["waive"] for options in reasons if "waive" in options), None)
        if found == "":
            raise ValueError(":waive: needs a reason, which the page shows")
        if found is None and not self.explicit:
            return self.project.waiver_of(self.language())
        return found

    def language(self) -> str:
        """What it is highlighted as, by its options or its file; "" for what nobody knows."""
        if self.block.text is not None:
            return self.block.language
        written = self.block.options.get("language")
        return written or language_of((self._first or PurePosixPath(self._file)).suffix) or ""

    @property
    def _file(self) -> str:
        """The file that the block shows, as written; the first of those that it joins."""
        if self.block.kind == "snippet":
            return self.block.argument.partition("::")[0]
        return self.block.argument

    def declared(self) -> Sequence[Declared]:
        """What is declared for it: on the page, beside the snippet, or that it runs where nothing is.

        :raises ValueError: two checks have one label.
        """
        checks = self.block.checks or self._beside
        if not checks:
            return (Declared("", {}, "", self.block.line),)
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
        """One of those that are declared; the node id of the block's check is `test`.

        :raises RegionError: a snippet of its set-up can't be cut.
        :raises ValueError: its options are wrong.
        """
        return declared_check(declared, test, self.language(), self._setup_regions(declared))

    def _setup_regions(self, declared: Declared) -> Iterator[str]:
        for target in declared.options.get("setup", "").split():
            file, _, name = target.rpartition("::")
            if not file and self.block.text is not None:
                raise ValueError(f":setup: {target} of a block on the page has to be path::name")
            path = self._resolve(file) if file else self._first or self._resolve(self._file)
            yield include_named(path, self.project.relative(path), name, self.project.styles).text
