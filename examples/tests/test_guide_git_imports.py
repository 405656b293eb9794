"""Tests of what the guide says about imports and images; git imports as source and as dependency at once."""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from examples import trees
from examples.runner import IMAGES, installed_here, workflow_of
from examples.stage import package_with
from examples.waiting import run_beside_another

if TYPE_CHECKING:
    from examples.stage import Stage
    from local_ce.pytest_plugin import AnyCE
    from sphinxext.tested_snippets.normalise import Normaliser
    from sphinxext.tested_snippets.plugin import BoundSnippet

_TASK = """
from orquestra import sdk

IMPORT = {written}

@sdk.task(source_import=IMPORT)
def as_source():
    return "trained"

@sdk.task(source_import=sdk.InlineImport(), dependency_imports=[IMPORT])
def as_dependency():
    import my_proj.tasks

    return "trained"
"""

_GITHUB = 'sdk.GithubImport("my-org/{repo}", git_ref="{ref}"{more})'
_WITH_AUTH = (
    'sdk.GitImportWithAuth("https://github.com/my-org/{repo}.git", "{ref}", {username}, None)'
)


_ADA = (
    ', username="ada", '
    'personal_access_token=sdk.Secret("my-{of}-token", workspace_id="my-workspace")'
)
_SCRIPTS = _GITHUB.format(repo="scripts", ref="main", more="")
_BARE_SCRIPTS = {"train.py": trees.full_project()["src/my_proj/train.py"]}
_NO_MANIFEST = "neither 'setup.py' nor 'pyproject.toml' found"


def _holds(statement: str) -> pytest.MarkDecorator:
    """Evidence from the local CE for a statement of the guide."""
    return pytest.mark.snippet(statement=statement)


def _fails(statement: str, message: str) -> pytest.MarkDecorator:
    """The same, with the message that a reader gets."""
    return pytest.mark.snippet(statement=statement, fails=message)


def _both_run(stage: Stage, written: str) -> list[Any]:
    """What the two tasks give, one after the other: side by side each would take a worker of its own."""
    stage.files = {**stage.files, "src/my_proj/tasks.py": _TASK.format(written=written)}
    with stage.module(stage.files, "my_proj.tasks") as module:
        return [stage.run(workflow_of(task)) for task in (module.as_source, module.as_dependency)]


def _both_fail(stage: Stage, *written: str, files: dict[str, str] | None = None) -> list[str]:
    """Why the two tasks fail for each of the imports, submitted together so that they share the attempt."""
    from local_ce import RunFailed

    workflows = []
    for each in written:
        package = {**stage.files, "src/my_proj/tasks.py": _TASK.format(written=each)}
        with stage.module(package, "my_proj.tasks") as module:
            for task in (module.as_source, module.as_dependency):
                workflow = workflow_of(task)
                assert workflow.model.imports
                workflows.append(workflow)
    if files is not None:
        stage.files = files
        stage.publish("https://github.com/my-org/scripts.git")

    def failure(workflow: Any) -> str:
        with pytest.raises(RunFailed) as failed:
            stage.ce.run(workflow)
        return f"{failed.value.cause}\n{failed.value.log}"

    with ThreadPoolExecutor(len(workflows)) as pool:
        return list(pool.map(failure, workflows))


@_fails("ce-needs-manifest", _NO_MANIFEST)
@_fails("address-to-pip", "ERROR: git+https://github.com/my-org/scripts")
@_holds("imports-alike")
def test_bare_scripts_fail_both_imports_alike(
    staged: Callable[[str], Stage], snippets: Mapping[str, BoundSnippet]
) -> None:
    """Pip's own error says why, and has the address in the form that pip takes."""
    found = _both_fail(staged(""), _SCRIPTS, files=_BARE_SCRIPTS)

    for each in found:
        snippets["ce-needs-manifest"].observe(each)
        snippets["address-to-pip"].observe(each)


@_fails("manifest-for-both-kinds", _NO_MANIFEST)
def test_bare_scripts_fail_both_kinds_of_git_import(
    staged: Callable[[str], Stage], snippet: BoundSnippet
) -> None:
    """With the other kind, which came later, as well."""
    with_auth = _WITH_AUTH.format(repo="scripts", ref="main", username=None)

    found = _both_fail(staged(""), _SCRIPTS, with_auth, files=_BARE_SCRIPTS)

    assert len(found) == 4
    for each in found:
        snippet.observe(each)


