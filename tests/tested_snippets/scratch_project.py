"""The project of these tests: its runtime executes snippets in this process, which is all they need and fast."""

from __future__ import annotations

import pytest

from sphinxext.tested_snippets.testing import SnippetProject

_PYPROJECT = """
[tool.pytest.ini_options]
snippets_pages = ["docs/*.rst"]
snippets_runtimes = ["py = py_runner", "other = py_runner"]
addopts = ["-p", "no:cacheprovider"]
"""

_CONFTEST = """
import contextlib
import io

import pytest

from sphinxext.tested_snippets.runner import SetupError


@pytest.fixture
def py_runner():
    def run(snippet):
        output, names = io.StringIO(), {}
        with contextlib.redirect_stdout(output):
            try:
                exec(snippet.setup, names)
            except Exception as error:
                raise SetupError(f"set-up: {error}") from None
            exec(snippet.text, names)
        return output.getvalue()

    return run
"""


class Project(SnippetProject):
    """A project with the runtimes `py` and `other`, which are the same."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        super().__init__(pytester)
        self.write("pyproject.toml", _PYPROJECT)
        self.write("conftest.py", _CONFTEST)
