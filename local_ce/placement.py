"""Which tasks of a workflow no node can ever take, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orquestra.sdk.kubernetes.quantity import parse_quantity
from orquestra.sdk.schema import ir

from .services import DEFAULT_IMAGE

_IMAGE = "image:"

#: Names and amounts of Ray resources; Ray gives a task all of them on one node, or none.
Request = tuple[tuple[str, float], ...]


def requests_of(definition: ir.WorkflowDef) -> dict[Request, list[str]]:
    """Return what the tasks of a workflow need, and which task invocations need it.

    They are what the SDK asks Ray for (``orquestra.sdk._ray._build_workflow.make_ray_dag``).
    """
    found: dict[Request, list[str]] = {}
    for invocation, called in definition.task_invocations.items():
        image = called.custom_image or definition.tasks[called.task_id].custom_image
        if image is None and definition.metadata is not None:
            image = DEFAULT_IMAGE.format(definition.metadata.sdk_version.original)
        asked = called.resources or ir.Resources()
        # Ray gives a task that says nothing one CPU.
        amounts = {"CPU": asked.cpu or "1", "memory": asked.memory, "GPU": asked.gpu}
        request = {name: float(parse_quantity(much)) for name, much in amounts.items() if much}
        key = ((f"{_IMAGE}{image}", 1.0), *request.items())
        found.setdefault(key, []).append(invocation)
    return found


def missing(request: Request, nodes: Sequence[Mapping[str, float]]) -> str | None:
    """Return why no node can take a task with this request, or ``None`` when one can.

    :param nodes: the resources of each node.
    """
    if any(all(node.get(name, 0) >= much for name, much in request) for node in nodes):
        return None
    reasons = []
    for name, much in request:
        most = max((node.get(name, 0) for node in nodes), default=0)
        if most >= much:
            continue
        if name.startswith(_IMAGE):
            offered = sorted({key for node in nodes for key in node if key.startswith(_IMAGE)})
            names = ", ".join(key[len(_IMAGE) :] for key in offered) or "none"
            reasons.append(f"nobody offers the image {name[len(_IMAGE) :]} (offered: {names})")
        else:
            reasons.append(f"it asks for {name} {much:.15g}, and the largest node has {most:.15g}")
    if reasons:
        return ", ".join(reasons)
    return "no node has all of " + ", ".join(f"{name} {much:.15g}" for name, much in request)
