"""The page of what to import has what the modules on it say is public, and nothing else."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest

from tests.site.inventory import inventory

PACKAGE = Path(__file__).parent.parent.parent / "sphinxext" / "tested_snippets"
PAGE = "tested-snippets-api.html"
PUBLIC = ("evidence", "plugin", "resolution", "runner", "runners", "testing")


@pytest.fixture(scope="module")
def shown(site: Path) -> Mapping[str, set[str]]:
    """The names on the page by their module."""
    found = defaultdict(set)
    for kind, name, address in inventory(site):
        module, _, own = name.rpartition(".")
        kinds = {"py:class", "py:exception", "py:function", "py:data"}
        if module.rpartition(".")[2] in PUBLIC:
            # What Sphinx 7.4 takes a name for that stands for a type.
            kinds.add("py:attribute")
        # Where the anchor is another name, this one is an alias.
        if address == f"{PAGE}#$" and kind in kinds:
            found[module].add(own)
    return found


def test_the_page_has_the_public_modules(shown: Mapping[str, set[str]]) -> None:
    """Each of them, under its own name."""
    assert set(shown) == {f"sphinxext.tested_snippets.{name}" for name in PUBLIC}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_module_is_shown_as_its_all_has_it(
    name: str, shown: Mapping[str, set[str]]
) -> None:
    """No name less, no name more."""
    module = f"sphinxext.tested_snippets.{name}"
    assert shown[module] == set(import_module(module).__all__)


@pytest.mark.parametrize("file", sorted(PACKAGE.glob("[a-z]*.py")), ids=lambda file: file.stem)
def test_every_module_says_what_others_may_take_from_it(file: Path) -> None:
    """All that is named is there; modules with an underscore are private as a whole."""
    assert re.search(r"(?m)^__all__ = ", file.read_text(encoding="utf-8"))
    module = import_module(f"sphinxext.tested_snippets.{file.stem}")
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
