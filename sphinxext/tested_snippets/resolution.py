"""What a project's resolver gets and says of an inline literal. Pure.

What is a name, and of what, only the project knows. It gives a *resolver* as a pytest fixture: a callable that
takes a :class:`Literal` and answers with :func:`resolved`, :func:`not_found` or :func:`not_judged`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

__all__ = [
    "Literal",
    "Resolution",
    "Resolver",
    "from_json",
    "in_order",
    "not_found",
    "not_judged",
    "resolved",
    "to_json",
]


@dataclass(frozen=True)
class Literal:
    """An inline literal of a page.

    :param text: what the reader sees, white space collapsed.
    :param page: the page's path from the project's root.
    :param line: the first line on which it stands, 1-based.
    """

    text: str
    page: str
    line: int


@dataclass(frozen=True)
class Resolution:
    """What is known of a literal.

    :param state: ``resolved``, ``not_found`` or ``not_judged``.
    :param said: what it names, why there is no such thing, or why nobody can tell: half a sentence.
    """

    text: str
    state: str
    said: str


#: Says of a literal what it names.
Resolver = Callable[[Literal], Resolution]

_STATES = ("resolved", "not_found", "not_judged")


def resolved(literal: Literal, what: str) -> Resolution:
    """The literal names something: "a command of the installed tool"."""
    return Resolution(literal.text, "resolved", what)


def not_found(literal: Literal, why: str) -> Resolution:
    """The literal should name something, and there is no such thing: "the tool has no command 'ad'"."""
    return Resolution(literal.text, "not_found", why)


def not_judged(literal: Literal, why: str) -> Resolution:
    """Nobody can tell whether the literal is right: "a value that the reader chooses"."""
    return Resolution(literal.text, "not_judged", why)


def in_order(found: Iterable[Resolution]) -> tuple[Resolution, ...]:
    """In the order in which they are recorded: by state, then by text."""
    return tuple(sorted(found, key=lambda one: (_STATES.index(one.state), one.text)))


def to_json(found: Iterable[Resolution]) -> dict[str, dict[str, str]]:
    """A form that JSON can hold and people can read: by state, a line for each literal."""
    by_state: dict[str, dict[str, str]] = {}
    for one in in_order(found):
        by_state.setdefault(one.state, {})[one.text] = one.said
    return by_state


def from_json(data: Mapping[str, Mapping[str, str]]) -> tuple[Resolution, ...]:
    """The inverse of :func:`to_json`, in order.

    :raises ValueError: `data` isn't of that form.
    """
    try:
        found = [(text, state, said) for state in data for text, said in data[state].items()]
    except (AttributeError, TypeError) as error:
        raise ValueError(f"not literals: {error}") from None
    for text, state, said in found:
        if state not in _STATES or not isinstance(said, str):
            raise ValueError(f"not literals: {text!r} is {state!r}, {said!r}")
    return in_order(Resolution(*one) for one in found)
