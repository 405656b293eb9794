"""A scheduler with all it needs and nothing else, for the tests of how runs are executed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from local_ce.executor import Executor
from local_ce.records import RunRecord, RunState
from local_ce.scheduler import Scheduler
from local_ce.secrets import SecretsService
from local_ce.services import Services
from local_ce.store import Store
from local_ce.tokens import RUN, Tokens

#: Seconds a run may take on a slow machine with other work to do.
PATIENCE = 180.0
#: Lines by which a process of Ray's says that it failed, or died.
_TROUBLE = re.compile(r"\[\S+ \S+ [EC] |.*\bERROR\b|.*Error: ")


@dataclass
class Engine:
    """What executes runs, and where it writes about them."""

    state: Path
    services: Services
    store: Store
    executor: Executor
    scheduler: Scheduler
    #: The folder of the cluster somebody else started, if the engine is on one.
    cluster: Path | None = None

    def submit(
        self, workflow: Any, resources: Mapping[str, Any] | None = None, workspace: str = "ws"
    ) -> str:
        """Submit a workflow as the REST API does; return the run's id."""
        document = json.loads(workflow.model.json())
        place = {"workspace": workspace, "project": "p", "owner": "me"}
        definition = self.store.add_definition(document, **place)
        run = self.store.add_run(definition, resources=resources or {}, **place)
        self.scheduler.submitted(run.run_id)
        return run.run_id

    def run(self, run_id: str) -> RunRecord:
        """Return what the store has of a run."""
        run = self.store.run(run_id)
        assert run is not None
        return run

    def wait(self, run_id: str, seconds: float = PATIENCE) -> RunRecord:
        """Wait for the end of a run."""
        until(
            lambda: self.run(run_id).state in RunState.FINAL,
            seconds,
            why=lambda: self.account(run_id),
        )
        return self.run(run_id)

    def account(self, run_id: str) -> str:
        """Tell what is known of a run that does not end: on CI nobody can look."""
        run = self.run(run_id)
        tasks = self.store.tasks(run_id).values()
        logs = self.store.logs(run_id)
        printed = [f"{line.kind} {line.invocation_id or ''}: {line.line}" for line in logs]
        process = self.executor.folder / f"r{run.number}" / "run.log"
        return "\n".join(
            [
                f"the run is {run.state}, because of: {run.reason or '(nothing)'}",
                f"the scheduler says: {self.scheduler.explain(run_id) or '(nothing)'}",
                *(f"task {t.invocation_id} is {t.state}, from {t.start} to {t.end}" for t in tasks),
                *_last("the run's logs", printed),
                *_last("what its process wrote", _lines(process)),
                *told_by_ray(self.executor.folder),
                *(told_by_ray(self.cluster) if self.cluster else []),
            ]
        )

    def result(self, run_id: str) -> Any:
        """Wait for a run that must succeed, and return what its workflow returned."""
        run = self.wait(run_id)
        assert run.state == RunState.SUCCEEDED, run.reason
        values = [json.loads(result["value"]) for result in self.store.results(run_id) or []]
        return values[0] if len(values) == 1 else values

    def lines(self, run_id: str, kind: str, invocation: str | None = None) -> list[str]:
        """Return the lines of one kind of a run's logs."""
        return [
            line.line for line in self.store.logs(run_id, kinds=[kind], invocation_id=invocation)
        ]

    def secrets_on_disk(self, *folders: Path) -> list[tuple[str, str]]:
        """Search the bytes of all files, of ours and in ``folders``, for all secrets known."""
        found = []
        for folder in (self.state, self.executor.folder, *folders):
            # Folders may go meanwhile, which is an error to `rglob`.
            names = [Path(at, name) for at, _, files in os.walk(folder) for name in files]
            for path in names:
                with contextlib.suppress(OSError):
                    content = path.read_bytes() if path.is_file() else b""
                    found += [
                        (str(path), value)
                        for value in self.services.values() - {self.services.secrets.token}
                        if value.encode() in content
                    ]
        return found


def until(
    condition: Callable[[], Any], seconds: float = PATIENCE, *, why: Callable[[], str] = str
) -> None:
    """Wait until a condition holds; ``why`` tells the reader of the failure what else there is."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so after {seconds:g} s\n{why()}"
        time.sleep(0.05)


def raylets(folder: Path) -> list[list[str]]:
    """Return the command lines of the raylets, one for each node, that have their files in a folder."""
    processes = [one.info for one in psutil.process_iter(["pid", "ppid", "name", "cmdline"])]
    found = {one["pid"]: one for one in processes if one["name"] == "raylet"}
    # What a raylet starts is called so, too, until its own program begins.
    first = [one["cmdline"] or [] for one in found.values() if one["ppid"] not in found]
    return [line for line in first if str(folder) in " ".join(line)]


def told_by_ray(folder: Path) -> list[str]:
    """Return, for each of Ray's nodes with its files in a folder, which of its processes are in trouble."""
    told = []
    # The process of a run has such a folder as well, on a cluster that it did not start.
    for logs in sorted(path.parent for path in folder.rglob("session_2*/logs/raylet.out")):
        told.append(f"{logs}: its raylet {'is up' if raylets(logs) else 'has ended'}")
        for path in sorted(path for path in logs.iterdir() if path.is_file()):
            troubles = [line for line in _lines(path) if _TROUBLE.match(line)]
            told += _last(path.name, troubles) if troubles else []
    return told


def _last(title: str, lines: list[str]) -> list[str]:
    return [f"{title}, the last of {len(lines)} lines:", *(f"    {line}" for line in lines[-10:])]


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []


@contextlib.contextmanager
def started(
    *,
    cpus: int = 4,
    time_limit: float = PATIENCE,
    cluster: Path | None = None,
    **options: Any,
) -> Iterator[Engine]:
    """Give an engine that is up; everything of it is gone afterwards."""
    with contextlib.ExitStack() as stack:
        state, folder = (Path(tempfile.mkdtemp(prefix=p, dir="/tmp")) for p in ("st-", "ce-"))
        for path in (state, folder):
            stack.callback(shutil.rmtree, path, ignore_errors=True)
        tokens = Tokens.new()

        def ended(run_id: str) -> bool:
            run = store.run(run_id)
            return run is None or run.state in RunState.FINAL

        services = Services(state, secrets=SecretsService(tokens, ended=ended))
        stack.callback(services.stop)
        store = Store(state / "state.db", services.redact)
        stack.callback(store.close)
        executor = Executor(folder, services, cpus=cpus, memory=cpus * 2**30, **options)
        stack.callback(executor.stop)
        executor.start()
        scheduler = Scheduler(
            store,
            executor,
            passport=lambda run: tokens.issue(
                run.owner, workspaces=[run.workspace], kind=RUN, run_id=run.run_id
            ),
            time_limit=time_limit,
        )
        stack.callback(scheduler.stop)
        scheduler.start()
        yield Engine(state, services, store, executor, scheduler, cluster)
