"""Tests of what the guide says about workers, sizes and resources on CE, on Ray."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from examples.client import submitted_resources
from examples.sdk_versions import installed_pins
from examples.workflows import many, workflow_graphs
from local_ce.cluster import neutral_environment
from pictures.plot import Plot
from pictures.recorded import read

if TYPE_CHECKING:
    from local_ce.pytest_plugin import AnyCE
    from sphinxext.tested_snippets.plugin import BoundSnippet


#: What Ray says of head and node, in one line.
_MISMATCH = re.compile(
    r"Version mismatch: The cluster was started with: Ray: (\S+) Python: (\d+\.\d+)\S* "
    r"This process on node \S+ was started with: Ray: (\S+) Python: (\d+\.\d+)\S*"
)
MEASUREMENTS = Path(__file__).parent.parent.parent / "docs" / "measurements"


def _chain(length: int) -> Any:
    """A workflow of tasks that give their process, one after the other."""
    from orquestra import sdk

    @sdk.task(source_import=sdk.InlineImport())
    def process(before: object = None) -> int:
        import os

        return os.getpid()

    @sdk.workflow
    def chain() -> Any:
        calls = [process()]
        for _ in range(length - 1):
            calls.append(process(calls[-1]))
        return calls

    return chain()


@pytest.mark.snippet(statement="ce-worker-again")
def test_a_worker_is_used_again_for_tasks_with_equal_environments(local_ce: AnyCE) -> None:
    """Of ten tasks one after the other, some share a process of Ray's; on QE each had a container."""
    processes = local_ce.run(_chain(10))

    assert len(set(processes)) < 10
    assert os.getpid() not in processes


@pytest.mark.snippet(statement="ce-worker-other")
def test_a_worker_is_not_used_again_for_another_environment(local_ce: AnyCE) -> None:
    """The packages of one are not seen by the other."""
    from orquestra import sdk

    @sdk.task(
        source_import=sdk.InlineImport(),
        dependency_imports=[sdk.PythonImports("my-plots>=1.2")],
    )
    def with_plots() -> Any:
        import os

        import my_plots

        return os.getpid(), my_plots.__name__

    @sdk.task(source_import=sdk.InlineImport())
    def without(before: object) -> Any:
        import importlib.util
        import os

        return os.getpid(), importlib.util.find_spec("my_plots") is None

    @sdk.workflow
    def two() -> Any:
        first = with_plots()
        return first, without(first)

    (one, name), (other, missing) = local_ce.run(two())

    assert name == "my_plots"
    assert missing
    assert one != other


@pytest.mark.snippet(statement="ce-hundred-tasks", output="100 results")
def test_a_workflow_of_a_hundred_tasks_gives_all_results(
    local_ce: AnyCE, snippet: BoundSnippet
) -> None:
    """What took QE to its limit in size is small here."""
    results = list(local_ce.run(many(100)))

    assert results == list(range(100))
    snippet.observe(f"{len(results)} results")


@pytest.mark.snippet(statement="ce-ten-thousand-tasks", runtime="pytest", output="10000")
def test_the_runs_of_the_plot_go_up_to_ten_thousand_tasks(snippet: BoundSnippet) -> None:
    """``nox -s measure -- sizes`` writes a point when all results of a run are there and right, so none is checked here."""
    about, plot = read(MEASUREMENTS / "sizes.json", "seconds")

    assert isinstance(plot, Plot)
    (series,) = plot.series
    counts = [int(count) for count, _ in series.points]
    assert counts[-2:] == [1_000, 10_000]
    assert about.command == "nox -s measure -- sizes"
    snippet.observe(f"runs of {', '.join(map(str, counts))} task invocations: {about.command}")


def test_the_graphs_that_are_shown_are_those_of_the_workflows() -> None:
    """What was recorded for the pictures is what the SDK says now."""
    for name, graph in workflow_graphs().items():
        assert read(MEASUREMENTS / "workflows.json", name)[1] == graph


