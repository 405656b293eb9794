"""The fixtures that run this site's snippets, for its pages and for the tests beside the snippets."""

from __future__ import annotations

pytest_plugins = ["examples.runner", "examples.project_runner"]
