"""Real git against the git host, through the proxy and over TLS."""

from __future__ import annotations

import gzip
import http.client
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from local_ce import LocalCE

Git = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_public_repo_is_listed_with_its_default_branch(local_ce: LocalCE, git: Git) -> None:
    """The first branch published is what HEAD stands for."""
    url = "https://github.com/org/listed"
    sha = local_ce.git.publish(url, {"a.txt": "a"}, ref="trunk")
    done = git("ls-remote", "--symref", url)
    assert f"ref: refs/heads/trunk\tHEAD\n{sha}\tHEAD" in done.stdout


def test_a_repo_has_one_address_with_and_without_the_suffix(local_ce: LocalCE, git: Git) -> None:
    """GitHub answers for ``repo`` and ``repo.git`` alike."""
    sha = local_ce.git.publish("https://github.com/org/suffix.git", {"a.txt": "a"})
    assert sha in git("ls-remote", "https://github.com/org/suffix").stdout
    assert sha in git("ls-remote", "https://github.com/org/suffix.git").stdout


def test_a_tag_names_the_commit_it_was_published_with(local_ce: LocalCE, git: Git) -> None:
    """A tag stays where it is when its branch moves on."""
    url = "https://example.com/some_person/tagged.git"
    first = local_ce.git.publish(url, {"a.txt": "1"}, tag="v1.0.1")
    second = local_ce.git.publish(url, {"a.txt": "2"})
    listed = git("ls-remote", url).stdout
    assert f"{first}\trefs/tags/v1.0.1" in listed
    assert f"{second}\trefs/heads/main" in listed


def test_the_same_files_again_are_no_new_commit(local_ce: LocalCE) -> None:
    """Publishing is repeatable, so that caches and evidence are."""
    url = "https://github.com/org/again"
    first = local_ce.git.publish(url, {"a.txt": "1"})
    assert local_ce.git.publish(url, {"a.txt": "1"}) == first
    assert local_ce.git.publish(url, {"a.txt": "2"}) != first


def test_a_clone_without_blobs_fetches_them_when_they_are_needed(
    local_ce: LocalCE, git: Git, tmp_path: Path
) -> None:
    """Pip clones in this way."""
    url = "https://github.com/org/partial"
    local_ce.git.publish(url, {"deep/er/a.txt": "content", "b.bin": b"\x00\xff"})
    done = git("clone", "--quiet", "--filter=blob:none", url, "copy")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "copy/deep/er/a.txt").read_text() == "content"
    assert (tmp_path / "copy/b.bin").read_bytes() == b"\x00\xff"


@pytest.mark.parametrize("encoding", ["gzip", "chunked"])
def test_a_long_request_is_understood(local_ce: LocalCE, encoding: str) -> None:
    """Git compresses long requests and sends very long ones in chunks; here a short one is."""
    sha = local_ce.git.publish("https://github.com/org/long", {"a.txt": "a"})
    body = f"0032want {sha}\n00000009done\n".encode()
    headers = {"Host": "github.com", "Content-Type": "application/x-git-upload-pack-request"}
    if encoding == "gzip":
        body = gzip.compress(body)
        headers["Content-Encoding"] = "gzip"
    context = ssl.create_default_context(cafile=str(local_ce.git.ca_file))
    context.check_hostname = False
    connection = http.client.HTTPSConnection(
        "127.0.0.1", local_ce.git.port, context=context, timeout=120
    )
    connection.request(
        "POST",
        "/org/long/git-upload-pack",
        iter([body[:20], body[20:]]) if encoding == "chunked" else body,
        headers,
        encode_chunked=encoding == "chunked",
    )
    response = connection.getresponse()
    content = response.read()
    connection.close()
    assert response.status == 200
    assert b"PACK" in content


