"""The snippets of ``docs/migrating-from-quantum-engine.rst`` and the tests of what they do on CE."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from examples import trees
from examples.runner import installed_here, workflow_of
from examples.stage import SetupCode, package_with
from sphinxext.tested_snippets.include import include_named
from sphinxext.tested_snippets.styles import DEFAULT_STYLES

if TYPE_CHECKING:
    from examples.stage import Stage
    from sphinxext.tested_snippets.plugin import BoundSnippet


class Snippets:
    """What the guide shows. Each region ends before its own end marker."""

    @staticmethod
    def defaults():
        from orquestra import sdk

        @sdk.task
        def add(first=1, second=2):
            return first + second

        # </snippet>

    @staticmethod
    def inline_import():
        from orquestra import sdk

        @sdk.task(source_import=sdk.InlineImport())
        def add(first=1, second=2):
            return first + second

        # </snippet>

    @staticmethod
    def python_imports():
        from orquestra import sdk

        @sdk.task(
            dependency_imports=[
                sdk.PythonImports("torch~=2.0"),
            ],
        )
        def torch_version():
            import torch

            return torch.__version__

        # </snippet>

    # .. snippet-check:: QE
    #    :runtime: QE translation
    #    :output: compare() became 3 steps
    #
    # .. snippet-check::
    #    :output: ('small trained with 3 numbers', 'large trained with 3 numbers')
    @staticmethod
    def one_workflow():
        from orquestra import sdk

        project = sdk.GithubImport("my-org/my-project", git_ref="main")

        @sdk.task(source_import=project, resources=sdk.Resources(cpu="1"))
        def load():
            return [1, 2, 3]

        @sdk.task(source_import=project, resources=sdk.Resources(cpu="2"))
        def train(model, data):
            return f"{model} trained with {len(data)} numbers"

        @sdk.workflow
        def compare():
            data = load()
            return train("small", data), train("large", data)

        # </snippet>

    # .. snippet-check:: QE
    #    :runtime: QE translation
    #    :output: git@github.com:my-org/my-private-repo.git at main
    #
    # .. snippet-check::
    #    :fails: fatal: could not read Username for 'https://github.com'
    #    :setup: private_github_repo
    @staticmethod
    def github_import_private_before():
        from orquestra import sdk

        @sdk.task(
            source_import=sdk.GithubImport(
                "my-org/my-private-repo",
                git_ref="main",
            ),
        )
        def train():
            return "trained"

        # </snippet>

    # .. snippet-check::
    #    :setup: private_github_repo
    @staticmethod
    def github_import_private_after():
        from orquestra import sdk

        @sdk.task(
            source_import=sdk.GithubImport(
                "my-org/my-private-repo",
                git_ref="main",
                username="my-github-username",
                personal_access_token=sdk.Secret(
                    "my-github-token",
                    workspace_id="my-workspace",
                ),
            ),
        )
        def train():
            return "trained"

        # </snippet>

    @staticmethod
    def private_github_repo(private):
        private(
            "https://github.com/my-org/my-private-repo",
            username="my-github-username",
            secret="my-github-token",
            workspace="my-workspace",
        )
        # </snippet>

    @staticmethod
    def github_import_public():
        from orquestra import sdk

        @sdk.task(
            source_import=sdk.GithubImport(
                "my-org/my-public-repo",
                git_ref="main",
            ),
        )
        def preprocess():
            return "preprocessed"

        # </snippet>

    # .. snippet-check::
    #    :setup: private_example_repo
    @staticmethod
    def git_import_with_auth():
        from orquestra import sdk

        @sdk.task(
            source_import=sdk.GitImportWithAuth(
                repo_url="https://example.com/my-team/my-repo.git",
                git_ref="v1.0.1",
                username="my-username",
                auth_secret=sdk.Secret(
                    "my-git-token",
                    workspace_id="my-workspace",
                ),
            ),
        )
        def evaluate():
            return "evaluated"

        # </snippet>

    @staticmethod
    def private_example_repo(private):
        private(
            "https://example.com/my-team/my-repo.git",
            username="my-username",
            secret="my-git-token",
            workspace="my-workspace",
        )
        # </snippet>

    @staticmethod
    def latest_commit_helper(publish):
        def latest_commit_sha():
            import subprocess

            url = f"https://github.com/{REPO}"  # noqa: F821 - the snippet has it
            listing = subprocess.run(
                ["git", "ls-remote", url, "refs/heads/main"],
                check=True,
                capture_output=True,
                text=True,
            )
            return listing.stdout.split()[0]

        publish("https://github.com/my-org/my-other-repo")
        # </snippet>


@pytest.mark.snippet("defaults", output="add() gave 3")
def test_a_task_without_imports_gives_its_result(snippet: BoundSnippet) -> None:
    """What QE needed no imports for needs none on CE."""
    snippet.run()


@pytest.mark.snippet("inline_import", output="add() gave 3")
def test_an_inline_import_gives_the_same_result(snippet: BoundSnippet) -> None:
    """The long form does what the default does."""
    snippet.run()


@pytest.mark.snippet("python_imports", output="torch_version() gave '2.0.1'")
def test_a_package_is_installed_for_the_task_and_not_here(snippet: BoundSnippet) -> None:
    """The index has torch, the process that submits has not."""
    snippet.run()

    assert not installed_here("torch")


@pytest.mark.snippet("github_import_public")
@pytest.mark.snippet(statement="deps-code-of-the-repo")
@pytest.mark.snippet(statement="migrate-code-of-the-repo")
def test_the_code_that_runs_is_the_latest_commit_in_the_repo(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """Not what lies on the submitting side, and not what the branch was when it was first used."""
    local = snippet.text.replace('"preprocessed"', '"from the local copy"')
    moved = snippet.text.replace('"preprocessed"', '"preprocessed better"')

    results = [_run(staged(text), local, "preprocess") for text in (snippet.text, moved)]

    assert results == ["preprocessed", "preprocessed better"]


@pytest.mark.snippet(
    "github_import_private_before",
    fails="fatal: could not read Username for 'https://github.com'",
)
def test_a_private_repo_as_a_dependency_fails_alike(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """``dependency_imports`` follows the rule that ``source_import`` follows."""
    stage = staged(snippet.text)
    _make_private(stage)

    snippet.observe(_failure(stage, _as_dependency(snippet.text), "train"))


@pytest.mark.snippet("github_import_private_after")
def test_a_private_repo_is_installed_as_a_dependency_with_the_token(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """The token opens the repo for ``dependency_imports``, too."""
    stage = staged(snippet.text)
    _make_private(stage)

    assert _run(stage, _as_dependency(snippet.text), "train") == "trained"


@pytest.mark.snippet("docs/migrating-from-quantum-engine.rst::project_structure_after")
def test_every_module_of_the_new_structure_is_installed(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """The task can import its neighbours from the installed package."""
    task = (
        "from orquestra import sdk\n\n"
        "@sdk.task(\n"
        "    source_import=sdk.InlineImport(),\n"
        '    dependency_imports=[sdk.GithubImport("my-org/my-project")],\n'
        ")\n"
        "def names():\n"
        "    import my_proj.evaluate, my_proj.load, my_proj.train\n"
        "    return my_proj.load.numbers()\n"
    )
    stage = staged(task)
    stage.files = trees.project(snippet.text)

    assert _run(stage, task, "names") == [1.0, 2.0, 3.0]


@pytest.mark.snippet("docs/migrating-from-quantum-engine.rst::latest_commit")
def test_the_helper_names_the_commit_that_is_the_latest(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """A commit that comes later is the one that the next submission names."""
    setup = SetupCode(_region("latest_commit_helper"))
    text = f"{setup.definitions}\n\n{snippet.text}"
    shas = []
    for version in ("one", "two"):
        stage = staged(text.replace('"preprocessed"', f'"{version}"'))
        stage.publish("https://github.com/my-org/my-other-repo")
        with stage.module(stage.files, "my_proj.tasks") as module:
            shas.append(module.latest_commit_sha())
            imports = workflow_of(module.preprocess).model.imports.values()
            assert shas[-1] in {getattr(imported, "git_ref", None) for imported in imports}

    assert shas[0] != shas[1]


def _make_private(stage: Stage) -> None:
    stage.private(
        "https://github.com/my-org/my-private-repo",
        username="my-github-username",
        secret="my-github-token",
        workspace="my-workspace",
    )


def _as_dependency(text: str) -> str:
    """The snippet with its source import turned into a dependency import."""
    head, found, rest = text.partition("source_import=")
    assert found
    body, _, tail = rest.partition("\n)\ndef")
    source = f"{head}source_import=sdk.InlineImport(), dependency_imports=["
    return f"{source}{body.rstrip().rstrip(',')}],\n)\ndef{tail}"


def _run(stage: Stage, text: str, task: str) -> Any:
    """Submit `task` of the module `text` as it is on the submitting side."""
    with stage.module(package_with(text), "my_proj.tasks") as module:
        return stage.run(workflow_of(getattr(module, task)))


def _failure(stage: Stage, text: str, task: str) -> str:
    """Why submitting `task` fails."""
    from local_ce import RunFailed

    with pytest.raises(RunFailed) as failed:
        _run(stage, text, task)
    return f"{failed.value.cause}\n{failed.value}"


def _region(name: str) -> str:
    path = Path(__file__)
    return include_named(path, path.name, name, DEFAULT_STYLES).text
