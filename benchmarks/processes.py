"""The processes of one side of a comparison: which they are, what memory they take, and their end."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections import defaultdict
from pathlib import Path

__all__ = ["MARKER", "Peak", "end", "members"]

#: Every process of a side inherits this variable; its value is the side's folder.
MARKER = "BENCHMARK_SIDE"
#: Seconds between two looks at the memory; a look takes a few milliseconds.
_PAUSE = 0.5
#: Seconds that killed processes may take to be gone.
_GRACE = 10.0


def members(folder: Path) -> set[int]:
    """Return the running processes of the side in ``folder``.

    They are told by the variable, or by the processes that started them: Ray's workers write their
    title over the place where their variables can be read.
    """
    mark = f"{MARKER}={folder}".encode()
    children, found = defaultdict(list), []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # pid (name) state parent ...; the name can have spaces and brackets.
            state, parent = (place / "stat").read_bytes().rpartition(b")")[2].split()[:2]
            if state == b"Z":
                continue
            children[int(parent)].append(int(place.name))
            if mark in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
    seen: set[int] = set()
    while found:
        pid = found.pop()
        if pid not in seen:
            seen.add(pid)
            found.extend(children[pid])
    return seen - {os.getpid()}


def memory(pids: set[int]) -> float:
    """Return the resident memory of processes in MB, what several share counted once.

    That is Linux's proportional set size.
    """
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(text.partition("\nPss:")[2].split()[0])
    return total * 1024 / 1e6


class Peak:
    """The most memory that a side's processes were seen to take together while the block ran."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        #: In MB; 0 where the system does not tell.
        self.megabytes = 0.0

    def __enter__(self) -> Peak:  # noqa: PYI034 - Self needs Python 3.11
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.megabytes = max(self.megabytes, memory(members(self._folder)))
            if self._ended.wait(_PAUSE):
                return


def end(folder: Path) -> None:
    """Kill every process of a side, until none is left.

    :raises TimeoutError: when some are still there after a while.
    """
    deadline = time.monotonic() + _GRACE
    known: set[int] = set()
    # A worker whose parent was killed is known from before.
    while left := {pid for pid in known | members(folder) if _is_there(pid)}:
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes of {folder} did not end: {sorted(left)}")
        known |= left
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def _is_there(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return stat.rpartition(b")")[2].split()[0] != b"Z"
