"""What is known about a block: the evidence held against the block and its tests as they are now. Pure."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sphinxext.tested_snippets.evidence import Check, Environment, Evidence

__all__ = ["Finding", "Index", "ShownBlock", "State", "Verdict", "judge"]


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
    :param digest: digest of its text.
    :param waived: why it is not run, or None.
    :param checks: what the page declares for it, as node ids.
    :param explicit: whether that was declared, not just taken for granted.
    :param seen: whether the parsers that run pages see it with the same text.
    """

    line: int
    snippet: str
    digest: str
    waived: str | None = None
    checks: tuple[str, ...] = ()
    explicit: bool = False
    seen: bool = True


@dataclass(frozen=True)
class Finding:
    """A recorded check of a block.

    :param outdated: why it doesn't hold any more, or None where it does.
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
    reason: str = ""
    findings: tuple[Finding, ...] = ()


class Index:
    """Evidence of all environments, by the text and by the name of snippets."""

    def __init__(self, evidence: Iterable[Evidence]) -> None:
        self.by_digest: dict[str, list[tuple[Environment, Check]]] = defaultdict(list)
        self.by_snippet: dict[str, list[Check]] = defaultdict(list)
        for record in evidence:
            for key in sorted(record.checks):
                check = record.checks[key]
                self.by_digest[check.text_digest].append((record.environment, check))
                self.by_snippet[check.snippet].append(check)


#: Gives the digest of a test as it is now by its node id, None where there is no such test any more.
DigestOf = Callable[[str], "str | None"]


def judge(block: ShownBlock, index: Index, digest_of: DigestOf) -> Verdict:
    """The verdict on `block`."""
    if block.waived is not None:
        return Verdict(State.WAIVED, block.waived)
    recorded = index.by_digest.get(block.digest, [])
    if not recorded:
        return _without_evidence(block, index)
    findings = tuple(_find(env, check, block, digest_of) for env, check in recorded)
    missing = _not_recorded(block, findings)
    holding = [finding for finding in findings if finding.outdated is None]
    failed = [finding.check for finding in holding if not finding.check.passed]
    changed = [finding for finding in findings if finding.outdated == _CHANGED]
    if failed:
        return Verdict(State.FAILING, f"{failed[0].test}: {failed[0].observed}", findings)
    if changed:
        return Verdict(State.STALE, f"the test {changed[0].check.test} {_CHANGED}", findings)
    if missing:
        return Verdict(State.STALE, f"the check {missing[0]} has not run yet", findings)
    if not holding:
        return Verdict(State.STALE, f"the test {findings[0].check.test} {_GONE}", findings)
    return Verdict(State.VERIFIED, "", findings)


_CHANGED = "changed since it ran"
_GONE = "does not exist any more"


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
        return Verdict(State.STALE, f"its text changed since {former[0].test} ran it")
    if not block.seen:
        return Verdict(State.UNKNOWN, "the parsers that run pages don't find it")
    return Verdict(State.NEVER_RUN, "no check has run it")


def _not_recorded(block: ShownBlock, findings: Iterable[Finding]) -> list[str]:
    """The checks declared for the block that the evidence doesn't have."""
    if not block.explicit:
        return []
    recorded = {finding.check.test for finding in findings}
    return [test for test in block.checks if test not in recorded]
