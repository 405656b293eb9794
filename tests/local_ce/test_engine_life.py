"""Starting, stopping and killing a Compute Engine: what stays, and that nothing else does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from orquestra import sdk

from local_ce import ComputeEngine, RunFailed
from local_ce.client import Client
from local_ce.engine import INTERRUPTED
from local_ce.records import RunState
from local_ce.state import AlreadyRunning, StateFolder
from tests.local_ce.shell import LIMIT, ROOT, left_behind


@sdk.task(source_import=sdk.InlineImport())  # type: ignore[untyped-decorator]
def answer() -> int:
    """Return at once."""
    return 42


@sdk.task(source_import=sdk.InlineImport(), custom_image="none/such:1")  # type: ignore[untyped-decorator]
def never() -> None:
    """Wait for an image that nobody offers."""


@sdk.task(source_import=sdk.InlineImport())  # type: ignore[untyped-decorator]
def square(number: int) -> int:
    """Return something else for each run."""
    return number * number


@sdk.workflow  # type: ignore[untyped-decorator]
def squares(number: int) -> object:
    """A workflow whose result tells its run."""
    return square(number)


@sdk.workflow  # type: ignore[untyped-decorator]
def quick() -> object:
    """A workflow that succeeds."""
    return answer()


@sdk.workflow  # type: ignore[untyped-decorator]
def endless() -> object:
    """A workflow that does not end."""
    return never()


@pytest.fixture(autouse=True)
def signals_are_heeded() -> Iterator[None]:
    """Let the servers heed signals that whoever runs the tests has ignored, as in the background."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    ignored = [number for number in numbers if signal.getsignal(number) == signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture
def state() -> Iterator[Path]:
    """A path for a state folder."""
    folder = Path(tempfile.mkdtemp(prefix="st-", dir="/tmp"))
    yield folder / "state"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def serve(state: Path) -> Iterator[Callable[..., Program]]:
    """Starts servers on the state folder; those that a failing test leaves are ended."""
    programs: list[Program] = []

    def start(*options: str) -> Program:
        programs.append(Program(state, *options))
        return programs[-1]

    yield start
    for program in programs:
        program.end(signal.SIGTERM)


class Program:
    """A server in the foreground of a terminal."""

    def __init__(self, state: Path, *options: str) -> None:
        self._state = state
        self._log = state.with_name("printed").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local_ce", "up", "--state", str(state), *options],
            cwd=ROOT,
            stdout=self._log,
            stderr=self._log,
        )
        deadline = time.monotonic() + LIMIT
        while "\norq login -s " not in (printed := self.printed()):
            assert self.process.poll() is None, printed
            assert time.monotonic() < deadline, printed
            time.sleep(0.05)
        server = StateFolder(state).server()
        assert server is not None
        assert server.pid == self.process.pid
        self.clusters = server.folder
        token = printed.split(" -t ")[1].split()[0]
        self.client = Client(server.url, token, state.parent)

    def printed(self) -> str:
        """Return all that it has printed."""
        return Path(self._log.name).read_text()

    def status(self) -> str:
        """Return what its operator is shown."""
        command = [sys.executable, "-m", "local_ce", "status", "--state", str(self._state)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    def submit(self, workflow: object, until: str) -> str:
        """Submit a workflow and wait until its run is in a state; return the run's id."""
        run_id = self.client.submit(workflow, "local", "default")
        deadline = time.monotonic() + LIMIT
        while (found := self.client.state(run_id)) != until:
            assert found not in RunState.FINAL
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return run_id

    def end(self, number: signal.Signals) -> int:
        """Send a signal, wait for the end; return the exit code. Can be called again."""
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout=LIMIT)
        finally:
            self._log.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_server_its_runs_and_all_their_processes(
    state: Path, serve: Callable[..., Program], number: signal.Signals
) -> None:
    """Also a run that is going; afterwards it has failed, and says why."""
    program = serve()
    run_id = program.submit(endless(), until="RUNNING" if number == signal.SIGTERM else "WAITING")
    assert program.end(number) == 0
    assert left_behind(program.clusters) == []
    assert not (state / "server.json").exists()
    with ComputeEngine.start(state=state) as engine:
        run = engine.store.run(run_id)
    assert run is not None
    assert run.state == "FAILED"
    assert "the Compute Engine" in str(run.reason)


