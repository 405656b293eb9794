"""The plugin's settings, read from pytest's ini file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from sybil import Example

from sphinxext.tested_snippets.markers import DEFAULT_STYLE
from sphinxext.tested_snippets.normalise import Normaliser
from sphinxext.tested_snippets.project import STYLE_FORM, Project, style_of
from sphinxext.tested_snippets.runner import CheckFailed
from sphinxext.tested_snippets.sybil import PageSybil

__all__ = ["Settings", "read_settings"]


@dataclass(frozen=True)
class Settings:
    """The plugin's ini options, read. `runtimes` maps the names of runtimes to those of fixtures."""

    project: Project
    runtimes: Mapping[str, str]
    normaliser: Normaliser
    collect: Callable[[Path, pytest.Collector], pytest.Collector | None]

    def runtime(self, name: str) -> str:
        """The runtime called `name`, the first one for "".

        :raises CheckFailed: there is no such runtime.
        """
        if not self.runtimes:
            raise CheckFailed(
                "no runtime is configured; give pytest's ini option snippets_runtimes lines of the form "
                "`NAME = FIXTURE`",
                "no runtime",
            )
        if name and name not in self.runtimes:
            raise CheckFailed(
                f"there is no runtime {name!r}; snippets_runtimes has {', '.join(self.runtimes)}",
                "no such runtime",
            )
        return name or next(iter(self.runtimes))


def read_settings(config: pytest.Config, evaluate: Callable[[Example], str | None]) -> Settings:
    """The settings of a run; `evaluate` runs an example of a page.

    :raises pytest.UsageError: one of them can't be used.
    """
    runtimes = dict(_pairs(config, "snippets_runtimes", "="))
    marker = config.getini("snippets_marker")
    style = style_of(marker) if marker else DEFAULT_STYLE
    if style is None:
        raise pytest.UsageError(
            f"snippets_marker is {marker!r}, expected {STYLE_FORM}, a line each"
        )
    project = Project(config.rootpath, style)
    try:
        normaliser = Normaliser(project.root, _pairs(config, "snippets_normalise", "=>"))
    except re.error as error:
        raise pytest.UsageError(
            f"snippets_normalise has {error.pattern!r}, which is no regular expression: {error}"
        ) from None
    try:
        pages = PageSybil(project, config.getini("snippets_pages"), evaluate)
    except (ValueError, NotImplementedError) as error:
        raise pytest.UsageError(
            f"snippets_pages takes globs from {project.root}, the folder of pytest's settings: {error}"
        ) from None
    return Settings(project, runtimes, normaliser, pages.pytest())


def _pairs(config: pytest.Config, option: str, separator: str) -> list[tuple[str, str]]:
    pairs = []
    for line in config.getini(option):
        left, found, right = line.partition(separator)
        if not (found and left.strip()):
            raise pytest.UsageError(f"{option} has the line {line!r}, expected A {separator} B")
        pairs.append((left.strip(), right.strip()))
    return pairs
