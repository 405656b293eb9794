"""Tests of what the guide says about since when something is so: the release before it, and the first one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from examples.sdk_versions import ROOT, unpacked

if TYPE_CHECKING:
    from sphinxext.tested_snippets.plugin import BoundSnippet

_TASK = """
from orquestra import sdk

@sdk.task{options}
def train():
    return "trained"

@sdk.workflow{resources}
def run_task():
    return train()
"""
_DEFAULT = "print(*(each.type for each in tasks.run_task().model.imports.values()))"
_SHARE = "from examples.client import submitted_resources\nsubmitted_resources(tasks.run_task())"
_PACKAGES = (
    "from examples.translations import calls_of_ray\n"
    'print(*calls_of_ray(tasks.run_task())[0]["runtime_env"]["pip"]["packages"])'
)


def _since(statement: str, seen: str) -> pytest.MarkDecorator:
    """Evidence from two releases of the SDK for a statement of the guide; `seen` is what the second one says."""
    return pytest.mark.snippet(statement=statement, runtime="pytest", output=seen)


def _said(folder: Path, version: str, code: str) -> str:
    """What a release says when a script of this code runs beside the module ``tasks`` in `folder`."""
    script = folder / "script.py"  # Without a file, the SDK takes it for a notebook.
    script.write_text(f"import tasks\n{code}\nprint('went through')\n")
    paths = os.pathsep.join((str(unpacked(version)), str(ROOT)))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "ORQ_DB_PATH": str(folder / "db")},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else done.stdout


def _observe(snippet: BoundSnippet, releases: tuple[str, str], *, before: str, after: str) -> None:
    """Take what two releases said as what was seen: evidence names the installed one only."""
    seen = snippet.expected.output or ""
    line = next((each.strip() for each in after.splitlines() if seen in each), "")
    snippet.observe(f"{releases[0]}: {before}; {releases[1]}: {line}")


def _module(folder: Path, options: str = "", resources: str = "") -> None:
    (folder / "tasks.py").write_text(_TASK.format(options=options, resources=resources))


@_since("inline-since-0.51", "INLINE_IMPORT")
def test_a_task_takes_its_code_along_since_0_51(tmp_path: Path, snippet: BoundSnippet) -> None:
    """Before, a task of a module was looked for where it runs."""
    _module(tmp_path)

    assert "LOCAL_IMPORT" in _said(tmp_path, "0.50.0", _DEFAULT)
    after = _said(tmp_path, "0.51.0", _DEFAULT)
    _observe(snippet, ("0.50.0", "0.51.0"), before="LOCAL_IMPORT", after=after)


@_since("token-refused-since-0.51", "You passed a string as `personal_access_token")
def test_a_token_in_the_code_is_refused_since_0_51(tmp_path: Path, snippet: BoundSnippet) -> None:
    """Before, the task was taken."""
    code = 'tasks.sdk.GithubImport("my-org/my-repo", username="ada", personal_access_token="ghp_0")'
    _module(tmp_path)

    assert "went through" in _said(tmp_path, "0.50.0", code)
    after = _said(tmp_path, "0.51.0", code)
    _observe(snippet, ("0.50.0", "0.51.0"), before="went through", after=after)


@_since("with-auth-since-0.53", "went through")
def test_git_import_with_auth_came_with_0_53(tmp_path: Path, snippet: BoundSnippet) -> None:
    """The release before has no such name."""
    _module(tmp_path)

    before = _said(tmp_path, "0.52.0", "tasks.sdk.GitImportWithAuth")
    missing = "has no attribute 'GitImportWithAuth'"
    assert missing in before
    after = _said(tmp_path, "0.53.0", "tasks.sdk.GitImportWithAuth")
    _observe(snippet, ("0.52.0", "0.53.0"), before=f"the module {missing}", after=after)


@_since("share-refused-since-0.53", "insufficient to schedule all tasks")
def test_too_small_a_share_is_refused_since_0_53(tmp_path: Path, snippet: BoundSnippet) -> None:
    """Before, it was sent."""
    _module(tmp_path, '(resources=sdk.Resources(cpu="2"))', '(resources=sdk.Resources(cpu="1"))')

    assert "went through" in _said(tmp_path, "0.52.0", _SHARE)
    after = _said(tmp_path, "0.53.0", _SHARE)
    _observe(snippet, ("0.52.0", "0.53.0"), before="went through", after=after)


@_since("sdk-added-since-0.58", "my-plots orquestra-sdk==0.58.0")
def test_ray_is_told_to_install_the_sdk_for_each_task_since_0_58(
    tmp_path: Path, snippet: BoundSnippet
) -> None:
    """Before, it was told of the packages of the task only."""
    _module(tmp_path, '(dependency_imports=[sdk.PythonImports("my-plots")])')

    before = _said(tmp_path, "0.57.0", _PACKAGES)
    assert before.splitlines()[0] == "my-plots"
    after = _said(tmp_path, "0.58.0", _PACKAGES)
    _observe(snippet, ("0.57.0", "0.58.0"), before="my-plots", after=after)
