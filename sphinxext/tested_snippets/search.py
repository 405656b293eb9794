"""Finds the file of a snippet by the snippet's name, among the files that a project searches."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from sphinxext.tested_snippets.source import RegionError, Source, Stamp, stamp_of
from sphinxext.tested_snippets.styles import Styles

__all__ = ["SEARCH_FORM", "Known", "SnippetIndex", "read_search"]

#: By file the state in which it was read, the styles it was read with, and the names of its snippets.
Known = dict[str, tuple[Stamp, Styles, tuple[str, ...]]]

#: What messages say a setting should have been.
SEARCH_FORM = "a list of globs of files, from the project's root"


def read_search(given: object, root: Path) -> tuple[str, ...] | None:
    """The globs that a setting has; None where they are none."""
    if not isinstance(given, (list, tuple)):
        return None
    globs = tuple(glob for glob in given if isinstance(glob, str))
    try:
        for glob in globs:
            next(iter(root.glob(glob)), None)
    except (ValueError, NotImplementedError, IndexError):
        return None
    return globs if len(globs) == len(given) else None


class SnippetIndex:
    """The files that `globs` below `root` name, by the names of their snippets; looked at once.

    :ivar known: what was known before, so that only files that changed since are read.
    """

    def __init__(self, root: Path, globs: Sequence[str], styles: Styles) -> None:
        self.root = root
        self.globs = globs
        self.styles = styles
        self.known: Known = {}

    def files_with(self, name: str) -> tuple[str, ...]:
        """The files that have a snippet called `name`."""
        return tuple(self._files.get(name, ()))

    def find(self, name: str) -> Path:
        """The one file that has a snippet called `name`.

        :raises ValueError: no file has, or several have.
        """
        files = self.files_with(name)
        if len(files) == 1:
            return Path(files[0])
        if files:
            raise ValueError(
                f"the snippet {name!r} is in several files: {', '.join(map(self._shown, files))}. "
                "Write path::name"
            )
        close = difflib.get_close_matches(name, self._files, n=3)
        listed = ", ".join(f"{near!r} in {self._shown(self._files[near][0])}" for near in close)
        searched = ", ".join(self.globs) or "none, as tested_snippets_search is empty"
        raise ValueError(
            f"no file that is searched ({searched}) has the snippet {name!r}"
            f"{f' (near: {listed})' if listed else ''}. Correct the name, mark the snippet, or write path::name"
        )

    def _shown(self, file: str) -> str:
        return Path(file).relative_to(self.root).as_posix()

    @cached_property
    def _files(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        now = {file: self._entry(file) for file in self._searched()}
        self.known.clear()  # In place: the build keeps it.
        self.known.update(now)
        for file, (_, _, names) in now.items():
            for name in names:
                found.setdefault(name, []).append(file)
        return found

    def _searched(self) -> Iterator[str]:
        files = {file for glob in self.globs for file in self.root.glob(glob)}
        return (str(file) for file in sorted(files) if file.is_file())

    def _entry(self, file: str) -> tuple[Stamp, Styles, tuple[str, ...]]:
        stamp, known = stamp_of(file), self.known.get(file)
        if known is not None and known[:2] == (stamp, self.styles):
            return known
        # Imported when a file has changed, see `extension`.
        from sphinxext.tested_snippets.named import names_in  # noqa: PLC0415

        try:
            names = names_in(Source.read(Path(file), file), self.styles)
        except RegionError:
            names = set()  # What is no text has no snippets.
        return stamp, self.styles, tuple(sorted(names))
