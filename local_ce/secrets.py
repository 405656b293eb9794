"""The secrets part of the platform's config service.

Stands for the config service of a CE cluster. It keeps the real protocol as the SDK's client
(``orquestra.sdk.secrets._client``) speaks it: ``/api/config/secrets`` with a bearer token, and
secret ids of the form ``zri:v1::0:<workspace>:secret:<name>``.

Inside a cluster the service is known as ``config-service.config-service:8099``, and only there.
We have no name service; instead, this server is also an HTTP proxy for that one name, and the
processes of the cluster get it as their ``http_proxy``.
"""

from __future__ import annotations

import json
import secrets as random_tokens
import threading
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ._serving import LoopbackServer, QuietHandler

#: Host and port under which the SDK expects the service inside a cluster.
CLUSTER_ADDRESS = "config-service.config-service:8099"
_ROOT = "/api/config/secrets"


class SecretsService:
    """Secrets by workspace and name, served on loopback to whoever has :attr:`token`."""

    def __init__(self) -> None:
        #: The bearer token, new for every service (the content of a "passport").
        self.token = random_tokens.token_urlsafe(24)
        self._values: dict[tuple[str, str], str] = {}
        self._seen = {self.token}
        self._lock = threading.Lock()
        self._server = LoopbackServer(_Handler, self)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.port}"

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()

    def set(self, name: str, value: str, *, workspace: str = "") -> None:
        """Store a secret, replacing an older value; no workspace is the user's own one."""
        with self._lock:
            self._values[workspace, name] = value
            self._seen.add(value)

    def get(self, name: str, *, workspace: str = "") -> str | None:
        """Return a secret's value, or ``None`` when there is no such secret."""
        with self._lock:
            return self._values.get((workspace, name))

    def delete(self, name: str, *, workspace: str = "") -> None:
        """Forget a secret; no error when there is none."""
        with self._lock:
            self._values.pop((workspace, name), None)

    def names(self, *, workspace: str = "") -> list[str]:
        """Return the names of a workspace's secrets, sorted."""
        with self._lock:
            return sorted(name for where, name in self._values if where == workspace)

    def values(self) -> frozenset[str]:
        """Return every value ever stored, and the token: what no message may contain."""
        with self._lock:
            return frozenset(self._seen)


class _Handler(QuietHandler):
    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        if not self._allowed():
            return
        if (found := self._found()) is not None:
            workspace, name, value = found
            details = {"name": name, "value": value, "resourceGroup": workspace or None}
            self._reply(200, {"data": {"details": details}})
        elif self._path() == _ROOT:
            wanted = parse_qs(urlsplit(self.path).query).get("workspace", [""])[0]
            self._reply(200, {"data": [{"name": n} for n in self._service.names(workspace=wanted)]})

    def do_POST(self) -> None:  # noqa: N802 - http.server's name
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self._allowed():
            return
        try:
            data = json.loads(body)["data"]
            value = str(data["value"])
            name = str(data.get("name", ""))
            workspace = str(data.get("resourceGroup") or "")
        except (ValueError, KeyError, TypeError, AttributeError):
            self._reply(422, {"message": 'expected {"data": {"value": ..., "name": ...}}'})
            return
        if self._path() == _ROOT:
            if self._service.get(name, workspace=workspace) is not None:
                self._reply(400, {"message": f"secret {name} exists"})
                return
            self._service.set(name, value, workspace=workspace)
            self._reply(201, {"data": {"details": {"name": name}}})
        elif (found := self._found()) is not None:
            self._service.set(found[1], value, workspace=found[0])
            self._reply(200, {"data": {"details": {"name": found[1]}}})

    def do_DELETE(self) -> None:  # noqa: N802 - http.server's name
        if self._allowed() and (found := self._found()) is not None:
            self._service.delete(found[1], workspace=found[0])
            self.answer(204, b"", {})

    @property
    def _service(self) -> SecretsService:
        service: SecretsService = self.server.owner  # type: ignore[attr-defined]
        return service

    def _path(self) -> str:
        return unquote(urlsplit(self.path).path)

    def _allowed(self) -> bool:
        """Answer and return False when the request is for another host or without the token."""
        host = urlsplit(self.path).netloc
        if host not in ("", CLUSTER_ADDRESS):
            self._reply(502, {"message": f"{host} cannot be reached from the local CE"})
            return False
        if self.headers.get("Authorization") != f"Bearer {self._service.token}":
            self._reply(401, {"message": "invalid token"})
            return False
        return True

    def _found(self) -> tuple[str, str, str] | None:
        """Return workspace, name and value of the secret the path names.

        Answers "not found" when there is none; a path that names no secret is left alone.
        """
        if self._path() == _ROOT:
            return None
        head, _, identifier = self._path().rpartition("/")
        workspace, name = _parse(identifier)
        value = self._service.get(name, workspace=workspace) if head == _ROOT else None
        if value is None:
            self._reply(404, {"message": "not found"})
            return None
        return workspace, name, value

    def _reply(self, status: int, content: dict[str, Any]) -> None:
        self.answer(status, json.dumps(content).encode(), {"Content-Type": "application/json"})


def _parse(identifier: str) -> tuple[str, str]:
    """Return workspace and name of a ``zri:``; a bare name is in the user's own workspace."""
    parts = identifier.split(":", 6)
    if len(parts) == 7 and parts[:2] == ["zri", "v1"] and parts[5] == "secret":
        return parts[4], parts[6]
    return "", identifier
