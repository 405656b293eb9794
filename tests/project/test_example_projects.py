"""The example projects under tests/projects do what their READMEs say, for a stranger who follows them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sphinxext.tested_snippets.evidence import Evidence, load_all

PROJECTS = Path(__file__).parent.parent / "projects"
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


class Example:
    """A copy of an example project, with its evidence said to be from the Python that runs this."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder / name
        shutil.copytree(PROJECTS / name, self.folder)
        self.readme = (self.folder / "README.md").read_text(encoding="utf-8")
        for path, record in self.evidence().items():
            path.unlink()
            here = replace(record.environment, python=PYTHON)
            Evidence(here, record.checks).save(path.parent)

    def evidence(self) -> dict[Path, Evidence]:
        """What is recorded, by file."""
        found, errors = load_all(self.folder / "docs/evidence")
        assert not errors
        return {self.folder / "docs/evidence" / one.environment.file_name: one for one in found}

    def commands(self) -> Iterator[list[str]]:
        """The commands of the README after Python's name, without those that install packages."""
        blocks = re.findall(r"```console\n(.*?)```", self.readme, re.DOTALL)
        for line in "".join(blocks).splitlines():
            name, *arguments = line.split()
            assert name == "python"
            if arguments[:2] != ["-m", "pip"]:
                yield arguments

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What a command of Python did in the project."""
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)

    def succeed(self, *arguments: str) -> str:
        """What a command of Python printed, which has to end well."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"
        return done.stdout

    def edit(self) -> None:
        """Change what the README says to change."""
        named = re.search(r"change `(?P<code>[^`]+)`\s+in\s+`(?P<file>[^`]+)`", self.readme)
        assert named
        file = self.folder / named["file"]
        text = file.read_text(encoding="utf-8")
        assert text.count(named["code"]) == 1
        file.write_text(text.replace(named["code"], f"{named['code']}  # or so"), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "files"), [("two_versions", 2), ("markdown_site", 1)], ids=["two_versions", "markdown"]
)
def test_a_stranger_who_follows_the_readme_gets_what_it_says(
    tmp_path: Path, name: str, files: int
) -> None:
    """The run agrees with the evidence, the site builds; an edit fails the build until it was run."""
    example = Example(name, tmp_path)
    recorded = {path: path.read_bytes() for path in example.evidence()}
    *steps, compare, build, update = example.commands()
    for step in steps:
        example.succeed(*step)

    said = example.succeed(*compare)
    example.succeed(*build)

    assert said.count("checks agree with docs/evidence/") == len(recorded) == files
    assert {path: path.read_bytes() for path in example.evidence()} == recorded
    example.edit()
    edited = example.run(*build)
    assert edited.returncode  # 1, or 2 in Sphinx 7.1
    assert "is stale: its text changed since" in edited.stderr
    example.succeed(*update)
    example.succeed(*build)
    assert {path: path.read_bytes() for path in example.evidence()} != recorded


def test_what_was_right_before_fails_on_the_new_version_with_the_message_shown(
    tmp_path: Path,
) -> None:
    """Each old way is recorded on both versions, and would not pass if the new one still took it."""
    example = Example("two_versions", tmp_path)
    old, new = (
        {check.snippet.partition("::")[2]: check for check in record.checks.values()}
        for record in example.evidence().values()
    )
    before = [name for name in old if name.endswith("_before")]
    assert sorted(before) == ["ends_before", "parse_before", "total_before"]
    for name in before:
        assert old[name].expected.fails is None
        message = new[name].expected.fails
        assert message
        assert message in new[name].observed
        after = new[name.replace("_before", "_after")]
        assert after.expected.fails is None
    example.succeed("make_environments.py")
    (library,) = (example.folder / ".venv-2").glob("lib/*/site-packages/spans/__init__.py")
    with library.open("a", encoding="utf-8") as file:
        file.write("\n\nparse = Span.parse\n")

    done = example.run("-m", "pytest", "docs/index.rst::parse_before[2.x]")

    assert done.returncode == 1
    assert "it ran, but was expected to fail with" in done.stdout
