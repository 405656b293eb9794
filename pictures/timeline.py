"""A timeline: which tasks of a workflow ran when, in one run or several, below each other. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pictures.drawing import COLOURS, WIDTH, Box, Drawing, Label, Line, Shape
from pictures.plot import steps
from pictures.table import Table, number

__all__ = ["Run", "Task", "Timeline"]

_LEFT, _RIGHT = 112.0, WIDTH - 14.0
_BAR, _ROW, _HEADING, _GAP = 12.0, 18.0, 22.0, 12.0


@dataclass(frozen=True)
class Task:
    """One task of a run: what it asked for, and when it ran, in seconds since the first of them began."""

    name: str
    asks: str
    start: float
    end: float


@dataclass(frozen=True)
class Run:
    """One run of a workflow, and what it is an example of."""

    name: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Timeline:
    """Runs over the same axis of seconds.

    :raises ValueError: there is nothing to draw, or a task that ended before it began.
    """

    runs: tuple[Run, ...]

    def __post_init__(self) -> None:
        if not self.runs or not all(run.tasks for run in self.runs):
            raise ValueError("a timeline needs a run, and each run a task")
        for run in self.runs:
            for task in run.tasks:
                if not 0 <= task.start <= task.end:
                    raise ValueError(
                        f"{task.name} of {run.name!r} ran from {task.start} to {task.end}"
                    )

    def drawing(self) -> Drawing:
        """A bar for each task; those of the same function have the same colour in all runs."""
        seconds = list(steps([task.end for run in self.runs for task in run.tasks]))
        scale = (_RIGHT - _LEFT) / seconds[-1]
        shapes: list[Shape] = []
        y = 0.0
        for run in self.runs:
            shapes.append(Label(0, y + _HEADING / 2, run.name, bold=True))
            top, y = y + _HEADING, y + _HEADING
            for task in run.tasks:
                middle = y + _ROW / 2
                shapes.append(Label(_LEFT - 8, middle, f"{task.name}, {task.asks}", "end"))
                length = max((task.end - task.start) * scale, 1)
                bar = (_LEFT + task.start * scale, middle - _BAR / 2, length, _BAR)
                shapes.append(Box(*bar, self._colour(task.name)))
                y += _ROW
            for each in seconds:
                place = _LEFT + each * scale
                # Below the bars, which are of interest.
                shapes.insert(0, Line(((place, top), (place, y)), faint=True))
                shapes.append(Label(place, y + 10, number(each), "middle"))
            y += 20 + _GAP
        shapes.append(Label((_LEFT + _RIGHT) / 2, y - _GAP + 6, "seconds", "middle"))
        return Drawing(WIDTH, y + 8, shapes)

    def table(self) -> Table:
        """A row for each task of each run."""
        return Table(("Run", "Task", "Asks for", "From (s)", "To (s)"), tuple(self._rows()))

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for run in self.runs:
            for task in run.tasks:
                yield run.name, task.name, task.asks, f"{task.start:.1f}", f"{task.end:.1f}"

    def _colour(self, name: str) -> str:
        names = dict.fromkeys(_function(task.name) for run in self.runs for task in run.tasks)
        return COLOURS[list(names).index(_function(name)) % len(COLOURS)]


def _function(name: str) -> str:
    """What a task is a call of, without the number of the call."""
    return name.rstrip(" 0123456789")
