"""Small projects for the tests to publish and submit."""

from __future__ import annotations

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "{name}"
version = "1.0"
"""

TASKS = """\
import orquestra.sdk as sdk

@sdk.task(source_import={source})
def demo_task():
    {body}

@sdk.workflow
def demo():
    return [demo_task()]
"""


def module(source: str, body: str = "return __file__") -> str:
    """Return the text of a module with one task of this ``source_import`` and a workflow."""
    return TASKS.format(source=source, body=body)


def packaged(package: str, tasks: str) -> dict[str, str]:
    """Return the files of a repo with ``tasks`` as module ``<package>.tasks`` and a manifest."""
    return {
        "pyproject.toml": PYPROJECT.format(name=package.replace("_", "-")),
        f"src/{package}/__init__.py": "",
        f"src/{package}/tasks.py": tasks,
    }


def submitted(package: str, tasks: str) -> dict[str, str]:
    """Return the same modules as the submitting side needs them."""
    return {f"{package}/__init__.py": "", f"{package}/tasks.py": tasks}
