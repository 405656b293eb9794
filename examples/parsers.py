"""What a parser of :mod:`argparse` knows, as reStructuredText with link targets."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

__all__ = ["commands_of", "entries"]


def commands_of(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers of all commands: those that have no commands of their own."""
    # argparse has no public way to ask a parser what it knows.
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]  # noqa: SLF001
    for group in groups:
        for command in group.choices.values():
            yield from commands_of(command)
    if not groups:
        yield parser


def entries(parser: argparse.ArgumentParser) -> Iterator[str]:
    """What a command does, and its arguments and options."""
    yield f".. program:: {parser.prog}\n"
    yield f"{_text(parser.description)}\n"
    shown = [a for a in parser._actions if a.help != argparse.SUPPRESS]  # noqa: SLF001
    for action in sorted(shown, key=lambda action: bool(action.option_strings)):
        if action.dest in {"help", "state"}:
            continue
        name = ", ".join(action.option_strings) or str(action.metavar)
        value = "" if action.nargs == 0 or not action.option_strings else f" {_value(action)}"
        yield f".. option:: {name}{value}\n\n   {_text(action.help)}\n"


def _value(action: argparse.Action) -> str:
    return str(action.metavar or action.dest.upper())


def _text(text: str | None) -> str:
    """A help text as a sentence of reStructuredText."""
    sentence = str(text).replace("`", "``").rstrip(".")
    return f"{sentence[0].upper()}{sentence[1:]}."
