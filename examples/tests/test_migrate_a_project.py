"""The states of the project in ``docs/migrate-a-project.rst``, and the tests of what each step changes."""

from __future__ import annotations

import fractions
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from examples import migration
from examples.client import submitted_resources
from examples.qe import QEDesk, repositories

if TYPE_CHECKING:
    from examples.stage import Stage
    from sphinxext.tested_snippets.plugin import BoundSnippet

ROOT = Path(__file__).parent.parent.parent
STEPS = ("1-on-qe", "2-token", "3-manifest", "4-pin", "5-python", "6-resources")


class Snippets:
    """Hidden set-up of the page."""

    @staticmethod
    def private_repo(private):
        private(
            "https://github.com/my-org/factoring",
            username="my-github-username",
            secret="my-github-token",
            workspace="my-workspace",
        )
        # </snippet>


def test_the_page_shows_every_file_of_every_step() -> None:
    """A reader sees all that the project consists of, and all that is changed."""
    page = (ROOT / "docs" / "migrate-a-project.rst").read_text(encoding="utf-8")
    project = ROOT / "examples" / "qe_project"
    files = [path.relative_to(ROOT).as_posix() for path in project.glob("*/*.*")]

    assert sorted({Path(file).parent.name for file in files}) == list(STEPS)
    assert [file for file in files if f"literalinclude:: ../{file}\n" not in page] == []


@pytest.mark.parametrize("step", STEPS)
def test_each_file_that_a_step_shows_belongs_to_that_step(step: str) -> None:
    """No step leaves a file as it was: a block stands for the state of the project at its place on the page."""
    for path in (ROOT / "examples" / "qe_project" / step).glob("*.*"):
        assert migration.step_of(path.read_text(encoding="utf-8")) == step


def test_a_step_that_does_not_exist_is_named() -> None:
    """The message says which there are."""
    with pytest.raises(ValueError, match=r"no folder '7-fame', but 1-on-qe, .*6-resources"):
        migration.after("7-fame")


@pytest.mark.snippet(statement="migrate-one-clone", runtime="QE translation")
def test_the_start_is_translated_for_qe_with_one_repo(staged: Callable[[str], Stage]) -> None:
    """QE clones the repo once, over SSH, for all four steps."""
    with _submitted(staged, "1-on-qe") as workflow, QEDesk() as desk:
        form = desk.submit(workflow)

    assert len(form["steps"]) == 4
    assert set(repositories(form)) == {"git@github.com:my-org/factoring.git at main"}


@pytest.mark.snippet(statement="migrate-no-request", runtime="pytest")
def test_no_step_but_the_last_asks_for_resources(staged: Callable[[str], Stage]) -> None:
    """What the client sends: nothing before, room for two tasks after."""
    asked = []
    for step in ("5-python", "6-resources"):
        with _submitted(staged, step) as workflow:
            sent = submitted_resources(workflow)
            asked.append((sent.cpu, sent.memory, sent.nodes) if sent else None)

    assert asked == [(None, None, None), ("2", "200Mi", 1)]


@pytest.mark.snippet(statement="migrate-scripts-stay", runtime="pytest")
def test_the_scripts_import_each_other_as_they_did(staged: Callable[[str], Stage]) -> None:
    """The manifest lists each script, so none has to be moved and no import changes."""
    files = migration.after("3-manifest")
    listed = files["pyproject.toml"].partition("py-modules = ")[2]

    assert {f"{name}.py" for name in ("periods", "tasks", "workflow")} == {
        name for name in files if name.endswith(".py")
    }
    assert all(f'"{name.removesuffix(".py")}"' in listed for name in files if name.endswith(".py"))
    assert migration.after("2-token")["workflow.py"] == files["workflow.py"]


@pytest.mark.snippet(statement="migrate-three-scripts", runtime="pytest")
def test_the_project_starts_with_three_scripts_and_no_manifest() -> None:
    """None of them in a folder."""
    assert sorted(migration.after("1-on-qe")) == ["periods.py", "tasks.py", "workflow.py"]


@pytest.mark.snippet(statement="migrate-gcd", runtime="python", output="6 False")
def test_the_greatest_common_divisor_has_moved(snippet: BoundSnippet) -> None:
    """What 3.9 has not any more, and what gives the same."""
    snippet.observe(f"{math.gcd(12, 18)} {hasattr(fractions, 'gcd')}")


@contextmanager
def _submitted(staged: Callable[[str], Stage], step: str) -> Iterator[Any]:
    """The workflow of the project as its user submits it after a step."""
    with staged("").module(migration.after(step), migration.WORKFLOW) as module:
        yield module.factor_15()
