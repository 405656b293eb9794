"""Literals that are command lines or options, looked up in the parsers of the commands themselves."""

from __future__ import annotations

import argparse
import ast
import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Command", "NoSuchCommand", "Programs", "of_argparse", "of_click", "walk"]


class NoSuchCommand(Exception):
    """A command line has a command or an option that isn't there. ``str()`` says which."""


@dataclass(frozen=True)
class Command:
    """A command, with its commands by all their names.

    :param name: as it is typed: ``orq wf submit``.
    """

    name: str
    options: frozenset[str] = frozenset()
    commands: Mapping[str, Command] = field(default_factory=dict)

    def all(self) -> Iterator[Command]:
        """The command, and all below it."""
        yield self
        for command in self.commands.values():
            yield from command.all()

    def having(self, option: str) -> list[str]:
        """The commands that have this option."""
        return list(dict.fromkeys(one.name for one in self.all() if option in one.options))


def of_click(group: Any, name: str, always: Iterable[str]) -> Command:
    """The command that a group or command of click is; all of them have the options `always`."""
    options = frozenset(
        {*always}.union(*(parameter.opts for parameter in group.params if parameter.opts))
    )
    below = {}
    for called, command in getattr(group, "commands", {}).items():
        known = of_click(command, f"{name} {called}", always)
        below.update(dict.fromkeys([called, *getattr(command, "aliases", [])], known))
    if "Default" in type(group).__name__:  # What its first command takes, it takes itself.
        options = options.union(*(command.options for command in below.values()))
    return Command(name, options, below)


def of_argparse(parser: argparse.ArgumentParser, name: str) -> Command:
    """The command that a parser of argparse is."""
    # argparse has no public way to ask a parser what it knows.
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]  # noqa: SLF001
    below = {
        called: of_argparse(command, f"{name} {called}")
        for group in groups
        for called, command in group.choices.items()
    }
    return Command(name, frozenset(parser._option_string_actions), below)  # noqa: SLF001


#: Words of a command line that stand for what its user writes.
_CHOSEN = r"[A-Z_]+|<.*>|\.\.\."


def walk(line: str, command: Command) -> str:
    """What the words behind a command name; those that are no command and no option are for the user to choose.

    :raises NoSuchCommand: a word has to be a command or an option, and is none.
    """
    seen = {*command.options}
    before = ""
    for word in shlex.split(line):
        option, behind, before = word.partition("=")[0], before, word
        if word in command.commands:
            command = command.commands[word]
            seen |= command.options
        elif word.startswith("-"):
            if option not in seen:
                raise NoSuchCommand(f"{command.name} has no option {option}")
        elif command.commands and not behind.startswith("-") and not re.fullmatch(_CHOSEN, word):
            raise NoSuchCommand(f"{command.name} has no command {word!r}")
    return f"the command {command.name}"


class Programs:
    """The programs that pages name.

    :param config: that of the pytest that runs, whose own options are among those looked up.
    """

    def __init__(self, root: Path, config: pytest.Config) -> None:
        from orquestra.sdk._base.cli._entry import dorq

        from local_ce.cli import make_parser as make_engine_parser
        from sphinxext.tested_snippets.__main__ import make_parser

        self._config = config
        self._known = {
            "orq": of_click(dorq, "orq", ("-h", "--help")),
            "python -m local_ce": of_argparse(make_engine_parser(), "python -m local_ce"),
            "python -m sphinxext.tested_snippets": of_argparse(
                make_parser(), "python -m sphinxext.tested_snippets"
            ),
        }
        self._sessions = _sessions((root / "noxfile.py").read_text(encoding="utf-8"))

    def command_line(self, text: str) -> str | None:
        """Which command a literal is that begins with a program.

        :raises NoSuchCommand: the program has no such command or option.
        """
        for program, command in self._known.items():
            if text == program or text.startswith(f"{program} "):
                return walk(text[len(program) :], command)
        words = _words(text)
        by_program = {"nox": self._nox, "git": _of_git, "pip": _of_pip, "pytest": self._pytest}
        if words[:1] and words[0] in by_program and len(words) > 1:
            return by_program[words[0]](words)
        known = words[:1] and (words[0] in by_program or words[0] in _PROGRAMS)
        return f"the program {words[0]}" if known and shutil.which(words[0], path=_path()) else None

    def _nox(self, words: list[str]) -> str:
        names = words[2:] if words[1] == "-s" else []
        missing = [name for name in names if name.partition("(")[0] not in self._sessions]
        if missing:
            raise NoSuchCommand(f"noxfile.py has no session {missing[0]}")
        return f"the nox session {names[0]}" if names else "the program nox"

    def _pytest(self, words: list[str]) -> str:
        for word in words[1:]:
            if word.startswith("--") and not self._has_pytest(word):
                raise NoSuchCommand(f"pytest has no option {word}")
        return "pytest, with options that it has"

    def option(self, text: str, page: str) -> str | None:
        """Which command has an option, or is called so without its program."""
        word = re.split(r"[= ]", text)[0]
        program = next((name for start, name in _PAGES.items() if page.startswith(start)), "orq")
        command = self._known[program]
        having = command.having(word) if word.startswith("-") else []
        if having:
            return f"an option of {', '.join(having)}"
        if any(one.name == f"{program} {text}" for one in command.all()):
            return f"the command {program} {text}"
        return "an option of pytest" if self._has_pytest(word) else None

    def _has_pytest(self, option: str) -> bool:
        try:
            self._config.getoption(option.partition("=")[0])
        except ValueError:
            return False
        return option.startswith("--")


#: The program that a command or an option belongs to which stands alone, where it isn't ``orq``.
_PAGES = {
    "docs/local-ce": "python -m local_ce",
    "docs/try-it": "python -m local_ce",
    "docs/tested-snippets": "python -m sphinxext.tested_snippets",
}
#: Other programs that pages name.
_PROGRAMS = frozenset({"python", "sphinx-build"})


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # A quote that is not closed.
        return []


def _path() -> str:
    """Where programs are: beside this Python, then as usual."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


@functools.cache
def _git_commands() -> frozenset[str]:
    listing = ["git", "--list-cmds=main,others"]
    return frozenset(
        subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()
    )


def _of_git(words: list[str]) -> str:
    if words[1] not in _git_commands():
        raise NoSuchCommand(f"git has no command {words[1]!r}")
    return f"the command git {words[1]}"


def _of_pip(words: list[str]) -> str:
    # Importing pip beside setuptools is not without effects.
    if not Path(
        str(metadata.distribution("pip").locate_file(f"pip/_internal/commands/{words[1]}.py"))
    ).exists():
        raise NoSuchCommand(f"pip has no command {words[1]!r}")
    for word in words[2:]:
        asked = re.fullmatch(r"([\w-]+)\[([\w-]+)\]", word)
        if asked and asked[2] not in (metadata.metadata(asked[1]).get_all("Provides-Extra") or ()):
            raise NoSuchCommand(f"{asked[1]} has no extra {asked[2]!r}")
    return f"the command pip {words[1]}"


def _sessions(noxfile: str) -> frozenset[str]:
    """The functions of a noxfile that are sessions."""
    return frozenset(
        node.name
        for node in ast.parse(noxfile).body
        if isinstance(node, ast.FunctionDef)
        and any("nox.session" in ast.unparse(decorator) for decorator in node.decorator_list)
    )
