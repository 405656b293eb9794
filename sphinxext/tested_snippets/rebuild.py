"""A page is read again exactly when something changed that it shows, or that its checks consist of.

Sphinx reads a page again when the timestamp of a file is newer that the page depends on. With snippets of
many pages in one file that is too often, and where a file's timestamp is older than its content, too seldom.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sphinxext.tested_snippets.domain import SnippetDomain, content_of, snippet_domain
from sphinxext.tested_snippets.project import Project, project_of
from sphinxext.tested_snippets.source import stamp_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

__all__ = ["pages_to_read"]


def pages_to_read(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """The pages to read again because of files they show snippets of (event ``env-get-outdated``)."""
    domain = snippet_domain(env)
    project = project_of(app.config)
    files, elsewhere = _changed_files(domain), _found_elsewhere(domain, project)
    if not (files or elsewhere):
        return []
    known = domain.uses.keys() - added - changed - removed
    showing = sorted(name for name in known if files.intersection(domain.uses[name]))
    return [
        name
        for name in sorted({*showing, *elsewhere.intersection(known)})
        if name in elsewhere or _shows_other(domain, name, env.doc2path(name), files, project)
    ]


def _found_elsewhere(domain: SnippetDomain, project: Project) -> set[str]:
    """The pages that write a name without a file, where the files that have the name are others now."""
    if not domain.searched:
        return set()
    project.index.known = domain.names
    return {
        docname
        for docname, found in domain.searched.items()
        if any(project.index.files_with(name) != files for name, files in found.items())
    }


def _changed_files(domain: SnippetDomain) -> set[str]:
    """The files whose content is not what it was; that they were only touched is forgotten."""
    used = set().union(*domain.uses.values())
    changed = set()
    for file, (stamp, content) in list(domain.files.items()):
        now = stamp_of(file)
        if file not in used:
            del domain.files[file]
        elif now != stamp:
            domain.files[file] = content_of(file, now)
            changed |= {file} if domain.files[file][1] != content else set()
    return changed


def _shows_other(
    domain: SnippetDomain, docname: str, page: str | Path, files: Iterable[str], project: Project
) -> bool:
    """Whether a page has to be read again; where its regions only moved, the new places are noted."""
    # Imported when a file has changed, see `extension`.
    from sphinxext.tested_snippets.blocks import read_again  # noqa: PLC0415
    from sphinxext.tested_snippets.records import origin_of  # noqa: PLC0415

    origins, moved = domain.origins(docname), False
    for index, origin in enumerate(origins):
        if not set(origin.files).isdisjoint(files):
            now = origin_of(read_again(origin.written, origin.name, Path(page), project))
            if now.fingerprint != origin.fingerprint:
                return True
            moved = moved or (now.placed, now.places) != (origin.placed, origin.places)
            origins[index] = replace(origin, placed=now.placed, places=now.places)
    if moved:
        domain.keep_origins(docname, origins)
    return False
