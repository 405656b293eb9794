"""How a project marks its snippets, so that a name is enough to find one.

A style is written as text, the same for Sphinx and for pytest::

    def {name}( => # </snippet>
    [START {name}] => [END {name}]
    /@snippet (?P<name>[a-z]+)/ => /@end/

Where the start of a well-known style is written alone, its end is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

__all__ = [
    "DEFAULT_STYLE",
    "DEFAULT_STYLES",
    "KNOWN_STYLES",
    "NAME",
    "STYLE_FORM",
    "MarkerStyle",
    "Styles",
    "end_pattern",
    "fixed_text",
    "read_styles",
    "start_pattern",
]

#: What a name is made of.
NAME = r"\w[\w.-]*"

#: What messages say a setting should have been.
STYLE_FORM = (
    "two texts: a start marker with {name} in it and an end marker; or styles like "
    "'[START {name}] => [END {name}]', whose two sides may be regular expressions between slashes, the "
    "first with a group (?P<name>...)"
)
_ARROW = " => "


@dataclass(frozen=True)
class MarkerStyle:
    """How a project marks its snippets.

    :param start: the text of a start marker with ``{name}`` in it, or ``/REGEX/`` with a group ``name``.
    :param end: the text of an end marker or ``/REGEX/``; it may have the name too.
    """

    start: str = "def {name}("
    end: str = "# </snippet>"

    @property
    def end_is_named(self) -> bool:
        """Whether end markers carry the name: then regions may nest and be taken up again."""
        return "name" in end_pattern(self).groupindex

    @property
    def end_is_regex(self) -> bool:
        """Whether end markers are found by a regular expression, not as a text."""
        return _regex(self.end) is not None

    def start_for(self, name: str) -> str:
        """The start marker of the snippet `name`, for messages."""
        return _marker_for(self.start, name)

    def end_for(self, name: str) -> str:
        """The end marker of the snippet `name`, for messages."""
        return _marker_for(self.end, name)

    def name_of(self, start: str) -> str | None:
        """The name in a start marker as a page writes it, or None when it is of another style.

        A page may write less than the style has: ``def NAME`` is read as ``def NAME(`` is.
        """
        match = start_pattern(self).search(start)
        if match is None and _regex(self.start) is None:
            before, _, _ = self.start.partition("{name}")
            if re.search(r"[^\W_]", before):  # Else any word would be one.
                match = re.search(f"{re.escape(before)}(?P<name>{NAME})", start)
        return match["name"] if match else None


#: The styles of a project, all of which hold in all of its files.
Styles = tuple[MarkerStyle, ...]

DEFAULT_STYLE = MarkerStyle()
DEFAULT_STYLES: Styles = (DEFAULT_STYLE,)

#: Those whose start is enough to write.
KNOWN_STYLES: Styles = (
    DEFAULT_STYLE,
    MarkerStyle("[START {name}]", "[END {name}]"),
    MarkerStyle("__{name}_begin__", "__{name}_end__"),
    MarkerStyle("tag::{name}[]", "end::{name}[]"),
)
_KNOWN = {style.start: style for style in KNOWN_STYLES}


def _regex(marker: str) -> str | None:
    return marker[1:-1] if len(marker) > 2 and marker[0] == marker[-1] == "/" else None


def _marker_for(marker: str, name: str) -> str:
    if _regex(marker) is None:
        return marker.replace("{name}", name)
    return f"{marker} for {name}" if "(?P<name>" in marker else marker


@lru_cache(maxsize=1024)
def start_pattern(style: MarkerStyle, name: str | None = None) -> re.Pattern[str]:
    """The pattern of a start marker, of the snippet `name` or of any; its group ``name`` is the name."""
    return _pattern(style.start, name)


@lru_cache(maxsize=64)
def end_pattern(style: MarkerStyle) -> re.Pattern[str]:
    """The pattern of an end marker; it has a group ``name`` where end markers carry the name."""
    return _pattern(style.end, None)


def _pattern(marker: str, name: str | None) -> re.Pattern[str]:
    """Of a text, the name and the word before it match whole words only: ``def run(`` is not in ``def rerun(``."""
    regex = _regex(marker)
    if regex is not None:
        return re.compile(regex)
    before, found, after = marker.partition("{name}")
    if not found:
        return re.compile(re.escape(marker))
    wanted = NAME if name is None else re.escape(name)
    left = r"(?<!\w)" if before[:1].isalnum() or not before else ""
    right = re.escape(after) if after else r"(?![\w-])"
    return re.compile(f"{left}{re.escape(before)}(?P<name>{wanted}){right}")


def fixed_text(marker: str) -> str:
    """A text that every line with this marker has, "" where none is known: it is found fast."""
    if _regex(marker) is not None:
        return ""
    return max(marker.split("{name}"), key=len)


def read_styles(given: object) -> Styles | None:
    """The styles that a setting writes; None where it is no style.

    It has (start, end), or any number of styles, each as text or as (start, end).
    """
    items = [given] if isinstance(given, str) else given
    if not isinstance(items, (list, tuple)) or not items:
        return None
    styles = [_read_style(item) for item in ([tuple(items)] if _is_pair(items) else items)]
    found = [style for style in styles if style is not None]
    return tuple(dict.fromkeys(found)) if len(found) == len(styles) else None


def _is_pair(items: Sequence[object]) -> bool:
    """Whether these are the two markers of one style, and not two styles."""
    texts = [item for item in items if isinstance(item, str)]
    return (
        len(texts) == len(items) == 2
        and not any(_ARROW in text for text in texts)
        and texts[1] not in _KNOWN
    )


def _read_style(given: object) -> MarkerStyle | None:
    if isinstance(given, str):
        if given.strip() in _KNOWN:
            return _KNOWN[given.strip()]
        start, arrow, end = given.strip().partition(_ARROW)
        given = (start.strip(), end.strip()) if arrow else None
    if not (isinstance(given, (list, tuple)) and len(given) == 2):
        return None
    start, end = given
    if not (isinstance(start, str) and isinstance(end, str) and start and end):
        return None
    style = MarkerStyle(start, end)
    try:
        named = "name" in start_pattern(style).groupindex
        end_pattern(style)
    except re.error:
        return None
    return style if named else None
