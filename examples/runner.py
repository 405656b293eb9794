"""The runtime CE of this site: executes the blocks of its pages on a local Compute Engine.

A block of Python is published to the repo its task names, if it names one, imported on the submitting side,
wrapped in a workflow and submitted. A drawing of a project tree is created, published and installed.
"""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Callable, Iterator
from importlib import import_module, metadata
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from examples import migration, trees
from examples.stage import SetupCode, Stage, package_with
from sphinxext.tested_snippets.runner import Runner, SetupError, Snippet

if TYPE_CHECKING:
    from local_ce.pytest_plugin import AnyCE
    from sphinxext.tested_snippets.normalise import Normaliser

#: The images that the local CE offers beside the default one.
IMAGES = ["my-registry.example.com/my-team/my-image:1.0"]
#: The workspaces that the guide names; runs go to the first one.
WORKSPACES = ["my-workspace"]


class CERunner:
    """Runs snippets on `ce`; `token` is the access token its private repos accept."""

    def __init__(self, ce: AnyCE, token: str) -> None:
        self.ce = ce
        self.token = token

    def __call__(self, snippet: Snippet) -> str:
        """Execute a snippet and return a line for each value it gave.

        :raises SetupError: the hidden set-up failed.
        :raises RuntimeError: a workflow run failed; its message has the log of the environment, too.
        """
        from local_ce import RunFailed

        try:
            setup = SetupCode(snippet.setup)
        except SyntaxError as error:
            raise SetupError(f"the hidden set-up is no Python: {error}") from error
        files, module = repo_of(snippet, setup)
        with Stage(self.ce, files, self.token) as stage:
            try:
                stage.set(setup)
            except Exception as error:
                raise SetupError(f"{type(error).__name__}: {error}") from error
            try:
                with stage.module(files, module) as imported:
                    return "\n".join(
                        f"{name}() gave {stage.run(workflow)!r}"
                        for name, workflow in called_in(imported)
                    )
            except RunFailed as error:
                # The cause is one line; what a page is about may be another one of the log.
                raise RuntimeError(f"{error.cause}\n{error}\n{error.log}") from error


def repo_of(snippet: Snippet, setup: SetupCode) -> tuple[dict[str, str], str]:
    """The files of the repo that a snippet stands for, and the name of the module with the tasks."""
    step = migration.step_of(snippet.text)
    if step:
        return migration.after(step), migration.WORKFLOW
    if trees.is_tree(snippet.text):
        return trees.project(snippet.text), trees.module(snippet.text)
    if snippet.language in {"toml", "ini", "cfg"}:
        return _with_manifest(snippet)
    text = "\n\n".join(filter(None, [setup.definitions, snippet.text]))
    return package_with(text), "my_proj.tasks"


def _with_manifest(snippet: Snippet) -> tuple[dict[str, str], str]:
    """The example project with the manifest that the page shows in place of its own."""
    if "py-modules" in snippet.text:
        return {**trees.scripts(), "pyproject.toml": snippet.text}, "train"
    name = "pyproject.toml" if snippet.language == "toml" else "setup.cfg"
    files = {**trees.full_project(), name: snippet.text}
    if "[project]" in snippet.text:
        del files["setup.cfg"]  # The page says that one file is enough.
    return files, "my_proj.train"


def called_in(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The workflows of a module, called, by name; where it has none, its tasks, each in a workflow of its own.

    A module with neither is a script, which ran when it was imported.
    """
    from orquestra import sdk

    own = list(vars(module).values())
    workflows = [value for value in own if isinstance(value, sdk.WorkflowTemplate)]
    for template in workflows:
        yield template.__name__, template()
    for task in [] if workflows else own:
        if isinstance(task, sdk.TaskDef):
            yield task.__name__, workflow_of(task)


def workflow_of(task: Any, **meta: Any) -> Any:
    """A workflow that calls `task` once, with what `meta` says of this call, and is called itself."""
    from orquestra import sdk

    @sdk.workflow
    def run_task() -> Any:
        return task().with_invocation_meta(**meta) if meta else task()

    return run_task()


@pytest.fixture(scope="session")
def local_ce(pytestconfig: pytest.Config) -> Iterator[AnyCE]:
    """The local CE of this site: with its images, workspaces and packages."""
    from local_ce.pytest_plugin import started_ce

    with started_ce(pytestconfig, images=IMAGES, workspaces=WORKSPACES) as ce:
        # A small wheel in torch's place: what is tested is where packages go, not torch.
        ce.index.build("torch", "2.0.1", {"torch/__init__.py": '__version__ = "2.0.1"\n'})
        ce.index.build("my-plots", "1.3.0", {"my_plots/__init__.py": ""})
        ce.index.build("my-tables", "0.1.0", {"my_tables/__init__.py": "class Table:\n    pass\n"})
        migration.add_simulator(ce.index)
        yield ce


@pytest.fixture(scope="session")
def ce_runner(local_ce: AnyCE, snippet_redactor: Normaliser) -> Runner:
    """The runtime CE."""
    token = "ghp_" + secrets.token_hex(16)
    snippet_redactor.add_secret(token)
    return CERunner(local_ce, token)


@pytest.fixture
def calling_runner(request: pytest.FixtureRequest) -> Runner:
    """The runtime "pytest": calls the tests of a snippet with the fixtures that they name."""
    from local_ce import importable

    def run(snippet: Snippet) -> str:
        with importable({"test_snippet.py": snippet.text}):
            names = vars(import_module("test_snippet"))
            tests = [value for name, value in names.items() if name.startswith("test_")]
            if not tests:
                raise ValueError("the snippet has no function test_..., nothing would run")
            for test in tests:
                test(*map(request.getfixturevalue, inspect.signature(test).parameters))
        return ""

    return run


@pytest.fixture
def staged(local_ce: AnyCE, ce_runner: CERunner) -> Iterator[Callable[[str], Stage]]:
    """Gives the stage for a module text; tests use it to run variations of a snippet."""
    with_stages: list[Stage] = []

    def stage(text: str) -> Stage:
        entered = Stage(local_ce, package_with(text), ce_runner.token).__enter__()
        with_stages.append(entered)
        return entered

    yield stage
    for entered in reversed(with_stages):
        entered.__exit__()


def installed_here(distribution: str) -> bool:
    """Whether this process, which submits, has a distribution installed."""
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
