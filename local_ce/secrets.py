"""Secrets by workspace and name: values in memory, served as the config service serves them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ._redaction import redact
from .access import Gate
from .answers import CLUSTER_ADDRESS, add_routes, application
from .config_service import routes
from .server import Server
from .tokens import LOGIN, RUN, Tokens

if TYPE_CHECKING:
    from .store import Store

__all__ = ["CLUSTER_ADDRESS", "Secrets", "SecretsService"]


class Secrets:
    """Keeps secrets.

    :param store: remembers their names over restarts, never a value.
    """

    def __init__(self, store: Store | None = None) -> None:
        self._store = store
        self._values: dict[tuple[str, str], str] = {}
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def set(self, name: str, value: str, *, workspace: str = "") -> None:
        """Store a secret, replacing an older value; no workspace is the user's own one."""
        with self._lock:
            self._values[workspace, name] = value
            self._seen.add(value)
        if self._store is not None:
            self._store.add_secret_name(workspace, name)

    def get(self, name: str, *, workspace: str = "") -> str | None:
        """Return a secret's value, or ``None`` when there is no such secret."""
        with self._lock:
            return self._values.get((workspace, name))

    def delete(self, name: str, *, workspace: str = "") -> None:
        """Forget a secret; no error when there is none."""
        with self._lock:
            self._values.pop((workspace, name), None)
        if self._store is not None:
            self._store.remove_secret_name(workspace, name)

    def names(self, *, workspace: str = "") -> list[str]:
        """Return the names of a workspace's secrets, sorted.

        With a store, those from before a restart are among them: they have no value.
        """
        if self._store is not None:
            return self._store.secret_names(workspace)
        with self._lock:
            return sorted(name for where, name in self._values if where == workspace)

    def values(self) -> frozenset[str]:
        """Return every value ever stored or hidden: what no message may contain."""
        with self._lock:
            return frozenset(self._seen)

    def hide(self, value: str) -> None:
        """Let :meth:`values` have one more, such as the token of a run."""
        with self._lock:
            self._seen.add(value)


class SecretsService(Secrets):
    """Secrets served on loopback to whoever has a token.

    :param tokens: accepts the tokens of a Compute Engine; without, there is just :attr:`token`.
    :param ended: says of a run whether it has ended, and its token with it.
    """

    def __init__(
        self,
        tokens: Tokens | None = None,
        *,
        store: Store | None = None,
        ended: Callable[[str], bool] = lambda _: False,
    ) -> None:
        super().__init__(store)
        tokens = tokens or Tokens.new()
        #: A token for all workspaces, new for every service (the content of a "passport").
        self.token = tokens.issue()
        self.hide(self.token)
        app = application(lambda text: redact(text, self.values()))
        add_routes(app, Gate(tokens, ended), (LOGIN, RUN), routes(self))
        self._server = Server(app)

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._server.url

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()
