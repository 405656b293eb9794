"""The records a Compute Engine keeps, as its parts hand them to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class RunState:
    """The states of runs and tasks, as ``orquestra.sdk.schema.workflow_run.State`` names them."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TERMINATED = "TERMINATED"
    #: The states nothing follows.
    FINAL = (SUCCEEDED, FAILED, TERMINATED)


@dataclass(frozen=True)
class DefinitionRecord:
    """A workflow definition that was submitted."""

    #: A UUID.
    definition_id: str
    #: The order of submission.
    number: int
    #: The JSON form of the SDK's ``WorkflowDef``.
    document: dict[str, Any]
    workspace: str
    project: str
    owner: str
    #: Unix seconds.
    created: float


@dataclass(frozen=True)
class TaskRecord:
    """Where one task invocation of a run is. Times are Unix seconds."""

    invocation_id: str
    state: str
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class RunRecord:
    """A run, from its submission on. Times are Unix seconds."""

    run_id: str
    #: The order of submission.
    number: int
    definition_id: str
    workspace: str
    project: str
    owner: str
    #: ``cpu``, ``memory``, ``gpu`` (strings) and ``nodes`` (a number), each ``None`` when not said.
    resources: dict[str, Any]
    #: One of :class:`RunState`.
    state: str
    #: Why it failed or ended; redacted.
    reason: str | None
    created: float
    start: float | None
    end: float | None
    #: How it was executed: ``per-run``, ``shared`` or ``address``; ``None`` before.
    mode: str | None
    #: The id (a UUID) of what it returns.
    result_id: str


@dataclass(frozen=True)
class LogLine:
    """One line of a run's logs, redacted."""

    #: ``task``, ``environment``, ``system`` or ``other``.
    kind: str
    #: Whose line it is, where that is known.
    invocation_id: str | None
    #: When it was stored, in Unix seconds.
    time: float
    line: str
