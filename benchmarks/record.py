"""Records what the pictures of the guide are drawn from: real runs of workflows on the local Compute Engine.

The files are committed, see :mod:`pictures.recorded`. Nothing else measures for a page.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

# Run as a file, Python looks for modules only beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.machine import engine_versions, load, machine
from benchmarks.options import positive
from examples.qe import QEDesk
from examples.workflows import graph_of, many, study, workflow_graphs
from local_ce import ComputeEngine
from pictures.plot import Axis, Plot, Series
from pictures.recorded import About, write
from pictures.timeline import Run, Task, Timeline

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "measurements"
#: As many as all tasks of the study together ask for.
_CPUS = 6
#: How the study is run: what is special about it, and the CPUs that its workflow asks for.
_TERMS = {
    "Room for every task, as on QE (6 CPUs)": "6",
    "CE, inferred from the largest task (2 CPUs)": None,
    "CE, requested by the workflow (4 CPUs)": "4",
}
#: Seconds that a run may take.
_LIMIT = 3600.0


def record_resources(folder: Path, about: About) -> None:
    """Run the study on each of the terms; write when its tasks ran."""
    with ComputeEngine.start(cpus=_CPUS) as engine:
        runs = [_run(engine, name, cpu) for name, cpu in _TERMS.items()]
    write(folder / "resources.json", about, {"runs": Timeline(tuple(runs))})


def _run(engine: ComputeEngine, name: str, cpu: str | None) -> Run:
    from orquestra import sdk  # noqa: PLC0415 - says much, even when only --help is asked for

    _say(name)
    resources = None if cpu is None else sdk.Resources(cpu=cpu, memory="1Gi")
    graph = graph_of(study())
    ran = {task: (began, ended) for task, began, ended in engine.run(study(resources))}
    first = min(began for began, _ in ran.values())
    tasks = (
        Task(node.name, node.asks, *(round(moment - first, 2) for moment in ran[node.name]))
        for node in graph.nodes
    )
    return Run(name, tuple(tasks))


def record_workflows(folder: Path, about: About) -> None:
    """Write the graphs of the workflows, as the SDK has them."""
    write(folder / "workflows.json", about, workflow_graphs())


def record_sizes(folder: Path, about: About, counts: Iterable[int]) -> None:
    """Translate workflows of more and more tasks for QE, and run them on CE; write bytes and seconds.

    What is measured is written at once: the last run takes longer than all others.
    """
    sizes: list[tuple[float, float]] = []
    seconds: list[tuple[float, float]] = []
    tasks = Axis("task invocations", log=True)
    with QEDesk() as desk, ComputeEngine.start(mode="shared") as engine:
        for count in counts:
            _say(f"{count} tasks")
            desk.submit(many(count))
            sizes.append((count, len(desk.received[-1])))
            began = time.perf_counter()
            results = engine.run(many(count), timeout=_LIMIT)
            seconds.append((count, round(time.perf_counter() - began, 1)))
            _require(results, list(range(count)))
            form = Plot(tasks, Axis("bytes", log=True), (Series("Form for QE", tuple(sizes)),))
            run = Plot(tasks, Axis("seconds", log=True), (Series("Run on CE", tuple(seconds)),))
            write(folder / "sizes.json", about, {"bytes": form, "seconds": run})


def _require(results: Any, expected: Sequence[int]) -> None:
    """Raise RuntimeError unless the results are the expected ones: a fast wrong run is no measurement."""
    if list(results) != expected:
        raise RuntimeError(f"{len(expected)} tasks gave {str(results)[:200]}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    options = _parse(arguments)
    about = About(
        command=f"nox -s measure -- {options.what}",
        date=time.strftime("%Y-%m-%d"),
        machine=f"{machine()}, load average {load()} before",
        versions=engine_versions(),
    )
    options.folder.mkdir(exist_ok=True)
    if options.what == "resources":
        record_resources(options.folder, about)
    elif options.what == "workflows":
        record_workflows(options.folder, about)
    else:
        record_sizes(options.folder, about, sorted(options.tasks))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "what", choices=["workflows", "resources", "sizes"], help="which file to write"
    )
    parser.add_argument(
        "--tasks",
        type=positive,
        nargs="+",
        default=[10, 100, 1000, 10000],
        metavar="COUNT",
        help="for sizes, how many tasks the workflows have (10 100 1000 10000)",
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to (docs/measurements)")
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
