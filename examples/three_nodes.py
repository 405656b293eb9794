"""Runs a command on a Ray cluster of three nodes: `python -m examples.three_nodes pytest docs`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from examples.runner import IMAGES
from local_ce.services import Services
from tests.local_ce.ray_nodes import cluster_of


def main(command: Sequence[str]) -> int:
    """Run the command with the cluster's `--ray-address` added; return its exit status."""
    with tempfile.TemporaryDirectory(prefix="nodes-", dir="/tmp") as folder:
        services = Services(Path(folder, "services"))
        # What runs need of services they bring themselves; these are for starting the nodes.
        services.stop()
        with cluster_of(3, services, images=IMAGES) as (address, _):
            return subprocess.run([*command, f"--ray-address={address}"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
