"""A version of the SDK that can't be installed any more: a row of the table with pip's own reason."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from examples import unavailable

LOG = """\
2026-11-25T14:20:01,123 Looking in indexes: https://pypi.org/simple
2026-11-25T14:20:02,004 ERROR: Could not find a version that satisfies the requirement ray==2.4.0 (from versions: none)
2026-11-25T14:20:02,010 ERROR: No matching distribution found for ray==2.4.0
2026-11-25T14:20:02,011 Exception information:
"""
PINS = """\
# Pins
orquestra-sdk==0.50.0
ray==2.4.0; python_version == "3.9"
ray-else==1
"""


def test_the_reason_is_the_last_error_that_pip_wrote() -> None:
    """The ones before it say the same at greater length; times are left out."""
    assert unavailable.reason(LOG) == "No matching distribution found for ray==2.4.0"
    assert unavailable.reason("") == "pip failed without saying why"


def test_the_versions_are_those_of_the_pins() -> None:
    """Nothing is installed that could be asked."""
    assert unavailable.pinned(PINS) == {"orquestra-sdk": "0.50.0", "ray": "2.4.0"}


def test_a_log_of_pips_own_gives_a_record_without_checks(tmp_path: Path) -> None:
    """As the nox session has it written, of a package that is in no index; twice the same."""
    pins, log = tmp_path / "pins.txt", tmp_path / "pip.log"
    pins.write_text(PINS)
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--log", str(log)]
    failed = subprocess.run([*pip, "-r", str(pins)], capture_output=True, check=False)
    assert failed.returncode
    arguments = [str(tmp_path / "matrix"), str(pins), str(log)]

    unavailable.main(arguments)
    (file,) = (tmp_path / "matrix").glob("*orquestra-sdk-0.50.0_ray-2.4.0.json")
    before = file.read_bytes()
    unavailable.main(arguments)

    assert file.read_bytes() == before
    record = json.loads(before)
    assert record["unavailable"] == "No matching distribution found for orquestra-sdk==0.50.0"
    assert record["checks"] == []


def test_it_needs_no_package() -> None:
    """It runs where the packages could not be installed."""
    root = Path(unavailable.__file__).parent.parent
    code = "import examples.unavailable, sys; sys.exit('pytest' in sys.modules or 'sphinx' in sys.modules)"
    bare = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(root)!r}); {code}",
    ]
    subprocess.run(bare, check=True)
