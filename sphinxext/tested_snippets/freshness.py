"""Whether evidence still is about the snippets and tests as they are now; nothing is run for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.evidence import Check, Evidence, digest
from sphinxext.tested_snippets.formats import of_page
from sphinxext.tested_snippets.include import include_named
from sphinxext.tested_snippets.inifile import Wanted
from sphinxext.tested_snippets.literals import record_name
from sphinxext.tested_snippets.page_blocks import DeclaredCheck, Page, PageBlock
from sphinxext.tested_snippets.source import RegionError
from sphinxext.tested_snippets.statement import PageStatement, is_statement, snippet_name
from sphinxext.tested_snippets.testcode import find_test, split_node_id

__all__ = ["Freshness"]


class Freshness:
    """Evidence held against the project as it is.

    :param evidence: of all environments.
    """

    def __init__(self, wanted: Wanted, evidence: list[Evidence]) -> None:
        self.project = wanted.project
        self.evidence = evidence
        self._globs = wanted.pages
        self._read: dict[str, Page] = {}
        self._declared: dict[str, Mapping[str, tuple[PageBlock, DeclaredCheck]]] = {}

    def problems(self) -> Iterator[tuple[str, int | None, str]]:
        """Path, line and message of all that the evidence doesn't tell, or tells no more."""
        for path in self.pages:
            for line, message in self._on_page(path):
                yield path, line, message
        for record in self.evidence:
            for key in sorted(record.checks):
                check = record.checks[key]
                reason = self._outdated(check)
                if reason:
                    path, place = self._place(check)
                    where = f"{check.snippet} on {check.runtime} ({record.environment})"
                    yield path, place, f"{where}: {reason}"

    def _on_page(self, path: str) -> Iterator[tuple[int, str]]:
        """Line and message of what a page shows or declares and the evidence doesn't have."""
        for block in self.blocks(path):
            if block.defect is not None and block.waived is None:
                yield block.line, block.defect
            for declared in block.checks if block.defect is None else ():
                if (block.snippet, declared.test) not in self._recorded:
                    yield block.line, f"the check {declared.test} has not run yet"
        page = self._page(path)
        for known in page.statements:
            missing = self._missing(known)
            if missing:
                yield known.line, missing
        if page.literals and not any(snippet == record_name(path) for snippet, _ in self._recorded):
            yield page.literals[0].line, "the inline literals of the page were never looked up"

    @cached_property
    def pages(self) -> list[str]:
        """The pages whose blocks are run."""
        found = {file for pattern in self._globs for file in self.project.root.glob(pattern)}
        return sorted(self.project.relative(file) for file in found if file.is_file())

    @cached_property
    def _recorded(self) -> set[tuple[str, str]]:
        return {key for record in self.evidence for key in record.checks}

    def _missing(self, known: PageStatement) -> str:
        """What is wrong with a statement for which there is no evidence, "" for nothing."""
        if known.statement is None:
            return known.defect or ""
        name = known.statement.name
        if not name or any(snippet == snippet_name(name) for snippet, _ in self._recorded):
            return ""
        return f"the statement {name!r} was never checked"

    def blocks(self, path: str) -> Sequence[PageBlock]:
        """The blocks of a page; none when there is no such page."""
        return self._page(path).blocks

    def _page(self, path: str) -> Page:
        if path not in self._read:
            file = self.project.root / path
            self._read[path] = read_page(file, self.project) if file.is_file() else Page(())
        return self._read[path]

    def _of_page(self, path: str, test: str) -> tuple[PageBlock, DeclaredCheck] | None:
        if path not in self._declared:
            self._declared[path] = {
                check.test: (block, check) for block in self.blocks(path) for check in block.checks
            }
        return self._declared[path].get(test)

    def _place(self, check: Check) -> tuple[str, int | None]:
        path, names = split_node_id(check.test)
        if of_page(check.test):
            found = self._of_page(path, check.test)
            return path, found[0].line if found else None
        code = find_test(self.project.root / path, names)
        return path, code.line if code else None

    def _outdated(self, check: Check) -> str | None:
        """Why a recorded check doesn't hold any more, or None where it does."""
        path, names = split_node_id(check.test)
        if check.literals:
            return self._outdated_literals(path, check)
        if of_page(check.test):
            found = self._of_page(path, check.test)
            if found is None or check.snippet not in _subjects(*found):
                return f"the check {check.test} does not exist any more"
            block, declared = found
            now, texts = declared.digest, {digest(block.text)}
            if is_statement(check.snippet):
                texts = self._texts(check.snippet)
        else:
            code = find_test(self.project.root / path, names)
            if code is None:
                return f"the test {check.test} does not exist any more"
            now = code.digest
            try:
                texts = self._texts(check.snippet)
            except RegionError as error:
                return str(error)
        if is_statement(check.snippet) and not texts:
            return f"no page has the statement {check.snippet.partition('::')[2]!r} any more"
        if check.text_digest not in texts:
            return f"its text changed since {check.test} ran it"
        return None if now == check.test_digest else f"{check.test} changed since it ran"

    def _outdated_literals(self, path: str, check: Check) -> str | None:
        """Why a page's literals are not those that were looked up, or None where they are."""
        page = self._page(path)
        if page.literals_digest == check.text_digest:
            return None
        known = {one.text for one in check.literals}
        new = [f"``{one.text}``" for one in page.literals if one.text not in known]
        return (
            f"nobody has looked up {', '.join(new)}"
            if new
            else "some of them are gone from the page"
        )

    def _texts(self, snippet: str) -> set[str]:
        """The digests of what is shown under this name.

        :raises RegionError: it is shown nowhere, and can't be cut out of its file.
        """
        shown = self._shown.get(snippet, set())
        path, _, name = snippet.rpartition("::")
        if is_statement(snippet):
            return shown
        if of_page(snippet):
            return shown | {digest(b.text) for b in self.blocks(path) if b.snippet == snippet}
        try:
            file = self.project.root / path
            text = include_named(file, path, name, self.project.styles).text
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
            for known in self._page(path).statements:
                if known.statement:
                    name = snippet_name(known.statement.name)
                    shown.setdefault(name, set()).add(known.statement.digest)
        return shown


def _subjects(block: PageBlock, declared: DeclaredCheck) -> set[str]:
    """What a check of a page is evidence for: its block, and the statements that it proves besides."""
    return {block.snippet, *map(snippet_name, declared.proves)}
