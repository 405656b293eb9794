"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says nothing about the code on a machine that does other work as well.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
