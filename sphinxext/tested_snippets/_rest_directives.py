"""The parts of a reStructuredText directive, told apart by docutils' rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sphinxext.tested_snippets._rest_lines import (
    Line,
    indented,
    is_indented,
    joined,
    trimmed,
)

#: ``:name:`` at the beginning of a line. A colon inside the name is escaped, or followed by text.
FIELD = re.compile(r":(?![: ])(?:[^:\\]|\\.|:(?![ `]|$))*(?<! ):(?: +|$)")


class Shape(NamedTuple):
    """What a directive takes."""

    #: ``"none"``, ``"word"`` (one, optional), ``"text"`` (any, optional) or ``"unknown"``.
    argument: str = "none"
    required: bool = False
    #: ``"none"``, ``"optional"`` or ``"required"``.
    content: str = "optional"


class Malformed(Exception):
    """docutils would refuse the directive; the message says why."""


@dataclass(frozen=True)
class Directive:
    """A directive taken apart."""

    argument: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    content: list[Line] = field(default_factory=list)


def take_apart(block: list[Line], shape: Shape) -> Directive:
    """Tell argument, options and content apart in `block`, the text behind the ``::``.

    :raises Malformed: where docutils reports an error instead of running a directive of `shape`.
    """
    same_line = bool(block and block[0].text)
    block = block if same_line else block[1:]
    head = 0
    while head < len(block) and block[head].text.strip():
        head += 1
    at = next((i for i, line in enumerate(block[:head]) if FIELD.match(line.text)), head)
    options = _options(block[at:head])
    argument, content = block[:at], block[head:]
    if shape.argument == "none" or (shape.argument == "unknown" and not same_line):
        argument, content = [], argument + content
    text, content = joined(argument).strip(), trimmed(content)
    _check(text, content, shape)
    return Directive(text, options, content)


def _check(argument: str, content: Sequence[Line], shape: Shape) -> None:
    if shape.required and not argument:
        raise Malformed("it lacks its argument")
    if shape.argument == "word" and len(argument.split()) > 1:
        raise Malformed("it takes one word as its argument; is a blank line missing behind it?")
    if shape.content == "none" and content:
        raise Malformed("it takes no content")
    if shape.content == "required" and not content:
        raise Malformed("it has no content")


def _options(lines: list[Line]) -> dict[str, str]:
    options: dict[str, str] = {}
    at = 0
    while at < len(lines):
        marker = FIELD.match(lines[at].text)
        if not marker:
            raise Malformed(f"its options are broken by the line {lines[at].text.strip()!r}")
        name = marker.group().rstrip()[1:-1].lower()
        if len(name.split()) != 1:
            raise Malformed(f"the option name {name!r} is not one word")
        if name in options:
            raise Malformed(f"it has the option :{name}: twice")
        first = marker.end()
        if is_indented(lines, at + 1):
            value, at = indented(lines, at, first=first)
            options[name] = joined(value).strip()
        else:
            options[name], at = lines[at].text[first:].strip(), at + 1
    return options


def dedented(content: Sequence[Line], width: str | None) -> str:
    """The text of a ``code-block`` with the option ``:dedent:`` as written, ``None`` without it.

    :raises Malformed: for a width that is not a number from 0 on.
    """
    if width is None:
        return joined(content)
    if width and not re.fullmatch(r"\+?[0-9]{1,9}", width.strip()):
        raise Malformed(f":dedent: takes a number of columns, not {width!r}")
    margins = (len(line.text) - len(line.text.lstrip(" ")) for line in content if line.text)
    columns = int(width) if width else min(margins, default=0)
    return "\n".join(line.text[columns:] for line in content)


def without_doctest_flags(content: Sequence[Line], trim: bool) -> str:
    """What ``sphinx.ext.doctest`` shows of a ``doctest`` directive.

    ``<BLANKLINE>`` goes, with the white space and blank lines before it; so do ``# doctest:``
    comments if `trim`.
    """
    shown: list[str] = []
    for line in content:
        text = line.text
        if text.lstrip().startswith("<BLANKLINE>"):
            while shown and not shown[-1].strip():
                shown.pop()
            text = text.lstrip()[len("<BLANKLINE>") :]
        flag = re.search(r"#\s*doctest:.", text) if trim else None
        shown.append(text[: flag.start()].rstrip(" \t") if flag else text)
    return "\n".join(shown)
