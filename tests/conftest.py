"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says nothing about the code on a machine that does other work as well.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

#: Projects of their own, copied and run by tests/project/test_example_projects.py.
collect_ignore = ["projects"]
