"""When a run has ended, no file has a secret of it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_ce.records import RunState
from local_ce.scrub import SHORTEST, scrub
from local_ce.submitting import importable
from tests.local_ce.engines import Engine, started
from tests.local_ce.projects import module, packaged, submitted

USER = "my-github-username"
TOKEN = "t0ken-of-the-tests"
WRONG = "wr0ng-t0ken-of-the-tests"
SOURCE = (
    'sdk.GithubImport("org/opened", username="my-github-username", '
    'personal_access_token=sdk.Secret("{}", workspace_id="ws"))'
)


def publish(engine: Engine) -> None:
    """Publish a private repo, and store the right token and a wrong one."""
    url = "https://github.com/org/opened"
    engine.services.git.publish(url, packaged("opened", tasks("right")), private=True)
    engine.services.git.allow(url, username=USER, token=TOKEN)
    engine.services.secrets.set("right", TOKEN, workspace="ws")
    engine.services.secrets.set("wrong", WRONG, workspace="ws")


def private(which: str) -> Any:
    """Return a workflow whose task is in the private repo, with one of the tokens."""
    with importable(submitted("opened", tasks(which))):
        return importlib.import_module("opened.tasks").demo()


def tasks(which: str) -> str:
    """Return the module; its task prints the token before it returns."""
    body = "print(sdk.secrets.get('right', workspace_id='ws'))\n    return 'opened'"
    return module(SOURCE.format(which), body)


@pytest.mark.parametrize("mode", ["per-run", "shared"])
def test_no_file_has_a_token_after_passing_and_failing_clones(mode: str) -> None:
    """Neither the state, the logs, nor what Ray wrote."""
    with started(mode=mode) as engine:
        publish(engine)
        passing, failing = engine.submit(private("right")), engine.submit(private("wrong"))
        assert engine.result(passing) == "opened"
        run = engine.wait(failing)
        assert run.state == RunState.FAILED
        assert "Authentication failed" in str(run.reason)
        assert engine.secrets_on_disk() == []
        # It is masked where the line is kept, or in Ray's file before that is read: who is first decides on the length.
        (printed,) = engine.lines(passing, "task")
        assert set(printed) == {"*"}
        log = "\n".join(engine.lines(failing, "environment"))
        assert "Authentication failed" in log
        assert TOKEN not in log
        assert WRONG not in log
        assert {TOKEN, WRONG} <= engine.services.values()


@given(
    value=st.text(st.characters(blacklist_categories=["Cs"]), min_size=SHORTEST),
    before=st.binary(),
    after=st.binary(),
)
def test_a_value_is_overwritten_in_place(
    value: str, before: bytes, after: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The file keeps its length; afterwards it has no such bytes."""
    file = tmp_path_factory.mktemp("scrub") / "file"
    for form in (value, quote(value, safe="")):
        secret = form.encode()
        file.write_bytes(before + secret + after)
        scrub(file.parent, [value])
        content = file.read_bytes()
        assert len(content) == len(before + secret + after)
        assert secret not in content or set(secret) == {ord("*")}


def test_only_files_with_the_value_change(tmp_path: Path) -> None:
    """They are told; deeper folders are searched, links are not followed."""
    (tmp_path / "logs" / "deep").mkdir(parents=True)
    (tmp_path / "logs" / "deep" / "a").write_text("x secret-value y secret-value")
    (tmp_path / "logs" / "b").write_text("nothing")
    (tmp_path / "outside").write_text("secret-value")
    (tmp_path / "logs" / "link").symlink_to(tmp_path / "outside")
    assert scrub(tmp_path / "logs", ["secret-value"]) == [tmp_path / "logs" / "deep" / "a"]
    stars = "*" * len("secret-value")
    assert (tmp_path / "logs" / "deep" / "a").read_text() == f"x {stars} y {stars}"
    assert (tmp_path / "outside").read_text() == "secret-value"


def test_what_an_appending_program_writes_afterwards_follows(tmp_path: Path) -> None:
    """It goes on at the end of the file, as if nothing had been done to it."""
    with (tmp_path / "log").open("a") as log:
        log.write("secret-value\n")
        log.flush()
        scrub(tmp_path, ["secret-value"])
        log.write("more\n")
    assert (tmp_path / "log").read_text() == "*" * len("secret-value") + "\nmore\n"


def test_values_that_are_part_of_every_text_are_left_alone(tmp_path: Path) -> None:
    """A secret of three letters protects nothing, and its loss would damage files."""
    (tmp_path / "file").write_text("the cat")
    assert scrub(tmp_path, ["cat", ""]) == []
    assert (tmp_path / "file").read_text() == "the cat"


def test_folders_and_files_that_are_not_there_are_no_error(tmp_path: Path) -> None:
    """Others use them, and may remove them at any time."""
    assert scrub(tmp_path / "none", ["secret-value"]) == []
