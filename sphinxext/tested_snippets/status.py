"""The quiet line under a block: what is known of it, in words and a sign, in every output format."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from docutils import nodes

from sphinxext.tested_snippets.build import audit_of
from sphinxext.tested_snippets.evidence import digest
from sphinxext.tested_snippets.page_nodes import snippet_status
from sphinxext.tested_snippets.phrase import to_say
from sphinxext.tested_snippets.places import add_below, anchor, marked
from sphinxext.tested_snippets.proof_items import proof_item
from sphinxext.tested_snippets.testcode import label_of
from sphinxext.tested_snippets.translation import say, sentence
from sphinxext.tested_snippets.verdict import Finding, State, Verdict
from sphinxext.tested_snippets.wording import outcome_words, runtime_words

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

__all__ = ["headline", "show_status"]

_SIGNS = {
    State.VERIFIED: "✓",
    State.FAILING: "‼",
    State.STALE: "↻",
    State.NEVER_RUN: "○",
    State.WAIVED: "·",
    State.UNKNOWN: "?",
}


def show_status(document: nodes.document, app: Sphinx, written: str) -> None:
    """Add a line below each literal block that was judged; `written` is the page that is written."""
    audit = audit_of(app.config)
    for block, docname, index in marked(document):
        verdicts = audit.verdicts(docname)
        if index >= len(verdicts):
            continue
        if app.builder.name == "gettext":
            _offer_reason(verdicts[index], block)
        elif app.builder.format == "html":
            block["ids"].append(anchor(docname, index))
            add_below(block, snippet_status(html=_html(verdicts[index], app, written)))
        else:
            add_below(block, _plain(verdicts[index], app.config))


def _offer_reason(verdict: Verdict, block: nodes.Element) -> None:
    """Let translators see why a block is not run: of what pages say of blocks, that is the author's."""
    if verdict.state is State.WAIVED:
        reason = nodes.paragraph(str(verdict.reason), str(verdict.reason))
        # Sphinx gives the nodes of pages one when they are read, and leaves out of catalogues what has none.
        reason.uid = digest(reason.astext())  # type: ignore[attr-defined]
        add_below(block, reason)


def headline(verdict: Verdict, config: Config) -> tuple[str, str]:
    """The outcome in one line and the versions it holds for, "" where nothing ran."""
    holding = _shown_first(verdict)
    versions = "; ".join(dict.fromkeys(str(finding.environment) for finding in holding))
    if verdict.state is State.VERIFIED:
        return say("Checked: {outcomes}").format(outcomes=_outcomes(holding, config)), versions
    if verdict.state is State.WAIVED:
        return say("Not run: {reason}").format(reason=verdict.reason), versions
    return say(_STATES[verdict.state]), versions


_STATES = {
    State.FAILING: to_say("Check failed"),
    State.STALE: to_say("Changed since it was checked"),
    State.NEVER_RUN: to_say("Never run"),
    State.UNKNOWN: to_say("Not checked"),
}


def _shown_first(verdict: Verdict) -> list[Finding]:
    """The checks that the page itself makes of the block, or all that hold where it makes none."""
    holding = [finding for finding in verdict.findings if finding.outdated is None]
    return [finding for finding in holding if finding.own] or holding


def _outcomes(findings: list[Finding], config: Config) -> str:
    """For instance "runs on CE", or "runs on CE (public), fails on CE (private)".

    Labels tell checks on the same runtime apart; where there is one check for each, they say nothing.
    """
    tests = {(finding.check.runtime, finding.check.test) for finding in findings}
    often = Counter(runtime for runtime, _ in tests)
    return ", ".join(
        dict.fromkeys(
            outcome_words(config, finding.check, finding.environment)
            + (_label(finding.check.test) if often[finding.check.runtime] > 1 else "")
            for finding in findings
        )
    )


def _label(test: str) -> str:
    label = label_of(test)
    return f" ({label})" if label else ""


def _plain(verdict: Verdict, config: Config) -> nodes.paragraph:
    text, versions = headline(verdict, config)
    findings = _shown_first(verdict)
    observed = dict.fromkeys(f.check.observed for f in findings if f.check.observed)
    parts = [f"{_sign(verdict)} {text}", *([f"({versions})"] if versions else [])]
    line = " ".join(parts)
    if observed:
        line = say("{line}. Observed: {observed}").format(line=line, observed="; ".join(observed))
    return nodes.paragraph("", line, classes=["snippet-status"])


def _html(verdict: Verdict, app: Sphinx, docname: str) -> str:
    text, versions = headline(verdict, app.config)
    sign = f'<span class="snippet-sign" aria-hidden="true">{_sign(verdict)}</span>'
    shown = f"{sign} {escape(text)}"
    if versions:
        shown += f' <span class="snippet-versions">{escape(versions)}</span>'
    classes = f"snippet-status snippet-status-{verdict.state.value.replace('_', '-')}"
    classes += " snippet-expected-failure" if _sign(verdict) == "✗" else ""
    if not verdict.findings and not verdict.reason:
        return f'<p class="{classes}">{shown}</p>\n'
    if verdict.state is State.WAIVED:
        return f'<p class="{classes}">{shown}</p>\n'
    details = f"<p>{escape(sentence(verdict.reason))}</p>\n" if verdict.reason else ""
    items = "".join(_html_finding(finding, app, docname) for finding in verdict.findings)
    details += f"<ul>\n{items}</ul>\n" if items else ""
    return f'<details class="{classes}">\n<summary>{shown}</summary>\n{details}</details>\n'


def _sign(verdict: Verdict) -> str:
    """That of the state; of a verified block those of what its checks expect, a success, a failure, or both."""
    if verdict.state is not State.VERIFIED:
        return _SIGNS[verdict.state]
    fails = {finding.check.expected.fails is not None for finding in _shown_first(verdict)}
    return "".join(sign for sign, failure in (("✓", False), ("✗", True)) if failure in fails)


def _html_finding(finding: Finding, app: Sphinx, docname: str) -> str:
    check = finding.check
    if finding.outdated:
        what = f"{runtime_words(app.config, check.runtime)}: {say(finding.outdated)}"
    elif not check.passed:
        what = f"{runtime_words(app.config, check.runtime)}: " + say("did not behave as expected")
    else:
        what = outcome_words(app.config, check, finding.environment)
        if check.observed and check.expected.fails is not None:
            what = say("{outcome}, as expected, with").format(outcome=what)
        elif check.observed:
            what = say("{outcome} and gives").format(outcome=what)
    return proof_item(app, docname, check, f"{finding.environment}: {what}")