@_fails("imports-alike", "pathspec 'nope' did not match any file(s)")
def test_an_unknown_ref_fails_both_imports_alike(
    staged: Callable[[str], Stage], snippet: BoundSnippet
) -> None:
    """The repo is there, and has no such branch, tag or commit."""
    written = _GITHUB.format(repo="scripts", ref="nope", more="")

    for found in _both_fail(staged(""), written, files=trees.scripts()):
        snippet.observe(found)


@_fails("setup-cfg-alone", _NO_MANIFEST)
@_holds("imports-alike")
def test_a_setup_cfg_alone_is_no_manifest(
    staged: Callable[[str], Stage], snippets: Mapping[str, BoundSnippet]
) -> None:
    """Pip asks for one of the two other files."""
    files = package_with("")
    del files["pyproject.toml"]
    assert "setup.cfg" in files

    for found in _both_fail(staged(""), _SCRIPTS, files=files):
        snippets["setup-cfg-alone"].observe(found)


@pytest.mark.parametrize(
    ("written", "manifest", "text"),
    [
        pytest.param(
            _GITHUB.format(repo="open", ref="main", more=""),
            "pyproject.toml",
            None,
            marks=[_holds("public-needs-nothing"), _holds("manifest-pyproject")],
        ),
        pytest.param(
            'sdk.GitImport("https://example.com/my-team/open.git", "main")',
            "setup.py",
            "from setuptools import setup\n\nsetup()\n",
            marks=[_holds("git-import-public"), _holds("manifest-setup-py")],
        ),
    ],
    ids=["GithubImport", "GitImport"],
)
@_holds("imports-alike")
def test_a_public_repo_with_a_manifest_is_installed_for_both_imports(
    staged: Callable[[str], Stage],
    snippets: Mapping[str, BoundSnippet],
    written: str,
    manifest: str,
    text: str | None,
) -> None:
    """Without username and token; beside a ``setup.cfg`` either of the two manifests is enough."""
    stage = staged("")
    files = dict(stage.files)
    content = files.pop("pyproject.toml")
    assert "setup.cfg" in files
    stage.files = {**files, manifest: text or content}

    assert _both_run(stage, written) == ["trained"] * 2
    for snippet in snippets.values():
        snippet.observe(f"with {manifest} and setup.cfg, both tasks gave 'trained'")


@_fails("scripts-left-out", "No module named train")
@_holds("imports-alike")
def test_loose_scripts_beside_find_packages_are_left_out(
    staged: Callable[[str], Stage], snippets: Mapping[str, BoundSnippet]
) -> None:
    """The repo is installed without a word, and the import fails; naming the scripts is what helps."""
    from local_ce import RunFailed

    named = _scripts_with_setup(staged, "named", 'py_modules=["train"]')
    left_out = _scripts_with_setup(staged, "left-out", "packages=find_packages()")

    assert [run() for run in named] == ["trained"] * 2
    for run in left_out:
        with pytest.raises(RunFailed) as failed:
            run()
        assert _NO_MANIFEST not in failed.value.log
        # Python, which says it of the second, has quotes there.
        said = f"{failed.value.cause}\n{failed.value.log}".replace("'train'", "train")
        snippets["scripts-left-out"].observe(said)


def _scripts_with_setup(
    staged: Callable[[str], Stage], repo: str, option: str
) -> list[Callable[[], Any]]:
    """Run a task of a loose script, and one that imports it, from a repo whose ``setup.py`` has an option."""
    setup = f'from setuptools import find_packages, setup\n\nsetup(name="{repo}", {option})\n'
    task = (
        "from orquestra import sdk\n\n"
        f'@sdk.task(source_import=sdk.GithubImport("my-org/{repo}"))\n'
        'def train():\n    return "trained"\n\n'
        "@sdk.task(\n"
        "    source_import=sdk.InlineImport(),\n"
        f'    dependency_imports=[sdk.GithubImport("my-org/{repo}")],\n'
        ")\n"
        'def use():\n    import train\n\n    return "trained"\n'
    )
    stage = staged("")
    stage.files = {"train.py": task, "setup.py": setup}

    def run(name: str) -> Any:
        with stage.module({"train.py": task}, "train") as module:
            return stage.run(workflow_of(getattr(module, name)))

    return [partial(run, "train"), partial(run, "use")]