def _two_of(cpu: str, folder: Path, until: tuple[str, str], resources: Any = None) -> Any:
    """Two tasks of so many CPUs, "one" and "two", beside two that need none, "earlier" and then "later".

    Each writes a file of its name; the two end when the files of `until` are there. So "later", which is submitted when
    "earlier" has ended, runs at a time when one of the two does. The two give their times and the CPUs of their cluster.
    """
    from orquestra import sdk

    where, options = str(folder), {} if resources is None else {"resources": resources}

    @sdk.task(resources=sdk.Resources(cpu=cpu))
    def hold(own: str, awaited: str) -> Any:
        import pathlib
        import time

        import ray

        began, deadline = time.time(), time.monotonic() + 120
        pathlib.Path(where, own).touch()
        while not pathlib.Path(where, awaited).exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        return own, began, time.time(), ray.cluster_resources()["CPU"]

    @sdk.task(resources=sdk.Resources(cpu="0"))
    def look(own: str, before: object = None) -> Any:
        import pathlib
        import time

        began, deadline = time.time(), time.monotonic() + 120
        while not any(pathlib.Path(where).iterdir()) and time.monotonic() < deadline:
            time.sleep(0.02)
        pathlib.Path(where, own).touch()
        return own, began, time.time()

    @sdk.workflow(**options)
    def study() -> Any:
        later = look("later", look("earlier"))
        return hold("one", until[0]), hold("two", until[1]), later

    return study()


def _times(results: Any) -> tuple[dict[str, tuple[float, float]], float]:
    """When each of the tasks ran, by their own clocks, and the CPUs of the cluster."""
    one, two, later = results
    assert one[3] == two[3]
    return {name: (began, ended) for name, began, ended, *_ in (one, two, later)}, one[3]


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


@pytest.mark.snippet(statement="ce-tasks-divide")
@pytest.mark.snippet(statement="ce-side-by-side")
@pytest.mark.snippet(statement="resources-divided")
@pytest.mark.snippet(statement="resources-two-fit")
@pytest.mark.snippet(statement="ce-largest-blocks")
@pytest.mark.snippet(statement="resources-one-fits")
@pytest.mark.snippet(statement="ce-same-results")
def test_tasks_run_beside_each_other_where_the_share_has_room_for_both(
    local_ce: AnyCE,
    tmp_path: Path,
    pytestconfig: pytest.Config,
    snippets: Mapping[str, BoundSnippet],
) -> None:
    """Shares of four CPUs, on clusters of four: requested for two tasks of two, inferred from two tasks of four.

    The first two wait for each other, so they end only side by side. Of the second two one runs and one waits, though a
    task without CPUs that is submitted later finds a worker meanwhile. All give the same.
    """
    from orquestra import sdk

    if pytestconfig.getoption("--ray-address"):
        pytest.skip("a cluster at an address is not made for the share of a run")
    folders = [tmp_path / "requested", tmp_path / "inferred"]
    for folder in folders:
        folder.mkdir()
    share = sdk.Resources(cpu="4", memory="1Gi")
    requested = _two_of("2", folders[0], ("two", "one"), share)
    inferred = _two_of("4", folders[1], ("later", "later"))
    assert {submitted_resources(each).cpu for each in (requested, inferred)} == {"4"}

    room, cpus = _times(local_ce.run(requested))
    none, others = _times(local_ce.run(inferred))

    assert cpus == others == 4
    assert _overlap(room["one"], room["two"])
    assert not _overlap(none["one"], none["two"])
    first = min((none["one"], none["two"]))
    assert first[0] < none["later"][0] < first[1]
    assert room.keys() == none.keys()
    for name in ("ce-tasks-divide", "ce-side-by-side", "resources-divided", "resources-two-fit"):
        snippets[name].observe("share requested: 4 CPUs; two tasks of 2 CPUs ran at the same time")
    for name in ("ce-largest-blocks", "resources-one-fits", "ce-same-results"):
        snippets[name].observe(
            "share inferred: 4 CPUs; of two tasks of 4 CPUs one ran, then the other"
        )


