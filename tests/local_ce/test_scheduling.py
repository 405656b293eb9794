"""When runs start, and how their ends are written down; what executes them is played here."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_ce.demand import Demand
from local_ce.executor import PARALLEL, Executor
from local_ce.records import RunRecord, RunState
from local_ce.scheduler import Scheduler
from local_ce.services import Services
from local_ce.store import Store
from tests.local_ce.engines import until

DEFINITION = {"name": "demo", "imports": {}}


class Played:
    """A run whose process is this test."""

    def __init__(self) -> None:
        self.said: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.asked_to_stop = False

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield what the test had it say."""
        yield from iter(self.said.get, None)

    def stop(self) -> None:
        """Stop at once."""
        self.asked_to_stop = True
        self.end(RunState.TERMINATED)

    def last_words(self) -> str:
        """Say what a killed process wrote."""
        return "Killed by nobody knows"

    def begin(self) -> None:
        """Report that Ray has the run."""
        self.said.put({"event": "running", "time": 1.0})

    def end(self, state: str, reason: str | None = None) -> None:
        """Report the end, and end."""
        self.said.put({"event": "end", "state": state, "reason": reason, "time": 2.0})
        self.said.put(None)


class PlayedExecutor(Executor):
    """Decides as the real one does, and starts nothing."""

    def __init__(self, folder: Path, services: Services, **options: Any) -> None:
        super().__init__(folder, services, **options)
        self.opened: dict[str, Played] = {}
        self.closed: list[Any] = []

    def open(self, run: RunRecord, *rest: Any) -> Any:
        """Start a run that the test plays."""
        self.opened[run.run_id] = Played()
        return self.opened[run.run_id]

    def close(self, execution: Any) -> None:
        """Note it."""
        self.closed.append(execution)


class Stage:
    """A scheduler with a machine of 4 CPUs and 8 GiB."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.services = Services(folder / "services")
        self.store = Store(folder / "state.db", self.services.redact)
        machine = {"cpus": 4, "memory": 8 * 2**30, **options}
        limit = machine.pop("time_limit", 600.0)
        self.executor = PlayedExecutor(folder, self.services, **machine)
        self.scheduler = Scheduler(
            self.store, self.executor, passport=lambda _: "a-passport", time_limit=limit
        )
        place = {"workspace": "ws", "project": "p", "owner": "me"}
        self.place = place
        self.definition = self.store.add_definition(DEFINITION, **place)

    def submit(self, **resources: Any) -> str:
        """Submit a run; return its id."""
        run = self.store.add_run(self.definition, resources=resources, **self.place)
        self.scheduler.submitted(run.run_id)
        return run.run_id

    def played(self, run_id: str) -> Played:
        """Wait until a run was started."""
        until(lambda: run_id in self.executor.opened)
        return self.executor.opened[run_id]

    def state(self, run_id: str) -> str:
        """Return a run's state."""
        run = self.store.run(run_id)
        assert run is not None
        return run.state

    def ended(self, run_id: str) -> RunRecord:
        """Wait until a run has ended."""
        until(lambda: self.state(run_id) in RunState.FINAL)
        run = self.store.run(run_id)
        assert run is not None
        return run

    def explained(self, run_id: str) -> str:
        """Return why a run waits."""
        return self.scheduler.explain(run_id) or ""


