"""Keeps in Sphinx's environment what each page shows, so that pages that were not read again count too."""

from __future__ import annotations

import hashlib
import pickle
import zlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.domains import Domain

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

    from sphinxext.tested_snippets.records import Origin, PageRecord
    from sphinxext.tested_snippets.search import Known, SnippetIndex
    from sphinxext.tested_snippets.source import Stamp

__all__ = ["SnippetDomain", "content_of", "snippet_domain"]


class SnippetDomain(Domain):
    """The domain ``snippets``: no roles or directives, but data per page.

    `pages` maps page names to the bytes of a :class:`PageRecord`, and `sources` to those of its origins: a
    build that changes nothing takes none of them apart. `uses` maps page names to the files that regions on
    the page are cut from, and `files` maps those to the state in which they were read.
    """

    name = "snippets"
    label = "Tested snippets"
    data_version = 12
    # Sphinx 7 declares it for instances, Sphinx 9 for the class: either takes it without a type.
    initial_data = {  # noqa: RUF012
        "pages": {},
        "sources": {},
        "uses": {},
        "files": {},
        "searched": {},
        "names": {},
    }

    @property
    def pages(self) -> dict[str, bytes]:
        """The record of each page, see :meth:`record` and :meth:`keep`."""
        return self.data["pages"]  # type: ignore[no-any-return]

    def record(self, docname: str) -> PageRecord | None:
        """The record of a page; None when nothing is known of it."""
        known = self.pages.get(docname)
        return _unpacked(known) if known else None

    def keep(self, docname: str, record: PageRecord) -> None:
        """Keep the record of a page."""
        self.pages[docname] = _packed(record)

    @property
    def sources(self) -> dict[str, bytes]:
        """The origins of each page's blocks, see :meth:`origins` and :meth:`keep_origins`."""
        return self.data["sources"]  # type: ignore[no-any-return]

    def origins(self, docname: str) -> list[Origin]:
        """The blocks of a page that take something from other files."""
        known = self.sources.get(docname)
        return _unpacked(known) if known else []

    def keep_origins(self, docname: str, origins: list[Origin]) -> None:
        """Keep what the blocks of a page take from other files."""
        self.sources[docname] = _packed(origins)
        self.uses[docname] = tuple({file: None for origin in origins for file in origin.files})

    @property
    def uses(self) -> dict[str, tuple[str, ...]]:
        """The files that each page uses."""
        return self.data["uses"]  # type: ignore[no-any-return]

    @property
    def files(self) -> dict[str, tuple[Stamp, str]]:
        """The stamp and the digest of each of these files."""
        return self.data["files"]  # type: ignore[no-any-return]

    @property
    def searched(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """For each page the names that it writes without a file, and the files that had them."""
        return self.data["searched"]  # type: ignore[no-any-return]

    @property
    def names(self) -> Known:
        """What is known of the files that are searched."""
        return self.data["names"]  # type: ignore[no-any-return]

    def keep_searched(self, docname: str, names: Iterable[str], index: SnippetIndex) -> None:
        """Keep what the `names` stood for that a page writes without a file."""
        found = {name: index.files_with(name) for name in names}
        if found:
            self.searched[docname] = found
            self.data["names"] = index.known

    def clear_doc(self, docname: str) -> None:
        """Forget a page that is read again or is gone."""
        for kept in (self.pages, self.sources, self.uses, self.searched):
            kept.pop(docname, None)

    def merge_domaindata(self, docnames: Iterable[str], otherdata: dict[str, Any]) -> None:
        """Take over what a parallel worker has read."""
        self.data["names"] = {**self.names, **otherdata["names"]}
        for name in docnames:
            if name in otherdata["searched"]:
                self.searched[name] = otherdata["searched"][name]
            if name in otherdata["pages"]:
                for kept in ("pages", "sources", "uses"):
                    self.data[kept][name] = otherdata[kept][name]
                self.files.update((file, otherdata["files"][file]) for file in self.uses[name])


def _packed(value: object) -> bytes:
    """`value` in little space: the environment keeps it for all pages, in memory and on disk."""
    return zlib.compress(pickle.dumps(value, pickle.HIGHEST_PROTOCOL), level=1)


def _unpacked(packed: bytes) -> Any:
    return pickle.loads(zlib.decompress(packed))  # noqa: S301 - as trusted as the rest of the environment


def snippet_domain(env: BuildEnvironment) -> SnippetDomain:
    """The domain's data of a build."""
    domain = env.get_domain(SnippetDomain.name)
    assert isinstance(domain, SnippetDomain)
    return domain


@lru_cache(maxsize=256)
def content_of(file: str, stamp: Stamp) -> tuple[Stamp, str]:
    """A file's stamp, as it is known already, and the digest of its content, "" when it can't be read."""
    try:
        return stamp, hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return stamp, ""
