"""Finds in the installed release of the SDK what is not public, and calls it as that release wants it.

The package was rearranged: up to some release everything is below ``orquestra.sdk``, later the client is in
``orquestra.sdk._client``, the Ray runtime in ``orquestra.workflow_runtime``, and what they share in
``orquestra.workflow_shared``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

__all__ = ["accepted", "sdk_part"]

#: Where later releases have what began with this below ``orquestra.sdk``.
_MOVED = (
    ("_ray.", "orquestra.workflow_runtime._ray."),
    ("_base._config", "orquestra.sdk._client._base._config._fs"),
    ("_base.", "orquestra.workflow_shared."),
    ("_base.", "orquestra.sdk._client._base."),
)


def sdk_part(name: str) -> Any:
    """Import a module of the SDK by the name it has in 0.54.0 below ``orquestra.sdk``, for instance ``_base.serde``.

    :raises ModuleNotFoundError: the installed release has it at none of the places known.
    """
    for place in _places(name):
        try:
            return import_module(place)
        except ModuleNotFoundError as error:
            if not f"{place}.".startswith(f"{error.name}."):
                raise  # The module is there, and misses another one.
    raise ModuleNotFoundError(
        f"the installed orquestra-sdk has no module {' or '.join(_places(name))}"
    )


def _places(name: str) -> Iterator[str]:
    yield f"orquestra.sdk.{name}"
    for start, moved in _MOVED:
        if name.startswith(start):
            yield moved + name[len(start) :]


def accepted(function: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """Return those of the `options` that the function, or the class, takes in the installed release."""
    known = inspect.signature(function).parameters
    return {name: value for name, value in options.items() if name in known}
