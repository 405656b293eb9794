"""The folder that outlives a server: who may use it, who does, and what a killed one left behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from ._process import MARKER, end_all

#: Seconds to try for the lock; whoever only looks whether it is taken holds it for a moment.
_PATIENCE = 1.0


class AlreadyRunning(RuntimeError):
    """Another server uses the state folder."""


@dataclass(frozen=True)
class Server:
    """What a server says of itself while it is up; readable for its user only."""

    #: Its process.
    pid: int
    #: Where its clusters are: a folder of its own under /tmp, because paths of sockets are short.
    folder: str
    #: Where it listens; empty while it starts.
    url: str = ""
    #: What :mod:`local_ce.operations` asks for.
    token: str = ""


class StateFolder:
    """A state folder, made when it is new, for its owner only."""

    def __init__(self, path: Path) -> None:
        #: Its absolute path.
        self.path = path.expanduser().absolute()
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        #: The database with definitions, runs and results.
        self.database = self.path / "state.db"
        #: What a detached server prints.
        self.log = self.path / "server.log"
        self._about = self.path / "server.json"
        self._lock = self.path / "lock"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other servers out.

        The lock ends with the process that holds it, however that ends.

        :raises AlreadyRunning: another server is in.
        """
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            deadline = time.monotonic() + _PATIENCE
            while not _try_lock(descriptor):
                if time.monotonic() > deadline:
                    raise AlreadyRunning(self._who())
                time.sleep(0.05)
            yield
        finally:
            os.close(descriptor)

    def server(self) -> Server | None:
        """Return the server that uses this folder, or None; it may still be starting."""
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            return None if _try_lock(descriptor) else self._read()
        finally:
            os.close(descriptor)

    def note(self, server: Server) -> None:
        """Say who uses this folder; for the holder of the lock."""
        self.write("server.json", json.dumps(asdict(server)))

    def forget(self) -> None:
        """Say that nobody uses this folder any more."""
        self._about.unlink(missing_ok=True)

    def write(self, name: str, text: str) -> None:
        """Write a file for its owner only, at once or not at all."""
        new = self.path / f".{name}.{os.getpid()}"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
            file.write(text)
        new.replace(self.path / name)

    def read(self, name: str) -> str:
        """Return the text of a file, "" when there is none."""
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def sweep(self) -> bool:
        """End the processes and remove the folder of a killed server; tell whether there was one.

        For the holder of the lock.

        :raises TimeoutError: when processes do not end.
        """
        gone = self._read()
        if gone is None:
            return False
        _end_below(Path(gone.folder))
        shutil.rmtree(gone.folder, ignore_errors=True)
        self.forget()
        return True

    def _read(self) -> Server | None:
        try:
            return Server(**json.loads(self._about.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _who(self) -> str:
        server = self._read()
        where = f" at {server.url}" if server and server.url else ""
        process = f" (process {server.pid})" if server else ""
        return (
            f"a Compute Engine is running{where} on the state folder {self.path} already{process}: "
            "use it, stop it with `python -m local_ce down`, or choose another folder with --state"
        )


def default_path() -> Path:
    """Return the state folder of whoever names none: ``$XDG_DATA_HOME/local-ce``."""
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser() / "local-ce"


def sweep_temporary() -> None:
    """Sweep the temporary state folders of this user's whose server was killed."""
    for about in Path("/tmp").glob("ce-*/server.json"):  # noqa: S108 - where they are made
        with contextlib.suppress(OSError, AlreadyRunning):
            # In a folder of ours that nobody else can write to; what it says can be trusted then.
            if about.parent.lstat().st_uid == os.getuid():
                state = StateFolder(about.parent)
                if state.server() is None:
                    with state.locked():
                        state.sweep()
                    shutil.rmtree(state.path)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_below(folder: Path) -> None:
    """Kill every process that was started for something in ``folder`` or works in it."""
    end_all(lambda: [each for each in psutil.process_iter() if _is_below(each, folder)], folder)


def _is_below(process: psutil.Process, folder: Path) -> bool:
    """Tell by what a process inherited, or where it is: Ray's workers overwrite the former."""
    try:
        if process.pid == os.getpid() or process.status() == "zombie":
            return False
        place = process.environ().get(MARKER, "")
        if not place and process.name().startswith("ray::"):
            place = process.cwd()
    except (psutil.Error, ProcessLookupError):
        return False
    return bool(place) and folder in (Path(place), *Path(place).parents)
