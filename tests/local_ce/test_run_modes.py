"""Runs on real Ray: a cluster for each, and one that they share."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local_ce._process import belonging
from local_ce.records import RunState
from tests.local_ce.engines import PATIENCE, Engine, started, until
from tests.local_ce.workflows import (
    dying,
    failing,
    failing_beside,
    holding,
    imaged,
    leaving,
    places,
    secret,
    sums,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def per_run() -> Iterator[Engine]:
    """Give an engine with a cluster for each run, and room for two default runs."""
    with started() as engine:
        yield engine


@pytest.fixture(scope="module")
def shared() -> Iterator[Engine]:
    """Give an engine whose runs share a cluster."""
    with started(mode="shared") as engine:
        yield engine


@pytest.fixture(params=["per_run", "shared"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Give the engine of one mode, then of the other."""
    found: Engine = request.getfixturevalue(request.param)
    return found


def test_runs_submitted_together_have_their_own_results(engine: Engine) -> None:
    """Whatever is printed, too, is with the task that printed it. Nothing else is left of them."""
    runs = {start: engine.submit(sums(start)) for start in (10, 20, 30)}
    for start, run_id in runs.items():
        assert engine.result(run_id) == start + 2
        tasks = engine.store.tasks(run_id)
        assert {task.state for task in tasks.values()} == {RunState.SUCCEEDED}
        assert all(task.start and task.end and task.start <= task.end for task in tasks.values())
        first, second = sorted(tasks, key=lambda name: tasks[name].start or 0)
        # No lists: when Ray loses a worker it starts the task again, and both have printed.
        assert set(engine.lines(run_id, "task", first)) == {f"adding {start} and 1"}
        assert set(engine.lines(run_id, "task", second)) == {f"adding {start + 1} and 1"}
        assert set(engine.store.artifact_ids(run_id)) == {first, second}
        run = engine.run(run_id)
        assert run.start is not None
        assert run.end is not None
        assert run.created <= run.start <= run.end
        assert run.mode == engine.executor.mode
    assert list(engine.executor.folder.glob("r*")) == []


def files_do_not_meet(engine: Engine, meeting: Path) -> None:
    """Let two runs at a time, and a third one later, write files of the same name.

    :param meeting: a folder where the two see that both have written.
    """
    words, where = ("one", "two"), str(meeting)
    together = {word: engine.submit(leaving(word, where, words)) for word in words}
    folders = []
    for word, run in [*together.items(), ("three", engine.submit(leaving("three", where, [])))]:
        before, after, places = engine.result(run)
        assert (before, after) == ([], [word] * 3)
        folders += places
    assert len(set(folders)) == 9
    assert not [folder for folder in folders if Path(folder).exists()]


def test_runs_do_not_see_each_others_files(engine: Engine, tmp_path: Path) -> None:
    """Neither in the folder they start in, nor in the temporary or the home folder; none is left."""
    files_do_not_meet(engine, tmp_path)


def test_a_failed_task_fails_the_run_with_the_cause(engine: Engine) -> None:
    """Its traceback is in its log; what other tasks returned is there."""
    run_id = engine.submit(failing())
    run = engine.wait(run_id)
    assert run.state == RunState.FAILED
    assert run.reason == "task fail: ValueError: seven"
    assert engine.store.results(run_id) is None
    states = {name: task.state for name, task in engine.store.tasks(run_id).items()}
    (failed,) = [name for name in states if name.endswith("-fail")]
    assert states[failed] == RunState.FAILED
    assert any("ValueError: seven" in line for line in engine.lines(run_id, "task", failed))


def test_a_task_that_was_running_is_not_named_as_the_failed_one(
    engine: Engine, tmp_path: Path
) -> None:
    """The run fails because of the other one."""
    run = engine.wait(engine.submit(failing_beside(str(tmp_path / "pid"), 600)))
    assert run.state == RunState.FAILED
    assert run.reason == "task fail_beside: ValueError: seven"


def test_a_task_whose_process_dies_fails_the_run(shared: Engine) -> None:
    """Ray says so, and nothing is retried."""
    run = shared.wait(shared.submit(dying()))
    assert run.state == RunState.FAILED
    cause = "task die: ray.exceptions.WorkerCrashedError: The worker died unexpectedly"
    assert str(run.reason).startswith(cause)


def test_states_and_logs_are_there_while_a_run_goes(engine: Engine, tmp_path: Path) -> None:
    """And terminating ends the process of the task; nothing is left of the run."""
    run_id = engine.submit(holding(str(tmp_path / "pid"), 3600))
    until(lambda: "holding" in engine.lines(run_id, "task"))
    until(
        lambda: [task.state for task in engine.store.tasks(run_id).values()] == [RunState.RUNNING]
    )
    pid = int((tmp_path / "pid").read_text())
    assert psutil.pid_exists(pid)
    assert engine.run(run_id).state == RunState.RUNNING
    engine.scheduler.terminate(run_id)
    run = engine.wait(run_id)
    assert (run.state, run.reason) == (RunState.TERMINATED, "it was terminated")
    assert [task.state for task in engine.store.tasks(run_id).values()] == [RunState.TERMINATED]
    until(lambda: gone(pid))
    assert [path.name for path in engine.executor.folder.glob("r*")] == []


