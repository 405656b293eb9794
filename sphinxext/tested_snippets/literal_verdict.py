"""What is known of the inline literals of a page: the evidence held against the page as it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sphinxext.tested_snippets.evidence import Check
from sphinxext.tested_snippets.resolution import Resolution

__all__ = ["LiteralVerdict", "ShownLiteral", "judge_literals"]


@dataclass(frozen=True)
class ShownLiteral:
    """An inline literal as it stands on a built page.

    :param text: what the reader sees, white space collapsed.
    :param seen: whether the parsers that pytest uses see it.
    """

    line: int
    text: str
    seen: bool = True


@dataclass(frozen=True)
class LiteralVerdict:
    """What is known of a literal.

    :param state: that of a :class:`Resolution`; ``stale`` for a literal that is new on a page that was looked
        up; ``never_run`` on a page that was not.
    """

    state: str
    said: str = ""


def judge_literals(
    literals: Sequence[ShownLiteral], checks: Sequence[Check]
) -> list[LiteralVerdict]:
    """The verdict on each of the `literals` of a page, which `checks` looked up, one for each environment."""
    known: dict[str, Resolution] = {}
    for check in checks:
        for one in check.literals:
            # What is wrong somewhere is wrong, and what nobody could judge is fine nowhere.
            if one.text not in known or _WORST[one.state] > _WORST[known[one.text].state]:
                known[one.text] = one
    return [_judge(literal, known, bool(checks)) for literal in literals]


_WORST = {"resolved": 0, "not_judged": 1, "not_found": 2}


def _judge(
    literal: ShownLiteral, known: Mapping[str, Resolution], looked_up: bool
) -> LiteralVerdict:
    found = known.get(literal.text)
    if found:
        return LiteralVerdict(found.state, found.said)
    if not literal.seen:
        return LiteralVerdict("not_judged", _UNSEEN)
    return LiteralVerdict("stale" if looked_up else "never_run")


_UNSEEN = (
    "not in the text of the page that pytest reads: included, made by a directive, or in a caption"
)
