"""A Sphinx extension of this site: ``.. observed-errors::`` lists every error that the checks of its pages saw.

What is listed comes from the evidence when the site is built, so a message that is not seen any more is gone. Messages
that differ in names only, such as those of repos, are one entry. A script narrows the list while a reader types. Below
each block that fails stands a link to its message in the list, and from there one to the section with what to do.

What a check expected with ``:fails:`` is an error. Where a check reports what somebody else was told, such as a command,
the message is its output: the setting ``errors_page_also`` names those checks. Pages about something else than
the migration are left out with ``errors_page_without``. Other versions have other words for the same: messages of the
evidence folders that ``errors_page_folders`` names, from the folder of ``conf.py``, are listed as well.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.matching import patmatch

from examples.error_messages import Fix, anchor_of, general, messages, read_fixes
from sphinxext.tested_snippets.build import audit_of
from sphinxext.tested_snippets.domain import snippet_domain
from sphinxext.tested_snippets.page_nodes import snippet_statement
from sphinxext.tested_snippets.places import add_below, marked

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from sphinxext.tested_snippets.audit import Audit
    from sphinxext.tested_snippets.judgement import Judgement
    from sphinxext.tested_snippets.verdict import Finding, Verdict

__all__ = ["setup"]

logger = logging.getLogger(__name__)

#: The page with the list.
_PAGE = "errors"
#: The sections of a pair: what mends the first stands in the second, so a link leads to the section around both.
_SIDES = {"Before", "After"}
#: How much of a message the link below a block shows.
_SHORT = 100


class observed_errors(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """Stands where the list will be, with its ``fixes``: outcomes are known when all pages have been read."""


class ObservedErrors(SphinxDirective):
    """``.. observed-errors::`` with lines ``text => page#section``: where it stands what to do about which messages."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The place of the list."""
        lines = ((offset + 1, line) for (_, offset), line in zip(self.content.items, self.content))
        try:
            fixes = read_fixes(lines)
        except ValueError as error:
            raise self.error(str(error)) from None
        return [observed_errors(fixes=fixes)]


@dataclass
class _Entry:
    """What there is about a message: the sections, (page, id) to title, and a form in which it was seen for its letters."""

    sections: dict[tuple[str, str], str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)


