"""Where the sources of snippets can be read on the code host, by ``tested_snippets_source_url``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from sphinxext.tested_snippets.checkout import Checkout, NoCommit
from sphinxext.tested_snippets.domain import SnippetDomain

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

    from sphinxext.tested_snippets.page_blocks import Place
    from sphinxext.tested_snippets.project import Project
    from sphinxext.tested_snippets.verdict import ShownBlock

__all__ = ["SourceLink", "SourceLinks", "check_source_url"]

_OPTION = "tested_snippets_source_url"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KNOWN = ("commit", "path", "start", "end")


@dataclass(frozen=True)
class SourceLink:
    """A link to the lines of a file: what it says, and where it leads."""

    words: str
    url: str


class SourceLinks:
    """The links of one build. git is asked once, and only where the setting has ``{commit}`` in it.

    :param template: the setting.
    :ivar left_out: the files without a link, because what they are is not in the commit.
    """

    def __init__(self, template: str, project: Project) -> None:
        self._template = template
        self._project = project
        self.left_out: set[str] = set()
        self._pages: dict[str, list[Sequence[SourceLink]]] = {}

    @cached_property
    def _checkout(self) -> Checkout | NoCommit | None:
        if "{commit}" not in self._template:
            return None
        try:
            return Checkout.read(self._project.root)
        except NoCommit as error:
            return error

    @property
    def commit(self) -> str:
        """The commit that is linked to, "" where there is none."""
        return self._checkout.commit if isinstance(self._checkout, Checkout) else ""

    @property
    def problem(self) -> str | None:
        """Why there are no links although there should be, or None."""
        if not isinstance(self._checkout, NoCommit):
            return None
        return (
            f"{_OPTION} has {{commit}} in it, but no commit is known of {self._project.root}: "
            f"{self._checkout}. Build in a git checkout, or write the name of a tag in place of {{commit}}."
        )

    @cached_property
    def stamp(self) -> str:
        """Changes with what links are made of besides the places of snippets."""
        found, checkout = [self._template], self._checkout
        if isinstance(checkout, Checkout):
            found += [checkout.commit, *sorted(checkout.unchanged)]
        return "\0".join((*found, str(self.problem)))

    def of_page(
        self, docname: str, blocks: Sequence[ShownBlock], domain: SnippetDomain
    ) -> list[Sequence[SourceLink]]:
        """The links of each of the `blocks` of a page; none for text of the page itself."""
        if not self._template or self.problem:
            return []
        if docname not in self._pages:
            self._pages[docname] = self._links_of(docname, blocks, domain)
        return self._pages[docname]

    def _links_of(
        self, docname: str, blocks: Sequence[ShownBlock], domain: SnippetDomain
    ) -> list[Sequence[SourceLink]]:
        origins = domain.origins(docname)
        places = {(origin.written.line, origin.snippet): origin.places for origin in origins}
        found = (places.get((block.line, block.snippet), ()) for block in blocks)
        return [[link for place in shown for link in self._link(place)] for shown in found]

    def _link(self, place: Place) -> list[SourceLink]:
        project, path = self._project, place.path
        if isinstance(self._checkout, Checkout):
            found = self._checkout.place_of(project.root / path)
        else:
            found = None if path.startswith("../") else path
        if found is None:
            self.left_out.add(path)
            return []
        values = {
            "commit": self.commit,
            "path": quote(found),
            "start": str(place.first),
            "end": str(place.last),
        }
        url = _PLACEHOLDER.sub(lambda name: values[name[1]], self._template)
        return [SourceLink(f"{path}:{place.first}", url)]


def check_source_url(app: Sphinx, config: Config) -> None:
    """Refuse a setting that has not the form (event ``config-inited``).

    :raises ConfigError: it has not.
    """
    template = getattr(config, _OPTION)
    names = _PLACEHOLDER.findall(template) if isinstance(template, str) else []
    if template and ("path" not in names or not set(names).issubset(_KNOWN)):
        from sphinx.errors import ConfigError  # noqa: PLC0415 - the rest of the module does without Sphinx

        raise ConfigError(
            f"conf.py: {_OPTION} is {template!r}, expected an address with {{path}} in it, and no other names in "
            f"braces than {', '.join(f'{{{name}}}' for name in _KNOWN)}"
        )
