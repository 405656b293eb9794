"""The command line ``python -m local_ce``: what can be asked for.

What is done about it is in :mod:`local_ce.commands`, which is imported when there is something to
do. This module needs no package, so the reference on the site is made from the parser anywhere.
"""

from __future__ import annotations

import argparse
import enum
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Callable


class Exit(enum.IntEnum):
    """What the command ends with."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    RUNNING_ALREADY = 4


#: What the exit codes mean, for the reference.
EXITS = {
    Exit.DONE: "It was done.",
    Exit.FAILED: "It failed; the message says why, and what to do.",
    Exit.USAGE: "The command isn't one, or an option of it.",
    Exit.NOT_RUNNING: "No Compute Engine runs on this state folder.",
    Exit.RUNNING_ALREADY: "``up``: a Compute Engine runs on this state folder already.",
}


def make_parser() -> argparse.ArgumentParser:
    """Return the parser. Every command has ``run``, the name of its function in ``commands``."""
    parser = argparse.ArgumentParser(
        prog="python -m local_ce",
        description="A Compute Engine on this machine. Log in to it with `orq login`, and submit workflows.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_up(commands)
    _add(commands, "down", "stop it, and end the runs that are going")
    _add(commands, "status", "show its runs, why they wait, and what it offers")
    wait = _add(
        commands,
        "wait",
        "stay until a run has ended, and print how; the exit code is 0 only if it succeeded",
    )
    wait.add_argument("run_id", metavar="RUN", help="the id of the run")
    wait.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        help="give up after so long, and leave the run going; default: never",
    )
    logs = _add(commands, "logs", "print the log of a run, or what a detached server printed")
    logs.add_argument("run_id", metavar="RUN", nargs="?", help="the id of a run")
    _add_secrets(commands)
    _add_repo(commands)
    image = _group(commands, "image", "images that tasks can name")
    add = _add(image, "add", "offer an image, from the next run on", run="image_add")
    add.add_argument("name", metavar="NAME", help="what tasks give as `custom_image`")
    package = _group(commands, "package", "packages that tasks can import with PythonImports")
    add = _add(package, "add", "put a wheel into the package index", run="package_add")
    add.add_argument("wheel", metavar="WHEEL", type=Path, help="the .whl file")
    nodes = _add(
        commands,
        "node-settings",
        "print what the nodes of a Ray cluster have to be started with, for `--ray-address`",
        run="node_settings",
    )
    _add_offers(nodes)
    return parser


if TYPE_CHECKING:
    # What add_subparsers returns has no public name.
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001


def _add(commands: _Commands, name: str, what: str, run: str = "") -> argparse.ArgumentParser:
    sentence = f"{what[0].upper()}{what[1:]}."
    parser = commands.add_parser(name, help=what, description=sentence, allow_abbrev=False)
    parser.set_defaults(run=run or name)
    parser.add_argument(
        "--state",
        metavar="FOLDER",
        type=Path,
        help="the state folder; default: local-ce in $XDG_DATA_HOME or ~/.local/share",
    )
    return parser


def _group(commands: _Commands, name: str, what: str) -> _Commands:
    sentence = f"{what[0].upper()}{what[1:]}."
    parser = commands.add_parser(name, help=what, description=sentence, allow_abbrev=False)
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True)


def _add_up(commands: _Commands) -> None:
    up = _add(commands, "up", "start it, print the line to log in with, and stay until stopped")
    up.add_argument(
        "--detach", action="store_true", help="don't stay: go on when it is ready, and let it run"
    )
    # What --detach starts: it prints no token, because what it prints is kept in a file.
    up.add_argument("--detached", action="store_true", help=argparse.SUPPRESS)
    up.add_argument(
        "--host",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="the loopback address to listen on; others are refused; default: 127.0.0.1",
    )
    up.add_argument(
        "--port",
        type=_whole(0, 65535),
        metavar="NUMBER",
        help="the port to listen on; default: the one of the last time, or a free one",
    )
    up.add_argument(
        "--cpus",
        metavar="COUNT",
        type=_whole(1, 4096),
        help="what runs get together; default: all of the machine's",
    )
    up.add_argument(
        "--memory",
        metavar="QUANTITY",
        help="what runs get together, like 8Gi; default: all of the machine's",
    )
    where = up.add_mutually_exclusive_group()
    where.add_argument(
        "--shared", action="store_true", help="one Ray cluster for all runs, not one for each"
    )
    where.add_argument(
        "--ray-address",
        metavar="HOST:PORT",
        help="run on a Ray cluster that exists; see `node-settings`",
    )
    _add_offers(up)
    up.add_argument(
        "--workspace",
        metavar="NAME",
        dest="workspaces",
        action="append",
        default=[],
        help="a workspace; can be given several times; default: local",
    )
    up.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=_seconds,
        default=3600.0,
        help="how long a run may take; default: 3600",
    )


def _add_offers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--image",
        metavar="NAME",
        dest="images",
        action="append",
        default=[],
        help="an image that tasks can name; can be given several times",
    )
    parser.add_argument(
        "--constraints",
        metavar="FILE",
        type=Path,
        help="a pip constraints file for the environments of tasks",
    )


def _add_secrets(commands: _Commands) -> None:
    secrets = _group(
        commands, "secrets", "what sdk.Secret refers to; the values are in memory only"
    )
    put = _add(
        secrets,
        "set",
        "store a secret; the value is asked for, or read from standard input",
        run="secrets_set",
    )
    put.add_argument("name", metavar="NAME", help="the name of the secret")
    listing = _add(secrets, "list", "print the names of the secrets", run="secrets_list")
    remove = _add(secrets, "rm", "remove a secret", run="secrets_rm")
    remove.add_argument("name", metavar="NAME", help="the name of the secret")
    for parser in (put, listing, remove):
        _add_workspace(parser)


def _add_workspace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workspace",
        metavar="NAME",
        help="the workspace of the secret; default: your own, as of an `sdk.Secret` without one",
    )


def _add_repo(commands: _Commands) -> None:
    repo = _group(commands, "repo", "what the git host has")
    add = _add(
        repo,
        "add",
        "publish a folder at `https://github.com/NAME`: of a git repository the branches and tags, "
        "of any other folder the files, as one commit on main",
        run="repo_add",
    )
    add.add_argument(
        "name", metavar="NAME", help="the repo, like my-org/my-repo, or its whole address"
    )
    add.add_argument("path", metavar="PATH", type=Path, help="the folder")
    add.add_argument("--private", action="store_true", help="ask for a token on cloning")
    add.add_argument("--username", metavar="NAME", help="the user name beside the token")
    add.add_argument("--secret", metavar="NAME", help="the secret whose value is the token")
    _add_workspace(add)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return number


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = make_parser().parse_args(arguments)
    options.arguments = list(sys.argv[1:] if arguments is None else arguments)
    if sys.version_info >= (3, 12):
        return _fail("a Compute Engine needs Python 3.9, 3.10 or 3.11, because Ray 2.5.1 does")
    try:
        from . import commands  # noqa: PLC0415 - see above
    except ModuleNotFoundError as error:
        return _fail(_not_installed(error))
    try:
        return commands.run(options)
    except commands.Refused as error:
        return _fail(str(error), error.code)
    except ModuleNotFoundError as error:
        return _fail(_not_installed(error))
    except KeyboardInterrupt:
        return _fail("interrupted")
    except BrokenPipeError:
        # Whoever read our output has enough. Python would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE


def _not_installed(error: ModuleNotFoundError) -> str:
    return f"{error.name} is not installed: pip install local-ce"


def _fail(message: str, code: Exit = Exit.FAILED) -> int:
    sys.stderr.write(f"local_ce: {message}\n")
    return code
