"""Compute Engine on one machine: the SDK's own Ray runtime, with the services it talks to.

Everything a workflow names is answered on loopback: ``https://github.com/...`` and
``https://example.com/...`` by real git over TLS, ``sdk.Secret`` by a secrets service,
``PythonImports`` by a folder of wheels. The cluster is real Ray.

    with LocalCE.start() as ce:
        ce.git.publish("https://github.com/org/repo", {"pyproject.toml": "..."})
        print(ce.run(my_workflow()))
"""

from __future__ import annotations

from .compute_engine import LocalCE
from .git_host import GitHost
from .package_index import PackageIndex
from .runs import RunFailed
from .secrets import SecretsService
from .submitting import importable

__all__ = ["GitHost", "LocalCE", "PackageIndex", "RunFailed", "SecretsService", "importable"]
