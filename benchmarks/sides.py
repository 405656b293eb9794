"""What is compared: the Compute Engine in its two modes, and the SDK's own ``local`` runtime."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.processes import MARKER, end
from local_ce.cluster import neutral_environment
from local_ce.services import Services, cluster_environment

__all__ = ["CE", "Local", "NotMeasured", "Side"]

_ROOT = Path(__file__).resolve().parent.parent
#: Seconds a command may take, beside what is measured.
_LIMIT = 180.0
#: Seconds after its time limit that a submitting program may take to say so.
_GRACE = 60.0
#: The name of the secret with a private repo's token.
_SECRET = "bench-token"  # noqa: S105 - its name


class NotMeasured(Exception):
    """There is no number; the message says why."""


class Side:
    """Something that runs workflows, with all its files in ``folder``."""

    #: How the table calls it, and what ``run()`` is given.
    name = config = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: Where submitted projects are.
        self.projects = folder / "projects"
        for path in ("work", "home", "tmp", "projects"):
            (folder / path).mkdir(parents=True)
        neutral = neutral_environment(folder)
        # The user's own Compute Engine would be at XDG_DATA_HOME.
        kept = {name: value for name, value in neutral.items() if not name.startswith("XDG_")}
        self.environment = {
            **kept,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{neutral['PATH']}",
            MARKER: str(folder),
        }
        self._submitting: subprocess.Popen[str] | None = None

    def start(self) -> float:
        """Start it; return the seconds until it takes workflows."""
        raise NotImplementedError

    def publish(self, name: str, files: Mapping[str, str], *, private: bool) -> None:
        """Make a repo ``https://github.com/bench/<name>`` there."""
        raise NotImplementedError

    def submit(self, **request: Any) -> float:
        """Run a workflow to its end, see ``submit.py``; return the seconds.

        :raises NotMeasured: it did not end as expected.
        """
        if self._submitting is None:
            self._submitting = self._start_submitting()
        process = self._submitting
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], request["limit"] + _GRACE)
        line = process.stdout.readline() if ready else ""
        if not line:
            what = "ended" if ready else "did not answer"
            words = (self.folder / "submit.log").read_text(errors="replace").strip()
            raise NotMeasured(f"the submitting program {what}: {words[-300:] or '(nothing)'}")
        answer = json.loads(line)
        if "problem" in answer:
            raise NotMeasured(answer["problem"])
        return float(answer["seconds"])

    def stop(self) -> None:
        """End all its processes and remove its files."""
        end(self.folder)
        if self._submitting is not None:
            self._submitting.wait()
            for stream in (self._submitting.stdin, self._submitting.stdout):
                with contextlib.suppress(OSError):
                    assert stream is not None
                    stream.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *words: str, folder: Path | None = None, stdin: str = "") -> str:
        """Run a command of the environment's Python; return what it printed.

        :raises NotMeasured: it failed.
        """
        log = self.folder / "command.log"
        with log.open("w+") as output:
            try:
                # Into a file: what it starts in the background would keep a pipe open.
                code = subprocess.run(
                    words,
                    cwd=folder or self.folder / "work",
                    env=self.environment,
                    input=stdin,
                    text=True,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=_LIMIT,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired:
                raise NotMeasured(f"{_short(words)} took more than {_LIMIT:g} s") from None
        printed = log.read_text(errors="replace")
        if code:
            raise NotMeasured(f"{_short(words)} ended with {code}: {printed[-300:].strip()}")
        return printed

    def _start_submitting(self) -> subprocess.Popen[str]:
        with (self.folder / "submit.log").open("w") as log:
            return subprocess.Popen(
                [
                    *(sys.executable, str(Path(__file__).with_name("submit.py"))),
                    *(self.config, str(self.projects)),
                ],
                cwd=self.folder / "work",
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )


class CE(Side):
    """``python -m local_ce up``, and ``run()`` with the login it prints."""

    config = "127"

    def __init__(self, folder: Path, *options: str) -> None:
        super().__init__(folder)
        self._options = options
        self.name = "CE, shared" if "--shared" in options else "CE, per run"

    def start(self) -> float:
        """Start it; logging in is not counted."""
        start = time.perf_counter()
        printed = self._local_ce("up", "--detach", *self._options)
        seconds = time.perf_counter() - start
        login = re.search("^orq login .*$", printed, re.MULTILINE)
        if login is None:
            raise NotMeasured(f"up printed no login: {printed[-300:]}")
        self.command(*login[0].split())
        # A private repo needs a token, though nobody will have it.
        self._local_ce("secrets", "set", _SECRET, stdin="a-token-that-is-not-used")
        return seconds

    def publish(self, name: str, files: Mapping[str, str], *, private: bool) -> None:
        """Make a repo on its git host."""
        folder = self.folder / "repos" / name
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        options = ["--private", "--username", "bench", "--secret", _SECRET] if private else []
        self._local_ce("repo", "add", f"bench/{name}", str(folder), *options)

    def stop(self) -> None:
        """Stop it as a user does; whatever goes wrong then, nothing of it is left."""
        with contextlib.suppress(NotMeasured):
            self._local_ce("down")
        super().stop()

    def _local_ce(self, *words: str, stdin: str = "") -> str:
        command = (sys.executable, "-m", "local_ce", *words)
        return self.command(*command, folder=_ROOT, stdin=stdin)


class Local(Side):
    """``orq up``, and ``run("local")``; with the git host and the settings that tasks have on CE.

    By itself the runtime ignores git imports, and pip asks PyPI.
    """

    name = config = "local"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        services = folder / "services"
        services.mkdir()
        self._services = Services(services)
        self.environment.update(cluster_environment(services), ORQ_RAY_DOWNLOAD_GIT_IMPORTS="1")

    def start(self) -> float:
        """Start Ray as ``orq up`` does, whose ports and folders are always the same."""
        start = time.perf_counter()
        printed = self.command("orq", "up")
        seconds = time.perf_counter() - start
        address = self.folder / "home" / ".orquestra" / "ray" / "ray_current_cluster"
        if not address.exists():
            # It is content with any cluster that it finds, and there is none of ours.
            raise NotMeasured(
                "orq up started no Ray, most likely because another one has its port 6379; "
                f"it printed: {printed.strip()[-300:]}"
            )
        # Without, run("local") takes any cluster that it finds on the machine.
        self.environment["RAY_ADDRESS"] = address.read_text().strip()
        return seconds

    def publish(self, name: str, files: Mapping[str, str], *, private: bool) -> None:
        """Make a repo on the git host."""
        self._services.git.publish(f"https://github.com/bench/{name}", files, private=private)

    def stop(self) -> None:
        """End Ray by its processes: ``orq down`` would end every Ray of this user's."""
        self._services.stop()
        super().stop()


def _short(words: Sequence[str]) -> str:
    """Return a command without the folders of this machine and without tokens."""
    return " ".join([Path(words[0]).name, *words[1:4]])
