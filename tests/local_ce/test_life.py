"""Starting and stopping: nothing is left behind, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from local_ce import LocalCE
from tests.local_ce.engines import PATIENCE

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from local_ce import LocalCE
from local_ce._process import belonging

def report(ce):
    pids = [p.pid for p in belonging(ce.folder, ce._cluster._head.pid)]
    print(ce.folder, *pids, flush=True)
"""


def start(body: str) -> tuple[subprocess.Popen[str], Path, list[int]]:
    """Run a program that starts a CE; return it, the CE's folder and its process ids."""
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM + textwrap.dedent(body)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert program.stdout is not None
    line = program.stdout.readline()
    if not line:
        pytest.fail(program.communicate(timeout=PATIENCE)[1])
    folder, *pids = line.split()
    return program, Path(folder), [int(pid) for pid in pids]


def wait_until_gone(folder: Path, pids: list[int]) -> None:
    """Wait until no process and no folder is left."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        alive = [pid for pid in pids if psutil.pid_exists(pid) and not _is_zombie(pid)]
        if not alive and not folder.exists():
            return
        time.sleep(0.1)
    pytest.fail(f"left behind: processes {alive}, folder {folder.exists()}")


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_the_end_of_the_interpreter_ends_a_ce_that_nobody_stopped() -> None:
    """Whoever forgets to stop it is covered."""
    program, folder, pids = start("ce = LocalCE.start()\nreport(ce)")
    assert len(pids) >= 5
    _, errors = program.communicate(timeout=PATIENCE)
    assert program.returncode == 0, errors
    wait_until_gone(folder, pids)


def test_a_killed_program_leaves_nothing_behind() -> None:
    """Nothing of ours runs after SIGKILL; the cluster notices by itself."""
    program, folder, pids = start("ce = LocalCE.start()\nreport(ce)\nsys.stdin.read()")
    program.send_signal(signal.SIGKILL)
    program.communicate(timeout=PATIENCE)
    wait_until_gone(folder, pids)


def test_a_start_that_fails_half_way_leaves_nothing_behind(
    local_ce: LocalCE, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its processes were started and its folder made when it turns out that Ray is taken."""
    made, make = [], tempfile.mkdtemp

    def noted(**where: str) -> str:
        made.append(Path(make(**where)))
        return str(made[-1])

    # Folders of other Compute Engines come and go beside it.
    monkeypatch.setattr(tempfile, "mkdtemp", noted)
    with pytest.raises(RuntimeError, match="connected to a Ray cluster already"):
        LocalCE.start()
    assert made
    assert not any(folder.exists() for folder in made)
    assert len(local_ce.secrets.token) > 20


def test_a_head_node_that_does_not_start_is_reported_with_its_words(tmp_path: Path) -> None:
    """The end of what Ray wrote is in the message."""
    body = """
        from local_ce import cluster
        cluster.OBJECT_STORE_MEMORY = 1
        try:
            LocalCE.start()
        except RuntimeError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + textwrap.dedent(body)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "Ray's head node ended; it wrote:" in done.stdout, done.stderr
    assert "object store" in done.stdout.lower()


def test_a_missing_constraints_file_is_an_error_before_anything_starts(tmp_path: Path) -> None:
    """The usual error of a missing file, with its name."""
    with pytest.raises(FileNotFoundError, match=r"none\.txt"):
        LocalCE.start(constraints=tmp_path / "none.txt")


def test_the_fixture_gives_a_started_ce(local_ce: LocalCE) -> None:
    """Its folder is short-named under /tmp, for Ray's sockets."""
    assert len(str(local_ce.folder)) < 20
    assert (local_ce.folder / "ray").is_dir()


def test_importing_the_package_does_not_import_ray() -> None:
    """The plugin is loaded in every session of pytest."""
    code = (
        "import sys, local_ce.pytest_plugin; print('ray' in sys.modules, 'trustme' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["False", "False"]
