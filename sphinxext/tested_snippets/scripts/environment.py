"""Prints the versions of an interpreter and of the distributions named as arguments, as JSON."""

from __future__ import annotations

import json
import sys
from importlib import metadata

packages = {}
for name in sys.argv[1:]:
    try:
        packages[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        continue
version = f"{sys.version_info[0]}.{sys.version_info[1]}"
sys.stdout.write(json.dumps({"python": version, "packages": packages}))
