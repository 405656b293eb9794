"""Sets up the process of a worker, and runs the worker in it; a head's raylet runs this in place of Ray's ``setup_worker.py``.

That one imports all of Ray first, which takes as long as to start the worker itself. It still does what is not simple: see
:func:`simple`. By the end of the file's name the raylet knows what to leave out for a worker that needs no environment
(``kSetupWorkerFilename``).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import runpy
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: What an environment made by pip has. ``resources_dir`` was for clients of Ray that start the worker themselves.
_KNOWN = {"command_prefix", "env_vars", "py_executable", "resources_dir"}


def simple(context: Mapping[str, Any], language: str) -> bool:
    """Return whether a worker is Python's, in an environment of pip's, with variables that name no others."""
    other = [name for name, value in context.items() if value and name not in _KNOWN]
    expanded = [value for value in (context.get("env_vars") or {}).values() if "$" in value]
    return language == "PYTHON" and not other and not expanded


def main() -> None:
    """Replace this process by the worker that the arguments tell of, as Ray's ``RuntimeEnvContext.exec_worker`` does."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--serialized-runtime-env-context")
    parser.add_argument("--language")
    known, arguments = parser.parse_known_args()
    context = json.loads(known.serialized_runtime_env_context or "{}")
    if not simple(context, known.language):
        found = importlib.util.find_spec("ray")
        assert found is not None
        assert found.origin is not None
        script = Path(found.origin).parent / "_private" / "workers" / "setup_worker.py"
        runpy.run_path(str(script), run_name="__main__")
        return
    os.environ.update(context.get("env_vars") or {})
    worker = shlex.join([context.get("py_executable") or sys.executable, *arguments])
    command = " ".join([*(context.get("command_prefix") or []), "exec", worker])
    # What is in front are commands of a shell, `source …/activate &&` among them.
    os.execvp("bash", ["bash", "-c", command])  # noqa: S606 - it is the shell that is run


if __name__ == "__main__":
    main()
