"""Writes the page `docs/local-ce-command.rst` from the parser of `python -m local_ce`.

Run it after a change of the parser: `python -m examples.command_page`. A test compares.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from local_ce.cli import EXITS, make_parser

PAGE = Path(__file__).parent.parent / "docs" / "local-ce-command.rst"

_HEAD = """\
====================================
The Command ``python -m local_ce``
====================================

Starts a Compute Engine on this machine, and tells it what to offer. :doc:`try-it` shows the way through it.

All commands take ``--state FOLDER``: the state folder, which is ``local-ce`` in ``$XDG_DATA_HOME``, or in
``~/.local/share``, unless you name another one. Each state folder can have a Compute Engine of its own.
"""
_FILES = """

Files
=====

The state folder is for its owner only. It keeps, from one start to the next, the runs that are finished with their results
and logs, the repos, the wheels and the names of images and secrets. The values of secrets are not written down; set them
again after a start, and publish private repos again.

``state.db``
   Workflow definitions, runs, results, artifacts and logs, in SQLite.
``services``
   Repos and wheels.
``key``
   What tokens are signed with. Without it, older tokens are not accepted any more.
``server.json``
   Process and address of the server, while it is up.
``server.log``
   What a detached server printed.

The clusters of runs are in a folder under ``/tmp``, which ``status`` names.

Back to the :doc:`start page <index>`.
"""


def page() -> str:
    """The text of the page."""
    lines = [_HEAD]
    for parser in _commands(make_parser()):
        lines += _section(parser)
    lines.append("\nExit Codes\n==========\n")
    for code, meaning in EXITS.items():
        lines.append(f"``{code.value}``\n   {meaning}")
    return "\n".join(lines) + _FILES


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers that have no commands of their own."""
    # argparse has no public way to ask a parser what it knows.
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]  # noqa: SLF001
    for group in groups:
        for command in group.choices.values():
            yield from _commands(command)
    if not groups:
        yield parser


def _section(parser: argparse.ArgumentParser) -> Iterator[str]:
    title = f"``{parser.prog.removeprefix('python -m local_ce ')}``"
    yield f"\n{title}\n{'=' * len(title)}\n\n.. program:: {parser.prog}\n"
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


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
