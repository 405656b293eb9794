"""What is known about a block: the evidence held against the block and its tests as they are now. Pure."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sphinxext.tested_snippets.evidence import Check, Environment, Evidence, digest
from sphinxext.tested_snippets.literals import record_name
from sphinxext.tested_snippets.phrase import Phrase, to_say
from sphinxext.tested_snippets.statement import is_statement, snippet_name

__all__ = [
    "Finding",
    "Index",
    "ShownBlock",
    "ShownStatement",
    "State",
    "Verdict",
    "judge",
    "judge_statement",
]


class State(enum.Enum):
    """The state of a block. The value is the subtype of its warning, and part of its CSS class."""

    VERIFIED = "verified"
    FAILING = "failing"
    STALE = "stale"
    NEVER_RUN = "never_run"
    WAIVED = "waived"
    #: The parsers that run pages don't see the block, and nothing else ran its text.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ShownBlock:
    """A literal block as it stands on a built page.

    :param snippet: ``path::name``.
    :param digest: digest of its text, hidden lines included.
    :param waived: why it is not run, or None.
    :param checks: what the page declares for it, as node ids.
    :param explicit: whether that was declared, not just taken for granted.
    :param seen: whether the parsers that run pages see it with the same text.
    :param hidden: how many lines of its text the page doesn't show.
    :param file: the Python file that `line` is in, for a block in a docstring; "" for one of the page.
    :param section: the titles of the sections that it stands in, without the page's own.
    """

    line: int
    snippet: str
    digest: str
    waived: str | None = None
    checks: tuple[str, ...] = ()
    explicit: bool = False
    seen: bool = True
    hidden: int = 0
    file: str = ""
    section: str = ""


@dataclass(frozen=True)
class ShownStatement:
    """A statement as it stands on a built page.

    :param words: what the reader sees, before any translation.
    :param name: the id of its check, "" where it has none.
    :param reason: why it can't be checked, or None.
    :param seen: whether the parsers that pytest uses see it with the same words.
    :param file: as for blocks.
    :param sentence: the sentence of the page that it is or stands in, in the language of the page.
    """

    line: int
    words: str
    name: str = ""
    reason: str | None = None
    seen: bool = True
    file: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Finding:
    """A recorded check of a block or a statement.

    :param outdated: why it doesn't hold any more, in words to be translated, or None where it does.
    :param own: whether the page declares it for this block; others are tests of the snippet, which may
        try it under conditions of their own.
    """

    environment: Environment
    check: Check
    outdated: str | None = None
    own: bool = False


@dataclass(frozen=True)
class Verdict:
    """The state of a block, the reason where there is one, and the checks behind it."""

    state: State
    reason: Phrase | None = None
    findings: tuple[Finding, ...] = ()


class Index:
    """Evidence of all environments, by the text and by the name of snippets."""

    def __init__(self, evidence: Iterable[Evidence]) -> None:
        self.by_digest: dict[str, list[tuple[Environment, Check]]] = defaultdict(list)
        self.by_snippet: dict[str, list[Check]] = defaultdict(list)
        self._ran: dict[str, list[tuple[Environment, Check]]] = defaultdict(list)
        self._of_statement: dict[tuple[str, str], list[tuple[Environment, Check]]] = defaultdict(
            list
        )
        self._of_literals: dict[str, list[Check]] = defaultdict(list)
        for record in evidence:
            for key in sorted(record.checks):
                check, ran = record.checks[key], (record.environment, record.checks[key])
                if check.literals:
                    self._of_literals[check.snippet].append(check)
                    continue
                self.by_snippet[check.snippet].append(check)
                self._ran[check.snippet].append(ran)
                if is_statement(check.snippet):
                    self._of_statement[check.snippet, check.text_digest].append(ran)
                else:
                    self.by_digest[check.text_digest].append(ran)

    def of_statement(self, snippet: str, words: str) -> list[tuple[Environment, Check]]:
        """The checks of a statement that had these words."""
        return self._of_statement.get((snippet, digest(words)), [])

    def of_literals(self, page: str) -> Sequence[Check]:
        """The checks of the inline literals of the page of this path, one for each environment."""
        return self._of_literals.get(record_name(page), [])

    def former(self, snippet: str) -> Iterator[Finding]:
        """The checks of a snippet by its name, as those of a text that it has no more."""
        return (Finding(*ran, outdated=_TEXT) for ran in self._ran.get(snippet, ()))

    @property
    def claimed(self) -> Iterator[Check]:
        """A check of each statement that is claimed by a test."""
        return (found[0] for name, found in self.by_snippet.items() if is_statement(name))


#: Gives the digest of a test as it is now by its node id, None where there is no such test any more.
DigestOf = Callable[[str], "str | None"]


def judge(block: ShownBlock, index: Index, digest_of: DigestOf) -> Verdict:
    """The verdict on `block`."""
    if block.waived is not None:
        return Verdict(State.WAIVED, _as_written(block.waived))
    return _judge(block, index.by_digest.get(block.digest, []), index, digest_of)


def judge_statement(statement: ShownStatement, index: Index, digest_of: DigestOf) -> Verdict:
    """The verdict on `statement`; one that can't be checked is waived."""
    if statement.reason is not None:
        return Verdict(State.WAIVED, _as_written(statement.reason))
    name, words = snippet_name(statement.name), statement.words
    block = ShownBlock(statement.line, name, digest(words), seen=statement.seen)
    return _judge(block, index.of_statement(name, words), index, digest_of)


