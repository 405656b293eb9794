"""JSON documents in the store's file; one with a secret in it is there in its redacted form, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from sqlite3 import Connection
from typing import Any

from ._database import Database
from ._documents import contains_secret, redacted


class Lost(LookupError):
    """A result or artifact that contained a secret, and was lost with the process that held it."""


class Documents:
    """The documents of a store, by key.

    :param redact: takes the known secrets out of a text.
    """

    def __init__(self, database: Database, redact: Callable[[str], str]) -> None:
        self._database = database
        self._redact = redact
        #: Documents that are not (or not like this) in the file, by key.
        self._in_memory: dict[str, Any] = {}

    def put(
        self, database: Connection, key: str, document: Any, *, redactable: bool = False
    ) -> None:
        """Keep a document; one with a secret in it only in memory, or redacted in the file."""
        content: str | None = json.dumps(document)
        self._in_memory.pop(key, None)
        if contains_secret(document, self._redact):
            self._in_memory[key] = document
            content = json.dumps(redacted(document, self._redact)) if redactable else None
        database.execute("INSERT OR REPLACE INTO documents VALUES (?, ?)", (key, content))

    def get(self, key: str) -> Any:
        """Return a document, or ``None`` when there is no such one.

        :raises Lost: when it contained a secret and another process held it.
        """
        with self._database.lock:
            rows = self._database.read("SELECT content FROM documents WHERE key = ?", (key,))
            if not rows or key in self._in_memory:
                return self._in_memory.get(key)
        if rows[0]["content"] is None:
            raise Lost(
                "it contained the value of a secret, so it was kept in memory only, and the"
                " server was restarted since: run the workflow again"
            )
        return json.loads(rows[0]["content"])

    def delete(self, database: Connection, key: str) -> None:
        """Forget a document; no error when there is none."""
        self._in_memory.pop(key, None)
        database.execute("DELETE FROM documents WHERE key = ?", (key,))
