"""Starts a Ray cluster and keeps it until standard input ends; run as a script.

It runs on the thin environment's Python, because Ray builds the environments of tasks from the
interpreter its head node was started with. Standard input ends also when the process that holds
the other end is killed: then nobody else is left to clean up, and this script does.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Seconds another node may take to come up; on a busy machine it takes many.
_NODE_LIMIT = 180.0
#: Linux hands out those above, unless it is told otherwise; below are those of Ray's workers, and well-known ones.
_PORTS = range(20000, 32768)
#: Which of them to try next. Processes that are started together begin apart.
_TRIED = itertools.count(8 * os.getpid())
#: Options of ``ray start`` by which the system chooses the ports of a node's workers.
#:
#: Left to itself, each node hands out 10002, 10003, ... as far as they are free, and nodes of one machine hand out the
#: same ones: a port is found free, and taken only when the worker that got it listens there. Of two workers with the
#: same port one dies, and Ray (2.5.1: ``WorkerPool::DisconnectWorker``) forgets the task that waits for it, for good.
#: ``ray.init`` has this as its default.
WORKER_PORTS = ("--min-worker-port=0", "--max-worker-port=0")

#: What starts processes on a head that nobody needs here, and that ``ray.init`` can't be told to leave out: one hands what
#: tasks print to drivers that want it, one asks a cloud for nodes, one counts users for Ray's makers. To start them takes
#: as much of the machine as all the rest of a head.
_UNUSED = ("start_log_monitor", "start_monitor", "start_api_server")


def start(options: Mapping[str, Any]) -> dict[str, Any]:
    """Start a cluster, connect this process to it, and return Ray's information on it.

    :param options: ``nodes`` (one when not given), and for each of them ``cpus``, ``memory``
        (bytes, or ``None`` for Ray's own choice), ``resources`` and ``object_store_memory``;
        ``storage`` for all, and ``temp_dir`` for the first.
    """
    import ray  # noqa: PLC0415 - only where this is run, not where it is checked
    from ray._private import parameter  # noqa: PLC0415 - as above
    from ray._private.node import Node  # noqa: PLC0415 - as above

    # A parameter of a node; `ray.init` passes on no value for it.
    setup = Path(__file__).with_name("_setup_worker.py")
    parameter.RayParams = functools.partial(parameter.RayParams, setup_worker_path=str(setup))
    Node._get_unused_port = lambda *_: free_port()  # noqa: SLF001 - it can't be told otherwise
    for unused in _UNUSED:
        setattr(Node, unused, lambda *_, **__: None)
    context = ray.init(
        num_cpus=options["cpus"],
        _memory=options["memory"],
        resources=options["resources"],
        object_store_memory=options["object_store_memory"],
        storage=options["storage"],
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        _temp_dir=options["temp_dir"],
        _metrics_export_port=free_port(),
        _system_config=_system_config(ray.__version__),
    )
    info: dict[str, Any] = context.address_info
    address = info["gcs_address"]
    more = [_start_node(number, address, options) for number in range(1, options.get("nodes", 1))]
    for node in more:
        output, _ = node.communicate(timeout=_NODE_LIMIT)
        if node.returncode:
            raise RuntimeError(f"a node of the cluster did not start: {output[-2000:]}")
    return info


def _system_config(ray_version: str) -> dict[str, Any]:
    """Return the settings for a cluster of this version; Ray ends at one that it does not know."""
    settings: dict[str, Any] = {}
    version = tuple(map(int, ray_version.split(".")[:2]))
    if version > (2, 4):
        # This process runs no tasks, so workers prepared for it would be started in vain.
        settings["prestart_worker_first_driver"] = False
    if version >= (2, 30):
        # Ray's own actors are asynchronous: what they call runs on small stacks. Ray imports these there, for the first value
        # that it reads, and of 16 clusters on new packages 4 had an actor that died with its memory corrupted. Of 16 whose
        # workers import them before they take any work, none had.
        settings["preload_python_modules"] = ["pyarrow", "pydantic.v1"]
    return settings


def _start_node(number: int, address: str, options: Mapping[str, Any]) -> subprocess.Popen[str]:
    """Start another node with Ray's own command, which returns when the node is up."""
    # A place of its own, as on another machine: nodes that share one disturb each other when
    # they build the same environment.
    place = Path(options["temp_dir"]).parent / f"n{number}"
    place.mkdir()
    return subprocess.Popen(
        [
            *(sys.executable, "-I", "-m", "ray.scripts.scripts", "start"),
            f"--address={address}",
            f"--num-cpus={options['cpus']}",
            f"--memory={options['memory']}",
            f"--object-store-memory={options['object_store_memory']}",
            f"--storage={options['storage']}",
            f"--resources={json.dumps(options['resources'])}",
            *agent_ports(),
            *WORKER_PORTS,
        ],
        env={**os.environ, "RAY_TMPDIR": str(place)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def agent_ports() -> list[str]:
    """Return the options of ``ray start`` by which a node's agent listens on ports that nothing else gets."""
    return [f"--dashboard-agent-grpc-port={free_port()}", f"--metrics-export-port={free_port()}"]


def free_port() -> int:
    """Return a port that is free, another one each time, and none of those that the system hands out.

    Ray listens on such a port a second or two after it was found. Had the system it to hand out, one of the dozen
    sockets that Ray opens meanwhile would get it now and then, and Ray go on without its agent, which makes the
    environments of tasks.
    """
    for _ in _PORTS:
        port = _PORTS[next(_TRIED) % len(_PORTS)]
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("", port))
            return port
    raise RuntimeError(
        f"no port from {_PORTS.start} to {_PORTS.stop - 1} is free for Ray: free some"
    )


def main() -> None:
    """Read the options, a line of JSON; print the cluster's address, a line of JSON."""
    import ray  # noqa: PLC0415 - as above

    options = json.loads(sys.stdin.readline())
    info = start(options)
    sys.stdout.write(json.dumps({"address": info["gcs_address"]}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    ray.shutdown()
    shutil.rmtree(options["folder"], ignore_errors=True)


if __name__ == "__main__":
    main()
