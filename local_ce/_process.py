"""Processes and process environments: change them for a while, end them for good."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Optional

import psutil

#: Every process of a cluster inherits this variable; its value is the folder of the CE.
MARKER = "LOCAL_CE_FOLDER"


@contextlib.contextmanager
def environment(changes: Mapping[str, Optional[str]]) -> Iterator[None]:
    """Set (or with ``None`` unset) environment variables of this process, then restore them."""
    before = {name: os.environ.get(name) for name in changes}
    try:
        _apply(changes)
        yield
    finally:
        _apply(before)


def _apply(changes: Mapping[str, Optional[str]]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextlib.contextmanager
def started_in(folder: Path) -> Iterator[None]:
    """Let this process look as if it was started in ``folder``.

    Ray adds the folders of the submitting process and of its script to the import path of
    every worker, where they would hide the packages of a task's environment.
    """
    cwd, argv = os.getcwd(), sys.argv
    os.chdir(folder)
    sys.argv = [str(folder / "submit.py")]
    try:
        yield
    finally:
        sys.argv = argv
        os.chdir(cwd)


def marked(folder: Path) -> list[psutil.Process]:
    """Return the running processes started for the CE in ``folder``, this one excluded."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARKER) == str(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def end_marked(folder: Path, timeout: float = 10.0) -> None:
    """Kill every process started for the CE in ``folder``, until none is left.

    Repeats, because a process may start another one while it is being looked for.

    :raises TimeoutError: when some are still there after ``timeout`` seconds.
    """
    deadline = timeout
    while processes := marked(folder):
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(processes, timeout=1.0)
        deadline -= 1.0
        if deadline <= 0:
            pids = ", ".join(str(process.pid) for process in processes)
            raise TimeoutError(f"processes of {folder} did not end: {pids}; kill them by hand")
