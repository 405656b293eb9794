"""Collects what a scanner finds on a page, whatever format the page is written in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sphinxext.tested_snippets.page import Block, Declared, Page, Problem, Role

__all__ = ["Collector"]

#: Deeper than this nobody writes, and docutils itself gives up.
_DEEPEST = 60


class Collector:
    """The blocks of a page in their order, each with the checks declared before it, and what is wrong.

    Lines are counted from 0 here, as scanners do, and from 1 in what is collected.
    """

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._problems: list[Problem] = []
        #: The checks that wait for their block.
        self._checks: list[Declared] = []

    def page(self, roles: Iterable[Role]) -> Page:
        """The page with what was found, at its end."""
        self.drop_checks("the page ends")
        problems = tuple(sorted(self._problems, key=lambda problem: problem.line))
        return Page(tuple(self._blocks), problems, tuple(roles))

    def declare(self, label: str, options: Mapping[str, str], setup: str, index: int) -> None:
        """Add a check of the next block."""
        self._checks.append(Declared(label, options, setup, index + 1))

    def add(
        self,
        kind: str,
        argument: str,
        options: Mapping[str, str],
        text: str | None,
        language: str,
        index: int,
        span: tuple[int, int],
        titles: Sequence[str],
    ) -> None:
        """Add a block, see :class:`Block`; `index` is its line, and `span` its offsets."""
        checks = tuple(self._checks)
        self._checks.clear()
        self._blocks.append(
            Block(kind, argument, options, text, language, index + 1, *span, tuple(titles), checks)
        )

    def add_block(self, block: Block) -> None:
        """Add a block that another scanner has found within this page."""
        checks = (*self._checks, *block.checks)
        self._checks.clear()
        self._blocks.append(block._replace(checks=checks))

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Add what another scanner has found wrong within this page."""
        self._problems += problems

    def begin_section(self, title: str) -> None:
        """No check is for a block of another section."""
        self.drop_checks(f"the section {title!r} begins")

    def drop_checks(self, where: str) -> None:
        """Report the checks that still wait for their block."""
        for check in self._checks:
            self._note(
                check.line,
                f"this snippet-check declares a check of the next block, but {where} before one comes. Move it "
                "directly before the block it is for, or remove it.",
            )
        self._checks.clear()

    def refuse(self, index: int, name: str, reason: object) -> None:
        """Report a directive that shows nothing, and for which no check can be meant."""
        self._checks.clear()
        self._note(index + 1, f"Sphinx refuses this {name!r} directive: {reason}. Correct it.")

    def is_too_deep(self, index: int, depth: int) -> bool:
        """Whether what stands on a line is nested so deeply that it is not read, which is reported."""
        if depth > _DEEPEST:
            self._note(index + 1, "nested too deeply to be read; use fewer levels")
        return depth > _DEEPEST

    def _note(self, line: int, message: str) -> None:
        self._problems.append(Problem(line, message))
