"""The plugin's settings, read from pytest's ini file."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from sybil import Example

from sphinxext.tested_snippets.blocks import read_statements
from sphinxext.tested_snippets.evidence import digest
from sphinxext.tested_snippets.normalise import Normaliser
from sphinxext.tested_snippets.options import PYTEST_SETTINGS, plain
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.runner import CheckFailed
from sphinxext.tested_snippets.runtimes import Runtime, read_runtimes
from sphinxext.tested_snippets.search import SEARCH_FORM, read_search
from sphinxext.tested_snippets.statement import snippet_name
from sphinxext.tested_snippets.styles import DEFAULT_STYLES, STYLE_FORM, read_styles
from sphinxext.tested_snippets.sybil import PageSybil
from sphinxext.tested_snippets.waivers import WAIVERS_FORM, read_waivers

__all__ = ["Settings", "add_settings", "files_by_glob", "read_settings"]


@dataclass(frozen=True)
class Settings:
    """The plugin's ini options, read.

    :param distributions: those whose versions make up an environment.
    :param waived: the names of the waived blocks that were collected.
    :param globs: those that name the pages, each with the files that it names.
    :param whole_pages: whether a page is one test.
    """

    project: Project
    runtimes: Mapping[str, Runtime]
    normaliser: Normaliser
    collect: Callable[[Path, pytest.Collector], pytest.Collector | None]
    distributions: Sequence[str]
    waived: set[str]
    globs: Mapping[str, Collection[Path]]
    whole_pages: bool

    @cached_property
    def pages(self) -> set[Path]:
        """The files of the pages."""
        return set().union(*self.globs.values())

    @cached_property
    def statements(self) -> Mapping[str, list[tuple[str, str]]]:
        """The statements of the pages by the ids of their checks: where each stands, and its words."""
        found: dict[str, list[tuple[str, str]]] = {}
        for page in sorted(self.pages):
            for known in read_statements(page):
                if known.statement and known.statement.name:
                    place = f"{self.project.relative(page)}:{known.line}"
                    found.setdefault(known.statement.name, []).append(
                        (place, known.statement.words)
                    )
        return found

    def words_of(self, name: str) -> str:
        """The words of the statement with the check `name`.

        :raises ValueError: no page has it, or more than one.
        """
        found = self.statements.get(name, [])
        if not found:
            raise ValueError(
                f"no page has the statement {name!r}. Mark it on one of the pages that snippets_pages names, "
                f"with :checked:`words <{name}>`, or correct the id"
            )
        if len(found) > 1:
            places = " and ".join(place for place, _ in found)
            raise ValueError(
                f"the statement {name!r} is on {places}; an id is used once in a project. Give one of them "
                "an id of its own"
            )
        return found[0][1]

    def statements_with(self, names: Iterable[str]) -> Mapping[str, str]:
        """The statements with the checks `names`, as the evidence calls them, and the digests of their words.

        :raises ValueError: see :meth:`words_of`.
        """
        return {snippet_name(name): digest(self.words_of(name)) for name in names}

    def runtime(self, name: str, language: str) -> Runtime:
        """The runtime called `name`; for "" the first that runs this `language`, or the first where none does.

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
        if name:
            return self.runtimes[name]
        for runtime in self.runtimes.values():
            if runtime.runs(language):
                return runtime
        return next(iter(self.runtimes.values()))


def add_settings(parser: pytest.Parser) -> None:
    """Declare the ini options."""
    for setting in PYTEST_SETTINGS:
        kind: Any = setting.kind
        parser.addini(setting.name, plain(setting.meaning), kind, setting.default)


def read_settings(config: pytest.Config, evaluate: Callable[[Example], str | None]) -> Settings:
    """The settings of a run; `evaluate` runs an example of a page.

    :raises pytest.UsageError: one of them can't be used.
    """
    runtimes = read_runtimes(_pairs(config, "snippets_runtimes", "="))
    marker = config.getini("snippets_marker")
    styles = read_styles(marker) if marker else DEFAULT_STYLES
    if styles is None:
        raise pytest.UsageError(
            f"snippets_marker is {marker!r}, expected {STYLE_FORM}, a line each"
        )
    search = read_search(config.getini("snippets_search"), config.rootpath)
    if search is None:
        raise pytest.UsageError(
            f"snippets_search is {config.getini('snippets_search')!r}, expected {SEARCH_FORM}"
        )
    literals = bool(config.getini("snippets_literals"))
    waivers = read_waivers(_pairs(config, "snippets_waive", "="))
    if waivers is None:
        raise pytest.UsageError(
            f"snippets_waive is {config.getini('snippets_waive')!r}, expected {WAIVERS_FORM}, behind a `=`"
        )
    project = Project(config.rootpath, styles, search=search, literals=literals, waivers=waivers)
    try:
        normaliser = Normaliser(project.root, _pairs(config, "snippets_normalise", "=>"))
    except re.error as error:
        raise pytest.UsageError(
            f"snippets_normalise has {error.pattern!r}, which is no regular expression: {error}"
        ) from None
    globs = files_by_glob(config, "snippets_pages")
    items = config.getini("snippets_items")
    if items not in {"block", "page"}:
        raise pytest.UsageError(f"snippets_items is {items!r}, expected `block` or `page`")
    whole = items == "page"
    pages = PageSybil(project, set().union(*globs.values()), evaluate, whole=whole)
    distributions = config.getini("snippets_environment")
    return Settings(
        project,
        runtimes,
        normaliser,
        pages.collect,
        distributions,
        pages.waived,
        globs,
        whole,
    )


def files_by_glob(config: pytest.Config, option: str) -> Mapping[str, set[Path]]:
    """The globs of an ini option, each with the files that it names.

    :raises pytest.UsageError: one of them is no glob from the folder of pytest's settings.
    """
    root = config.rootpath
    try:
        return {pattern: set(root.glob(pattern)) for pattern in config.getini(option)}
    except (ValueError, NotImplementedError) as error:
        raise pytest.UsageError(
            f"{option} takes globs from {root}, the folder of pytest's settings: {error}"
        ) from None


def _pairs(config: pytest.Config, option: str, separator: str) -> list[tuple[str, str]]:
    pairs = []
    for line in config.getini(option):
        left, found, right = line.partition(separator)
        if not (found and left.strip()):
            raise pytest.UsageError(f"{option} has the line {line!r}, expected A {separator} B")
        pairs.append((left.strip(), right.strip()))
    return pairs
