"""What a page asks of the evidence, and what it gets: pure values, so that a changed answer can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

__all__ = ["Answer", "Cell", "Code", "Defect", "Request", "Table", "Words"]


@dataclass(frozen=True)
class Request:
    """A directive whose content is known when all pages have been read.

    :param kind: the directive's name.
    :param line: its line on the page.
    :param options: as written, by name.
    """

    kind: str
    line: int
    argument: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Code:
    """A literal block that nobody judges, because it was made of what was judged."""

    text: str
    language: str


@dataclass(frozen=True)
class Cell:
    """A cell of a table, a paragraph for each line of `text`; `literal` says whether it is code.

    `page` is the name of the page that it leads to, there to `anchor` where the format has such. `strong` is the part of
    the text that is meant, where that is not all of it.
    """

    text: str
    page: str | None = None
    literal: bool = False
    anchor: str = ""
    strong: str = ""


@dataclass(frozen=True)
class Table:
    """A table whose first column says what each row is about."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Defect:
    """Why there is no answer; `subtype` is that of the warning."""

    subtype: str
    message: str


#: The parts of an answer stand below each other.
Answer = tuple[Union[Words, Code, Table, Defect], ...]