def test_after_a_sigkill_finished_runs_are_there_and_no_process(
    state: Path, serve: Callable[..., Program]
) -> None:
    """What was going has failed; the next start finds what the killed one left, and removes it."""
    program = serve()
    finished = program.submit(quick(), until="SUCCEEDED")
    going = program.submit(endless(), until="RUNNING")
    assert len(left_behind(program.clusters)) > 5
    assert program.end(signal.SIGKILL) == -signal.SIGKILL
    assert (state / "server.json").exists()
    later = serve()
    assert left_behind(program.clusters) == []
    assert later.client.state(finished) == "SUCCEEDED"
    assert later.client.results(finished) == 42
    assert later.client.state(going) == "FAILED"
    assert f"they were interrupted: {going}" in later.printed()
    assert later.end(signal.SIGTERM) == 0
    with ComputeEngine.start(state=state) as engine:
        run = engine.store.run(going)
    assert run is not None
    assert run.reason == INTERRUPTED
    assert left_behind(later.clusters) == []


def test_on_a_shared_cluster_a_sigkill_loses_no_run_that_finished(
    serve: Callable[..., Program],
) -> None:
    """The others are submitted again, and in the end all have their own results."""
    program = serve("--shared")
    runs = {n: program.client.submit(squares(n), "local", "default") for n in range(12)}
    deadline = time.monotonic() + LIMIT
    while len(finished := succeeded(program.client, runs)) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    program.end(signal.SIGKILL)
    later = serve("--shared")
    assert left_behind(program.clusters) == []
    states = {n: later.client.state(run_id) for n, run_id in runs.items()}
    assert set(states.values()) <= {"SUCCEEDED", "FAILED"}
    assert all(states[n] == "SUCCEEDED" for n in finished)
    failed = [n for n, ended in states.items() if ended == "FAILED"]
    assert failed
    runs.update({n: later.client.submit(squares(n), "local", "default") for n in failed})
    for run_id in runs.values():
        assert later.client.wait(run_id, LIMIT, lambda _: False) is None
        assert later.client.state(run_id) == "SUCCEEDED", later.status()
    assert {n: later.client.results(run_id) for n, run_id in runs.items()} == {
        n: n * n for n in range(12)
    }
    assert later.end(signal.SIGTERM) == 0
    assert left_behind(later.clusters) == []


def succeeded(client: Client, runs: dict[int, str]) -> list[int]:
    """Return which of the runs have succeeded."""
    return [n for n, run_id in runs.items() if client.state(run_id) == "SUCCEEDED"]


