"""The secrets part of the platform's config service, over HTTP.

It keeps the real protocol as the SDK's client (``orquestra.sdk.secrets._client``) speaks it:
``/api/config/secrets`` with a bearer token, and secret ids of the form
``zri:v1::0:<workspace>:secret:<name>``. A malformed body is answered with 400. That client takes
every 400 to a new secret for "there is one already", so what it can send itself and cannot be
stored is answered with 422: a name or text that is none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .answers import Asked, Problem, Route, ok

if TYPE_CHECKING:
    from .secrets import Secrets

_ROOT = "/api/config/secrets"
_NAME = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,255}")
#: The status for a new secret that is well-formed and cannot be stored.
_UNSTORABLE = 422
#: What CE does not encode when it puts a token into a URL, and what then breaks the URL.
_AWKWARD = "/#@% "


def awkward_characters(value: str) -> str:
    """Return those of ``/``, ``#``, ``@``, ``%`` and space that a secret's value contains.

    The SDK puts a token into a git URL as it is, so each of them breaks private imports on CE.
    """
    return "".join(character for character in _AWKWARD if character in value)


def warning_about(value: str) -> str | None:
    """Return what to tell whoever stores this value, or ``None``. The value is not in it."""
    found = awkward_characters(value)
    if not found:
        return None
    named = ", ".join("a space" if character == " " else character for character in found)
    return (
        f"the value contains {named}: Compute Engine puts a token into git URLs as it is, so"
        " it cannot be used for private repositories; create a token without such characters"
    )


def routes(secrets: Secrets) -> list[Route]:
    """Return the service's routes."""
    service = _Service(secrets)
    one = _ROOT + "/{identifier:.+}"
    return [
        ("GET", _ROOT, service.list),
        ("POST", _ROOT, service.create),
        ("GET", one, service.get),
        ("POST", one, service.update),
        ("DELETE", one, service.delete),
    ]


class _Service:
    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def get(self, asked: Asked) -> web.Response:
        workspace, name = _named(asked)
        value = self._existing(workspace, name)
        return ok({"details": {"name": name, "value": value, "resourceGroup": workspace or None}})

    def create(self, asked: Asked) -> web.Response:
        data = _data(asked, unstorable=_UNSTORABLE)
        name, value = _text(data, "name"), _text(data, "value")
        group = data.get("resourceGroup")
        if not isinstance(group, str) and group is not None:
            raise _malformed("data.resourceGroup", group, "the id of a workspace")
        if not _NAME.fullmatch(name):
            expected = "1 to 255 characters, none of them for control"
            raise _malformed("data.name", name, expected, status=_UNSTORABLE)
        workspace = _allowed(asked, group)
        if self._secrets.get(name, workspace=workspace) is not None:
            raise Problem(400, "the secret exists", f"a secret {name!r} exists: update it instead")
        return self._stored(workspace, name, value, status=201)

    def update(self, asked: Asked) -> web.Response:
        workspace, name = _named(asked)
        value = _text(_data(asked), "value")
        self._existing(workspace, name)
        return self._stored(workspace, name, value, status=200)

    def delete(self, asked: Asked) -> web.Response:
        workspace, name = _named(asked)
        if name not in self._secrets.names(workspace=workspace):
            raise _not_found(name)
        self._secrets.delete(name, workspace=workspace)
        return web.Response(status=204)

    def list(self, asked: Asked) -> web.Response:
        workspace = _allowed(asked, asked.query.get("workspace"))
        return ok([{"name": name} for name in self._secrets.names(workspace=workspace)])

    def _existing(self, workspace: str, name: str) -> str:
        value = self._secrets.get(name, workspace=workspace)
        if value is None and name in self._secrets.names(workspace=workspace):
            raise Problem(
                404,
                "the value is gone",
                f"secret {name!r} was stored, but values are kept in memory only and the server"
                " was restarted since: store it again",
            )
        if value is None:
            raise _not_found(name)
        return value

    def _stored(self, workspace: str, name: str, value: str, *, status: int) -> web.Response:
        self._secrets.set(name, value, workspace=workspace)
        warning = warning_about(value)
        answer = ok({"details": {"name": name}}, status=status, warning=warning)
        if warning is not None:
            answer.headers["Warning"] = f'199 local-ce "{warning}"'
        return answer


def _allowed(asked: Asked, workspace: str | None) -> str:
    """Return the workspace, or the caller's personal one for none; 403 when it is not theirs."""
    if workspace:
        asked.caller.require(workspace)
    return workspace or asked.caller.personal


def _named(asked: Asked) -> tuple[str, str]:
    """Return the workspace and name of the secret that the path names."""
    workspace, name = None, asked.parts["identifier"]
    parts = name.split(":", 6)
    if len(parts) == 7 and parts[:2] == ["zri", "v1"] and parts[5] == "secret":
        workspace, name = parts[4], parts[6]
    if not _NAME.fullmatch(name):
        raise _not_found(name)
    return _allowed(asked, workspace), name


def _data(asked: Asked, unstorable: int = 400) -> dict[str, Any]:
    body = asked.json(unstorable)
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        found = body if not isinstance(body, dict) else data
        raise _malformed("data", found, 'an object: {"data": {"name": ..., "value": ...}}')
    return data


def _text(data: dict[str, Any], field: str) -> str:
    value = data.get(field)
    if not isinstance(value, str):
        raise _malformed(f"data.{field}", value, "a string")
    return value


def _malformed(field: str, found: Any, expected: str, status: int = 400) -> Problem:
    # The type alone: the body has a secret's value in it, maybe in the wrong place.
    return Problem(status, f"{field}: expected {expected}", f"found {type(found).__name__}")


def _not_found(name: str) -> Problem:
    return Problem(404, "not found", f"there is no secret {name!r} in this workspace")
