"""Workflows that are both checked and measured: a small study, and one of many tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from examples.translations import workflow_in
from pictures.graph import Graph, Node
from sphinxext.tested_snippets.include import include_named
from sphinxext.tested_snippets.styles import DEFAULT_STYLES

__all__ = ["graph_of", "many", "study", "workflow_graphs"]

#: Where the workflow is that the guide shows on both sides.
_GUIDE = Path(__file__).parent / "tests" / "test_migrating_from_quantum_engine.py"


def study(resources: Any = None) -> Any:
    """One large task and four small ones that need nothing of each other, and one that needs them all.

    Each sleeps for its time, so how many CPUs the machine has makes no difference, and gives when it ran.

    :param resources: what the workflow asks for, an ``sdk.Resources``; None leaves it to be inferred.
    """
    from orquestra import sdk

    @sdk.task(resources=sdk.Resources(cpu="2"))
    def simulate() -> Any:
        import time

        began = time.time()
        time.sleep(8)
        return "simulate", began, time.time()

    @sdk.task(resources=sdk.Resources(cpu="1"))
    def analyse(part: str) -> Any:
        import time

        began = time.time()
        time.sleep(4)
        return f"analyse {part}", began, time.time()

    @sdk.task(resources=sdk.Resources(cpu="1"))
    def collect(*parts: Any) -> Any:
        import time

        began = time.time()
        time.sleep(2)
        return [*parts, ("collect", began, time.time())]

    @sdk.workflow(**({} if resources is None else {"resources": resources}))
    def whole() -> Any:
        return collect(simulate(), *(analyse(part) for part in "1234"))

    return whole()


def many(count: int) -> Any:
    """So many tasks that need nothing of each other, each of which gives its number."""
    from orquestra import sdk

    @sdk.task
    def number(given: int) -> int:
        return given

    @sdk.workflow
    def numbers() -> Any:
        return [number(each) for each in range(count)]

    return numbers()


def workflow_graphs() -> Mapping[str, Graph]:
    """The graphs that the guide shows."""
    shown = include_named(_GUIDE, _GUIDE.name, "one_workflow", DEFAULT_STYLES).text
    with workflow_in(shown) as compare:
        return {"compare": graph_of(compare), "study": graph_of(study())}


def graph_of(workflow: Any) -> Graph:
    """The tasks of a workflow and what they need of each other, as the SDK has it; repeated calls get numbers."""
    model = workflow.model
    # The SDK goes through a workflow from its end.
    invocations = list(model.task_invocations.values())[::-1]
    names = _numbered([model.tasks[each.task_id].fn_ref.function_name for each in invocations])
    made_by = {made: name for name, each in zip(names, invocations) for made in each.output_ids}
    nodes = []
    for name, invocation in zip(names, invocations):
        arguments = (*invocation.args_ids, *invocation.kwargs_ids.values())
        needs = tuple(dict.fromkeys(made_by[each] for each in arguments if each in made_by))
        cpu = invocation.resources.cpu if invocation.resources else None
        nodes.append(Node(name, _cpus(cpu) if cpu else "nothing", needs))
    sorter = TopologicalSorter({node.name: node.needs for node in nodes})
    order = list(sorter.static_order())
    return Graph(tuple(sorted(nodes, key=lambda node: order.index(node.name))))


def _numbered(names: Sequence[str]) -> list[str]:
    """The names, those that are there several times with a number each."""
    return [
        f"{name} {names[:place].count(name) + 1}" if names.count(name) > 1 else name
        for place, name in enumerate(names)
    ]


def _cpus(cpu: str) -> str:
    return f"{cpu} CPU" if cpu == "1" else f"{cpu} CPUs"
