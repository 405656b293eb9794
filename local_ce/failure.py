"""What a failed run is reported as, and how a run that goes on is described."""

from __future__ import annotations

from collections.abc import Sequence
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


def unfinished(
    definition: Any, timeout: float, *, running: Sequence[str], waiting: Sequence[str]
) -> str:
    """Say of a run that was not finished in time what its tasks do.

    :param definition: the SDK's ``WorkflowDef``.
    :param timeout: the seconds it had.
    :param running: ids of the task invocations that run.
    :param waiting: ids of those that wait; what they ask for is said, too.
    """
    requests = [f"{task_name(definition, i)} ({_request(definition, i)})" for i in waiting]
    parts = [f"running: {task_names(definition, running)}"] if running else []
    parts += [f"waiting: {', '.join(requests)}"] if waiting else []
    return f"not finished after {timeout:g} s: {', '.join(parts) or 'no task runs or waits'}"


def task_name(definition: Any, invocation: str) -> str:
    """Return the function name of the task that an invocation calls."""
    task = definition.tasks[definition.task_invocations[invocation].task_id]
    return str(task.fn_ref.function_name)


def task_names(definition: Any, invocations: Sequence[str]) -> str:
    """Return the tasks of some invocations for a reader, each once."""
    return ", ".join(dict.fromkeys(task_name(definition, each) for each in invocations))


def _request(definition: Any, invocation: str) -> str:
    """Say what a task asks the cluster for."""
    called = definition.task_invocations[invocation]
    task = definition.tasks[called.task_id]
    image = called.custom_image or task.custom_image
    asked = dict(called.resources or {})
    parts = [f"{name}={value}" for name, value in asked.items() if value is not None]
    return ", ".join([*parts, f"image {image}" if image else "default image"])
