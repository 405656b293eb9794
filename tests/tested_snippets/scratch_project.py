"""A small project in a temporary folder, built by Sphinx and run by pytest as users do it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import re
import textwrap
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from sphinx.cmd.build import main as sphinx_build

from sphinxext.tested_snippets import extension, plugin

#: What Sphinx imports late has to be there before pytester remembers which modules there are.
LOADED = extension.__name__

_CONF = 'extensions = ["sphinxext.tested_snippets"]\nhtml_theme = "basic"\n'

_PYPROJECT = """
[tool.pytest.ini_options]
snippets_pages = ["docs/*.rst"]
snippets_runtimes = ["py = py_runner", "other = py_runner"]
addopts = ["-p", "no:cacheprovider"]
"""

#: A runtime that executes snippets in this process: enough for an extension that knows no runtime.
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


@dataclass(frozen=True)
class Result:
    """What a build ended with: exit status, warnings as printed, and the folder of the pages."""

    status: int
    warnings: str
    folder: Path

    def page(self, name: str = "index.html") -> str:
        """The source of a built page."""
        return (self.folder / name).read_text(encoding="utf-8")

    def shown(self, name: str = "index.html") -> str:
        """A built HTML page without its tags."""
        return unescape(re.sub(r"<[^>]+>", "", self.page(name)))


class Project:
    """A project with pages in docs/, tests in tests/ and pytest's settings."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root = pytester.path
        self.write("docs/conf.py", _CONF)
        self.write("pyproject.toml", _PYPROJECT)
        self.write("conftest.py", _CONFTEST)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project, dedented."""
        return self.write_bytes(path, textwrap.dedent(text).lstrip("\n").encode())

    def write_bytes(self, path: str, content: bytes) -> Path:
        """Write a file of the project as it is."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def page(self, text: str, name: str = "index") -> Path:
        """Write a page with a title and this text; only ``index`` is where a toctree would have it."""
        title, orphan = f"Page {name}", "" if name == "index" else ":orphan:\n\n"
        return self.write(
            f"docs/{name}.rst",
            f"{orphan}{title}\n{'=' * 40}\n\n{textwrap.dedent(text).lstrip(chr(10))}",
        )

    def configure(self, text: str) -> None:
        """Append to conf.py."""
        conf = self.root / "docs/conf.py"
        conf.write_text(conf.read_text() + textwrap.dedent(text))

    def set_pytest(self, line: str) -> None:
        """Replace one of pytest's settings, or add it."""
        option = line.partition("=")[0]
        lines = (self.root / "pyproject.toml").read_text().splitlines()
        kept = [old for old in lines if not old.startswith(option)]
        (self.root / "pyproject.toml").write_text("\n".join([*kept, line]) + "\n")

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands in a file once or more."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def build(self, *arguments: str, builder: str = "html", out: str = "") -> Result:
        """Build the pages as the command line does, in this process."""
        folder = self.root / "_build" / (out or builder)
        doctrees = folder.parent / f"doctrees-{out}"
        command = ["-N", "-b", builder, "-d", str(doctrees), *arguments, "docs", str(folder)]
        warnings = io.StringIO()
        with contextlib.redirect_stderr(warnings), contextlib.redirect_stdout(io.StringIO()):
            status = sphinx_build(command)
        return Result(status, warnings.getvalue(), folder)

    def run_pytest(self, *arguments: str) -> pytest.RunResult:
        """Run pytest with the plugin, in this process."""
        return self.pytester.runpytest_inprocess(*_PLUGIN, *arguments)

    def update(self, *arguments: str) -> pytest.RunResult:
        """Run pytest and record what happens."""
        return self.run_pytest("--snippets-evidence=update", *arguments)

    @property
    def evidence_file(self) -> Path:
        """The evidence file, when there is just one."""
        (file,) = (self.root / "docs/evidence").glob("*.json")
        return file


def _installed() -> bool:
    points = (point for dist in importlib.metadata.distributions() for point in dist.entry_points)
    return any(point.group == "pytest11" and point.value == plugin.__name__ for point in points)


# Hypothesis would be imported anew at the end of each run.
_PLUGIN = ("-p", "no:hypothesispytest", *(() if _installed() else ("-p", plugin.__name__)))
