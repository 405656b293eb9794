"""What a failed run is reported as."""

from __future__ import annotations

from typing import Any


class RunFailed(Exception):
    """A workflow run that did not succeed. No attribute of it contains a known secret."""

    def __init__(self, *, run_id: str, state: str, task: str, cause: str, log: str) -> None:
        super().__init__(f"{run_id} {state}, task {task}: {cause}")
        #: The run's id.
        self.run_id = run_id
        #: Ray's word for how it ended (``FAILED``), or ``TIMEOUT``.
        self.state = state
        #: The function name of the task, several with commas when it cannot be told which.
        self.task = task
        #: The line that says why.
        self.cause = cause
        #: What pip and git wrote for the environments of this run, and the task's traceback.
        self.log = log

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.run_id, self.state, self.task, self.cause, self.log)


def _rebuild(run_id: str, state: str, task: str, cause: str, log: str) -> RunFailed:
    return RunFailed(run_id=run_id, state=state, task=task, cause=cause, log=log)
