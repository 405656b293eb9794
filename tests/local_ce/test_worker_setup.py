"""What sets up a worker's process: as Ray does it, without importing Ray."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import ray

import local_ce as package

if TYPE_CHECKING:
    from local_ce import LocalCE

OURS = Path(package.__file__).with_name("_setup_worker.py")
RAYS = Path(ray.__file__).parent / "_private" / "workers" / "setup_worker.py"
WORKER = ["-s", "/ray/default_worker.py", "--node-ip-address=127.0.0.1", "--startup-token=3"]
ACTIVATE = ["source /env/bin/activate", "1>&2", "&&"]

#: In place of bash: says what it was asked to run, and with which variables.
BASH = f"""#!{sys.executable}
import json, os, sys
own = {{name: value for name, value in os.environ.items() if name.startswith("OWN")}}
print(json.dumps([sys.argv[1:], own, os.environ.get("OMP_NUM_THREADS")]))
"""


def run(script: Path, folder: Path, context: Any, language: str, arguments: list[str]) -> Any:
    """Return what a script runs, and whether it imported Ray first."""
    bash = folder / "bash"
    bash.write_text(BASH)
    bash.chmod(0o755)
    options = [f"--language={language}", f"--serialized-runtime-env-context={json.dumps(context)}"]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(script), *arguments, *options],
        env={"PATH": str(folder), "OWN_HOME": "before", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    return json.loads(done.stdout), "ray" in imported


CONTEXTS: dict[str, tuple[dict[str, Any], bool]] = {
    "nothing": ({}, False),
    "pip": ({"command_prefix": ACTIVATE, "py_executable": "/env/bin/python"}, False),
    "variables": ({"env_vars": {"OWN_A": "a b", "OWN_HOME": "after"}, "container": {}}, False),
    "variables-of-variables": ({"env_vars": {"PATH": "/own:${PATH}"}}, True),
}


@pytest.mark.parametrize(("context", "imports_ray"), CONTEXTS.values(), ids=list(CONTEXTS))
def test_a_worker_is_run_as_ray_runs_it(
    tmp_path: Path, context: dict[str, Any], imports_ray: bool
) -> None:
    """The same command of the shell, with the same variables; Ray is imported where it has to say how."""
    theirs, _ = run(RAYS, tmp_path, context, "PYTHON", WORKER)

    ours, imported = run(OURS, tmp_path, context, "PYTHON", WORKER)

    assert ours == theirs
    assert ours[0][-1].endswith(" ".join(WORKER))
    assert imported is imports_ray


def test_a_worker_of_another_language_is_left_to_ray(tmp_path: Path) -> None:
    """Java's needs what only Ray knows."""
    theirs, _ = run(RAYS, tmp_path, {}, "JAVA", ["Worker"])

    assert run(OURS, tmp_path, {}, "JAVA", ["Worker"]) == (theirs, True)


def test_an_argument_with_a_space_stays_one(tmp_path: Path) -> None:
    """Ray and this script quote it in their own ways, which mean the same to a shell."""
    commands = [
        run(script, tmp_path, {"py_executable": "printf"}, "PYTHON", ["%s,", "/a folder/x.py"])[0]
        for script in (RAYS, OURS)
    ]

    said = [
        subprocess.run(["bash", *each[0]], capture_output=True, check=True) for each in commands
    ]
    assert [each.stdout for each in said] == [b"/a folder/x.py,"] * 2


def test_a_cluster_sets_up_its_workers_so(local_ce: LocalCE) -> None:
    """The raylet has it in the command by which it starts them."""
    family = psutil.Process().children(recursive=True)
    lines = [" ".join(each.cmdline()) for each in family if each.name() == "raylet"]
    commands = [line for line in lines if str(local_ce.folder) in line]

    assert commands
    assert all(f" {OURS} " in line for line in commands)
