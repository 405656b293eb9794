"""What the names in the running text of this site are names of: the resolver that the extension asks.

Each rule says what a literal names, or that it is none of its business. A literal that looks like a name of the
SDK, a command, an option, a file or a version has to be one; what no rule knows and looks like none of these is
reported as not judged, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Optional

import pytest

from examples.names.commands import NoSuchCommand, Programs
from examples.names.declared import Declared
from examples.names.python import NoSuchName, Packages
from examples.names.repository import Repository
from sphinxext.tested_snippets.resolution import (
    Literal,
    Resolution,
    Resolver,
    not_found,
    not_judged,
    resolved,
)

__all__ = ["SiteNames", "site_names"]

ROOT = Path(__file__).parent.parent.parent

#: What no rule can judge, and why.
UNJUDGED = {
    "fractions.gcd": "Python 3.9 has it no more, as the run on the page shows",
    'pytest_plugins = ["pytester"]': "a line of the reader's own conftest.py",
    'pytest_plugins = ["local_ce.pytest_plugin"]': "a line of the reader's own conftest.py",
}
#: The code that the pages of a part of the site are about.
_CODE = {
    "docs/tested-snippets": "sphinxext/tested_snippets",
    "docs/local-ce": "local_ce",
    "docs/try-it": "local_ce",
}

#: Says what a literal names, None for what it knows nothing of.
Rule = Callable[[str], Optional[str]]
#: What is a value, or a version.
_VALUE = r"""["'].*["']|\d+(\.\d+)*\w*"""


class SiteNames:
    """The resolver."""

    def __init__(self, programs: Programs, packages: Packages, declared: Declared) -> None:
        self._programs = programs
        self._packages = packages
        self._declared = declared
        self._repository = Repository(ROOT)

    def __call__(self, literal: Literal) -> Resolution:
        """What the literal names, by the first rule that knows."""
        if literal.text in UNJUDGED:
            return not_judged(literal, UNJUDGED[literal.text])
        if re.fullmatch(r"\W+", literal.text):
            return not_judged(literal, "signs, not a name")
        try:
            for rule in self._rules(literal):
                found = rule(literal.text)
                if found:
                    return resolved(literal, found)
        except (NoSuchName, NoSuchCommand) as error:
            return not_found(literal, str(error))
        return _unknown(literal)

    def _rules(self, literal: Literal) -> Iterator[Rule]:
        repository, page = self._repository, literal.page
        if re.fullmatch(_VALUE, literal.text):
            yield lambda text: repository.version(text) or repository.in_block(text, page)
            return
        code = next((code for start, code in _CODE.items() if page.startswith(start)), "")
        yield self._programs.command_line
        yield lambda text: self._programs.option(text, page)
        if code:
            yield self._declared.look_up
        yield lambda text: self._packages.look_up(text, page)
        yield lambda text: repository.in_block(text, page)
        yield repository.file
        yield repository.in_manifest
        if code:
            yield lambda text: repository.in_code(text.lstrip("$"), code)
        yield lambda text: self._packages.parameter(text, page)
        yield (lambda text: _of_benchmarks(text, repository)) if code else repository.in_tests


def _of_benchmarks(text: str, repository: Repository) -> str | None:
    """Which of our benchmarks takes what nox passes on behind ``--``."""
    options = re.findall(r"--[a-z]+", text) if text.startswith("-- ") else []
    known = [repository.in_code(option, "benchmarks") for option in options]
    return "options of a benchmark" if known and all(known) else None


def _unknown(literal: Literal) -> Resolution:
    """What to say of a literal that no rule knows: what looks like a name of a certain kind is wrong."""
    text = literal.text
    if re.fullmatch(r"\d+\.\d+\.\d+", text):
        return not_found(literal, "it looks like a version, and no file in constraints/ has it")
    for form, why in _REASONS:
        if re.search(form, text):
            return not_judged(literal, why)
    for form, kind in _KINDS:
        if re.fullmatch(form, text):
            return not_found(literal, f"it looks like {kind}, and none of that name is known")
    return not_judged(literal, "nothing of that name was found")


#: What nobody can look up, whatever else it looks like.
_REASONS = (
    (r"\.\.\.|\{\w+\}|\b[A-Z]{3,}\b(?!_)|<\w+>|\*\.|path::", "a form that the reader fills in"),
    (r"^\*.*\*$", "an example of markup"),
    (r"^my[-_]", "a name that the reader chooses"),
    (rf"^({_VALUE})$", "a value, not a name"),
)
_KINDS = (
    (r"--?[a-z][\w-]*(=.*)?", "an option"),
    (r"[\w./~-]+\.(py|toml|cfg|txt|json|md|rst|ini|db|log|csv)", "a file"),
    (r"\w+=.*|[a-z]+(_[a-z]+)+", "a parameter"),
    (r"@?(sdk|orquestra)\..*", "a name of the SDK"),
    (r"@?[\w.]+\(.*\)", "something to call"),
    (r"[A-Z][a-z]\w*(\.\w+)*", "a class"),
    (r"[A-Z]+(_[A-Z]+)+", "a constant or an environment variable"),
    (r"orq .*|python -m .*|pip .*|git .*|nox .*", "a command line"),
)


@pytest.fixture(scope="session")
def site_names(pytestconfig: pytest.Config) -> Resolver:
    """The resolver of this site; imports the SDK."""
    return SiteNames(Programs(ROOT, pytestconfig), Packages(), Declared(pytestconfig))
