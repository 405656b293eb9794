"""Submits workflows over the REST API with the SDK's own client, and waits for them."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ._process import environment
from .failure import unfinished
from .records import RunState

with warnings.catch_warnings():
    # What the SDK imports is old by now and says so; no caller can help it.
    warnings.simplefilter("ignore")
    from orquestra.sdk import ProjectRef
    from orquestra.sdk._base import _traversal, serde  # noqa: F401 - translates workflows, later
    from orquestra.sdk._base._driver._ce_runtime import CERuntime
    from orquestra.sdk._base._driver._client import DriverClient, ExternalUriProvider
    from orquestra.sdk.schema.configs import RuntimeConfiguration, RuntimeName

#: Seconds between two looks at a run.
_LOOK = 0.1
#: Seconds a run may wait for its turn and for its cluster, and a stopped one for its end.
_QUEUE = 600.0
_GRACE = 60.0


class Client:
    """What ``run("my-login")`` does, with the Compute Engine at ``url``.

    :param folder: for the client's own database.
    """

    def __init__(self, url: str, token: str, folder: Path) -> None:
        self._database = folder / "submitted.db"
        config = RuntimeConfiguration(
            config_name="local_ce",
            runtime_name=RuntimeName.CE_REMOTE,
            runtime_options={"uri": url, "token": token},
        )
        client = DriverClient.from_token(token=token, uri_provider=ExternalUriProvider(url))
        self._runtime = CERuntime(config, client)

    def submit(self, workflow: Any, workspace: str, project: str) -> str:
        """Submit a workflow; return the run's id. Not for several threads at a time."""
        definition = workflow.model if hasattr(workflow, "model") else workflow
        with environment({"ORQ_DB_PATH": str(self._database)}):
            run_id = self._runtime.create_workflow_run(definition, ProjectRef(workspace, project))
        return str(run_id)

    def wait(self, run_id: str, timeout: float, is_stuck: Callable[[str], bool]) -> str | None:
        """Wait until a run has ended; stop it when that takes too long, and say what it did then.

        The seconds count from when the run starts, or cannot start: waiting for others to end and
        for a cluster is not the workflow's time.
        """
        submitted, begun = time.monotonic(), None
        looking = submitted
        while (state := (run := self._look(run_id)).status.state.value) not in RunState.FINAL:
            now = time.monotonic()
            if begun is None and (state != RunState.WAITING or is_stuck(run_id)):
                begun = now
            limit = submitted + timeout + _QUEUE if begun is None else begun + timeout
            if now > limit:
                return self._stop(run, timeout)
            # A look at ten thousand tasks takes seconds, in which the machine does little for the run.
            time.sleep(max(_LOOK, now - looking))
            looking = time.monotonic()
        return None

    def state(self, run_id: str) -> str:
        """Return the state of a run.

        :raises orquestra.sdk.exceptions.WorkflowRunNotFoundError: there is no such run.
        """
        return str(self._look(run_id).status.state.value)

    def results(self, run_id: str) -> Any:
        """Return what a run returned: the value, or a tuple of several."""
        outputs = self._runtime.get_workflow_run_outputs_non_blocking(run_id)
        results = tuple(serde.deserialize(output) for output in outputs)
        return results[0] if len(results) == 1 else results

    def _look(self, run_id: str) -> Any:
        return self._runtime.get_workflow_run_status(run_id)

    def _stop(self, run: Any, timeout: float) -> str:
        states = {task.invocation_id: task.status.state.value for task in run.task_runs}
        invocations = run.workflow_def.task_invocations
        cause = unfinished(
            run.workflow_def,
            timeout,
            running=[i for i in invocations if states.get(i) == RunState.RUNNING],
            waiting=[i for i in invocations if states.get(i, "WAITING") == RunState.WAITING],
        )
        self._runtime.stop_workflow_run(run.id)
        deadline = time.monotonic() + _GRACE
        while self.state(run.id) not in RunState.FINAL:
            if time.monotonic() > deadline:
                return f"{cause}; it did not stop within {_GRACE:g} s"
            time.sleep(_LOOK)
        return cause
