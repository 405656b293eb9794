"""The snippets of ``docs/git-hosting.rst`` and the tests of what they do on CE."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from examples import trees
from examples.runner import workflow_of

if TYPE_CHECKING:
    from examples.stage import Stage
    from sphinxext.tested_snippets.plugin import BoundSnippet

MANIFESTS = Path(__file__).parent.parent / "manifests"
AUTOMATIC = (MANIFESTS / "automatic.toml").read_text(encoding="utf-8")


class Snippets:
    """What the page shows. Each region ends before its own end marker."""

    # .. snippet-check::
    #    :setup: team_repo
    #    :output: train() gave 'trained'
    #    :proves: layout-subdirectory
    @staticmethod
    def subdirectory():
        from orquestra import sdk

        @sdk.task(
            source_import=sdk.GithubImport(
                "my-org/our-projects",
                git_ref="main#subdirectory=team",
            ),
        )
        def train():
            return "trained"

        # </snippet>

    @staticmethod
    def team_repo(publish_below):
        publish_below("team", "https://github.com/my-org/our-projects")
        # </snippet>

    # .. snippet-check::
    #    :setup: with_requirements
    #    :fails: ModuleNotFoundError: No module named 'my_tables'
    #    :proves: layout-requirements-unread
    @staticmethod
    def requirements_not_read():
        from orquestra import sdk

        # In the repo: a manifest that names no dependencies, and a requirements.txt with my-tables in it.
        @sdk.task(source_import=sdk.GithubImport("my-org/with-requirements"))
        def tables():
            import my_tables

            return my_tables.__name__

        # </snippet>

    @staticmethod
    def with_requirements(add_file):
        add_file("requirements.txt", "my-tables\n")
        # </snippet>

    # .. snippet-check::
    #    :setup: for_old_python
    #    :fails: requires a different Python
    #    :proves: layout-old-python
    @staticmethod
    def old_python():
        from orquestra import sdk

        # In the manifest of the repo: requires-python = "<3.9"
        @sdk.task(source_import=sdk.GithubImport("my-org/for-old-python"))
        def train():
            return "trained"

        # </snippet>

    @staticmethod
    def for_old_python(add_to):
        add_to("setup.cfg", "[options]", "python_requires = <3.9")
        # </snippet>

    # .. snippet-check::
    #    :setup: with_data
    #    :fails: FileNotFoundError
    #    :proves: layout-data-left-out
    # .. snippet-check:: named-in-the-manifest
    #    :setup: with_named_data
    #    :output: first_line() gave 'a,b'
    #    :proves: layout-data-named
    @staticmethod
    def data_file():
        from orquestra import sdk

        # In the repo: src/my_proj/data.csv
        @sdk.task(source_import=sdk.GithubImport("my-org/with-data"))
        def first_line():
            from pathlib import Path

            return Path(__file__).with_name("data.csv").read_text().splitlines()[0]

        # </snippet>

    @staticmethod
    def with_data(add_file):
        add_file("src/my_proj/data.csv", "a,b\n1,2\n")
        # </snippet>

    @staticmethod
    def with_named_data(add_file, add_to):
        add_file("src/my_proj/data.csv", "a,b\n1,2\n")
        add_to("setup.cfg", "where = src", "\n[options.package_data]\nmy_proj = *.csv")
        # </snippet>


@pytest.mark.snippet("docs/git-hosting.rst::several_packages")
@pytest.mark.snippet(statement="layout-all-packages")
def test_one_import_installs_all_packages_of_the_folder(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """A task can import from the package that it is not part of."""
    task = (
        "from orquestra import sdk\n\n"
        "@sdk.task(\n"
        "    source_import=sdk.InlineImport(),\n"
        '    dependency_imports=[sdk.GithubImport("my-org/my-project")],\n'
        ")\n"
        "def judge():\n"
        "    import my_plots.evaluate, my_proj.load\n"
        "    return my_plots.evaluate.error(my_proj.load.numbers(), [1.0, 2.0, 6.0])\n"
    )
    stage = staged(task)
    stage.files = trees.project(snippet.text)
    with stage.module({"my_task.py": task}, "my_task") as module:
        assert stage.run(workflow_of(module.judge)) == 1.0


def _built(folder: Path, files: Mapping[str, str]) -> tuple[list[str], str]:
    """The files and the metadata of what pip builds of a project, without an index."""
    project = folder / "project"
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-index", "--no-deps"]
    # The folder for the wheel would be a second package beside the project's.
    subprocess.run([*pip, "--no-build-isolation", "-w", "..", "."], cwd=project, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        (metadata,) = [name for name in names if name.endswith("/METADATA")]
        return names, packed.read(metadata).decode()


def _says(*statements: str) -> Callable[[Any], Any]:
    """Evidence for statements of the page, from the pip and the setuptools that CE leaves a repo to."""

    def claim(test: Any) -> Any:
        for statement in statements:
            test = pytest.mark.snippet(statement=statement, runtime="pytest")(test)
        return test

    return claim


@_says("deps-other-builder")
def test_another_tool_that_builds_packages_serves_as_well(tmp_path: Path) -> None:
    """Its manifest names Hatch's back-end in place of setuptools."""
    manifest = (
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'
        '[project]\nname = "my_proj"\nversion = "0.1.0"\n'
    )
    files = {f"src/my_proj/{name}": "" for name in ("__init__.py", "train.py")}
    names, metadata = _built(tmp_path, {"pyproject.toml": manifest, **files})

    assert {"my_proj/__init__.py", "my_proj/train.py"} <= set(names)
    assert "Name: my_proj" in metadata


