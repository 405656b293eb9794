"""Takes secrets out of files that others go on using."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ._redaction import forms

#: Shorter values are left alone: they are part of many words, and no secret worth the name.
SHORTEST = 4


def scrub(folder: Path, values: Iterable[str], *, since: float = 0.0) -> list[Path]:
    """Overwrite ``values`` in all files under ``folder``; return the files that had one.

    A value becomes as many asterisks, in place, so that a program that appends to the file or
    reads on in it is not disturbed. Found are the value itself and the forms it has in URLs and
    in JSON. Files that go away meanwhile are no error.

    :param since: look only at files changed after this time, in Unix seconds.
    """
    wanted = _written(values)
    changed = []
    for path in sorted(folder.rglob("*")):
        try:
            if not path.is_symlink() and path.is_file() and path.stat().st_mtime >= since:
                changed += [path] if _scrub_file(path, wanted) else []
        except OSError:
            continue
    return changed


def _scrub_file(path: Path, wanted: Iterable[bytes]) -> bool:
    content = path.read_bytes()
    places = [(found, form) for form in wanted for found in _places(content, form)]
    if places:
        with path.open("r+b") as file:
            for start, form in places:
                file.seek(start)
                file.write(b"*" * len(form))
    return bool(places)


def _places(content: bytes, form: bytes) -> Iterable[int]:
    start = content.find(form)
    while start >= 0:
        yield start
        start = content.find(form, start + len(form))


def _written(values: Iterable[str]) -> set[bytes]:
    """Return the bytes by which ``values`` can stand in a file."""
    long = [value for value in values if len(value) >= SHORTEST]
    texts = {form for value in long for form in forms(value)}
    texts |= {json.dumps(value)[1:-1] for value in long}
    return {text.encode() for text in texts}
