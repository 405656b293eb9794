"""What the wheels have in them, for those who install them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in the wheel of the extension."""
    return built(ROOT, tmp_path_factory.mktemp("wheel"))


def built(project: Path, folder: Path) -> set[str]:
    """Build a project of this tree, and return the names of the files in its wheel."""
    # Which Python it needs to run is no matter here.
    quiet = ("-q", "--no-deps", "--ignore-requires-python")
    command = [sys.executable, "-m", "pip", "wheel", *quiet, "-w", str(folder), str(project)]
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
    assert "sphinxext/tested_snippets/py.typed" in names


def test_it_has_the_package_and_nothing_else(names: set[str]) -> None:
    """No tests, no documentation, and no Compute Engine for those who have none to move to."""
    folders = {name.partition("/")[0].partition("-")[0] for name in names}
    assert folders == {"sphinxext", "sphinxext_tested_snippets"}
    assert "sphinxext/tested_snippets/static/tested_snippets.css" in names


def test_it_brings_the_words_in_other_languages(names: set[str]) -> None:
    """As translators edit them, and compiled."""
    german = "sphinxext/tested_snippets/locale/de/LC_MESSAGES/tested_snippets"
    assert {f"{german}.mo", f"{german}.po"} <= names


def test_the_local_ce_is_a_wheel_of_its_own(tmp_path: Path) -> None:
    """All its modules, its types and its licence."""
    names = built(ROOT / "local_ce", tmp_path)
    modules = {f"local_ce/{module.name}" for module in (ROOT / "local_ce").glob("*.py")}
    information = {name for name in names if name.startswith("local_ce-0.1.0.dist-info/")}
    assert names - information == {*modules, "local_ce/py.typed"}
    assert "local_ce-0.1.0.dist-info/licenses/LICENSE" in information


def test_both_have_the_same_licence() -> None:
    """A distribution can only carry files of its own folder."""
    assert (ROOT / "local_ce/LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
