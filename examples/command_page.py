"""Writes the page `docs/local-ce-command.rst` from the parser of `python -m local_ce`.

Run it after a change of the parser: `python -m examples.command_page`. A test compares.
"""

from __future__ import annotations

from pathlib import Path

from examples.parsers import commands_of, entries
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
    for parser in commands_of(make_parser()):
        title = f"``{parser.prog.removeprefix('python -m local_ce ')}``"
        lines.append(f"\n{title}\n{'=' * len(title)}\n")
        lines += entries(parser)
    lines.append("\nExit Codes\n==========\n")
    for code, meaning in EXITS.items():
        lines.append(f"``{code.value}``\n   {meaning}")
    return "\n".join(lines) + _FILES


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