@pytest.mark.snippet(statement="ce-share-inferred", runtime="pytest", output="share: 2 CPUs")
@pytest.mark.snippet(statement="ce-share-requested", runtime="pytest", output="share: 4 CPUs")
def test_the_share_of_a_workflow_is_that_of_its_largest_task_or_what_it_requests(
    tmp_path: Path, snippets: Mapping[str, BoundSnippet]
) -> None:
    """So without a request of its own two tasks of two CPUs each would wait for one another on CE."""
    from orquestra import sdk

    share = sdk.Resources(cpu="4", memory="1Gi")
    for name, requested in (("ce-share-inferred", None), ("ce-share-requested", share)):
        asked = submitted_resources(_two_of("2", tmp_path, ("two", "one"), requested))
        snippets[name].observe(f"two tasks of 2 CPUs, share: {asked.cpu} CPUs")


@pytest.mark.snippet(
    statement="ce-share-too-small", runtime="pytest", fails="insufficient to schedule all tasks"
)
def test_too_small_a_share_is_refused_before_it_is_sent(
    tmp_path: Path, snippet: BoundSnippet
) -> None:
    """With the resource that is too small."""
    from orquestra import sdk
    from orquestra.sdk.exceptions import WorkflowSyntaxError

    share = sdk.Resources(cpu="1", memory="1Gi")
    workflow = _two_of("2", tmp_path, ("two", "one"), share)
    with pytest.raises(WorkflowSyntaxError, match=r"\['CPU'\]") as refused:
        submitted_resources(workflow)

    snippet.observe(str(refused.value))


@pytest.mark.snippet(statement="ce-ray")
def test_a_task_is_a_task_of_rays(local_ce: AnyCE) -> None:
    """Inside of it, Ray knows which of its tasks runs."""
    from orquestra import sdk

    @sdk.task(source_import=sdk.InlineImport())
    def task_of_ray() -> Any:
        import ray

        return ray.get_runtime_context().get_task_id()

    @sdk.workflow
    def ask() -> Any:
        return task_of_ray()

    assert len(local_ce.run(ask())) == len("0" * 48)


@pytest.fixture
def other_ray(tmp_path: Path) -> Path:
    """The interpreter of an environment with the same Ray, on another Python than this one."""
    python = os.environ.get("CE_OTHER_PYTHON")
    if not python:
        pytest.skip("nox -s doctests names another Python than its own, where the machine has one")
    subprocess.run([python, "-m", "venv", "--without-pip", str(tmp_path)], check=True)
    own = str(tmp_path / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", own, "install", "-q", "--no-compile"]
    packages = (f"ray=={version('ray')}", "setuptools")  # Ray imports it without requiring it.
    subprocess.run([*pip, *packages, "-c", str(installed_pins())], check=True)
    return Path(own)


@pytest.mark.snippet(statement="ce-python-of-the-head", fails="Version mismatch")
@pytest.mark.snippet(statement="images-python", fails="Version mismatch")
def test_a_node_with_another_python_than_the_head_does_not_start(
    local_ce: AnyCE, other_ray: Path, snippets: Mapping[str, BoundSnippet]
) -> None:
    """What the container of an image does first: join the cluster."""
    import ray

    from local_ce._process import MARKER, remove

    if not ray.is_initialized():
        pytest.skip("this CE starts a cluster when a run needs one")
    folder = Path(tempfile.mkdtemp(prefix="node-", dir="/tmp"))
    join = [str(other_ray), "-m", "ray.scripts.scripts", "start", "--block", "--num-cpus=0"]
    join += [f"--address={ray.get_runtime_context().gcs_address}"]
    try:
        done = subprocess.run(
            [*join, "--object-store-memory=80000000", "--dashboard-agent-listen-port=0"],
            cwd=folder,
            env={**neutral_environment(folder), "RAY_TMPDIR": str(folder), MARKER: str(folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        # What it has started still writes there.
        remove(folder)

    assert done.returncode != 0
    said = " ".join((done.stdout + done.stderr).split())
    mismatch = _MISMATCH.search(said)
    assert mismatch, said
    head_ray, head_python, node_ray, node_python = mismatch.groups()
    assert head_ray == node_ray == version("ray")
    assert head_python == ".".join(map(str, sys.version_info[:2]))
    assert node_python != head_python
    # Which releases of the two Pythons there are is the machine's affair, and the node's address as well.
    shown = re.sub(r"(Python: \d+\.\d+)\.\d+", r"\1.x", mismatch[0])
    for snippet in snippets.values():
        snippet.observe(re.sub(r"on node \S+", "on node <address>", shown))
