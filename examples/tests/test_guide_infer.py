"""Tests of what the guide says about ``GitImport.infer()``: which repo and which commit it names."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local_ce.releases import sdk_part

if TYPE_CHECKING:
    from sphinxext.tested_snippets.plugin import BoundSnippet

_AS_SOMEBODY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")


def _says(statement: str, seen: str | None = None) -> pytest.MarkDecorator:
    """Evidence from the SDK in this process for a statement of the guide."""
    return pytest.mark.snippet(statement=statement, runtime="pytest", output=seen)


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *_AS_SOMEBODY, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def _working_copy(folder: Path, origin: Path) -> Path:
    """A clone of a new repo with one commit, which its origin has, too."""
    _git(origin.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    folder.mkdir(parents=True)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "tasks.py").write_text("VERSION = 1\n")
    _git(folder, "add", "tasks.py")
    _git(folder, "commit", "--quiet", "-m", "one")
    _git(folder, "remote", "add", "origin", str(origin))
    _git(folder, "push", "--quiet", "origin", "main")
    return folder


def _inferred(folder: Path) -> Any:
    """What ``infer()`` becomes, as the SDK resolves it when the workflow is submitted."""
    from orquestra import sdk

    return sdk.GitImport.infer(folder).resolved()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A working copy whose origin has all of it."""
    return _working_copy(tmp_path / "outer", tmp_path / "outer.git")


@_says("infer-folder")
def test_a_folder_below_names_the_repo_around_it(clone: Path, snippet: BoundSnippet) -> None:
    """``infer()`` looks upwards."""
    (clone / "notebooks").mkdir()

    named = Path(_inferred(clone / "notebooks").repo_url)
    assert named == clone.parent / "outer.git"
    snippet.observe(f"in outer/notebooks: {named.name}")


@_says("infer-nested")
def test_of_nested_repos_the_innermost_is_named(clone: Path, snippet: BoundSnippet) -> None:
    """The same call means another repo a folder further down."""
    inner = _working_copy(clone / "vendor" / "inner", clone.parent / "inner.git")
    (inner / "below").mkdir()

    assert _inferred(inner / "below").repo_url == str(clone.parent / "inner.git")
    assert _inferred(clone / "vendor").repo_url == str(clone.parent / "outer.git")
    snippet.observe("in outer/vendor: outer.git; in outer/vendor/inner/below: inner.git")


@_says("infer-dirty", "You have uncommitted changes")
def test_a_change_that_is_not_committed_is_a_warning(clone: Path, snippet: BoundSnippet) -> None:
    """The branch is named all the same, and the change is not on it."""
    from orquestra.sdk.exceptions import DirtyGitRepo

    (clone / "tasks.py").write_text("VERSION = 2\n")

    with pytest.warns(DirtyGitRepo) as warned:
        assert _inferred(clone).git_ref == "main"

    snippet.observe(str(warned[0].message))


@_says("infer-untracked")
def test_a_file_that_git_does_not_know_is_no_warning(clone: Path, snippet: BoundSnippet) -> None:
    """A new module is missing on the cluster, and nothing says so; warnings are errors here."""
    (clone / "new_module.py").write_text("")

    assert _inferred(clone).git_ref == "main"
    snippet.observe("named: main; no warning")


@_says("infer-unpushed")
def test_a_commit_that_is_not_pushed_is_no_warning(clone: Path, snippet: BoundSnippet) -> None:
    """In spite of the words of the warning: what runs is what the origin has."""
    (clone / "tasks.py").write_text("VERSION = 2\n")
    _git(clone, "commit", "--quiet", "--all", "-m", "two")

    assert _inferred(clone).git_ref == "main"
    assert _git(clone, "show", "origin/main:tasks.py") == "VERSION = 1"
    snippet.observe("named: main, where the origin has VERSION = 1; no warning")


@_says("infer-detached", "detached HEAD")
def test_a_detached_head_is_named_by_its_commit(clone: Path, snippet: BoundSnippet) -> None:
    """With a warning."""
    _git(clone, "checkout", "--quiet", "--detach")

    with pytest.warns(UserWarning, match="HEAD") as warned:
        assert _inferred(clone).git_ref == _git(clone, "rev-parse", "HEAD")

    snippet.observe(str(warned[0].message))


@_says("infer-no-repo", "This is not git repo")
def test_a_folder_in_no_repo_is_refused(tmp_path: Path, snippet: BoundSnippet) -> None:
    """Before anything is submitted."""
    with pytest.raises(sdk_part("_base._dsl").NotGitRepo) as refused:
        _inferred(tmp_path)

    snippet.observe(str(refused.value).replace(str(tmp_path), "<folder>"))


@_says("infer-no-origin", "doesn't exist")
def test_a_repo_without_an_origin_is_refused(tmp_path: Path, snippet: BoundSnippet) -> None:
    """As above."""
    _git(tmp_path, "init", "--quiet")

    with pytest.raises(sdk_part("_base._dsl").NoRemoteRepo) as refused:
        _inferred(tmp_path)

    snippet.observe(str(refused.value).replace(str(tmp_path), "<folder>"))


@pytest.mark.parametrize(
    ("origin", "named"),
    [
        pytest.param(
            "https://github.com/my-org/my-public-repo",
            "git@github.com:my-org/my-public-repo",
            marks=_says("infer-github-ssh", "git@github.com:my-org/my-public-repo"),
        ),
        pytest.param(
            "https://example.com/my-team/my-public-repo.git",
            "https://example.com/my-team/my-public-repo.git",
            marks=_says("infer-other-hosts", "https://example.com/my-team/my-public-repo.git"),
        ),
    ],
    ids=["GitHub", "another-host"],
)
def test_only_an_address_at_github_is_changed(
    clone: Path, snippet: BoundSnippet, origin: str, named: str
) -> None:
    """Into one for SSH, which is what CE gets."""
    # infer() fetches from the address that it then changes: it is that of the repo beside the clone.
    _git(clone, "config", f"url.{clone.parent / 'outer.git'}.insteadOf", origin)
    _git(clone, "remote", "set-url", "origin", origin)

    assert _inferred(clone).repo_url == named
    snippet.observe(named)
