"""A file that regions are cut from, read and indexed once."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Optional

from sphinxext.tested_snippets.phrase import ended

__all__ = ["UTF_8", "RegionError", "Source", "Stamp", "forget_files", "stamp_of"]

#: How files are read unless the page or ``conf.py`` says otherwise, as Sphinx does: a byte order mark is no text.
UTF_8 = "utf-8-sig"

#: Differs whenever a file was written, whatever its timestamp says; see :func:`stamp_of`.
Stamp = Optional[tuple[int, ...]]


def stamp_of(path: Path | str) -> Stamp:
    """What tells a state of a file from others without reading it; None when there is no such file.

    The time of the last change of the file's entry (ctime) can't be set, as that of its content can.
    """
    try:
        state = os.stat(path)  # noqa: PTH116 - asked for each block, and a Path takes longer to make
    except OSError:
        return None
    return (state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)


class RegionError(Exception):
    """A region that cannot be cut as the page asks.

    ``str()`` reads ``FILE:LINE: what was found. What to do.``; :attr:`line` is 1-based, or None where the
    defect has no line of its own, such as a marker that is nowhere in the file.
    """

    def __init__(self, path: str, line: int | None, found: str, remedy: str) -> None:
        where = path if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {ended(found)} {remedy}.")
        self.path = path
        self.line = line


@dataclass(frozen=True)
class Source:
    """A file, read once. `lines` keep their line ends, split as :meth:`str.splitlines` does.

    `memory` is for what others find out about the file, so that they look once.
    """

    path: str
    text: str
    lines: Sequence[str]
    offsets: Sequence[int]
    memory: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_text(cls, path: str, text: str) -> Source:
        """Index `text`; `path` is what errors call it."""
        lines = text.splitlines(True)
        # Not a list: of a large file its numbers would take as much memory as the text.
        offsets, position = array("Q"), 0
        for line in lines:
            offsets.append(position)
            position += len(line)
        return cls(path, text, lines, offsets)

    @classmethod
    def read(
        cls,
        path: Path,
        name: str,
        encoding: str = UTF_8,
        tab_width: int | None = None,
        stamp: Stamp = None,
    ) -> Source:
        """Read `path`, from memory when it is the file that was read before.

        :param name: what errors call the file, for instance its path from the project's root.
        :param tab_width: columns a tab is expanded to, as ``:tab-width:``; None leaves tabs.
        :param stamp: its stamp, where that is known already.
        :raises RegionError: the file is missing, unreadable or not of that encoding.
        """
        try:
            return _read(path, name, encoding, tab_width, stamp or stamp_of(path))
        except (OSError, LookupError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise RegionError(
                name, None, f"cannot be read ({reason})", "Correct the path or encoding"
            ) from None
        except UnicodeError as error:
            raise RegionError(
                name,
                None,
                f"is not {'UTF-8' if encoding == UTF_8 else encoding} ({error})",
                "Save it as UTF-8, or show it with literalinclude and name its encoding with :encoding:",
            ) from None

    def lines_with(self, marker: str, first: int, stop: int) -> Iterator[int]:
        """The indexes from `first` to before `stop` of the lines that have `marker`, found as stock does."""
        if not marker or marker.splitlines() != [marker]:
            return
        index = first
        while index < stop:
            position = self.text.find(marker, self.offsets[index])
            if position == -1:
                return
            index = self.line_at(position)
            if index < stop:
                yield index
            index += 1

    def line_at(self, offset: int) -> int:
        """The index of the line in which the character at `offset` stands."""
        return bisect_right(self.offsets, offset) - 1


@lru_cache(maxsize=256)
def _read(path: Path, name: str, encoding: str, tab_width: int | None, stamp: Stamp) -> Source:
    with path.open(encoding=encoding) as file:
        text = file.read()
    return Source.from_text(name, text if tab_width is None else text.expandtabs(tab_width))


def forget_files(*_: Any) -> None:
    """Give back the memory of the files that were read, when all pages have been (event ``env-updated``)."""
    _read.cache_clear()
