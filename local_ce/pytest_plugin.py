"""Fixtures that give a started Compute Engine, and options that say which."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Union

import pytest

if TYPE_CHECKING:
    from .compute_engine import LocalCE
    from .engine import ComputeEngine

    #: Both have ``git``, ``index``, ``secrets``, ``folder``, ``redact()`` and ``run()``.
    AnyCE = Union[LocalCE, ComputeEngine]

#: What runs get together, whatever the machine has: outcomes should not depend on it.
_CPUS = 4
#: Seconds Ray may take to come up where tests of several projects run on one machine.
_START_LIMIT = 180.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the plugin's options."""
    group = parser.getgroup("local_ce", "the local Compute Engine")
    group.addoption(
        "--compute-engine",
        choices=["in-process", "shared", "per-run"],
        help="what the fixture local_ce gives: a cluster in this process (default), or a whole "
        "Compute Engine with one cluster, or with a cluster for each run",
    )
    group.addoption(
        "--ray-address",
        metavar="HOST:PORT",
        help="run workflows on the Ray cluster at this address",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options that contradict each other."""
    if config.getoption("--compute-engine") and config.getoption("--ray-address"):
        raise pytest.UsageError(
            "--ray-address is a cluster that exists, and --compute-engine asks for another one: "
            "give one of them"
        )


@contextlib.contextmanager
def started_ce(
    config: pytest.Config,
    *,
    images: Sequence[str] = (),
    constraints: str | Path | None = None,
    workspaces: Sequence[str] = ("local",),
) -> Iterator[AnyCE]:
    """Start what pytest's options ask for; for a fixture ``local_ce`` of one's own."""
    mode, address = config.getoption("--compute-engine"), config.getoption("--ray-address")
    if address is None and mode in {None, "in-process"}:
        from .compute_engine import LocalCE  # noqa: PLC0415 - most sessions that load this use none

        with LocalCE.start(
            cpus=_CPUS, images=images, constraints=constraints, timeout=_START_LIMIT
        ) as ce:
            yield ce
        return
    with _engine(config, images, constraints, workspaces) as engine:
        yield engine


def _engine(
    config: pytest.Config,
    images: Sequence[str] = (),
    constraints: str | Path | None = None,
    workspaces: Sequence[str] = ("local",),
) -> ComputeEngine:
    from .engine import ComputeEngine  # noqa: PLC0415 - as above

    return ComputeEngine.start(
        cpus=_CPUS,
        mode="shared" if config.getoption("--compute-engine") == "shared" else "per-run",
        ray_address=config.getoption("--ray-address"),
        images=images,
        constraints=constraints,
        workspaces=workspaces,
    )


@pytest.fixture(scope="session")
def local_ce(pytestconfig: pytest.Config) -> Iterator[AnyCE]:
    """Give a started :class:`~local_ce.LocalCE`, or what the options ask for.

    There is one for the session; with pytest-xdist, one for each worker.
    """
    with started_ce(pytestconfig) as ce:
        yield ce


@pytest.fixture(scope="session")
def compute_engine(pytestconfig: pytest.Config) -> Iterator[ComputeEngine]:
    """Give a started :class:`~local_ce.ComputeEngine`, one for the session."""
    with _engine(pytestconfig) as engine:
        yield engine


@pytest.fixture
def fresh_compute_engine(pytestconfig: pytest.Config) -> Iterator[ComputeEngine]:
    """Give a started :class:`~local_ce.ComputeEngine` of the test's own."""
    with _engine(pytestconfig) as engine:
        yield engine
