"""Submits workflows through the SDK's own Ray runtime, and tells why one failed. Needs Ray."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import ray
import ray.workflow
from orquestra.sdk.exceptions import RayActorNameClashError
from orquestra.sdk.schema import ir
from orquestra.sdk.schema.configs import RuntimeConfiguration, RuntimeName
from ray.runtime_env import RuntimeEnv
from ray.workflow.workflow_storage import WorkflowStorage

from . import _causes
from .releases import accepted, sdk_part

RayClient: Any = sdk_part("_ray._client").RayClient
RayRuntime: Any = sdk_part("_ray._dag").RayRuntime

#: Seconds that the actor which manages a cluster's workflows may take to come up; on a busy machine it takes many.
_CLASH_LIMIT = 120.0


class Environment(NamedTuple):
    """The environment of some of a run's tasks."""

    #: The packages, and the state of what they come from.
    key: tuple[str, ...]
    #: Part of the environment's path, and so of every message about it.
    digest: str
    #: Whether it was built with credentials.
    private: bool
    #: Whose environment it is.
    invocations: list[str]


class Submitted(NamedTuple):
    """What is to remember of a run between its submission and its end."""

    run_id: str
    definition: ir.WorkflowDef
    #: Ray's reference to the value the workflow returns.
    output: Any
    environments: list[Environment]


class Failure(NamedTuple):
    """Why a run failed, secrets included."""

    #: The line that says why.
    cause: str
    #: The tasks it can be.
    invocations: list[str]


class Submission:
    """The SDK's Ray runtime on the cluster this process is connected to.

    :param project_dir: an empty folder, which the SDK adds to the import path of tasks.
    :param state_of: gives for a list of packages a text that changes when they do.
    :param variables: the environment of the run's tasks, beside the cluster's.
    :param owner: names the one run there will be, when environments built with credentials are
        to be its own; nothing shares them.
    """

    def __init__(
        self,
        *,
        project_dir: Path,
        state_of: Callable[[Sequence[str]], str],
        variables: Mapping[str, str] | None = None,
        owner: str = "",
    ) -> None:
        self._client = _Client(state_of, dict(variables or {}), owner)
        options = {
            "address": "auto",
            "log_to_driver": False,
            "storage": None,
            "temp_dir": None,
            "configure_logging": False,
        }
        config = RuntimeConfiguration(
            config_name="local_ce", runtime_name=RuntimeName.RAY_LOCAL, runtime_options=options
        )
        #: The SDK's runtime.
        self.runtime = _runtime(config, project_dir, self._client)

    def submit(self, definition: ir.WorkflowDef) -> Submitted:
        """Hand a workflow to Ray."""
        create = self.runtime.create_workflow_run
        run_id = create(definition, project=None, **accepted(create, dry_run=False))
        output, environments = self._client.submitted.pop(run_id)
        return Submitted(run_id, definition, output, environments)

    def failure(self, submitted: Submitted, message: str) -> Failure:
        """Find the reason in Ray's message about a failed run."""
        if _causes.is_environment(message):
            failing = [env for env in submitted.environments if env.digest in message]
            self._client.failures.update(env.key for env in failing)
            names = [name for env in failing for name in env.invocations]
            return Failure(_causes.of_environment(message), names)
        # In the SDK's words, tasks that were still running have failed as well. Ray keeps what a
        # task raised; of one whose process ended it has nothing.
        storage = WorkflowStorage(submitted.run_id)
        raised = [
            invocation
            for invocation in submitted.definition.task_invocations
            if storage.inspect_task(invocation).task_raised_exception
        ]
        invocations = raised or self.in_state(submitted.run_id, "FAILED")
        return Failure(_causes.of_task(message), invocations)

    def in_state(self, run_id: str, state: str) -> list[str]:
        """Return the task invocations of a run that are in this state, in the SDK's words."""
        run = self.runtime.get_workflow_run_status(run_id)
        return [task.invocation_id for task in run.task_runs if task.status.state.value == state]

    def environment_log(self, submitted: Submitted, lines: Sequence[str]) -> str:
        """Return the records about this run's environments from the log of all environments."""
        return _causes.records_about([env.digest for env in submitted.environments], lines)


class _Client(RayClient):  # type: ignore[misc]
    """The SDK's Ray client, with environments that are shared exactly while they are the same.

    Ray keys an environment by its list of packages, so a moved branch would go on running old
    code, a repo turned private would still be there, and a failure would be remembered. Here
    the list ends with comment lines on the state of what it was built from: equal state, equal
    environment, in whatever order runs come.

    The state covers the repos the list names and the whole package index. It does not cover a
    repo that only another repo's metadata names; that needs a cluster for each run.
    """

    def __init__(
        self, state_of: Callable[[Sequence[str]], str], variables: dict[str, str], owner: str
    ) -> None:
        self._state_of = state_of
        self._variables = variables
        self._owner = owner
        self._environments: dict[str, Environment] = {}
        self.submitted: dict[str, tuple[Any, list[Environment]]] = {}
        #: How often an environment failed.
        self.failures: Counter[tuple[str, ...]] = Counter()

    def add_options(
        self, ray_remote_fn: Any, *, name: str, runtime_env: Any | None, **options: Any
    ) -> Any:
        given = dict(runtime_env or {})
        variables = {**given.get("env_vars", {}), **self._variables}
        if given.get("pip"):
            packages = given["pip"]["packages"]
            lines = [*packages, f"# state: {self._state_of(packages)}"]
            private = any(_has_password(package) for package in packages)
            if self._owner and private:
                lines.append(f"# only for: {self._owner}")
            key = tuple(lines)
            lines.append(f"# failed before: {self.failures[key]}")
            runtime_env = RuntimeEnv(pip=lines, env_vars=variables)
            digest = runtime_env.pip_uri().rpartition("/")[2]
            entry = self._environments.setdefault(digest, Environment(key, digest, private, []))
            entry.invocations.append(name)
        elif variables:
            runtime_env = RuntimeEnv(env_vars=variables)
        return super().add_options(ray_remote_fn, name=name, runtime_env=runtime_env, **options)

    def run_dag_async(self, dag_node: Any, workflow_id: str, metadata: Mapping[str, Any]) -> None:
        environments, self._environments = list(self._environments.values()), {}
        output = ray.workflow.run_async(dag_node, workflow_id=workflow_id, metadata=metadata)
        self.submitted[workflow_id] = (output, environments)


def _runtime(config: RuntimeConfiguration, project_dir: Path, client: RayClient) -> Any:
    """Make a runtime, again when others make the first one of a cluster at the same time."""
    deadline = time.monotonic() + _CLASH_LIMIT
    while True:
        try:
            return _new_runtime(config, project_dir, client)
        except (RayActorNameClashError, ValueError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _new_runtime(config: RuntimeConfiguration, project_dir: Path, client: RayClient) -> Any:
    if hasattr(RayRuntime, "from_runtime_configuration"):
        # Up to some release, it is this that connects to Ray; it takes no client.
        runtime = RayRuntime.from_runtime_configuration(project_dir, config, verbose=False)
        runtime._client = client  # noqa: SLF001 - as above
        return runtime
    return RayRuntime(config, client=client, **accepted(RayRuntime, project_dir=project_dir))


def _has_password(package: str) -> bool:
    try:
        return urlsplit(package.partition("git+")[2]).password is not None
    except ValueError:
        # No URL at all: the characters that break it are a password's.
        return True
