"""Tests of what the page of the SDK's versions says by itself; what its tables say is what the runs recorded."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from examples.sdk_versions import pip
from sphinxext.tested_snippets.evidence import load_all

if TYPE_CHECKING:
    from sphinxext.tested_snippets.plugin import BoundSnippet

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence"


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


@pytest.mark.snippet(statement="versions-alike-on-pythons", runtime="pytest")
def test_what_comes_out_with_a_version_does_not_depend_on_the_python(
    snippet: BoundSnippet,
) -> None:
    """By what ``nox -s matrix pythons`` recorded: each check holds, fails or can't be tried on all of them."""
    outcomes: dict[str, dict[str, dict[object, bool | None]]] = defaultdict(dict)
    for folder in ("matrix", "pythons"):
        records, errors = load_all(EVIDENCE / folder)
        assert not errors
        for record in records:
            sdk, python = record.environment.packages["orquestra-sdk"], record.environment.python
            outcomes[sdk][python] = {key: check.passed for key, check in record.checks.items()}

    for sdk, by_python in outcomes.items():
        assert set(by_python) == {"3.9", "3.10", "3.11"}
        on_first = by_python["3.9"]
        assert len(on_first) > 100
        assert all(on_other == on_first for on_other in by_python.values()), sdk
    snippet.observe(f"alike on Python 3.9, 3.10 and 3.11: {', '.join(sorted(outcomes))}")
