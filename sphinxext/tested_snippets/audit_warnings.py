"""What the end of every build says: about blocks, regions and requests here, and what else there is to say."""

from __future__ import annotations

from collections.abc import Iterator

from sphinxext.tested_snippets.answer import Defect
from sphinxext.tested_snippets.audit import Audit
from sphinxext.tested_snippets.claims import statement_warnings
from sphinxext.tested_snippets.crossing import crossing
from sphinxext.tested_snippets.domain import snippet_domain
from sphinxext.tested_snippets.literal_warnings import literal_warnings
from sphinxext.tested_snippets.memory import Warned
from sphinxext.tested_snippets.phrase import ended
from sphinxext.tested_snippets.verdict import State

__all__ = ["audit_warnings"]


def audit_warnings(audit: Audit) -> Iterator[Warned]:
    """What to say about all pages, in the order in which it is said."""
    build, command = audit.build, audit.app.config.tested_snippets_update_command
    yield from (("unknown", str(error), None, 0) for error in audit.errors)
    yield from (("source", problem, None, 0) for problem in filter(None, [build.links.problem]))
    domain = snippet_domain(audit.app.env)
    crosses = crossing(
        {name: [o.placed for o in domain.origins(name) if o.placed] for name in audit.pages}
    )
    for docname in audit.pages:
        record = audit.record(docname)
        for line, message in sorted({*record.defects, *crosses[docname]}):
            yield "region", message, docname, line
        yield from (("region", message, file, line) for file, line, message in record.elsewhere)
        for line, message in record.unknown:
            yield "unknown", message, docname, line
        for block, verdict in zip(record.blocks, audit.verdicts(docname)):
            if verdict.state in _REMEDIES:
                remedy = _REMEDIES[verdict.state].format(command)
                remedy += _IN_DOCSTRING if block.file and block.seen else ""
                reason = ended(str(verdict.reason))
                message = f"{block.snippet} {_SUMMARIES[verdict.state]}: {reason} {remedy}."
                yield verdict.state.value, message, block.file or docname, block.line
        for request, answered in zip(record.requests, audit.answers(docname)):
            for part in answered:
                if isinstance(part, Defect):
                    yield part.subtype, f"{request.kind}: {part.message}", docname, request.line
    yield from statement_warnings(audit, audit.pages)
    yield from literal_warnings(audit, audit.pages)


_REMEDIES = {
    State.FAILING: "Mend the snippet or correct what is expected of it, then run `{}`",
    State.STALE: "Run `{}`",
    State.NEVER_RUN: "Run `{}`, or waive the block with `:waive: reason`",
    State.UNKNOWN: "Write it as literalinclude, snippet or code-block on a page of its own (not in an "
    "included file, a drawn table or a docstring that another extension rewrites), or waive it with `:waive: reason`",
}
#: Sphinx doesn't know what pytest collects.
_IN_DOCSTRING = ". pytest runs it if snippets_pages names this file"
_SUMMARIES = {
    State.FAILING: "failed its check",
    State.STALE: "is stale",
    State.NEVER_RUN: "was never run",
    State.UNKNOWN: "can't be run",
}
