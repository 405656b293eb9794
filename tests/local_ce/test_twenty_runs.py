"""Many runs at a time: each with its own result, and none lost that finished when the server is killed.

Twenty go to the shared mode, where they share Ray's workers and storage and could mix; twenty clusters
would only take longer. That runs with clusters of their own have their own results is shown here by
fewer, around a kill, and by ``test_run_modes.py``; ``test_scheduling.py`` has their queue, and
``test_engine_life.py`` kills a server in the shared mode.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from orquestra.sdk import ProjectRef
from orquestra.sdk._base._driver._client import DriverClient, ExternalUriProvider
from orquestra.sdk._base._driver._models import (
    CreateWorkflowDefResponse,
    CreateWorkflowRunResponse,
    MetaEmpty,
    Resources,
    Response,
)

from local_ce import ComputeEngine
from local_ce.client import Client
from local_ce.engine import INTERRUPTED
from local_ce.records import RunState
from tests.local_ce.engines import until
from tests.local_ce.shell import LIMIT, Shell, left_behind
from tests.local_ce.workflows import holding, sums

#: Made and kept before threads take the place of clients, which are processes of their own: pydantic makes a model when
#: an answer of its kind first comes, and lets other threads have it half made.
ANSWERS = (
    Response[CreateWorkflowDefResponse, MetaEmpty],
    Response[CreateWorkflowRunResponse, MetaEmpty],
)


def test_twenty_runs_submitted_at_once_have_their_own_results() -> None:
    """By twenty clients at the same moment; tasks, artifacts and logs are each run's own, too."""
    with ComputeEngine.start(mode="shared") as engine:
        runs = submit_at_once(engine, 20)
        client = Client(engine.url, engine.token(), engine.clusters)
        for run_id in runs.values():
            assert client.wait(run_id, LIMIT, lambda _: False) is None
            assert client.state(run_id) == RunState.SUCCEEDED, engine.store.run(run_id)
        results = {number: client.results(run_id) for number, run_id in runs.items()}
        assert results == {number: 100 * number + 2 for number in runs}
        for number, run_id in runs.items():
            first, second = sorted(
                json.loads(engine.store.artifact(artifact)["value"])
                for artifact in engine.store.artifact_ids(run_id).values()
            )
            assert (first, second) == (100 * number + 1, 100 * number + 2)
            # No list: when Ray loses a worker it starts the task again, and both have printed.
            printed = {line.line for line in engine.store.logs(run_id, kinds=["task"])}
            assert printed == {f"adding {100 * number + done} and 1" for done in (0, 1)}


def submit_at_once(engine: ComputeEngine, count: int) -> dict[int, str]:
    """Submit ``sums(100 * n)`` for each number up to ``count``, all together; return the runs' ids."""
    runs: dict[int, str] = {}
    together = threading.Barrier(count)
    definitions = {number: sums(100 * number).model for number in range(count)}

    def submit(number: int) -> None:
        token = engine.token()
        client = DriverClient.from_token(token=token, uri_provider=ExternalUriProvider(engine.url))
        together.wait()
        definition = client.create_workflow_def(
            definitions[number], ProjectRef(workspace_id="local", project_id="default")
        )
        resources = Resources(cpu=None, memory=None, gpu=None, nodes=None)
        runs[number] = client.create_workflow_run(definition, resources)

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(runs.values())) == count
    return runs


@pytest.fixture
def shell() -> Iterator[Shell]:
    """A terminal; a server that a failing test leaves there is stopped."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir="/tmp"))
    shell = Shell(home)
    yield shell
    shell.ce("down")
    shutil.rmtree(home, ignore_errors=True)


def test_a_sigkill_amid_finished_going_and_waiting_runs_loses_none_that_finished(
    shell: Shell,
) -> None:
    """With a cluster for each run. The next start has the results, and says what became of the others."""
    client = up(shell)
    finished = {start: submit(client, sums(start)) for start in (10, 20)}
    for run_id in finished.values():
        wait_for(shell, client, run_id, RunState.SUCCEEDED)
    held = [shell.home / name for name in ("one", "other")]
    going = [submit(client, holding(str(path), 3600)) for path in held]
    # Now their tasks are in the middle of it, and there is no CPU left for another run.
    until(lambda: all(path.exists() and path.read_text() for path in held), LIMIT)
    for run_id in going:
        wait_for(shell, client, run_id, RunState.RUNNING)
    waiting = {start: submit(client, sums(start)) for start in (30, 40, 50)}
    states = {client.state(run_id) for run_id in waiting.values()}
    assert states == {RunState.WAITING}

    killed = shell.server()
    assert len(left_behind(killed.folder)) > 10
    os.kill(killed.pid, signal.SIGKILL)
    until(lambda: gone(killed.pid), LIMIT)

    client = up(shell)
    assert left_behind(killed.folder) == []
    assert all(gone(int(path.read_text())) for path in held)
    for start, run_id in finished.items():
        assert client.state(run_id) == RunState.SUCCEEDED
        assert client.results(run_id) == start + 2
    # A run that only waited is not started by the next server, which might be weeks later.
    for run_id in [*going, *waiting.values()]:
        assert client.state(run_id) == RunState.FAILED
        assert reason(shell, run_id) == INTERRUPTED
    again = {start: submit(client, sums(start)) for start in (30, 40)}
    for start, run_id in again.items():
        wait_for(shell, client, run_id, RunState.SUCCEEDED)
        assert client.results(run_id) == start + 2

    server = shell.server()
    shell.done("python -m local_ce down")
    # The command is done when the folders are free again; Python then has its own end to go through.
    until(lambda: gone(server.pid), LIMIT)
    assert left_behind(server.folder) == []
    assert left_behind(killed.folder) == []
    assert not (shell.state / "server.json").exists()


def up(shell: Shell) -> Client:
    """Start a server with room for two runs, as a user does; return a client of it."""
    printed = shell.done("python -m local_ce up --detach --cpus 4 --memory 4Gi")
    token = printed.split(" -t ")[1].split()[0]
    return Client(shell.server().url, token, shell.home)


def submit(client: Client, workflow: object) -> str:
    """Submit a workflow; return its run's id."""
    return client.submit(workflow, "local", "default")


def wait_for(shell: Shell, client: Client, run_id: str, state: str) -> None:
    """Wait until a run is in a state, and fail when it has ended in another one."""
    deadline = time.monotonic() + LIMIT
    while (found := client.state(run_id)) != state:
        if found in RunState.FINAL or time.monotonic() > deadline:
            logs = shell.done(f"python -m local_ce logs {run_id}")
            pytest.fail(shell.done("python -m local_ce status") + logs[-3000:])
        time.sleep(0.1)


def reason(shell: Shell, run_id: str) -> str:
    """Return what ``status`` says of a run that has ended."""
    (line,) = [
        line for line in shell.done("python -m local_ce status").splitlines() if run_id in line
    ]
    return line.split(RunState.FAILED)[1].strip()


def gone(pid: int) -> bool:
    """Tell whether a process has ended; one whose parent has not noticed is no more."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
