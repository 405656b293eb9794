"""The fixtures that run this site's snippets, for its pages and for the tests beside the snippets."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = [
    "examples.sdk_versions",
    "examples.runner",
    "examples.console_runner",
    "examples.sdk_runner",
    "examples.translations",
    "examples.qe",
    "examples.names",
]

#: Warnings of Ray's while it runs; ours stay errors.
_THIRD_PARTY = (
    # Ray leaves its log files, and the processes it started, to the garbage collector.
    "ignore:unclosed file:ResourceWarning",
    "ignore:subprocess .* is still running:ResourceWarning",
)
_ON_RAY = tuple(Path(__file__).parent / name for name in ("docs", "examples", "tests/local_ce"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Spread the checks over processes as they need one another."""
    if config.getoption("dist") != "loadscope":
        return None
    from examples.parts import PartScheduling  # noqa: PLC0415 - xdist need not be there

    return PartScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Ray's warnings pass where Ray runs."""
    for item in items:
        if any(folder in item.path.parents for folder in _ON_RAY):
            for line in _THIRD_PARTY:
                item.add_marker(pytest.mark.filterwarnings(line))
