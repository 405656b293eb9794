"""Logs, in the archives in which the platform's log service gives them away.

The format is described in ``orquestra.sdk._base._driver._models``: a gzipped tar with one file
``step-logs``, whose lines are JSON lists of ``[timestamp, message]``. The client sorts messages
by the name of the file that Ray wrote them to (``orquestra.sdk._base._logs._regrouping``).
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Sequence
from typing import Any

from .store import LogLine, RunRecord

_FOLDER = "/tmp/ray/session_latest/logs"  # noqa: S108 - a name, no file
_SECTION = 100

#: One ``[timestamp, message]``.
Event = tuple[float, dict[str, Any]]


def events(run_id: str, lines: Iterable[LogLine]) -> list[Event]:
    """Return lines of tasks and environments as the client's ``Message``."""
    return [
        (
            line.time,
            {
                "log": line.line,
                "ray_filename": _file_of(line),
                "tag": f"workflow.logs.ray.{run_id}",
            },
        )
        for line in lines
    ]


def system_events(run: RunRecord, lines: Iterable[LogLine], why: str | None) -> list[Event]:
    """Return lines of the cluster as the client's ``SysLog``, and last why the run is as it is.

    The client shows a run's state without any reason; here is where its user looks next.
    """
    tag = f"workflow.logs.system.{run.run_id}"
    found: list[Event] = [
        (line.time, {"log": line.line, "tag": tag, "source_type": "RAY_HEAD_NODE"})
        for line in lines
    ]
    if why:
        text = f"run {run.state}: {why}"
        found.append((run.end or run.created, {"log": text, "tag": tag, "source_type": "UNKNOWN"}))
    return found


def archive(found: Sequence[Event]) -> bytes:
    """Return events as a gzipped tar."""
    sections = [
        json.dumps(found[start : start + _SECTION]) + "\n"
        for start in range(0, len(found), _SECTION)
    ]
    content = "".join(sections).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("step-logs")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(buffer.getvalue())


def _file_of(line: LogLine) -> str:
    if line.kind == "task":
        return f"{_FOLDER}/worker-{line.invocation_id or 'unknown'}.out"
    if line.kind == "environment":
        return f"{_FOLDER}/runtime_env_setup-01000000.log"
    return f"{_FOLDER}/{line.kind}.log"
