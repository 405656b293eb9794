"""Runs a command of a snippet: for a limited time, with a clean environment, and to its very end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

__all__ = ["MOST_BYTES", "Done", "environment_for", "read_output", "run"]

#: What programs need to find their parts, and to write text. Nothing of it is a secret.
_HARMLESS = (
    *("PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM"),
    *("LD_LIBRARY_PATH", "DYLD_*", "SYSTEMROOT"),
)
_SECRET = ("*TOKEN*", "*SECRET*", "*PASSWORD*", "*PASSWD*", "*KEY*", "*CREDENTIAL*")
#: Bytes that a command may print. One that prints more goes on for ever, and would fill the disk.
MOST_BYTES = 100_000_000
#: Bytes that are kept of either end of its output.
_KEPT = 500_000
#: Seconds from one look at how much was printed to the next.
_GLANCE = 0.25


@dataclass(frozen=True)
class Done:
    """What a command did.

    :param status: as :attr:`subprocess.Popen.returncode`, None when it had to be ended.
    :param flooded: whether that was because of how much it printed, and not because of the time.
    """

    status: int | None
    output: str
    flooded: bool = False

    def __str__(self) -> str:
        """How it ended, in words."""
        if self.flooded:
            return f"printed more than {MOST_BYTES // 1_000_000} MB"
        if self.status is None:
            return "ran out of time"
        if self.status < 0:
            try:
                return f"was ended by the signal {signal.Signals(-self.status).name}"
            except ValueError:
                return f"was ended by the signal {-self.status}"
        return f"ended with exit status {self.status}"


def run(
    command: Sequence[str], folder: Path, variables: Mapping[str, str], seconds: float, log: Path
) -> Done:
    """Run `command` in `folder`; what it prints goes to the file `log`, and to those whose names begin so.

    When it has ended, when its time is over or when it has printed too much, so has what it started in the
    background.

    :raises OSError: it can't be started.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = _wait(process, seconds, log)
            flooded = status is None and _printed(log) > MOST_BYTES
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return Done(status, read_output(log), flooded)


def _wait(process: subprocess.Popen[bytes], seconds: float, log: Path) -> int | None:
    """The exit status; None when the command still runs, its time being over or its output too long."""
    end = time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        try:
            return process.wait(max(0, min(left, _GLANCE)))
        except subprocess.TimeoutExpired:
            if left <= _GLANCE or _printed(log) > MOST_BYTES:
                return None


def _printed(log: Path) -> int:
    return sum(file.stat().st_size for file in log.parent.glob(f"{log.name}*"))


def read_output(file: Path) -> str:
    """What was printed to `file`; of a very long text whole lines of both ends, with a word on what is left out."""
    with file.open("rb") as written:
        text = written.read(_KEPT)
        if file.stat().st_size > 2 * _KEPT:
            written.seek(-_KEPT, os.SEEK_END)
            end = written.read()
            # No half lines: what is left of half a secret would not be known as one.
            text = text[: text.rfind(b"\n") + 1] or text
            end = end[end.find(b"\n") + 1 :]
            text += b"(what it gave between is left out)\n" + end
        else:
            text += written.read()
    return text.decode(errors="replace").replace("\r\n", "\n")


def environment_for(
    home: Path, wanted: Iterable[str], given: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """The environment variables for a command, from those `given`, and the values that look secret.

    :param home: the folder that programs shall take for the user's, and for temporary files.
    :param wanted: patterns of what to pass besides the harmless ones.
    """
    asked = tuple(wanted)
    passed = {name: value for name, value in given.items() if _matches(name, (*_HARMLESS, *asked))}
    places = {"HOME": str(home), "TMPDIR": str(home), "PYTHONUTF8": "1", "NO_COLOR": "1"}
    secret = [value for name, value in passed.items() if _matches(name.upper(), _SECRET)]
    kept = {name: value for name, value in places.items() if not _matches(name, asked)}
    return {**passed, **kept}, secret


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
