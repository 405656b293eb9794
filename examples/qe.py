"""What is left of Quantum Engine: its client in SDK 0.54.0. No workflow runs on QE here, there is none any more.

The client translates a workflow for QE and sends the result to a server. :class:`QEDesk` is where it arrives.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from examples.runner import called_in, repo_of
from examples.stage import SetupCode, Stage
from examples.translations import require_part, workflow_in
from local_ce.releases import sdk_part
from sphinxext.tested_snippets.runner import Runner, SetupError, Snippet

if TYPE_CHECKING:
    from examples.runner import CERunner

__all__ = ["QEDesk", "dispatched", "qe_runner", "repositories"]

#: Runs one step as QE's image did: the file and the function that each translated step names are the SDK's own.
_DISPATCH = """
import json, sys
from orquestra.sdk._base.dispatch import exec_task_fn
named = {}
for given in json.load(sys.stdin)["inputs"]:
    named.update({name: value for name, value in given.items() if name != "type"})
exec_task_fn(**named)
"""


class QEDesk:
    """Takes what the SDK's QE client sends, on loopback, and runs none of it.

    :param limit: the bytes of the largest workflow that it takes; a larger one gets the HTTP status of a request that
        is too large.
    """

    def __init__(self, limit: int | None = None) -> None:
        #: The bodies that arrived, the latest last.
        self.received: list[bytes] = []
        #: What it answers to a question about a run, in the form that the client reads.
        self.answer: Mapping[str, Any] = {}
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                desk.received.append(body)
                too_large = limit is not None and len(body) > limit
                self._reply(413 if too_large else 200, b"qe-translation-00000-r000")

            def do_GET(self) -> None:
                self._reply(200, json.dumps(desk.answer).encode())

            def _reply(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def __enter__(self) -> QEDesk:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def submit(self, workflow: Any) -> dict[str, Any]:
        """Submit a workflow with the SDK's QE client; return what arrived.

        :raises orquestra.sdk.exceptions.BaseRuntimeError: the client refuses the workflow, or reports a refusal.
        """
        with self.client() as runtime:
            runtime.create_workflow_run(workflow.model, project=None)
        form: dict[str, Any] = json.loads(self.received[-1])
        return form

    @contextlib.contextmanager
    def client(self) -> Iterator[Any]:
        """The SDK's QE runtime, logged in here."""
        runtime = _runtime_class()
        from orquestra.sdk.schema.configs import RuntimeConfiguration, RuntimeName

        config = RuntimeConfiguration(
            config_name="qe-desk",
            runtime_name=RuntimeName.QE_REMOTE,
            runtime_options={"uri": self.url, "token": "none"},
        )
        with tempfile.TemporaryDirectory() as folder, _database(Path(folder, "workflows.db")):
            yield runtime(config, Path(folder))


def _runtime_class() -> Any:
    """The SDK's QE runtime; a check that needs it is skipped where the SDK has none."""
    # The SDK is not installed where pages are only built.
    try:
        return sdk_part("_base._qe._qe_runtime").QERuntime
    except ModuleNotFoundError:
        pytest.skip(f"orquestra-sdk {metadata.version('orquestra-sdk')} has no client for QE")


@contextlib.contextmanager
def _database(path: Path) -> Iterator[None]:
    """Let the SDK note its runs there: each run arrives under the same id, which has to be new."""
    before = os.environ.get("ORQ_DB_PATH")
    os.environ["ORQ_DB_PATH"] = str(path)
    try:
        yield
    finally:
        if before is None:
            del os.environ["ORQ_DB_PATH"]
        else:
            os.environ["ORQ_DB_PATH"] = before


def repositories(form: Mapping[str, Any]) -> list[str]:
    """Return what QE was told to clone for a workflow, the SDK itself left out."""
    found = [each["parameters"] for each in form["imports"] if each["type"] == "git"]
    return [
        f"{each['repository']} at {each['commit']}"
        for each in found
        if "orquestra-workflow-sdk" not in each["repository"]
    ]


def dispatched(form: Mapping[str, Any], clones: Mapping[str, Path]) -> Any:
    """Run the only step of a translated workflow as QE's image ran it, here; return what its task gave.

    The SDK's own dispatcher is what a step names as its function. QE had put the repos below ``step/``; nothing of
    them was installed.

    :param clones: for each address that is to be cloned, the folder with the files.
    :raises RuntimeError: the step failed, with what it printed.
    """
    (step,) = form["steps"]
    with tempfile.TemporaryDirectory(prefix="app-", dir="/tmp") as folder:
        for each in form["imports"]:
            address = each["parameters"].get("repository", "")
            if address in clones:
                link = Path(folder, "step", each["name"])
                link.parent.mkdir(exist_ok=True)
                link.symlink_to(clones[address])
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _DISPATCH],
            cwd=folder,
            input=json.dumps(step),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        (output,) = step["outputs"]
        return json.loads(Path(folder, f"{output['name']}.json").read_text())["value"]


class QETranslation:
    """The runtime "QE translation": has the SDK translate a snippet's workflows for QE, which is all that is left."""

    def __init__(self, ce: CERunner) -> None:
        self._ce = ce

    def __call__(self, snippet: Snippet) -> str:
        """Submit the workflows of a snippet with the SDK's QE client; return what QE would have cloned for them.

        :raises SetupError: the hidden set-up failed.
        """
        if snippet.language == "yaml":
            return self._form(snippet)
        setup = SetupCode(snippet.setup)
        files, name = repo_of(snippet, setup)
        with QEDesk() as desk, Stage(self._ce.ce, files, self._ce.token) as stage:
            try:
                stage.set(setup)
            except Exception as error:
                raise SetupError(f"{type(error).__name__}: {error}") from error
            with stage.module(files, name) as module:
                lines = []
                for called, workflow in called_in(module):
                    form = desk.submit(workflow)
                    cloned = ", ".join(repositories(form)) or "nothing"
                    steps = len(form["steps"])
                    plural = "" if steps == 1 else "s"
                    lines.append(
                        f"{called}() became {steps} step{plural}, for which QE clones {cloned}"
                    )
        return "\n".join(lines)

    @staticmethod
    def _form(snippet: Snippet) -> str:
        """Compare the form that a page shows with that of the workflow in its set-up."""
        with QEDesk() as desk, workflow_in(snippet.setup) as workflow:
            form = desk.submit(workflow)
        require_part(snippet.text, form)
        return f"{len(form['steps'])} steps"


@pytest.fixture(scope="session")
def qe_runner(ce_runner: CERunner) -> Runner:
    """The runtime "QE translation"."""
    return QETranslation(ce_runner)