@_says("layout-known-folders")
def test_tests_docs_and_examples_are_no_second_package(tmp_path: Path) -> None:
    """The search leaves them out, and takes the one that is left."""
    others = {f"{name}/__init__.py": "" for name in ("tests", "docs", "examples")}
    names, _ = _built(tmp_path, {"pyproject.toml": AUTOMATIC, "my_proj/__init__.py": "", **others})

    assert [name for name in names if name.endswith(".py")] == ["my_proj/__init__.py"]


@_says("layout-automatic-takes")
def test_the_automatic_search_takes_folders_without_an_init(tmp_path: Path) -> None:
    """In ``src`` of a project whose manifest says nothing about packages."""
    names, _ = _built(tmp_path, {"pyproject.toml": AUTOMATIC, "src/my_proj/train.py": ""})

    assert "my_proj/train.py" in names


@_says("layout-empty-install")
def test_find_packages_over_scripts_builds_an_empty_package(tmp_path: Path) -> None:
    """It is built without an error, and has no module in it."""
    setup = (
        'from setuptools import find_packages, setup\n\nsetup(name="a", packages=find_packages())\n'
    )
    names, _ = _built(tmp_path, {"setup.py": setup, **trees.scripts()})

    assert [name for name in names if name.endswith(".py")] == []


@_says("layout-modules-keep-names", "layout-beside-others")
def test_listed_scripts_are_installed_at_the_top(tmp_path: Path) -> None:
    """Beside whatever else is installed, under their own names."""
    manifest = (MANIFESTS / "scripts.toml").read_text(encoding="utf-8")
    names, _ = _built(tmp_path, {"pyproject.toml": manifest, **trees.scripts()})

    assert {"evaluate.py", "load.py", "train.py"} <= set(names)


@_says("layout-dependencies")
def test_pip_learns_what_a_package_needs_from_its_manifest(tmp_path: Path) -> None:
    """The line in the table ``[project]`` becomes part of what pip reads."""
    manifest = AUTOMATIC.replace("[project]\n", '[project]\ndependencies = ["my-tables>=0.1"]\n')
    _, metadata = _built(tmp_path, {"pyproject.toml": manifest, "src/my_proj/__init__.py": ""})

    assert "Requires-Dist: my-tables" in metadata


@_says("layout-requirement")
def test_address_and_ref_become_a_requirement_for_pip() -> None:
    """What the SDK hands to Ray for an import."""
    from orquestra.sdk._base._git_url_utils import parse_git_url
    from orquestra.sdk._ray._build_workflow import _pip_string
    from orquestra.sdk.schema import ir

    imported = ir.GitImport(
        id="i", repo_url=parse_git_url("https://github.com/my-org/a.git"), git_ref="main#x=y"
    )
    with mock.patch.dict(os.environ, {"ORQ_RAY_DOWNLOAD_GIT_IMPORTS": "1"}):
        assert _pip_string(imported) == ["git+https://github.com/my-org/a.git@main#x=y"]


@_says("deps-where-src", "init-needed")
def test_a_package_beside_the_folder_that_is_named_is_left_out(tmp_path: Path) -> None:
    """Of the project with ``where = src``, pip builds the packages there, which are folders with an ``__init__.py``."""
    others = {"my_scratch/__init__.py": "", "src/my_notes/notes.py": ""}
    names, _ = _built(tmp_path, {**trees.full_project(), **others})

    assert "my_proj/train.py" in names
    assert not [name for name in names if name.startswith(("my_scratch", "my_notes"))]
