"""The page "The Error You Got": every error of the guide and its companions, each once, with what mends it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from examples.error_messages import general, messages
from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.console import read_session
from sphinxext.tested_snippets.project import Project
from tests.site.conftest import ROOT

(EVIDENCE,) = (ROOT / "docs" / "evidence").glob("*.json")
#: Words that only stand in messages about something that went wrong.
_WRONG = re.compile(
    r"error\b|fatal|no such|not git repo|doesn't exist|no attribute|too large|has been removed|uncommitted|only works|sunset"
    r"|(?-i:failed)|not supported|not currently supported|currently do not support|unexpected",
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


def test_every_message_that_a_page_shows_is_listed(page: str) -> None:
    """What stands in its sessions of the command line, and as code in its sentences, whether or not a check says so."""
    listed, missing = _words(page), []
    for path in sorted((ROOT / "docs").glob("*.rst")):
        if path.name.startswith("tested-snippets"):
            continue
        for shown in (*_printed(path), *_literals(path)):
            parts = general(shown).split("...")
            if _WRONG.search(shown) and not all(part.strip() in listed for part in parts):
                missing.append((path.name, shown))

    assert missing == []


def _printed(path: Path) -> Iterator[str]:
    """The lines that the page says its commands print."""
    for block in read_page(path, Project(ROOT)).blocks:
        if block.language == "console":
            for command in read_session(block.text):
                yield from (" ".join(line.split()) for line in command.shown)


def _literals(path: Path) -> Iterator[str]:
    """What the sentences of the page have as code, with a space in it: a message, and no name."""
    for found in re.findall(r"``([^`]+)``|\\`([^`\\]+)\\`", path.read_text()):
        literal = " ".join("".join(found).split())
        if " " in literal:
            yield literal


def test_a_message_that_a_test_waits_for_is_recorded_or_listed(page: str) -> None:
    """A test behind a statement that makes something fail, or warn, observes what is said, or names what is listed."""
    listed, unsaid = _words(page), []
    for path in sorted((ROOT / "examples" / "tests").glob("test_*.py")):
        for function in ast.parse(path.read_text()).body:
            if not (isinstance(function, ast.FunctionDef) and _proves(function)):
                continue
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            if any(ast.unparse(call.func).endswith(".observe") for call in calls):
                continue
            for call in calls:
                if ast.unparse(call.func) in {"pytest.raises", "pytest.warns"}:
                    words = [each.value for each in call.keywords if each.arg == "match"]
                    said = ast.literal_eval(words[0]) if words else None
                    if said is None or general(said) not in listed:
                        unsaid.append((path.name, function.name, said))

    assert unsaid == []


def _proves(function: ast.FunctionDef) -> bool:
    return any("statement=" in ast.unparse(marker) for marker in function.decorator_list)


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
