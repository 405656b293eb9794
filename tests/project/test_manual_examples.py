"""The small projects that the manual shows do what it says of them: before with another tool, after with ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECTS = Path(__file__).parent.parent.parent / "examples" / "manual"
AFTER = ("literalinclude/after", "doctest/after", "sybil/after", "service")


def run(folder: Path, *command: str) -> str:
    """Run a module in a folder and return what it printed; a failure fails the test."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def copy(name: str, folder: Path) -> Path:
    """A copy of a project, outside of this one."""
    return Path(shutil.copytree(PROJECTS / name, folder / "project"))


@pytest.mark.parametrize("name", AFTER)
def test_what_is_written_for_the_extension_is_recorded_and_built(name: str, tmp_path: Path) -> None:
    """Each block runs, or says why not, and no build warns."""
    project = copy(name, tmp_path)
    told = run(project, "pytest", "-q", "--rootdir=.", "--snippets-evidence=update")
    assert "verified" in told
    run(project, "sphinx", "-q", "-W", "-n", "-b", "text", "docs", "out")
    page = (project / "out/index.txt").read_text(encoding="utf-8")
    assert "Checked: runs on" in page
    assert "Never run" not in page


def test_the_page_for_literalinclude_is_one_for_sphinx_alone(tmp_path: Path) -> None:
    """It shows the region, and the test beside it passes."""
    project = copy("literalinclude/before", tmp_path)
    run(project, "sphinx", "-q", "-W", "-b", "text", "docs", "out")
    assert "total = sum([1, 2, 3])" in (project / "out/index.txt").read_text(encoding="utf-8")
    assert "1 passed" in run(project, "pytest", "-q", "--rootdir=.", "-p", "no:tested_snippets")


def test_the_page_for_doctest_is_one_for_sphinx_s_own(tmp_path: Path) -> None:
    """Its builder runs both blocks."""
    project = copy("doctest/before", tmp_path)
    assert "2 tests" in run(project, "sphinx", "-W", "-b", "doctest", "docs", "out")


def test_the_page_for_sybil_is_one_for_sybil_alone(tmp_path: Path) -> None:
    """Its plugin runs what the parsers of ``conftest.py`` find."""
    project = copy("sybil/before", tmp_path)
    assert "5 passed" in run(project, "pytest", "-q", "--rootdir=.", "-p", "no:tested_snippets")
