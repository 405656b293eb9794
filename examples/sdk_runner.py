"""The runtime SDK of this site: what the SDK's client for CE says of a snippet before it sends anything."""

from __future__ import annotations

import contextlib
import os
import tempfile
from importlib import import_module
from pathlib import Path
from unittest import mock

import pytest

from examples.client import submitted_resources
from examples.runner import called_in, repo_of
from examples.stage import SetupCode
from sphinxext.tested_snippets.runner import Runner, Snippet

__all__ = ["sdk_runner"]


def _submit(snippet: Snippet) -> str:
    """Import a snippet, and let the client do with its workflows what comes before the first request.

    :returns: a line for each workflow that would have been sent.
    :raises Exception: whatever the SDK refuses it with.
    """
    from local_ce import importable

    files, name = repo_of(snippet, SetupCode(snippet.setup))
    modules = {path.removeprefix("src/"): text for path, text in files.items()}
    with contextlib.ExitStack() as stack:
        # The client notes the run there.
        database = Path(stack.enter_context(tempfile.TemporaryDirectory()), "workflows.db")
        stack.enter_context(mock.patch.dict(os.environ, {"ORQ_DB_PATH": str(database)}))
        stack.enter_context(importable(modules))
        lines = []
        for called, workflow in called_in(import_module(name)):
            submitted_resources(workflow)
            lines.append(f"{called}() would be sent")
    return "\n".join(lines)


@pytest.fixture(scope="session")
def sdk_runner() -> Runner:
    """The runtime "SDK"."""
    return _submit
