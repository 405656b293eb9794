"""The project of the page ``docs/migrate-a-project.rst`` after each of its steps.

A folder of ``examples/qe_project`` has the files that one step adds or changes; all others are those of the steps before.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_ce.package_index import PackageIndex

__all__ = ["WORKFLOW", "add_simulator", "after", "step_of"]

_PROJECT = Path(__file__).parent / "qe_project"
#: The module that is submitted.
WORKFLOW = "workflow"


def add_simulator(index: PackageIndex) -> None:
    """Build what the project's package is in the checks: a release for Pythons before 3.9, and one for all."""
    files = {"my_simulator/__init__.py": (_PROJECT / "simulator.py").read_text(encoding="utf-8")}
    index.build("my-simulator", "1.4.0", files, requires_python="<3.9")
    index.build("my-simulator", "1.5.0", files)


def _steps() -> list[Path]:
    return sorted(path for path in _PROJECT.iterdir() if path.is_dir())


def after(step: str) -> dict[str, str]:
    """The files of the project as a step leaves it.

    :param step: the name of its folder.
    :raises ValueError: there is no such step.
    """
    names = [path.name for path in _steps()]
    if step not in names:
        raise ValueError(f"examples/qe_project has no folder {step!r}, but {', '.join(names)}")
    done = _steps()[: names.index(step) + 1]
    return {
        path.name: path.read_text(encoding="utf-8")
        for folder in done
        for path in sorted(folder.iterdir())
        if path.is_file()
    }


def step_of(text: str) -> str | None:
    """The step that a block of the page belongs to: the first that has a file with this text."""
    for folder in _steps():
        for path in folder.iterdir():
            if path.is_file() and path.read_text(encoding="utf-8").rstrip() == text.rstrip():
                return folder.name
    return None
