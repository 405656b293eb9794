"""A CONNECT proxy that leads the git host's names to the git host, and nothing anywhere else.

Stands for the network between a cluster and the git servers. It keeps the real protocol: HTTP
``CONNECT``, then bytes both ways, so TLS goes through untouched.
"""

from __future__ import annotations

import selectors
import socket
import socketserver
from collections.abc import Iterable

from ._serving import LoopbackServer


class GitProxy:
    """Tunnels ``hosts`` on port 443 to ``target_port`` on loopback; refuses all else with 403."""

    def __init__(self, hosts: Iterable[str], target_port: int) -> None:
        self.routes = {f"{host}:443": target_port for host in hosts}
        self._server = LoopbackServer(_Tunnel, self)

    @property
    def url(self) -> str:
        """The proxy's address, as git's ``http.proxy`` wants it."""
        return f"http://127.0.0.1:{self._server.port}"

    def stop(self) -> None:
        """Stop listening."""
        self._server.stop()


class _Tunnel(socketserver.StreamRequestHandler):
    timeout = 60.0
    # Unbuffered, so that no byte meant for the tunnel is read with the request.
    rbufsize = 0

    def handle(self) -> None:
        method, _, rest = self.rfile.readline(8192).decode("latin-1").partition(" ")
        while self.rfile.readline(8192).strip():
            pass
        proxy: GitProxy = self.server.owner  # type: ignore[attr-defined]
        port = proxy.routes.get(rest.split(" ")[0].lower()) if method == "CONNECT" else None
        if port is None:
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", port), timeout=self.timeout) as upstream:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _pump(self.connection, upstream)


def _pump(client: socket.socket, upstream: socket.socket) -> None:
    """Copy bytes both ways until one side closes or both are silent for a minute."""
    other = {client: upstream, upstream: client}
    with selectors.DefaultSelector() as selector:
        for end in other:
            selector.register(end, selectors.EVENT_READ)
        while ready := selector.select(timeout=_Tunnel.timeout):
            for key, _ in ready:
                source: socket.socket = key.fileobj  # type: ignore[assignment]
                data = source.recv(65536)
                if not data:
                    return
                other[source].sendall(data)
