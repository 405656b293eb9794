"""A Ray cluster of several nodes, started with Ray's own command, as somebody else would."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from local_ce._head import agent_ports, free_port
from local_ce.cluster import neutral_environment, thin_environment
from local_ce.services import Services, node_options


@contextlib.contextmanager
def cluster_of(nodes: int, services: Services, *, images: list[str]) -> Iterator[tuple[str, Path]]:
    """Start nodes of two CPUs; give the address and the folder with all files of the cluster."""
    folder = Path(tempfile.mkdtemp(prefix="ry-", dir="/tmp"))
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    python = thin_environment(folder / "py")
    port = free_port()
    address = f"127.0.0.1:{port}"

    def start(name: str, *options: str) -> None:
        done = subprocess.run(
            [
                *(str(python), "-I", "-m", "ray.scripts.scripts", "start", *options),
                *node_options(folder / "storage", images),
                *("--node-ip-address=127.0.0.1", "--num-cpus=2"),
                f"--object-store-memory={100 * 2**20}",
                "--dashboard-agent-listen-port=0",
                *agent_ports(),
            ],
            cwd=folder,
            env={
                **neutral_environment(folder),
                **services.cluster_environment(),
                # Nodes on one machine disturb each other when they share a place.
                "RAY_TMPDIR": str(folder / name),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        start("n0", "--head", f"--port={port}", "--include-dashboard=false")
        for number in range(1, nodes):
            start(f"n{number}", f"--address={address}")
        yield address, folder
    finally:
        stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


def stop(folder: Path) -> None:
    """End exactly the processes of this cluster (``ray stop`` would end every cluster's)."""
    while found := [process for process in psutil.process_iter() if of(process, folder)]:
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=5)


def of(process: psutil.Process, folder: Path) -> bool:
    """Whether a process is of the cluster; workers are told by their parent."""
    with contextlib.suppress(psutil.Error):
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        family = [process, *process.parents()]
        return any(str(folder) in " ".join(each.cmdline()) for each in family)
    return False
