"""The failure of a block as pytest shows it: where, what, and the reason alone for the summary's line."""

from __future__ import annotations

import pytest
from _pytest._code.code import (
    ReprEntryNative,
    ReprExceptionInfo,
    ReprFileLocation,
    ReprTracebackNative,
)
from sybil.example import SybilFailure

__all__ = ["shown_failure"]


def shown_failure(
    item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]
) -> ReprExceptionInfo | None:
    """What a report shows instead of Sybil's text, which says twice where; None for other exceptions.

    pytest's summary and JUnit take the reason from ``reprcrash``, and pytest-xdist carries only pytest's own classes.
    """
    error = excinfo.value
    if not isinstance(error, SybilFailure):
        return None
    text = str(error.result)
    path, line = item.nodeid.partition("::")[0], error.example.line
    said = reason(text, error.example.region.parsed.name)
    traceback = ReprTracebackNative([])
    traceback.reprentries = [ReprEntryNative([f"{text}\n"])]
    return ReprExceptionInfo(reprtraceback=traceback, reprcrash=ReprFileLocation(path, line, said))


def reason(text: str, name: str) -> str:
    """The part of a message that says why, on one line: without place and name, with what it gave where that follows."""
    _, _, said = text.partition(": ")
    first, _, rest = said.removeprefix(f"{name}: ").partition("\n")
    follows = rest.partition("\n")[0]
    return f"{first} {follows}".strip() if first.endswith(":") else first
