"""Sets the scene for a snippet on the local CE: repos, credentials, modules, workflows."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from unittest import mock

from examples.client import submitted_resources
from examples.waiting import run_beside_another
from local_ce.releases import sdk_part

if TYPE_CHECKING:
    from typing_extensions import Self

    from local_ce.pytest_plugin import AnyCE

__all__ = ["PROJECT", "SetupCode", "Stage", "package_with"]

#: The example project, whose files stand for those of a reader's repo.
PROJECT = Path(__file__).parent / "my_proj"
MANIFEST = {name: (PROJECT / name).read_text() for name in ("pyproject.toml", "setup.cfg")}

_TAG = re.compile(r"v\d+(\.\d+)*")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def package_with(tasks: str) -> dict[str, str]:
    """The files of a repo that holds one module, ``my_proj.tasks``, with the text `tasks`."""
    return {**MANIFEST, "src/my_proj/__init__.py": "", "src/my_proj/tasks.py": tasks}


class SetupCode:
    """Hidden set-up: its definitions become part of the snippet's module, its calls set the stage.

    :ivar definitions: source of the imports, functions and assignments.
    :ivar calls: source of the rest, for instance ``publish("https://github.com/my-org/my-repo")``.
    """

    def __init__(self, code: str) -> None:
        definitions: list[str] = []
        calls: list[str] = []
        for node in ast.parse(code).body:
            part = ast.get_source_segment(code, node) or ""
            (calls if isinstance(node, ast.Expr) else definitions).append(part)
        self.definitions = "\n\n".join(definitions)
        self.calls = "\n".join(calls)


class Stage:
    """What one execution of a snippet needs around it.

    :param files: what is in the repos that the snippet names.
    :param token: the access token that private repos accept.
    """

    def __init__(self, ce: AnyCE, files: Mapping[str, str], token: str) -> None:
        self.ce = ce
        self.files = files
        self._token = token
        self._beside = False
        self._private: set[str] = set()
        self._as_they_are: set[str] = set()
        self._folders = contextlib.ExitStack()

    def __enter__(self) -> Self:
        environment = {
            "GIT_CONFIG_GLOBAL": str(self.ce.folder / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        folder = tempfile.TemporaryDirectory(prefix="stage-", dir="/tmp")
        self._folder = Path(self._folders.enter_context(folder))
        environment["ORQ_CONFIG_PATH"] = str(self._folder / "config.json")
        environment["ORQ_DB_PATH"] = str(self._folder / "workflows.db")
        self._folders.enter_context(mock.patch.dict(os.environ, environment))
        os.environ.pop("GIT_SSL_CAINFO", None)
        self._log_in("my-login")
        return self

    def __exit__(self, *exception: object) -> None:
        self._folders.close()

    def set(self, code: SetupCode) -> None:
        """Make the calls of hidden set-up code. Offered are :meth:`publish` and its neighbours."""
        names = {
            "publish": self.publish,
            "private": self.private,
            "private_for_others": self.private_for_others,
            "working_copy": self.working_copy,
            "publish_only": self.publish_only,
            "write_here": self.write_here,
            "publish_below": self.publish_below,
            "add_file": self.add_file,
            "add_to": self.add_to,
            "type_in": self.type_in,
            "another_beside": self.another_beside,
        }
        exec(compile(code.calls, "<hidden set-up>", "exec"), names)  # noqa: S102 - our own pages

    def publish(self, url: str, ref: str = "main") -> None:
        """Commit the files to a repo, as a branch, or as a tag where `ref` looks like a version."""
        if _COMMIT.fullmatch(ref) or _bare(url) in self._as_they_are:
            return  # What is named is in the repo already.
        tag = ref if _TAG.fullmatch(ref) else None
        branch = "main" if tag else ref
        self.ce.git.publish(url, self.files, branch, tag=tag, private=_bare(url) in self._private)

    def publish_only(self, url: str) -> None:
        """Publish the branch ``main`` of a repo, whatever ref a snippet names."""
        self.publish(url)
        self._as_they_are.add(_bare(url))

    def write_here(self, name: str, text: str) -> None:
        """Write a file into the folder that is submitted from, and go there."""
        (self._folder / name).write_text(text, encoding="utf-8")
        self._folders.callback(os.chdir, Path.cwd())
        os.chdir(self._folder)

    def publish_below(self, folder: str, url: str) -> None:
        """Put the files into a folder of the repo, and not at its top."""
        below = {f"{folder}/{path}": text for path, text in self.files.items()}
        self.ce.git.publish(url, below, "main")
        self._as_they_are.add(_bare(url))

    def add_file(self, path: str, text: str) -> None:
        """Add a file to the repos that the snippet names."""
        self.files = {**self.files, path: text}

    def add_to(self, path: str, line: str, more: str) -> None:
        """Add lines behind a line of a file in the repos that the snippet names.

        :raises ValueError: the file has no such line.
        """
        if f"{line}\n" not in self.files[path]:
            raise ValueError(f"{path} has no line {line!r}")
        self.add_file(path, self.files[path].replace(f"{line}\n", f"{line}\n{more}\n", 1))

    def private(self, url: str, username: str, secret: str, workspace: str) -> None:
        """Make a repo private; the token that opens it is the value of a secret."""
        self._private.add(_bare(url))
        self.ce.git.allow(url, username=username, token=self._token)
        self.ce.secrets.set(secret, self._token, workspace=workspace)

    def private_for_others(self, url: str) -> None:
        """Publish a private repo that no token of the snippet's opens."""
        self._private.add(_bare(url))
        self.publish_only(url)

    def working_copy(self, url: str) -> None:
        """Publish a repo, clone it, and go to the clone."""
        self.publish(url)
        folder = self._folder / "clone"
        subprocess.run(["git", "clone", "--quiet", url, str(folder)], check=True)
        self._folders.callback(os.chdir, Path.cwd())
        os.chdir(folder)

    def type_in(self, answer: str) -> None:
        """Answer the prompts for passwords."""
        self._folders.enter_context(mock.patch("getpass.getpass", return_value=answer))

    def another_beside(self) -> None:
        """Stop a run when another one that is submitted after it has ended."""
        self._beside = True

    def _log_in(self, name: str) -> None:
        """Write what ``orq login`` writes: a configuration with address and token of the services."""
        from orquestra.sdk.schema.configs import RuntimeName

        services = {"uri": self.ce.secrets.url, "token": self.ce.secrets.token}
        sdk_part("_base._config").write_config(name, RuntimeName.CE_REMOTE, services)

    @contextlib.contextmanager
    def module(self, files: Mapping[str, str], name: str) -> Iterator[ModuleType]:
        """Import a module of the repo on the submitting side, as its user would."""
        from local_ce import importable

        with importable({path.removeprefix("src/"): text for path, text in files.items()}):
            yield import_module(name)

    def run(self, workflow: Any) -> Any:
        """Publish to each git repo that a workflow names what is needed there, and run it.

        :raises local_ce.RunFailed: the run failed.
        """
        submitted_resources(workflow)  # The client refuses some workflows before it sends them.
        for imported in workflow.model.imports.values():
            url = getattr(getattr(imported, "repo_url", None), "original_url", "")
            if url.startswith("https://"):
                self.publish(url, imported.git_ref)
        if self._beside:
            return run_beside_another(self.ce, workflow)
        return self.ce.run(workflow, timeout=300.0)


def _bare(url: str) -> str:
    return url.removesuffix(".git")
