"""The snippets of ``docs/dependency-installation.rst`` and the tests of what they do on CE."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING
from unittest import mock
from urllib.parse import quote

import pytest

from examples import trees
from examples.runner import workflow_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from examples.stage import Stage
    from local_ce.pytest_plugin import AnyCE
    from sphinxext.tested_snippets.plugin import BoundSnippet


class Snippets:
    """What the page shows. Each region ends before its own end marker."""

    # .. snippet-check::
    #    :setup: a_token
    @staticmethod
    def store_token():
        import getpass

        from orquestra import sdk

        sdk.secrets.set(
            "my-github-token",
            getpass.getpass("Paste the token: "),
            workspace_id="my-workspace",
            config_name="my-login",
        )
        # </snippet>

    @staticmethod
    def a_token(type_in):
        type_in("ghp_0123456789abcdef0123456789abcdef")
        # </snippet>

    # .. snippet-check::
    #    :runtime: SDK
    #    :fails: You passed a string as `personal_access_token
    #    :proves: deps-token-refused
    @staticmethod
    def token_in_the_code():
        from orquestra import sdk

        sdk.GithubImport(
            "my-org/my-private-repo",
            username="my-github-username",
            personal_access_token="paste the token here",
        )
        # </snippet>

    @staticmethod
    def several_packages():
        from orquestra import sdk

        @sdk.task(
            dependency_imports=[
                sdk.PythonImports("my-plots>=1.2", "my-tables[excel]"),
            ],
        )
        def report():
            import my_plots
            import my_tables

            return f"{my_plots.__name__} and {my_tables.__name__}"

        # </snippet>

    # .. snippet-check::
    #    :setup: requirements
    #    :output: report() gave '1.3.0'
    #    :proves: deps-requirements-file deps-one-or-list
    @staticmethod
    def requirements_file():
        from orquestra import sdk

        @sdk.task(
            dependency_imports=sdk.PythonImports("my-tables[excel]", file="requirements.txt"),
        )
        def report():
            from importlib.metadata import version

            return version("my-plots")

        # </snippet>

    @staticmethod
    def requirements(write_here):
        write_here("requirements.txt", "my-plots>=1.2\n")
        # </snippet>

    # .. snippet-check::
    #    :fails: ERROR: No matching distribution found for no-such-package
    #    :proves: deps-unknown-package
    @staticmethod
    def unknown_package():
        from orquestra import sdk

        @sdk.task(dependency_imports=sdk.PythonImports("no-such-package"))
        def report():
            return "reported"

        # </snippet>

    # .. snippet-check::
    #    :output: report() gave '1.3.0'
    #    :proves: deps-address-dropped
    @staticmethod
    def address_dropped():
        from orquestra import sdk

        @sdk.task(
            dependency_imports=sdk.PythonImports(
                "my-plots @ git+https://github.com/my-org/no-such-repo"
            ),
        )
        def report():
            from importlib.metadata import version

            return version("my-plots")

        # </snippet>

    # .. snippet-check::
    #    :fails: No module named 'my_tables'
    #    :proves: deps-result-unreadable
    @staticmethod
    def result_of_a_package():
        from orquestra import sdk

        @sdk.task(dependency_imports=sdk.PythonImports("my-tables"))
        def table():
            import my_tables

            return my_tables.Table()

        # </snippet>

    # .. snippet-check::
    #    :output: train() gave 3
    #    :proves: deps-own-module
    @staticmethod
    def helper_beside_it():
        from orquestra import sdk

        def steps():
            return 3

        @sdk.task(source_import=sdk.InlineImport())
        def train():
            return steps()

        # </snippet>

    # .. snippet-check::
    #    :setup: my_helpers
    #    :fails: ModuleNotFoundError: No module named 'my_helpers'
    #    :proves: deps-other-modules
    @staticmethod
    def helper_elsewhere():
        from orquestra import sdk

        @sdk.task(source_import=sdk.InlineImport())
        def train():
            from my_helpers import steps

            return steps()

        # </snippet>

    @staticmethod
    def my_helpers(write_here):
        write_here("my_helpers.py", "def steps():\n    return 3\n")
        # </snippet>

    # .. snippet-check::
    #    :fails: No module named my_proj
    #    :proves: deps-local-import
    @staticmethod
    def local_import():
        from orquestra import sdk

        @sdk.task(source_import=sdk.LocalImport("my_proj.tasks"))
        def train():
            return "trained"

        # </snippet>

    # .. snippet-check::
    #    :setup: public_repo
    #    :fails: error: pathspec 'v9' did not match any file(s) known to git
    #    :proves: deps-unknown-ref
    @staticmethod
    def unknown_ref():
        from orquestra import sdk

        @sdk.task(source_import=sdk.GithubImport("my-org/my-tagged-repo", git_ref="v9"))
        def train():
            return "trained"

        # </snippet>

    @staticmethod
    def public_repo(publish_only):
        publish_only("https://github.com/my-org/my-tagged-repo")
        # </snippet>

    # .. snippet-check::
    #    :runtime: SDK
    #    :fails: Passwords should not be stored in the URL directly
    #    :proves: deps-password
    @staticmethod
    def password_in_the_address():
        from orquestra import sdk

        @sdk.task(
            source_import=sdk.GitImport(
                repo_url="https://me:my-password@example.com/my-team/my-repo.git",
                git_ref="main",
            ),
        )
        def train():
            return "trained"

        # </snippet>

    # .. snippet-check::
    #    :setup: one_private_repo
    #    :fails: fatal: could not read Password for 'https://my-github-username@github.com'
    #    :proves: deps-no-token
    @staticmethod
    def no_token():
        from orquestra import sdk

        @sdk.task(
            source_import=sdk.GithubImport(
                "my-org/my-private-repo",
                username="my-github-username",
            ),
        )
        def train():
            return "trained"

        # </snippet>

    # .. snippet-check::
    #    :setup: one_private_repo
    #    :fails: Couldn't find secret named zri:v1::0:my-workspace:secret:my-gihtub-token
    #    :proves: deps-no-secret
    @staticmethod
    def no_secret():
        from orquestra import sdk

        @sdk.task(
            source_import=sdk.GithubImport(
                "my-org/my-private-repo",
                username="my-github-username",
                personal_access_token=sdk.Secret("my-gihtub-token", workspace_id="my-workspace"),
            ),
        )
        def train():
            return "trained"

        # </snippet>

    @staticmethod
    def one_private_repo(private):
        private(
            "https://github.com/my-org/my-private-repo",
            username="my-github-username",
            secret="my-github-token",
            workspace="my-workspace",
        )
        # </snippet>

    # .. snippet-check::
    #    :setup: two_private_repos
    #    :fails: fatal: repository 'https://github.com/my-org/my-other-private-repo.git/' not found
    #    :proves: deps-other-repo
    @staticmethod
    def token_of_another_repo():
        from orquestra import sdk

        @sdk.task(
            source_import=sdk.GithubImport(
                "my-org/my-other-private-repo",
                username="my-github-username",
                personal_access_token=sdk.Secret("my-github-token", workspace_id="my-workspace"),
            ),
        )
        def train():
            return "trained"

        # </snippet>

    @staticmethod
    def two_private_repos(private, private_for_others):
        private(
            "https://github.com/my-org/my-private-repo",
            username="my-github-username",
            secret="my-github-token",
            workspace="my-workspace",
        )
        private_for_others("https://github.com/my-org/my-other-private-repo")
        # </snippet>

    # .. snippet-check::
    #    :runtime: python
    #    :fails: function train is defined inside __main__ module
    #    :proves: deps-main-refused
    @staticmethod
    def task_in_main():
        from orquestra import sdk

        @sdk.task(source_import=sdk.GithubImport("my-org/my-project"))
        def train():
            return "trained"

        @sdk.workflow
        def study():
            return train()

        study().run("in_process")  # Here, and on CE.
        # </snippet>

    # .. snippet-check::
    #    :setup: an_awkward_token
    @staticmethod
    def encoded_token():
        import getpass
        from urllib.parse import quote

        from orquestra import sdk

        sdk.secrets.set(
            "my-awkward-token",
            quote(getpass.getpass("Paste the token: "), safe=""),
            workspace_id="my-workspace",
            config_name="my-login",
        )
        # </snippet>

    @staticmethod
    def an_awkward_token(type_in):
        type_in("ab/cd#ef")
        # </snippet>

    # .. snippet-check::
    #    :setup: one_private_repo
    #    :output: check() gave 36
    @staticmethod
    def secret_argument():
        from orquestra import sdk

        @sdk.task
        def length(token):
            return len(token)

        @sdk.workflow
        def check():
            return length(sdk.Secret("my-github-token", workspace_id="my-workspace"))

        # </snippet>

    # .. snippet-check::
    #    :proves: deps-secret-calls deps-secret-replaced
    @staticmethod
    def life_of_a_secret():
        from orquestra import sdk

        place = {"workspace_id": "my-workspace", "config_name": "my-login"}
        sdk.secrets.set("my-code", "4711", **place)
        assert sdk.secrets.get("my-code", **place) == "4711"
        assert "my-code" in sdk.secrets.list(**place)
        sdk.secrets.set("my-code", "4712", **place)
        assert sdk.secrets.get("my-code", **place) == "4712"
        sdk.secrets.delete("my-code", **place)
        assert "my-code" not in sdk.secrets.list(**place)
        # </snippet>


@pytest.mark.snippet("store_token")
def test_the_token_is_the_value_of_the_secret_afterwards(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """What was typed in is what the secrets service holds."""
    stage = staged(snippet.text)
    stage.type_in("ghp_fedcba9876543210fedcba9876543210")
    with stage.module(stage.files, "my_proj.tasks"):
        stored = stage.ce.secrets.get("my-github-token", workspace="my-workspace")

    assert stored == "ghp_fedcba9876543210fedcba9876543210"


@pytest.mark.snippet(statement="deps-several-packages")
@pytest.mark.snippet(statement="deps-one-or-list")
@pytest.mark.snippet("several_packages", output="report() gave 'my_plots and my_tables'")
def test_a_task_imports_all_packages_it_names(snippet: BoundSnippet) -> None:
    """One import can name several packages, with versions and extras."""
    snippet.run()


@pytest.mark.snippet("encoded_token")
@pytest.mark.snippet(statement="cli-again")
@pytest.mark.snippet(statement="deps-not-encoded", fails="URL using bad/illegal format")
@pytest.mark.snippet(statement="deps-encoded-opens")
@pytest.mark.snippet(statement="deps-token-renewed")
def test_an_awkward_token_opens_the_repo_only_when_it_is_encoded(
    snippets: Mapping[str, BoundSnippet], staged: Callable[[str], Stage]
) -> None:
    """The same token, stored as it is, breaks the address."""
    from local_ce import RunFailed

    url, token = "https://github.com/my-org/my-awkward-repo", "ab/cd#ef"
    task = (
        "from orquestra import sdk\n\n"
        "@sdk.task(source_import=sdk.GithubImport(\n"
        '    "my-org/my-awkward-repo", username="me",\n'
        '    personal_access_token=sdk.Secret("my-awkward-token", workspace_id="my-workspace"),\n'
        "))\n"
        "def train():\n"
        '    return "trained"\n'
    )
    stage = staged(task)
    stage.private(url, username="me", secret="my-awkward-token", workspace="my-workspace")
    stage.ce.git.allow(url, username="me", token=token)
    stage.ce.secrets.set("my-awkward-token", token, workspace="my-workspace")
    with stage.module(stage.files, "my_proj.tasks") as module:
        with pytest.raises(RunFailed) as failed:
            stage.run(workflow_of(module.train))
        snippets["deps-not-encoded"].observe(f"{failed.value.cause}\n{failed.value.log}")
        stage.type_in(token)
        exec(snippets["encoded_token"].text, {})  # noqa: S102 - the snippet stores the token, as its reader would
        assert stage.run(workflow_of(module.train)) == "trained"


def _listing(ce: AnyCE, token: str) -> subprocess.CompletedProcess[str]:
    """What git says to an address with the `token`, as the SDK writes it for CE."""
    from orquestra.sdk._base._git_url_utils import build_git_url, parse_git_url
    from orquestra.sdk.schema.ir import SecretNode

    url = parse_git_url("https://github.com/my-org/my-awkward-repo")
    secret = SecretNode(
        id="s", secret_name="my-awkward-token", secret_config=None, workspace_id="my-workspace"
    )
    with mock.patch("orquestra.sdk.secrets.get", return_value=token):
        address = build_git_url(url.copy(update={"user": "me", "password": secret}), "https")
    # Where anything else than a name is taken for the host, nobody shall be asked for it.
    return subprocess.run(
        ["git", "ls-remote", address], check=False, capture_output=True, text=True, timeout=60
    )


@pytest.mark.snippet(statement="deps-awkward-characters", runtime="pytest")
@pytest.mark.snippet(statement="deps-token-printed", runtime="pytest")
def test_each_awkward_character_breaks_the_address(staged: Callable[[str], Stage]) -> None:
    """Encoded, the same token opens the repo; some of the messages have a part of the token."""
    stage = staged("")
    url, printed = "https://github.com/my-org/my-awkward-repo", []
    stage.private(url, username="me", secret="my-awkward-token", workspace="my-workspace")
    stage.publish(url)
    for character in ("/", "#", "?", "@", " ", "%41"):
        token = f"1{character}2secret3"
        stage.ce.git.allow(url, username="me", token=token)
        plain, encoded = _listing(stage.ce, token), _listing(stage.ce, quote(token, safe=""))
        assert plain.returncode != 0, character
        assert encoded.returncode == 0, encoded.stderr
        printed.append("secret3" in plain.stderr)

    assert any(printed)


@pytest.mark.snippet(statement="deps-newest-for-python", runtime="pytest")
def test_without_a_version_pip_takes_the_newest_that_is_for_this_python(
    local_ce: AnyCE,
) -> None:
    """Of three releases the last is for a Python that comes later."""
    for version, python in (("1.0", ">=3.8"), ("1.1", ">=3.8"), ("2.0", ">=3.99")):
        local_ce.index.build("my-moving", version, {}, requires_python=python)
    links = ("--no-index", "--find-links", str(local_ce.index.folder))
    pip = [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--report", "-"]

    done = subprocess.run([*pip, *links, "my-moving"], check=True, capture_output=True, text=True)

    (found,) = json.loads(done.stdout)["install"]
    assert found["metadata"]["version"] == "1.1"


@pytest.mark.snippet(statement="deps-inline-travels", runtime="pytest")
@pytest.mark.snippet(statement="deps-names-travel", runtime="pytest")
@pytest.mark.snippet(statement="deps-task-by-name", runtime="pytest")
def test_what_is_sent_of_a_task_is_its_code_or_its_names(staged: Callable[[str], Stage]) -> None:
    """The workflow's model has the pickled function, or module and function."""
    stage = staged("")
    with stage.module(trees.full_project(), "my_proj.train") as module:
        (named,) = workflow_of(module.train).model.tasks.values()

    from orquestra import sdk

    @sdk.task(source_import=sdk.InlineImport())
    def train() -> str:
        return "trained"

    (inline,) = workflow_of(train).model.tasks.values()

    assert (named.fn_ref.module, named.fn_ref.function_name) == ("my_proj.train", "train")
    assert not hasattr(named.fn_ref, "encoded_function")
    assert inline.fn_ref.encoded_function


