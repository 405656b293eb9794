"""The sign behind a statement, and the list at the end of a page that the signs lead to, in every format.

A paragraph can't hold what there is to say of a statement, and a reader shall not need a script. So the sign
is a link to the statement's entry in the list. The list is folded; a browser unfolds what a link leads into, and the
style sheet shows the entry at the lower edge of the screen, where the reader is.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from docutils import nodes

from sphinxext.tested_snippets.audit import Audit
from sphinxext.tested_snippets.build import audit_of
from sphinxext.tested_snippets.page_nodes import snippet_statement, snippet_statements
from sphinxext.tested_snippets.phrase import ended, to_say
from sphinxext.tested_snippets.places import statement_anchor
from sphinxext.tested_snippets.proof_items import proof_item
from sphinxext.tested_snippets.sentences import around
from sphinxext.tested_snippets.translation import say
from sphinxext.tested_snippets.verdict import Finding, ShownStatement, State, Verdict
from sphinxext.tested_snippets.wording import runtime_words

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["show_statements"]

#: The sign of each state, and what it says to those who can't see it.
_SIGNS = {
    State.VERIFIED: ("✓", to_say("Checked")),
    State.FAILING: ("‼", to_say("Check failed")),
    State.STALE: ("↻", to_say("Changed since it was checked")),
    State.NEVER_RUN: ("○", to_say("Never checked")),
    State.WAIVED: ("?", to_say("Not checked")),
    State.UNKNOWN: ("○", to_say("Never checked")),
}
_TITLE = to_say("Statements on this page")
#: The builders whose pages are read on a screen that the style sheet knows.
_ON_SCREEN = frozenset({"html", "dirhtml", "singlehtml"})


def show_statements(document: nodes.document, app: Sphinx, written: str) -> None:
    """Put a sign behind each statement, and the list in the place that was kept for it."""
    audit = audit_of(app.config)
    html = app.builder.format == "html"
    entries: dict[str, list[_Entry]] = {}
    marked = [node for node in document.findall(snippet_statement) if "index" in node]
    # All of them before the first sign: it would be a word of the sentence around the next statement.
    for node, entry in [(node, _Entry(audit, node)) for node in marked]:
        entries.setdefault(node["docname"], []).append(entry)
        sign = entry.html_sign() if html else f"\N{NO-BREAK SPACE}{entry.sign}"
        node.append(nodes.raw("", sign, format="html") if html else nodes.Text(sign))
    for place in list(document.findall(snippet_statements)):
        found = entries.get(place["docname"], [])
        if html:
            _fill(place, found, app, written)
        else:
            place.replace_self(_plain_list(found))


class _Entry:
    """What there is to say of one statement. It takes the words as they stand on the page, translated maybe."""

    def __init__(self, audit: Audit, node: snippet_statement) -> None:
        docname, index = node["docname"], node["index"]
        self._words = [child.deepcopy() for child in node.children]
        self._around = around(node)
        self._config = audit.app.config
        self.statement: ShownStatement = audit.record(docname).statements[index]
        self.verdict: Verdict = audit.on_statements(docname)[index]
        self.sign, spoken = _SIGNS[self.verdict.state]
        self.spoken = say(spoken)
        self.anchor = statement_anchor(self.statement.name, docname, index)

    def sentence(self) -> list[nodes.Node]:
        """The sentence that the statement stands in, where it is a part of one, as strong."""
        words: list[nodes.Node] = [word.deepcopy() for word in self._words]
        if not any(self._around):
            return words
        before, behind = map(nodes.Text, self._around)
        return [before, nodes.strong("", "", *words), behind]

    @property
    def runtimes(self) -> list[str]:
        """Where it was checked, in words, each place once."""
        names = (finding.check.runtime for finding in self.holding)
        return list(dict.fromkeys(runtime_words(self._config, name) for name in names))

    @property
    def holding(self) -> list[Finding]:
        """The checks that are about the statement and its tests as they are."""
        return [finding for finding in self.verdict.findings if finding.outdated is None]

    def headline(self) -> str:
        """The outcome in words."""
        if self.verdict.state is State.WAIVED:
            return say("Not checked: {reason}").format(reason=self.statement.reason)
        if self.verdict.state is State.VERIFIED:
            return say("Checked on {runtimes}").format(runtimes=", ".join(self.runtimes))
        return self.spoken

    def html_sign(self) -> str:
        """The link to the entry. A word joiner keeps it on the line of the last word."""
        state = self.verdict.state.value.replace("_", "-")
        label = escape(say("{outcome}: details").format(outcome=self.spoken))
        return (
            f'\N{WORD JOINER}<a class="snippet-mark snippet-mark-{state}" id="{escape(self.anchor)}-said" '
            f'href="#{escape(self.anchor)}" aria-label="{label}">{self.sign}</a>'
        )


def _plain_list(entries: list[_Entry]) -> list[nodes.Node]:
    items = nodes.bullet_list("")
    for entry in entries:
        item = nodes.paragraph("", f"{entry.sign} ", *entry.sentence())
        item += nodes.Text(f": {ended(entry.headline())}")
        versions = dict.fromkeys(str(finding.environment) for finding in entry.holding)
        seen = dict.fromkeys(f.check.observed for f in entry.holding if f.check.observed)
        if versions:
            item += nodes.Text(f" ({'; '.join(versions)}).")
        if seen:
            said = say("Seen: {observed}").format(observed="; ".join(seen))
            item += nodes.Text(f" {said}")
        items += nodes.list_item("", item)
    return [nodes.rubric("", say(_TITLE)), items]


def _fill(place: nodes.Element, entries: list[_Entry], app: Sphinx, docname: str) -> None:
    """Make of the placeholder a list whose words are nodes, for they may be of any markup."""
    on_screen = app.builder.name in _ON_SCREEN
    panel = " snippet-panel" if on_screen else ""
    title, way_back = escape(say(_TITLE)), escape(say("Back to the text"))
    place["html"] = (
        f'<aside class="snippet-statements{panel}" aria-label="{title}">\n'
        f"<details{'' if on_screen else ' open'}>\n"
        f'<summary class="rubric">{title} ({len(entries)})</summary>\n<ul>\n'
    )
    place["html_end"] = "</ul>\n</details>\n</aside>\n"
    for entry in entries:
        head = f'<li id="{escape(entry.anchor)}"><p class="snippet-statement-words">'
        sign = f'<span class="snippet-sign" aria-hidden="true">{entry.sign}</span> '
        back = (
            f' <a class="snippet-back" href="#{escape(entry.anchor)}-said" '
            f'aria-label="{way_back}">↩</a></p>\n'
        )
        place += nodes.raw("", head + sign, format="html")
        place += nodes.inline("", "", *entry.sentence())
        place += nodes.raw("", back + _html_details(entry, app, docname), format="html")


def _html_details(entry: _Entry, app: Sphinx, docname: str) -> str:
    said = f'<p class="snippet-statement-outcome">{escape(entry.headline())}</p>\n'
    findings = "".join(
        proof_item(app, docname, finding.check, _said(finding, entry, app))
        for finding in entry.verdict.findings
    )
    return f"{said}{f'<ul>{findings}</ul>' if findings else ''}</li>\n"


def _said(finding: Finding, entry: _Entry, app: Sphinx) -> str:
    """What came out in which environment; the runtime, too, where the headline has none or several."""
    place = str(finding.environment)
    if entry.verdict.state is not State.VERIFIED or len(entry.runtimes) > 1:
        place = f"{runtime_words(app.config, finding.check.runtime)}, {place}"
    return f"{place}: {_outcome(finding)}"


def _outcome(finding: Finding) -> str:
    if finding.outdated:
        return say(finding.outdated)
    if not finding.check.passed:
        return say("the check failed")
    return say("holds; seen:") if finding.check.observed else say("holds")
