"""One build: what is known from the last one, and the audit where that is not enough."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from sphinx.config import Config
from sphinx.util import logging

from sphinxext.tested_snippets.domain import snippet_domain
from sphinxext.tested_snippets.memory import Memory, Warned
from sphinxext.tested_snippets.project import project_of
from sphinxext.tested_snippets.source import stamp_of
from sphinxext.tested_snippets.source_links import SourceLinks

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from sphinxext.tested_snippets.audit import Audit

__all__ = ["Build", "audit_of", "build_of", "outdated_pages", "start_build", "warn"]

logger = logging.getLogger(__name__)


class Build:
    """What belongs to one build and ends with it; an application may build several times.

    :ivar project: the project whose pages are built.
    :ivar evidence: the folder of its evidence.
    :ivar links: where sources can be read on the code host.
    :ivar memory: what is known from the last build.
    :ivar navigation: what the pages of one folder have in common, see :mod:`sphinxext.tested_snippets.proofs`.
    """

    def __init__(self, app: Sphinx) -> None:
        self._app = ref(app)
        self.project = project_of(app.config)
        self.evidence = Path(app.confdir) / app.config.tested_snippets_evidence
        self.links = SourceLinks(app.config.tested_snippets_source_url, self.project)
        memory = Path(app.doctreedir) / f"tested_snippets-{app.builder.name}.json"
        self.memory = Memory(memory, str(app.outdir))
        self.navigation: dict[tuple[str, str], Any] = {}

    @property
    def app(self) -> Sphinx:
        """The application that builds."""
        app = self._app()
        assert app is not None
        return app

    @cached_property
    def audit(self) -> Audit:
        """The judgement on all pages, where :attr:`known` is None, and for pages that are written again."""
        # Imported here as a build that changes nothing does without, see `extension`.
        from sphinxext.tested_snippets.audit import Audit  # noqa: PLC0415

        return Audit(self)

    @cached_property
    def known(self) -> Sequence[Warned] | None:
        """The warnings, where nothing changed since the last build that they depend on, otherwise None."""
        return self.memory.warnings(self._judged)

    def warnings(self) -> Sequence[Warned]:
        """The warnings, at the end of the build; what had to be judged or written is remembered."""
        if self.known is not None:
            self.memory.save_proofs()
            return self.known
        from sphinxext.tested_snippets.audit_warnings import audit_warnings  # noqa: PLC0415 - as above

        # A docstring may be on several pages.
        found = list(dict.fromkeys(audit_warnings(self.audit)))
        self.memory.save(found, self._judged, self.audit.consulted)
        return found

    # Worked out once, when all pages have been read and before anything is judged: evidence that is written later
    # must not be taken for what was judged.
    @cached_property
    def _judged(self) -> str:
        """Changes with the pages, the evidence and the settings that warnings depend on."""
        env = self.app.env
        domain = snippet_domain(env)
        seen = hashlib.sha256(self.app.config.tested_snippets_update_command.encode())
        seen.update(self.links.stamp.encode())
        for docname in sorted(domain.pages):
            seen.update(f"\0{docname}\0".encode())
            seen.update(domain.pages[docname])
            seen.update(domain.sources[docname])
            seen.update(f"\0{env.titles[docname].astext()}".encode())  # Which tables have.
        for file in sorted(self.evidence.glob("*.json")):
            seen.update(f"\0{file.name}\0{stamp_of(file)}".encode())
        return seen.hexdigest()


_BUILDS: WeakKeyDictionary[Config, Build] = WeakKeyDictionary()


def start_build(app: Sphinx, *_: Any) -> Sequence[str]:
    """Begin a build, and ask for no page (event ``env-get-outdated``, which is the first of each build)."""
    _BUILDS[app.config] = Build(app)
    return ()


def build_of(config: Config) -> Build:
    """The current build with this configuration."""
    return _BUILDS[config]


def audit_of(config: Config) -> Audit:
    """The audit of the current build with this configuration."""
    return build_of(config).audit


def outdated_pages(app: Sphinx, env: BuildEnvironment) -> Sequence[str]:
    """The pages to write again because the outcomes on them changed (event ``env-updated``)."""
    build = build_of(app.config)
    if build.known is not None:
        return ()
    before, now = build.memory.written, build.audit.outcomes()
    build.memory.written = now
    return [docname for docname in now if before.get(docname) != now[docname]]


def warn(app: Sphinx, exception: Exception | None) -> None:
    """Warn about everything that isn't proven (event ``build-finished``)."""
    if exception is not None:
        return
    build = build_of(app.config)
    for subtype, message, place, line in build.warnings():
        location: Any = (place, line or None) if place else None
        if place and Path(place).is_absolute():  # A file with docstrings, no page.
            location = f"{place}:{line}"
        logger.warning("%s", message, type="tested_snippets", subtype=subtype, location=location)
    commit = build.links.commit
    for path in sorted(build.links.left_out):
        where = f"it is not as in commit {commit[:10]}" if commit else "it is outside of the root"
        logger.info("no link to the source of %s: %s", path, where)
