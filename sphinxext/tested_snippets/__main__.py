"""The command ``python -m sphinxext.tested_snippets``: answers without running or building anything."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sphinxext.tested_snippets.evidence import load_all
from sphinxext.tested_snippets.formats import UnreadableFormat
from sphinxext.tested_snippets.freshness import Freshness
from sphinxext.tested_snippets.inifile import SettingsError, Wanted, find_settings

__all__ = ["main", "make_parser"]

_EXIT = "exit status: 0 nothing to do, 1 found something, 2 can't tell"


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m sphinxext.tested_snippets", description=__doc__, epilog=_EXIT
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check",
        help="say whether evidence is stale",
        description="Say whether the evidence is about the snippets and tests as they are now.",
        epilog=_EXIT,
    )
    check.add_argument("--root", type=Path, default=Path(), help="a folder of the project")
    adopt = commands.add_parser(
        "adopt",
        help="say what a project would get, changing nothing",
        description="Read the pages of a Sphinx project and print which includes would be errors, which "
        "snippets no test uses, and the settings to start with.",
        epilog="exit status: 0 no include would be an error, 1 some would, 2 can't tell",
    )
    adopt.add_argument("docs", type=Path, metavar="DOCS", help="the folder with conf.py")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    chosen = make_parser().parse_args(arguments)
    try:
        if chosen.command == "check":
            return _check(find_settings(chosen.root.resolve()))
        return _adopt(chosen.docs)
    except (SettingsError, UnreadableFormat, OSError) as error:
        _complain(error)
        return 2


def _check(wanted: Wanted) -> int:
    shown = wanted.project.relative(wanted.evidence)
    if not wanted.evidence.is_dir() and not wanted.pages:
        print(
            f"there is no folder {shown} in {wanted.project.root}, and snippets_pages names no pages. "
            f"Set them in pytest's settings, then run `{wanted.command}`.",
            file=sys.stderr,
        )
        return 2
    evidence, errors = load_all(wanted.evidence)
    for error in errors:
        _complain(error)
    if errors:
        return 2
    found = 0
    for path, line, message in Freshness(wanted, evidence).problems():
        found += 1
        print(f"{path}:{line}: {message}" if line else f"{path}: {message}")
    total = sum(len(record.checks) for record in evidence)
    if found:
        print(f"{found} of {total} checks are not as recorded. Run `{wanted.command}`.")
        return 1
    print(f"{total} checks in {shown} are as recorded")
    return 0


def _complain(message: object) -> None:
    print(message, file=sys.stderr)


def _adopt(docs: Path) -> int:
    # It takes longer to import than `check` has.
    from sphinxext.tested_snippets.adoption import survey, told  # noqa: PLC0415

    if not docs.is_dir():
        raise SettingsError(f"{docs}: is no folder. Name the one with conf.py.")
    if not (docs / "conf.py").exists():
        raise SettingsError(f"{docs}: has no conf.py. Name the folder of the pages that has it.")
    found = survey(docs.resolve())
    for line in told(found):
        print(line)
    return 1 if found.errors else 0


if __name__ == "__main__":
    sys.exit(main())
