"""Build both versions of the library and install each into an environment of its own, without network."""

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
WHEELS = HERE / "wheels"


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *arguments]
    subprocess.run(command, check=True)


for version in ("1", "2"):
    source, folder = HERE / "library" / version, HERE / f".venv-{version}"
    pip("wheel", "--no-index", "--no-build-isolation", "-w", WHEELS, source)
    venv.create(folder, clear=True, symlinks=True)
    wanted = f"example-spans=={version}.*"
    pip("--python", folder, "install", "--no-index", "--find-links", WHEELS, wanted)
