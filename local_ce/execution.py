"""Follows one run on Ray from its submission to its end. Needs Ray; the server never imports it."""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import ray
import ray.workflow
from orquestra.sdk._base._env import RAY_GLOBAL_WF_RUN_ID_ENV
from orquestra.sdk._ray import _dag, _ray_logs
from orquestra.sdk._ray._build_workflow import TaskResult
from orquestra.sdk.schema import ir
from ray.workflow.storage import DataLoadError, KeyNotFoundError
from ray.workflow.workflow_storage import WorkflowStorage

from . import _causes, _head
from ._process import environment, started_in
from .failure import task_names
from .placement import missing, requests_of
from .records import RunState
from .submission import Submission, Submitted

Report = Callable[[dict[str, Any]], None]

#: Seconds between two looks at a run's tasks, at least.
_PAUSE = 0.2
#: Seconds a look takes, at most: of a workflow with many tasks it sees only some.
_LOOK = 0.1
#: The share of the time that looking may take.
_SHARE = 0.1
#: Seconds to wait for what Ray should do at once: on a busy machine it takes some.
_GRACE = 60.0
#: Seconds to wait for Ray to cancel a run. The server kills a run that does not stop soon.
_CANCEL = 10.0
#: Seconds without a worker to end after which there will be none any more.
_QUIET = 1.0
#: Lines of each of Ray's own log files that are kept.
_SYSTEM_LINES = 300


def follow(options: Mapping[str, Any], report: Report, stop: threading.Event) -> None:
    """Execute a run; report ``running``, ``tasks``, ``logs``, ``waits``, … and ``end``.

    :param options: as :class:`local_ce.executor.Executor` writes them.
    :param stop: when set, the run is ended, and what there is of it reported.
    """
    try:
        submission, submitted = _submit(options)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the run's reason to fail
        traceback.print_exc()
        reason = f"it could not be submitted to Ray: {type(error).__name__}: {error}"
        report({"event": "end", "state": RunState.FAILED, "reason": reason, "time": time.time()})
        return
    private = [env.digest for env in submitted.environments if env.private]
    report(
        {
            "event": "running",
            "time": time.time(),
            "sessions": [str(session) for session in _sessions()],
            "environments": private,
        }
    )
    _Following(submission, submitted, report, own_cluster=not options["address"]).run(stop)


def _submit(options: Mapping[str, Any]) -> tuple[Submission, Submitted]:
    folder = Path(options["folder"])
    with started_in(folder / "work"):
        if options["address"]:
            ray.init(options["address"], log_to_driver=False, configure_logging=False)
        else:
            _head.start(options["cluster"])
    with environment({RAY_GLOBAL_WF_RUN_ID_ENV: options["run_id"]}):
        submission = Submission(
            project_dir=folder / "work",
            state_of=lambda _: str(options["state"]),
            variables=options["variables"],
            owner=options["run_id"] if options["address"] else "",
        )
        definition = ir.WorkflowDef.parse_obj(options["definition"])
        return submission, submission.submit(definition)


