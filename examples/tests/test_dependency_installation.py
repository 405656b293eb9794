"""The snippets of ``docs/dependency-installation.rst`` and the tests of what they do on CE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from examples.stage import Stage
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
    #    :fails: You passed a string as `personal_access_token
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


@pytest.mark.snippet("several_packages", output="report() gave 'my_plots and my_tables'")
def test_a_task_imports_all_packages_it_names(snippet: BoundSnippet) -> None:
    """One import can name several packages, with versions and extras."""
    snippet.run()
