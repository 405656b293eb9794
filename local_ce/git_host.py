"""A git host that answers for github.com and example.com.

Stands for GitHub and for a private git server. It keeps their real protocol: git's smart HTTP
(``git http-backend``) over TLS, with HTTP Basic authentication on private repos. Only the
certificate authority is ours, and it is read-only: repos are filled with :meth:`GitHost.publish`
and :meth:`GitHost.copy`. Repos stay in the folder, private ones without the tokens they accept.
"""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPMessage
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import trustme

from ._process import run, variables
from ._serving import LoopbackServer, QuietHandler

#: The names this host has a certificate for.
HOSTS = ("github.com", "example.com")
#: Commits of the same files get the same sha on every machine.
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "Local CE"),
        ("EMAIL", "local-ce@example.com"),
        ("DATE", "2023-07-01T00:00:00Z"),
    )
}


@dataclass
class _Repo:
    """What the host knows of a repo beside its objects."""

    folder: Path
    credentials: set[tuple[str, str]] = field(default_factory=set)
    #: Counts the changes of ``credentials``.
    generation: int = 0

    @property
    def private(self) -> bool:
        """Whether reading it takes credentials; kept in the repo's folder."""
        return (self.folder / "private").exists()

    @private.setter
    def private(self, private: bool) -> None:
        if private:
            (self.folder / "private").touch()
        else:
            (self.folder / "private").unlink(missing_ok=True)


class GitHost:
    """Repos on disk under ``folder``, served over TLS on :attr:`port`."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "repos"
        self._root.mkdir(parents=True, exist_ok=True)
        #: File with the certificate of the authority that signed this host's certificate.
        self.ca_file = folder / "ca.pem"
        kept = [config.parent for config in self._root.glob("**/*.git/config")]
        self._repos = {
            path.relative_to(self._root).as_posix().removesuffix(".git"): _Repo(path)
            for path in kept
        }
        self._seen: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._server = LoopbackServer(_Handler, self, self._tls_context())

    @property
    def port(self) -> int:
        """The loopback port it listens on."""
        return self._server.port

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()

    def publish(
        self,
        url: str,
        files: Mapping[str, str | bytes],
        ref: str = "main",
        *,
        tag: str | None = None,
        private: bool = False,
    ) -> str:
        """Commit ``files`` as the whole tree of branch ``ref``; return the commit's sha.

        The repo is created when it is new, and its first branch is the default one. With ``tag``
        that tag is set on the commit, too. The same files again are no new commit.

        :raises ValueError: for a URL of another host, or a path that is not inside the repo.
        """
        for path in files:
            _check_path(path)
        with self._lock:
            repo = self._create(url, ref)
            sha = self._commit(repo.folder, files, f"refs/heads/{ref}")
            if tag is not None:
                self._git(repo.folder, "update-ref", f"refs/tags/{tag}", sha)
            repo.private = private
        return sha

    def copy(self, url: str, repository: Path, *, private: bool = False) -> list[str]:
        """Publish what is committed in a git repository: its branches and tags, and no others.

        Returns the names of both, sorted.

        :raises ValueError: for a URL of another host, or a repository without a commit.
        """
        there = ("-C", str(repository))
        if not self._git(None, *there, "for-each-ref", "--count=1", "refs/heads", "refs/tags"):
            raise ValueError(f"{repository} has no commit yet: commit something first")
        branch = self._git(None, *there, "symbolic-ref", "--quiet", "--short", "HEAD")
        refs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        with self._lock:
            repo = self._create(url, branch or "main")
            self._git(repo.folder, "fetch", "--prune", str(repository), *refs)
            self._git(repo.folder, "symbolic-ref", "HEAD", f"refs/heads/{branch or 'main'}")
            repo.private = private
            names = self._git(repo.folder, "for-each-ref", "--format=%(refname:short)")
        return names.splitlines()

    def repos(self) -> dict[str, bool]:
        """Return the URLs of all repos, and of each whether it is private."""
        with self._lock:
            found = {f"https://{key}": repo for key, repo in sorted(self._repos.items())}
            return {url: repo.private for url, repo in found.items() if repo.folder.exists()}

    def allow(self, url: str, *, username: str, token: str) -> None:
        """Accept these credentials for the repo at ``url``, published already or not.

        The pair must match. (GitHub ignores the name beside a personal access token.)
        """
        with self._lock:
            repo = self._entry(url)
            if (username, token) in repo.credentials:
                return  # Nothing changed, so environments built with them stay good.
            repo.credentials.add((username, token))
            self._seen.add((username, token))
            repo.generation += 1

    def revoke(self, url: str, *, username: str, token: str) -> None:
        """Accept these credentials no more."""
        with self._lock:
            repo = self._entry(url)
            repo.credentials.discard((username, token))
            repo.generation += 1

    def state(self, url: str, ref: str) -> str:
        """Return a line that changes whenever cloning ``ref`` from ``url`` could end differently.

        It has the commit, the visibility and a counter of credential changes, and no secret.
        """
        with self._lock:
            repo = self._repos.get(_key(url))
            if repo is None or not repo.folder.exists():
                return "absent"
            sha = self._git(repo.folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
            access = f"private {repo.generation}" if repo.private else "public"
            return f"{sha or 'no such ref'} {access}"

    def tokens(self) -> set[tuple[str, str]]:
        """Return every pair of user name and token that some repo accepts, or once did."""
        with self._lock:
            return set(self._seen)

    def access(self, key: str, login: tuple[str, str] | None) -> int:
        """Return the HTTP status for reading repo ``key``: 200, 401 or 404, as GitHub decides.

        An unknown repo asks for credentials like a private one, so that nobody can probe for
        names; credentials that are valid elsewhere get "not found".
        """
        with self._lock:
            known = any(login in repo.credentials for repo in self._repos.values())
            repo = self._repos.get(key)
            exists = repo is not None and repo.folder.exists()
            if exists and repo is not None and (not repo.private or login in repo.credentials):
                return 200
        return 404 if known else 401

    def _entry(self, url: str) -> _Repo:
        key = _key(url)
        return self._repos.setdefault(key, _Repo(self._root / f"{key}.git"))

    def _create(self, url: str, branch: str) -> _Repo:
        repo = self._entry(url)
        if not repo.folder.exists():
            repo.folder.parent.mkdir(parents=True, exist_ok=True)
            self._git(None, "init", "--quiet", "--bare", "--template=", str(repo.folder))
            self._git(repo.folder, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
            # pip clones without blobs and fetches them by their sha afterwards.
            self._git(repo.folder, "config", "uploadpack.allowFilter", "true")
            self._git(repo.folder, "config", "uploadpack.allowAnySHA1InWant", "true")
            self._git(repo.folder, "config", "http.receivepack", "false")
        return repo

    def _commit(self, repo: Path, files: Mapping[str, str | bytes], ref: str) -> str:
        with tempfile.TemporaryDirectory(dir=self._root.parent) as scratch:
            tree = Path(scratch, "tree")
            tree.mkdir()
            for name, content in files.items():
                target = tree / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.encode() if isinstance(content, str) else content)
            where = {"GIT_INDEX_FILE": f"{scratch}/index", "GIT_WORK_TREE": str(tree)}
            self._git(repo, "add", "--all", "--force", str(tree), env=where)
            sha = self._git(repo, "write-tree", env=where)
        parent = self._git(repo, "rev-parse", "--verify", "--quiet", ref)
        if parent and self._git(repo, "rev-parse", f"{parent}^{{tree}}") == sha:
            return parent
        parents = ["-p", parent] if parent else []
        commit = self._git(repo, "commit-tree", sha, *parents, "-m", "Publish")
        self._git(repo, "update-ref", ref, commit)
        return commit

    def _git(
        self,
        repo: Path | None,
        *args: str,
        env: dict[str, str] | None = None,
    ) -> str:
        where = [f"--git-dir={repo}"] if repo is not None else []
        done = run(["git", *where, *args], env={**git_environment(), **_IDENTITY, **(env or {})})
        if done.returncode and "--quiet" not in args:
            reason = done.stderr.decode(errors="replace").strip()
            raise RuntimeError(f"git {args[0]} failed in {repo}: {reason}")
        return done.stdout.decode().strip()

    def backend_environment(self) -> dict[str, str]:
        """Return the environment ``git http-backend`` serves the repos in."""
        return {
            **git_environment(),
            "GIT_PROJECT_ROOT": str(self._root),
            "GIT_HTTP_EXPORT_ALL": "1",
        }

    def _tls_context(self) -> ssl.SSLContext:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*HOSTS).configure_cert(context)
        return context


def git_environment() -> dict[str, str]:
    """Return this process's environment without anything that configures git."""
    kept = {name: value for name, value in variables().items() if not name.startswith("GIT_")}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