class _Following:
    """A run that was submitted."""

    def __init__(
        self,
        submission: Submission,
        submitted: Submitted,
        report: Report,
        *,
        own_cluster: bool,
    ) -> None:
        self._submission = submission
        self._submitted = submitted
        self._report = report
        self._own_cluster = own_cluster
        self._storage = WorkflowStorage(submitted.run_id)
        #: Tasks whose end was not seen yet, the next one to look at first.
        self._open = deque(submitted.definition.task_invocations)
        self._known: dict[str, list[Any]] = {}
        self._lines_seen: dict[tuple[Path, str], int] = {}
        self._sizes: dict[Path, int] = {}
        #: Processes that had tasks of this run. On a cluster that runs share they are its own:
        #: Ray reuses a worker only for tasks with the same variables.
        self._workers: set[int] = set()
        self._requests = requests_of(submitted.definition)
        self._waits = ""

    def run(self, stop: threading.Event) -> None:
        """Look at the run again and again until it ends or is to stop; report its end."""
        next_look = 0.0
        while not stop.is_set():
            finished, _ = ray.wait([self._submitted.output], timeout=_PAUSE)
            if finished:
                self._finish()
                return
            if (start := time.monotonic()) >= next_look:
                self._look(ray.workflow.WorkflowStatus.RUNNING, limit=_LOOK)
                next_look = start + (time.monotonic() - start) / _SHARE
        self._stop()

    def _finish(self) -> None:
        try:
            ray.get(self._submitted.output, timeout=_GRACE)
        except (ray.workflow.exceptions.WorkflowError, ray.exceptions.RayError) as error:
            self._fail(str(error))
            return
        # The value is there a moment before Ray has written that the run succeeded.
        deadline = time.monotonic() + _GRACE
        while (status := self._status()) == ray.workflow.WorkflowStatus.RUNNING:
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
        if status != ray.workflow.WorkflowStatus.SUCCESSFUL:
            self._fail(f"Ray has a result of the run, and its status is {status.value}")
            return
        self._look(status)
        value = ray.get(self._submitted.output)
        results = [json.loads(result.json()) for result in value.unpacked]
        self._report({"event": "results", "results": results})
        self._end(RunState.SUCCEEDED, None)

    def _fail(self, message: str) -> None:
        self._look(ray.workflow.WorkflowStatus.FAILED)
        failure = self._submission.failure(self._submitted, message)
        names = task_names(self._submitted.definition, failure.invocations)
        # For an environment that could not be made, no task ran that could have logged it.
        kind = "environment" if _causes.is_environment(message) else "other"
        self._log(kind, None, _causes.innermost(message).splitlines())
        self._end(RunState.FAILED, f"task {names}: {failure.cause}" if names else failure.cause)

    def _stop(self) -> None:
        if not self._own_cluster:
            # Ray waits for the run to end when it cancels one, without a limit; we have one.
            cancel = threading.Thread(
                target=ray.workflow.cancel, args=(self._submitted.run_id,), daemon=True
            )
            cancel.start()
            cancel.join(_CANCEL)
        # The SDK would call every task of such a run terminated, those that finished included.
        self._look(ray.workflow.WorkflowStatus.RUNNING)
        self._look(ray.workflow.WorkflowStatus.CANCELED)
        self._end(RunState.TERMINATED, None)

    def _end(self, state: str, reason: str | None) -> None:
        self._environment_logs()
        if self._own_cluster:
            self._system_logs()
        else:
            self._leave_the_cluster(quiet=0 if state == RunState.SUCCEEDED else _QUIET)
        self._report({"event": "end", "state": state, "reason": reason, "time": time.time()})

    def _leave_the_cluster(self, *, quiet: float) -> None:
        """End the workers that had tasks of this run, remove what Ray keeps of it.

        :param quiet: seconds without such a worker after which none is expected: Ray lets the
            other tasks of a run that failed go on, and starts those that it has in line.
        """
        last = time.monotonic()
        while True:
            if sum(_end_worker(pid) for pid in self._workers):
                last = time.monotonic()
            if time.monotonic() >= last + quiet:
                break
            time.sleep(0.1)
            self._task_logs()
        try:
            # Inputs of tasks are there, and with them every secret that they contain.
            ray.workflow.delete(self._submitted.run_id)
        except OSError as error:
            self._log("other", None, [f"Ray's files of this run could not be removed: {error}"])

    def _status(self) -> Any:
        return ray.workflow.get_status(self._submitted.run_id)

    # --- tasks

    def _look(self, status: Any, limit: float = math.inf) -> None:
        """Report the tasks that changed since the last look, what they returned and printed.

        :param status: Ray's for the workflow.
        :param limit: seconds after which the rest of the tasks is left for the next time.
        """
        changed, artifacts = [], {}
        deadline = time.monotonic() + limit
        for _ in range(len(self._open)):
            invocation = self._open.popleft()
            stats = self._storage.load_task_metadata(invocation)["stats"]
            start, end = stats.get("start_time"), stats.get("end_time")
            state = _dag._task_state_from_ray_meta(status, start, end).value  # noqa: SLF001 - as the SDK has it
            task = [invocation, state, start, end]
            if task != self._known.get(invocation):
                self._known[invocation] = task
                changed.append(task)
            # Ray writes down the end of a task before its value.
            if state == RunState.SUCCEEDED and (found := self._artifact(invocation)) is not None:
                artifacts[invocation] = found
            else:
                self._open.append(invocation)
            if time.monotonic() > deadline:
                break
        if artifacts:
            self._report({"event": "artifacts", "artifacts": artifacts})
        if changed:
            self._report({"event": "tasks", "tasks": changed})
        self._task_logs()
        if status == ray.workflow.WorkflowStatus.RUNNING:
            self._say_what_waits()

    def _artifact(self, invocation: str) -> Any:
        """Return what a task returned, in JSON, or ``None`` when it is not there yet."""
        try:
            result: TaskResult = self._storage.load_task_output(invocation)
        except (KeyNotFoundError, DataLoadError):
            return None
        return json.loads(result.packed.json())

    # --- logs

    def _log(self, kind: str, invocation: str | None, lines: Sequence[str]) -> None:
        if lines:
            self._report(
                {"event": "logs", "kind": kind, "invocation": invocation, "lines": list(lines)}
            )

    def _task_logs(self) -> None:
        """Report what tasks printed since the last time."""
        for path in _paths(_ray_logs.iter_user_log_paths):
            # A file that was listed can be gone a moment later: seen of a worker of Ray's own.
            with contextlib.suppress(FileNotFoundError):
                self._task_log(path)

    def _task_log(self, path: Path) -> None:
        size = path.stat().st_size
        if self._sizes.get(path) == size:
            return
        self._sizes[path] = size
        printed = self._printed(path)
        if printed:
            # worker-<id>-<job>-<process>.out
            self._workers.add(int(path.stem.rpartition("-")[2]))
        for invocation, lines in printed.items():
            seen = self._lines_seen.get((path, invocation), 0)
            self._lines_seen[path, invocation] = len(lines)
            self._log("task", invocation, lines[seen:])

    def _printed(self, path: Path) -> dict[str, list[str]]:
        """Return what tasks of this run wrote into a worker's file, by invocation."""
        printed: dict[str, list[str]] = {}
        try:
            for lines, run_id, invocation in _ray_logs.iter_task_logs(path):
                if run_id == self._submitted.run_id:
                    printed.setdefault(invocation, []).extend(lines)
        except UnicodeDecodeError:
            self._log("other", None, [f"{path.name} is left out from here: it is no UTF-8 text"])
        return printed

    def _environment_logs(self) -> None:
        lines = [line for path in _paths(_ray_logs.iter_env_log_paths) for line in _lines(path)]
        if not self._own_cluster:
            text = self._submission.environment_log(
                self._submitted, [f"{line}\n" for line in lines]
            )
            lines = text.splitlines()
        self._log("environment", None, lines)

    def _system_logs(self) -> None:
        for session in _sessions():
            for name in ("gcs_server.out", "raylet.out", "raylet.err"):
                path = session / "logs" / name
                lines = _lines(path) if path.exists() else []
                told = [f"{name}: {line}" for line in lines if not line.startswith("[state-dump]")]
                self._log("system", None, told[-_SYSTEM_LINES:])

    # --- what cannot start

    def _say_what_waits(self) -> None:
        """Report which tasks no node can take, when that changed."""
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        reasons = {
            task_names(self._submitted.definition, invocations): reason
            for request, invocations in self._requests.items()
            if (reason := missing(request, nodes)) is not None
        }
        text = "; ".join(f"task {who} cannot start: {why}" for who, why in reasons.items())
        if text != self._waits:
            self._waits = text
            self._report({"event": "waits", "reason": text})


def _end_worker(pid: int) -> bool:
    """Kill a worker, if it is there; say whether it was."""
    try:
        process = psutil.Process(pid)
        # What Ray calls its workers; the number could be another process's by now.
        if process.status() == psutil.STATUS_ZOMBIE or not process.cmdline()[0].startswith("ray::"):
            return False
        process.kill()
    except (psutil.Error, IndexError):
        return False
    return True


def _sessions() -> list[Path]:
    """Return Ray's folder on each node of the cluster; on this machine, or they are not there."""
    return sorted({Path(node["RayletSocketName"]).parents[1] for node in ray.nodes()})


def _paths(find: Callable[[Path], Iterable[Path]]) -> list[Path]:
    return [path for session in _sessions() for path in find(session.parent)]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()
