"""Where a project's pages, snippets and evidence are, and how it marks its snippets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sphinxext.tested_snippets.search import SEARCH_FORM, SnippetIndex, read_search
from sphinxext.tested_snippets.styles import DEFAULT_STYLES, STYLE_FORM, Styles, read_styles
from sphinxext.tested_snippets.waivers import WAIVERS_FORM, Waivers, read_waivers

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

__all__ = ["ROOT_MARKS", "Project", "find_root", "marked_root", "project_of", "start_project"]

#: What says that a folder is the root of a project: pytest's settings or version control.
ROOT_MARKS = ("pyproject.toml", "pytest.ini", "tox.ini", ".git")


@dataclass(frozen=True)
class Project:
    """What a page is read with.

    :param root: the folder that paths in names, test ids and evidence start from.
    :param styles: how the project marks its snippets.
    :param source_folder: Sphinx's source folder, which ``/path`` on a page starts from; None means the
        nearest folder above the page with a ``conf.py``.
    :param search: globs from the root of the files in which snippets are looked for by name alone.
    :param literals: whether inline literals are looked up.
    :param waivers: the languages whose blocks are not run, with the reason.
    """

    root: Path
    styles: Styles = DEFAULT_STYLES
    source_folder: Path | None = None
    search: tuple[str, ...] = ()
    literals: bool = False
    waivers: Waivers = ()

    def waiver_of(self, language: str) -> str | None:
        """Why blocks of a language are not run, None where they are."""
        return next((why for other, why in self.waivers if other == language.lower()), None)

    @cached_property
    def index(self) -> SnippetIndex:
        """The snippets of the files that are searched."""
        return SnippetIndex(self.root, self.search, self.styles)

    def relative(self, path: Path) -> str:
        """`path` from the root with forward slashes, and with ``..`` when it lies outside."""
        return _relative(path.absolute(), self.root.absolute())

    def resolve(self, page: Path, written: str) -> Path:
        """The file that `written` on `page` names, as Sphinx resolves it."""
        if written.startswith("/"):
            above = (folder for folder in page.parents if (folder / "conf.py").exists())
            folder = self.source_folder or next(above, page.parent)
            return _joined(folder, written.lstrip("/"))
        return _beside(page, written)


def _joined(folder: Path, written: str) -> Path:
    return Path(os.path.normpath(folder / PurePosixPath(written)))


# Each block of a page names a file, most the same few, and paths take long to make.
@lru_cache(maxsize=1024)
def _beside(page: Path, written: str) -> Path:
    return _joined(page.parent, written)


# A page asks for the same few files again and again, and each answer takes a look at every folder above.
@lru_cache(maxsize=1024)
def _relative(path: Path, root: Path) -> str:
    resolved = path.resolve()
    try:
        return PurePath(os.path.relpath(resolved, root.resolve())).as_posix()
    except ValueError:  # Another drive.
        return resolved.as_posix()


def find_root(folder: Path) -> Path:
    """The root of the project that `folder` belongs to, `folder` itself where nothing marks one."""
    return marked_root(folder) or folder


def marked_root(folder: Path) -> Path | None:
    """The nearest folder from `folder` up that has one of the :data:`ROOT_MARKS`."""
    for candidate in (folder, *folder.parents):
        if any((candidate / name).exists() for name in ROOT_MARKS):
            return candidate
    return None


_PROJECTS: WeakKeyDictionary[Config, Project] = WeakKeyDictionary()


def start_project(app: Sphinx, config: Config) -> None:
    """Read what ``conf.py`` says of the project (event ``config-inited``).

    :raises ConfigError: the root is no folder, or another setting has not its form.
    """
    root, folder = config.tested_snippets_root, Path(app.confdir)
    if not (isinstance(root, str) and (folder / root).is_dir()):
        raise _config_error(
            config, "tested_snippets_root", f"a folder that is there, from {folder}"
        )
    found = (folder / root).resolve() if root else find_root(folder).resolve()
    if not isinstance(config.tested_snippets_evidence, str):
        raise _config_error(config, "tested_snippets_evidence", "the name of a folder")
    styles = read_styles(config.tested_snippets_marker)
    if styles is None:
        raise _config_error(config, "tested_snippets_marker", STYLE_FORM)
    search = read_search(config.tested_snippets_search, found)
    if search is None:
        raise _config_error(config, "tested_snippets_search", SEARCH_FORM)
    setting: Any = config.tested_snippets_waive
    waivers = read_waivers(setting.items()) if isinstance(setting, dict) else None
    if waivers is None:
        raise _config_error(config, "tested_snippets_waive", f"a dict of {WAIVERS_FORM}")
    literals = bool(config.tested_snippets_literals)
    _PROJECTS[config] = Project(found, styles, Path(app.srcdir), search, literals, waivers)


def _config_error(config: Config, setting: str, expected: str) -> Exception:
    from sphinx.errors import ConfigError  # noqa: PLC0415 - the rest does without Sphinx

    return ConfigError(f"conf.py: {setting} is {getattr(config, setting)!r}, expected {expected}")


def project_of(config: Config) -> Project:
    """The project whose ``conf.py`` this is."""
    return _PROJECTS[config]
