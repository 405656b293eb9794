"""Runs in a node's agent, which makes the environments of tasks; :mod:`.cluster` copies it into the thin environment.

Ray asks the Python of each new environment which Ray it imports, before pip installs and after, and the two imports take
longer than all else but pip. Here the answer can be told from the outside: an environment is a copy of the thin one, which
has no Ray but the borrowed one, so it has another one if pip has put one into its folder.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import ray
from ray._private.runtime_env.pip import PipProcessor
from ray._private.runtime_env.plugin import RuntimeEnvPlugin


class Plugin(RuntimeEnvPlugin):  # type: ignore[misc] # without types
    """What Ray loads for ``RAY_RUNTIME_ENV_PLUGINS``; no environment names it."""

    name = "local_ce"


@contextlib.asynccontextmanager
async def _check_ray(python: str, _cwd: str, _logger: logging.Logger) -> AsyncIterator[None]:
    """Do what Ray's function of this name does: refuse an environment in which pip installed another Ray.

    :raises RuntimeError: it has.
    """
    yield
    environment = Path(python).parents[1]
    for found in environment.glob("lib/python3*/site-packages/ray/__init__.py"):
        versions = found.parents[1].glob("ray-*.dist-info")
        what = ", ".join(each.stem for each in versions) or str(found)
        raise RuntimeError(
            f"Changing the ray version is not allowed: pip installed {what}, and Compute Engine has {ray.__version__}. "
            "Take it out of the task's dependencies, and out of what those require.\n"
            # By it the task is found that the environment is for.
            f"The environment was {environment}."
        )


PipProcessor._check_ray = staticmethod(_check_ray)  # noqa: SLF001 - Ray has no option for it
