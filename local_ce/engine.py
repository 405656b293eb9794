"""A whole Compute Engine: services, REST API and scheduler, started and stopped as one."""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import socket
import tempfile
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from aiohttp import web

from . import operations
from .access import Gate
from .answers import add_routes
from .api import compute_engine, has_ended
from .catalog import DEFAULT_PROJECT
from .demand import Demand, in_gibibytes
from .executor import Executor
from .failure import RunFailed
from .records import RunRecord, RunState
from .scheduler import Scheduler
from .secrets import SecretsService
from .server import Server, require_loopback
from .services import Services
from .state import Server as Note
from .state import StateFolder, sweep_temporary
from .store import Store
from .tokens import ADMIN, ALL, DEFAULT_USER, RUN, Tokens

if TYPE_CHECKING:
    from .client import Client

#: Why a run failed that the end of its server interrupted.
INTERRUPTED = "the Compute Engine ended before the run did: submit it again"
#: What a workflow that asks for nothing gets; with less, none would ever start.
_LEAST_CPUS = 2
#: How the scheduler names the tasks in the reason of a failure.
_TASK = re.compile(r"task ([^:]+): ", re.DOTALL)


class ComputeEngine:
    """A Compute Engine on this machine; made by :meth:`start`.

    Use it as a context manager. What it has while it is up is in a folder under ``/tmp``, which is
    gone with its processes after :meth:`stop`, at the end of the interpreter, or, when that was
    killed, after the next start.
    """

    def __init__(
        self,
        home: StateFolder,
        closing: contextlib.ExitStack,
        *,
        settings: dict[str, Any],
        workspaces: Sequence[str],
        constraints: str,
        time_limit: float,
    ) -> None:
        self._closing = closing
        self._home = home
        #: The state folder.
        self.state = home.path
        #: Where the clusters of runs are.
        self.clusters = Path(tempfile.mkdtemp(prefix="ce-", dir="/tmp"))
        closing.callback(shutil.rmtree, self.clusters, ignore_errors=True)
        home.note(Note(os.getpid(), str(self.clusters)))
        #: The workspaces there are; the first one is for what names none.
        self.workspaces = list(workspaces)
        self._tokens = Tokens.in_folder(home.path)
        #: Definitions, runs and what became of them.
        self.store = Store(home.database, redact=self.redact)
        closing.callback(self.store.close)
        #: What ``sdk.Secret`` refers to.
        self.secrets = SecretsService(
            self._tokens, store=self.store, ended=lambda run_id: has_ended(self.store, run_id)
        )
        self._services = Services(
            home.path / "services", constraints=constraints, secrets=self.secrets
        )
        closing.callback(self._services.stop)
        #: The git host that answers for github.com and example.com.
        self.git = self._services.git
        #: The packages that tasks can import with ``PythonImports``.
        self.index = self._services.index
        self._address = settings["address"]
        self._executor = Executor(self.clusters, self._services, **settings)
        self._scheduler = Scheduler(
            self.store, self._executor, passport=self._passport, time_limit=time_limit
        )
        self.url = ""
        self._client: Client | None = None
        self._submitting = threading.Lock()

    @classmethod
    def start(
        cls,
        *,
        state: Path | None = None,
        cpus: int | None = None,
        memory: str | None = None,
        mode: str = "per-run",
        ray_address: str | None = None,
        images: Sequence[str] = (),
        constraints: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int | None = None,
        time_limit: float = 3600.0,
        workspaces: Sequence[str] = ("local",),
        progress: Callable[[str], None] = lambda _: None,
    ) -> ComputeEngine:
        """Start everything; returns when ``orq login`` is answered.

        :param state: keeps finished runs, repos and wheels from one start to the next; without,
            all is gone at the end.
        :param cpus: what runs get together; default: the machine's, or 2 when it has less.
        :param memory: the same as a quantity like ``8Gi``; default: the machine's.
        :param mode: ``per-run``, a Ray cluster for each run, or ``shared``, one for all.
        :param ray_address: of a Ray cluster that exists; runs go there.
        :param images: names for ``custom_image=`` beside the default image.
        :param constraints: a pip constraints file for the environments of tasks.
        :param host: the loopback address to listen on.
        :param port: where to listen; default: where it was the last time, or a free one.
        :param time_limit: seconds a run may take.
        :param workspaces: the names of the workspaces.
        :param progress: is told what is going on.
        :raises ValueError: for an address that others could reach, or another bad parameter.
        :raises FileNotFoundError: when there is no such constraints file.
        :raises local_ce.state.AlreadyRunning: when another one uses the state folder.
        :raises RuntimeError: when Ray does not come up, or the state cannot be used.
        """
        require_loopback(host)
        limit = str(Path(constraints).resolve(strict=True)) if constraints is not None else ""
        size = _bytes(memory)
        with contextlib.ExitStack() as closing:
            sweep_temporary()
            if state is None:
                path = Path(tempfile.mkdtemp(prefix="ce-", dir="/tmp"))
                closing.callback(shutil.rmtree, path, ignore_errors=True)
            else:
                path = _without_space(state)
            home = StateFolder(path)
            closing.enter_context(home.locked())
            if home.sweep():
                progress("removed what a killed Compute Engine left behind")
            closing.callback(home.forget)
            added = home.read("images").splitlines()
            settings = {
                "cpus": cpus or max(_LEAST_CPUS, os.cpu_count() or 1),
                "memory": size,
                "mode": mode,
                "address": ray_address,
                "images": list(dict.fromkeys([*images, *added])),
            }
            progress("starting git host, package index, secrets and REST API")
            # Logins know the last one; any other is better than none.
            ports = [_last_port(home), 0] if port is None else [port]
            with _kept(host, ports[0]):
                engine = cls(
                    home,
                    closing,
                    settings=settings,
                    workspaces=workspaces,
                    constraints=limit,
                    time_limit=time_limit,
                )
                engine._serve(host, ports, progress)
            # It is up: from here on, closing is for stop().
            engine._closing = closing.pop_all()
        atexit.register(engine.stop)
        return engine

    def stop(self) -> None:
        """End every run and process, remove what is temporary. Can be called again."""
        atexit.unregister(self.stop)
        self._closing.close()

    def __enter__(self) -> ComputeEngine:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def folder(self) -> Path:
        """Where ``gitconfig``, the repos and the wheels are."""
        return self._services.folder

    @property
    def images(self) -> list[str]:
        """The names tasks can give as ``custom_image``, beside the default image."""
        return list(self._executor.images)

    @property
    def capacity(self) -> str:
        """What runs run on, for a reader."""
        executor = self._executor
        machine = f"{executor.cpus} CPU and {in_gibibytes(executor.memory)}"
        return {
            "per-run": f"a Ray cluster for each run, {machine} for all of them",
            "shared": f"one Ray cluster with {machine}",
            "address": f"the Ray cluster at {self._address}",
        }[executor.mode]

    def token(self, user: str = DEFAULT_USER, workspaces: Sequence[str] | None = None) -> str:
        """Return a new token for ``orq login``.

        :param workspaces: those it opens; default: all.
        """
        token = self._tokens.issue(user, workspaces=(ALL,) if workspaces is None else workspaces)
        self.secrets.hide(token)
        return token

    def add_image(self, name: str) -> None:
        """Offer an image, from the next run on.

        :raises ValueError: when runs go to a cluster that exists: its nodes say what they offer.
        """
        self._executor.add_image(name)
        self._home.write("images", f"{self._home.read('images')}{name}\n")

    def explain(self, run_id: str) -> str | None:
        """Return why a run, or a task of it, waits; None when nothing does."""
        return self._scheduler.explain(run_id)

    def redact(self, text: str) -> str:
        """Return ``text`` with every secret, git token and login token replaced by ``***``."""
        return self._services.redact(text)

    def run(self, workflow: Any, *, timeout: float = 120.0) -> Any:
        """Submit a workflow with the SDK's own client, wait for it, return its results.

        It is submitted to the first workspace. Results are as ``WorkflowRun.get_results()`` gives
        them: the value when the workflow returns one, a tuple when it returns several.

        :param workflow: a called workflow, ``my_workflow()``.
        :param timeout: seconds after which the run is stopped, counted from when it has a cluster.
        :raises RunFailed: when the run fails or is not finished in time; it has the cause.
        """
        from .client import Client  # noqa: PLC0415 - imports much; a server never needs it

        with self._submitting:
            if self._client is None:
                self._client = Client(self.url, self.token(), self.clusters)
            run_id = self._client.submit(workflow, self.workspaces[0], DEFAULT_PROJECT)
        cause = self._client.wait(run_id, timeout, self._is_stuck)
        run = self.store.run(run_id)
        assert run is not None
        if cause is None and run.state == RunState.SUCCEEDED:
            return self._client.results(run_id)
        raise self._failure(run, cause)

    def _is_stuck(self, run_id: str) -> bool:
        """Tell whether a run waits for more than there is."""
        run = self.store.run(run_id)
        return run is not None and run.reason is not None

    def _failure(self, run: RunRecord, cause: str | None) -> RunFailed:
        reason = run.reason or ""
        task = _TASK.match(reason)
        log = self.store.logs(run.run_id, kinds=("environment", "other"))
        lines = [line.line for line in log] + ([reason] if cause is not None else [])
        return RunFailed(
            run_id=run.run_id,
            state=run.state if cause is None else "TIMEOUT",
            task=task[1] if task else "(none)",
            cause=self.redact(cause or (reason[task.end() :] if task else reason)),
            log=self.redact("\n".join(lines)).strip(),
        )

    def _serve(self, host: str, ports: Sequence[int], progress: Callable[[str], None]) -> None:
        interrupted = self.store.end_unfinished(INTERRUPTED)
        if interrupted:
            progress(f"failed, because they were interrupted: {', '.join(interrupted)}")
        self._closing.callback(self._executor.stop)
        if self._executor.mode == "shared":
            progress("starting Ray; this takes about ten seconds")
        self._executor.start()
        self._closing.callback(self._scheduler.stop)
        self._scheduler.start()
        server = self._listen(host, ports)
        self._closing.callback(server.stop)
        #: Where it listens: what ``orq login -s`` needs.
        self.url = server.url
        self._home.write("port", str(server.port))
        admin = self._tokens.issue(kind=ADMIN)
        self.secrets.hide(admin)
        self._home.note(Note(os.getpid(), str(self.clusters), self.url, admin))

    def _listen(self, host: str, ports: Sequence[int]) -> Server:
        """Listen on the first of these ports that is free."""
        *wished, last = ports
        for port in wished:
            with contextlib.suppress(OSError):
                return Server(self._application(), host, port)
        return Server(self._application(), host, last)

    def _application(self) -> web.Application:
        app = compute_engine(
            self.store,
            self._scheduler,
            self.secrets,
            self._tokens,
            workspaces=self.workspaces,
            redact=self.redact,
        )
        add_routes(app, Gate(self._tokens), (ADMIN,), operations.routes(self))
        return app

    def _passport(self, run: RunRecord) -> str:
        return self._tokens.issue(
            run.owner, workspaces=(run.workspace,), kind=RUN, run_id=run.run_id
        )


def _last_port(home: StateFolder) -> int:
    """Return the port that was listened on the last time, 0 when there is none."""
    written = home.read("port").strip()
    return int(written) if re.fullmatch(r"\d{1,5}", written) and int(written) < 65536 else 0


@contextlib.contextmanager
def _kept(host: str, port: int) -> Iterator[None]:
    """Keep a port for the server: whatever is started before it takes free ones, and would get this one by chance."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as place:
        # As the server does, which may listen there although this socket has the port.
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # The server will say so, or take another one.
            place.bind((host, port))
        yield


def _bytes(memory: str | None) -> int:
    if memory is None:
        return int(psutil.virtual_memory().total)
    return Demand.of({"memory": memory}).memory


def _without_space(path: Path) -> Path:
    if re.search(r"\s", str(path.expanduser().absolute())):
        raise ValueError(
            f"the state folder {path} has a space in its path, and pip would take it for two: "
            "choose another one with --state"
        )
    return path
