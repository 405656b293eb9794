"""Whether evidence still is about the snippets and tests as they are now; nothing is run for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from sphinxext.tested_snippets.blocks import DeclaredCheck, PageBlock, read_page
from sphinxext.tested_snippets.evidence import Check, Evidence, digest
from sphinxext.tested_snippets.include import include_named
from sphinxext.tested_snippets.inifile import Wanted
from sphinxext.tested_snippets.source import RegionError
from sphinxext.tested_snippets.testcode import find_test, split_node_id

__all__ = ["Freshness", "is_page"]


def is_page(path: str) -> bool:
    """Whether a path from a name or a test id is that of a page."""
    return path.endswith(".rst")


class Freshness:
    """Evidence held against the project as it is.

    :param evidence: of all environments.
    """

    def __init__(self, wanted: Wanted, evidence: list[Evidence]) -> None:
        self.project = wanted.project
        self.evidence = evidence
        self._globs = wanted.pages
        self._blocks: dict[str, list[PageBlock]] = {}
        self._declared: dict[str, Mapping[str, tuple[PageBlock, DeclaredCheck]]] = {}

    def problems(self) -> Iterator[tuple[str, int | None, str]]:
        """Path, line and message of all that the evidence doesn't tell, or tells no more."""
        for path in self.pages:
            for block in self.blocks(path):
                if block.defect is not None and block.waived is None:
                    yield path, block.line, block.defect
                for declared in block.checks if block.defect is None else ():
                    if (block.snippet, declared.test) not in self._recorded:
                        yield path, block.line, f"the check {declared.test} has not run yet"
        for record in self.evidence:
            for key in sorted(record.checks):
                check = record.checks[key]
                reason = self._outdated(check)
                if reason:
                    path, line = self._place(check)
                    where = f"{check.snippet} on {check.runtime} ({record.environment})"
                    yield path, line, f"{where}: {reason}"

    @cached_property
    def pages(self) -> list[str]:
        """The pages whose blocks are run."""
        found = {file for pattern in self._globs for file in self.project.root.glob(pattern)}
        return sorted(self.project.relative(file) for file in found if file.is_file())

    @cached_property
    def _recorded(self) -> set[tuple[str, str]]:
        return {key for record in self.evidence for key in record.checks}

    def blocks(self, path: str) -> list[PageBlock]:
        """The blocks of a page; none when there is no such page."""
        if path not in self._blocks:
            file = self.project.root / path
            there = file.is_file()
            self._blocks[path] = list(read_page(file, self.project).blocks) if there else []
        return self._blocks[path]

    def _of_page(self, path: str, test: str) -> tuple[PageBlock, DeclaredCheck] | None:
        if path not in self._declared:
            self._declared[path] = {
                check.test: (block, check) for block in self.blocks(path) for check in block.checks
            }
        return self._declared[path].get(test)

    def _place(self, check: Check) -> tuple[str, int | None]:
        path, names = split_node_id(check.test)
        if is_page(path):
            found = self._of_page(path, check.test)
            return path, found[0].line if found else None
        code = find_test(self.project.root / path, names)
        return path, code.line if code else None

    def _outdated(self, check: Check) -> str | None:
        """Why a recorded check doesn't hold any more, or None where it does."""
        path, names = split_node_id(check.test)
        if is_page(path):
            found = self._of_page(path, check.test)
            if found is None or found[0].snippet != check.snippet:
                return f"the check {check.test} does not exist any more"
            block, declared = found
            now, texts = declared.digest, {digest(block.text)}
        else:
            code = find_test(self.project.root / path, names)
            if code is None:
                return f"the test {check.test} does not exist any more"
            now = code.digest
            try:
                texts = self._texts(check.snippet)
            except RegionError as error:
                return str(error)
        if check.text_digest not in texts:
            return f"its text changed since {check.test} ran it"
        return None if now == check.test_digest else f"{check.test} changed since it ran"

    def _texts(self, snippet: str) -> set[str]:
        """The digests of what is shown under this name.

        :raises RegionError: it is shown nowhere, and can't be cut out of its file.
        """
        shown = self._shown.get(snippet, set())
        path, _, name = snippet.rpartition("::")
        if is_page(path):
            return shown | {digest(b.text) for b in self.blocks(path) if b.snippet == snippet}
        try:
            file = self.project.root / path
            text = include_named(file, path, name, self.project.style).text
        except RegionError:
            if not shown:
                raise
            return shown
        return shown | {digest(text)}

    @cached_property
    def _shown(self) -> Mapping[str, set[str]]:
        shown: dict[str, set[str]] = {}
        for path in self.pages:
            for block in self.blocks(path):
                shown.setdefault(block.snippet, set()).add(digest(block.text))
        return shown
