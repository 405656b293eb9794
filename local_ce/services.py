"""What a cluster needs around it: git host, package index, secrets, and how its processes find them."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ._head import WORKER_PORTS
from ._redaction import redact
from .git_host import HOSTS, GitHost
from .package_index import PackageIndex
from .proxy import GitProxy
from .releases import sdk_part
from .secrets import SecretsService

#: The image a task gets that names none, as ``orquestra.sdk._ray._build_workflow`` has it.
DEFAULT_IMAGE = "hub.nexus.orquestra.io/zapatacomputing/orquestra-sdk-base:{}"
#: How many tasks can share an image at a time; the label is no limit by itself.
_IMAGE_SLOTS = 1000.0
#: No key, no agent, no route: what ssh has on a cluster that was given none.
_NO_SSH = (
    "ssh -F /dev/null -o BatchMode=yes -o IdentityFile=/dev/null -o IdentityAgent=none"
    " -o ProxyCommand=false"
)


class Services:
    """Git host, package index and secrets service, with their files in ``folder``.

    :param secrets: the secrets service to use, which ends with the others; a new one if not given.
    :param constraints: path of a pip constraints file for the environments of tasks, or nothing.
    """

    def __init__(
        self, folder: Path, *, secrets: SecretsService | None = None, constraints: str = ""
    ) -> None:
        self._closing = contextlib.ExitStack()
        self._constraints = constraints
        #: Where the files are: ``gitconfig``, ``git``, ``index``.
        self.folder = folder
        #: The git host that answers for github.com and example.com.
        self.git = GitHost(folder / "git")
        self._closing.callback(self.git.stop)
        #: The packages that tasks can import with ``PythonImports``.
        self.index = PackageIndex(folder / "index")
        #: What ``sdk.Secret`` refers to.
        self.secrets = secrets or SecretsService()
        self._closing.callback(self.secrets.stop)
        proxy = GitProxy(HOSTS, self.git.port)
        self._closing.callback(proxy.stop)
        (folder / "gitconfig").write_text(
            f"[http]\n\tproxy = {proxy.url}\n\tsslCAInfo = {self.git.ca_file}\n"
            "[credential]\n\thelper =\n"
        )

    def stop(self) -> None:
        """Stop serving. The files stay."""
        self._closing.close()

    def cluster_environment(self) -> dict[str, str]:
        """Return what must be in the environment of a cluster's processes.

        It depends on :attr:`folder` only, so a cluster started with it is good for as long as
        the folder is, whatever the ports of the day.
        """
        return cluster_environment(self.folder, self._constraints)

    def states_of(self, packages: Sequence[str]) -> str:
        """Return a text that changes whenever installing ``packages`` could end differently.

        It covers the whole index and the repos named as ``git+https://host/path@ref``, and has
        no secret in it.
        """
        states = [self.index.state()]
        for package in packages:
            if package.startswith("git+https://"):
                parts = urlsplit(package[len("git+") :])
                path, _, ref = parts.path.rpartition("@")
                with contextlib.suppress(ValueError):
                    url = f"https://{parts.hostname}{unquote(path)}"
                    states.append(self.git.state(url, unquote(ref)))
        return ", ".join(states)

    def values(self) -> frozenset[str]:
        """Return every secret and git token known here, as they are and as git sends them."""
        pairs = self.git.tokens()
        basic = {base64.b64encode(f"{u}:{t}".encode()).decode() for u, t in pairs}
        return self.secrets.values() | {token for _, token in pairs} | basic

    def redact(self, text: str) -> str:
        """Return ``text`` with every secret and git token known here replaced by ``***``."""
        return redact(text, self.values())


def cluster_environment(folder: Path, constraints: str = "") -> dict[str, str]:
    """Return :meth:`Services.cluster_environment` of the services in ``folder``."""
    settings = {
        "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_SSH_COMMAND": _NO_SSH,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder / "index"),
        "PIP_CONFIG_FILE": "/dev/null",
        # "0" is how this variable says no to isolation: setuptools is borrowed, not downloaded.
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INPUT": "1",
        "RUNTIME_ENV_RETRY_TIMES": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        # How much each worker uses of the machine: nobody asks, and to find it out every 2.5 s takes most of what
        # the agent of an idle node takes.
        "REPORTER_UPDATE_INTERVAL_MS": "60000",
        # Ray's own metrics, which nobody asks for either: an idle cluster takes a fifth less without them.
        "RAY_enable_metrics_collection": "0",
        # Ray ends idle workers when there are more than CPUs, those included that manage workflows or have what a run gave:
        # so it started one for the results of each run, and ended it before the next.
        "RAY_num_workers_soft_limit": "8",
        # Of Ray's processes that start others, those with a newer gRPC lose their connections by it.
        "GRPC_ENABLE_FORK_SUPPORT": "0",
        # A node gives up when its agent has not come up in 30 s, which on a busy machine it has not.
        "RAY_agent_register_timeout_ms": "180000",
    }
    return {**settings, "PIP_CONSTRAINT": constraints} if constraints else settings


def sdk_settings(folder: Path, *, secrets_url: str) -> dict[str, str]:
    """Return the variables that tell the SDK that it is on CE, and where it may write.

    :param folder: the cluster's or the run's own one; its bearer token is there as ``passport``.
    :param secrets_url: the secrets service, which is the proxy for its name inside a cluster.
    """
    return {
        "ORQ_RAY_DOWNLOAD_GIT_IMPORTS": "1",
        "ORQ_RAY_SET_CUSTOM_IMAGE_RESOURCES": "1",
        "ORQ_CONFIG_PATH": str(folder / "config.json"),
        "ORQ_DB_PATH": str(folder / "workflows.db"),
        "ORQ_RAY_TEMP_PATH": str(folder / "ray"),
        "ORQ_RAY_STORAGE_PATH": str(folder / "storage"),
        # With a passport the SDK asks the config service of the cluster for secrets.
        "ORQUESTRA_PASSPORT_FILE": str(folder / "passport"),
        "http_proxy": secrets_url,
    }


def image_resources(images: Sequence[str] = ()) -> dict[str, float]:
    """Return the Ray resources by which a node offers the default image and ``images``."""
    names = [_default_image(version("orquestra-sdk")), *images]
    return {f"image:{name}": _IMAGE_SLOTS for name in names}


def _default_image(sdk: str) -> str:
    """Return the image of a task that names none; from 0.67 on, the client says it with each task."""
    if tuple(map(int, sdk.split(".")[:2])) < (0, 67):
        return DEFAULT_IMAGE.format(sdk)
    return str(sdk_part("_base._docker_images").DEFAULT_WORKER_IMAGE)


def node_options(storage: Path, images: Sequence[str] = ()) -> list[str]:
    """Return the options that ``ray start`` needs for each node of a cluster of one's own.

    :param storage: a folder for Ray to keep the workflows in that are going.
    :param images: the custom images the node offers, beside the default one.
    """
    resources = json.dumps(image_resources(images))
    return [f"--storage={storage}", f"--resources={resources}", *WORKER_PORTS]


def git_packages(definition: Mapping[str, object]) -> list[str]:
    """Return the git imports of a workflow (its IR as JSON) as pip names them, without secrets."""
    imports = definition.get("imports")
    found = []
    for item in imports.values() if isinstance(imports, dict) else ():
        url = item.get("repo_url")
        if isinstance(url, dict):
            found.append(f"git+https://{url.get('host')}/{url.get('path')}@{item.get('git_ref')}")
    return found
