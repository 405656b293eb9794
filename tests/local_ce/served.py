"""A Compute Engine's API on loopback with a real store, and nobody who executes runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests
from orquestra import sdk
from orquestra.sdk._base import serde
from orquestra.sdk._base._driver._client import DriverClient, ExternalUriProvider
from orquestra.sdk._base._driver._models import Resources
from orquestra.sdk.schema import ir
from orquestra.sdk.secrets._client import SecretsClient

from local_ce._redaction import redact
from local_ce.api import compute_engine
from local_ce.secrets import Secrets
from local_ce.server import Server
from local_ce.store import Store
from local_ce.tokens import Tokens

#: What a run that needs nothing special asks for.
NO_RESOURCES = Resources(nodes=None, cpu=None, memory=None, gpu=None)


@sdk.task(source_import=sdk.InlineImport())  # type: ignore[untyped-decorator]
def add(a: int, b: int) -> int:
    """Return the sum."""
    return a + b


@sdk.workflow  # type: ignore[untyped-decorator]
def sums() -> Any:
    """Return two sums, one of them a task's input."""
    first = add(1, 2)
    return first, add(first, 4)


#: The workflow the tests submit, in the SDK's form.
SUMS: ir.WorkflowDef = sums().model


class Noted:
    """Takes note of what the API tells whoever executes runs."""

    def __init__(self) -> None:
        self.submissions: list[str] = []
        self.terminations: list[str] = []
        self.reasons: dict[str, str] = {}

    def submitted(self, run_id: str) -> None:
        """Take note of a new run."""
        self.submissions.append(run_id)

    def terminate(self, run_id: str) -> None:
        """Take note of a run to end."""
        self.terminations.append(run_id)

    def explain(self, run_id: str) -> str | None:
        """Return what a test said why the run waits."""
        return self.reasons.get(run_id)


class Served:
    """The API, its parts, and the SDK's clients for it."""

    def __init__(self, folder: Path, workspaces: Sequence[str] = ("local", "other")) -> None:
        self.runs = Noted()
        self.store = Store(folder / "state.db", self.redact)
        self.secrets = Secrets(self.store)
        self.tokens = Tokens.in_folder(folder)
        app = compute_engine(
            self.store,
            self.runs,
            self.secrets,
            self.tokens,
            workspaces=workspaces,
            redact=self.redact,
        )
        self._server = Server(app)
        self.url = self._server.url

    def stop(self) -> None:
        """Stop serving, close the store."""
        self._server.stop()
        self.store.close()

    def redact(self, text: str) -> str:
        """Take the values of secrets out."""
        return redact(text, self.secrets.values())

    def driver(self, token: str | None = None, **claims: Any) -> DriverClient:
        """Return the SDK's client, with a token of these claims."""
        token = self.tokens.issue(**claims) if token is None else token
        return DriverClient.from_token(token, ExternalUriProvider(self.url))

    def secrets_client(self, token: str | None = None, **claims: Any) -> SecretsClient:
        """Return the SDK's client of the config service, with a token of these claims."""
        token = self.tokens.issue(**claims) if token is None else token
        return SecretsClient.from_token(self.url, token)

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a plain request with a good token, or with the headers given."""
        options.setdefault("headers", {"Authorization": f"Bearer {self.tokens.issue()}"})
        return requests.request(
            method, self.url + path, timeout=60, allow_redirects=False, **options
        )

    def submit(self, client: DriverClient | None = None, **where: str) -> str:
        """Submit :data:`SUMS`; return the run's id."""
        client = client or self.driver()
        project = sdk.ProjectRef(**where) if where else None
        definition_id = client.create_workflow_def(SUMS, project)
        return str(client.create_workflow_run(definition_id, NO_RESOURCES))


def as_json(value: Any) -> dict[str, Any]:
    """Return a value as the SDK writes results and artifacts."""
    result = serde.result_from_artifact(value, ir.ArtifactFormat.AUTO)
    return dict(result.dict(), serialization_format=result.serialization_format.value)
