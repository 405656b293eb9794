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
    # Imported when used: the plugin is loaded in every session, Ray should not be.
    from .compute_engine import LocalCE

    with LocalCE.start() as ce:
        yield ce
