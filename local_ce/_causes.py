"""Finds, in what Ray, pip and git wrote, the line that says why a run failed."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Lines by which tools report an error of their own: git, setuptools, pip, Python.
_REPORT = re.compile(r"(fatal|error|ERROR|[A-Za-z_][\w.]*(Error|Exception|Interrupt)): ")
#: Lines by which pip says that something it ran has failed, and nothing else.
_PASSED_ON = re.compile(
    r"(error|ERROR): (subprocess-exited-with-error|metadata-generation-failed|"
    r"legacy-install-failure|Failed building|Could not build|Could not find a version|"
    r"Command errored|Failed to build)"
)
#: Where pip read a requirement: a file of Ray's that a reader has never seen.
_PLACE = re.compile(r" \(from -r \S+ \(line \d+\)\)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CHAINED = "\n\nThe above exception was the direct cause of the following exception:\n"
_RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+\s")


def innermost(message: str) -> str:
    """Return the part of Ray's message about a failed run that is about its failed task.

    The rest, about the workflow that failed because of the task, is the same for every failure.
    """
    plain = _COLOUR.sub("", message)
    inner, _, outer = plain.rpartition(_CHAINED)
    return inner or outer


def is_environment(message: str) -> bool:
    """Tell whether a task failed because its environment could not be made."""
    return "RuntimeEnvSetupError: " in innermost(message)


def of_environment(message: str) -> str:
    """Return the decisive line of Ray's message about an environment that could not be made."""
    # Ray's own traceback comes first; what the failing command wrote comes after this line.
    text = innermost(message)
    _, _, output = text.rpartition("lines of stdout:")
    lines = [line.strip() for line in (output or text).splitlines()]
    reports = [x for x in lines if _REPORT.match(x) and not _PASSED_ON.match(x)]
    fatal = [line for line in reports if line.startswith("fatal: ")]
    found = fatal or reports[-1:] or [line for line in lines if line][-1:]
    if found:
        return _PLACE.sub("", found[0])
    return "the environment could not be made, and nothing says why"


def of_task(message: str) -> str:
    """Return the line with type and message of the exception that ended a task."""
    lines = innermost(message).splitlines()
    frames = [number for number, line in enumerate(lines) if line.startswith('  File "')]
    after = lines[frames[-1] + 1 :] if frames else lines
    # Ray begins with the function that raised it, when it has no traceback to show.
    found = [line for line in after if line.strip() and not line.startswith((" ", "ray::"))]
    return found[0] if found else "the task ended without a message"


def records_about(digests: Sequence[str], lines: Sequence[str]) -> str:
    """Return the log records that concern environments with these digests, whole.

    Ray numbers the commands it runs: ``Run cmd[7] ...`` names the environment's path, the
    ``Output of cmd[7]: ...`` that follows later does not.
    """
    records: list[str] = []
    for line in lines:
        if _RECORD.match(line) or not records:
            records.append(line)
        else:
            records[-1] += line
    kept, commands = [], set()
    for record in records:
        number = re.search(r"cmd\[(\d+)\]", record.partition("\n")[0])
        if any(digest in record for digest in digests):
            if number:
                commands.add(number[1])
            kept.append(record)
        elif number and number[1] in commands:
            kept.append(record)
    return "".join(kept)