def _judge(
    block: ShownBlock,
    recorded: Sequence[tuple[Environment, Check]],
    index: Index,
    digest_of: DigestOf,
) -> Verdict:
    if not recorded:
        return _without_evidence(block, index)
    findings = tuple(_find(env, check, block, digest_of) for env, check in recorded)
    # In the order in which the page declares them: a reader finds the same side first below each block.
    order = {test: number for number, test in enumerate(block.checks)}
    findings = tuple(sorted(findings, key=lambda f: order.get(f.check.test, len(order))))
    missing = _not_recorded(block, findings)
    holding = [finding for finding in findings if finding.outdated is None]
    failed = [finding.check for finding in holding if not finding.check.passed]
    changed = [finding for finding in findings if finding.outdated == _CHANGED]
    if failed:
        return Verdict(
            State.FAILING,
            Phrase("{test}: {observed}", {"test": failed[0].test, "observed": failed[0].observed}),
            findings,
        )
    if changed:
        words = to_say("the test {test} changed since it ran")
        return Verdict(State.STALE, Phrase(words, {"test": changed[0].check.test}), findings)
    if missing:
        words = to_say("the check {check} has not run yet")
        return Verdict(State.STALE, Phrase(words, {"check": missing[0]}), findings)
    if not holding:
        words = to_say("the test {test} does not exist any more")
        return Verdict(State.STALE, Phrase(words, {"test": findings[0].check.test}), findings)
    return Verdict(State.VERIFIED, None, findings)


_CHANGED = to_say("changed since it ran")
_TEXT = to_say("its text changed since")
_GONE = to_say("does not exist any more")


def _as_written(reason: str) -> Phrase:
    return Phrase("{reason}", {"reason": reason})


def _find(
    environment: Environment, check: Check, block: ShownBlock, digest_of: DigestOf
) -> Finding:
    now = digest_of(check.test)
    outdated = None if now == check.test_digest else _CHANGED
    own = check.test in block.checks
    return Finding(environment, check, _GONE if now is None else outdated, own)


def _without_evidence(block: ShownBlock, index: Index) -> Verdict:
    former = index.by_snippet.get(block.snippet)
    if former:
        words = to_say("its text changed since {test} ran it")
        return Verdict(State.STALE, Phrase(words, {"test": former[0].test}))
    if not block.seen:
        return Verdict(State.UNKNOWN, Phrase(to_say("the parsers that run pages don't find it")))
    if is_statement(block.snippet):
        return Verdict(State.NEVER_RUN, Phrase(to_say("no test has proven it")))
    return Verdict(State.NEVER_RUN, Phrase(to_say("no check has run it")))


def _not_recorded(block: ShownBlock, findings: Iterable[Finding]) -> list[str]:
    """The checks declared for the block that the evidence doesn't have."""
    if not block.explicit:
        return []
    recorded = {finding.check.test for finding in findings}
    return [test for test in block.checks if test not in recorded]
