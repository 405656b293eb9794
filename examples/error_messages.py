"""The messages of the page "The Error You Got": what one is in general, and which section mends it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Fix", "anchor_of", "general", "messages", "read_fixes"]

#: What of a message is the reader's own; names, addresses and numbers of this site's examples stand there.
_OWN = (
    (r"^(?:orquestra\.sdk\.exceptions\.\w+|RuntimeError|TypeError|Error): ", ""),
    (r"^raise (\w+)\(\)$", r"\1"),
    (r"(\w+://)(?:[^\s/@']*@)?([^\s/']+)/[^\s']+", r"\1\2/…"),
    (r"\(to revision \S+\) to \S+", "(to revision …) to …"),
    (r"(?<=pathspec )'[^']*'|(?<=Package )'[^']*'", "'…'"),
    (r"(requires a different Python:) \S+ not in '[^']*'", r"\1 … not in '…'"),
    (r"(?<=Ray: )[\d.]+|(?<=Python: )\d[\w.]*", "…"),
    # Each version of click, which the SDK's command line is made with, puts it in another way.
    (r"^No such option:? '?(--[\w-]+)'?.*", r"No such option: \1"),
    # Ray quotes the message, tasks and the SDK say it as Python does.
    (r"^(?:ModuleNotFoundError: )?\(?[\"']?No module named '?[\w.-]+.*", "No module named '…'"),
    (r"<tmp>", "…"),
    (r"^\('(.*?): <folder>'.*", r"\1: …"),
    (r"<git\.repo\.base\.Repo '.*?'>", "…"),
    (r"(number format:) \w+", r"\1 …"),
    (r"(layout:) \[.*\]", r"\1 […]"),
    (r"(schedule all tasks:) \[.*?\]", r"\1 […]"),
    (r"(distribution found for) \S+", r"\1 …"),
    (r"(secret named \S+?::0:)\S+", r"\1…"),
    (r"(?<=^function )\w+", "…"),
    (r"(?<=`orq login -c )[^`]+", "…"),
    (r"(?<=selected run is )[A-Z]+", "…"),
    (r"^(not finished) .*?: waiting: \w+ \((\w+)[= ][^)]*\)", r"\1 …: waiting: … (\2 …)"),
)

#: What stands before the message where a check compares releases.
_RELEASE = re.compile(r"(?:^|; )\d+\.\d+\.\d+: ")
#: Evidence has no more than 300 characters of a line, with what stands before the message.
_LONGEST = 240
_NO_ERROR = {"", "went through"}


@dataclass(frozen=True)
class Fix:
    """Where it stands what to do about the messages that have `text` in them.

    :param page: the name of a page, and `section` the id of a section there.
    :param line: its line on the page of messages.
    """

    text: str
    page: str
    section: str
    line: int


def messages(observed: str) -> list[str]:
    """The messages in what a check observed: one, or one for each release that it compares."""
    return [message for message in _RELEASE.split(observed) if message not in _NO_ERROR]


def general(message: str) -> str:
    """A message with … for what is different for each reader."""
    for pattern, replacement in _OWN:
        message = re.sub(pattern, replacement, message)
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"


def anchor_of(message: str) -> str:
    """The id of a message in its general form: its words, as many as an address can bear."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"^error:", "", message.lower()))
    return "-".join(["error", *words])[:72].rstrip("-")


def read_fixes(lines: Iterable[tuple[int, str]]) -> list[Fix]:
    """The fixes that lines of the form ``text => page#section`` name; empty ones say nothing.

    :param lines: with their numbers.
    :raises ValueError: a line has not this form.
    """
    found = []
    for number, line in lines:
        if not line.strip():
            continue
        text, arrow, target = (part.strip() for part in line.rpartition(" => "))
        page, mark, section = target.partition("#")
        if not (text and arrow and page and mark and section):
            raise ValueError(f"line {number} is {line.strip()!r}, expected TEXT => PAGE#SECTION")
        found.append(Fix(text, page, section, number))
    return found
