"""Other versions of the SDK, each in a virtual environment of its own, for checks that compare them.

What a version needs is pinned in ``constraints/``; there is a file for each version that the site's checks are tried on.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONSTRAINTS = ROOT / "constraints"
#: The version that the guide is written for.
GUIDE = "0.54.0"
#: Where the environments are, beside those of nox: they go with this folder, and are made again when a pin changes.
ENVIRONMENTS = ROOT / ".nox" / "sdk"

__all__ = [
    "SDKPython",
    "constraints_of",
    "installed_pins",
    "known_versions",
    "pip",
    "sdk_python",
    "skip_on_other_sdk",
    "unpacked",
    "variables",
]

#: Returns the interpreter of an environment that has a version of the SDK, ``sdk_python("0.50.0")``; ``orq`` is beside
#: it. With ``ray=True`` it can run workflows, too.
SDKPython = Callable[..., Path]


def known_versions() -> list[str]:
    """Return the versions of the SDK that there are pins for, the oldest first."""
    found = [
        path.stem.partition("orquestra-sdk-")[2] for path in CONSTRAINTS.glob("orquestra-sdk-*.txt")
    ]
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")])


def constraints_of(version: str) -> Path:
    """Return the file with the pins for a version of the SDK.

    :raises LookupError: there is none.
    """
    path = CONSTRAINTS / f"orquestra-sdk-{version}.txt"
    if not path.exists():
        raise LookupError(
            f"there are no pins for orquestra-sdk {version}, only for {', '.join(known_versions())}: "
            f"add it to SDK_VERSIONS in noxfile.py and run `nox -s constraints -- {version}`"
        )
    return path


def installed_pins() -> Path:
    """Return the file with the pins for the SDK that runs the checks.

    :raises LookupError: there is none.
    """
    return constraints_of(metadata.version("orquestra-sdk"))


def skip_on_other_sdk() -> None:
    """Skip a check that names the releases it looks at: whatever SDK runs it, it has the same outcome."""
    if metadata.version("orquestra-sdk") != GUIDE:
        pytest.skip(f"names the releases that it looks at itself; run with {GUIDE}")


def pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pip without the constraints of this process.

    :raises subprocess.CalledProcessError: it failed.
    """
    foreign = ("PIP_", "PYTHONPATH")
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    command = [sys.executable, "-m", "pip", *arguments]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True)


#: What a version needs for that besides.
_BESIDES = {"1.1.0": ("orquestra-workflow-shared", "rich", "markdown-it-py", "mdurl")}


@functools.cache
def unpacked(version: str) -> Path:
    """Return a folder with the SDK of a version, for PYTHONPATH: what it needs is mostly what the installed one needs.

    That holds for logging in and for making workflows, not for running them. A check is skipped where another SDK than
    the guide's is installed.
    """
    skip_on_other_sdk()
    packages = [f"orquestra-sdk=={version}", *_BESIDES.get(version, ())]
    pins = ("-c", str(constraints_of(version))) if version in _BESIDES else ()
    folder = Path(tempfile.mkdtemp(prefix="sdk-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    pip("download", "-q", "--no-deps", *pins, "--dest", str(folder), *packages)
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(folder / "unpacked")
    return folder / "unpacked"


def variables(home: Path) -> dict[str, str]:
    """Return an environment in which the SDK finds nothing of the user's, nor of this process's own SDK.

    :param home: a folder of the check's own: what the SDK stores is there.
    """
    foreign = ("ORQ", "RAY_", "PYTHON", "PYTEST_", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **kept,
        "HOME": str(home),
        "ORQ_CONFIG_PATH": str(home / ".orquestra" / "config.json"),
        "ORQ_DB_PATH": str(home / ".orquestra" / "workflows.db"),
        "RAY_USAGE_STATS_ENABLED": "0",
        "COLUMNS": "100",
    }


@functools.cache
def environment(version: str, ray: bool = False) -> Path:
    """Return the interpreter of an environment that has a version of the SDK; make it when there is none.

    It is of the Python that runs this. Processes that need the same one wait for the first to make it.

    :param ray: whether workflows are run with it. Without Ray it is made in a third of the time.
    :raises LookupError: there are no pins for this version.
    :raises RuntimeError: it could not be installed, with what pip said.
    """
    constraints = constraints_of(version)
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    digest = hashlib.sha256(constraints.read_bytes()).hexdigest()[:12]
    folder = ENVIRONMENTS / f"{version}-{'ray-' if ray else ''}{python}-{digest}"
    made = folder / "made"
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    with (ENVIRONMENTS / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder, version, constraints, ray=ray)
            made.touch()
    return folder / "bin" / "python"


def _install(folder: Path, version: str, constraints: Path, *, ray: bool) -> None:
    _run([sys.executable, "-m", "venv", str(folder)])
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--no-compile"]
    if ray:
        # The pins are a whole environment: pip need not work out what belongs to it.
        _run([*pip, "--no-deps", "-r", str(constraints)])
    else:
        # Older versions import pkg_resources, which newer Pythons do not bring.
        _run([*pip, "-c", str(constraints), f"orquestra-sdk=={version}", "setuptools"])


def _run(command: list[str]) -> None:
    foreign = ("PIP_CONSTRAINT", "PIP_NO_INDEX", "PYTHONPATH")
    env = {name: value for name, value in os.environ.items() if name not in foreign}
    with tempfile.TemporaryDirectory() as anywhere:
        done = subprocess.run(
            command, cwd=anywhere, env=env, capture_output=True, text=True, timeout=600, check=False
        )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


@pytest.fixture(scope="session")
def sdk_python() -> SDKPython:
    """Gives the interpreter of an environment with another version of the SDK: ``sdk_python("0.50.0")``."""
    skip_on_other_sdk()
    return environment
