"""Answers the requests of pages: from the evidence, the pages, and the files that snippets are in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util.matching import patfilter

from sphinxext.tested_snippets.answer import Answer, Code, Defect, Request, Words
from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.coverage import coverage
from sphinxext.tested_snippets.difference import difference
from sphinxext.tested_snippets.evidence import Check, digest
from sphinxext.tested_snippets.formats import is_page
from sphinxext.tested_snippets.include import include_named, split_target
from sphinxext.tested_snippets.lines import lines_with
from sphinxext.tested_snippets.page import split_sides
from sphinxext.tested_snippets.phrase import ended
from sphinxext.tested_snippets.source import RegionError
from sphinxext.tested_snippets.tables import TABLES
from sphinxext.tested_snippets.testcode import label_of
from sphinxext.tested_snippets.translation import say
from sphinxext.tested_snippets.verdict import Finding, ShownBlock, judge
from sphinxext.tested_snippets.wording import outcome_words

if TYPE_CHECKING:
    from sphinxext.tested_snippets.audit import Audit

__all__ = ["answer"]


def answer(audit: Audit, docname: str, request: Request) -> Answer:
    """What stands in the place of a request of the page `docname`."""
    try:
        if request.kind == "snippet-diff":
            return _difference(audit, docname, request)
        if request.kind == "snippet-output":
            return _output(audit, docname, request)
        return _overview(audit, request)
    except _Unanswered as error:
        return (error.defect,)
    except (RegionError, ValueError, OSError) as error:
        return (Defect("region", str(error)),)


class _Unanswered(Exception):
    def __init__(self, subtype: str, message: str) -> None:
        self.defect = Defect(subtype, message)


def _overview(audit: Audit, request: Request) -> Answer:
    """A table, or the lists of what is missing."""
    globs = request.options.get("pages", "").split()
    pages = audit.pages
    if globs:
        pages = sorted({page for glob in globs for page in patfilter(audit.pages, glob)})
    if not pages:
        raise _Unanswered(
            "unknown",
            f":pages: {' '.join(globs)} matches no page. Write globs of page names, without suffix, "
            "as in a toctree with :glob:",
        )
    judged, folder = audit.judgement, request.options.get("folder")
    if folder:
        judged = audit.judgement_by(folder)
        shown = audit.project.relative(judged.folder)
        if judged.errors:
            raise _Unanswered("unknown", str(judged.errors[0]))
        if not judged.records:
            raise _Unanswered(
                "unknown",
                f"there is no evidence in {shown}. Record some there, or correct :folder:, which starts from "
                "the folder of conf.py",
            )
    if request.kind == "snippet-coverage":
        return coverage(audit, judged, pages)
    return TABLES[request.options.get("by", "page")](audit, judged, pages)


def _difference(audit: Audit, docname: str, request: Request) -> Answer:
    targets = split_sides(request.argument)
    if len(targets) != 2:
        raise _Unanswered(
            "region",
            f"it has {len(targets)} {'snippet' if len(targets) == 1 else 'snippets'}, expected two: write "
            "`.. snippet-diff:: path::before path::after`",
        )
    before, after = (_text(audit, docname, target) for target in targets)
    return (Code(difference(before, after), "diff"),)


def _text(audit: Audit, docname: str, target: str) -> str:
    """The text of a snippet, or of a block of a page: without ``path::`` that is the page itself."""
    env = audit.app.env
    written, name = split_target(target) if "::" in target else ("", target)
    path = Path(env.relfn2path(written, docname)[1]) if written else Path(env.doc2path(docname))
    if not is_page(path):
        return _cut(audit, docname, target)[1]
    audit.consult(path)
    for block in read_page(path, audit.project).blocks:
        if block.name == name and block.defect is None:
            return block.text
    where = audit.project.relative(path) if written else "this page"
    raise _Unanswered("region", f"there is no block {name!r} on {where}. {_GIVE_A_NAME}")


_GIVE_A_NAME = "Give a block that name with :name:, or write path::name"


def _cut(audit: Audit, docname: str, target: str) -> tuple[str, str]:
    """The full name and the text of the snippet that a page names."""
    written, name = split_target(target)
    path = Path(audit.app.env.relfn2path(written, docname)[1])
    audit.consult(path)
    shown = audit.project.relative(path)
    return f"{shown}::{name}", include_named(path, shown, name, audit.project.styles).text


def _output(audit: Audit, docname: str, request: Request) -> Answer:
    block = _block(audit, docname, request)
    verdict = judge(block, audit.judgement.index, audit.digest_of)
    command = audit.app.config.tested_snippets_update_command
    holding = [found for found in verdict.findings if found.outdated is None]
    if not holding:
        state = verdict.state.value
        why = verdict.reason or "no check has run it"
        raise _Unanswered(
            state, f"nothing is known of {block.snippet}: {ended(str(why))} Run `{command}`"
        )
    asked = [found for found in holding if _is_asked(found, request)]
    seen = [found for found in asked if found.check.passed and _observed(found.check)]
    if not seen:
        raise _Unanswered(
            "unknown",
            f"no check of {block.snippet}{_asked(request)} has observed a text; {_listed(holding)}. Let one "
            f"expect a line with :output: or :fails:, or have :transcript:, and run `{command}`, or name another one",
        )
    texts = {_observed(found.check) for found in seen}
    if len(texts) > 1 or len({found.check.runtime for found in seen}) > 1:
        raise _Unanswered(
            "unknown",
            f"several checks of {block.snippet}{_asked(request)} have observed a text; {_listed(seen)}. "
            "Name one with :check: or :runtime:",
        )
    environments = "; ".join(dict.fromkeys(str(found.environment) for found in seen))
    outcome = outcome_words(audit.app.config, seen[0].check, seen[0].environment)
    runtime, label = seen[0].check.runtime, label_of(seen[0].check.test)
    # As in the line below the block: a label tells apart what ran on the same runtime.
    if label and len({f.check.test for f in holding if f.check.runtime == runtime}) > 1:
        outcome += f" ({label})"
    words = say("Observed: {outcome} ({environment}).")
    words = words.format(outcome=outcome, environment=environments)
    text = _part(texts.pop(), request.options)
    return (Words(words), Code(text, request.options.get("language", "text")))


def _observed(check: Check) -> str:
    """What a check observed: all of it where it was asked for, otherwise the line that it expected."""
    return check.observed if check.transcript is None else "\n".join(check.transcript)


def _part(text: str, options: Mapping[str, str]) -> str:
    """The lines of `text` that a request asks for; ``…`` stands in place of others.

    :raises ValueError: there are no such lines.
    """
    lines = text.split("\n")
    first, last = 1, len(lines)
    if "from" in options:
        first = lines_with(text, options["from"], "from", "the output")[0]
    if "to" in options:
        ends = [
            line for line in lines_with(text, options["to"], "to", "the output") if line >= first
        ]
        if not ends:
            raise ValueError(f":to: {options['to']} is in no line from line {first} on. Correct it")
        last = ends[0]
    last = min(last, first + int(options.get("max-lines", len(lines))) - 1)
    shown = [*(["…"] if first > 1 else []), *lines[first - 1 : last]]
    return "\n".join([*shown, *(["…"] if last < len(lines) else [])])


def _block(audit: Audit, docname: str, request: Request) -> ShownBlock:
    """The block whose output is asked for: one of the page itself, of another, or a snippet of a file."""
    env, argument = audit.app.env, request.argument.strip()
    if "::" in argument:
        written, name = split_target(argument)
        path = Path(env.relfn2path(written, docname)[1])
    else:
        path, name = Path(env.doc2path(docname)), argument
    snippet = f"{audit.project.relative(path)}::{name}"
    shown = audit.shown.get(snippet)
    if shown is not None:
        return replace(shown, waived=None)
    if "::" not in argument:
        raise _Unanswered(
            "region",
            f"there is no block {argument!r} on this page. {_GIVE_A_NAME}",
        )
    snippet, text = _cut(audit, docname, argument)
    return ShownBlock(request.line, snippet, digest(text))


def _is_asked(finding: Finding, request: Request) -> bool:
    test, label = finding.check.test, request.options.get("check")
    runtime = request.options.get("runtime", finding.check.runtime)
    named = label is None or label == label_of(test) or f"::{test}".endswith(f"::{label}")
    return named and runtime == finding.check.runtime


def _asked(request: Request) -> str:
    names = [
        f"{name} {request.options[name]!r}"
        for name in ("check", "runtime")
        if name in request.options
    ]
    return f" with {' and '.join(names)}" if names else ""


def _listed(findings: list[Finding]) -> str:
    names = dict.fromkeys(f"{found.check.test} on {found.check.runtime}" for found in findings)
    return f"there is {', '.join(names)}"
