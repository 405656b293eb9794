"""Starts the process of each run, and the cluster that runs share in the shared mode."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ._process import MARKER, remove
from .cluster import OBJECT_STORE_MEMORY, THIN, Cluster, neutral_environment, thin_environment
from .demand import Demand, in_gibibytes
from .records import RunRecord
from .scrub import scrub
from .services import Services, git_packages, image_resources, sdk_settings

#: A cluster for each run; one that all runs share; one that somebody else started.
MODES = ("per-run", "shared", "address")
#: Runs at a time on a cluster that runs share. Ray decides there whose tasks go first.
PARALLEL = 4
#: Seconds a run may take to stop by itself.
STOP_GRACE = 15.0
#: Seconds Ray may take to come up.
_START_LIMIT = 120.0
#: Seconds between two looks for secrets in the logs of a cluster that runs share.
_SCRUB_PAUSE = 1.0


class Executor:
    """Executes runs in one of the three :data:`MODES`.

    :param folder: an empty folder with a short path, for sockets are inside.
    :param cpus: of this machine, for runs; in the mode ``address`` it means nothing.
    :param memory: the same in bytes.
    :param images: custom images to offer beside the default one.
    :param address: of an existing cluster; the mode is ``address`` then. Its nodes must be on
        this machine, because environments, passports and logs are exchanged as files.
    """

    def __init__(
        self,
        folder: Path,
        services: Services,
        *,
        cpus: int,
        memory: int,
        mode: str = "per-run",
        images: Sequence[str] = (),
        address: str | None = None,
    ) -> None:
        #: One of :data:`MODES`.
        self.mode = "address" if address is not None else mode
        if self.mode not in MODES or (self.mode == "address" and address is None):
            raise ValueError(f"mode {mode!r} is not known: take 'per-run' or 'shared'")
        #: Where the folders of runs are.
        self.folder = folder
        #: The CPUs and the memory (bytes) runs may have together.
        self.cpus, self.memory = cpus, memory
        self._services = services
        self._images = list(images)
        self._address = address
        self._cluster: Cluster | None = None
        self._outdated = False
        self._refreshing = threading.Lock()
        self._python = thin_environment(folder / "py")
        #: The sessions of shared clusters that had secrets, and when they were last cleaned.
        self._sessions: dict[Path, float] = {}
        self._stopped = threading.Event()

    def start(self) -> None:
        """Start the shared cluster, in that mode.

        :raises RuntimeError: when Ray does not come up.
        """
        if self.mode == "shared":
            self._start_cluster()
        if self.mode != "per-run":
            threading.Thread(target=self._keep_clean, daemon=True).start()

    def stop(self) -> None:
        """End the shared cluster."""
        self._stopped.set()
        self._clean()
        if self._cluster is not None:
            self._cluster.stop()

    @property
    def images(self) -> tuple[str, ...]:
        """The custom images that clusters started from now on offer."""
        return tuple(self._images)

    def add_image(self, name: str) -> None:
        """Offer another image: per-run, from the next run on; shared, once no run is going.

        :raises ValueError: in the mode ``address``: the nodes there offer what they were
            started with.
        """
        if self.mode == "address":
            raise ValueError(
                f"the image {name} cannot be added to the existing cluster at {self._address}: "
                "start a node that offers it (`ray start` with the options of node_options())"
            )
        if name not in self._images:
            self._images.append(name)
            self._outdated = True

    def can_ever(self, demand: Demand) -> str | None:
        """Return why a run of this demand can never start here, or ``None``."""
        if self.mode != "per-run" or demand.fits(self.cpus, self.memory):
            return None
        return (
            f"it asks for {demand}, and this Compute Engine has {self.cpus} CPU and "
            f"{in_gibibytes(self.memory)}, no GPU: start it with more, or ask for less"
        )

    def can_now(self, demand: Demand, going: Sequence[Demand]) -> str | None:
        """Return why a run of this demand must wait while others are ``going``, or ``None``."""
        if self.mode == "per-run":
            cpus = self.cpus - sum(other.total_cpus for other in going)
            memory = self.memory - sum(other.total_memory for other in going)
            if demand.fits(cpus, memory):
                return None
            return f"it asks for {demand}, and {cpus} CPU and {in_gibibytes(memory)} are free"
        if len(going) >= PARALLEL:
            return f"{PARALLEL} runs are going, as many as share a cluster at a time"
        if self.mode == "shared" and self._outdated and going:
            return "the shared cluster starts anew, with the images added, when no run is going"
        return None

    def open(
        self, run: RunRecord, definition: Mapping[str, Any], demand: Demand, passport: str
    ) -> Execution:
        """Start to execute a run.

        :param definition: the JSON form of the SDK's ``WorkflowDef``.
        :param passport: the bearer token by which the run's tasks get secrets.
        :raises RuntimeError: when the shared cluster does not come up.
        """
        self._services.secrets.hide(passport)
        if self.mode == "shared":
            self._refresh_cluster()
        folder = self.folder / f"r{run.number}"
        for name in ("work", "home", "tmp"):
            (folder / name).mkdir(parents=True)
        folder.chmod(0o700)
        (folder / "passport").write_text(passport)
        settings = sdk_settings(folder, secrets_url=self._services.secrets.url)
        cluster = self._services.cluster_environment()
        variables: dict[str, str] = {}
        if self.mode != "per-run":
            variables = {**settings, **_own_place(folder)}
        if self.mode == "address":
            variables = {**cluster, **variables, "no_proxy": "", "NO_PROXY": ""}
        options = {
            "run_id": run.run_id,
            "folder": str(folder),
            "definition": definition,
            "address": self._address,
            "foreign": self.mode == "address",
            "state": self._services.states_of(git_packages(definition)),
            "variables": variables,
            "cluster": {
                "nodes": demand.nodes,
                "cpus": demand.cpus,
                "memory": demand.memory,
                "resources": image_resources(self._images),
                "object_store_memory": OBJECT_STORE_MEMORY,
                "storage": str(folder / "storage"),
                "temp_dir": str(folder / "ray"),
            },
        }
        environment = {
            **neutral_environment(folder),
            **cluster,
            **settings,
            **THIN,
            MARKER: str(folder),
        }
        return Execution(folder, self._python, environment, options)

    def close(self, execution: Execution) -> None:
        """End every process of a run, remove its folder, and leave no secret of it elsewhere."""
        execution.end()
        if self.mode != "per-run":
            if execution.environments:
                # Ray writes about an environment once more when its workers are gone.
                time.sleep(_SCRUB_PAUSE)
            for session in execution.sessions:
                self._sessions.setdefault(session, 0.0)
                for name in execution.environments:
                    # Nobody else uses them; those of other runs must stay as they are.
                    scrub(session / "runtime_resources" / "pip" / name, self._services.values())
            self._clean()

    def _start_cluster(self) -> None:
        self._outdated = False
        folder = self.folder / "shared"
        folder.mkdir()
        self._cluster = Cluster(
            folder,
            cpus=self.cpus,
            memory=self.memory,
            resources=image_resources(self._images),
            environment=self._services.cluster_environment(),
        )
        try:
            self._cluster.launch()
            self._address = self._cluster.address(_START_LIMIT)
        except BaseException:
            self._cluster.stop()
            raise

    def _refresh_cluster(self) -> None:
        """Start the shared cluster anew when it has ended, or lacks images that were added."""
        with self._refreshing:
            assert self._cluster is not None
            if self._outdated or not self._cluster.running:
                self._cluster.stop()
                remove(self.folder / "shared")
                self._start_cluster()

    def _keep_clean(self) -> None:
        """Ray writes about an environment again when nobody uses it any more."""
        while not self._stopped.wait(_SCRUB_PAUSE):
            self._clean()

    def _clean(self) -> None:
        for session, last in list(self._sessions.items()):
            now = time.time()
            scrub(session / "logs", self._services.values(), since=last - 1)
            self._sessions[session] = now


def _own_place(folder: Path) -> dict[str, str]:
    """Return the variables by which workers of a cluster that runs share keep a run's files apart.

    They run where the cluster was started. Python imports ``sitecustomize`` when it starts, before
    Ray and any task, so that is where a worker goes to the run's own folder. Processes that a task
    starts are left alone.
    """
    site, work = folder / "site", folder / "work"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        f"import os\nos.environ.pop('PYTHONPATH', None)\nos.chdir({str(work)!r})\n"
    )
    return {
        "PYTHONPATH": str(site),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
    }


class Execution:
    """The process that executes one run."""

    def __init__(
        self,
        folder: Path,
        python: Path,
        environment: Mapping[str, str],
        options: Mapping[str, Any],
    ) -> None:
        self._folder = folder
        self._log = folder / "run.log"
        self._timer: threading.Timer | None = None
        #: What Ray calls the environments of the run that were built with credentials.
        self.environments: list[str] = []
        #: Ray's folders on the nodes of the cluster.
        self.sessions: list[Path] = []
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [str(python), "-I", str(Path(__file__).with_name("_run_process.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                cwd=folder / "work",
                env=dict(environment),
                start_new_session=True,
            )
        self._tell(json.dumps(options))

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield what the process reports, until it ends."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            # The last line of a process that was killed can be half a line.
            if line.endswith("\n"):
                event: dict[str, Any] = json.loads(line)
                if event["event"] == "running":
                    self.environments = event["environments"]
                    self.sessions = [Path(folder) for folder in event["sessions"]]
                yield event

    def stop(self) -> None:
        """Ask the run to end; kill it when it does not. Returns at once, can be called again."""
        if self._timer is None:
            self._timer = threading.Timer(STOP_GRACE, self._process.kill)
            self._timer.daemon = True
            self._timer.start()
            self._tell("stop")

    def end(self) -> None:
        """End every process of the run and remove its folder."""
        if self._timer is not None:
            self._timer.cancel()
        remove(self._folder, session=self._process.pid)
        self._process.wait(timeout=10)
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                assert stream is not None
                stream.close()

    def last_words(self) -> str:
        """Return the end of what the process wrote where errors go."""
        return self._log.read_text(errors="replace").strip()[-2000:]

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # It has ended: so will its events.
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
