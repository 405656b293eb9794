"""What the wheel has in it, for those who install it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in a wheel that was built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), "."]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_it_shares_the_namespace_with_other_distributions(names: set[str]) -> None:
    """With an ``__init__.py``, it would hide every other ``sphinxext`` package."""
    assert "sphinxext/tested_snippets/__init__.py" in names
    assert "sphinxext/__init__.py" not in names


def test_its_types_are_there_for_whoever_uses_it(names: set[str]) -> None:
    """A type checker looks for the mark."""
    assert {"sphinxext/tested_snippets/py.typed", "local_ce/py.typed"} <= names


def test_it_has_the_packages_and_nothing_else(names: set[str]) -> None:
    """No tests, no documentation."""
    folders = {name.partition("/")[0].partition("-")[0] for name in names}
    assert folders == {"sphinxext", "local_ce", "sphinxext_tested_snippets"}
    assert "sphinxext/tested_snippets/static/tested_snippets.css" in names


def test_it_brings_the_words_in_other_languages(names: set[str]) -> None:
    """As translators edit them, and compiled."""
    german = "sphinxext/tested_snippets/locale/de/LC_MESSAGES/tested_snippets"
    assert {f"{german}.mo", f"{german}.po"} <= names
