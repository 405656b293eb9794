"""Options of directives that say what they mean: the reference of the manual is made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from docutils.parsers.rst import directives

__all__ = ["CLASS", "NAME", "DirectiveOption", "flag_option", "text_option"]


@dataclass(frozen=True)
class DirectiveOption:
    """An option of a directive, in the place of the function that converts what is written.

    :param value: what a writer writes, "" where the option stands alone.
    """

    convert: Callable[[str], Any]
    value: str
    meaning: str

    def __call__(self, argument: str) -> Any:
        """What docutils asks of an option.

        :raises ValueError: nothing that can be used was written.
        """
        return self.convert(argument)


def text_option(value: str, meaning: str) -> DirectiveOption:
    """An option that takes any text, but not none."""
    return DirectiveOption(directives.unchanged_required, value, meaning)


def flag_option(meaning: str) -> DirectiveOption:
    """An option that stands alone."""
    return DirectiveOption(directives.flag, "", meaning)


CLASS = DirectiveOption(directives.class_option, "names", "Classes for style sheets.")
NAME = DirectiveOption(directives.unchanged, "name", "What links and checks call it.")
