"""Tests of what the page of the SDK's versions says by itself; what its tables say is what the runs recorded."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from examples.sdk_versions import pip

if TYPE_CHECKING:
    from pathlib import Path

    from sphinxext.tested_snippets.plugin import BoundSnippet


@pytest.mark.snippet(
    statement="versions-newest-python",
    runtime="console",
    fails="No matching distribution found for ray==2.30.0",
)
def test_no_ray_of_a_tried_version_installs_on_python_3_12(
    tmp_path: Path, snippet: BoundSnippet
) -> None:
    """The newest of them is in the index for the Pythons up to the one before, and for that one not."""
    wanted = ("--no-deps", "--only-binary=:all:", "--target", str(tmp_path), "ray==2.30.0")
    look = ("install", "-q", "--dry-run", *wanted, "--python-version")
    pip(*look, "3.11")

    with pytest.raises(subprocess.CalledProcessError) as caught:
        pip(*look, "3.12")

    snippet.observe(caught.value.stderr)
