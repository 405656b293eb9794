"""The runtime "example project": runs the project of the extension's manual, page and tests, as a user would."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sphinxext.tested_snippets.runner import Runner, Snippet

QUICKSTART = Path(__file__).parent / "quickstart"


@pytest.fixture(scope="session")
def project_runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Runs a file of the quickstart project by running the project that it is part of; once for all files.

    The checks run and are recorded, then the site is built with every warning an error.
    """
    folder = tmp_path_factory.mktemp("quickstart") / "project"
    shutil.copytree(QUICKSTART, folder)
    recorded = _call(folder, "pytest", "-q", "--snippets-evidence=update")
    built = _call(folder, "sphinx", "-W", "--keep-going", "-b", "text", "docs", "out")
    page = (folder / "out" / "index.txt").read_text(encoding="utf-8")
    files = {path.read_text(encoding="utf-8") for path in QUICKSTART.rglob("*.*") if path.is_file()}

    def run(snippet: Snippet) -> str:
        if snippet.text not in files:
            raise ValueError("this is no file of examples/quickstart, so nothing has run it")
        return f"{recorded}\n{built}\n{page}"

    return run


def _call(folder: Path, module: str, *arguments: str) -> str:
    """Run a module in the project and return what it printed; raise RuntimeError where it fails."""
    # Under pytest-xdist, the inner pytest must not take itself for a worker.
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
