"""The sentence that a statement stands in: a part of one, such as "is listed", says nothing elsewhere than there."""

from __future__ import annotations

import re

from docutils import nodes

__all__ = ["around", "sentence_of"]

#: Where a sentence ends: the stop of "0.54.0" is none. Abbreviations are taken for an end; then less is shown.
_END = re.compile(r"[.!?][\"')\]]?(?=\s|$)")


def around(statement: nodes.Element) -> tuple[str, str]:
    """What the sentence of a statement has before it and behind it, as words; "" where there is nothing.

    Call it before signs are put behind the statements.
    """
    siblings = list(statement.parent.children)
    place = siblings.index(statement)
    words = statement.astext().rstrip()
    before, behind = _text(siblings[:place]), _text(siblings[place + 1 :])
    ends = list(_END.finditer(before))
    before = before[ends[-1].end() :] if ends else before
    if any(end.end() == len(words) for end in _END.finditer(words)):
        return before.lstrip(), ""
    end = _END.search(behind)
    return before.lstrip(), (behind[: end.end()] if end else behind).rstrip()


def sentence_of(statement: nodes.Element) -> str:
    """The sentence that a statement is or stands in."""
    before, behind = around(statement)
    return f"{before}{' '.join(statement.astext().split())}{behind}"


def _text(siblings: list[nodes.Node]) -> str:
    return re.sub(r"\s+", " ", "".join(node.astext() for node in siblings))
