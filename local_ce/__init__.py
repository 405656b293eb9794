"""Compute Engine on one machine: the SDK's own Ray runtime, with the services it talks to.

:class:`ComputeEngine` is the whole, with the REST API that ``orq`` and ``run("my-login")`` use.
:class:`LocalCE` is a shared cluster in this process, without the API: faster, for many tests.

Everything a workflow names is answered on loopback: ``https://github.com/...`` and
``https://example.com/...`` by real git over TLS, ``sdk.Secret`` by a secrets service,
``PythonImports`` by a folder of wheels. The cluster is real Ray.

    with ComputeEngine.start() as ce:
        ce.git.publish("https://github.com/org/repo", {"pyproject.toml": "..."})
        print(ce.run(my_workflow()))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .compute_engine import LocalCE
    from .engine import ComputeEngine
    from .failure import RunFailed
    from .git_host import GitHost
    from .package_index import PackageIndex
    from .secrets import SecretsService
    from .submitting import importable

__all__ = [
    "ComputeEngine",
    "GitHost",
    "LocalCE",
    "PackageIndex",
    "RunFailed",
    "SecretsService",
    "importable",
]

_HOMES = {
    "ComputeEngine": "engine",
    "GitHost": "git_host",
    "LocalCE": "compute_engine",
    "PackageIndex": "package_index",
    "RunFailed": "failure",
    "SecretsService": "secrets",
    "importable": "submitting",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used.

    pytest imports this package in every session for its plugin; most sessions need no Ray, and
    some have none.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
