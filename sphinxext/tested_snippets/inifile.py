"""pytest's settings, read without pytest: importing it would take longer than what they are read for."""

from __future__ import annotations

import configparser
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from sphinxext.tested_snippets.options import EVIDENCE_FOLDER, UPDATE_COMMAND
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.search import SEARCH_FORM, read_search
from sphinxext.tested_snippets.styles import DEFAULT_STYLES, STYLE_FORM, read_styles

__all__ = ["SettingsError", "Wanted", "find_settings"]

#: The files in which pytest looks, and the sections that make it take one.
_FILES = (
    ("pytest.ini", "pytest"),
    (".pytest.ini", "pytest"),
    ("pyproject.toml", "tool.pytest"),
    ("tox.ini", "pytest"),
    ("setup.cfg", "tool:pytest"),
)


class SettingsError(Exception):
    """Settings that can't be used. ``str()`` names the file, the defect and the remedy."""


@dataclass(frozen=True)
class Wanted:
    """What the settings say that matters without running anything.

    :param file: where they were found, None where nowhere.
    :param pages: globs from the root.
    :param evidence: the folder.
    :param command: what to run for recording evidence.
    """

    project: Project
    file: Path | None
    evidence: Path
    pages: tuple[str, ...] = ()
    command: str = UPDATE_COMMAND
    given: Mapping[str, Any] = field(default_factory=dict)


def find_settings(folder: Path) -> Wanted:
    """The settings that pytest would take in `folder`.

    :raises SettingsError: they can't be used.
    """
    for root in (folder, *folder.parents):
        for name, section in _FILES:
            file = root / name
            if file.is_file():
                given = _read(file, section)
                if given is not None:
                    return _wanted(root, file, given)
    return Wanted(Project(folder), None, folder / EVIDENCE_FOLDER)


def _read(file: Path, section: str) -> Mapping[str, Any] | None:
    if file.suffix == ".toml":
        return _read_toml(file)
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: can't be read ({error}). Correct it.") from None
    if parser.has_section(section):
        return dict(parser.items(section))
    # pytest takes these two for its own whatever they have.
    return {} if file.name in {"pytest.ini", ".pytest.ini"} else None


def _read_toml(file: Path) -> Mapping[str, Any] | None:
    text = file.read_text(encoding="utf-8")
    if "[tool.pytest" not in text:
        return None
    try:
        toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    except ModuleNotFoundError:
        raise SettingsError(
            f"{file}: Python before 3.11 reads it with the package tomli. Install tomli."
        ) from None
    try:
        section: Any = toml.loads(text).get("tool", {}).get("pytest")
    except toml.TOMLDecodeError as error:
        raise SettingsError(f"{file}: is not TOML ({error}). Correct it.") from None
    if not isinstance(section, dict):
        return None
    found = section.get("ini_options", section)
    return found if isinstance(found, dict) else None


def _wanted(root: Path, file: Path, given: Mapping[str, Any]) -> Wanted:
    marker = _lines(given.get("snippets_marker"))
    styles = read_styles(marker) if marker else DEFAULT_STYLES
    if styles is None:
        raise SettingsError(f"{file}: snippets_marker is {marker!r}, expected {STYLE_FORM}.")
    words = _words(given.get("snippets_search"))
    search = read_search(words, root)
    if search is None:
        raise SettingsError(f"{file}: snippets_search is {words!r}, expected {SEARCH_FORM}.")
    project = Project(root, styles, search=search, literals=bool(given.get("snippets_literals")))
    known = Wanted(project, file, root / EVIDENCE_FOLDER, given=given)
    evidence = given.get("snippets_evidence")
    return Wanted(
        known.project,
        file,
        Path(os.path.normpath(root / str(evidence))) if evidence else known.evidence,
        tuple(_lines(given.get("snippets_pages"))),
        str(given.get("snippets_update_command") or known.command),
        given,
    )


def _words(value: object) -> list[str]:
    """A setting of several words, as TOML or an ini file has it."""
    return _lines(value) if isinstance(value, list) else shlex.split(str(value or ""))


def _lines(value: object) -> list[str]:
    """A setting of several lines, as TOML or an ini file has it."""
    if isinstance(value, list):
        return [str(line) for line in value]
    return [line.strip() for line in str(value or "").split("\n") if line.strip()]
