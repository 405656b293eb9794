"""The markers between which a region stands: as a page writes them, and as a project writes them."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["DEFAULT_STYLE", "MarkerStyle", "Markers", "family", "region_name"]

_NAME = r"[^\W\d][\w.-]*"
_TOKENS = re.compile(r"[^\W_]+|[\W_]+")


@dataclass(frozen=True)
class Markers:
    """Where a region starts and ends, in the terms of ``literalinclude``.

    :param start: text that the first line has, or None for the first line of the file.
    :param end: text that the last line has, or None for the last line of the file.
    :param start_included: ``:start-at:`` (True) or ``:start-after:`` (False).
    :param end_included: ``:end-at:`` (True) or ``:end-before:`` (False).
    """

    start: str | None = None
    end: str | None = None
    start_included: bool = False
    end_included: bool = False


@dataclass(frozen=True)
class MarkerStyle:
    """How a project marks its snippets, so that a name is enough to find one.

    :param start: the text of a start marker with ``{name}`` in it.
    :param end: the text of an end marker; it may have ``{name}`` too.
    """

    start: str = "def {name}("
    end: str = "# </snippet>"

    def start_pattern(self, name: str | None = None) -> re.Pattern[str]:
        """The pattern a start line matches; its group ``name`` is the snippet's name.

        ``{name}`` and the word before it match whole words only: ``def run(`` is not in ``def rerun(``.
        """
        before, _, after = self.start.partition("{name}")
        wanted = _NAME if name is None else re.escape(name)
        left = r"(?<!\w)" if before[:1].isalnum() or not before else ""
        return re.compile(f"{left}{re.escape(before)}(?P<name>{wanted}){_right(after)}")

    def end_for(self, name: str) -> str:
        """The end marker of the snippet `name`."""
        return self.end.replace("{name}", name)

    def name_of(self, start: str) -> str | None:
        """The name in a start marker as a page writes it, or None when it is of another style.

        A page may write less than the style has: ``def NAME`` is read as ``def NAME(`` is.
        """
        before, _, _ = self.start.partition("{name}")
        match = re.search(f"{re.escape(before)}(?P<name>{_NAME})", start)
        return match["name"] if match else None


def _right(after: str) -> str:
    return re.escape(after) if after else r"(?![\w-])"


DEFAULT_STYLE = MarkerStyle()


@lru_cache(maxsize=1024)
def family(start: str, end: str, style: MarkerStyle) -> re.Pattern[str] | None:
    """The markers of the same dialect for other names: ``[START b]``, ``[END b]`` for ``[START a]``.

    The dialect is the project's own, or is recognised by the name that both markers carry; without either
    there is nothing to go by, and None is returned.
    """
    if style.name_of(start):
        return style.start_pattern()
    name = _shared_name(start, end)
    if name is None:
        return None
    patterns = []
    for marker in (start, end):
        before, _, after = marker.rpartition(name)
        patterns.append(re.escape(before) + _NAME + (re.escape(after) or r"(?![\w.-])"))
    return re.compile("|".join(patterns))


def region_name(markers: Markers, style: MarkerStyle) -> str | None:
    """The name that the markers of a region carry, or None where they carry none."""
    if not markers.start:
        return None
    return style.name_of(markers.start) or _shared_name(markers.start, markers.end or "")


def _shared_name(start: str, end: str) -> str | None:
    """The last run of words that stands in both markers: ``a`` in ``[START a]`` and ``[END a]``."""
    tokens, others = _TOKENS.findall(start), _TOKENS.findall(end)
    blocks = difflib.SequenceMatcher(None, tokens, others, autojunk=False).get_matching_blocks()
    shared = ["".join(tokens[block.a : block.a + block.size]) for block in blocks]
    names = [
        match[0] for text in shared for match in [re.search(r"[^\W_](?:.*[^\W_])?", text)] if match
    ]
    return names[-1] if names and start != end else None