def _key(url: str) -> str:
    """Return ``host/path`` of a repo's URL, the same with and without ``.git``."""
    parts = urlsplit(url)
    path = parts.path.strip("/").removesuffix(".git")
    if parts.scheme != "https" or parts.hostname not in HOSTS or not path:
        names = " or ".join(f"https://{host}/..." for host in HOSTS)
        raise ValueError(f"{parts.scheme}://{parts.hostname}/{path} is not served: use {names}")
    _check_path(path)
    return f"{parts.hostname}/{path}"


def _check_path(path: str) -> None:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or ".git" in parts:
        raise ValueError(f"{path!r} is not a path inside a repo: use names like 'src/pkg/a.py'")


class _Handler(QuietHandler):
    """Answers git's requests by running ``git http-backend`` as a CGI program."""

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        self._serve(b"")

    def do_POST(self) -> None:  # noqa: N802 - http.server's name
        self._serve(self._body())

    def _serve(self, body: bytes) -> None:
        host: GitHost = self.server.owner  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        path, service = _split_service(unquote(parts.path))
        name = (self.headers.get("Host") or "").split(":")[0]
        try:
            key = _key(f"https://{name}{path}")
        except ValueError:
            self.answer(404, b"not found\n", {"Content-Type": "text/plain"})
            return
        login = _login(self.headers.get("Authorization"))
        status = host.access(key, login)
        if status != 200:
            headers = {"Content-Type": "text/plain"}
            if status == 401:
                headers["WWW-Authenticate"] = f'Basic realm="{name}"'
            self.answer(status, b"Repository not found.\n", headers)
            return
        environment = {
            **host.backend_environment(),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": f"/{key}.git/{service}",
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": self.headers.get("Content-Type") or "",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
        }
        done = run(["git", "http-backend"], env=environment, stdin=body)
        self._forward(done.stdout)

    def _forward(self, response: bytes) -> None:
        """Turn a CGI response into an HTTP response."""
        head, _, content = response.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if line)
        status = int(headers.pop("Status", "200 OK").split()[0]) if headers else 500
        self.answer(status, content, headers)

    def _body(self) -> bytes:
        headers: HTTPMessage = self.headers  # type: ignore[assignment]
        if headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)


def _split_service(path: str) -> tuple[str, str]:
    for service in ("info/refs", "git-upload-pack", "git-receive-pack"):
        if path.endswith(f"/{service}"):
            return path[: -len(service) - 1], service
    return path, ""


def _login(header: str | None) -> tuple[str, str] | None:
    """Return user name and password of a Basic ``Authorization`` header, if it is one."""
    kind, _, value = (header or "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return None
    return user, password
