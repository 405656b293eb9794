"""What is shown where, and what is known of it, for other tools: the content of ``snippets.json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sphinxext.tested_snippets.audit import Audit
from sphinxext.tested_snippets.domain import snippet_domain
from sphinxext.tested_snippets.records import PageRecord
from sphinxext.tested_snippets.statement import snippet_name
from sphinxext.tested_snippets.verdict import Finding, ShownBlock, Verdict

__all__ = ["listing"]

#: Changes with what the file holds.
_FORMAT = 1


def listing(audit: Audit) -> dict[str, Any]:
    """All pages with their blocks, statements and literals."""
    pages: dict[str, dict[str, Any]] = {}
    for docname in audit.pages:
        record = audit.record(docname)
        path = audit.path_of(docname)
        pages[docname] = {
            "path": path,
            "blocks": list(_blocks(audit, docname, record)),
            "statements": list(_statements(audit, docname, record)),
            "literals": list(_literals(audit, docname, record)),
            "defects": [{"line": n, "message": text} for n, text in sorted(record.defects)],
            "unknown": [{"line": n, "message": text} for n, text in sorted(record.unknown)],
            "malformed": [{"line": n, "message": text} for n, text in sorted(record.malformed)],
        }
    return {
        "format": _FORMAT,
        "states": _states(pages, "blocks"),
        "statement_states": _states(pages, "statements"),
        "pages": pages,
        "errors": [str(error) for error in audit.errors],
    }


def _states(pages: Mapping[str, Any], kind: str) -> dict[str, int]:
    states = Counter(shown["state"] for page in pages.values() for shown in page[kind])
    return dict(sorted(states.items()))


def _statements(audit: Audit, docname: str, record: PageRecord) -> Iterator[dict[str, Any]]:
    for statement, verdict in zip(record.statements, audit.on_statements(docname)):
        yield {
            "line": statement.line,
            "words": statement.words,
            # What the evidence calls it, None for one that nobody can check.
            "snippet": snippet_name(statement.name) if statement.name else None,
            "state": verdict.state.value,
            "reason": str(verdict.reason or ""),
            "checks": [_check(finding) for finding in verdict.findings],
        }


def _literals(audit: Audit, docname: str, record: PageRecord) -> Iterator[dict[str, Any]]:
    for literal, verdict in zip(record.literals, audit.on_literals(docname)):
        where = {"line": literal.line, "text": literal.text}
        yield {**where, "state": verdict.state, "said": verdict.said}


def _blocks(audit: Audit, docname: str, record: PageRecord) -> Iterator[dict[str, Any]]:
    origins = snippet_domain(audit.app.env).origins(docname)
    placed = [origin.placed for origin in origins if origin.placed]
    regions = {(region.line, region.snippet): region for region in placed}
    for block, verdict in zip(record.blocks, audit.verdicts(docname)):
        region = regions.get((block.line, block.snippet))
        yield {
            "line": block.line,
            # The file that the line is in, where that is a docstring's.
            "file": audit.project.relative(Path(block.file)) if block.file else None,
            "snippet": block.snippet,
            "digest": block.digest,
            # How many lines of the text run without being shown.
            "hidden": block.hidden,
            "state": verdict.state.value,
            "reason": str(verdict.reason or ""),
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
