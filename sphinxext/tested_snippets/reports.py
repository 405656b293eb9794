"""What a pytest run says of snippets, in the forms that other tools read. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from sphinxext.tested_snippets.evidence import Environment, digest
from sphinxext.tested_snippets.outcome import Outcome
from sphinxext.tested_snippets.page_blocks import Place

__all__ = ["as_json", "as_sarif", "as_text", "counted", "summary", "workflow_commands"]

#: The states from the worst on, with what SARIF says of their rule.
_STATES: Mapping[str, str] = {
    "broken": "There is nothing to run: the block, its check or the marker of the test has a defect.",
    "failed": "The snippet did not behave as its check expects.",
    "differs": "What was observed differs from the committed evidence.",
    "verified": "",
    "up_to_date": "",
    "skipped": "",
}
_SHOWN = ("verified", "up_to_date", "differs", "failed", "broken", "skipped")
#: The states that a reader has to do something about.
_DEFECTS = ("broken", "failed", "differs")
#: A page may be about a long log; an annotation is not.
_LONGEST = 4000


def counted(outcomes: Iterable[Outcome], waived: Iterable[str]) -> Mapping[str, int]:
    """How many snippets there are of each state: that of the worst of a snippet's checks."""
    order = list(_STATES)
    worst: dict[str, str] = {}
    for outcome in outcomes:
        before = worst.get(outcome.snippet, "skipped")
        worst[outcome.snippet] = min(before, outcome.state, key=order.index)
    counts = Counter(worst.values())
    found = {state: counts[state] for state in _SHOWN if counts[state]}
    left = len(set(waived))
    return {**found, "waived": left} if left else found


def summary(counts: Mapping[str, int]) -> str:
    """For instance ``12 snippets: 9 verified, 1 failed, 2 waived``."""
    total = sum(counts.values())
    noun = "snippet" if total == 1 else "snippets"
    return f"{total} {noun}: " + ", ".join(
        f"{count} {state.replace('_', ' ')}" for state, count in counts.items()
    )


def as_json(
    outcomes: Iterable[Outcome], waived: Iterable[str], environment: Environment
) -> dict[str, Any]:
    """A report for tools of a project's own: every check, in the order of files and lines.

    :param environment: where checks ran that don't say otherwise.
    """
    ordered = sorted(outcomes, key=_place)
    left = sorted(set(waived))
    return {
        "format": 1,
        "snippets": dict(counted(ordered, left)),
        "checks": [_check(outcome, environment) for outcome in ordered],
        "waived": left,
    }


def _place(outcome: Outcome) -> tuple[str, int, str, str]:
    return outcome.path, outcome.line, outcome.test, outcome.snippet


def _check(outcome: Outcome, environment: Environment) -> dict[str, Any]:
    check = outcome.check
    what: dict[str, Any] = {}
    if check:
        what = {
            "runtime": check.runtime,
            "environment": (outcome.environment or environment).to_json(),
            "expected": {"fails": check.expected.fails, "output": check.expected.output},
            "observed": check.observed,
        }
    return {
        "state": outcome.state,
        "snippet": outcome.snippet,
        "path": outcome.path,
        "line": outcome.line,
        "test": outcome.test,
        **what,
        "message": outcome.message,
        "differences": list(outcome.differences),
    }


def _message(outcome: Outcome) -> str:
    """What a reader of an annotation has to know, whatever the tool shows beside it."""
    said = outcome.message or "\n".join(outcome.differences)
    where = f" on {outcome.check.runtime}" if outcome.check else ""
    where += f" ({outcome.environment})" if outcome.environment else ""
    where += f", checked by {outcome.path}:{outcome.line}," if outcome.cause else ""
    text = f"{outcome.snippet}{where} {_VERBS[outcome.state]}:\n{said}"
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


_VERBS = {
    "broken": "can't be run",
    "failed": "failed its check",
    "differs": "differs from the evidence",
}


def as_sarif(outcomes: Iterable[Outcome], version: str, folder: str = "") -> dict[str, Any]:
    """The defects as SARIF 2.1.0, for code scanning.

    :param folder: the project's root from that of the repository, "" where they are the same.
    """
    found = sorted((o for o in outcomes if o.state in _DEFECTS), key=_place)
    driver = {
        "name": "sphinxext-tested-snippets",
        "semanticVersion": version,
        "rules": [
            {"id": f"snippet-{state}", "shortDescription": {"text": _STATES[state]}}
            for state in _DEFECTS
        ],
    }
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {
            "%SRCROOT%": {"description": {"text": "The root of the repository."}}
        },
        "results": [_result(outcome, folder) for outcome in found],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }


def _result(outcome: Outcome, folder: str) -> dict[str, Any]:
    check = Place(outcome.path, outcome.line, outcome.line)
    related = (
        {"relatedLocations": [{**_location(check, folder), "message": {"text": "the check"}}]}
        if outcome.cause
        else {}
    )
    return {
        "ruleId": f"snippet-{outcome.state}",
        "ruleIndex": _DEFECTS.index(outcome.state),
        "level": "error",
        "message": {"text": _message(outcome)},
        "locations": [_location(outcome.cause or check, folder)],
        **related,
        # The line may change, the defect is still the same one.
        "partialFingerprints": {"snippetTest/v1": digest(f"{outcome.state} {outcome.test}")},
    }


def _location(place: Place, folder: str) -> dict[str, Any]:
    physical = {
        "artifactLocation": {
            "uri": quote(str(PurePosixPath(folder, place.path))),
            "uriBaseId": "%SRCROOT%",
        },
        "region": {"startLine": place.first, "endLine": place.last},
    }
    return {"physicalLocation": physical}


def workflow_commands(outcomes: Sequence[Outcome], folder: str = "") -> Iterator[str]:
    """Workflow commands by which GitHub Actions shows the defects beside the lines of a change.

    :param folder: the project's root from that of the repository, "" where they are the same.
    """
    for outcome in sorted((o for o in outcomes if o.state in _DEFECTS), key=_place):
        place = outcome.cause or Place(outcome.path, outcome.line, outcome.line)
        properties = {
            "file": str(PurePosixPath(folder, place.path)),
            "line": str(place.first),
            **({"endLine": str(place.last)} if place.last > place.first else {}),
            "title": f"Snippet {_VERBS[outcome.state]}",
        }
        written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        yield f"::error {written}::{_data(_message(outcome))}"


def _data(text: str) -> str:
    """Escaped as the text behind the ``::`` of a workflow command has to be."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escaped as the value of a command's property has to be."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_text(report: Mapping[str, Any]) -> str:
    """The text of a report's file."""
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
