"""What one build tells the next, so that a build that changes nothing judges and writes nothing again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from sphinxext.tested_snippets.domain import snippet_domain
from sphinxext.tested_snippets.source import stamp_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["Memory", "Warned"]

#: Subtype, message, page and line of a warning.
Warned = tuple[str, str, Optional[str], int]
#: Changes with what the file holds.
_FORMAT = 1


class Memory:
    """The memory of a builder with an output folder: a file beside the doctrees.

    It is a cache: when it is missing or unreadable, the work is done again. It is written at the end of a
    build that went through, so that what an interrupted one has left out is done by the next.

    :ivar written: for each page the digest of the outcomes that stand on it.
    :ivar proofs: for each page with tests what it was made of, see :mod:`sphinxext.tested_snippets.proofs`.
    """

    def __init__(self, app: Sphinx, evidence: Path) -> None:
        self._app = app
        self._evidence = evidence
        self._path = Path(app.doctreedir) / f"tested_snippets-{app.builder.name}.json"
        self._output = str(app.outdir)
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

    def warnings(self) -> Sequence[Warned] | None:
        """The warnings of the last build, None where anything they depend on is not as it was."""
        if not self._data or self._data["judged"] != self._judged():
            return None
        if any(stamp != _stamp(file) for file, stamp in self._data["tests"].items()):
            return None
        return [tuple(warned) for warned in self._data["warnings"]]

    def save(self, warnings: Sequence[Warned], tests: Iterable[Path]) -> None:
        """Write what is to be remembered: these warnings, which depend on these files of tests.

        Without a place for it, the next build does the work again.
        """
        data = {
            "format": _FORMAT,
            "output": self._output,
            "judged": self._judged(),
            "tests": {str(file): _stamp(file) for file in sorted(tests)},
            "warnings": [list(warned) for warned in warnings],
            "written": self.written,
            "proofs": self.proofs,
        }
        if data != self._data:
            try:
                self._path.write_text(json.dumps(data), encoding="utf-8")
            except OSError:
                return

    def _judged(self) -> str:
        """Changes with the pages, the evidence and the settings that warnings depend on."""
        domain = snippet_domain(self._app.env)
        seen = hashlib.sha256(self._app.config.tested_snippets_update_command.encode())
        for docname in sorted(domain.pages):
            seen.update(f"\0{docname}\0".encode())
            seen.update(domain.pages[docname])
            seen.update(domain.sources[docname])
        for file in sorted(self._evidence.glob("*.json")):
            seen.update(f"\0{file.name}\0{_stamp(file)}".encode())
        return seen.hexdigest()


def _stamp(file: Path | str) -> list[int] | None:
    """The stamp of a file as JSON gives it back."""
    stamp = stamp_of(file)
    return list(stamp) if stamp else None
