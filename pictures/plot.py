"""A plot of one quantity over another, such as seconds over the number of tasks. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pictures.drawing import COLOURS, WIDTH, Dot, Drawing, Label, Line, Shape, width_of
from pictures.table import Table, number

__all__ = ["Axis", "Plot", "Series", "steps"]

_RIGHT, _TOP, _BOTTOM = WIDTH - 30.0, 12.0, 190.0
_LINE = 18.0


@dataclass(frozen=True)
class Axis:
    """What is on an axis, with its unit, and whether each step multiplies (`log`) or adds."""

    name: str
    log: bool = False


@dataclass(frozen=True)
class Series:
    """Points that belong together, in the order of x."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Plot:
    """Series of points over the same two axes.

    :raises ValueError: there is nothing to draw, or a point that a logarithmic axis has no place for.
    """

    x: Axis
    y: Axis
    series: tuple[Series, ...]

    def __post_init__(self) -> None:
        if not self.series or not all(each.points for each in self.series):
            raise ValueError("a plot needs a series, and each series a point")
        if len(self.series) > len(COLOURS):
            raise ValueError(f"a plot has {len(COLOURS)} series at most")
        for axis, index in ((self.x, 0), (self.y, 1)):
            if axis.log and min(self._values(index)) <= 0:
                raise ValueError(f"{axis.name!r} is logarithmic and has no place for 0 or less")

    def drawing(self) -> Drawing:
        """The plot, with a line for each series below it that says which is which."""
        shapes: list[Shape] = []
        up, levels = _scale(self.y.log, self._values(1), _BOTTOM, _TOP)
        left = 8 + max(width_of(number(level)) for level in levels)
        across, steps = _scale(self.x.log, self._values(0), left, _RIGHT)
        for step in steps:
            shapes.append(Line(((across(step), _TOP), (across(step), _BOTTOM)), faint=True))
            shapes.append(Label(across(step), _BOTTOM + 15, number(step), "middle"))
        for level in levels:
            shapes.append(Line(((left, up(level)), (_RIGHT, up(level))), faint=True))
            shapes.append(Label(left - 6, up(level), number(level), "end"))
        below = _BOTTOM + 15 + _LINE
        shapes.append(Label((left + _RIGHT) / 2, below, self.x.name, "middle"))
        for order, each in enumerate(self.series):
            colour, square = COLOURS[order], order % 2 == 1
            places = tuple((across(x), up(y)) for x, y in each.points)
            below += _LINE
            shapes.append(Line(places, colour, width=1.5, dashed=square))
            shapes += (Dot(x, y, colour, square) for x, y in places)
            shapes.append(Line(((left, below), (left + 24, below)), colour, 1.5, dashed=square))
            shapes.append(Dot(left + 12, below, colour, square))
            shapes.append(Label(left + 32, below, f"{each.name} ({self.y.name})"))
        return Drawing(WIDTH, below + _LINE / 2, shapes)

    def table(self) -> Table:
        """A row for each x, a column for each series."""
        known = [dict(each.points) for each in self.series]
        rows = [
            (number(x), *(number(values[x]) if x in values else "" for values in known))
            for x in sorted(set(self._values(0)))
        ]
        heads = (f"{each.name} ({self.y.name})" for each in self.series)
        return Table((self.x.name, *heads), tuple(rows))

    def _values(self, index: int) -> list[float]:
        return [point[index] for each in self.series for point in each.points]


def _scale(
    log: bool, values: Sequence[float], first: float, last: float
) -> tuple[Callable[[float], float], list[float]]:
    """What turns a value into a coordinate between `first` and `last`, and the values to write beside the axis."""
    ticks = list(_powers(values) if log else steps(values))
    low, high = (math.log10(each) if log else each for each in (ticks[0], ticks[-1]))

    def place(value: float) -> float:
        share = ((math.log10(value) if log else value) - low) / (high - low)
        return first + share * (last - first)

    return place, ticks


def _powers(values: Sequence[float]) -> Iterator[float]:
    """Powers of ten around the values, two at least."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    yield from (10.0**power for power in range(low, max(high, low + 1) + 1))


def steps(values: Sequence[float]) -> Iterator[float]:
    """Multiples of 1, 2 or 5 times a power of ten from 0 to above the values, about five."""
    high = max(*values, 0)
    rough = (high or 1) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough)
    yield from (step * count for count in range(math.ceil((high or 1) / step) + 1))
