"""The reference on the site has everything that can be set, and nothing that can't."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from sphinxext.tested_snippets.statement import ROLES
from sphinxext.tested_snippets.syntax import DIRECTIVES
from tests.site.inventory import inventory

PAGE = "tested-snippets-settings.html"
DOCS = Path(__file__).parent.parent.parent / "docs"

#: A conf.py that prints what docutils and Sphinx know when a page is read, and didn't before the extension was there.
_CONF = """
import json
from docutils.parsers.rst import directives, roles

def known(app):
    found = dict(directives._directives)
    return {
        "std:confval": {value.name for value in app.config},
        "rst:role": set(roles._roles),
        "rst:directive": set(found.items()),
        "rst:directive:option": {
            f"{name}:{option}" for name in found for option in getattr(found[name], "option_spec", None) or ()
        },
    }

def setup(app):
    before = known(app)
    app.setup_extension("sphinxext.tested_snippets")

    def tell(app, *_):
        new = {kind: names - before[kind] for kind, names in known(app).items()}
        new["rst:directive"] = {name for name, _ in new["rst:directive"]}
        print(json.dumps({kind: sorted(names) for kind, names in new.items()}))

    app.connect("source-read", tell)
"""


@pytest.fixture(scope="module")
def shown(site: Path) -> Mapping[str, set[str]]:
    """What links can lead to on the page: names by their kind, from the inventory of the site."""
    found = defaultdict(set)
    for kind, name, address in inventory(site):
        if address.startswith(PAGE):
            found[kind].add(name)
    return found


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """What the extension gives a real application: names by their kind."""
    folder = tmp_path_factory.mktemp("registered")
    (folder / "conf.py").write_text(_CONF, encoding="utf-8")
    (folder / "index.rst").write_text("Title\n=====\n", encoding="utf-8")
    told = _run("-m", "sphinx", "-q", "-b", "dummy", str(folder), str(folder / "out"))
    return {kind: set(names) for kind, names in json.loads(told.splitlines()[0]).items()}


@pytest.fixture(scope="module")
def of_pytest(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    """The settings and the options that pytest says it has with the plugin, and doesn't say it has without."""
    folder = str(tmp_path_factory.mktemp("no-settings"))
    without = _run("-m", "pytest", "--rootdir", folder, "-p", "no:tested_snippets", "--help")
    told = _run("-m", "pytest", "--rootdir", folder, "--help")
    settings, options = r"(?m)^  (\w+) \(\w+\):", r"(?m)^  (--[\w-]+)"
    return (
        set(re.findall(settings, told)) - set(re.findall(settings, without)),
        set(re.findall(options, told)) - set(re.findall(options, without)),
    )


def _run(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("kind", ["rst:directive", "rst:directive:option", "rst:role"])
def test_what_can_be_written_on_a_page_is_in_the_reference_and_vice_versa(
    kind: str, shown: Mapping[str, set[str]], registered: Mapping[str, set[str]]
) -> None:
    """Of the directives that stand in the place of Sphinx's own, that is what Sphinx's don't have."""
    assert len(registered[kind]) > 1
    assert shown[kind] == registered[kind]


def test_what_can_be_set_is_in_the_reference_and_vice_versa(
    shown: Mapping[str, set[str]],
    registered: Mapping[str, set[str]],
    of_pytest: tuple[set[str], set[str]],
) -> None:
    """In ``conf.py`` and for pytest."""
    settings, _ = of_pytest
    assert len(settings) > 1
    assert len(registered["std:confval"]) > 1
    assert shown["std:confval"] == registered["std:confval"] | settings


def test_every_option_of_pytest_and_of_the_commands_is_in_the_reference(
    shown: Mapping[str, set[str]], of_pytest: tuple[set[str], set[str]]
) -> None:
    """Under the program that it belongs to."""
    _, options = of_pytest
    ours = "python--m-sphinxext.tested_snippets-"
    assert len(options) > 1
    assert shown["std:cmdoption"] == {
        *(f"pytest.{name}" for name in options),
        f"{ours}check.--root",
        f"{ours}adopt.DOCS",
    }


def test_a_setting_is_shown_with_its_type_its_default_and_links_to_others(site: Path) -> None:
    """As it is declared in the code."""
    page = (site / PAGE).read_text(encoding="utf-8")
    _, _, entry = page.partition('id="confval-snippets_marker"')
    told = re.sub(r"<[^>]+>", "", entry.partition("confval-snippets_normalise")[0])
    assert "Type:lines" in re.sub(r"\s", "", told)
    assert 'href="#confval-tested_snippets_marker"' in entry


@pytest.mark.parametrize("directive", sorted(DIRECTIVES))
def test_every_directive_is_shown_with_source_and_result(directive: str) -> None:
    """On one page, as a reader writes it and as it comes out."""
    pages = [path.read_text(encoding="utf-8") for path in DOCS.glob("tested-snippets*.rst")]
    shown, used = rf"(?m)^ +\.\. {directive}::", rf"(?m)^\.\. {directive}::"
    assert any(re.search(shown, page) and re.search(used, page) for page in pages)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_is_shown_with_source_and_result(role: str) -> None:
    """As above."""
    pages = [path.read_text(encoding="utf-8") for path in DOCS.glob("tested-snippets*.rst")]
    shown, used = rf"(?m)^ +.*:{role}:`", rf"(?m)^\S.*:{role}:`|^:{role}:`"
    assert any(re.search(shown, page) and re.search(used, page) for page in pages)
