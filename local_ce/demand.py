"""What a run asks of the machine, read as the platform reads it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orquestra.sdk.kubernetes.quantity import parse_quantity

#: What the platform gives a workflow that asks for nothing
#: (``_verify_workflow_resources`` in ``orquestra.sdk._base._driver._ce_runtime``).
DEFAULT_CPU = "2"
DEFAULT_MEMORY = "2Gi"


@dataclass(frozen=True)
class Demand:
    """The nodes of a run, which are all alike."""

    #: CPUs of each node. Ray's nodes have whole ones, so a fraction is rounded up.
    cpus: int
    #: Memory of each node, in bytes.
    memory: int
    nodes: int = 1
    gpus: int = 0

    @classmethod
    def of(cls, resources: Mapping[str, Any]) -> Demand:
        """Read the resources of a run: ``cpu``, ``memory``, ``gpu`` and ``nodes``, all optional.

        Quantities are Kubernetes': ``1500m``, ``2Gi``, ``10G``.

        :raises ValueError: for what is no quantity, or not more than zero; it names the field.
        """
        return cls(
            cpus=math.ceil(_quantity("cpu", resources.get("cpu") or DEFAULT_CPU)),
            memory=math.ceil(_quantity("memory", resources.get("memory") or DEFAULT_MEMORY)),
            nodes=math.ceil(_quantity("nodes", resources.get("nodes") or 1)),
            gpus=int(resources.get("gpu") or 0),
        )

    @property
    def total_cpus(self) -> int:
        """CPUs of all nodes together."""
        return self.cpus * self.nodes

    @property
    def total_memory(self) -> int:
        """Memory of all nodes together, in bytes."""
        return self.memory * self.nodes

    def fits(self, cpus: float, memory: float) -> bool:
        """Tell whether this much is enough for it. There are no GPUs here."""
        return self.total_cpus <= cpus and self.total_memory <= memory and self.gpus == 0

    def __str__(self) -> str:
        each = f"{self.cpus} CPU and {in_gibibytes(self.memory)}"
        parts = [f"{self.nodes} nodes of {each}" if self.nodes > 1 else each]
        return " and ".join([*parts, f"{self.gpus} GPU"] if self.gpus else parts)


def in_gibibytes(memory: float) -> str:
    """Write an amount of memory for a reader: ``1.5 GiB``."""
    return f"{memory / 2**30:.3g} GiB"


def _quantity(field: str, value: Any) -> Decimal:
    try:
        quantity: Decimal = parse_quantity(value)
    except ValueError:
        quantity = Decimal(0)
    if not quantity.is_finite() or quantity <= 0:
        raise ValueError(
            f"{field}={value!r} is not an amount: write it like '2', '1500m', '2Gi' or '10G'"
        )
    return quantity
