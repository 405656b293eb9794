"""The formats that pages are written in: which suffix belongs to which, and what reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from pathlib import PurePath

from sphinxext.tested_snippets import docstrings, rest
from sphinxext.tested_snippets.page import Page, UnreadableFormat
from sphinxext.tested_snippets.statement import ROLES

__all__ = ["SUFFIXES", "UnreadableFormat", "is_page", "of_page", "scan"]


def _scan_rest(text: str, path: PurePath, roles: Collection[str]) -> Page:
    return rest.scan(text, roles=roles)


def _scan_myst(text: str, path: PurePath, roles: Collection[str]) -> Page:
    from sphinxext.tested_snippets import myst  # noqa: PLC0415 - for those who write Markdown

    return myst.scan(text, path, roles=roles)


#: Finds the blocks, and the roles of these names, in the text of the page at a path.
_Scan = Callable[[str, PurePath, Collection[str]], Page]

_SCANNERS: Mapping[str, _Scan] = {".rst": _scan_rest, ".md": _scan_myst}

#: How the names of pages end.
SUFFIXES = tuple(_SCANNERS)


@lru_cache(maxsize=1024)  # Asked for each check; to take a path apart takes longer.
def is_page(path: str | PurePath) -> bool:
    """Whether a file, of this path or of this part of a test's id, is a page: its name says so."""
    return PurePath(path).suffix in _SCANNERS


def of_page(full_name: str) -> bool:
    """Whether a snippet or a check, ``path::name``, belongs to a page or a docstring itself, not to code."""
    return is_page(full_name.partition("::")[0]) or docstrings.in_docstring(full_name)


def scan(path: PurePath, name: str, text: str, roles: Collection[str] = ROLES) -> Page:
    """Find the blocks of a page, or of a Python file's docstrings, the checks declared for them, and the roles.

    :param name: what errors call the page.
    :param roles: the names of the roles to find.
    :raises UnreadableFormat: nothing reads this kind of file.
    """
    if path.suffix == ".py":
        return docstrings.scan(text, name, roles)
    reader = _SCANNERS.get(path.suffix)
    if reader is None:
        raise UnreadableFormat(
            f"{name}: no format of pages has the suffix {path.suffix!r}; those that are read are "
            f"{', '.join(SUFFIXES)}. Rename the page, or correct snippets_pages."
        )
    return reader(text, path, roles)
