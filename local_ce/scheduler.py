"""Decides when a run starts, follows it, and writes down how it ends."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .demand import Demand
from .executor import Execution, Executor
from .records import RunRecord, RunState, TaskRecord
from .store import Store


@dataclass
class _Going:
    """A run that was started and has not ended."""

    demand: Demand
    execution: Execution | None = None
    #: State and reason to end with, when it was asked to end.
    asked: tuple[str, str] | None = None
    #: Which of its tasks cannot start, and why.
    waits: str = ""
    #: Whether there ever was such a task.
    waited: bool = False


class Scheduler:
    """Starts runs in the order they were submitted, as far as the machine goes.

    A run that asks for more than the whole machine waits for good and keeps no other from
    starting; any other waits until its turn comes and there is room.

    :param passport: makes the bearer token by which a run gets secrets.
    :param time_limit: seconds after which a run is ended, counted from its start.
    """

    def __init__(
        self,
        store: Store,
        executor: Executor,
        *,
        passport: Callable[[RunRecord], str],
        time_limit: float = 3600.0,
    ) -> None:
        self._store = store
        self._executor = executor
        self._passport = passport
        self._time_limit = time_limit
        self._going: dict[str, _Going] = {}
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._schedule, daemon=True)

    def start(self) -> None:
        """Begin to start runs, those included that wait in the store already."""
        self._thread.start()

    def stop(self) -> None:
        """End every run that is going; returns when they have ended. Runs that wait go on so."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            for going in self._going.values():
                self._ask(going, RunState.FAILED, "the Compute Engine was stopped")
        self._thread.join()
        for thread in self._threads:
            thread.join()

    def submitted(self, run_id: str) -> None:
        """Look for a run that can start."""
        with self._changed:
            self._changed.notify_all()

    def terminate(self, run_id: str) -> None:
        """End a run; returns at once. No error when it has ended, or there is none."""
        with self._changed:
            going = self._going.get(run_id)
            if going is not None:
                self._ask(going, RunState.TERMINATED, "it was terminated")
            elif self._store.run(run_id) is not None:
                reason = "it was terminated before it started"
                self._store.update_run(run_id, RunState.TERMINATED, reason=reason)
            self._changed.notify_all()

    def explain(self, run_id: str) -> str | None:
        """Return why a run waits, or its tasks do; ``None`` when nothing does."""
        with self._changed:
            if (going := self._going.get(run_id)) is not None:
                run = self._store.run(run_id)
                starting = run is not None and run.state == RunState.WAITING
                return going.waits or ("it is starting" if starting else None)
            return self._why_waiting(run_id)

    def _why_waiting(self, run_id: str) -> str | None:
        before = 0
        for run in self._store.runs(states=[RunState.WAITING]):
            if run.run_id in self._going:
                continue
            demand = Demand.of(run.resources)
            never = self._executor.can_ever(demand)
            if run.run_id == run_id:
                now = self._executor.can_now(demand, [g.demand for g in self._going.values()])
                ahead = f"{before} of the runs that wait are before it" if before else None
                return never or ahead or now or "it is about to start"
            before += never is None
        return None

    def _schedule(self) -> None:
        with self._changed:
            while not self._stopping:
                self._start_what_can()
                self._changed.wait()

    def _start_what_can(self) -> None:
        for run in self._store.runs(states=[RunState.WAITING]):
            if run.run_id in self._going:
                continue
            try:
                demand = Demand.of(run.resources)
            except ValueError as error:
                self._store.update_run(run.run_id, RunState.FAILED, reason=str(error))
                continue
            if (reason := self._executor.can_ever(demand)) is not None:
                if run.reason is None:
                    self._store.update_run(run.run_id, RunState.WAITING, reason=reason)
                continue
            demands = [going.demand for going in self._going.values()]
            if self._executor.can_now(demand, demands) is not None:
                return
            self._going[run.run_id] = _Going(demand)
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            thread = threading.Thread(target=self._execute, args=(run,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _execute(self, run: RunRecord) -> None:
        """Follow a run from its start to its end."""
        going = self._going[run.run_id]
        end = None
        try:
            end = self._follow(run, going)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run has ended with it
            # With its kind: the message of some is a name and no more (``KeyError``).
            told = f"it could not be executed: {type(error).__name__}: {error}"
            end = {"state": RunState.FAILED, "reason": told}
        with self._changed:
            if going.asked is not None and end["state"] not in (
                RunState.SUCCEEDED,
                RunState.FAILED,
            ):
                end["state"], end["reason"] = going.asked
                if going.waits:
                    end["reason"] += f"; {going.waits}"
            # What a run waited for is no longer of interest when it succeeded.
            reason = end["reason"] or ("" if going.waited else None)
            self._store.update_run(run.run_id, end["state"], end=end.get("time"), reason=reason)
            del self._going[run.run_id]
            self._changed.notify_all()

    def _follow(self, run: RunRecord, going: _Going) -> dict[str, Any]:
        definition = self._store.definition(run.definition_id)
        if definition is None:
            raise LookupError(f"its definition {run.definition_id} is gone")
        passport = self._passport(run)
        execution = self._executor.open(run, definition.document, going.demand, passport)
        limit = threading.Timer(self._time_limit, self._out_of_time, args=(run.run_id,))
        limit.daemon = True
        limit.start()
        end: dict[str, Any] | None = None
        try:
            with self._changed:
                going.execution = execution
                if going.asked is not None:
                    execution.stop()
                # A shared cluster may be up again by now.
                self._changed.notify_all()
            for event in execution.events():
                if event["event"] == "end":
                    end = event
                else:
                    self._take(run, going, event)
            words = "" if end else execution.last_words()
        finally:
            limit.cancel()
            # Before the run is said to have ended: nothing of it is left then.
            self._executor.close(execution)
        if end is not None:
            return end
        if going.asked is not None:
            return {"state": going.asked[0], "reason": going.asked[1]}
        return {
            "state": RunState.FAILED,
            "reason": f"the process that executed it ended; it wrote:\n{words or '(nothing)'}",
        }

    def _take(self, run: RunRecord, going: _Going, event: dict[str, Any]) -> None:
        """Write down what a run reports."""
        kind = event["event"]
        if kind == "running":
            self._store.update_run(
                run.run_id, RunState.RUNNING, start=event["time"], mode=self._executor.mode
            )
        elif kind == "tasks":
            tasks = (TaskRecord(*task) for task in event["tasks"])
            self._store.update_tasks(run.run_id, tasks)
        elif kind == "artifacts":
            self._store.set_artifacts(run.run_id, event["artifacts"])
        elif kind == "results":
            self._store.set_results(run.run_id, event["results"])
        elif kind == "logs":
            self._store.add_logs(run.run_id, event["kind"], event["invocation"], event["lines"])
        elif kind == "waits":
            going.waits, going.waited = event["reason"], True
            self._store.update_run(run.run_id, RunState.RUNNING, reason=event["reason"])

    def _out_of_time(self, run_id: str) -> None:
        with self._changed, contextlib.suppress(KeyError):
            reason = f"it was not finished after its time limit of {self._time_limit:g} s"
            self._ask(self._going[run_id], RunState.FAILED, reason)

    @staticmethod
    def _ask(going: _Going, state: str, reason: str) -> None:
        if going.asked is None:
            going.asked = (state, reason)
            if going.execution is not None:
                going.execution.stop()
