"""Starts a Ray head node and keeps it until standard input ends; run as a script, not imported.

It runs on the thin environment's Python, because Ray builds the environments of tasks from the
interpreter its head node was started with. Standard input ends also when the process that holds
the other end is killed: then nobody else is left to clean up, and this script does.
"""

from __future__ import annotations

import json
import shutil
import sys


def main() -> None:
    """Read the options, a line of JSON; print the cluster's address, a line of JSON."""
    import ray  # noqa: PLC0415 - only where this is run, not where it is checked

    options = json.loads(sys.stdin.readline())
    context = ray.init(
        num_cpus=options["cpus"],
        resources=options["resources"],
        object_store_memory=options["object_store_memory"],
        storage=options["storage"],
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        _temp_dir=options["temp_dir"],
        # This process runs no tasks: workers prepared for it would be started in vain.
        _system_config={"prestart_worker_first_driver": False},
    )
    sys.stdout.write(json.dumps({"address": context.address_info["gcs_address"]}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    ray.shutdown()
    shutil.rmtree(options["folder"], ignore_errors=True)


if __name__ == "__main__":
    main()
