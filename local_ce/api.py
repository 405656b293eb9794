"""The workflow driver's REST API, as the client of SDK 0.54.0 uses it.

Paths and bodies follow ``orquestra.sdk._base._driver._client`` and ``_models``. Definitions,
artifacts and results have UUIDs, and what is none is answered with 400; an id that nothing has
with 404; a workspace that is not the caller's with 403.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any, Protocol

from aiohttp import web
from orquestra.sdk._base._driver._models import ErrorCode

from . import catalog, config_service, logs
from .access import Gate
from .answers import Asked, Problem, Route, add_routes, application, ok
from .catalog import DEFAULT_PROJECT
from .checking import check_definition, check_run_request, check_version, sdk_version_of
from .login import add_login
from .secrets import Secrets
from .store import DefinitionRecord, Lost, RunRecord, RunState, Store, TaskRecord
from .tokens import ADMIN, LOGIN, RUN, Tokens

#: How many entries a page can be asked to have.
MOST_ON_A_PAGE = 10_000
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_PROJECT = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff/]{1,100}")


class Runs(Protocol):
    """What the API needs of whoever executes runs."""

    def submitted(self, run_id: str) -> None:
        """Take note of a run that the store has now, waiting."""

    def terminate(self, run_id: str) -> None:
        """End a run; returns once that is accepted. Nothing happens to a run that has ended."""

    def explain(self, run_id: str) -> str | None:
        """Say why a run waits, or ``None``."""


def compute_engine(
    store: Store,
    runs: Runs,
    secrets: Secrets,
    tokens: Tokens,
    *,
    workspaces: Sequence[str],
    redact: Callable[[str], str],
) -> web.Application:
    """Return the whole API: driver, catalogue, logs, login and config service.

    :param workspaces: the workspaces there are; the first one is for what names none.
    :param redact: takes secrets out of what is logged.
    """
    app = application(redact)
    gate = Gate(tokens, lambda run_id: has_ended(store, run_id), workspaces)
    # A run's own token opens the secrets of its workspace, and nothing else.
    add_routes(app, gate, (LOGIN, ADMIN), _Driver(store, runs).routes())
    add_routes(app, gate, (LOGIN, ADMIN), catalog.routes(store))
    add_routes(app, gate, (LOGIN, ADMIN, RUN), config_service.routes(secrets))

    def new_token() -> str:
        token = tokens.issue()
        secrets.hide(token)
        return token

    add_login(app, new_token)
    return app


def has_ended(store: Store, run_id: str) -> bool:
    """Say whether a run is over, or was never there."""
    run = store.run(run_id)
    return run is None or run.state in RunState.FINAL


class _Driver:
    def __init__(self, store: Store, runs: Runs) -> None:
        self._store = store
        self._runs = runs

    def routes(self) -> list[Route]:
        definition, run = "/api/workflow-definitions", "/api/workflow-runs"
        return [
            ("POST", definition, self.create_definition),
            ("GET", definition, self.list_definitions),
            ("GET", definition + "/{id}", self.get_definition),
            ("DELETE", definition + "/{id}", self.delete_definition),
            ("POST", run, self.create_run),
            ("GET", run, self.list_runs),
            ("GET", run + "/{id}", self.get_run),
            ("POST", run + "/{id}/terminate", self.terminate_run),
            ("GET", "/api/artifacts", self.list_artifacts),
            ("GET", "/api/artifacts/{id}", self.get_artifact),
            ("GET", "/api/run-results", self.list_results),
            ("GET", "/api/run-results/{id}", self.get_result),
            ("GET", "/api/workflow-run-logs", self.run_logs),
            ("GET", "/api/workflow-run-logs/system", self.system_logs),
            ("GET", "/api/task-run-logs", self.task_logs),
        ]

    # --- definitions

    def create_definition(self, asked: Asked) -> web.Response:
        # A token without workspaces gets the answer that "" is none of them.
        workspace = asked.query.get("workspaceId") or next(iter(asked.caller.workspaces), "")
        asked.caller.require(workspace)
        project = asked.query.get("projectId") or DEFAULT_PROJECT
        if not _PROJECT.fullmatch(project):
            expected = "expected up to 100 characters without '/' and control characters"
            raise Problem(400, "invalid project", expected)
        definition_id = self._store.add_definition(
            check_definition(asked.json()),
            workspace=workspace,
            project=project,
            owner=asked.caller.user,
        )
        return ok({"id": definition_id}, status=201)

    def list_definitions(self, asked: Asked) -> web.Response:
        size, before = _page(asked)
        found = self._store.definitions(
            workspaces=asked.caller.workspaces, limit=size, before=before
        )
        return ok([_definition(one) for one in found], meta=_next(found, size))

    def get_definition(self, asked: Asked) -> web.Response:
        return ok(_definition(self._definition(asked, asked.parts["id"])))

    def delete_definition(self, asked: Asked) -> web.Response:
        found = self._definition(asked, asked.parts["id"])
        used = self._store.runs(definitions=[found.definition_id], limit=1)
        if used:
            raise Problem(
                409,
                "the definition is in use",
                f"run {used[0].run_id} was made from it and could not be shown without it",
            )
        self._store.delete_definition(found.definition_id)
        return web.Response(status=204)

    # --- runs

    def create_run(self, asked: Asked) -> web.Response:
        definition_id, resources = check_run_request(asked.json())
        message = "invalid request for a run"
        if not _is_uuid(definition_id):
            detail = f"workflowDefinitionID: expected a UUID, found {definition_id[:60]!r}"
            raise Problem(400, message, detail, ErrorCode.WORKFLOW_DEF_ID_NOT_UUID)
        definition = self._store.definition(definition_id)
        if definition is None:
            # The client knows a code for this, and reads codes in answers with 400 only.
            detail = f"workflowDefinitionID: there is no workflow definition {definition_id}"
            raise Problem(400, message, detail, ErrorCode.WORKFLOW_DEF_NOT_FOUND)
        asked.caller.require(definition.workspace)
        check_version(definition.document)
        run = self._store.add_run(
            definition_id,
            resources=resources,
            workspace=definition.workspace,
            project=definition.project,
            owner=asked.caller.user,
        )
        self._runs.submitted(run.run_id)
        return ok({"id": run.run_id}, status=201)

    def list_runs(self, asked: Asked) -> web.Response:
        size, before = _page(asked)
        workspace, project = asked.query.get("workspaceId"), asked.query.get("projectId")
        if workspace:
            asked.caller.require(workspace)
        definition_id = asked.query.get("workflowDefinitionID")
        if definition_id:
            _require_uuid(definition_id)
        found = self._store.runs(
            workspaces=[workspace] if workspace else asked.caller.workspaces,
            projects=[project] if project and _PROJECT.fullmatch(project) else None,
            definitions=[definition_id] if definition_id else None,
            limit=size,
            before=before,
            newest_first=True,
        )
        return ok([self._run_shown(run) for run in found], meta=_next(found, size))

    def get_run(self, asked: Asked) -> web.Response:
        run = self._run(asked, asked.parts["id"])
        definition = self._store.definition(run.definition_id)
        tasks = self._store.tasks(run.run_id)
        invocations = definition.document["task_invocations"] if definition else tasks
        waiting = (TaskRecord(name, RunState.WAITING) for name in invocations)
        shown = [
            {
                "id": f"{run.run_id}@{task.invocation_id}",
                "invocationId": task.invocation_id,
                "status": _status(task.state, task.start, task.end),
            }
            for task in {**{one.invocation_id: one for one in waiting}, **tasks}.values()
        ]
        return ok({**self._run_shown(run), "taskRuns": shown})

    def terminate_run(self, asked: Asked) -> web.Response:
        run = self._run(asked, asked.parts["id"])
        self._runs.terminate(run.run_id)
        return web.Response(status=204)

    # --- artifacts and results

    def list_artifacts(self, asked: Asked) -> web.Response:
        run = self._run(asked, asked.required("workflowRunId"))
        found = self._store.artifact_ids(run.run_id)
        return ok({f"{run.run_id}@{name}": [one] for name, one in found.items()})

    def get_artifact(self, asked: Asked) -> web.Response:
        artifact_id = _require_uuid(asked.parts["id"])
        self._require_run_of(asked, self._store.artifact_run(artifact_id), "artifact", artifact_id)
        try:
            return web.json_response(self._store.artifact(artifact_id))
        except Lost as lost:
            raise Problem(410, "the artifact is gone", str(lost)) from None

    def list_results(self, asked: Asked) -> web.Response:
        run = self._run(asked, asked.required("workflowRunId"))
        return ok([run.result_id] if run.state == RunState.SUCCEEDED else [])

    def get_result(self, asked: Asked) -> web.Response:
        result_id = _require_uuid(asked.parts["id"])
        run_id = self._store.result_run(result_id)
        run = self._require_run_of(asked, run_id, "result", result_id)
        try:
            results = self._store.results(run.run_id)
        except Lost as lost:
            raise Problem(410, "the result is gone", str(lost)) from None
        if results is None or run.state != RunState.SUCCEEDED:
            raise Problem(404, "no result yet", f"run {run.run_id} is {run.state}")
        return web.json_response({"results": results, "type": "ComputeEngineWorkflowResult"})

    # --- logs

    def run_logs(self, asked: Asked) -> web.Response:
        run = self._run(asked, asked.required("workflowRunId"))
        lines = self._store.logs(run.run_id, kinds=("task", "environment", "other"))
        return _archive(logs.events(run.run_id, lines))

    def system_logs(self, asked: Asked) -> web.Response:
        run = self._run(asked, asked.required("workflowRunId"))
        lines = self._store.logs(run.run_id, kinds=("system",))
        return _archive(logs.system_events(run, lines, self._why(run)))

    def task_logs(self, asked: Asked) -> web.Response:
        task_run_id = asked.required("taskRunId")
        run_id, separator, invocation_id = task_run_id.rpartition("@")
        if not separator:
            expected = f"expected <workflow run>@<invocation>, found {task_run_id[:60]!r}"
            raise Problem(400, "invalid task run id", expected)
        run = self._run(asked, run_id)
        definition = self._store.definition(run.definition_id)
        if definition is None or invocation_id not in definition.document["task_invocations"]:
            detail = f"run {run_id} has no task invocation {invocation_id[:60]!r}"
            raise Problem(404, "no such task run", detail)
        lines = self._store.logs(run.run_id, kinds=("task",), invocation_id=invocation_id)
        return _archive(logs.events(run.run_id, lines))

    # --- what handlers share

    def _definition(self, asked: Asked, definition_id: str) -> DefinitionRecord:
        found = self._store.definition(_require_uuid(definition_id))
        if found is None:
            detail = f"there is no workflow definition {definition_id}"
            raise Problem(404, "no such workflow definition", detail)
        asked.caller.require(found.workspace)
        return found

    def _run(self, asked: Asked, run_id: str) -> RunRecord:
        if not _RUN_ID.fullmatch(run_id):
            detail = f"expected letters, digits, '-', '_' and '.', found {run_id[:60]!r}"
            raise Problem(400, "invalid workflow run id", detail)
        return self._require_run_of(asked, run_id, "workflow run", run_id)

    def _require_run_of(
        self, asked: Asked, run_id: str | None, kind: str, its_id: str
    ) -> RunRecord:
        run = None if run_id is None else self._store.run(run_id)
        if run is None:
            raise Problem(404, f"no such {kind}", f"there is no {kind} {its_id}")
        asked.caller.require(run.workspace)
        return run

    def _why(self, run: RunRecord) -> str | None:
        return self._runs.explain(run.run_id) if run.state == RunState.WAITING else run.reason

    def _run_shown(self, run: RunRecord) -> dict[str, Any]:
        status = {**_status(run.state, run.start, run.end), "message": self._why(run)}
        return {
            "id": run.run_id,
            "definitionId": run.definition_id,
            "owner": run.owner,
            "status": status,
        }


def _definition(found: DefinitionRecord) -> dict[str, Any]:
    return {
        "id": found.definition_id,
        "created": _time(found.created),
        "owner": found.owner,
        "workflow": found.document,
        "workspaceId": found.workspace,
        "project": found.project,
        "sdkVersion": sdk_version_of(found.document),
    }


def _status(state: str, start: float | None, end: float | None) -> dict[str, Any]:
    return {"state": state, "startTime": _time(start), "endTime": _time(end)}


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc).isoformat()


def _archive(events: Sequence[logs.Event]) -> web.Response:
    return web.Response(body=logs.archive(events), content_type="application/gzip")


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _require_uuid(text: str) -> str:
    if not _is_uuid(text):
        raise Problem(400, "invalid id", f"expected a UUID, found {text[:60]!r}")
    return text.lower()


def _page(asked: Asked) -> tuple[int | None, int | None]:
    """Return how many entries the page has at most, and the number they come before.

    No size is all of them: the SDK asks once then, and follows no page.
    """
    size, token = asked.query.get("pageSize") or None, asked.query.get("pageToken") or None
    if size is not None and not (re.fullmatch("[0-9]{1,5}", size) and int(size) <= MOST_ON_A_PAGE):
        expected = f"expected a number from 0 to {MOST_ON_A_PAGE}, found {size[:20]!r}"
        raise Problem(400, "invalid pageSize", expected)
    if token is not None and not re.fullmatch("[0-9]{1,18}", token):
        expected = f"expected a nextPageToken of an earlier answer, found {token[:20]!r}"
        raise Problem(400, "invalid pageToken", expected)
    return None if size is None else int(size), None if token is None else int(token)


def _next(
    page: Sequence[DefinitionRecord] | Sequence[RunRecord], size: int | None
) -> dict[str, str]:
    """Return the page's ``meta``.

    Every full page has a next one, if only an empty one: after a full page the SDK asks again
    with whatever token there is, and without one it would get the first page a second time.
    """
    return {"nextPageToken": str(page[-1].number) if page and len(page) == size else ""}
