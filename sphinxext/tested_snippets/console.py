"""Console sessions: commands behind ``$``, and below each of them the lines that it prints. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Command", "first_missing", "read_session"]

_PROMPT = re.compile(r"\$(?: |$)")
#: What other shells, users and environments write there: ``#``, ``%``, ``(venv) $``, ``me@there:~$``.
_OTHER_PROMPT = re.compile(r"(?:\([^()]*\) ?)?(?:[\w.-]+[@:][^$#%]*|\[[^\]]+\])?[$#%](?: |$)")
#: In these languages, what begins with ``# `` is a command of root's, and no comment.
_SESSIONS = frozenset({"console", "shell-session"})
_GOES_ON = re.compile(r">(?: |$)")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
#: Stands for any lines, or within a line for any text.
_ANY = "..."


@dataclass(frozen=True)
class Command:
    """A command of a session, and the lines that are shown below it. `line` is 1-based.

    :param is_script: whether it is all of a block without prompts.
    """

    text: str
    shown: Sequence[str]
    line: int
    is_script: bool = False


def read_session(text: str, language: str = "") -> list[Command]:
    """The commands of a block of the shell. One without any prompt is a script: a single command.

    :raises ValueError: it begins with output, or a ``console`` block has other prompts.
    """
    lines = text.split("\n")
    if not any(_PROMPT.match(line) for line in lines):
        odd = (at for at, line in enumerate(lines) if _OTHER_PROMPT.match(line))
        found = next(odd, None) if language.lower() in _SESSIONS else None
        if found is not None:
            raise ValueError(
                f"line {found + 1} of the console block, {lines[found].strip()!r}, begins with another prompt than "
                "`$ `: lines with `$ ` are commands, and nothing else is. Write `$ ` there, or make it a script with "
                "`.. code-block:: bash`"
            )
        return [Command(text.strip("\n"), (), 1, is_script=True)]
    commands: list[Command] = []
    at = 0
    while at < len(lines):
        if _PROMPT.match(lines[at]):
            written, end = _command(lines, at)
            shown = end
            while shown < len(lines) and not _PROMPT.match(lines[shown]):
                shown += 1
            commands.append(Command(written, _trimmed(lines[end:shown]), at + 1))
            at = shown
        elif lines[at].strip():
            raise ValueError(
                f"line {at + 1} of the console block, {lines[at].strip()!r}, stands before the first command. "
                "Begin commands with `$ `, and put what they print below them"
            )
        else:
            at += 1
    return commands


def _command(lines: Sequence[str], at: int) -> tuple[str, int]:
    """The command on line `at`, and the index behind its last line: one that ends with a backslash goes on."""
    written = [lines[at][2:]]
    at += 1
    while at < len(lines):
        behind = _GOES_ON.match(lines[at])
        if not (behind or written[-1].endswith("\\")):
            break
        written.append(lines[at][behind.end() :] if behind else lines[at])
        at += 1
    return "\n".join(written), at


def _trimmed(lines: Sequence[str]) -> Sequence[str]:
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    return tuple(text.split("\n")) if text else ()


def first_missing(shown: Sequence[str], output: str) -> str | None:
    """The first line of `shown` that keeps it from being a part of `output`; None where it is one.

    The shown lines have to stand in the output one directly below the other. ``...`` stands for any lines,
    and within a line for any text.
    """
    there = [_ESCAPE.sub("", line).rstrip() for line in output.split("\n")]
    parts: list[list[re.Pattern[str]]] = [[]]
    for line in shown:
        if line.strip() == _ANY:
            parts.append([])
        else:
            pieces = (re.escape(piece) for piece in line.rstrip().split(_ANY))
            parts[-1].append(re.compile(".*".join(pieces)))
    at, texts = 0, iter(line for line in shown if line.strip() != _ANY)
    for part in parts:
        named = [next(texts) for _ in part]
        starts = range(at, len(there) - len(part) + 1)
        found = next((start for start in starts if _stands(part, there, start)), None)
        if found is None:
            return _odd_one(part, named, there, at)
        at = found + len(part)
    return None


def _stands(part: Sequence[re.Pattern[str]], lines: Sequence[str], start: int) -> bool:
    return all(pattern.fullmatch(lines[start + i]) for i, pattern in enumerate(part))


def _odd_one(
    part: Sequence[re.Pattern[str]], named: Sequence[str], lines: Sequence[str], at: int
) -> str:
    """The line of a part that is nowhere, or the one up to which it gets furthest."""
    furthest = 0
    for start in range(at, len(lines)):
        length = 0
        while (
            length < len(part)
            and start + length < len(lines)
            and part[length].fullmatch(lines[start + length])
        ):
            length += 1
        furthest = max(furthest, length)
    return named[min(furthest, len(named) - 1)]
