"""The task of the project."""

from orquestra import sdk


@sdk.task(
    source_import=sdk.GithubImport("my-org/my-project", git_ref="main"),
)
def train():
    """Stands for the work of a real project."""
    return "trained"
