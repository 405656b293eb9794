"""Environments with other versions of the SDK, which checks of the site compare."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from examples.sdk_versions import SDKPython, constraints_of, known_versions, variables


def test_an_environment_has_the_version_asked_for(sdk_python: SDKPython, tmp_path: Path) -> None:
    """Its own interpreter says so; asked for again, it is the same one."""
    python = sdk_python("0.50.0")
    code = "from importlib.metadata import version; from orquestra import sdk; print(version('orquestra-sdk'))"
    done = subprocess.run(
        [python, "-W", "ignore", "-c", code],
        env=variables(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "0.50.0"
    assert (python.parent / "orq").exists()
    assert sdk_python("0.50.0") == python


def test_versions_are_in_the_order_of_their_release() -> None:
    """By number, not by letter; the guide's own is among them."""
    known = known_versions()
    assert known == sorted(known, key=lambda version: tuple(map(int, version.split("."))))
    assert "0.54.0" in known


def test_a_version_without_pins_is_refused() -> None:
    """The message has the command that makes them."""
    with pytest.raises(LookupError, match=r"nox -s constraints -- 0\.1\.0"):
        constraints_of("0.1.0")
