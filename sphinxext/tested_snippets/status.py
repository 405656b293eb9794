"""The quiet line under a block: what is known of it, in words and a sign, in every output format."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from sphinxext.tested_snippets.audit import audit_of
from sphinxext.tested_snippets.domain import snippet_status
from sphinxext.tested_snippets.evidence import Check
from sphinxext.tested_snippets.proofs import proof_uri
from sphinxext.tested_snippets.verdict import Finding, State, Verdict

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

__all__ = ["ShowStatus", "depart_html", "headline", "visit_html"]

_SIGNS = {
    State.VERIFIED: "✓",
    State.FAILING: "‼",
    State.STALE: "↻",
    State.NEVER_RUN: "○",
    State.WAIVED: "·",
    State.UNKNOWN: "?",
}


class ShowStatus(SphinxPostTransform):
    """Puts the outcome in the place that was kept for it below each block."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        """Fill or replace each :class:`snippet_status` of the page."""
        audit = audit_of(self.config)
        for node in list(self.document.findall(snippet_status)):
            verdicts = audit.verdicts(node["docname"])
            if node["block"] >= len(verdicts):
                node.parent.remove(node)
                continue
            verdict = verdicts[node["block"]]
            if audit.app.builder.format == "html":
                node["html"] = _html(verdict, audit.app, self.env.docname)
            else:
                node.replace_self(_plain(verdict))


def headline(verdict: Verdict) -> tuple[str, str]:
    """The outcome in one line and the versions it holds for, "" where nothing ran."""
    holding = _shown_first(verdict)
    versions = "; ".join(dict.fromkeys(str(finding.environment) for finding in holding))
    if verdict.state is State.VERIFIED:
        return f"Checked: {_outcomes(holding)}", versions
    texts = {
        State.FAILING: "Check failed",
        State.STALE: "Changed since it was checked",
        State.NEVER_RUN: "Never run",
        State.WAIVED: f"Not run: {verdict.reason}",
        State.UNKNOWN: "Not checked",
    }
    return texts[verdict.state], versions


def _shown_first(verdict: Verdict) -> list[Finding]:
    """The checks that the page itself makes of the block, or all that hold where it makes none."""
    holding = [finding for finding in verdict.findings if finding.outdated is None]
    return [finding for finding in holding if finding.own] or holding


def _outcomes(findings: list[Finding]) -> str:
    """For instance "runs on CE", or "runs on CE (public), fails on CE (private)"."""
    return ", ".join(dict.fromkeys(_outcome(finding.check) for finding in findings))


def _outcome(check: Check) -> str:
    word = "runs" if check.expected.fails is None else "fails"
    _, labelled, label = check.test.rpartition("[")
    shown = f" ({label.rstrip(']')})" if labelled and check.test.endswith("]") else ""
    return f"{word} on {check.runtime}{shown}"


def _plain(verdict: Verdict) -> nodes.Node:
    text, versions = headline(verdict)
    findings = _shown_first(verdict)
    observed = dict.fromkeys(f.check.observed for f in findings if f.check.observed)
    parts = [f"{_sign(verdict)} {text}", *([f"({versions})"] if versions else [])]
    line = " ".join(parts) + ("" if not observed else f". Observed: {'; '.join(observed)}")
    return nodes.paragraph("", line, classes=["snippet-status"])


def _html(verdict: Verdict, app: Sphinx, docname: str) -> str:
    text, versions = headline(verdict)
    sign = f'<span class="snippet-sign" aria-hidden="true">{_sign(verdict)}</span>'
    shown = f"{sign} {escape(text)}"
    if versions:
        shown += f' <span class="snippet-versions">{escape(versions)}</span>'
    classes = f"snippet-status snippet-status-{verdict.state.value.replace('_', '-')}"
    classes += " snippet-expected-failure" if _fails_as_expected(verdict) else ""
    if not verdict.findings and not verdict.reason:
        return f'<p class="{classes}">{shown}</p>\n'
    if verdict.state is State.WAIVED:
        return f'<p class="{classes}">{shown}</p>\n'
    details = f"<p>{escape(_sentence(verdict.reason))}</p>\n" if verdict.reason else ""
    items = "".join(_html_finding(finding, app, docname) for finding in verdict.findings)
    details += f"<ul>\n{items}</ul>\n" if items else ""
    return f'<details class="{classes}">\n<summary>{shown}</summary>\n{details}</details>\n'


def _sign(verdict: Verdict) -> str:
    return "✗" if _fails_as_expected(verdict) else _SIGNS[verdict.state]


def _fails_as_expected(verdict: Verdict) -> bool:
    """Whether every check of a verified block is one of a failure that the page is about."""
    return verdict.state is State.VERIFIED and all(
        finding.check.expected.fails is not None for finding in _shown_first(verdict)
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _html_finding(finding: Finding, app: Sphinx, docname: str) -> str:
    check = finding.check
    if finding.outdated:
        what = finding.outdated
    elif not check.passed:
        what = "did not behave as expected"
    elif check.expected.fails is not None:
        what = "fails, as expected, with"
    else:
        what = "runs" + (" and gives" if check.observed else "")
    observed = f" <samp>{escape(check.observed)}</samp>" if check.observed else ""
    uri = proof_uri(app, docname, check.test)
    test = f"<code>{escape(check.test)}</code>"
    test = f'<a class="reference internal" href="{escape(uri)}">{test}</a>' if uri else test
    return (
        f"<li>{escape(check.runtime)}, {escape(str(finding.environment))}: {escape(what)}{observed}"
        f'<br><span class="snippet-test">Test: {test}</span></li>\n'
    )


def visit_html(translator: HTML5Translator, node: snippet_status) -> None:
    """Write the line."""
    translator.body.append(node["html"])


def depart_html(translator: HTML5Translator, node: snippet_status) -> None:
    """Nothing is open."""
