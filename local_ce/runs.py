"""Submit a workflow through the SDK's own Ray runtime, wait for it, say why it failed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ray
import ray.workflow

from . import _causes
from ._process import environment
from .failure import RunFailed, task_names, unfinished
from .releases import sdk_part
from .submission import Submission, Submitted

#: Seconds to wait for Ray to stop a run, and for other calls that should be instant: on a busy machine they take some.
_GRACE = 60.0
#: Where Ray writes how it made the environments of tasks, in its folder.
_ENVIRONMENT_LOGS = "session_*/logs/runtime_env_setup-*.log"


class Runner:
    """Runs workflows on the cluster this process is connected to."""

    def __init__(
        self,
        *,
        project_dir: Path,
        submission: Mapping[str, str | None],
        state_of: Callable[[Sequence[str]], str],
        redact: Callable[[str], str],
    ) -> None:
        self._submission = submission
        self._ray_folder = Path(str(submission["ORQ_RAY_TEMP_PATH"]))
        self._redact = redact
        self._lock = threading.Lock()
        with environment(submission):
            self._submitting = Submission(project_dir=project_dir, state_of=state_of)

    def run(self, workflow: Any, timeout: float) -> Any:
        """Run a workflow to its end; return its results as ``WorkflowRun.get_results()`` does.

        :raises RunFailed: when it fails, or is not finished after ``timeout`` seconds.
        """
        # One at a time: submitting reads settings from the process environment, and to pickle a function the SDK
        # registers its module, which no two threads may do at once.
        with self._lock:
            definition = workflow.model if hasattr(workflow, "model") else workflow
            with environment(self._submission):
                submitted = self._submitting.submit(definition)
        finished, _ = ray.wait([submitted.output], timeout=timeout)
        if not finished:
            raise self._timed_out(submitted, timeout)
        try:
            ray.get(submitted.output, timeout=_GRACE)
        except (ray.workflow.exceptions.WorkflowError, ray.exceptions.RayError) as error:
            raise self._failed(submitted, str(error)) from None
        outputs = self._runtime.get_workflow_run_outputs_non_blocking(submitted.run_id)
        deserialize = sdk_part("_base.serde").deserialize
        results = tuple(map(deserialize, outputs))
        return results[0] if len(results) == 1 else results

    def _failed(self, submitted: Submitted, message: str) -> RunFailed:
        state = ray.workflow.get_status(submitted.run_id).value
        failure = self._submitting.failure(submitted, message)
        log = self._log(submitted) + "\n" + _causes.innermost(message)
        return self._error(submitted, state, failure.invocations, failure.cause, log)

    def _timed_out(self, submitted: Submitted, timeout: float) -> RunFailed:
        run_id = submitted.run_id
        waiting = self._submitting.in_state(run_id, "WAITING")
        running = self._submitting.in_state(run_id, "RUNNING")
        # Ray waits for the run to end when it cancels one, without a limit; we have one.
        stop = threading.Thread(target=self._runtime.stop_workflow_run, args=(run_id,), daemon=True)
        stop.start()
        stop.join(_GRACE)
        cause = unfinished(submitted.definition, timeout, running=running, waiting=waiting)
        if stop.is_alive():
            cause += f"; Ray did not stop it within {_GRACE:g} s"
        return self._error(submitted, "TIMEOUT", waiting + running, cause, self._log(submitted))

    def _error(
        self, submitted: Submitted, state: str, invocations: Sequence[str], cause: str, log: str
    ) -> RunFailed:
        return RunFailed(
            run_id=submitted.run_id,
            state=state,
            task=task_names(submitted.definition, invocations) or "(none)",
            cause=self._redact(cause),
            log=self._redact(log).strip(),
        )

    def _log(self, submitted: Submitted) -> str:
        # The SDK would read what all tasks of all runs have printed as well.
        found = {path.resolve() for path in self._ray_folder.glob(_ENVIRONMENT_LOGS)}
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(found)]
        lines = [line for text in texts for line in text.splitlines(keepends=True)]
        return self._submitting.environment_log(submitted, lines)

    @property
    def _runtime(self) -> Any:
        return self._submitting.runtime
