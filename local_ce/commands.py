"""What the commands do: start a server, stop it, and ask a running one."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from .cli import Exit
from .records import RunState
from .state import AlreadyRunning, Server, StateFolder, default_path

#: Seconds a server may take to start, and to stop.
_START_LIMIT = 180.0
_STOP_LIMIT = 60.0
#: Seconds it may take to end after it has given back its state folder.
_GRACE = 10.0
#: Seconds between two looks at what another process does.
_LOOK = 0.1
#: And between two looks at a run.
_WAIT = 0.5


class Refused(Exception):
    """A command that was not done; the message says why, and what to do."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        #: What the command line ends with.
        self.code = code


def run(options: argparse.Namespace) -> int:
    """Do what ``options`` ask for; return the exit code.

    :raises Refused: it was not done.
    """
    try:
        done: int = _COMMANDS[options.run](options)
    except AlreadyRunning as error:
        raise Refused(str(error), Exit.RUNNING_ALREADY) from None
    return done


# --- a server's life


def _up(options: argparse.Namespace) -> int:
    if options.detach:
        return _detach(options)
    from .engine import ComputeEngine  # noqa: PLC0415 - takes a moment; other commands need none

    try:
        with (
            _signals_end_it(),
            ComputeEngine.start(
                state=_path(options),
                cpus=options.cpus,
                memory=options.memory,
                mode="shared" if options.shared else "per-run",
                ray_address=options.ray_address,
                images=options.images,
                constraints=options.constraints,
                host=options.host,
                port=options.port,
                time_limit=options.time_limit,
                workspaces=options.workspaces or ("local",),
                progress=_progress,
            ) as engine,
        ):
            if not options.detached:
                _greet(engine.url, engine.token(), "Ctrl-C")
            while True:
                signal.pause()
    except _Ended:
        _progress("stopped")
        return Exit.DONE
    except AlreadyRunning:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        raise Refused(f"the Compute Engine did not start: {error}") from error


class _Ended(BaseException):
    """A signal asked the server to end."""


@contextlib.contextmanager
def _signals_end_it() -> Iterator[None]:
    """Leave the block when the process is asked to end, once; what follows is cleaning up."""
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    # What whoever started us had ignored, as nohup does, stays so.
    asked = [number for number, handler in before.items() if handler != signal.SIG_IGN]

    def end(number: int, frame: object) -> None:
        for other in asked:
            signal.signal(other, signal.SIG_IGN)
        raise _Ended

    try:
        for number in asked:
            signal.signal(number, end)
        yield
    finally:
        for number in asked:
            signal.signal(number, before[number])


def _detach(options: argparse.Namespace) -> int:
    state = StateFolder(_path(options))
    if state.server() is not None:
        with state.locked():
            pass  # It has ended meanwhile; otherwise the exception says who it is.
    own = [argument for argument in options.arguments if argument != "--detach"]
    state.write(state.log.name, "")
    with state.log.open("ab") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "local_ce", *own, "--detached"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        found = _wait_until_ready(server, state)
    except BaseException:
        server.terminate()
        raise
    token = _ask(found, "POST", "token", {})["token"]
    stop = "python -m local_ce down" + (f" --state {options.state}" if options.state else "")
    _greet(found.url, token, stop)
    return Exit.DONE


def _wait_until_ready(process: subprocess.Popen[bytes], state: StateFolder) -> Server:
    """Show what the server prints until it is ready."""
    deadline = time.monotonic() + _START_LIMIT
    with state.log.open() as log:
        while True:
            ended = process.poll()
            found = state.server()
            sys.stderr.write(log.read())
            if found is not None and found.pid == process.pid and found.url:
                return found
            if ended is not None:
                code = Exit(ended) if ended in (1, 4) else Exit.FAILED
                raise Refused("it did not start; the lines above say why", code)
            if time.monotonic() > deadline:
                raise Refused(f"it was not ready after {_START_LIMIT:g} s; see {state.log}")
            time.sleep(_LOOK)


