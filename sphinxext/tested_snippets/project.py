"""Where a project's pages, snippets and evidence are, and how it marks its snippets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sphinxext.tested_snippets.markers import DEFAULT_STYLE, MarkerStyle

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["Project", "find_root", "project_of"]


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
        """`path` from the root with forward slashes, or as it is when it lies outside."""
        resolved = path.resolve()
        root = self.root.resolve()
        return resolved.relative_to(root).as_posix() if root in resolved.parents else str(resolved)

    def resolve(self, page: Path, written: str) -> Path:
        """The file that `written` on `page` names, as Sphinx resolves it."""
        if written.startswith("/"):
            above = (folder for folder in page.parents if (folder / "conf.py").exists())
            return (self.source_folder or next(above, page.parent)) / PurePosixPath(written[1:])
        return page.parent / PurePosixPath(written)


def find_root(folder: Path) -> Path:
    """The root of the project that `folder` belongs to: where pytest's settings or version control are."""
    for candidate in (folder, *folder.parents):
        if any(
            (candidate / name).exists()
            for name in ("pyproject.toml", "pytest.ini", "tox.ini", ".git")
        ):
            return candidate
    return folder


def project_of(app: Sphinx) -> Project:
    """The project as ``conf.py`` describes it."""
    config = app.config
    root = config.tested_snippets_root
    folder = Path(app.confdir) / root if root else find_root(Path(app.confdir))
    return Project(folder.resolve(), MarkerStyle(*config.tested_snippets_marker), Path(app.srcdir))
