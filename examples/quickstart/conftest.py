import subprocess
import sys

import pytest


@pytest.fixture
def python_runner():
    def run(snippet):
        code = snippet.setup + "\n" + snippet.text
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=30
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    return run
