"""The local CE: a cluster and the services around it, started and stopped as one."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import tempfile
import types
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._process import NO_FORK_HANDLERS, environment
from .cluster import Cluster
from .releases import sdk_part
from .services import Services, image_resources, sdk_settings

if TYPE_CHECKING:
    from .runs import Runner


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
        services = Services(folder, constraints=constraints)
        self._closing.callback(services.stop)
        self._services = services
        #: The git host that answers for github.com and example.com.
        self.git = services.git
        #: The packages that tasks can import with ``PythonImports``.
        self.index = services.index
        #: What ``sdk.Secret`` refers to.
        self.secrets = services.secrets
        (folder / "passport").write_text(self.secrets.token)
        self._sdk_settings = sdk_settings(folder, secrets_url=self.secrets.url)
        self._cluster = Cluster(
            folder,
            cpus=cpus,
            resources=image_resources(images),
            environment={**self._sdk_settings, **services.cluster_environment()},
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
        timeout: float = 180.0,
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

    def run(self, workflow: Any, *, timeout: float = 300.0) -> Any:
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
        return self._services.redact(text)

    def _launch(self, timeout: float) -> None:
        self._cluster.launch()
        # Takes a second or two; Ray starts in the meantime.
        with warnings.catch_warnings(), environment(NO_FORK_HANDLERS):
            # What Ray and the SDK import is old by now and says so; no caller can help it.
            warnings.simplefilter("ignore")
            import ray  # noqa: PLC0415 - while Ray starts

            from .runs import Runner  # noqa: PLC0415 - as above

            # The SDK imports this when it first translates a workflow, outside of this block.
            sdk_part("_base._traversal")

            if ray.is_initialized():
                raise RuntimeError(
                    "this process is connected to a Ray cluster already (another LocalCE?): "
                    "stop it or call ray.shutdown() first"
                )
            self._cluster.connect(timeout)
        self._runner = Runner(
            project_dir=self._cluster.work_dir,
            submission={**self._sdk_settings, "no_proxy": None, "NO_PROXY": None},
            state_of=self._services.states_of,
            redact=self.redact,
        )
