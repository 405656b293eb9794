"""What a user's own git repositories become on the git host, and what stays of them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_ce.git_host import GitHost

URL = "https://github.com/org/repo"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[GitHost]:
    """A git host with no repos."""
    host = GitHost(tmp_path / "host")
    yield host
    host.stop()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the branch ``trunk`` checked out, a branch ``other`` and the tag ``v1``."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.txt").write_text("1")
    git(folder, "init", "--quiet", "--initial-branch=trunk")
    git(folder, "add", "a.txt")
    git(folder, "commit", "--quiet", "-m", "First")
    git(folder, "branch", "other")
    git(folder, "tag", "v1")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git as its user would, return what it printed."""
    who = ("-c", "user.name=Me", "-c", "user.email=me@example.com")
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_copy_has_the_commits_branches_and_tags(host: GitHost, repository: Path) -> None:
    """The very commits: their shas are the same."""
    sha = git(repository, "rev-parse", "HEAD")
    assert host.copy(URL, repository) == ["other", "trunk", "v1"]
    for ref in ("other", "trunk", "v1", "HEAD"):
        assert host.state(URL, ref) == f"{sha} public"


def test_a_second_copy_moves_the_branches_and_drops_those_that_are_gone(
    host: GitHost, repository: Path
) -> None:
    """Also when history was rewritten."""
    host.copy(URL, repository)
    git(repository, "commit", "--quiet", "--amend", "-m", "Other")
    git(repository, "branch", "-D", "other")
    assert host.copy(URL, repository) == ["trunk", "v1"]
    assert host.state(URL, "trunk") == f"{git(repository, 'rev-parse', 'HEAD')} public"


def test_a_bare_repository_can_be_copied(host: GitHost, repository: Path, tmp_path: Path) -> None:
    """Its branch is where its HEAD says."""
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare.git")
    assert host.copy(URL, tmp_path / "bare.git") == ["other", "trunk", "v1"]
    assert host.state(URL, "HEAD") == host.state(URL, "trunk")


def test_a_repository_without_a_commit_is_refused(host: GitHost, tmp_path: Path) -> None:
    """Nothing is published then."""
    git(tmp_path, "init", "--quiet", "empty")
    with pytest.raises(ValueError, match="empty has no commit yet: commit something first"):
        host.copy(URL, tmp_path / "empty")
    assert host.repos() == {}


def test_repos_stay_and_private_ones_stay_private(
    host: GitHost, repository: Path, tmp_path: Path
) -> None:
    """The tokens that opened them don't stay: nobody can read them then."""
    host.copy(URL, repository, private=True)
    host.publish("https://example.com/org/open", {"a.txt": "a"})
    host.allow(URL, username="me", token="secret-token")
    assert host.access("github.com/org/repo", ("me", "secret-token")) == 200
    host.stop()
    later = GitHost(tmp_path / "host")
    try:
        assert later.repos() == {"https://example.com/org/open": False, URL: True}
        assert later.access("github.com/org/repo", ("me", "secret-token")) == 401
        assert later.access("example.com/org/open", None) == 200
        assert later.state(URL, "v1").endswith("private 0")
    finally:
        later.stop()
