"""The plugin's settings, read from pytest's ini file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sybil import Example

from sphinxext.tested_snippets.markers import DEFAULT_STYLE
from sphinxext.tested_snippets.normalise import Normaliser
from sphinxext.tested_snippets.project import STYLE_FORM, Project, style_of
from sphinxext.tested_snippets.runner import CheckFailed
from sphinxext.tested_snippets.runtimes import Runtime, read_runtimes
from sphinxext.tested_snippets.sybil import PageSybil

__all__ = ["Settings", "add_settings", "read_settings"]


@dataclass(frozen=True)
class Settings:
    """The plugin's ini options, read.

    :param distributions: those whose versions make up an environment.
    :param waived: the names of the waived blocks that were collected.
    """

    project: Project
    runtimes: Mapping[str, Runtime]
    normaliser: Normaliser
    collect: Callable[[Path, pytest.Collector], pytest.Collector | None]
    distributions: Sequence[str]
    waived: set[str]

    def runtime(self, name: str) -> Runtime:
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
        return self.runtimes[name or next(iter(self.runtimes))]


def add_settings(parser: pytest.Parser) -> None:
    """Declare the ini options."""
    parser.addini("snippets_pages", "globs of the pages whose blocks are run", "linelist", [])
    parser.addini(
        "snippets_runtimes",
        "lines `NAME = FIXTURE`, or `NAME = FIXTURE(argument)`: the fixture whose value runs snippets on the "
        "runtime; first is default",
        "linelist",
        [],
    )
    parser.addini(
        "snippets_environment", "distributions whose versions make up the environment", "args", []
    )
    parser.addini("snippets_evidence", "folder of the evidence files", default="docs/evidence")
    parser.addini(
        "snippets_marker", "two lines: start marker with {name}, end marker", "linelist", []
    )
    parser.addini(
        "snippets_normalise", "lines `REGEX => REPLACEMENT` for observed lines", "linelist", []
    )
    parser.addini(
        "snippets_update_command",
        "the command that messages name for recording evidence",
        default="pytest --snippets-evidence=update",
    )
    parser.addini(
        "snippets_timeout", "seconds that the built-in runners give a snippet", default="60"
    )
    parser.addini(
        "snippets_pass_env",
        "environment variables, as patterns, that snippets of the built-in runners may see",
        "args",
        [],
    )


def read_settings(config: pytest.Config, evaluate: Callable[[Example], str | None]) -> Settings:
    """The settings of a run; `evaluate` runs an example of a page.

    :raises pytest.UsageError: one of them can't be used.
    """
    runtimes = read_runtimes(_pairs(config, "snippets_runtimes", "="))
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
    distributions = config.getini("snippets_environment")
    return Settings(project, runtimes, normaliser, pages.pytest(), distributions, pages.waived)


def _pairs(config: pytest.Config, option: str, separator: str) -> list[tuple[str, str]]:
    pairs = []
    for line in config.getini(option):
        left, found, right = line.partition(separator)
        if not (found and left.strip()):
            raise pytest.UsageError(f"{option} has the line {line!r}, expected A {separator} B")
        pairs.append((left.strip(), right.strip()))
    return pairs
