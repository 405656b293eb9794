"""A graph: which task of a workflow needs the results of which others. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from pictures.drawing import WIDTH, Box, Drawing, Label, Line, Shape
from pictures.table import Table

__all__ = ["Graph", "Node"]

_HEIGHT, _APART, _MARGIN = 38.0, 34.0, 2.0
_IN_A_ROW = 5


@dataclass(frozen=True)
class Node:
    """A task: what it asks for, and the nodes by name whose results it needs."""

    name: str
    asks: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """The tasks of a workflow, each after those that it needs.

    :raises ValueError: two have the same name, one needs what does not stand before it, or a row is too long to be
        drawn.
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not self.nodes:
            raise ValueError("a graph needs a node")
        known: set[str] = set()
        for node in self.nodes:
            if missing := sorted(set(node.needs) - known):
                raise ValueError(f"{node.name} needs {', '.join(missing)}, which is not before it")
            if node.name in known:
                raise ValueError(f"two nodes are called {node.name}")
            known.add(node.name)
        if max(map(len, self._rows().values())) > _IN_A_ROW:
            raise ValueError(f"more than {_IN_A_ROW} tasks that can begin together have no room")

    def drawing(self) -> Drawing:
        """A row of boxes for the tasks that can begin at the same time, and an arrow for each result."""
        rows = self._rows()
        slot = WIDTH / max(map(len, rows.values()))
        width = min(slot - 6, 110.0)
        places: dict[str, tuple[float, float]] = {}
        for level, row in rows.items():
            left = (WIDTH - slot * (len(row) - 1)) / 2
            for order, node in enumerate(row):
                places[node.name] = (left + slot * order, _MARGIN + level * (_HEIGHT + _APART))
        shapes: list[Shape] = []
        for node in self.nodes:
            x, y = places[node.name]
            shapes.append(Box(x - width / 2, y, width, _HEIGHT))
            shapes.append(Label(x, y + 12, node.name, "middle"))
            shapes.append(Label(x, y + 27, node.asks, "middle"))
            for needed in node.needs:
                above, bottom = places[needed]
                shapes.append(Line(((above, bottom + _HEIGHT), (x, y)), arrow=True))
        height = len(rows) * (_HEIGHT + _APART) - _APART + 2 * _MARGIN
        return Drawing(WIDTH, height, shapes)

    def table(self) -> Table:
        """A row for each task."""
        rows = ((node.name, node.asks, ", ".join(node.needs) or "nothing") for node in self.nodes)
        return Table(("Task", "Asks for", "Needs the results of"), tuple(rows))

    def _rows(self) -> Mapping[int, list[Node]]:
        """The nodes by how many others have to be done before them, one after the other."""
        levels: dict[str, int] = {}
        rows: dict[int, list[Node]] = defaultdict(list)
        for node in self.nodes:
            levels[node.name] = max((levels[name] + 1 for name in node.needs), default=0)
            rows[levels[node.name]].append(node)
        return rows
