"""Runs on a Ray cluster that somebody else started: three nodes, on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from local_ce.records import RunState
from local_ce.services import Services
from tests.local_ce.engines import Engine, raylets, started, until
from tests.local_ce.ray_nodes import cluster_of
from tests.local_ce.test_run_modes import files_do_not_meet, gone, killed_while_a_task_runs
from tests.local_ce.test_scrub import TOKEN, private, publish
from tests.local_ce.workflows import holding, imaged, secret, spread


class Existing(NamedTuple):
    """An engine, and the address and the folder of the cluster it runs on."""

    engine: Engine
    address: str
    folder: Path


@pytest.fixture(scope="module")
def existing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Existing]:
    """Give an engine on three nodes, which were started with other services' variables.

    Those of the engine come with each run.
    """
    services = Services(tmp_path_factory.mktemp("services"))
    with cluster_of(3, services, images=["some/image:1"]) as (address, folder):
        services.stop()
        with started(address=address, cluster=folder) as engine:
            yield Existing(engine, address, folder)


def test_tasks_spread_over_the_nodes(existing: Existing, tmp_path: Path) -> None:
    """One node has room for two of six, and the first end when there are three."""
    nodes = existing.engine.result(existing.engine.submit(spread(str(tmp_path))))
    assert len(nodes) == 6
    assert len(set(nodes)) > 1


def test_runs_do_not_see_each_others_files(existing: Existing, tmp_path: Path) -> None:
    """Though their tasks share the nodes."""
    files_do_not_meet(existing.engine, tmp_path)


def test_the_system_chooses_the_ports_of_workers(existing: Existing) -> None:
    """The nodes would choose the same ones; a worker whose port is taken dies, and its task never starts."""
    chosen = [item for line in raylets(existing.folder) for item in line if "_worker_port=" in item]
    assert chosen == 3 * ["--min_worker_port=0", "--max_worker_port=0"]


def test_images_are_those_the_nodes_were_started_with(existing: Existing) -> None:
    """One that none has is named, with how to add it."""
    engine = existing.engine
    assert engine.result(engine.submit(imaged("some/image:1"))) == 2
    waiting = engine.submit(imaged("other/image:1"))
    until(lambda: "nobody offers the image other/image:1" in str(engine.scheduler.explain(waiting)))
    with pytest.raises(AssertionError, match=r"(?s)nobody offers .*session_.*its raylet is up"):
        engine.wait(waiting, seconds=0)
    engine.scheduler.terminate(waiting)
    assert engine.wait(waiting).state == RunState.TERMINATED


def test_terminating_ends_the_task_and_not_the_cluster(existing: Existing, tmp_path: Path) -> None:
    """The cluster is not ours."""
    engine = existing.engine
    run_id = engine.submit(holding(str(tmp_path / "pid"), 3600))
    until(lambda: "holding" in engine.lines(run_id, "task"))
    engine.scheduler.terminate(run_id)
    assert engine.wait(run_id).state == RunState.TERMINATED
    until(lambda: gone(int((tmp_path / "pid").read_text())))
    assert len(raylets(existing.folder)) == 3


def test_secrets_and_private_repos_are_the_engines(existing: Existing) -> None:
    """And of their values the cluster keeps nothing, in none of its files."""
    engine = existing.engine
    engine.services.secrets.set("word", "forty-two", workspace="ws")
    publish(engine)
    runs = [engine.submit(secret("ws")), engine.submit(private("right"))]
    failing = engine.submit(private("wrong"))
    assert [engine.result(run_id) for run_id in runs] == ["owt-ytrof", "opened"]
    assert "Authentication failed" in str(engine.wait(failing).reason)
    assert engine.secrets_on_disk(existing.folder) == []
    assert TOKEN in engine.services.values()


def test_a_killed_server_leaves_the_cluster_to_others(existing: Existing, tmp_path: Path) -> None:
    """Its task ends, and the cluster does not."""
    with killed_while_a_task_runs({"address": existing.address}, tmp_path / "pid"):
        run_id = existing.engine.submit(imaged("some/image:1"))
        assert existing.engine.result(run_id) == 2
