"""What one build tells the next, so that a build that changes nothing judges and writes nothing again. Pure."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from sphinxext.tested_snippets.source import Stamp, stamp_of

__all__ = ["Memory", "Warned"]

#: Subtype, message, page (or the absolute path of a file with docstrings) and line of a warning.
Warned = tuple[str, str, Optional[str], int]
#: Changes with what the file holds.
_FORMAT = 1


class Memory:
    """The memory of a builder with an output folder: a file beside the doctrees.

    It is a cache: when it is missing or unreadable, the work is done again. It is written at the end of a
    build that went through, so that what an interrupted one has left out is done by the next.

    :param output: the output folder.
    :ivar written: for each page the digest of the outcomes that stand on it.
    :ivar proofs: for each page with tests what it was made of, see :mod:`sphinxext.tested_snippets.proofs`.
    """

    def __init__(self, path: Path, output: str) -> None:
        self._path = path
        self._output = output
        self._data = self._load()
        self.written: dict[str, str] = dict(self._data.get("written", {}))
        self.proofs: dict[str, Any] = dict(self._data.get("proofs", {}))

    def _load(self) -> dict[str, Any]:
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            known = data["format"] == _FORMAT and data["output"] == self._output
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return data if known else {}

    def warnings(self, judged: str) -> Sequence[Warned] | None:
        """The warnings of the last build, None where anything they depend on is not as it was.

        :param judged: what they depend on besides files of tests, see :meth:`save`.
        """
        if not self._data or self._data["judged"] != judged:
            return None
        if any(stamp != _listed(stamp_of(file)) for file, stamp in self._data["tests"].items()):
            return None
        return [tuple(warned) for warned in self._data["warnings"]]

    def save(self, warnings: Sequence[Warned], judged: str, tests: Mapping[Path, Stamp]) -> None:
        """Write what is to be remembered. Without a place for it, the next build does the work again.

        Both `judged` and the stamps have to be from before it was judged: of what changed meanwhile nobody
        knows whether it was seen.

        :param judged: changes with what the warnings depend on besides files of tests.
        :param tests: these files, each with its stamp.
        """
        data = {
            "format": _FORMAT,
            "output": self._output,
            "judged": judged,
            "tests": {str(file): _listed(tests[file]) for file in sorted(tests)},
            "warnings": [list(warned) for warned in warnings],
            "written": self.written,
            "proofs": self.proofs,
        }
        self._write(data)

    def save_proofs(self) -> None:
        """Write which pages of tests were made, where the warnings of the last build still hold."""
        self._write({**self._data, "proofs": self.proofs})

    def _write(self, data: dict[str, Any]) -> None:
        if data != self._data:
            with contextlib.suppress(OSError):
                self._path.write_text(json.dumps(data), encoding="utf-8")


def _listed(stamp: Stamp) -> list[int] | None:
    """A stamp as JSON gives it back."""
    return list(stamp) if stamp else None
