"""What git says of the files of a project: which commit they are of, and which of them are as in it. Pure."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Checkout", "NoCommit"]


class NoCommit(Exception):
    """There is no commit to speak of. ``str()`` says why."""


@dataclass(frozen=True)
class Checkout:
    """The files of a repository at one commit.

    :param top: the repository's folder, resolved.
    :param commit: the full hash.
    :param unchanged: the files, from `top`, whose content is that of the commit.
    """

    top: Path
    commit: str
    unchanged: Collection[str]

    @classmethod
    def read(cls, folder: Path) -> Checkout:
        """The checkout that `folder` is in. Nothing in it is changed, and nothing is fetched.

        :raises NoCommit: git is not installed, or `folder` is in no repository, or that has no commit.
        """
        top, commit = _git(folder, "rev-parse", "--show-toplevel", "HEAD").splitlines()
        known = _names(Path(top), "ls-tree", "-r", "--name-only", "-z", "HEAD")
        changed = _names(Path(top), "diff", "--name-only", "--no-ext-diff", "-z", "HEAD")
        return cls(Path(top).resolve(), commit, known - changed)

    def place_of(self, path: Path) -> str | None:
        """A file from the repository's folder; None where its content is not that of the commit."""
        try:
            place = path.resolve().relative_to(self.top).as_posix()
        except ValueError:
            return None
        return place if place in self.unchanged else None


def _names(top: Path, *arguments: str) -> set[str]:
    return set(filter(None, _git(top, *arguments).split("\0")))


def _git(folder: Path, *arguments: str) -> str:
    # A hook that builds the pages has variables that are about its own repository.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, check=True, env={**kept, "GIT_OPTIONAL_LOCKS": "0"}
        )
    except OSError as error:
        raise NoCommit(f"git can't be started ({error.strerror})") from None
    except subprocess.CalledProcessError as error:
        said = os.fsdecode(error.stderr).strip().splitlines() or ["it failed"]
        raise NoCommit(f"git says: {said[0]}") from None
    return os.fsdecode(done.stdout)