@_fails("python-of-the-package", "requires a different Python")
def test_a_package_for_another_python_is_not_installed(
    staged: Callable[[str], Stage], snippet: BoundSnippet
) -> None:
    """Its manifest says which it is for."""
    files = package_with("")
    options = "[options]\n"
    assert options in files["setup.cfg"]
    files["setup.cfg"] = files["setup.cfg"].replace(options, f"{options}python_requires = <3.9\n")

    for found in _both_fail(staged(""), _SCRIPTS, files=files):
        snippet.observe(found)


@_fails("private-needs-token", "fatal: could not read Username for 'https://github.com'")
@_fails("git-import-private", "fatal: could not read Username for 'https://github.com'")
@_holds("imports-alike")
def test_without_a_token_a_private_repo_fails_both_imports_alike_with_either_kind(
    staged: Callable[[str], Stage], snippets: Mapping[str, BoundSnippet]
) -> None:
    """Git would ask for the name of the user, and nobody is there to answer."""
    git_import = 'sdk.GitImport("https://github.com/my-org/my-private-repo.git", "main")'
    github = _GITHUB.format(repo="my-private-repo", ref="main", more="")

    found = _both_fail(_with_private_repo(staged), github, git_import)

    assert len(found) == 4
    for each in found[:2]:
        snippets["private-needs-token"].observe(each)
    for each in found[2:]:
        snippets["git-import-private"].observe(each)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(
            ', username="ada"',
            marks=_fails("username-needs-token", "fatal: could not read Password for 'https://"),
        ),
        pytest.param(
            _ADA.format(of="wrong"),
            marks=[
                _fails("wrong-token", "fatal: Authentication failed for 'https://github.com"),
                _fails("deps-wrong-token", "fatal: Authentication failed for 'https://github.com"),
            ],
        ),
    ],
    ids=["username", "wrong-token"],
)
@_holds("imports-alike")
def test_without_the_right_token_a_private_repo_fails_both_imports_alike(
    staged: Callable[[str], Stage],
    snippets: Mapping[str, BoundSnippet],
    more: str,
) -> None:
    """A user name alone, and a token that the repo does not accept."""
    stage = _with_private_repo(staged)
    stage.ce.secrets.set("my-wrong-token", "ghp_" + "0" * 32, workspace="my-workspace")

    for found in _both_fail(stage, _GITHUB.format(repo="my-private-repo", ref="main", more=more)):
        for name in snippets.keys() - {"imports-alike"}:
            snippets[name].observe(found)


@_holds("token-opens")
@_holds("token-self-service")
@_holds("imports-alike")
def test_with_the_token_a_private_repo_is_installed_for_both_imports(
    staged: Callable[[str], Stage],
    snippet_redactor: Normaliser,
    snippets: Mapping[str, BoundSnippet],
) -> None:
    """Whoever submits stores the token in the own workspace, with the own login; nothing else is done."""
    from orquestra import sdk

    stage, token = _with_private_repo(staged), "ghp_" + secrets.token_hex(16)
    snippet_redactor.add_secret(token)
    stage.ce.git.allow("https://github.com/my-org/my-private-repo", username="ada", token=token)
    sdk.secrets.set("my-own-token", token, workspace_id="my-workspace", config_name="my-login")
    written = _GITHUB.format(repo="my-private-repo", ref="main", more=_ADA.format(of="own"))

    assert _both_run(stage, written) == ["trained"] * 2
    for snippet in snippets.values():
        snippet.observe("with the secret that the submitter stored, both tasks gave 'trained'")


@_holds("with-auth-elsewhere")
@_holds("layout-any-host")
def test_a_private_repo_on_another_host_is_installed_with_its_token(
    staged: Callable[[str], Stage],
) -> None:
    """``GitImportWithAuth`` takes any address."""
    stage = staged("")
    url = "https://example.com/my-team/closed.git"
    stage.private(url, username="ada", secret="my-git-token", workspace="my-workspace")
    written = (
        f'sdk.GitImportWithAuth("{url}", "main", "ada", '
        'sdk.Secret("my-git-token", workspace_id="my-workspace"))'
    )

    assert _both_run(stage, written) == ["trained"] * 2