@pytest.mark.parametrize(
    ("login", "message"),
    [
        ("", "fatal: could not read Username for 'https://github.com': terminal prompts disabled"),
        (
            "someone@",
            "fatal: could not read Password for 'https://someone@github.com': terminal prompts disabled",
        ),
        ("someone:wrong@", "fatal: Authentication failed for 'https://github.com/org/private/'"),
        ("git:s3cr3t-token@", "fatal: Authentication failed for 'https://github.com/org/private/'"),
    ],
    ids=["nothing", "name-only", "wrong-token", "wrong-name"],
)
def test_a_private_repo_is_refused_without_its_credentials(
    local_ce: LocalCE, git: Git, login: str, message: str
) -> None:
    """What git says is what a reader of a log sees."""
    url = "https://github.com/org/private"
    local_ce.git.publish(url, {"a.txt": "a"}, private=True)
    local_ce.git.allow(url, username="someone", token="s3cr3t-token")
    done = git("ls-remote", f"https://{login}github.com/org/private")
    assert done.returncode != 0
    assert message in done.stderr.splitlines()


def test_a_private_repo_is_served_with_its_credentials(local_ce: LocalCE, git: Git) -> None:
    """User name and token in the URL are enough."""
    url = "https://github.com/org/private"
    sha = local_ce.git.publish(url, {"a.txt": "a"}, private=True)
    local_ce.git.allow(url, username="someone", token="s3cr3t-token")
    done = git("ls-remote", "https://someone:s3cr3t-token@github.com/org/private")
    assert sha in done.stdout


def test_revoked_credentials_are_refused(local_ce: LocalCE, git: Git) -> None:
    """A token that was taken back opens nothing."""
    url = "https://github.com/org/revoked"
    local_ce.git.publish(url, {"a.txt": "a"}, private=True)
    local_ce.git.allow(url, username="someone", token="once-valid")
    local_ce.git.revoke(url, username="someone", token="once-valid")
    done = git("ls-remote", "https://someone:once-valid@github.com/org/revoked")
    assert "Authentication failed" in done.stderr


def test_an_unknown_repo_looks_like_a_private_one(local_ce: LocalCE, git: Git) -> None:
    """GitHub does not tell whether a repo exists; git asks for a user name."""
    done = git("ls-remote", "https://github.com/org/nowhere")
    assert "could not read Username" in done.stderr


def test_valid_credentials_of_another_repo_find_nothing(local_ce: LocalCE, git: Git) -> None:
    """Somebody GitHub knows is told "not found", not "who are you"."""
    local_ce.git.allow("https://github.com/org/other", username="known", token="other-token")
    done = git("ls-remote", "https://known:other-token@github.com/org/nowhere")
    assert "repository 'https://github.com/org/nowhere/' not found" in done.stderr


def test_nothing_can_be_pushed(local_ce: LocalCE, git: Git) -> None:
    """Repos are filled by publishing only."""
    url = "https://github.com/org/readonly"
    local_ce.git.publish(url, {"a.txt": "a"})
    assert git("clone", "--quiet", url, "copy").returncode == 0
    done = git("-C", "copy", "push", "origin", "HEAD:refs/heads/new")
    assert done.returncode != 0
    assert "new" not in git("ls-remote", url).stdout


@pytest.mark.parametrize("url", ["https://gitlab.com/org/repo", "http://github.com/org/repo"])
def test_other_addresses_are_out_of_reach(git: Git, url: str) -> None:
    """The proxy leads to the two hosts, by TLS, and nowhere else."""
    done = git("ls-remote", url)
    assert done.returncode != 0
    assert "403" in done.stderr


@pytest.mark.parametrize("path", ["../escape", "/etc/passwd", ".git/config", ""])
def test_a_path_outside_the_repo_is_refused(local_ce: LocalCE, path: str) -> None:
    """The message names the path and what a good one looks like."""
    with pytest.raises(ValueError, match="is not a path inside a repo: use names like"):
        local_ce.git.publish("https://github.com/org/bad", {path: "x"})


def test_a_repo_of_another_host_cannot_be_published(local_ce: LocalCE) -> None:
    """The message names the hosts there are."""
    with pytest.raises(ValueError, match=r"use https://github.com/\.\.\. or https://example.com"):
        local_ce.git.publish("https://gitlab.com/org/repo", {"a": "x"})
