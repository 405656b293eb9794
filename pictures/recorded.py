"""Files of recorded numbers: who measured what, when and where, and the pictures that they give. Pure.

A file is JSON with two parts. ``about`` has the ``command`` that recorded it, the ``date``, the ``machine`` and the
``versions`` of what was measured. ``pictures`` has, by name, an object whose only key is the kind of picture.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Union

from pictures.graph import Graph, Node
from pictures.plot import Axis, Plot, Series
from pictures.timeline import Run, Task, Timeline

__all__ = ["About", "Picture", "read", "write"]

Picture = Union[Graph, Plot, Timeline]


@dataclass(frozen=True)
class About:
    """How numbers came about; `date` is that of an ISO calendar."""

    command: str
    date: str
    machine: str
    versions: Mapping[str, str]

    def __str__(self) -> str:
        day = dt.date.fromisoformat(self.date)
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"Recorded on {day.day} {day:%B %Y} with `{self.command}` on {self.machine}; {versions}."


def write(path: Path, about: About, pictures: Mapping[str, Picture]) -> None:
    """Write a file of recorded numbers."""
    kinds = {kind: name for name, kind in _KINDS.items()}
    found = {name: {kinds[type(each)]: asdict(each)} for name, each in pictures.items()}
    text = json.dumps({"about": asdict(about), "pictures": found}, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")


def read(path: Path, name: str) -> tuple[About, Picture]:
    """Read one picture of a file, and what is to be known about it.

    :raises ValueError: the file has no such picture, or is no such file.
    :raises OSError: it can't be read.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        about, pictures = About(**data["about"]), data["pictures"]
        dt.date.fromisoformat(about.date)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no file of recorded numbers: {_said(error)}") from error
    if name not in pictures:
        raise ValueError(f"{path} has no picture {name!r}; it has {', '.join(sorted(pictures))}")
    try:
        ((kind, values),) = pictures[name].items()
        return about, _READERS[kind](values)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {name!r} is no picture: {_said(error)}") from error


def _said(error: Exception) -> str:
    return f"{error} is missing or unknown" if isinstance(error, KeyError) else str(error)


def _plot(values: Mapping[str, Any]) -> Plot:
    series = (
        Series(each["name"], tuple((float(x), float(y)) for x, y in each["points"]))
        for each in values["series"]
    )
    return Plot(Axis(**values["x"]), Axis(**values["y"]), tuple(series))


def _timeline(values: Mapping[str, Any]) -> Timeline:
    return Timeline(
        tuple(
            Run(run["name"], tuple(Task(**task) for task in run["tasks"])) for run in values["runs"]
        )
    )


def _graph(values: Mapping[str, Any]) -> Graph:
    nodes = (
        Node(each["name"], each["asks"], tuple(each.get("needs", ()))) for each in values["nodes"]
    )
    return Graph(tuple(nodes))


_KINDS = {"graph": Graph, "plot": Plot, "timeline": Timeline}
_READERS: Mapping[str, Callable[[Any], Picture]] = {
    "graph": _graph,
    "plot": _plot,
    "timeline": _timeline,
}
