"""An HTTP server on a loopback address, in a thread of its own."""

from __future__ import annotations

import asyncio
import ipaddress
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import web

#: Seconds that requests under way get when the server stops.
_GRACE = 2.0
#: Requests answered at a time; some wait for a run's processes to end.
_HANDLERS = 16


class Server:
    """Serves an application from now on, until :meth:`stop`.

    :param host: a loopback address; anything else is refused, because whoever reaches the server
        can run programs on this machine with its user's rights.
    :param port: 0 takes a free one.
    :raises ValueError: when ``host`` is no loopback address.
    :raises OSError: when the port is taken.
    """

    def __init__(self, app: web.Application, host: str = "127.0.0.1", port: int = 0) -> None:
        require_loopback(host)
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(_HANDLERS, "http-handler"))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="http")
        self._thread.start()
        # No access log: request lines can carry tokens and names.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE)
        try:
            self._wait_for(self._start(host, port))
        except BaseException:
            self.stop()
            raise
        #: The address it listens on.
        self.host = host
        #: The port it listens on.
        self.port: int = self._runner.addresses[0][1]

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def stop(self) -> None:
        """Stop listening, give requests under way two seconds. Can be called again."""
        if self._loop.is_closed():
            return
        self._wait_for(self._runner.cleanup())
        self._wait_for(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self, host: str, port: int) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()

    def _wait_for(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


def require_loopback(host: str) -> None:
    """Refuse an address that others could reach.

    :raises ValueError: which says what was found and what is accepted.
    """
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        raise ValueError(
            f"found host {host!r}, expected a loopback address such as 127.0.0.1: whoever reaches"
            " this server can run programs as you"
        )