@pytest.mark.snippet(statement="deps-github-import", runtime="pytest")
def test_a_github_import_takes_a_name_and_means_main() -> None:
    """The address is made of the name."""
    from orquestra import sdk

    imported = sdk.GithubImport("my-org/my-project")

    assert imported.repo_url == "https://github.com/my-org/my-project.git"
    assert imported.git_ref == "main"


@pytest.mark.snippet(statement="deps-workspace-warning", runtime="pytest", output="will be sunset")
def test_a_secret_without_a_workspace_is_a_warning(snippet: BoundSnippet) -> None:
    """In an import; with the workspace it is none."""
    from orquestra import sdk

    where = "my-org/my-private-repo"
    sdk.GithubImport(where, personal_access_token=sdk.Secret("one", workspace_id="my-workspace"))
    with pytest.warns(FutureWarning) as warned:
        sdk.GithubImport(where, personal_access_token=sdk.Secret("one"))

    snippet.observe(str(warned[0].message))


@pytest.mark.snippet(
    statement="deps-other-workspace", runtime="pytest", fails="Couldn't find secret named"
)
def test_a_secret_of_another_workspace_is_not_found(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """Though it has the same name."""
    from orquestra import sdk
    from orquestra.sdk.exceptions import NotFoundError

    stage = staged("")
    stage.ce.secrets.set("my-lone-secret", "4711", workspace="another-workspace")

    with pytest.raises(NotFoundError) as refused:
        sdk.secrets.get("my-lone-secret", workspace_id="my-workspace", config_name="my-login")

    snippet.observe(str(refused.value))


@pytest.mark.snippet(statement="deps-secret-not-sent")
def test_a_secret_argument_is_looked_up_by_the_task(staged: Callable[[str], Stage]) -> None:
    """What is submitted has its name, and the process that submits asks for no value."""
    text = (
        "from orquestra import sdk\n\n"
        "@sdk.task\ndef length(code):\n    return len(code)\n\n"
        "@sdk.workflow\ndef check():\n"
        '    return length(sdk.Secret("my-code", workspace_id="my-workspace"))\n'
    )
    stage = staged(text)
    stage.ce.secrets.set(
        "my-code", "a-code-of-35-characters-0123456789ab", workspace="my-workspace"
    )
    with stage.module(stage.files, "my_proj.tasks") as module:
        sent = module.check().model.json()
        with mock.patch("orquestra.sdk.secrets.get", side_effect=AssertionError):
            assert stage.run(module.check()) == len("a-code-of-35-characters-0123456789ab")

    assert "my-code" in sent
    assert "a-code-of" not in sent