def test_down_after_a_sigkill_removes_what_was_left(
    state: Path, serve: Callable[..., Program]
) -> None:
    """There is nothing to stop, which the exit code says, but something to remove."""
    program = serve()
    program.submit(endless(), until="RUNNING")
    program.end(signal.SIGKILL)
    command = [sys.executable, "-m", "local_ce", "down", "--state", str(state)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == 3
    assert "removed what a killed Compute Engine left behind" in done.stderr
    assert left_behind(program.clusters) == []


def test_a_temporary_compute_engine_that_was_killed_is_removed_by_the_next_one() -> None:
    """It has no state folder by which it would be found."""
    code = (
        "from local_ce import ComputeEngine; engine = ComputeEngine.start();"
        "print(engine.state, engine.clusters, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as program:
        assert program.stdout is not None
        folders = program.stdout.readline().split()
        assert len(folders) == 2
        program.kill()
    assert all(Path(folder).exists() for folder in folders)
    with ComputeEngine.start() as engine:
        assert not any(Path(folder).exists() for folder in folders)
        assert engine.state.exists()
    assert not engine.state.exists()
    assert not engine.clusters.exists()


def test_two_servers_cannot_use_one_state_folder(state: Path) -> None:
    """The second says who is there; the first goes on."""
    with ComputeEngine.start(state=state) as engine:
        with pytest.raises(AlreadyRunning, match=rf"{engine.url} .* \(process {os.getpid()}\)"):
            ComputeEngine.start(state=state)
        assert engine.clusters.exists()
    with ComputeEngine.start(state=state) as again:
        assert again.url == engine.url


def test_two_servers_with_folders_of_their_own_do_not_meet() -> None:
    """Different ports, tokens and repos."""
    with ComputeEngine.start() as one, ComputeEngine.start() as other:
        one.git.publish("https://github.com/org/repo", {"a.txt": "a"})
        assert other.git.repos() == {}
        with pytest.raises(sdk.exceptions.UnauthorizedError):
            Client(other.url, one.token(), other.clusters).state("none-ab1de-r000")


def test_a_port_that_is_taken_is_an_error_when_it_was_asked_for(state: Path) -> None:
    """Without having been asked for, another one is taken."""
    with ComputeEngine.start(state=state) as engine:
        port = int(engine.url.rpartition(":")[2])
    with ComputeEngine.start(port=port):
        with pytest.raises(OSError, match="address already in use"):
            ComputeEngine.start(port=port)
        with ComputeEngine.start(state=state) as moved:
            assert moved.url != engine.url


def test_what_was_added_outlives_a_restart_and_secrets_do_not(state: Path) -> None:
    """Tokens for logging in do, too."""
    with ComputeEngine.start(state=state) as engine:
        engine.git.publish("https://github.com/org/repo", {"a.txt": "a"})
        engine.index.build("tiny", "1.0", {"tiny.py": ""})
        engine.add_image("my-image")
        engine.secrets.set("word", "hidden-value", workspace="local")
        token = engine.token()
    with ComputeEngine.start(state=state) as engine:
        assert engine.git.repos() == {"https://github.com/org/repo": False}
        assert [path.name for path in engine.index.folder.iterdir()] == [
            "tiny-1.0-py3-none-any.whl"
        ]
        assert "my-image" in engine.images
        assert engine.secrets.names(workspace="local") == ["word"]
        assert engine.secrets.get("word", workspace="local") is None
        with pytest.raises(sdk.exceptions.WorkflowRunNotFoundError):
            Client(engine.url, token, engine.clusters).state("none-ab1de-r000")
    kept = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert b"hidden-value" not in kept


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])  # noqa: S104 - refused
def test_an_address_that_others_could_reach_is_refused(state: Path, host: str) -> None:
    """Before anything is made."""
    with pytest.raises(ValueError, match="expected a loopback address such as 127"):
        ComputeEngine.start(state=state, host=host)
    assert not state.exists()


def test_a_state_folder_with_a_space_is_refused(tmp_path: Path) -> None:
    """Pip would take its path for two."""
    with pytest.raises(ValueError, match="has a space in its path"):
        ComputeEngine.start(state=tmp_path / "my state")


def test_the_fixture_runs_a_workflow_and_tells_of_a_failure(compute_engine: ComputeEngine) -> None:
    """The value, and for a run that is not finished what its tasks wait for."""
    assert compute_engine.run(quick()) == 42
    with pytest.raises(RunFailed) as failed:
        compute_engine.run(endless(), timeout=0.5)
    assert failed.value.cause == "not finished after 0.5 s: waiting: never (image none/such:1)"
    assert failed.value.state == "TIMEOUT"
    assert "nobody offers the image none/such:1" in failed.value.log
    run = compute_engine.store.run(failed.value.run_id)
    assert run is not None
    assert run.state == "TERMINATED"


def test_each_test_can_have_a_compute_engine_of_its_own(
    compute_engine: ComputeEngine, fresh_compute_engine: ComputeEngine
) -> None:
    """Nothing of others is in it."""
    assert fresh_compute_engine.url != compute_engine.url
    assert fresh_compute_engine.store.runs() == []