def test_a_missing_image_is_named_and_can_be_added(engine: Engine) -> None:
    """The task waits as on CE; the next run finds the image."""
    name = f"some/image:{engine.executor.mode}"
    waiting = engine.submit(imaged(name))
    # It is explained a moment before it is written down.
    until(lambda: "nobody offers" in (engine.run(waiting).reason or ""))
    said = f"task add cannot start: nobody offers the image {name} (offered: hub.nexus"
    assert str(engine.scheduler.explain(waiting)).startswith(said)
    assert str(engine.run(waiting).reason).startswith(said)
    assert engine.run(waiting).state == RunState.RUNNING
    engine.executor.add_image(name)
    engine.scheduler.terminate(waiting)
    assert engine.result(engine.submit(imaged(name))) == 2


def test_a_task_gets_the_secrets_of_its_runs_workspace_only(engine: Engine) -> None:
    """The passport of a run is for its workspace, and ends with it."""
    engine.services.secrets.set("word", "forty-two", workspace="mine")
    ours = engine.submit(secret("mine"), workspace="mine")
    run = engine.wait(engine.submit(secret("mine"), workspace="theirs"))
    assert engine.result(ours) == "owt-ytrof"
    assert run.state == RunState.FAILED
    assert "forty" not in str(run)


def test_a_run_has_the_cluster_it_asked_for(per_run: Engine) -> None:
    """Its own nodes, its own folder to be in; another one that goes meanwhile has others."""
    one = per_run.submit(places(), resources={"cpu": "1", "memory": "500Mi"})
    other = per_run.submit(places(), resources={"cpu": "1", "memory": "1Gi", "nodes": 2})
    first, second = per_run.result(one), per_run.result(other)
    assert (first["cpus"], first["nodes"], first["memory"]) == (1, 1, 500 * 2**20)
    assert (second["cpus"], second["nodes"], second["memory"]) == (2, 2, 2 * 2**30)
    assert first["cwd"] != second["cwd"]
    assert first["passport"] != second["passport"]
    # Nodes that choose the ports of their workers choose the same ones.
    assert second["worker ports"] == 2 * [["--min_worker_port=0", "--max_worker_port=0"]]


def test_runs_that_share_a_cluster_have_their_own_passports(shared: Engine) -> None:
    """Everything else of it they share."""
    first, second = (shared.result(shared.submit(places())) for _ in range(2))
    assert first["passport"] != second["passport"]
    assert first["cpus"] == second["cpus"] == 4


def test_ray_listens_on_no_port_that_the_system_hands_out(shared: Engine) -> None:
    """One of its own connections would have it before Ray gets there; one page of its agent's is always in one place."""
    (file,) = shared.executor.folder.glob("shared/ray/session_2*/ports_by_node.json")
    (ports,) = json.loads(file.read_text()).values()
    del ports["dashboard_agent_listen_port"]
    assert len(ports) > 2
    assert len(set(ports.values())) == len(ports)
    assert max(ports.values()) < 32768


def test_a_run_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """Its process too."""
    with started(time_limit=15) as engine:
        run = engine.wait(engine.submit(holding(str(tmp_path / "pid"), 3600)))
        assert run.state == RunState.FAILED
        assert run.reason == "it was not finished after its time limit of 15 s"
        until(lambda: not belonging(engine.executor.folder))


@pytest.mark.parametrize("mode", ["per-run", "shared"])
def test_a_killed_server_takes_its_runs_with_it(mode: str, tmp_path: Path) -> None:
    """Nobody is left to end them, and they notice."""
    with killed_while_a_task_runs({"mode": mode}, tmp_path / "pid") as folder:
        until(lambda: not (folder / "shared").exists())
        until(lambda: not [p for p in psutil.process_iter() if str(folder) in command(p)])


PROGRAM = """
    import json
    import sys
    from tests.local_ce.engines import started
    from tests.local_ce.workflows import holding

    with started(**json.loads(sys.argv[1])) as engine:
        engine.submit(holding(sys.argv[2], 3600))
        print(engine.state, engine.executor.folder, flush=True)
        sys.stdin.read()
"""


@contextlib.contextmanager
def killed_while_a_task_runs(options: dict[str, str], file: Path) -> Iterator[Path]:
    """Kill a program with an engine; wait for the end of its task; give the engine's folder.

    :param file: where the task writes the id of its process.
    """
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(PROGRAM), json.dumps(options), file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert server.stdout is not None
    state, folder = map(Path, server.stdout.readline().split())
    until(lambda: file.exists() and file.read_text())
    pid = int(file.read_text())
    server.send_signal(signal.SIGKILL)
    server.communicate(timeout=PATIENCE)
    until(lambda: gone(pid))
    until(lambda: not list(folder.glob("r*")))
    yield folder
    for path in (state, folder):
        shutil.rmtree(path, ignore_errors=True)


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def command(process: psutil.Process) -> str:
    """Return the command line of a process that may be ending."""
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""
