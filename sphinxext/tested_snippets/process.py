"""Runs a command of a snippet: for a limited time, with a clean environment, and to its very end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

__all__ = ["Done", "environment_for", "run"]

#: What programs need to find their parts, and to write text. Nothing of it is a secret.
_HARMLESS = (
    *("PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM"),
    *("LD_LIBRARY_PATH", "DYLD_*", "SYSTEMROOT"),
)
_SECRET = ("*TOKEN*", "*SECRET*", "*PASSWORD*", "*PASSWD*", "*KEY*", "*CREDENTIAL*")
#: Bytes of output that are kept of a command.
_LONGEST = 1_000_000


@dataclass(frozen=True)
class Done:
    """What a command did. `status` is as :attr:`subprocess.Popen.returncode`, None when it ran out of time."""

    status: int | None
    output: str

    def __str__(self) -> str:
        """How it ended, in words."""
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
    """Run `command` in `folder`; what it prints goes to the file `log`.

    When it has ended, or its time is over, so has what it started in the background.

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
        status: int | None = None
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = process.wait(seconds)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    with log.open("rb") as written:
        text = written.read(_LONGEST).decode(errors="replace")
    return Done(status, text.replace("\r\n", "\n"))


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
