"""What the guide says of its pictures is what was recorded. The numbers themselves are others each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from pictures.plot import Plot
from pictures.recorded import read
from pictures.timeline import Run, Task, Timeline

FOLDER = Path(__file__).parent.parent.parent / "docs" / "measurements"


def _points(name: str) -> dict[float, float]:
    _, plot = read(FOLDER / "sizes.json", name)
    assert isinstance(plot, Plot)
    (series,) = plot.series
    return dict(series.points)


def _runs() -> list[Run]:
    _, timeline = read(FOLDER / "resources.json", "runs")
    assert isinstance(timeline, Timeline)
    return list(timeline.runs)


def _together(run: Run) -> set[frozenset[str]]:
    """The pairs of tasks that ran at the same time."""
    return {
        frozenset((one.name, other.name))
        for one in run.tasks
        for other in run.tasks
        if one.name < other.name and max(one.start, other.start) < min(one.end, other.end)
    }


def _cpus_at_most(run: Run) -> int:
    """How many CPUs were in use at the same time."""

    def used(moment: float) -> int:
        return sum(
            int(each.asks.split()[0]) for each in run.tasks if each.start <= moment < each.end
        )

    return max(used(task.start) for task in run.tasks)


def _named(run: Run, name: str) -> Task:
    return next(task for task in run.tasks if task.name == name)


@pytest.mark.parametrize(("order", "share"), [(0, 6), (1, 2), (2, 4)])
def test_no_run_used_more_than_its_share(order: int, share: int) -> None:
    """Nor less, at its best moment."""
    assert _cpus_at_most(_runs()[order]) == share


def test_with_room_for_all_every_task_but_the_last_ran_beside_every_other() -> None:
    """As each task on QE had what it asked for, whatever the others asked for."""
    together = _together(_runs()[0])
    first = [task.name for task in _runs()[0].tasks if task.name != "collect"]

    assert together == {frozenset((one, other)) for one in first for other in first if one != other}


def test_with_the_inferred_share_nothing_ran_beside_the_largest_task() -> None:
    """The small ones ran beside each other."""
    together = _together(_runs()[1])

    assert together
    assert not any("simulate" in pair for pair in together)


def test_with_the_requested_share_small_tasks_ran_beside_the_largest() -> None:
    """And the whole took less time than with the inferred share."""
    _, inferred, requested = _runs()

    assert any("simulate" in pair for pair in _together(requested))
    assert _named(requested, "collect").end < _named(inferred, "collect").end


def test_the_last_task_ran_after_all_others() -> None:
    """Its arguments are their results."""
    for run in _runs():
        last = _named(run, "collect")
        assert all(task.end <= last.start for task in run.tasks if task is not last)


def test_the_form_for_qe_grows_with_the_number_of_tasks() -> None:
    """By the same number of bytes for each, so that the line is straight."""
    points = _points("bytes")
    each = [size / tasks for tasks, size in points.items()]

    assert max(points) == 10_000
    assert max(each) < 1.5 * min(each)


def test_ten_thousand_tasks_have_been_run() -> None:
    """And took longer than a thousand, which took longer than a hundred."""
    points = _points("seconds")

    assert points[100] < points[1000] < points[10_000]
