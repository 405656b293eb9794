"""Where a project's pages, snippets and evidence are, and how it marks its snippets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sphinxext.tested_snippets.markers import DEFAULT_STYLE, MarkerStyle

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

__all__ = ["Project", "find_root", "project_of", "start_project"]


@dataclass(frozen=True)
class Project:
    """What a page is read with.

    :param root: the folder that paths in names, test ids and evidence start from.
    :param style: how the project marks its snippets.
    :param source_folder: Sphinx's source folder, which ``/path`` on a page starts from; None means the
        nearest folder above the page with a ``conf.py``.
    """

    root: Path
    style: MarkerStyle = DEFAULT_STYLE
    source_folder: Path | None = None

    def relative(self, path: Path) -> str:
        """`path` from the root with forward slashes, and with ``..`` when it lies outside."""
        return _relative(path.absolute(), self.root.absolute())

    def resolve(self, page: Path, written: str) -> Path:
        """The file that `written` on `page` names, as Sphinx resolves it."""
        if written.startswith("/"):
            above = (folder for folder in page.parents if (folder / "conf.py").exists())
            folder = self.source_folder or next(above, page.parent)
        else:
            folder = page.parent
        return Path(os.path.normpath(folder / PurePosixPath(written.lstrip("/"))))


# A page asks for the same few files again and again, and each answer takes a look at every folder above.
@lru_cache(maxsize=1024)
def _relative(path: Path, root: Path) -> str:
    resolved = path.resolve()
    try:
        return PurePath(os.path.relpath(resolved, root.resolve())).as_posix()
    except ValueError:  # Another drive.
        return resolved.as_posix()


def find_root(folder: Path) -> Path:
    """The root of the project that `folder` belongs to: where pytest's settings or version control are."""
    for candidate in (folder, *folder.parents):
        if any(
            (candidate / name).exists()
            for name in ("pyproject.toml", "pytest.ini", "tox.ini", ".git")
        ):
            return candidate
    return folder


_PROJECTS: WeakKeyDictionary[Config, Project] = WeakKeyDictionary()


def start_project(app: Sphinx, config: Config) -> None:
    """Read what ``conf.py`` says of the project (event ``config-inited``).

    :raises ConfigError: the marker style isn't one.
    """
    root, folder = config.tested_snippets_root, Path(app.confdir)
    style = style_of(config.tested_snippets_marker)
    if style is None:
        from sphinx.errors import ConfigError  # noqa: PLC0415 - the rest does without Sphinx

        raise ConfigError(
            f"conf.py: tested_snippets_marker is {config.tested_snippets_marker!r}, expected {STYLE_FORM}"
        )
    found = (folder / root).resolve() if root else find_root(folder).resolve()
    _PROJECTS[config] = Project(found, style, Path(app.srcdir))


def project_of(config: Config) -> Project:
    """The project whose ``conf.py`` this is."""
    return _PROJECTS[config]


STYLE_FORM = "two texts: a start marker with {name} in it and an end marker"


def style_of(marker: object) -> MarkerStyle | None:
    """The style that a setting writes as (start, end); None where it doesn't."""
    if not isinstance(marker, (list, tuple)) or len(marker) != 2:
        return None
    start, end = marker
    if not (isinstance(start, str) and isinstance(end, str) and end and "{name}" in start):
        return None
    return MarkerStyle(start, end)
