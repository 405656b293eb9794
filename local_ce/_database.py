"""A SQLite file that threads share, and that is complete whenever its process is killed."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


class StoreError(RuntimeError):
    """The state file cannot be used; the message says why and what to do."""


class Database:
    """The file ``path``, made with ``tables`` when it is not there; only its owner may read it.

    :param tables: SQL statements, separated by semicolons.
    :param version: the format that ``tables`` are; a file of another one is refused.
    :raises StoreError: when the file is damaged or has another format.
    """

    def __init__(self, path: Path, tables: str, version: int) -> None:
        # Held while anything is read or written; a transaction can contain others.
        self.lock = threading.RLock()
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        try:
            self._prepare(tables, version)
        except sqlite3.DatabaseError as error:
            self.close()
            raise StoreError(
                f"{path} is no usable SQLite file ({error}): move it away to start afresh"
            ) from None
        except StoreError as error:
            self.close()
            raise StoreError(f"{path} {error}") from None

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self._connection.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold a transaction, all or nothing; inside another one, be part of it."""
        with self.lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def read(self, query: str, values: Sequence[Any]) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        with self.lock:
            return self._connection.execute(query, values).fetchall()

    def _prepare(self, tables: str, version: int) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        # What was committed survives a SIGKILL; only a power failure could take the last of it.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        # Deleted rows are overwritten, not only unlinked.
        self._connection.execute("PRAGMA secure_delete = ON")
        found = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            with self.writing() as connection:
                for statement in tables.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version}")
        elif found != version:
            raise StoreError(
                f"has format {found}, and this version of local_ce reads format {version}:"
                " use the version that made it, or move it away to start afresh"
            )
