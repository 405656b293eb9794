"""Logging in with a browser, as ``orq login -s URL`` does it.

The command asks ``/api/login?port=N`` where to send the browser, and waits on that port for the
browser to bring a token (``orquestra.sdk._base.cli._login``). The platform has people sign in at
that place; here, whoever runs programs as the server's user on this machine is signed in.
"""

from __future__ import annotations

import asyncio
import html
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from .answers import Problem

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Log in to the local Compute Engine</title></head>
<body><h1>Log in</h1><p>Nothing waits for the token on port {port}. Paste this into a terminal:</p>
<pre>orq login -s {url} -t {token}</pre></body></html>
"""


def add_login(app: web.Application, new_token: Callable[[], str]) -> None:
    """Add the routes that need no token, because they hand one out."""

    async def where(request: web.Request) -> web.StreamResponse:
        location = f"{request.scheme}://{request.host}/login?port={_port(request)}"
        return web.Response(status=302, headers={"Location": location})

    async def browser(request: web.Request) -> web.StreamResponse:
        port = _port(request)
        _require_same_user(request)
        token = new_token()
        # Neither the address with the token nor the page is for the browser to keep.
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        if await _listening(port):
            headers["Location"] = f"http://127.0.0.1:{port}/state?token={token}"
            return web.Response(status=302, headers=headers)
        url = html.escape(f"{request.scheme}://{request.host}")
        page = _PAGE.format(port=port, url=url, token=token)
        return web.Response(text=page, content_type="text/html", headers=headers)

    app.router.add_get("/api/login", where)
    app.router.add_get("/login", browser)


def _port(request: web.Request) -> int:
    given = request.query.get("port", "")
    if not (given.isascii() and given.isdigit() and len(given) <= 5 and 0 < int(given) < 65536):
        raise Problem(400, "invalid port", f"expected ?port=1 to 65535, found {given[:20]!r}")
    return int(given)


async def _listening(port: int) -> bool:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), timeout=2)
    except (OSError, asyncio.TimeoutError):
        return False
    writer.close()
    return True


def _require_same_user(request: web.Request) -> None:
    """Refuse the processes of other users of this machine, where the system tells (Linux)."""
    assert request.transport is not None
    ends = [request.transport.get_extra_info(name) for name in ("peername", "sockname")]
    table = Path("/proc/net/tcp")
    if not table.exists() or any(end is None or ":" in end[0] for end in ends):
        return
    wanted = [_as_in_table(*end[:2]) for end in ends]
    for row in table.read_text().splitlines()[1:]:
        columns = row.split()
        if columns[1:3] == wanted and int(columns[7]) != os.getuid():
            raise Problem(403, "another user", "only the user who started it may log in here")


def _as_in_table(address: str, port: int) -> str:
    """Return an IPv4 address as the kernel writes it: its bytes' digits, on most machines reversed."""
    number = int.from_bytes(socket.inet_aton(address), sys.byteorder)
    return f"{number:08X}:{port:04X}"
