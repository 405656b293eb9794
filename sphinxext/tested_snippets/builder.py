"""``sphinx-build -b snippets``: what is shown where, and what is known of it, as JSON for other tools."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.builders.dummy import DummyBuilder
from sphinx.util import logging

from sphinxext.tested_snippets.audit import Audit, audit_of
from sphinxext.tested_snippets.domain import PageRecord, snippet_domain
from sphinxext.tested_snippets.verdict import Finding, ShownBlock, Verdict

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["SnippetsBuilder", "write_snippets"]

logger = logging.getLogger(__name__)

#: Changes with what the file holds.
_FORMAT = 1


class SnippetsBuilder(DummyBuilder):
    """Reads the pages and writes ``snippets.json``."""

    name = "snippets"
    epilog = "The snippets are listed in %(outdir)s/snippets.json."

    def get_outdated_docs(self) -> set[str]:
        """None: the file is made of what is known of the pages, see :func:`write_snippets`."""
        return set()


def write_snippets(app: Sphinx, exception: Exception | None) -> None:
    """Write the file of a build that went through (event ``build-finished``)."""
    if exception is None and app.builder.name == SnippetsBuilder.name:
        text = json.dumps(_data(app), indent=2, ensure_ascii=False) + "\n"
        Path(app.outdir, "snippets.json").write_text(text, encoding="utf-8")


def _data(app: Sphinx) -> dict[str, Any]:
    audit, domain = audit_of(app.config), snippet_domain(app.env)
    pages: dict[str, dict[str, Any]] = {}
    for docname in sorted(domain.pages):
        record = audit.record(docname)
        path = audit.project.relative(Path(app.env.doc2path(docname)))
        pages[docname] = {
            "path": path,
            "blocks": list(_blocks(audit, docname, record)),
            "defects": [{"line": n, "message": text} for n, text in sorted(record.defects)],
            "unknown": [{"line": n, "message": text} for n, text in sorted(record.unknown)],
        }
    states = Counter(block["state"] for page in pages.values() for block in page["blocks"])
    return {
        "format": _FORMAT,
        "states": dict(sorted(states.items())),
        "pages": pages,
        "errors": [str(error) for error in audit.errors],
    }


def _blocks(audit: Audit, docname: str, record: PageRecord) -> Iterator[dict[str, Any]]:
    origins = snippet_domain(audit.app.env).origins(docname)
    regions = {origin.placed.line: origin.placed for origin in origins if origin.placed}
    for block, verdict in zip(record.blocks, audit.verdicts(docname)):
        region = regions.get(block.line)
        yield {
            "line": block.line,
            "snippet": block.snippet,
            "digest": block.digest,
            "state": verdict.state.value,
            "reason": verdict.reason,
            # Where the region stands that is shown, None for text of the page and for whole files.
            "region": region and {"path": region.path, "first": region.first, "last": region.last},
            "checks": _checks(block, verdict),
        }


def _checks(block: ShownBlock, verdict: Verdict) -> list[dict[str, Any]]:
    ran = [_check(finding) for finding in verdict.findings]
    known = {check["test"] for check in ran}
    missing = [test for test in block.checks if test not in known]
    return ran + [{"test": test, "recorded": False} for test in missing]


def _check(finding: Finding) -> dict[str, Any]:
    check = finding.check
    return {
        "test": check.test,
        "recorded": True,
        "runtime": check.runtime,
        "environment": finding.environment.to_json(),
        "expected": {"fails": check.expected.fails, "output": check.expected.output},
        "passed": check.passed,
        "observed": check.observed,
        "outdated": finding.outdated,
    }
