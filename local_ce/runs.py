"""Submit a workflow through the SDK's own Ray runtime, wait for it, say why it failed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ray
import ray.workflow
from orquestra.sdk._base import serde
from orquestra.sdk._ray._client import RayClient
from orquestra.sdk._ray._dag import RayRuntime
from orquestra.sdk.schema import ir
from orquestra.sdk.schema.configs import RuntimeConfiguration, RuntimeName
from ray.runtime_env import RuntimeEnv

from . import _causes
from ._process import environment
from .failure import RunFailed

#: Seconds to wait for Ray to stop a run, and for other calls that should be instant.
_GRACE = 15.0


class Runner:
    """Runs workflows on the cluster this process is connected to."""

    def __init__(
        self,
        *,
        temp_dir: Path,
        project_dir: Path,
        submission: Mapping[str, str | None],
        state_of: Callable[[Sequence[str]], str],
        redact: Callable[[str], str],
    ) -> None:
        self._submission = submission
        self._redact = redact
        self._client = _Client(state_of)
        self._lock = threading.Lock()
        options = {
            "address": "auto",
            "log_to_driver": False,
            "storage": None,
            "temp_dir": str(temp_dir),
            "configure_logging": False,
        }
        config = RuntimeConfiguration(
            config_name="local_ce", runtime_name=RuntimeName.RAY_LOCAL, runtime_options=options
        )
        with environment(submission):
            self._runtime = RayRuntime(config, project_dir, client=self._client)

    def run(self, workflow: Any, timeout: float) -> Any:
        """Run a workflow to its end; return its results as ``WorkflowRun.get_results()`` does.

        :raises RunFailed: when it fails, or is not finished after ``timeout`` seconds.
        """
        definition = workflow.model if hasattr(workflow, "model") else workflow
        # One at a time: submitting reads settings from the process environment.
        with self._lock, environment(self._submission):
            run_id = self._runtime.create_workflow_run(definition, project=None)
        submitted = self._client.submitted.pop(run_id)
        finished, _ = ray.wait([submitted.output], timeout=timeout)
        if not finished:
            raise self._timed_out(run_id, definition, timeout, submitted)
        try:
            ray.get(submitted.output, timeout=_GRACE)
        except (ray.workflow.exceptions.WorkflowError, ray.exceptions.RayError) as error:
            raise self._failed(run_id, definition, str(error), submitted) from None
        outputs = self._runtime.get_workflow_run_outputs_non_blocking(run_id)
        results = tuple(serde.deserialize(output) for output in outputs)
        return results[0] if len(results) == 1 else results

    def _failed(
        self, run_id: str, definition: ir.WorkflowDef, message: str, submitted: _Submitted
    ) -> RunFailed:
        state = ray.workflow.get_status(run_id).value
        if _causes.is_environment(message):
            failing = [env for env in submitted.environments if env.digest in message]
            for env in failing:
                self._client.failures[env.key] += 1
            names = [name for env in failing for name in env.invocations]
            cause = _causes.of_environment(message)
        else:
            names = self._in_state(run_id, "FAILED")
            cause = _causes.of_task(message)
        log = self._log(run_id, submitted) + "\n" + _causes.innermost(message)
        return self._error(run_id, definition, state, names, cause, log)

    def _timed_out(
        self, run_id: str, definition: ir.WorkflowDef, timeout: float, submitted: _Submitted
    ) -> RunFailed:
        state = ray.workflow.get_status(run_id).value
        waiting = self._in_state(run_id, "WAITING")
        running = self._in_state(run_id, "RUNNING")
        # Ray waits for the run to end when it cancels one, without a limit; we have one.
        stop = threading.Thread(target=self._runtime.stop_workflow_run, args=(run_id,), daemon=True)
        stop.start()
        stop.join(_GRACE)
        requests = [f"{_name(definition, i)} ({_request(definition, i)})" for i in waiting]
        cause = (
            f"not finished after {timeout:g} s: run {state}"
            + (f", running: {', '.join(_name(definition, i) for i in running)}" if running else "")
            + (f", waiting: {', '.join(requests)}" if requests else "")
            + ("" if not stop.is_alive() else f"; Ray did not stop it within {_GRACE:g} s")
        )
        log = self._log(run_id, submitted)
        return self._error(run_id, definition, "TIMEOUT", waiting + running, cause, log)

    def _error(
        self,
        run_id: str,
        definition: ir.WorkflowDef,
        state: str,
        invocations: Sequence[str],
        cause: str,
        log: str,
    ) -> RunFailed:
        tasks = ", ".join(dict.fromkeys(_name(definition, i) for i in invocations)) or "(none)"
        return RunFailed(
            run_id=run_id,
            state=state,
            task=tasks,
            cause=self._redact(cause),
            log=self._redact(log).strip(),
        )

    def _in_state(self, run_id: str, state: str) -> list[str]:
        run = self._runtime.get_workflow_run_status(run_id)
        return [task.invocation_id for task in run.task_runs if task.status.state.value == state]

    def _log(self, run_id: str, submitted: _Submitted) -> str:
        """Return the records about this run's environments from the log of all environments."""
        lines = self._runtime.get_workflow_logs(run_id).env_setup
        digests = [env.digest for env in submitted.environments]
        return _causes.records_about(digests, lines)


