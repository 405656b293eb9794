"""Small workflows for the tests to submit, written as readers write them."""

# Tasks travel without their module, so they import what they need, and they print.
# ruff: noqa: ANN001, ANN201, PLC0415, PTH109, PTH120, T201

from __future__ import annotations

from orquestra import sdk


@sdk.task(source_import=sdk.InlineImport())
def add(a, b):  # type: ignore[no-untyped-def]
    """Add, and print both."""
    print(f"adding {a} and {b}")
    return a + b


@sdk.task(source_import=sdk.InlineImport())
def hold(path, seconds):  # type: ignore[no-untyped-def]
    """Write its process id into a file, then take a while."""
    import os
    import time
    from pathlib import Path

    Path(path).write_text(str(os.getpid()))
    print("holding", flush=True)
    time.sleep(seconds)
    return "held"


@sdk.task(source_import=sdk.InlineImport())
def where():  # type: ignore[no-untyped-def]
    """Say where a task is, what it knows of secrets, and whose its cluster's workers' ports are."""
    import os

    import psutil
    import ray

    folder = os.path.dirname(os.environ["ORQUESTRA_PASSPORT_FILE"])
    processes = [one.info for one in psutil.process_iter(["pid", "ppid", "name", "cmdline"])]
    raylets = {one["pid"]: one for one in processes if one["name"] == "raylet"}
    # What a raylet starts is called so, too, until its own program begins.
    first = [one["cmdline"] or [] for one in raylets.values() if one["ppid"] not in raylets]
    own = [line for line in first if folder in " ".join(line)]
    return {
        "cwd": os.getcwd(),
        "worker ports": [[item for item in line if "_worker_port=" in item] for line in own],
        "passport": os.environ["ORQUESTRA_PASSPORT_FILE"],
        "cpus": ray.cluster_resources()["CPU"],
        "nodes": len(ray.nodes()),
        "memory": ray.cluster_resources()["memory"],
    }


@sdk.task(source_import=sdk.InlineImport())
def leave(word, meeting, others):  # type: ignore[no-untyped-def]
    """Write a word where tasks write without saying where; return what was there before and is now.

    In between, it waits until the others have come to the same point.
    """
    import tempfile
    import time
    from pathlib import Path

    places = [Path(), Path(tempfile.gettempdir()), Path.home()]
    files = [place / "result.txt" for place in places]
    before = [file.read_text() for file in files if file.exists()]
    for file in files:
        file.write_text(word)
    Path(meeting, word).touch()
    while not all(Path(meeting, other).exists() for other in others):
        time.sleep(0.05)
    return [
        before,
        [file.read_text() for file in files],
        [str(place.resolve()) for place in places],
    ]


@sdk.task(source_import=sdk.InlineImport())
def read_secret(workspace):  # type: ignore[no-untyped-def]
    """Return a secret backwards."""
    return sdk.secrets.get("word", workspace_id=workspace)[::-1]


@sdk.task(source_import=sdk.InlineImport())
def fail():  # type: ignore[no-untyped-def]
    """Fail with a message."""
    raise ValueError("seven\nlines")


@sdk.task(source_import=sdk.InlineImport())
def fail_beside(path):  # type: ignore[no-untyped-def]
    """Fail as soon as another task has written its process id."""
    import time
    from pathlib import Path

    while not Path(path).exists():
        time.sleep(0.05)
    raise ValueError("seven")


@sdk.task(source_import=sdk.InlineImport())
def die():  # type: ignore[no-untyped-def]
    """End its process."""
    import os

    os._exit(3)


@sdk.workflow
def sums(start):  # type: ignore[no-untyped-def]
    """Two tasks, one after the other."""
    return add(add(start, 1), 1)


@sdk.workflow
def holding(path, seconds):  # type: ignore[no-untyped-def]
    """A workflow with a task that takes a while."""
    return hold(path, seconds)


@sdk.workflow
def places():  # type: ignore[no-untyped-def]
    """Where a task is."""
    return where()


@sdk.workflow
def secret(workspace):  # type: ignore[no-untyped-def]
    """Read a secret of a workspace."""
    return read_secret(workspace)


@sdk.workflow
def failing():  # type: ignore[no-untyped-def]
    """One task succeeds, one that needs it fails."""
    first = add(1, 1)
    return fail().with_invocation_meta(), first


@sdk.workflow
def failing_beside(path, seconds):  # type: ignore[no-untyped-def]
    """One task fails while another one runs."""
    return hold(path, seconds), fail_beside(path)


@sdk.workflow
def dying():  # type: ignore[no-untyped-def]
    """A task whose process ends."""
    return die()


@sdk.workflow
def imaged(name):  # type: ignore[no-untyped-def]
    """A task with an image of its own."""
    return add(1, 1).with_custom_image(name)


@sdk.task(source_import=sdk.InlineImport(), resources=sdk.Resources(cpu="1"))
def node_of(number, meeting, count):  # type: ignore[no-untyped-def]
    """Say which node a task is on, when so many are at it."""
    import time
    from pathlib import Path

    import ray

    Path(meeting, str(number)).touch()
    while len(list(Path(meeting).iterdir())) < count:
        time.sleep(0.05)
    return ray.get_runtime_context().get_node_id()


@sdk.workflow
def spread(meeting):  # type: ignore[no-untyped-def]
    """Six tasks that take a CPU each: all that three nodes have. They end when three have begun."""
    return [node_of(number, meeting, 3) for number in range(6)]


@sdk.workflow
def leaving(word, meeting, others):  # type: ignore[no-untyped-def]
    """Write files without saying where."""
    return leave(word, meeting, others)
