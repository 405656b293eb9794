"""What measured numbers depend on: the machine, and the versions of what was measured."""

from __future__ import annotations

import os
import platform
from importlib import metadata

__all__ = ["engine_versions", "extension_versions", "load", "machine"]


def machine() -> str:
    """The size of this machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB of memory"


def engine_versions() -> dict[str, str]:
    """The versions of Python, the SDK and Ray, by their names."""
    return _versions("orquestra-sdk", "ray")


def extension_versions() -> dict[str, str]:
    """The versions of Python and of what the extension builds on, by their names."""
    return _versions("Sphinx", "Sybil", "pytest")


def _versions(*names: str) -> dict[str, str]:
    packages = {name: metadata.version(name) for name in names}
    return {"Python": platform.python_version(), **packages}


def load() -> str:
    """How many processes wanted a core in the last minute."""
    return f"{os.getloadavg()[0]:.1f}"
