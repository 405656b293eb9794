"""Finds roles and literals in the running text of a reStructuredText page, by docutils' rules for inline markup."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from sphinxext.tested_snippets._rest_lines import Line
from sphinxext.tested_snippets.page import Role

__all__ = ["find_roles", "may_have"]


def find_roles(lines: Sequence[Line], names: Collection[str]) -> Iterator[Role]:
    """The roles called `names` in `lines`, in their order; no paragraph goes on behind a blank line.

    Double backquotes are the role ``literal``.
    """
    begin = 0
    for at in range(len(lines) + 1):
        if at == len(lines) or not lines[at].text.strip():
            if may_have(lines[begin:at], names):
                yield from _in_paragraph(lines[begin:at], names)
            begin = at + 1


def may_have(lines: Sequence[Line], names: Collection[str]) -> bool:
    """Whether it is worth looking for the roles called `names` in `lines`."""
    forms = [f"{name}:`" for name in names] + (["``"] if "literal" in names else [])
    return any(form in line.text.lower() for line in lines for form in forms)


def _in_paragraph(lines: Sequence[Line], names: Collection[str]) -> Iterator[Role]:
    text = "\n".join(line.text for line in lines)
    # As docutils has it: a backslash becomes a NUL before the character that it escapes.
    rest, gone = re.sub(r"\\(.)", "\0\\1", text, flags=re.DOTALL), 0
    patterns = _patterns()
    while True:
        start = patterns.start.search(rest)
        if start is None:
            return
        behind = start.end()
        kind = start["start"] or "`"
        end = None if _is_quoted(rest, start) else patterns.ends[kind].search(rest, behind)
        if end and end.start() > behind:
            role = "literal" if kind == "``" else (start["role"] or "").lower()
            if role in names and not end["suffix"]:
                line = lines[text.count("\n", 0, gone + start.start("whole"))]
                yield Role(role, _unescaped(rest[behind : end.start()], kind), line.number + 1)
            behind = end.end()
        # As in docutils, what comes next begins like a paragraph.
        rest, gone = rest[behind:], gone + behind


def _unescaped(text: str, kind: str) -> str:
    """The text of a role; in double backquotes nothing is escaped."""
    return text.replace("\0", "\\") if kind == "``" else re.sub("\0[ \n]?", "", text)


class _Patterns(NamedTuple):
    start: re.Pattern[str]
    #: What ends what has been started, by its start-string.
    ends: dict[str, re.Pattern[str]]


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    # Few pages have roles of ours, and the others shall do without docutils.
    from docutils.utils import punctuation_chars as chars  # noqa: PLC0415

    before = rf"(?:^|(?<=\s|[{chars.openers}{chars.delimiters}]))"
    after = rf"(?:$|(?=\s|[\0{chars.closing_delimiters}{chars.delimiters}{chars.closers}]))"
    start = (
        rf"{before}(?P<whole>(?P<start>\*\*|\*(?!\*)|``|_`|\|(?!\|))"
        r"|(?::(?P<role>[\w.+-]+(?::[\w.+-]+)*):)?`(?!`))(?!\s)"
    )
    unescaped = r"(?<!(?<!\0)[\s\0])"
    ends = {
        "**": rf"{unescaped}\*\*(?P<suffix>){after}",
        "*": rf"{unescaped}\*(?P<suffix>){after}",
        "``": rf"(?<!\s)``(?P<suffix>){after}",
        "_`": rf"{unescaped}`(?P<suffix>){after}",
        "|": rf"{unescaped}\|_{{0,2}}(?P<suffix>){after}",
        "`": rf"{unescaped}`(?P<suffix>(?::[\w.+:-]+:)?(?:__?)?){after}",
    }
    return _Patterns(re.compile(start), {key: re.compile(end) for key, end in ends.items()})


def _is_quoted(text: str, start: re.Match[str]) -> bool:
    """Whether a start-string stands between matching quotes, as in "*", and so starts nothing."""
    from docutils.utils.punctuation_chars import match_chars  # noqa: PLC0415 - as above

    first, behind = start.start("whole"), start.end()
    if start["role"] or first == 0:
        return False
    return behind == len(text) or bool(match_chars(text[first - 1], text[behind]))
