"""The evidence of one folder, held against the pages of a build."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from sphinxext.tested_snippets.evidence import Evidence, EvidenceError, load_all
from sphinxext.tested_snippets.literal_verdict import LiteralVerdict, judge_literals
from sphinxext.tested_snippets.records import PageRecord
from sphinxext.tested_snippets.verdict import DigestOf, Index, Verdict, judge, judge_statement

__all__ = ["Judgement"]


class Judgement:
    """Verdicts on blocks and statements by the evidence in `folder`.

    :param record_of: gives what a page shows.
    :param path_of: gives the path of a page from the project's root.
    :param digest_of: gives what a test is now.
    """

    def __init__(
        self,
        folder: Path,
        record_of: Callable[[str], PageRecord],
        path_of: Callable[[str], str],
        digest_of: DigestOf,
    ) -> None:
        self.folder = folder
        self._record_of = record_of
        self._path_of = path_of
        self._digest_of = digest_of
        self._on_blocks: dict[str, list[Verdict]] = {}
        self._on_statements: dict[str, list[Verdict]] = {}
        self._on_literals: dict[str, list[LiteralVerdict]] = {}

    @cached_property
    def _evidence(self) -> tuple[list[Evidence], list[EvidenceError]]:
        # Read when it is first needed: a build that changes nothing does without.
        return load_all(self.folder)

    @cached_property
    def index(self) -> Index:
        """The evidence, by snippets and texts."""
        return Index(self.records)

    @property
    def records(self) -> list[Evidence]:
        """The evidence, by environments."""
        return self._evidence[0]

    @property
    def errors(self) -> list[EvidenceError]:
        """What is wrong with files of the evidence."""
        return self._evidence[1]

    def verdicts(self, docname: str) -> list[Verdict]:
        """The verdicts on the blocks of a page, in their order."""
        if docname not in self._on_blocks:
            blocks, index = self._record_of(docname).blocks, self.index
            self._on_blocks[docname] = [judge(block, index, self._digest_of) for block in blocks]
        return self._on_blocks[docname]

    def on_statements(self, docname: str) -> list[Verdict]:
        """The verdicts on the statements of a page, in their order."""
        if docname not in self._on_statements:
            statements, index = self._record_of(docname).statements, self.index
            self._on_statements[docname] = [
                judge_statement(statement, index, self._digest_of) for statement in statements
            ]
        return self._on_statements[docname]

    def on_literals(self, docname: str) -> list[LiteralVerdict]:
        """What is known of the inline literals of a page, in their order."""
        if docname not in self._on_literals:
            literals = self._record_of(docname).literals
            checks = self.index.of_literals(self._path_of(docname)) if literals else ()
            self._on_literals[docname] = judge_literals(literals, checks)
        return self._on_literals[docname]
