"""Holds every literal block of every page, and every statement, against the evidence. It warns at the end of every build."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sphinxext.tested_snippets.answer import Answer
from sphinxext.tested_snippets.answers import answer
from sphinxext.tested_snippets.blocks import current_test, declared_tests
from sphinxext.tested_snippets.domain import snippet_domain
from sphinxext.tested_snippets.evidence import Check, EvidenceError, digest
from sphinxext.tested_snippets.formats import UnreadableFormat, of_page
from sphinxext.tested_snippets.judgement import Judgement
from sphinxext.tested_snippets.literal_verdict import LiteralVerdict
from sphinxext.tested_snippets.records import PageRecord
from sphinxext.tested_snippets.source import Stamp, stamp_of
from sphinxext.tested_snippets.source_links import SourceLink
from sphinxext.tested_snippets.testcode import TestCode, split_node_id
from sphinxext.tested_snippets.verdict import ShownBlock, Verdict

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from sphinxext.tested_snippets.build import Build

__all__ = ["Audit"]

#: Pages are gone through one after the other; what all of them show would take much memory at once.
_MOST_RECORDS = 4


class Audit:
    """The evidence as it is during one build, and the tests as they are now.

    :ivar build: what it is the audit of.
    :ivar consulted: the files that were looked into besides the pages and what their blocks show, and the state
        that each was in before.
    :ivar judgement: the verdicts by the project's evidence.
    """

    def __init__(self, build: Build) -> None:
        self.build = build
        self.project = build.project
        self.consulted: dict[Path, Stamp] = {}
        self.judgement = self._judgement(build.evidence)
        self._others_judgements: dict[str, Judgement] = {}
        self._others: dict[
            str, Mapping[str, tuple[int, str]]
        ] = {}  # Pages that aren't of this build.
        self._records: dict[str, PageRecord] = {}
        self._answers: dict[str, list[Answer]] = {}

    @property
    def app(self) -> Sphinx:
        """The application that builds."""
        return self.build.app

    def consult(self, *files: Path) -> None:
        """Note that `files` are about to be looked into."""
        for file in files:
            if file not in self.consulted:
                self.consulted[file] = stamp_of(file)

    @property
    def errors(self) -> list[EvidenceError]:
        """What is wrong with files of the evidence."""
        return self.judgement.errors

    def record(self, docname: str) -> PageRecord:
        """What a page shows."""
        if docname not in self._records:
            if len(self._records) >= _MOST_RECORDS:
                self._records.clear()
            known = snippet_domain(self.app.env).record(docname)
            self._records[docname] = known or PageRecord()
        return self._records[docname]

    def verdicts(self, docname: str) -> list[Verdict]:
        """The verdicts on the blocks of a page, in their order."""
        return self.judgement.verdicts(docname)

    def on_statements(self, docname: str) -> list[Verdict]:
        """The verdicts on the statements of a page, in their order."""
        return self.judgement.on_statements(docname)

    def on_literals(self, docname: str) -> list[LiteralVerdict]:
        """What is known of the inline literals of a page, in their order."""
        return self.judgement.on_literals(docname)

    def judgement_by(self, folder: str) -> Judgement:
        """The judgement by the evidence of another `folder`, from that of ``conf.py``."""
        if folder not in self._others_judgements:
            path = Path(self.app.confdir) / folder
            self.consult(path, *path.glob("*.json"))
            self._others_judgements[folder] = self._judgement(path)
        return self._others_judgements[folder]

    def _judgement(self, folder: Path) -> Judgement:
        return Judgement(folder, self.record, self.path_of, self.digest_of)

    def path_of(self, docname: str) -> str:
        """The path of a page, or of a file with docstrings, from the project's root."""
        absolute = Path(docname).is_absolute()
        return self.project.relative(Path(docname if absolute else self.app.env.doc2path(docname)))

    @cached_property
    def pages(self) -> Sequence[str]:
        """The names of all pages, in alphabetical order."""
        return sorted(snippet_domain(self.app.env).pages)

    @cached_property
    def shown(self) -> Mapping[str, ShownBlock]:
        """The blocks of all pages by the names of their snippets; of several the first."""
        found: dict[str, ShownBlock] = {}
        for docname in self.pages:
            for block in self.record(docname).blocks:
                found.setdefault(block.snippet, block)
        return found

    def answers(self, docname: str) -> list[Answer]:
        """What a page gets for its requests, in their order."""
        if docname not in self._answers:
            requests = self.record(docname).requests
            self._answers[docname] = [answer(self, docname, request) for request in requests]
        return self._answers[docname]

    def links(self, docname: str) -> list[Sequence[SourceLink]]:
        """The links of each block of a page to its source on the code host."""
        blocks = self.record(docname).blocks
        return self.build.links.of_page(docname, blocks, snippet_domain(self.app.env))

    def outcomes(self) -> dict[str, str]:
        """For each page what changes with all that stands on it because of what is known."""
        return {
            docname: digest(
                repr(
                    (
                        self.verdicts(docname),
                        self.on_statements(docname),
                        self.answers(docname),
                        self.links(docname),
                    )
                )
            )
            for docname in self.pages
        }

    def proving(self) -> set[str]:
        """The files of all tests of what is shown."""
        return {
            split_node_id(finding.check.test)[0]
            for docname in self.pages
            for verdict in (*self.verdicts(docname), *self.on_statements(docname))
            for finding in verdict.findings
        }

    @property
    def claimed(self) -> Iterator[Check]:
        """A check of each statement that the evidence has."""
        return self.judgement.index.claimed

    def digest_of(self, test: str) -> str | None:
        """What a node id names now as the evidence has it, None for nothing."""
        code = self.find(test)
        return code.digest if code else None

    def find(self, test: str) -> TestCode | None:
        """What a node id names now, None for nothing."""
        path, _ = split_node_id(test)
        if not of_page(test):
            self.consult(self.project.root / path)
        return current_test(test, self.project, self.tests_of_page)

    @cached_property
    def _pages(self) -> Mapping[str, str]:
        return {self.path_of(name): name for name in snippet_domain(self.app.env).pages}

    def tests_of_page(self, path: str) -> Mapping[str, tuple[int, str]]:
        """The checks that a page declares: node id to the line of the block and the check's digest."""
        if path in self._pages:
            return self.record(self._pages[path]).tests
        if path not in self._others:
            file = self.project.root / path
            self.consult(file)
            try:
                self._others[path] = declared_tests(file, self.project)
            except UnreadableFormat:
                self._others[path] = {}
        return self._others[path]
