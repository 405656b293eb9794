"""The wheels that stand for packages of PyPI."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local_ce import PackageIndex


def test_a_wheel_is_the_same_to_the_byte(tmp_path: Path) -> None:
    """Evidence does not change because a wheel was built on another day."""
    files = {"b.py": "B = 1\n", "a/__init__.py": ""}
    first = PackageIndex(tmp_path / "1").build("Some.Name", "1.0", files, requires=["six"])
    second = PackageIndex(tmp_path / "2").build(
        "Some.Name", "1.0", dict(reversed(files.items())), requires=["six"]
    )
    assert first.name == "Some_Name-1.0-py3-none-any.whl"
    assert first.read_bytes() == second.read_bytes()


def test_pip_installs_a_built_wheel_and_checks_its_record(tmp_path: Path) -> None:
    """Pip itself accepts it, dependencies included."""
    index = PackageIndex(tmp_path / "index")
    index.build("needed", "2.0", {"needed.py": "TWO = 2"})
    index.build("standin", "1.0", {"standin/__init__.py": "ONE = 1"}, requires=["needed>=2"])
    done = _install(index, "standin", tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out/standin/__init__.py").read_text() == "ONE = 1"
    assert (tmp_path / "out/needed.py").exists()


def test_pip_refuses_a_wheel_for_another_python(tmp_path: Path) -> None:
    """As it does with a package that no longer, or not yet, supports a version."""
    index = PackageIndex(tmp_path / "index")
    index.build("old", "1.0", {"old.py": ""}, requires_python="<3.9")
    index.build("old", "1.1", {"old.py": ""})

    refused = _install(index, "old==1.0", tmp_path / "refused")

    assert refused.returncode != 0
    assert "requires a different Python" in refused.stderr
    assert _install(index, "old", tmp_path / "out").returncode == 0


def test_a_wheel_file_can_be_added(tmp_path: Path) -> None:
    """It is copied, and the state of the index changes."""
    wheel = PackageIndex(tmp_path / "other").build("standin", "1.0", {"standin.py": ""})
    index = PackageIndex(tmp_path / "index")
    before = index.state()
    assert index.add(wheel).read_bytes() == wheel.read_bytes()
    assert index.state() != before


def test_another_file_is_no_wheel(tmp_path: Path) -> None:
    """The message names the file."""
    (tmp_path / "a.whl").write_text("not a zip")
    with pytest.raises(ValueError, match=r"a\.whl is not a wheel: give the path of a .whl file"):
        PackageIndex(tmp_path / "index").add(tmp_path / "a.whl")


def test_a_path_outside_the_wheel_is_refused(tmp_path: Path) -> None:
    """Pip would write it there."""
    with pytest.raises(ValueError, match="is not a path inside a wheel"):
        PackageIndex(tmp_path / "index").build("a", "1", {"../a.py": ""})


def _install(
    index: PackageIndex, requirement: str, target: Path
) -> subprocess.CompletedProcess[str]:
    """Have pip install from the index alone."""
    pip = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-index")
    return subprocess.run(
        [*pip, "--find-links", str(index.folder), "--target", str(target), requirement],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
