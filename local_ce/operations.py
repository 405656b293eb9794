"""What the operator of a Compute Engine can ask it, beside the platform's own API.

The command line uses these routes, under ``/local-ce/``, with a token that only the owner of the
state folder can read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ._process import run
from .answers import Asked, Problem, Route
from .config_service import warning_about
from .git_host import git_environment
from .records import RunRecord, RunState

if TYPE_CHECKING:
    from .engine import ComputeEngine

#: How many runs `status` shows, the latest ones.
_SHOWN = 100
#: The workspace of a secret that names none: everybody's own.
OWN = ""
#: What is no part of a project although it is in its folder.
_NOT_PUBLISHED = {".git", "__pycache__"}


def routes(engine: ComputeEngine) -> list[Route]:
    """Return the routes."""
    operations = _Operations(engine)
    return [
        ("GET", "/local-ce/status", operations.status),
        ("POST", "/local-ce/token", operations.token),
        ("GET", "/local-ce/runs/{run_id}", operations.show_run),
        ("GET", "/local-ce/runs/{run_id}/log", operations.log),
        ("GET", "/local-ce/secrets", operations.list_secrets),
        ("PUT", "/local-ce/secrets", operations.set_secret),
        ("DELETE", "/local-ce/secrets", operations.remove_secret),
        ("POST", "/local-ce/repos", operations.add_repo),
        ("POST", "/local-ce/images", operations.add_image),
        ("POST", "/local-ce/packages", operations.add_package),
    ]


class _Operations:
    def __init__(self, engine: ComputeEngine) -> None:
        self._engine = engine

    def status(self, asked: Asked) -> web.Response:
        return web.json_response({"text": describe(self._engine)})

    def token(self, asked: Asked) -> web.Response:
        return web.json_response({"token": self._engine.token()})

    def show_run(self, asked: Asked) -> web.Response:
        found = self._run(asked)
        return web.json_response({"state": found.state, "text": _line(self._engine, found)})

    def log(self, asked: Asked) -> web.Response:
        found = self._run(asked)
        lines = [f"{line.kind}: {line.line}" for line in self._engine.store.logs(found.run_id)]
        lines += [f"{found.state}: {line}" for line in (found.reason or "").splitlines()]
        return web.json_response({"text": "".join(f"{line}\n" for line in lines)})

    def list_secrets(self, asked: Asked) -> web.Response:
        workspace = self._workspace(asked.query.get("workspace"))
        secrets = self._engine.secrets
        names = [
            name
            if secrets.get(name, workspace=workspace) is not None
            else f"{name} (its value was lost with a restart: set it again)"
            for name in secrets.names(workspace=workspace)
        ]
        return web.json_response({"names": names})

    def set_secret(self, asked: Asked) -> web.Response:
        body = _body(asked)
        name, value = _text(body, "name"), _text(body, "value")
        workspace = self._workspace(body.get("workspace"))
        self._engine.secrets.set(name, value, workspace=workspace)
        warning = warning_about(value)
        return _done(f"Stored {name} in {_named(workspace)}.", *filter(None, [warning]))

    def remove_secret(self, asked: Asked) -> web.Response:
        body = _body(asked)
        name, workspace = _text(body, "name"), self._workspace(body.get("workspace"))
        if name not in self._engine.secrets.names(workspace=workspace):
            raise Problem(404, "no such secret", f"{_named(workspace)} has no secret {name!r}")
        self._engine.secrets.delete(name, workspace=workspace)
        return _done(f"Removed {name} from {_named(workspace)}.")

    def add_repo(self, asked: Asked) -> web.Response:
        body = _body(asked)
        name, path = _text(body, "name"), Path(_text(body, "path"))
        url = name if "://" in name else f"https://github.com/{name}"
        if not path.is_dir():
            raise Problem(400, "no folder", f"{path} is no folder: give the path of the project's")
        username, secret = body.get("username"), body.get("secret")
        token = None if secret is None else self._value(secret, body.get("workspace"))
        try:
            published, warnings = self._publish(url, path, private=token is not None)
            if token is not None:
                self._engine.git.allow(url, username=str(username), token=token)
        except (ValueError, RuntimeError, OSError) as error:
            raise Problem(400, "not published", str(error)) from None
        access = "" if token is None else f", for {username} with the token in {secret}"
        return _done(f"Published {url}: {published}{access}.", *warnings)

    def add_image(self, asked: Asked) -> web.Response:
        name = _text(_body(asked), "name")
        try:
            self._engine.add_image(name)
        except ValueError as error:
            raise Problem(400, "not added", str(error)) from None
        return _done(f"Offering {name} to runs that start from now on.")

    def add_package(self, asked: Asked) -> web.Response:
        path = Path(_text(_body(asked), "path"))
        try:
            wheel = self._engine.index.add(path)
        except (ValueError, OSError) as error:
            raise Problem(400, "not added", str(error)) from None
        return _done(f"Added {wheel.name}.")

    def _publish(self, url: str, path: Path, *, private: bool) -> tuple[str, list[str]]:
        """Publish a folder; return what of it, and what to warn of."""
        git = self._engine.git
        if not _is_repository(path):
            files = {
                file.relative_to(path).as_posix(): file.read_bytes()
                for file in path.rglob("*")
                if file.is_file() and not _NOT_PUBLISHED & set(file.relative_to(path).parts)
            }
            if not files:
                raise ValueError(f"{path} has no file in it")
            git.publish(url, files, private=private)
            return f"{_files(len(files))} on main", []
        names = git.copy(url, path, private=private)
        # Of a bare repository it has nothing to say, and fails.
        status = run(["git", "-C", str(path), "status", "--porcelain"], env=git_environment())
        changed = len(status.stdout.splitlines())
        warning = f"{path} has {_files(changed)} with changes that are not committed, nor published"
        return ", ".join(names), [warning] if changed else []

    def _value(self, secret: str, workspace: str | None) -> str:
        where = self._workspace(workspace)
        value = self._engine.secrets.get(secret, workspace=where)
        if value is None:
            raise Problem(
                400,
                "no such secret",
                f"{_named(where)} has no value for {secret!r}: store it first, with `secrets set`",
            )
        return value

    def _run(self, asked: Asked) -> RunRecord:
        run_id = asked.parts["run_id"]
        found = self._engine.store.run(run_id)
        if found is None:
            raise Problem(404, "no such run", f"there is no run {run_id!r}; `status` lists them")
        return found

    def _workspace(self, name: str | None) -> str:
        known = self._engine.workspaces
        if name is None:
            return OWN
        if name not in known:
            raise Problem(
                404, "no such workspace", f"found {name!r}, expected one of {', '.join(known)}"
            )
        return name


def describe(engine: ComputeEngine) -> str:
    """Say what a Compute Engine does and offers, for its operator; without secrets."""
    repos = [
        f"{url}{' (private)' if is_private else ''}"
        for url, is_private in engine.git.repos().items()
    ]
    secrets = [
        f"{name} ({_named(workspace)})"
        for workspace in [*engine.workspaces, OWN]
        for name in engine.secrets.names(workspace=workspace)
    ]
    facts = {
        "Running at": [f"{engine.url} (process {os.getpid()})"],
        "Runs on": [engine.capacity],
        "Services": [f"git host on port {engine.git.port}", f"secrets at {engine.secrets.url}"],
        "State": [str(engine.state)],
        "Clusters": [str(engine.clusters)],
        "Workspaces": engine.workspaces,
        "Images": engine.images,
        "Repos": repos,
        "Packages": sorted(wheel.name for wheel in engine.index.folder.glob("*.whl")),
        "Secrets": secrets,
    }
    lines = [
        f"{start:<12} {value}"
        for title, values in facts.items()
        for start, value in zip([f"{title}:", *[""] * len(values)], values or ["none"])
    ]
    latest = engine.store.runs(newest_first=True, limit=_SHOWN)
    runs = [_line(engine, each) for each in reversed(latest)]
    return "\n".join([*lines, "", *(runs or ["No runs yet."])]) + "\n"


def _line(engine: ComputeEngine, record: RunRecord) -> str:
    why = record.reason
    if record.state not in RunState.FINAL:
        why = engine.explain(record.run_id)
    # Its other lines, what a process wrote last, are in the log.
    return f"{record.run_id}  {record.state:<10}  {(why or '').partition(chr(10))[0]}".rstrip()


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _named(workspace: str) -> str:
    return f"workspace {workspace}" if workspace else "your own workspace"


def _is_repository(path: Path) -> bool:
    bare = all((path / name).exists() for name in ("HEAD", "objects", "refs"))
    return bare or (path / ".git").exists()


def _body(asked: Asked) -> dict[str, Any]:
    body = asked.json()
    if not isinstance(body, dict):
        raise Problem(400, "malformed body", "expected a JSON object")
    return body


def _text(body: dict[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not value:
        raise Problem(400, f"{field} is missing", f"expected a text in {field!r}")
    return value


def _done(sentence: str, *warnings: str) -> web.Response:
    return web.json_response({"done": sentence, "warnings": warnings})
