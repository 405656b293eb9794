"""What the SDK's Compute Engine client does with a workflow before it sends anything."""

from __future__ import annotations

import uuid
from typing import Any

from local_ce.releases import accepted, sdk_part

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
    # Neither the SDK nor what the tokens are made with is installed where pages are only built.
    from orquestra.sdk import ProjectRef
    from orquestra.sdk.schema.configs import RuntimeConfiguration, RuntimeName

    from local_ce.tokens import Tokens

    token = Tokens.new().issue()  # Late releases look whether it is one, and good.
    config = RuntimeConfiguration(
        config_name="recorder",
        runtime_name=RuntimeName.CE_REMOTE,
        runtime_options={"uri": "http://127.0.0.1:9", "token": token},
    )
    recorder = _Recorder()
    client = sdk_part("_base._driver._ce_runtime").CERuntime
    runtime = client(config, **accepted(client, client=recorder, token=token))
    runtime._client = recorder  # noqa: SLF001 - early releases take none
    create = runtime.create_workflow_run
    project = ProjectRef("my-workspace", "my-project")  # Without one, late releases warn.
    create(workflow.model, project=project, **accepted(create, dry_run=False))
    return recorder.resources
