"""How requests are handed to handlers, and what goes back: JSON, errors included.

A handler is a plain function of what was asked. It runs in a thread, so it may wait.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import web

if TYPE_CHECKING:
    from .access import Caller, Gate

#: Host and port under which the SDK expects the config service inside a cluster
#: (``orquestra.sdk.secrets._auth``).
CLUSTER_ADDRESS = "config-service.config-service:8099"

_LOG = logging.getLogger(__name__)
_LOCAL_NAMES = re.compile(r"(127(\.\d+){3}|localhost|\[::1\])(:\d+)?", re.IGNORECASE)
#: Room for workflows with tens of thousands of tasks, in bytes.
_LARGEST_BODY = 256 * 1024 * 1024


class Problem(Exception):
    """An error answer, as ``orquestra.sdk._base._driver._models.Error`` reads it.

    :param detail: what was found, what was expected, what to do.
    :param code: one of the SDK's ``ErrorCode``, where it has one.
    """

    def __init__(self, status: int, message: str, detail: str, code: int | None = None) -> None:
        super().__init__(f"{message}: {detail}")
        self.status = status
        self.message = message
        self.detail = detail
        self.code = code

    def answer(self) -> web.Response:
        """Return it as an HTTP answer."""
        content = {"code": self.code, "message": self.message, "detail": self.detail}
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else None
        return web.json_response(content, status=self.status, headers=headers)


@dataclass(frozen=True)
class Asked:
    """What a handler has to answer."""

    caller: Caller
    #: What the variable parts of the path are.
    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    def json(self, unstorable: int = 400) -> Any:
        """Return the body's JSON value.

        :param unstorable: the status for JSON that cannot be stored as text.
        :raises Problem: 400 when it is no JSON, or that status.
        """
        try:
            text = self.body.decode()
            value = json.loads(text, parse_constant=_no_json, parse_float=_finite)
            if "\\ud" in text.lower():
                json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            detail = "found half a surrogate pair"
            raise Problem(unstorable, "malformed JSON", detail, 1) from None
        except RecursionError:
            raise Problem(400, "malformed JSON", "found too many levels of nesting", 1) from None
        except ValueError as error:
            raise Problem(400, "malformed JSON", f"expected JSON, found: {error}", 1) from None
        return value

    def required(self, name: str) -> str:
        """Return a query parameter that must be there; 400 when it is not."""
        if not self.query.get(name):
            raise Problem(400, f"{name} is missing", f"expected ?{name}=... in the URL")
        return self.query[name]


Handler = Callable[[Asked], web.Response]
Route = tuple[str, str, Handler]


def ok(data: Any, *, status: int = 200, **more: Any) -> web.Response:
    """Return an answer with ``data`` the way the services wrap it; ``more`` goes beside it."""
    return web.json_response({"data": data, **more}, status=status)


def application(redact: Callable[[str], str]) -> web.Application:
    """Return an application that answers every error in JSON, and only to local requests.

    As an HTTP proxy it answers for :data:`CLUSTER_ADDRESS` alone: no name service here knows that
    name, so processes of a cluster get this server as their ``http_proxy``.

    :param redact: applied to what is logged of an internal error.
    """

    @web.middleware
    async def guard(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            _check_target(request)
            return await handler(request)
        except Problem as problem:
            return problem.answer()
        except web.HTTPException as error:
            detail = f"{request.method} {request.path} cannot be answered: {error.reason}"
            return Problem(error.status, error.reason, detail).answer()
        except Exception:  # noqa: BLE001 - whatever it is, the caller gets JSON and we the trace
            trace = f"{request.method} {request.path}\n{traceback.format_exc()}"
            _LOG.error("%s", redact(trace))
            detail = "this is a mistake in local_ce; the server's log has the trace"
            return Problem(500, "internal error", detail).answer()

    return web.Application(middlewares=[guard], client_max_size=_LARGEST_BODY)


def add_routes(
    app: web.Application,
    gate: Gate,
    kinds: Sequence[str],
    routes: Iterable[Route],
) -> None:
    """Let handlers answer requests that come with a token of one of these ``kinds``."""

    def adapted(handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            caller = gate.caller(request.headers.get("Authorization"), kinds)
            body = await request.read()
            asked = Asked(caller, request.match_info, request.query, body)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(None, handler, asked)

        return answer

    for method, path, handler in routes:
        app.router.add_route(method, path, adapted(handler))


def _check_target(request: web.Request) -> None:
    """Refuse what is meant for another host, and what a web page under another name sends."""
    if request.method == "CONNECT" or not request.raw_path.startswith("/"):
        host = urlsplit(request.raw_path).netloc or request.raw_path
        if host != CLUSTER_ADDRESS:
            raise Problem(
                502,
                "no route",
                f"{host} cannot be reached from the local CE: as a proxy it answers for"
                f" {CLUSTER_ADDRESS} only",
            )
    elif not _LOCAL_NAMES.fullmatch(request.headers.get("Host", "")):
        raise Problem(421, "wrong host", "expected the Host header of a loopback address")


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"{number[:60]} is too large")
    return value


def _no_json(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
