"""Fixtures of these tests."""

from __future__ import annotations

import pytest

from tests.tested_snippets.scratch_project import Project


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    """An empty project, which is the current folder."""
    return Project(pytester)
