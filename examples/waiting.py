"""Runs that wait for what nobody has: shown by another one that is submitted after them, and ends before them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_ce.pytest_plugin import AnyCE

__all__ = ["run_beside_another"]

#: Seconds that a run gets at first, and at most. It gets twice as many when the other run needed more.
_FIRST, _MOST = 1.0, 128.0


def run_beside_another(ce: AnyCE, workflow: Any, other: Any = None) -> Any:
    """Run a workflow until another one was started and has ended meanwhile.

    :param other: that other one, called; default: a task that needs nothing special.
    :returns: the results, where the workflow ends as well.
    :raises local_ce.RunFailed: it failed, or goes on though the other one has ended; the cause says what its tasks do.
    :raises RuntimeError: the other one took too long to tell.
    """
    from local_ce import RunFailed

    seconds = _FIRST
    while seconds <= _MOST:
        with ThreadPoolExecutor(1) as pool:
            going = pool.submit(ce.run, workflow, timeout=seconds)
            ce.run(_another() if other is None else other)
            in_time = not going.done()
        try:
            return going.result()
        except RunFailed as failed:
            if failed.state != "TIMEOUT":
                raise
            if in_time:
                tasks = failed.cause.partition(" s: ")[2]
                raise RunFailed(
                    run_id=failed.run_id,
                    state=failed.state,
                    task=failed.task,
                    cause=f"not finished when a later run was: {tasks}",
                    log=failed.log,
                ) from None
        seconds *= 2
    raise RuntimeError(f"the other run was not finished after {_MOST:g} s, either")


def _another() -> Any:
    from orquestra import sdk

    @sdk.task(source_import=sdk.InlineImport())
    def another() -> str:
        return "ended"

    @sdk.workflow
    def later() -> Any:
        return another()

    return later()
