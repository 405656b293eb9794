"""What a Compute Engine remembers: definitions, runs, their tasks, results, artifacts and logs.

One SQLite file under the state folder, so what finished survives a restart. It is the meeting
point of the REST API, which reads it, and of the scheduler, which writes it; any thread may call.

No secret's value gets into the file. Texts (reasons, logs) are redacted; of a definition that
contains a known secret the file has the redacted form; results and artifacts are data and are
never changed: one that contains a known secret is kept in memory only.
"""

from __future__ import annotations

import json
import re
import secrets as random_choice
import string
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from sqlite3 import Row
from typing import Any

from ._database import Database, StoreError
from ._kept_documents import Documents, Lost
from ._tables import FORMAT, TABLES
from .records import DefinitionRecord, LogLine, RunRecord, RunState, TaskRecord

__all__ = [
    "DefinitionRecord",
    "LogLine",
    "Lost",
    "RunRecord",
    "RunState",
    "Store",
    "StoreError",
    "TaskRecord",
]


class Store:
    """The store in the file ``path``, made when it is not there.

    :param redact: takes the known secrets out of a text.
    :raises StoreError: when the file is damaged, or was made by another version of this program.
    """

    def __init__(self, path: Path, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._database = Database(path, TABLES, FORMAT)
        self._documents = Documents(self._database, redact)

    def close(self) -> None:
        """Close the file. Documents that were in memory only are lost."""
        self._database.close()

    # --- definitions

    def add_definition(
        self, document: dict[str, Any], *, workspace: str, project: str, owner: str
    ) -> str:
        """Keep a definition and return its id, a UUID."""
        definition_id = str(uuid.uuid4())
        with self._database.writing() as database:
            self._documents.put(database, f"definition/{definition_id}", document, redactable=True)
            database.execute(
                "INSERT INTO definitions (definition_id, workspace, project, owner, created)"
                " VALUES (?, ?, ?, ?, ?)",
                (definition_id, workspace, project, owner, time.time()),
            )
        return definition_id

    def definition(self, definition_id: str) -> DefinitionRecord | None:
        """Return a definition, or ``None`` when there is no such one."""
        rows = self._database.read(
            "SELECT * FROM definitions WHERE definition_id = ?", (definition_id,)
        )
        return self._definition(rows[0]) if rows else None

    def definitions(
        self,
        *,
        workspaces: Sequence[str] | None = None,
        limit: int | None = None,
        before: int | None = None,
    ) -> list[DefinitionRecord]:
        """Return definitions, the newest first.

        :param before: only those with a smaller :attr:`~DefinitionRecord.number`.
        """
        where, values = _conditions(workspace=workspaces)
        where, values = _before(where, values, before)
        rows = self._database.read(
            f"SELECT * FROM definitions {where} ORDER BY number DESC LIMIT ?",  # noqa: S608
            (*values, -1 if limit is None else limit),
        )
        return [self._definition(row) for row in rows]

    def delete_definition(self, definition_id: str) -> None:
        """Forget a definition, which must have no runs; no error when there is none."""
        with self._database.writing() as database:
            database.execute("DELETE FROM definitions WHERE definition_id = ?", (definition_id,))
            self._documents.delete(database, f"definition/{definition_id}")

    def projects(self, workspace: str) -> list[str]:
        """Return the projects that definitions of a workspace were submitted to, sorted."""
        rows = self._database.read(
            "SELECT DISTINCT project FROM definitions WHERE workspace = ? ORDER BY project",
            (workspace,),
        )
        return [row["project"] for row in rows]

    # --- runs

    def add_run(
        self,
        definition_id: str,
        *,
        resources: Mapping[str, Any],
        workspace: str,
        project: str,
        owner: str,
    ) -> RunRecord:
        """Queue a run of a definition that is there: it gets an id, and waits.

        The id looks as the platform's do: ``<workflow name>-<5 characters>-r000``.
        """
        definition = self.definition(definition_id)
        if definition is None:
            raise LookupError(f"there is no workflow definition {definition_id}")
        with self._database.writing() as database:
            run_id = self._new_run_id(str(definition.document.get("name", "")))
            database.execute(
                "INSERT INTO runs (run_id, definition_id, workspace, project, owner, resources,"
                " state, created, result_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run_id,
                    definition_id,
                    workspace,
                    project,
                    owner,
                    json.dumps(dict(resources)),
                    RunState.WAITING,
                    time.time(),
                    str(uuid.uuid4()),
                ),
            )
        run = self.run(run_id)
        assert run is not None
        return run

    def run(self, run_id: str) -> RunRecord | None:
        """Return a run, or ``None`` when there is no such one."""
        rows = self._database.read("SELECT * FROM runs WHERE run_id = ?", (run_id,))
        return _run(rows[0]) if rows else None

    def runs(
        self,
        *,
        workspaces: Sequence[str] | None = None,
        projects: Sequence[str] | None = None,
        definitions: Sequence[str] | None = None,
        states: Sequence[str] | None = None,
        limit: int | None = None,
        before: int | None = None,
        newest_first: bool = False,
    ) -> list[RunRecord]:
        """Return runs in submission order, or the other way round.

        :param before: only those with a smaller :attr:`~RunRecord.number`.
        """
        where, values = _conditions(
            workspace=workspaces, project=projects, definition_id=definitions, state=states
        )
        where, values = _before(where, values, before)
        order = "DESC" if newest_first else "ASC"
        rows = self._database.read(
            f"SELECT * FROM runs {where} ORDER BY number {order} LIMIT ?",  # noqa: S608
            (*values, -1 if limit is None else limit),
        )
        return [_run(row) for row in rows]

    def update_run(
        self,
        run_id: str,
        state: str,
        *,
        start: float | None = None,
        end: float | None = None,
        reason: str | None = None,
        mode: str | None = None,
    ) -> bool:
        """Change a run's state; what is ``None`` stays as it is.

        The first final state wins: returns False, and changes nothing, when the run is in one
        already. A run that ends takes its running tasks with it.
        """
        with self._database.writing() as database:
            changed = database.execute(
                "UPDATE runs SET state = ?, start = COALESCE(?, start), end = COALESCE(?, end),"
                " reason = COALESCE(?, reason), mode = COALESCE(?, mode)"
                " WHERE run_id = ? AND state NOT IN (?, ?, ?)",
                (
                    state,
                    start,
                    end if end is not None or state not in RunState.FINAL else time.time(),
                    None if reason is None else self._redact(reason),
                    mode,
                    run_id,
                    *RunState.FINAL,
                ),
            ).rowcount
            if changed and state in (RunState.FAILED, RunState.TERMINATED):
                database.execute(
                    "UPDATE tasks SET state = ?, end = COALESCE(end, ?)"
                    " WHERE run_id = ? AND state = ?",
                    (state, end or time.time(), run_id, RunState.RUNNING),
                )
        return changed > 0

    def end_unfinished(self, reason: str) -> list[str]:
        """Fail every run that is not finished; return their ids. For the start after an end."""
        with self._database.writing():
            unfinished = self.runs(states=(RunState.WAITING, RunState.RUNNING))
            return [
                run.run_id
                for run in unfinished
                if self.update_run(run.run_id, RunState.FAILED, reason=reason)
            ]

    # --- tasks

    def tasks(self, run_id: str) -> dict[str, TaskRecord]:
        """Return what is known of a run's tasks, by invocation id."""
        rows = self._database.read("SELECT * FROM tasks WHERE run_id = ?", (run_id,))
        return {
            row["invocation_id"]: TaskRecord(
                row["invocation_id"], row["state"], row["start"], row["end"]
            )
            for row in rows
        }

    def update_tasks(self, run_id: str, tasks: Iterable[TaskRecord]) -> None:
        """Record where a run's tasks are; ignored when the run is in a final state."""
        with self._database.writing() as database:
            run = self.run(run_id)
            if run is None or run.state in RunState.FINAL:
                return
            database.executemany(
                "INSERT OR REPLACE INTO tasks (run_id, invocation_id, state, start, end)"
                " VALUES (?, ?, ?, ?, ?)",
                [(run_id, task.invocation_id, task.state, task.start, task.end) for task in tasks],
            )

    # --- results and artifacts

    def set_results(self, run_id: str, results: Sequence[Any]) -> None:
        """Keep what a run returned: the JSON forms of the SDK's ``WorkflowResult``, in order."""
        with self._database.writing() as database:
            self._documents.put(database, f"results/{run_id}", list(results))

    def results(self, run_id: str) -> list[Any] | None:
        """Return what a run returned, or ``None`` when there is nothing (yet).

        :raises Lost: when it contained a secret and another process held it.
        """
        found: list[Any] | None = self._documents.get(f"results/{run_id}")
        return found

    def result_run(self, result_id: str) -> str | None:
        """Return the id of the run a result is of, or ``None`` when there is no such one."""
        rows = self._database.read("SELECT run_id FROM runs WHERE result_id = ?", (result_id,))
        return rows[0]["run_id"] if rows else None

    def set_artifacts(self, run_id: str, artifacts: Mapping[str, Any]) -> None:
        """Keep what tasks returned (``WorkflowResult`` as JSON), by invocation id."""
        with self._database.writing() as database:
            for invocation_id, artifact in artifacts.items():
                artifact_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run_id}@{invocation_id}"))
                self._documents.put(database, f"artifact/{artifact_id}", artifact)
                database.execute(
                    "INSERT OR REPLACE INTO artifacts (artifact_id, run_id, invocation_id)"
                    " VALUES (?, ?, ?)",
                    (artifact_id, run_id, invocation_id),
                )

    def artifact_ids(self, run_id: str) -> dict[str, str]:
        """Return the ids (UUIDs) of a run's artifacts, by invocation id."""
        rows = self._database.read("SELECT * FROM artifacts WHERE run_id = ?", (run_id,))
        return {row["invocation_id"]: row["artifact_id"] for row in rows}

    def artifact_run(self, artifact_id: str) -> str | None:
        """Return the id of the run an artifact is from, or ``None`` when there is no such one."""
        rows = self._database.read(
            "SELECT run_id FROM artifacts WHERE artifact_id = ?", (artifact_id,)
        )
        return rows[0]["run_id"] if rows else None

    def artifact(self, artifact_id: str) -> Any:
        """Return an artifact, or ``None`` when there is no such one.

        :raises Lost: when it contained a secret and another process held it.
        """
        return self._documents.get(f"artifact/{artifact_id}")

    # --- logs

    def add_logs(
        self, run_id: str, kind: str, invocation_id: str | None, lines: Sequence[str]
    ) -> None:
        """Append lines to a run's logs.

        :param kind: ``task``, ``environment``, ``system`` or ``other``.
        """
        # In one piece: a secret can have several lines.
        text = self._redact("\n".join(lines))
        now = time.time()
        with self._database.writing() as database:
            database.executemany(
                "INSERT INTO logs (run_id, kind, invocation_id, time, line) VALUES (?, ?, ?, ?, ?)",
                [(run_id, kind, invocation_id, now, line) for line in text.split("\n") if lines],
            )

    def logs(
        self, run_id: str, *, kinds: Sequence[str] | None = None, invocation_id: str | None = None
    ) -> list[LogLine]:
        """Return lines of a run's logs, in the order they came."""
        where, values = _conditions(
            run_id=[run_id],
            kind=kinds,
            invocation_id=None if invocation_id is None else [invocation_id],
        )
        rows = self._database.read(f"SELECT * FROM logs {where} ORDER BY number", values)  # noqa: S608
        return [LogLine(r["kind"], r["invocation_id"], r["time"], r["line"]) for r in rows]

    # --- the names of secrets

    def add_secret_name(self, workspace: str, name: str) -> None:
        """Remember that there is a secret of this name; its value is never given to the store."""
        with self._database.writing() as database:
            database.execute("INSERT OR REPLACE INTO secrets VALUES (?, ?)", (workspace, name))

    def remove_secret_name(self, workspace: str, name: str) -> None:
        """Forget the name of a secret; no error when there is none."""
        with self._database.writing() as database:
            database.execute(
                "DELETE FROM secrets WHERE workspace = ? AND name = ?", (workspace, name)
            )

    def secret_names(self, workspace: str) -> list[str]:
        """Return the names of a workspace's secrets, sorted; also of those whose value is gone."""
        rows = self._database.read(
            "SELECT name FROM secrets WHERE workspace = ? ORDER BY name", (workspace,)
        )
        return [row["name"] for row in rows]

    # --- inside

    def _new_run_id(self, workflow_name: str) -> str:
        """Return an id that no run has: of some thousand runs, two are likely to get the same five characters."""
        while self.run(run_id := _new_run_id(workflow_name)) is not None:
            pass
        return run_id

    def _definition(self, row: Row) -> DefinitionRecord:
        return DefinitionRecord(
            document=self._documents.get(f"definition/{row['definition_id']}"), **row
        )


def _run(row: Row) -> RunRecord:
    values = dict(row)
    return RunRecord(**{**values, "resources": json.loads(values["resources"])})


def _conditions(**allowed: Sequence[str] | None) -> tuple[str, tuple[Any, ...]]:
    """Return a WHERE clause for columns that must have one of the given values, and the values."""
    parts = ["1"]
    values: list[Any] = []
    for column, choices in allowed.items():
        if choices is not None:
            parts.append(f"{column} IN ({', '.join('?' * len(choices))})")
            values.extend(choices)
    return "WHERE " + " AND ".join(parts), tuple(values)


def _before(where: str, values: tuple[Any, ...], number: int | None) -> tuple[str, tuple[Any, ...]]:
    return (where, values) if number is None else (f"{where} AND number < ?", (*values, number))


def _new_run_id(workflow_name: str) -> str:
    name = re.sub("[^a-z0-9]+", "-", workflow_name.lower())[:40].strip("-") or "workflow"
    alphabet = string.ascii_lowercase + string.digits
    return f"{name}-{''.join(random_choice.choice(alphabet) for _ in range(5))}-r000"
