"""Looks the inline literals of a page up in a pytest run, with the resolver that the project gives."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from sphinxext.tested_snippets.evidence import Check, Expectation
from sphinxext.tested_snippets.literals import TEST, record_name
from sphinxext.tested_snippets.normalise import Normaliser
from sphinxext.tested_snippets.outcome import Ran
from sphinxext.tested_snippets.resolution import Literal, Resolution, Resolver, in_order

__all__ = ["PageLiterals", "look_up"]

#: What stands for a runtime in the record: nothing runs.
_RUNTIME = "lookup"


@dataclass(frozen=True)
class PageLiterals:
    """What an example of a page stands for: the inline literals on it, of which there is at least one.

    :param page: the page's path from the project's root.
    :param digest: changes with the texts of the literals.
    """

    page: str
    literals: Sequence[Literal]
    digest: str
    name: str = TEST


def look_up(
    parsed: PageLiterals, fixture: str, request: pytest.FixtureRequest, normaliser: Normaliser
) -> Ran:
    """Ask the resolver that the `fixture` gives; what names nothing is a failure."""
    line = parsed.literals[0].line
    try:
        resolver: Resolver = request.getfixturevalue(fixture)
        found = list(_answers(resolver, parsed.literals, fixture))
    except _NoAnswer as error:
        return Ran((), str(error), line)
    except pytest.FixtureLookupError:
        return Ran((), _NO_FIXTURE.format(page=parsed.page, fixture=fixture), line)
    except Exception:  # noqa: BLE001 - whatever is wrong with the resolver, nothing is known
        said = f"{parsed.page}: the resolver of the fixture {fixture} failed:\n{traceback.format_exc()}"
        return Ran((), normaliser.redact(said).rstrip(), line)
    found = [Resolution(one.text, one.state, normaliser(one.said)) for one in found]
    wrong = [
        f"{literal.page}:{literal.line}: {literal.text!r} names nothing: {one.said}"
        for literal, one in zip(parsed.literals, found)
        if one.state == "not_found"
    ]
    check = Check(
        snippet=record_name(parsed.page),
        test=f"{parsed.page}::{parsed.name}",
        runtime=_RUNTIME,
        expected=Expectation(),
        passed=not wrong,
        observed=_counted(found),
        text_digest=parsed.digest,
        test_digest="",
        literals=in_order(found),
    )
    return Ran([(check, None)], "\n".join(wrong), line)


_NO_FIXTURE = (
    "{page}: snippets_literals names the fixture {fixture!r}, which is not there for this page. Define it in a "
    "conftest.py at or above the page, or correct the setting."
)


class _NoAnswer(Exception):
    """The resolver doesn't answer as a resolver does."""


def _answers(resolver: Resolver, literals: Sequence[Literal], fixture: str) -> Iterator[Resolution]:
    for literal in literals:
        answer = resolver(literal)
        if not isinstance(answer, Resolution) or answer.text != literal.text:
            raise _NoAnswer(
                f"{literal.page}:{literal.line}: the resolver of the fixture {fixture} answered {answer!r} for "
                f"{literal.text!r}, expected resolved(literal, what), not_found(literal, why) or "
                "not_judged(literal, why) of sphinxext.tested_snippets.resolution"
            )
        yield answer


def _counted(found: Sequence[Resolution]) -> str:
    words = {"resolved": "resolved", "not_found": "not found", "not_judged": "not judged"}
    counts = {state: sum(one.state == state for one in found) for state in words}
    return ", ".join(f"{counts[state]} {words[state]}" for state in words if counts[state])
