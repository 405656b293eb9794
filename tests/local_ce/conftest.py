"""What the tests of ``local_ce`` share: a tiny project as a git repo, and git as a task's pip has it."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local_ce import LocalCE

if importlib.util.find_spec("ray") is None:
    # Ray 2.5.1 and the SDK install on Python 3.9 to 3.11 only.
    collect_ignore_glob = ["test_*.py"]
else:
    with warnings.catch_warnings():
        # They import pkg_resources and much else that is deprecated by now.
        warnings.simplefilter("ignore")
        importlib.import_module("ray.workflow")
        importlib.import_module("orquestra.sdk._ray._dag")


@pytest.fixture
def git(local_ce: LocalCE, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run git as tasks' environments do: with the CE's configuration and nothing else."""
    from local_ce.git_host import git_environment  # noqa: PLC0415 - not on every Python

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *args],
            cwd=tmp_path,
            env={
                **git_environment(),
                "GIT_CONFIG_GLOBAL": str(local_ce.folder / "gitconfig"),
                "GIT_TERMINAL_PROMPT": "0",
                "HOME": str(tmp_path),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
