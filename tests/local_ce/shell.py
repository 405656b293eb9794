"""A user's terminal: a home folder of its own, and the commands that are typed there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

from local_ce._process import MARKER
from local_ce.state import Server, StateFolder

ROOT = Path(__file__).parents[2]
#: Seconds a command may take on a busy machine.
LIMIT = 180.0

#: What readers of the site begin with: ``hello.py`` ends by itself, ``slow.py`` does not.
WORKFLOWS = ROOT / "examples" / "first_workflow"


class Shell:
    """Runs commands in ``home``; its state folder is the default one there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for file in WORKFLOWS.glob("*.py"):
            shutil.copy(file, home)
        foreign = ("ORQ", "XDG_", "RAY_", "PYTEST_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self.environment = {
            **kept,
            "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
            "PYTHONPATH": str(ROOT),
        }

    @property
    def state(self) -> Path:
        """The state folder of who names none."""
        return self.home / ".local" / "share" / "local-ce"

    def server(self) -> Server:
        """Return what the running server says of itself."""
        server = StateFolder(self.state).server()
        assert server is not None
        return server

    def type(self, line: str, *, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            line.split(),
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.home,
            env=self.environment,
            timeout=LIMIT,
            check=False,
        )

    def ce(self, line: str, *, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of ``python -m local_ce``."""
        return self.type(f"python -m local_ce {line}", stdin=stdin)

    def done(self, line: str, *, stdin: str = "") -> str:
        """Run a command that has to succeed; return what it printed."""
        ended = self.type(line, stdin=stdin)
        assert ended.returncode == 0, f"{line}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def log_in(self, printed: str) -> None:
        """Paste the line that ``up`` printed."""
        line = re.search("^orq login .*$", printed, re.MULTILINE)
        assert line is not None, printed
        self.done(line[0])

    def submit(self, name: str) -> str:
        """Submit the workflow ``name`` of the file ``name.py``; return the run's id."""
        printed = self.done(f"orq wf submit -c 127 -w local -p default {name}.py {name}")
        return printed.split("Run ID: ")[1].strip()

    def wait_for(self, run_id: str, *states: str) -> str:
        """Wait until a run is in one of these states, return what ``orq wf view`` shows then."""
        deadline = time.monotonic() + LIMIT
        while True:
            shown = self.done(f"orq wf view {run_id}")
            # The run's own state, which comes before those of its tasks.
            found = re.search(r"^status +(\w+)", shown, re.MULTILINE)
            if found is not None and found[1] in states:
                return shown
            assert time.monotonic() < deadline, shown
            time.sleep(0.2)


def left_behind(folder: str) -> list[str]:
    """Return the folder if it is there, and every process that was started for it."""
    found = [folder] if Path(folder).exists() else []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            place = process.environ().get(MARKER, "") or process.cwd()
            if place == folder or place.startswith(f"{folder}/"):
                found.append(f"{process.pid} {process.name()}")
        except (psutil.Error, ProcessLookupError):
            continue
    return found
