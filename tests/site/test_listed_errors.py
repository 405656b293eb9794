"""The page "The Error You Got": every error of the guide and its companions, each once, with what mends it."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest

from examples.error_messages import messages
from tests.site.conftest import ROOT

(EVIDENCE,) = (ROOT / "docs" / "evidence").glob("*.json")
#: Words that only stand in messages about something that went wrong.
_WRONG = re.compile(
    r"error\b|fatal|no such|not git repo|doesn't exist|no attribute|too large|has been removed|uncommitted|only works|sunset",
    re.IGNORECASE,
)


@pytest.fixture(scope="session")
def page(site: Path) -> str:
    """The page as it was built."""
    return (site / "errors.html").read_text()


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def test_every_message_that_looks_like_an_error_is_listed(page: str) -> None:
    """Whatever a check of these pages says it was: an expected failure, or what somebody else was told."""
    shown, missing = _words(page), []
    for check in json.loads(EVIDENCE.read_text())["checks"]:
        path, name = check["snippet"].split("::")
        of_the_manual = "tested-snippets" in check["test"] or "test_manual" in check["test"]
        if of_the_manual or not check["passed"]:
            continue
        for message in messages(" ".join(check["observed"].split())):
            wrong = check["expected"]["fails"] or _WRONG.search(message)
            if wrong and message not in shown:
                missing.append((path, name, message))

    assert missing == []


def test_no_error_of_the_manual_is_listed(page: str) -> None:
    """What it breaks on purpose is nothing that a migration meets."""
    for foreign in ("concatenate", "Hello, Ada!", "is stale", "there is no snippet"):
        assert foreign not in _words(page)


def test_each_message_stands_once_with_an_address_and_a_way_to_mend_it(page: str) -> None:
    """The address is what other pages and readers link to."""
    terms = re.findall(r'<dt id="([^"]+)">(.*?)</dt>', page, re.DOTALL)
    shown = [_words(re.sub(r'<a class="headerlink".*?</a>', "", term)) for _, term in terms]

    assert len(terms) > 30
    assert len(terms) == len(re.findall("<dt", page))
    assert len({anchor for anchor, _ in terms}) == len(terms)
    assert len(set(shown)) == len(shown)
    assert page.count("What to do:") == len(terms)


def test_the_steps_of_the_example_lead_to_the_next_one(page: str) -> None:
    """There an error is shown where it is met, and mended in the step after it."""
    definition = page.partition('<dt id="error-importerror-cannot-import-name-gcd')[2].partition(
        "</dd>"
    )[0]

    assert _words(definition.partition("Seen in:")[0]).endswith("What to do: Step 4: Python 3.9")