@pytest.fixture
def stage(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Give a scheduler that is not started yet; the test's parameter has options."""
    (tmp_path / "services").mkdir()
    stage = Stage(tmp_path, **getattr(request, "param", {}))
    yield stage
    if stage.scheduler._thread.is_alive():
        stage.scheduler.stop()
    stage.store.close()
    stage.services.stop()


def test_runs_start_in_the_order_they_were_submitted(stage: Stage) -> None:
    """Two of the default size fill the machine; the others follow one by one."""
    runs = [stage.submit() for _ in range(4)]
    stage.scheduler.start()
    first, second = stage.played(runs[0]), stage.played(runs[1])
    assert "2 CPU and 2 GiB, and 0 CPU and 4 GiB are free" in stage.explained(runs[2])
    assert "1 of the runs that wait are before it" in stage.explained(runs[3])
    second.end(RunState.SUCCEEDED)
    stage.played(runs[2])
    assert runs[3] not in stage.executor.opened
    first.end(RunState.SUCCEEDED)
    stage.played(runs[3])
    opened = list(stage.executor.opened)
    assert set(opened[:2]) == set(runs[:2]), "these two start together"
    assert opened[2:] == runs[2:]


def test_a_small_run_does_not_overtake_one_that_waits_for_room(stage: Stage) -> None:
    """Otherwise small ones could keep a big one waiting for good."""
    first, big, small = stage.submit(cpu="1"), stage.submit(cpu="4"), stage.submit(cpu="1")
    stage.scheduler.start()
    stage.played(first)
    stage.played(first).end(RunState.SUCCEEDED)
    stage.played(big)
    assert small not in stage.executor.opened
    stage.played(big).end(RunState.SUCCEEDED)
    stage.played(small)
    assert list(stage.executor.opened) == [first, big, small]


@pytest.mark.parametrize("resources", [{"cpu": "5"}, {"memory": "9Gi"}, {"nodes": 3}, {"gpu": "1"}])
def test_a_run_bigger_than_the_machine_waits_and_keeps_nobody_from_starting(
    stage: Stage, resources: dict[str, Any]
) -> None:
    """It says so, as a reason of the run, too."""
    huge = stage.submit(**resources)
    other = stage.submit()
    stage.scheduler.start()
    stage.played(other)
    assert huge not in stage.executor.opened
    assert stage.state(huge) == RunState.WAITING
    assert "this Compute Engine has 4 CPU and 8 GiB, no GPU" in stage.explained(huge)
    run = stage.store.run(huge)
    assert run is not None
    assert run.reason == stage.explained(huge)


def test_resources_that_cannot_be_read_fail_the_run(stage: Stage) -> None:
    """With the field; others go on."""
    bad, good = stage.submit(cpu="many"), stage.submit()
    stage.scheduler.start()
    assert "cpu='many' is not an amount" in str(stage.ended(bad).reason)
    stage.played(good)


def test_a_run_that_waits_can_be_terminated(stage: Stage) -> None:
    """It never starts."""
    runs = [stage.submit(cpu="4") for _ in range(3)]
    stage.scheduler.start()
    stage.played(runs[0])
    stage.scheduler.terminate(runs[1])
    assert stage.ended(runs[1]).state == RunState.TERMINATED
    stage.played(runs[0]).end(RunState.SUCCEEDED)
    stage.played(runs[2])
    assert runs[1] not in stage.executor.opened


def test_a_run_that_goes_can_be_terminated_again_and_again(stage: Stage) -> None:
    """Terminated it is when its processes are gone; what has ended stays as it ended."""
    run_id = stage.submit()
    stage.scheduler.start()
    played = stage.played(run_id)
    played.begin()
    until(lambda: stage.state(run_id) == RunState.RUNNING)
    stage.scheduler.terminate(run_id)
    stage.scheduler.terminate(run_id)
    run = stage.ended(run_id)
    assert (run.state, run.reason) == (RunState.TERMINATED, "it was terminated")
    assert played.asked_to_stop
    assert stage.executor.closed == [played]
    stage.scheduler.terminate(run_id)
    stage.scheduler.terminate("no-such-run")
    assert stage.ended(run_id) == run


@pytest.mark.parametrize("stage", [{"time_limit": 0.2}], indirect=True)
def test_a_run_that_takes_too_long_fails_with_what_it_waits_for(stage: Stage) -> None:
    """Nobody has to find out why."""
    run_id = stage.submit()
    stage.scheduler.start()
    played = stage.played(run_id)
    played.begin()
    played.said.put({"event": "waits", "reason": "task t cannot start: nobody offers the image x"})
    run = stage.ended(run_id)
    assert run.state == RunState.FAILED
    assert str(run.reason).startswith("it was not finished after its time limit of 0.2 s")


def test_what_waits_is_explained_while_it_does(stage: Stage) -> None:
    """Also as the run's reason; a run that succeeded has none."""
    run_id = stage.submit()
    stage.scheduler.start()
    played = stage.played(run_id)
    assert stage.explained(run_id) == "it is starting"
    played.begin()
    played.said.put({"event": "waits", "reason": "task t cannot start: nobody offers the image x"})
    until(lambda: "image x" in stage.explained(run_id))
    until(lambda: "image x" in str(stage.store.run(run_id)))
    played.end(RunState.SUCCEEDED)
    assert not stage.ended(run_id).reason
    assert stage.scheduler.explain(run_id) is None


def test_a_process_that_ends_without_a_word_fails_its_run(stage: Stage) -> None:
    """With what it wrote, and never as a success: results alone are none."""
    run_id = stage.submit()
    stage.scheduler.start()
    played = stage.played(run_id)
    played.begin()
    played.said.put({"event": "results", "results": []})
    played.said.put(None)
    run = stage.ended(run_id)
    assert run.state == RunState.FAILED
    assert "Killed by nobody knows" in str(run.reason)


def test_stopping_ends_the_runs_that_go(stage: Stage) -> None:
    """They failed, and the reason is no fault of theirs."""
    run_id = stage.submit()
    stage.scheduler.start()
    stage.played(run_id)
    stage.scheduler.stop()
    run = stage.ended(run_id)
    assert (run.state, run.reason) == (RunState.FAILED, "the Compute Engine was stopped")


@pytest.mark.parametrize("stage", [{"mode": "shared"}], indirect=True)
def test_runs_share_a_cluster_whatever_they_ask_for(stage: Stage) -> None:
    """Ray has their tasks wait; only so many runs are there at a time, in order."""
    runs = [stage.submit(cpu="4") for _ in range(PARALLEL + 1)]
    stage.scheduler.start()
    for run_id in runs[:PARALLEL]:
        stage.played(run_id)
    assert "as many as share a cluster" in stage.explained(runs[PARALLEL])
    stage.played(runs[2]).end(RunState.SUCCEEDED)
    stage.played(runs[PARALLEL])


@pytest.mark.parametrize("stage", [{"mode": "shared"}], indirect=True)
def test_an_image_added_to_a_shared_cluster_has_the_next_run_wait_for_the_others(
    stage: Stage,
) -> None:
    """The cluster can only start anew when nobody uses it."""
    first = stage.submit()
    stage.scheduler.start()
    stage.played(first)
    stage.executor.add_image("some/image:1")
    second = stage.submit()
    assert "the shared cluster starts anew" in stage.explained(second)
    stage.played(first).end(RunState.SUCCEEDED)
    stage.played(second)


def test_an_image_cannot_be_added_to_somebody_elses_cluster(tmp_path: Path) -> None:
    """Its nodes offer what they were started with; the message says how."""
    services = Services(tmp_path)
    try:
        executor = Executor(tmp_path / "x", services, cpus=1, memory=1, address="127.0.0.1:1")
        assert executor.mode == "address"
        with pytest.raises(ValueError, match="start a node that offers it"):
            executor.add_image("some/image:1")
        with pytest.raises(ValueError, match="take 'per-run' or 'shared'"):
            Executor(tmp_path / "y", services, cpus=1, memory=1, mode="alone")
    finally:
        services.stop()


def test_a_machine_exactly_as_big_as_a_run_is_big_enough(stage: Stage) -> None:
    """Nothing is kept back."""
    demand = Demand(cpus=2, memory=4 * 2**30, nodes=2)
    assert stage.executor.can_ever(demand) is None
    assert stage.executor.can_now(demand, []) is None
    assert stage.executor.can_now(demand, [Demand(cpus=1, memory=1)]) is not None
