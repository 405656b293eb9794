"""The local CE: a cluster and the services around it, started and stopped as one."""

from __future__ import annotations

import atexit
import base64
import contextlib
import shutil
import tempfile
import types
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ._process import NO_FORK_HANDLERS, environment
from ._redaction import redact
from .cluster import Cluster
from .git_host import HOSTS, GitHost
from .package_index import PackageIndex
from .proxy import GitProxy
from .secrets import SecretsService

if TYPE_CHECKING:
    from .runs import Runner

#: The image a task gets that names none, as ``orquestra.sdk._ray._build_workflow`` has it.
DEFAULT_IMAGE = "hub.nexus.orquestra.io/zapatacomputing/orquestra-sdk-base:{}"
#: How many tasks can share an image at a time; the label is no limit by itself.
_IMAGE_SLOTS = 1000.0
#: No key, no agent, no route: what ssh has on a cluster that was given none.
_NO_SSH = (
    "ssh -F /dev/null -o BatchMode=yes -o IdentityFile=/dev/null -o IdentityAgent=none"
    " -o ProxyCommand=false"
)


class LocalCE:
    """One shared cluster with its git host, package index and secrets service.

    Use it as a context manager. There is one for a process at a time, because Ray has one
    connection for a process. All it needs is in one folder under ``/tmp``; folder and processes
    are gone after :meth:`stop`, at the end of the interpreter, or when it is killed.
    """

    def __init__(self, folder: Path, *, cpus: int, images: Sequence[str], constraints: str) -> None:
        self._closing = contextlib.ExitStack()
        #: Where everything is; secrets included, so it goes when the CE stops.
        self.folder = folder
        self._closing.callback(shutil.rmtree, folder, ignore_errors=True)
        #: The git host that answers for github.com and example.com.
        self.git = GitHost(folder / "git")
        self._closing.callback(self.git.stop)
        #: The packages that tasks can import with ``PythonImports``.
        self.index = PackageIndex(folder / "index")
        #: What ``sdk.Secret`` refers to.
        self.secrets = SecretsService()
        self._closing.callback(self.secrets.stop)
        proxy = GitProxy(HOSTS, self.git.port)
        self._closing.callback(proxy.stop)
        (folder / "gitconfig").write_text(_git_config(proxy.url, self.git.ca_file))
        (folder / "passport").write_text(self.secrets.token)
        names = [DEFAULT_IMAGE.format(version("orquestra-sdk")), *images]
        self._cluster = Cluster(
            folder,
            cpus=cpus,
            resources={f"image:{name}": _IMAGE_SLOTS for name in names},
            environment={
                **self._sdk_settings(),
                **_git_settings(folder / "gitconfig"),
                **_pip_settings(self.index.folder, constraints),
                "RUNTIME_ENV_RETRY_TIMES": "1",
                "RAY_USAGE_STATS_ENABLED": "0",
            },
        )
        self._closing.callback(self._cluster.stop)
        self._runner: Runner | None = None

    @classmethod
    def start(
        cls,
        *,
        cpus: int = 4,
        images: Sequence[str] = (),
        constraints: str | Path | None = None,
        timeout: float = 60.0,
    ) -> LocalCE:
        """Start everything; returns when a workflow can be run (about 10 s on two cores).

        :param cpus: what Ray may hand out to tasks; it does not have to be the machine's.
        :param images: names for ``custom_image=`` beside the default image. They are labels for
            scheduling: no container is started.
        :param constraints: a pip constraints file for the environments of tasks.
        :param timeout: seconds Ray may take to come up.
        :raises FileNotFoundError: when there is no such constraints file.
        :raises RuntimeError: when this process is connected to a Ray cluster already, or Ray
            does not come up. Nothing is left behind then.
        """
        limit = str(Path(constraints).resolve(strict=True)) if constraints is not None else ""
        # Sockets are inside, and their paths must be short: not the user's temporary folder.
        folder = Path(tempfile.mkdtemp(prefix="ce-", dir="/tmp"))
        try:
            ce = cls(folder, cpus=cpus, images=images, constraints=limit)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        atexit.register(ce.stop)
        try:
            ce._launch(timeout)
        except BaseException:
            ce.stop()
            raise
        return ce

    def stop(self) -> None:
        """End every process, remove the folder. Can be called again."""
        atexit.unregister(self.stop)
        self._runner = None
        self._closing.close()

    def __enter__(self) -> LocalCE:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.stop()

    def run(self, workflow: Any, *, timeout: float = 120.0) -> Any:
        """Run a workflow on the cluster, through the SDK's own Ray runtime, and wait for it.

        Returns the results as ``WorkflowRun.get_results()`` does: the value when the workflow
        returns one, a tuple when it returns several.

        :param workflow: a called workflow, ``my_workflow()``.
        :param timeout: seconds after which the run is stopped.
        :raises RunFailed: when the run fails or is not finished in time; it has the cause.
        """
        if self._runner is None:
            raise RuntimeError("this local CE is stopped: start another one")
        return self._runner.run(workflow, timeout)

    def redact(self, text: str) -> str:
        """Return ``text`` with every secret and git token this CE knows replaced by ``***``."""
        pairs = self.git.tokens()
        basic = {base64.b64encode(f"{u}:{t}".encode()).decode() for u, t in pairs}
        return redact(text, self.secrets.values() | {token for _, token in pairs} | basic)

    def _launch(self, timeout: float) -> None:
        self._cluster.launch()
        # Takes a second or two; Ray starts in the meantime.
        with warnings.catch_warnings(), environment(NO_FORK_HANDLERS):
            # What Ray and the SDK import is old by now and says so; no caller can help it.
            warnings.simplefilter("ignore")
            import ray  # noqa: PLC0415 - while Ray starts

            from .runs import Runner  # noqa: PLC0415 - as above

            # The SDK imports this when it first translates a workflow, outside of this block.
            import_module("orquestra.sdk._base._traversal")

            if ray.is_initialized():
                raise RuntimeError(
                    "this process is connected to a Ray cluster already (another LocalCE?): "
                    "stop it or call ray.shutdown() first"
                )
            self._cluster.connect(timeout)
        self._runner = Runner(
            temp_dir=self._cluster.temp_dir,
            project_dir=self._cluster.work_dir,
            submission={**self._sdk_settings(), "no_proxy": None, "NO_PROXY": None},
            state_of=self._state_of,
            redact=self.redact,
        )

    def _sdk_settings(self) -> dict[str, str]:
        """What tells the SDK that it is on CE, and where it may write."""
        return {
            "ORQ_RAY_DOWNLOAD_GIT_IMPORTS": "1",
            "ORQ_RAY_SET_CUSTOM_IMAGE_RESOURCES": "1",
            "ORQ_CONFIG_PATH": str(self.folder / "config.json"),
            "ORQ_DB_PATH": str(self.folder / "workflows.db"),
            "ORQ_RAY_TEMP_PATH": str(self.folder / "ray"),
            "ORQ_RAY_STORAGE_PATH": str(self.folder / "storage"),
            # With a passport the SDK asks the config service of the cluster for secrets.
            "ORQUESTRA_PASSPORT_FILE": str(self.folder / "passport"),
            "http_proxy": self.secrets.url,
        }

    def _state_of(self, packages: Sequence[str]) -> str:
        states = [self.index.state()]
        for package in packages:
            if package.startswith("git+https://"):
                parts = urlsplit(package[len("git+") :])
                path, _, ref = parts.path.rpartition("@")
                with contextlib.suppress(ValueError):
                    url = f"https://{parts.hostname}{unquote(path)}"
                    states.append(self.git.state(url, unquote(ref)))
        return ", ".join(states)


def _git_config(proxy: str, ca_file: Path) -> str:
    return f"[http]\n\tproxy = {proxy}\n\tsslCAInfo = {ca_file}\n[credential]\n\thelper =\n"


def _git_settings(config: Path) -> Mapping[str, str]:
    return {
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_SSH_COMMAND": _NO_SSH,
    }


def _pip_settings(index: Path, constraints: str) -> Mapping[str, str]:
    settings = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
        "PIP_CONFIG_FILE": "/dev/null",
        # "0" is how this variable says no to isolation: setuptools is borrowed, not downloaded.
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INPUT": "1",
    }
    return {**settings, "PIP_CONSTRAINT": constraints} if constraints else settings