@_fails("infer-without-key", "Cloning ssh://")
def test_over_ssh_a_public_repo_at_github_fails_both_imports_alike(
    staged: Callable[[str], Stage], snippet: BoundSnippet
) -> None:
    """The address is the one that ``infer()`` names."""
    stage = staged("")
    stage.publish("https://github.com/my-org/open")

    for found in _both_fail(stage, 'sdk.GitImport("git@github.com:my-org/open", "main")'):
        snippet.observe(found)


@pytest.mark.snippet(
    statement="token-as-text",
    runtime="pytest",
    fails="You passed a string as `personal_access_token",
)
def test_a_token_in_the_code_is_refused(snippet: BoundSnippet) -> None:
    """Before anything is submitted."""
    from orquestra import sdk

    with pytest.raises(TypeError) as refused:
        sdk.GithubImport("my-org/my-private-repo", username="ada", personal_access_token="ghp_0")

    snippet.observe(str(refused.value))


@pytest.mark.snippet(statement="git-import-no-credentials", runtime="pytest")
def test_a_git_import_has_an_address_and_a_ref_and_nothing_else() -> None:
    """Its fields, and what it says to another one."""
    from orquestra import sdk

    sdk.GitImport(repo_url="https://example.com/my-team/my-repo.git", git_ref="main")
    assert list(inspect.signature(sdk.GitImport).parameters) == ["repo_url", "git_ref"]


@pytest.mark.snippet(statement="inline-import-is-default", runtime="pytest")
def test_a_task_without_imports_is_one_with_an_inline_import() -> None:
    """The SDK makes the same model of both; late releases add a package to either."""
    from orquestra import sdk

    def add(first: int = 1, second: int = 2) -> int:
        return first + second

    short, long = sdk.task(add), sdk.task(source_import=sdk.InlineImport())(add)

    found = [list(workflow_of(task).model.imports.values()) for task in (short, long)]
    kinds = [[type(each).__name__ for each in imports] for imports in found]
    assert kinds[0] == kinds[1]
    assert "InlineImport" in kinds[0]


@_holds("no-imports")
def test_a_task_without_imports_runs(local_ce: AnyCE) -> None:
    """Its code goes with the workflow."""
    from orquestra import sdk

    @sdk.task
    def add(first: int = 1, second: int = 2) -> int:
        return first + second

    assert local_ce.run(workflow_of(add)) == 3


@_holds("packages-come-along")
@_holds("packages-not-needed-here")
def test_a_package_is_installed_where_the_task_runs_and_not_here(local_ce: AnyCE) -> None:
    """The index of the local CE has it; the process that submits has not."""
    from orquestra import sdk

    @sdk.task(source_import=sdk.InlineImport(), dependency_imports=[sdk.PythonImports("my-tables")])
    def tables() -> str:
        import my_tables

        return str(my_tables.__name__)

    assert local_ce.run(workflow_of(tables)) == "my_tables"
    assert not installed_here("my-tables")


@_holds("image-offered")
@_fails("image-not-offered", "waiting: train (image my-registry.example.com/my-team/none:1.0)")
def test_a_task_with_an_image_that_is_offered_runs_and_one_with_another_waits(
    local_ce: AnyCE, snippets: Mapping[str, BoundSnippet]
) -> None:
    """The first is submitted after the second, and has ended while that one still waits."""
    from local_ce import RunFailed

    waiting, offered = map(_with_image, ("my-registry.example.com/my-team/none:1.0", IMAGES[0]))

    with pytest.raises(RunFailed) as failed:
        run_beside_another(local_ce, waiting, offered)

    snippets["image-not-offered"].observe(failed.value.cause)
    snippets["image-offered"].observe(f"the run with {IMAGES[0]} ended")


def _with_image(name: str) -> Any:
    from orquestra import sdk

    @sdk.task(source_import=sdk.InlineImport(), custom_image=name)
    def train() -> str:
        return "trained"

    return workflow_of(train)


def _with_private_repo(staged: Callable[[str], Stage]) -> Stage:
    stage = staged("")
    url = "https://github.com/my-org/my-private-repo"
    stage.private(url, username="ada", secret="my-github-token", workspace="my-workspace")
    stage.publish(url)
    return stage
