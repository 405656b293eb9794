"""A Ray cluster of one node, in processes of its own, with an environment of its own."""

from __future__ import annotations

import contextlib
import json
import select
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

from ._process import MARKER, end_belonging, started_in, variables

#: Memory for objects that tasks exchange, in bytes. Ray's default is a third of the machine.
OBJECT_STORE_MEMORY = 256 * 1024 * 1024
#: What the agent of a node that runs in a thin environment loads, see ``_ray_plugin.py``.
_PLUGIN = "local_ce_ray_plugin"
THIN = {"RAY_RUNTIME_ENV_PLUGINS": json.dumps([{"class": f"{_PLUGIN}.Plugin"}])}
#: Variables of the user's that would change what git, pip, Python, Ray or the SDK do.
_FOREIGN_PREFIXES = ("GIT_", "PIP_", "PYTHON", "RAY_", "ORQ", "SSH_", "VIRTUAL_ENV", "CONDA_")
_FOREIGN_NAMES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")


class Cluster:
    """Ray in ``folder``, with the variables ``environment`` in every process of it.

    Ray's own ports (random, except the agent's 52365) are open on all interfaces: Ray replaces a
    loopback address by the machine's. All services of the local CE are on loopback only.
    """

    def __init__(
        self,
        folder: Path,
        *,
        cpus: int,
        memory: int | None = None,
        resources: Mapping[str, float],
        environment: Mapping[str, str],
    ) -> None:
        self._folder = folder
        #: Where Ray keeps its sessions and logs.
        self.temp_dir = folder / "ray"
        #: Where processes of the cluster run: an empty folder, so that nothing in it can be
        #: imported in place of a task's environment.
        self.work_dir = folder / "work"
        self._options = {
            "folder": str(folder),
            "cpus": cpus,
            "memory": memory,
            "resources": dict(resources),
            "object_store_memory": OBJECT_STORE_MEMORY,
            "storage": str(folder / "storage"),
            "temp_dir": str(self.temp_dir),
        }
        own = {**THIN, MARKER: str(folder)}
        self._environment = {**neutral_environment(folder), **environment, **own}
        self._head: subprocess.Popen[str] | None = None
        self._connected = False

    def launch(self) -> None:
        """Start the head node's process; returns at once, see :meth:`connect`."""
        for name in ("work", "home", "tmp"):
            (self._folder / name).mkdir(exist_ok=True)
        python = thin_environment(self._folder / "py")
        self._head = subprocess.Popen(
            # Isolated (-I), or the script's folder would be on the path and hide "secrets".
            [str(python), "-I", str(Path(__file__).with_name("_head.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self._folder / "head.log").open("w"),
            text=True,
            cwd=self.work_dir,
            env=self._environment,
            # Ctrl-C is for us; we end the cluster then.
            start_new_session=True,
        )
        assert self._head.stdin is not None
        self._head.stdin.write(json.dumps(self._options) + "\n")
        self._head.stdin.flush()

    @property
    def running(self) -> bool:
        """Whether the head node's process is there."""
        return self._head is not None and self._head.poll() is None

    def connect(self, timeout: float) -> None:
        """Wait for the head node as :meth:`address` does, and connect this process to it."""
        import ray  # noqa: PLC0415 - takes a second, and Ray starts meanwhile

        address = self.address(timeout)
        with started_in(self.work_dir):
            ray.init(
                address=address,
                log_to_driver=False,
                configure_logging=False,
            )
        self._connected = True

    def stop(self) -> None:
        """Disconnect and end every process of the cluster."""
        if self._connected:
            import ray  # noqa: PLC0415 - as above

            self._connected = False
            ray.shutdown()
        # Nothing of the cluster is to survive, so there is nothing to wait for: kill.
        end_belonging(self._folder, self._head.pid if self._head is not None else None)
        if self._head is not None:
            for stream in (self._head.stdin, self._head.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
            self._head.wait(timeout=10)

    def address(self, timeout: float) -> str:
        """Wait for the head node, at most ``timeout`` seconds; return the cluster's address.

        :raises RuntimeError: when Ray does not start, with the end of what it wrote.
        """
        assert self._head is not None
        assert self._head.stdout is not None
        ready, _, _ = select.select([self._head.stdout], [], [], timeout)
        line = self._head.stdout.readline() if ready else ""
        if not line:
            end = (self._folder / "head.log").read_text(errors="replace").strip()[-2000:]
            what = "ended" if ready else f"was not up after {timeout:g} s"
            raise RuntimeError(f"Ray's head node {what}; it wrote:\n{end or '(nothing)'}")
        return str(json.loads(line)["address"])


def thin_environment(folder: Path) -> Path:
    """Make a virtual environment that borrows all packages of this one; return its Python.

    Ray clones the environment it runs in for every task environment. A clone of this one is
    made in no time, of a full one it takes 10 s and half a gigabyte. A node that runs in it gets the variables :data:`THIN`.
    """
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    python = folder / "bin" / "python"
    ours = sysconfig.get_paths()
    borrowed = list(dict.fromkeys([ours["purelib"], ours["platlib"]]))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    target = folder / "lib" / version / "site-packages"
    (target / "borrowed.pth").write_text("\n".join(borrowed) + "\n")
    shutil.copyfile(Path(__file__).with_name("_ray_plugin.py"), target / f"{_PLUGIN}.py")
    return python


def neutral_environment(folder: Path) -> dict[str, str]:
    """Return this process's environment without anything personal that tools act upon."""
    kept = {
        name: value
        for name, value in variables().items()
        if not name.startswith(_FOREIGN_PREFIXES) and name.lower() not in _FOREIGN_NAMES
    }
    return {
        **kept,
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LC_ALL": "C.UTF-8",
    }
