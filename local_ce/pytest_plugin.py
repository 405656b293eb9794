"""The pytest fixture :func:`local_ce`: a started local CE, one for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .compute_engine import LocalCE


@pytest.fixture(scope="session")
def local_ce() -> Iterator[LocalCE]:
    """Give a started :class:`~local_ce.LocalCE`; with pytest-xdist, one for each worker."""
    from .compute_engine import LocalCE  # noqa: PLC0415 - most sessions that load this use none

    with LocalCE.start() as ce:
        yield ce
