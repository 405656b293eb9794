"""The conftest.py of a snippet that pytest runs: its hidden set-up runs first, and its names are there."""

from __future__ import annotations

import builtins
from typing import Any

import snippet_setup  # type: ignore[import-not-found]

# Names that a module does not define are looked up among the built-in ones.
for _name, _value in vars(snippet_setup).items():
    if not hasattr(builtins, _name):
        setattr(builtins, _name, _value)


def pytest_configure(config: Any) -> None:
    """Let the fixtures of the set-up be fixtures of the snippet's tests."""
    config.pluginmanager.register(snippet_setup, "snippet_setup")
