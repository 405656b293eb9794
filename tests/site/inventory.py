"""What links can lead to on a built site."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

__all__ = ["inventory"]


def inventory(site: Path) -> Iterator[tuple[str, str, str]]:
    """Each target in ``objects.inv``: its kind, as ``domain:type``, its name and its address."""
    content = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    for line in zlib.decompress(content).decode().splitlines():
        entry = re.fullmatch(r"(.+?) (\w+:[\w:]+) \S+ (\S*) .*", line)
        assert entry, line
        yield entry[2], entry[1], entry[3]
