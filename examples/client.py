"""What the SDK's Compute Engine client does with a workflow before it sends anything."""

from __future__ import annotations

import uuid
from typing import Any

__all__ = ["submitted_resources"]


class _Recorder:
    """Stands where the client's HTTP connection is, at the last step before a request would go out."""

    def __init__(self) -> None:
        self.resources: Any = None

    def create_workflow_def(self, *arguments: Any) -> str:
        return "definition"

    def create_workflow_run(self, definition: str, resources: Any, *more: Any, **named: Any) -> str:
        self.resources = resources
        return uuid.uuid4().hex  # The client notes it in its database, where it must be new.


def submitted_resources(workflow: Any) -> Any:
    """The resources that the client would request for a workflow.

    Runs ``CERuntime.create_workflow_run`` of the installed SDK, whose checks and inference happen before the
    first request.

    :returns: ``orquestra.sdk._base._driver._models.Resources``.
    :raises orquestra.sdk.exceptions.WorkflowSyntaxError: the client refuses the workflow.
    """
    # The SDK is not installed where pages are only built.
    from orquestra.sdk._base._driver._ce_runtime import CERuntime
    from orquestra.sdk.schema.configs import RuntimeConfiguration, RuntimeName

    config = RuntimeConfiguration(
        config_name="recorder",
        runtime_name=RuntimeName.CE_REMOTE,
        runtime_options={},
    )
    recorder = _Recorder()
    runtime = CERuntime(config, client=recorder)
    runtime.create_workflow_run(workflow.model, project=None)
    return recorder.resources
