"""Words that are put together in one place and said in another, maybe in another language. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Phrase", "ended", "to_say"]


def to_say(text: str) -> str:
    """`text` as it is: a mark for the catalogue, where :func:`~sphinxext.tested_snippets.translation.say` comes later."""
    return text


def ended(text: str) -> str:
    """`text` as the end of a sentence: what it quotes may have brought its full stop."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


@dataclass(frozen=True)
class Phrase:
    """Words, and what stands at the braces in them. ``str()`` is English.

    :param words: as the catalogue has them.
    """

    words: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.words.format(**self.values)