def _down(options: argparse.Namespace) -> int:
    path = _path(options)
    state = StateFolder(path) if path.is_dir() else None
    if state is not None and state.server() is None:
        _sweep(state)
    server = _server(options, starting=True)
    state = StateFolder(path)
    _progress("stopping; runs that are going end as failed")
    # It holds the lock, so this is its process and no later one with the same number.
    os.kill(server.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_LIMIT
    while state.server() is not None:
        if time.monotonic() > deadline:
            os.kill(server.pid, signal.SIGKILL)
            break
        time.sleep(_LOOK)
    _sweep(state)
    # It gives the state folder back a moment before it ends.
    with contextlib.suppress(psutil.Error):
        psutil.wait_procs([psutil.Process(server.pid)], timeout=_GRACE)
    sys.stdout.write("Stopped.\n")
    return Exit.DONE


def _sweep(state: StateFolder) -> None:
    with state.locked():
        if state.sweep():
            _progress("removed what a killed Compute Engine left behind")


# --- asking a running server


def _status(options: argparse.Namespace) -> int:
    server = _server(options)
    sys.stdout.write(_ask(server, "GET", "status")["text"])
    return Exit.DONE


def _wait(options: argparse.Namespace) -> int:
    """Ask again and again; a run that failed or was stopped is a command that failed."""
    server = _server(options)
    deadline = time.monotonic() + (options.timeout or float("inf"))
    while True:
        found = _ask(server, "GET", f"runs/{quote(options.run_id, safe='')}")
        if found["state"] == RunState.SUCCEEDED:
            sys.stdout.write(f"{found['text']}\n")
            return Exit.DONE
        if found["state"] in RunState.FINAL:
            raise Refused(found["text"])
        if time.monotonic() > deadline:
            raise Refused(f"it has not ended in {options.timeout:g} s: {found['text']}")
        time.sleep(_WAIT)


def _logs(options: argparse.Namespace) -> int:
    if options.run_id is None:
        path = StateFolder(_path(options)).log
        if not path.exists():
            raise Refused(f"there is no {path}: only a server started with --detach writes it")
        sys.stdout.write(path.read_text(encoding="utf-8", errors="replace"))
        return Exit.DONE
    found = _ask(_server(options), "GET", f"runs/{quote(options.run_id, safe='')}/log")
    sys.stdout.write(found["text"])
    return Exit.DONE


def _secrets_set(options: argparse.Namespace) -> int:
    server = _server(options)
    if sys.stdin.isatty():
        value = getpass.getpass(f"Value of {options.name}: ")
    else:
        value = sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if not value:
        raise Refused("a secret needs a value: type it in, or give it on standard input")
    body = {"name": options.name, "value": value, "workspace": options.workspace}
    return _report(_ask(server, "PUT", "secrets", body))


def _secrets_list(options: argparse.Namespace) -> int:
    where = f"?workspace={quote(options.workspace, safe='')}" if options.workspace else ""
    for line in _ask(_server(options), "GET", f"secrets{where}")["names"]:
        sys.stdout.write(f"{line}\n")
    return Exit.DONE


def _secrets_rm(options: argparse.Namespace) -> int:
    body = {"name": options.name, "workspace": options.workspace}
    return _report(_ask(_server(options), "DELETE", "secrets", body))


def _repo_add(options: argparse.Namespace) -> int:
    if options.private and not (options.username and options.secret):
        raise Refused("--private needs --username and --secret", Exit.USAGE)
    if not options.private and (options.username or options.secret):
        raise Refused("--username and --secret are for --private", Exit.USAGE)
    body = {
        "name": options.name,
        "path": str(options.path.absolute()),
        "username": options.username,
        "secret": options.secret,
        "workspace": options.workspace,
    }
    return _report(_ask(_server(options), "POST", "repos", body))


def _image_add(options: argparse.Namespace) -> int:
    return _report(_ask(_server(options), "POST", "images", {"name": options.name}))


def _package_add(options: argparse.Namespace) -> int:
    body = {"path": str(options.wheel.absolute())}
    return _report(_ask(_server(options), "POST", "packages", body))


def _node_settings(options: argparse.Namespace) -> int:
    """Print them; no server has to run, because its cluster is started before it."""
    from .services import cluster_environment, node_options  # noqa: PLC0415 - imports much

    state = StateFolder(_path(options)).path
    constraints = str(options.constraints.absolute()) if options.constraints else ""
    for name, value in cluster_environment(state / "services", constraints).items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    start = shlex.join(["ray", "start", *node_options(state / "storage", options.images)])
    sys.stdout.write(
        "# Then start each node with this, and with --head --port=PORT for the first one,\n"
        f"# --address=HOST:PORT for the others:\n# {start}\n"
    )
    return Exit.DONE


_COMMANDS = {
    "up": _up,
    "down": _down,
    "status": _status,
    "wait": _wait,
    "logs": _logs,
    "secrets_set": _secrets_set,
    "secrets_list": _secrets_list,
    "secrets_rm": _secrets_rm,
    "repo_add": _repo_add,
    "image_add": _image_add,
    "package_add": _package_add,
    "node_settings": _node_settings,
}


# --- what they share


def _path(options: argparse.Namespace) -> Path:
    path: Path | None = options.state
    return path or default_path()


def _server(options: argparse.Namespace, *, starting: bool = False) -> Server:
    """Return the server that runs on the state folder; with ``starting``, also one not ready yet.

    :raises Refused: there is none.
    """
    path = _path(options)
    server = StateFolder(path).server() if path.is_dir() else None
    if server is not None and (server.url or starting):
        return server
    if server is not None:
        raise Refused("it is still starting; try again in a moment", Exit.NOT_RUNNING)
    raise Refused(
        f"no Compute Engine runs on the state folder {path}: start it with "
        "`python -m local_ce up`, or name its folder with --state",
        Exit.NOT_RUNNING,
    )


def _ask(server: Server, method: str, path: str, body: Any = None) -> Any:
    """Send a request to one of :mod:`local_ce.operations`; return the answer.

    :raises Refused: the server refused it, or does not answer.
    """
    request = urllib.request.Request(  # noqa: S310 - the URL is our own server's
        f"{server.url}/local-ce/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"},
        method=method,
    )
    # No proxy from the environment: it is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise Refused(_message(error)) from None
    except (OSError, ValueError) as error:
        raise Refused(f"{server.url} does not answer ({error}): see `logs`") from None


def _message(error: urllib.error.HTTPError) -> str:
    text = error.read().decode(errors="replace")
    with contextlib.suppress(ValueError, KeyError, TypeError):
        answer = json.loads(text)
        return f"{answer['message']}: {answer['detail']}"
    return text or str(error)


def _report(answer: Any) -> int:
    for line in answer["warnings"]:
        sys.stderr.write(f"Warning: {line}\n")
    sys.stdout.write(f"{answer['done']}\n")
    return Exit.DONE


def _greet(url: str, token: str, stop: str) -> None:
    sys.stdout.write(
        f"The local CE is ready at {url}\n"
        f"Your token: {token}\n"
        "Log in with this line:\n\n"
        f"orq login -s {url} -t {token}\n\n"
        f"Stop it with: {stop}\n"
    )
    sys.stdout.flush()


def _progress(line: str) -> None:
    sys.stderr.write(f"local_ce: {line}\n")
    sys.stderr.flush()
