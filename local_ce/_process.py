"""Processes and process environments: change them for a while, end them for good."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

#: Every process of a cluster inherits this variable; its value is the folder of the CE.
MARKER = "LOCAL_CE_FOLDER"


#: Tells gRPC, when it is loaded, to do nothing in forked children: see :func:`run`.
NO_FORK_HANDLERS = {"GRPC_ENABLE_FORK_SUPPORT": "0"}


@contextlib.contextmanager
def environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set (or with ``None`` unset) environment variables of this process, then restore them."""
    before = {name: os.environ.get(name) for name in changes}
    try:
        _apply(changes)
        yield
    finally:
        _apply(before)


def _apply(changes: Mapping[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def variables() -> dict[str, str]:
    """Return the environment variables of this process, whatever other threads do to them meanwhile.

    ``os.environ.items()``, and all that is made of it, fails with ``KeyError`` when a variable is
    taken out while it lists them, as :func:`environment` does for each submission.
    """
    return {name: value for name in os.environ if (value := os.environ.get(name)) is not None}


def run(
    command: Sequence[str], *, env: Mapping[str, str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end, at most a minute, and return what it wrote.

    The program is spawned, never forked: in a process connected to Ray, what gRPC does in a
    forked child hangs now and then, before the program starts and where no timeout reaches.
    (Python spawns when it is given a full path, no ``cwd``, and leaves descriptors alone; those
    that Python opens are not inherited anyway.)
    """
    path = shutil.which(command[0], path=env.get("PATH"))
    if path is None:
        raise FileNotFoundError(f"{command[0]} is not on PATH: install it")
    return subprocess.run(
        [path, *command[1:]],
        input=stdin,
        env=dict(env),
        capture_output=True,
        close_fds=False,
        restore_signals=False,
        timeout=60,
        check=False,
    )


@contextlib.contextmanager
def started_in(folder: Path) -> Iterator[None]:
    """Let this process look as if it was started in ``folder``.

    Ray adds the folders of the submitting process and of its script to the import path of
    every worker, where they would hide the packages of a task's environment.
    """
    cwd, argv = Path.cwd(), sys.argv
    os.chdir(folder)
    sys.argv = [str(folder / "submit.py")]
    try:
        yield
    finally:
        sys.argv = argv
        os.chdir(cwd)


def belonging(folder: Path, session: int | None = None) -> list[psutil.Process]:
    """Return the running processes started for the CE in ``folder``, this one excluded.

    They are told by the variable they inherited, or by the ``session`` they are in: Ray's workers
    write their title over the place where their environment can be read.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            same_session = session is not None and os.getsid(process.pid) == session
            if same_session or process.environ().get(MARKER) == str(folder):
                found.append(process)
    return found


def end_belonging(folder: Path, session: int | None = None) -> None:
    """Kill every process started for the CE in ``folder``; see :func:`end_all`."""
    end_all(lambda: belonging(folder, session), folder)


def end_all(find: Callable[[], Sequence[psutil.Process]], folder: Path) -> None:
    """Kill every process that ``find`` finds, until it finds none; they are those of ``folder``.

    Repeats, because a process may start another one while it is being looked for. A busy machine takes a while.

    :raises TimeoutError: when some are still there after a minute.
    """
    deadline = time.monotonic() + 60.0
    while processes := find():
        if time.monotonic() > deadline:
            pids = ", ".join(str(process.pid) for process in processes)
            raise TimeoutError(f"processes of {folder} did not end: {pids}; kill them by hand")
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(processes, timeout=1.0)


def remove(folder: Path, session: int | None = None) -> None:
    """Kill every process started for ``folder``, then remove it.

    :raises TimeoutError: when some are still there after a minute.
    """
    end_belonging(folder, session)
    shutil.rmtree(folder, ignore_errors=True)
