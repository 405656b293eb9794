"""Submits workflows as a user's program does, and says how long each took.

Run as a script: ``submit.py CONFIG FOLDER``. Standard input has a request in each line, as JSON; the
answers are lines of JSON, too. ``FOLDER`` has the projects that git runs are about.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import warnings
from collections.abc import Mapping
from typing import Any

warnings.simplefilter("ignore")

from orquestra import sdk  # noqa: E402 - says much that is no business of a benchmark

#: States in which a run stays.
FINAL = {"SUCCEEDED", "FAILED", "TERMINATED"}
#: Seconds for a state that was not expected to become another one: the SDK's own runtime says for a
#: moment that a run succeeded that is about to fail.
_DOUBT = 2.0


@sdk.task(source_import=sdk.InlineImport())  # type: ignore[untyped-decorator]
def give_back(number: int) -> int:
    """Do as little as a task can."""
    return number


@sdk.workflow  # type: ignore[untyped-decorator]
def numbers(count: int) -> Any:
    """As many task invocations, none of which needs another."""
    return [give_back(number) for number in range(count)]


def main() -> None:
    """Answer requests until there are no more."""
    name, folder = sys.argv[1:]
    # Not where Ray looks for modules that hide those of a task's environment.
    sys.path.insert(0, folder)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    config = sdk.RuntimeConfig.load(name)
    place = {} if name == "local" else {"workspace_id": "local", "project_id": "default"}
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line), config, place)) + "\n")
        answers.flush()


def _answer(request: Mapping[str, Any], config: Any, place: Mapping[str, str]) -> dict[str, Any]:
    """Run what is asked for; return ``seconds``, or as ``problem`` why there are none."""
    module, expected = request.get("module"), request["state"]
    importlib.invalidate_caches()
    workflow = importlib.import_module(f"{module}.tasks").demo if module else numbers
    arguments = () if module else (request["count"],)
    start = time.perf_counter()
    run = workflow(*arguments).run(config, **place)
    unexpected = None
    while (state := run.get_status().value) != expected:
        now = time.perf_counter()
        if now - start > request["limit"]:
            return {"problem": f"not {expected} after {request['limit']:g} s, but {state}"}
        if state in FINAL:
            unexpected = unexpected or now
            if now - unexpected > _DOUBT:
                return {"problem": f"the run is {state}, expected {expected}"}
        time.sleep(request["pause"])
    results = run.get_results() if state == "SUCCEEDED" else None
    seconds = time.perf_counter() - start
    if results is not None and (wrong := _wrong(request, results)):
        return {"problem": wrong}
    return {"seconds": seconds}


def _wrong(request: Mapping[str, Any], results: Any) -> str | None:
    if request.get("module"):
        # The task says where it was found: in its environment, not here.
        right = "site-packages" in str(results)
    else:
        values = tuple(range(request["count"]))
        right = results == (values if len(values) > 1 else values[0])
    return None if right else f"it returned {str(results)[:200]}"


if __name__ == "__main__":
    main()