class _Environment:
    """The environment of some of a run's tasks."""

    def __init__(self, key: tuple[str, ...], digest: str) -> None:
        #: The packages, and the state of what they come from.
        self.key = key
        #: Part of the environment's path, and so of every message about it.
        self.digest = digest
        self.invocations: list[str] = []


class _Submitted:
    """What is to remember of a run between its submission and its end."""

    def __init__(self, output: Any, environments: list[_Environment]) -> None:
        self.output = output
        self.environments = environments


class _Client(RayClient):  # type: ignore[misc]
    """The SDK's Ray client, with environments that are shared exactly while they are the same.

    Ray keys an environment by its list of packages, so a moved branch would go on running old
    code, a repo turned private would still be there, and a failure would be remembered. Here
    the list ends with a comment line on the state of what it was built from: equal state, equal
    environment, in whatever order runs come.

    The state covers the repos the list names and the whole package index. It does not cover a
    repo that only another repo's metadata names; that needs a cluster for each run.
    """

    def __init__(self, state_of: Callable[[Sequence[str]], str]) -> None:
        self._state_of = state_of
        self._environments: dict[str, _Environment] = {}
        self.submitted: dict[str, _Submitted] = {}
        #: How often an environment failed.
        self.failures: Counter[tuple[str, ...]] = Counter()

    def add_options(
        self, ray_remote_fn: Any, *, name: str, runtime_env: Any | None, **options: Any
    ) -> Any:
        if runtime_env is not None:
            packages = runtime_env["pip"]["packages"]
            key = (*packages, f"# state: {self._state_of(packages)}")
            runtime_env = RuntimeEnv(pip=[*key, f"# failed before: {self.failures[key]}"])
            digest = runtime_env.pip_uri().rpartition("/")[2]
            entry = self._environments.setdefault(digest, _Environment(key, digest))
            entry.invocations.append(name)
        return super().add_options(ray_remote_fn, name=name, runtime_env=runtime_env, **options)

    def run_dag_async(self, dag_node: Any, workflow_id: str, metadata: Mapping[str, Any]) -> None:
        environments, self._environments = list(self._environments.values()), {}
        output = ray.workflow.run_async(dag_node, workflow_id=workflow_id, metadata=metadata)
        self.submitted[workflow_id] = _Submitted(output, environments)


def _name(definition: ir.WorkflowDef, invocation: str) -> str:
    task = definition.tasks[definition.task_invocations[invocation].task_id]
    return str(task.fn_ref.function_name)


def _request(definition: ir.WorkflowDef, invocation: str) -> str:
    """Say what a task asks the cluster for."""
    called = definition.task_invocations[invocation]
    task = definition.tasks[called.task_id]
    image = called.custom_image or task.custom_image
    asked = dict(called.resources or {})
    parts = [f"{name}={value}" for name, value in asked.items() if value is not None]
    return ", ".join([*parts, f"image {image}" if image else "default image"])
