"""Executes one run in a process of its own; a script that the server starts, never imported.

It starts a cluster for the run, or connects to one, and reports on standard output, a line of
JSON for each event. Standard input begins with a line of JSON, the options; a second line asks it
to stop; its end means that the server is gone, and that nobody else is left to clean up.

It runs on the thin environment's Python, isolated (-I): so it is told by its own place where the
package is.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

#: Seconds for a run to leave a cluster that goes on without it.
_PATIENCE = 30.0


def main() -> None:
    """Read the options, follow the run, report its end."""
    options = json.loads(sys.stdin.readline())
    folder = Path(options["folder"])
    # Last, so that nothing beside the package hides a package of the environment.
    sys.path.append(str(Path(__file__).parents[1]))
    # Ray would put the script's folder on the import path of every worker.
    sys.argv = [str(folder / "work" / "run.py")]
    # Standard output is for events; whatever else writes there goes to the log.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lock = threading.Lock()

    def report(event: dict[str, Any]) -> None:
        # The server can be gone; see below.
        with lock, contextlib.suppress(BrokenPipeError):
            events.write(json.dumps(event) + "\n")
            events.flush()

    stop, ended = threading.Event(), threading.Event()
    patience = _PATIENCE if options["foreign"] else 0.0
    threading.Thread(target=_watch, args=(folder, stop, ended, patience), daemon=True).start()
    # What Ray and the SDK import is old by now and says so; no caller can help it.
    warnings.simplefilter("ignore")
    from local_ce.execution import follow  # noqa: PLC0415 - found now, and needs Ray

    follow(options, report, stop)
    ended.set()
    with contextlib.suppress(BrokenPipeError):
        events.close()
    # The server ends the cluster, and this process with it.
    threading.Event().wait()


def _watch(folder: Path, stop: threading.Event, ended: threading.Event, patience: float) -> None:
    """Wait for the server's word, or for its end.

    :param patience: seconds for the run to end in good order when the server is gone: a cluster
        of somebody else's goes on.
    """
    if sys.stdin.readline():
        stop.set()
        sys.stdin.read()
    stop.set()
    ended.wait(patience)
    from local_ce._process import remove  # noqa: PLC0415 - found by now

    remove(folder, session=os.getpid())
    os._exit(1)


if __name__ == "__main__":
    main()
