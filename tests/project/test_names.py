"""What the site's resolver of names is made of, without the SDK: Python names, command lines, what the repo has."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from examples.names.commands import NoSuchCommand, of_argparse, walk
from examples.names.python import Instance, Namespace, NoSuchName, look_up
from examples.names.repository import Repository


class Engine:
    """Something to look names up in."""

    size = 1

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def run(self, workflow: str, *, retries: int = 0) -> None:
        """Run it."""


NAMES = Namespace("pkg", {"Engine": Engine, "ce": Instance(Engine)}, {"ce": "pkg.Engine"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Engine", "pkg.Engine"),
        ("Engine.size", "pkg.Engine.size"),
        ("Engine(folder=...)", "pkg.Engine"),
        ("ce.run(workflow, retries=2)", "pkg.Engine.run"),
        ("ce.folder", "pkg.Engine.folder"),
        ("run()", "pkg.Engine.run"),
        ("hello().run(1)", "pkg.Engine.run"),
        ("with Engine() as ce:", "pkg.Engine"),
        ("@Engine", "pkg.Engine"),
        ("retries=", "the parameter retries of pkg.Engine.run"),
        ('folder="x"', "the parameter folder of pkg.Engine"),
        ("engine", None),
        ("folder = x", None),
        ("no python", None),
    ],
)
def test_python_names_something_that_is_there(text: str, found: str | None) -> None:
    """Names, attributes, calls, decorators, parameters; what begins with nothing known is another rule's business."""
    assert look_up(text, [NAMES]) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Engine.sise", "Engine has no 'sise'"),
        ("ce.runs()", "ce has no 'runs'"),
        ("ce.run(retry=1)", "ce.run takes no 'retry'"),
        ("run(retry=1)", "run takes no 'retry'"),
    ],
)
def test_what_goes_on_with_something_unknown_is_wrong(text: str, said: str) -> None:
    """The part that is not there is named."""
    with pytest.raises(NoSuchName, match=said.replace("(", r"\(")):
        look_up(text, [NAMES])


def parser() -> argparse.ArgumentParser:
    """A program with the command ``repo add``."""
    made = argparse.ArgumentParser()
    made.add_argument("--state")
    repo = made.add_subparsers().add_parser("repo").add_subparsers()
    repo.add_parser("add").add_argument("--private", action="store_true")
    return made


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", "the command prog"),
        ("repo", "the command prog repo"),
        ("--state FOLDER repo add --private URL", "the command prog repo add"),
        ("--state=x repo add", "the command prog repo add"),
        ("NAME", "the command prog"),
    ],
)
def test_a_command_line_has_the_commands_and_options_of_its_program(line: str, found: str) -> None:
    """Values are for the user to choose."""
    assert walk(line, of_argparse(parser(), "prog")) == found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("repo ad", "prog repo has no command 'ad'"),
        ("repo add --privat", "prog repo add has no option --privat"),
        ("--private", "prog has no option --private"),
    ],
)
def test_a_wrong_command_line_is_wrong_where_it_is(line: str, said: str) -> None:
    """The word is named, and the command that doesn't know it."""
    with pytest.raises(NoSuchCommand, match=said):
        walk(line, of_argparse(parser(), "prog"))


def test_the_repo_has_files_versions_and_words(tmp_path: Path) -> None:
    """A path may begin anywhere in the repo; a word counts as a whole."""
    for path, text in {
        "docs/guide.rst": "::\n\n   measure it\n",
        "constraints/x.txt": "some-sdk==1.2.0\n",
        "examples/proj/setup.cfg": "[options]\npackages = find:\n",
        "pkg/code.py": 'NAME = "state.db"\n\n\ndef serve():\n    pass\n',
    }.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    repository = Repository(tmp_path)

    assert repository.file("proj/setup.cfg") == "a file of the repo"
    assert repository.file("examples/proj/") == "a folder of the repo"
    assert repository.file("setup.py") is None
    assert repository.version("1.2.0") == "a version of some-sdk in constraints/"
    assert repository.version("1.2") is None
    assert repository.in_manifest("packages = find:") == "in a manifest"
    assert repository.in_block("measure", "docs/guide.rst") == "in a block of the page"
    assert repository.in_block("meas", "docs/guide.rst") is None
    assert repository.in_code("state.db", "pkg") == "in the code of pkg"
    assert repository.in_code("serve", "pkg") == "in the code of pkg"
    assert repository.in_code("db", "pkg") is None
