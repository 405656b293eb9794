"""Records that a version of the SDK can't be installed, and why: ``python -m examples.unavailable FOLDER PINS PIP_LOG``.

Run by the nox sessions ``matrix`` and ``pythons`` on the Python that it could not be installed for: it needs no package.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from sphinxext.tested_snippets.evidence import Environment, Evidence
from sphinxext.tested_snippets.normalise import Normaliser

ROOT = Path(__file__).parent.parent
#: What the evidence of this site tells environments apart by, as ``snippets_environment`` says.
_PACKAGES = ("orquestra-sdk", "ray")

_ERROR = re.compile(r"(?:[\d:T,.-]+ )?ERROR: (?P<what>\S.*)")


def reason(log: str) -> str:
    """Return pip's last error in the text of its log, by which it says what it could not install."""
    errors = [found["what"] for line in log.splitlines() if (found := _ERROR.fullmatch(line))]
    return errors[-1] if errors else "pip failed without saying why"


def pinned(pins: str) -> dict[str, str]:
    """Return the versions that the text of a file with pins has for the packages that name an environment."""
    lines = (line.partition(";")[0].strip().partition("==") for line in pins.splitlines())
    return {name: version for name, _, version in lines if name in _PACKAGES}


def main(arguments: Sequence[str]) -> None:
    """Write the evidence file of the version into the folder that the arguments name first."""
    folder, *files = arguments
    pins, log = (Path(path).read_text(encoding="utf-8") for path in files)
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    why = Normaliser(ROOT)(reason(log))
    Evidence(Environment(python, pinned(pins)), unavailable=why).save(ROOT / folder)


if __name__ == "__main__":
    main(sys.argv[1:])