class ListErrors(SphinxPostTransform):
    """Puts the list in its place."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        """Fill each :class:`observed_errors` of the page."""
        for place in list(self.document.findall(observed_errors)):
            found = self._found()
            self._warn_of_shared_addresses(found)
            fixes = self._fixes(place["fixes"], found)
            items = (
                self._item(each, found[each], fixes[each]) for each in sorted(found, key=str.lower)
            )
            place.replace_self(nodes.definition_list("", *items, classes=["observed-errors"]))

    def _found(self) -> dict[str, _Entry]:
        """The messages in their general form, with the sections that are about them."""
        found: dict[str, _Entry] = defaultdict(_Entry)
        named: set[str] = set()
        for docname in _pages(self.env):
            named |= {_name(finding) for finding in _findings(self.config, docname)}
            for node, verdict in self._judged(docname):
                for message in _messages(_errors(verdict, self.config)):
                    entry = found[general(message)]
                    entry.sections.update([_section_of(docname, node)])
                    # Those of other versions often differ in numbers only, which is no other form.
                    entry.seen.setdefault(re.sub(r"\d+", "", message), message)
        for name in sorted({*self.config.errors_page_also} - named):
            self._warn(None, f"errors_page_also has {name!r}, which no check is called: correct it")
        return found

    def _judged(self, docname: str) -> Iterator[tuple[nodes.Element, Verdict]]:
        """The blocks and statements of a page that an error was seen with, with what each folder has on them."""
        audit = audit_of(self.config)
        others = map(audit.judgement_by, self.config.errors_page_folders)
        sources: list[Audit | Judgement] = [audit, *others]
        judged = [(source.verdicts(docname), source.on_statements(docname)) for source in sources]
        if not any(_errors(each, self.config) for both in judged for each in chain(*both)):
            return
        doctree = self.env.get_doctree(docname)
        blocks = [(node, index) for node, _, index in marked(doctree)]
        statements = [node for node in doctree.findall(snippet_statement) if "index" in node]
        for on_blocks, on_statements in judged:
            yield from ((node, on_blocks[index]) for node, index in blocks)
            yield from ((node, on_statements[node["index"]]) for node in statements)

    def _fixes(self, fixes: list[Fix], found: dict[str, _Entry]) -> dict[str, list[nodes.Node]]:
        """For each message the links to what to do; without a line of its own to where it was seen first."""
        links: dict[str, list[nodes.Node]] = defaultdict(list)
        for fix in fixes:
            about = [message for message in found if fix.text in message]
            title = self._title(fix)
            if not about:
                self._warn(fix.line, f"no message that was seen has {fix.text!r}: drop the line")
            if title is None:
                self._warn(fix.line, f"there is no section {fix.page}#{fix.section}: correct it")
                continue
            for message in about:
                links[message].append(self._link(fix.page, fix.section, title))
        for message, entry in found.items():
            if not links[message]:
                (page, section), title = next(iter(entry.sections.items()))
                links[message].append(self._link(page, section, title))
        return links

    def _title(self, fix: Fix) -> str | None:
        if fix.page not in self.env.found_docs:
            return None
        for section in self.env.get_doctree(fix.page).findall(nodes.section):
            if fix.section in section["ids"]:
                return _title_of(section)
        return None

    def _warn(self, line: int | None, message: str) -> None:
        logger.warning(message, location=(_PAGE, line), type="errors_page")

    def _warn_of_shared_addresses(self, found: dict[str, _Entry]) -> None:
        sharing = defaultdict(list)
        for message in found:
            sharing[anchor_of(message)].append(message)
        for anchor, alike in sharing.items():
            if len(alike) > 1:
                self._warn(None, f"these messages have the same address #{anchor}: {alike}")

    def _link(self, page: str, section: str, title: str) -> nodes.Node:
        address = audit_of(self.config).app.builder.get_relative_uri(self.env.docname, page)
        return nodes.reference("", title, refuri=f"{address}#{section}", internal=True)

    def _item(self, message: str, entry: _Entry, fixes: list[nodes.Node]) -> nodes.Node:
        term = nodes.term("", "", nodes.literal(message, message), ids=[anchor_of(message)])
        below = nodes.definition("", nodes.paragraph("", "What to do: ", *_listed(fixes)))
        sections = [self._link(*place, title) for place, title in entry.sections.items()]
        below += nodes.paragraph("", "Seen in: ", *_listed(sections))
        for seen in entry.seen.values():
            if seen != message:
                below += nodes.paragraph("", "Seen as: ", nodes.literal(seen, seen))
        return nodes.definition_list_item("", term, below)


class LinkErrors(SphinxPostTransform):
    """Puts below each block that fails as expected a link to its message in the list."""

    default_priority = 3  # Before the outcome, which is put above it.

    def run(self, **kwargs: Any) -> None:
        """Add a line below the blocks of a page that is about errors, where links can be followed."""
        builder = audit_of(self.config).app.builder
        if builder.name not in {"html", "dirhtml"} or self.env.docname not in _pages(self.env):
            return
        address = builder.get_relative_uri(self.env.docname, _PAGE)
        verdicts = audit_of(self.config).verdicts(self.env.docname)
        for block, _, index in marked(self.document):
            own = [found for found in _errors(verdicts[index], self.config) if found.own]
            links = [
                nodes.reference("", _short(message), refuri=f"{address}#{anchor_of(message)}")
                for message in dict.fromkeys(map(general, _messages(own)))
            ]
            if links:
                said = "What this error means, and what to do: "
                line = nodes.paragraph("", said, *_listed(links), classes=["snippet-remark"])
                add_below(block, line)


def _short(message: str) -> str:
    return message if len(message) <= _SHORT else f"{message[: _SHORT - 1]}…"


def _listed(links: Sequence[nodes.Node]) -> Iterator[nodes.Node]:
    for number, link in enumerate(links):
        if number:
            yield nodes.Text(", ")
        yield link


def _pages(env: BuildEnvironment) -> list[str]:
    """The pages whose errors are listed, in the order of reading: the guide's own answer comes first."""
    pages, without = snippet_domain(env).pages, env.config.errors_page_without
    return [
        name
        for name in env.collect_relations()
        if name in pages and not any(patmatch(name, each) for each in without)
    ]


def _findings(config: Config, docname: str) -> Iterator[Finding]:
    """The checks of a page, those that hold no more included."""
    audit = audit_of(config)
    for verdict in (*audit.verdicts(docname), *audit.on_statements(docname)):
        yield from verdict.findings


def _errors(verdict: Verdict, config: Config) -> list[Finding]:
    """The checks that hold and saw an error."""
    return [
        finding
        for finding in verdict.findings
        if finding.outdated is None
        and finding.check.passed
        and finding.check.observed
        and (finding.check.expected.fails is not None or _name(finding) in config.errors_page_also)
    ]


def _messages(findings: list[Finding]) -> list[str]:
    return [message for finding in findings for message in messages(finding.check.observed)]


def _name(finding: Finding) -> str:
    """What the page calls the block or the statement of a check."""
    return finding.check.snippet.rpartition("::")[2]


def _section_of(docname: str, node: nodes.Element) -> tuple[tuple[str, str], str]:
    """The page, the id and the title of the section to read."""
    section: Any = node.parent
    while not isinstance(section, nodes.section) or _title_of(section) in _SIDES:
        section = section.parent
    return (docname, section["ids"][0]), _title_of(section)


def _title_of(section: nodes.section) -> str:
    title = section.next_node(nodes.title)
    return title.astext() if title else ""


def _pages_to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The page depends on all others (event ``env-updated``)."""
    return [_PAGE] if _PAGE in env.found_docs else []


def _add_filter(app: Sphinx, pagename: str, *_: Any) -> None:
    """Give the page its script (event ``html-page-context``); without it the whole list is shown."""
    if pagename == _PAGE:
        app.add_js_file("errors.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register settings, directive and the links below blocks."""
    app.add_config_value("errors_page_also", [], "env", types=[list])
    app.add_config_value("errors_page_folders", [], "env", types=[list])
    app.add_config_value("errors_page_without", [], "env", types=[list])
    app.add_node(observed_errors)
    app.add_directive("observed-errors", ObservedErrors)
    app.add_post_transform(ListErrors)
    app.add_post_transform(LinkErrors)
    app.connect("env-updated", _pages_to_write)
    app.connect("html-page-context", _add_filter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
