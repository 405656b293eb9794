"""Workflows on the cluster: what succeeds, what fails, and with which words."""

from __future__ import annotations

import functools
import importlib
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local_ce import LocalCE, RunFailed, importable
from local_ce._process import environment
from local_ce.cluster import neutral_environment
from local_ce.git_host import git_environment
from tests.local_ce.engines import PATIENCE
from tests.local_ce.projects import module, packaged, submitted

NAME = "my-github-username"
TOKEN = "t0ken-of-the-tests"


def run_task(ce: LocalCE, package: str, tasks: str, timeout: float = PATIENCE) -> Any:
    """Submit the workflow of a module the way a reader does: imported under its own name."""
    with importable(submitted(package, tasks)):
        return ce.run(importlib.import_module(f"{package}.tasks").demo(), timeout=timeout)


def plain(ce: LocalCE, body: str, timeout: float = PATIENCE) -> Any:
    """Run a task without any import of its own."""
    return run_task(ce, "plain", module("sdk.InlineImport()", body), timeout)


def test_a_task_runs_in_a_process_of_the_cluster(local_ce: LocalCE) -> None:
    """The result comes from elsewhere."""
    assert plain(local_ce, "import os; return os.getpid()") != os.getpid()


def test_several_results_come_as_a_tuple(local_ce: LocalCE) -> None:
    """As ``WorkflowRun.get_results()`` has it."""
    tasks = module("sdk.InlineImport()", "return 1").replace("[demo_task()]", "demo_task(), 2")
    assert run_task(local_ce, "several", tasks) == (1, 2)


def test_a_finished_run_is_noticed_at_once(local_ce: LocalCE) -> None:
    """Not at the SDK's second look, which comes 10 s after its first: warm, an empty run takes a fraction of one."""
    plain(local_ce, "return 1")
    start = time.monotonic()
    plain(local_ce, "return 1")
    assert time.monotonic() - start < 10


def test_a_package_is_installed_from_the_index_for_the_task_only(local_ce: LocalCE) -> None:
    """The stand-in wheel is in the task's environment, and not in this one."""
    local_ce.index.build("standin-torch", "2.0.1", {"standin_torch.py": "def seven(): return 7"})
    source = "sdk.InlineImport(), dependency_imports=[sdk.PythonImports('standin-torch~=2.0')]"
    body = (
        "import importlib.metadata as m, standin_torch\n"
        "    return [m.version('standin-torch'), standin_torch.seven()]"
    )
    assert run_task(local_ce, "indexed", module(source, body)) == ["2.0.1", 7]
    assert importlib.util.find_spec("standin_torch") is None


def test_another_ray_is_refused_for_a_task(local_ce: LocalCE) -> None:
    """As Ray refuses it itself. The version of the cluster can be asked for, and is there already."""
    files = {"ray/__init__.py": "__version__ = '2.4.0'\n"}
    local_ce.index.build("ray", "2.4.0", files)
    local_ce.index.build("standin-wants-ray", "1.0", {}, requires=["ray==2.4.0"])
    local_ce.index.build("standin-has-ray", "1.0", {}, requires=["ray==2.5.1"])
    body = "import ray; return ray.__version__"
    with pytest.raises(
        RunFailed, match=r"Changing the ray version .*ray-2\.4\.0.*2\.5\.1"
    ) as caught:
        run_task(local_ce, "wants", module('sdk.PythonImports("standin-wants-ray")', body))
    assert caught.value.task == "demo_task"
    inline = "sdk.InlineImport(), dependency_imports=[sdk.PythonImports('standin-has-ray')]"
    assert run_task(local_ce, "has", module(inline, body)) == "2.5.1"


def test_a_repo_is_used_as_it_is_now(local_ce: LocalCE) -> None:
    """A moved branch runs the new commit; a repo made private is refused, until it is public.

    Ray alone would go on using the environment of the first commit, or its failure.
    """
    url = "https://github.com/org/moved"
    tasks = module('sdk.GithubImport("org/moved")', "return ['old', __file__]")
    local_ce.git.publish(url, packaged("moved", tasks))
    word, where = run_task(local_ce, "moved", tasks)
    assert word == "old"
    assert where.startswith(str(local_ce.folder))
    assert where.endswith("site-packages/moved/tasks.py")
    tasks = tasks.replace("old", "new")
    local_ce.git.publish(url, packaged("moved", tasks))
    word, where = run_task(local_ce, "moved", tasks)
    assert word == "new"
    local_ce.git.publish(url, packaged("moved", tasks), private=True)
    with pytest.raises(RunFailed, match="could not read Username"):
        run_task(local_ce, "moved", tasks)
    local_ce.git.publish(url, packaged("moved", tasks), private=False)
    assert run_task(local_ce, "moved", tasks) == ["new", where]


def test_a_failed_environment_is_tried_again(local_ce: LocalCE) -> None:
    """Each run has records of its own in the log of environments, so pip ran twice."""
    tasks = module('sdk.PythonImports("never-there==1")')
    logs = []
    for _ in range(2):
        with pytest.raises(RunFailed, match="No matching distribution") as caught:
            run_task(local_ce, "again", tasks)
        logs.append(caught.value.log)
    assert "Cloning virtualenv" in logs[1]
    assert logs[0] != logs[1]


def test_a_private_repo_runs_with_the_secret(local_ce: LocalCE) -> None:
    """The SDK asks the secrets service for the token, with no configuration named."""
    url = "https://github.com/org/opened"
    source = (
        f'sdk.GithubImport("org/opened", username="{NAME}", '
        'personal_access_token=sdk.Secret("pat", workspace_id="ws"))'
    )
    tasks = module(source, "return 'opened'")
    local_ce.git.publish(url, packaged("opened", tasks), private=True)
    local_ce.git.allow(url, username=NAME, token=TOKEN)
    local_ce.secrets.set("pat", TOKEN, workspace="ws")
    assert run_task(local_ce, "opened", tasks) == "opened"


def test_a_task_reads_a_secret_on_the_cluster(local_ce: LocalCE) -> None:
    """The worker finds the config service under its name inside the cluster."""
    local_ce.secrets.set("answer", "forty-two", workspace="ws")
    body = "return sdk.secrets.get('answer', workspace_id='ws')[::-1]"
    assert plain(local_ce, body) == "owt-ytrof"


PRIVATE_TOKEN = 'personal_access_token=sdk.Secret("{}", workspace_id="ws")'
BARE = {"metrics.py": "", "ml.py": "", "preproc.py": ""}
FAILURES = {
    "private-no-credentials": (
        'sdk.GithubImport("org/closed")',
        "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
    ),
    "no-such-repo": (
        'sdk.GithubImport("org/none-such")',
        "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
    ),
    "name-without-token": (
        f'sdk.GithubImport("org/closed", username="{NAME}")',
        f"fatal: could not read Password for 'https://{NAME}@github.com': terminal prompts disabled",
    ),
    "wrong-token": (
        f'sdk.GithubImport("org/closed", username="{NAME}", {PRIVATE_TOKEN.format("wrong")})',
        "fatal: Authentication failed for 'https://github.com/org/closed.git/'",
    ),
    "token-that-breaks-the-url": (
        f'sdk.GithubImport("org/closed", username="{NAME}", {PRIVATE_TOKEN.format("special")})',
        f"fatal: unable to access 'https://{NAME}:***/': URL using bad/illegal format or missing URL",
    ),
    "secret-without-name": (
        f'sdk.GithubImport("org/closed", {PRIVATE_TOKEN.format("pat")})',
        "fatal: Authentication failed for 'https://github.com/org/closed.git/'",
    ),
    "unknown-ref": (
        'sdk.GithubImport("org/flat", git_ref="nope")',
        "error: pathspec 'nope' did not match any file(s) known to git",
    ),
    "bare-scripts": (
        'sdk.GithubImport("org/bare")',
        "ERROR: git+https://github.com/org/bare.git@main does not appear to be a Python project: neither 'setup.py' nor 'pyproject.toml' found.",
    ),
    "two-packages-flat": (
        'sdk.GithubImport("org/flat")',
        "error: Multiple top-level packages discovered in a flat-layout: ['one', 'two'].",
    ),
    "no-such-package": (
        'sdk.PythonImports("none-such-package==1")',
        "ERROR: No matching distribution found for none-such-package==1",
    ),
    "ssh-address": (
        'sdk.GitImport(repo_url="git@github.com:org/flat.git", git_ref="main")',
        "fatal: Could not read from remote repository.",
    ),
}


@pytest.fixture(scope="module")
def failing_repos(local_ce: LocalCE) -> None:
    """Publish what the failures need."""
    host = local_ce.git
    host.publish("https://github.com/org/closed", packaged("closed", ""), private=True)
    host.allow("https://github.com/org/closed", username=NAME, token=TOKEN)
    local_ce.secrets.set("pat", TOKEN, workspace="ws")
    local_ce.secrets.set("wrong", "wr0ng-t0ken", workspace="ws")
    local_ce.secrets.set("special", "wr0ng/t#ken", workspace="ws")
    host.publish("https://github.com/org/bare", BARE)
    setup = "from setuptools import setup, find_packages; setup(name='e', packages=find_packages())"
    host.publish("https://github.com/org/empty", {**BARE, "setup.py": setup})
    flat = {"one/__init__.py": "", "two/__init__.py": ""}
    manifest = packaged("flat", "")["pyproject.toml"]
    host.publish("https://github.com/org/flat", {**flat, "pyproject.toml": manifest})


@pytest.mark.usefixtures("failing_repos")
@pytest.mark.parametrize(("source", "cause"), FAILURES.values(), ids=list(FAILURES))
def test_a_failed_run_tells_its_cause(local_ce: LocalCE, source: str, cause: str) -> None:
    """The line that matters out of a log of hundreds, the task's name, and no secret."""
    with pytest.raises(RunFailed) as caught:
        run_task(local_ce, "failing", module(source))
    assert caught.value.cause == cause
    assert caught.value.task == "demo_task"
    assert caught.value.state == "FAILED"
    assert "task demo_task: " + cause in str(caught.value)
    everything = str(caught.value) + caught.value.log + repr(caught.value)
    for secret in (TOKEN, "wr0ng"):
        assert secret not in everything


@pytest.mark.usefixtures("failing_repos")
def test_a_setup_py_that_finds_no_package_fails_at_the_import(local_ce: LocalCE) -> None:
    """It installs, silently empty; the task then misses its module."""
    with pytest.raises(RunFailed) as caught:
        run_task(local_ce, "failing", module('sdk.GithubImport("org/empty")'))
    assert caught.value.cause.startswith("ModuleNotFoundError: ")
    assert "No module named failing" in caught.value.cause
    assert caught.value.task == "demo_task"


def test_the_log_of_a_failed_environment_is_its_own(local_ce: LocalCE) -> None:
    """Other environments were made by the same cluster; their records are left out."""
    with pytest.raises(RunFailed) as caught:
        run_task(local_ce, "failing", module('sdk.PythonImports("another-none-such==1")'))
    assert "another-none-such==1" in caught.value.log
    assert "github.com" not in caught.value.log


def test_the_exception_of_a_task_is_the_cause(local_ce: LocalCE) -> None:
    """Type and message, and the traceback in the log."""
    with pytest.raises(RunFailed) as caught:
        plain(local_ce, "raise ValueError('seven\\nlines')")
    assert caught.value.cause == "ValueError: seven"
    assert "in demo_task" in caught.value.log


def test_a_secret_in_the_exception_of_a_task_is_masked(local_ce: LocalCE) -> None:
    """Even a task that prints its secret does not get it into our message."""
    local_ce.secrets.set("loud", "p@ss w/rd", workspace="ws")
    body = "raise ValueError(sdk.secrets.get('loud', workspace_id='ws'))"
    with pytest.raises(RunFailed) as caught:
        plain(local_ce, body)
    assert caught.value.cause == "ValueError: ***"
    assert "p@ss w/rd" not in caught.value.log


def test_a_run_that_cannot_start_ends_in_time_and_says_what_waits(local_ce: LocalCE) -> None:
    """Nobody offers the image, so Ray would wait for good."""
    tasks = module('sdk.InlineImport(), custom_image="nobody/offers:this"')
    with pytest.raises(RunFailed) as caught:
        run_task(local_ce, "waiting", tasks, timeout=2)
    assert caught.value.state == "TIMEOUT"
    cause = "not finished after 2 s: waiting: demo_task (image nobody/offers:this)"
    assert cause in caught.value.cause


def test_a_stopped_run_gives_its_cpu_back(local_ce: LocalCE) -> None:
    """After a run that had every CPU was stopped, another one that needs them all runs."""
    source = 'sdk.InlineImport(), resources=sdk.Resources(cpu="4")'
    busy, cause, seconds = module(source, "import time; time.sleep(3600)"), "", 4.0
    # On a slow machine its process takes longer to start than the run gets at first.
    while "running: demo_task" not in cause:
        assert seconds < PATIENCE, cause
        with pytest.raises(RunFailed) as caught:
            run_task(local_ce, "busy", busy, timeout=seconds)
        cause, seconds = caught.value.cause, 2 * seconds
    assert run_task(local_ce, "busy", module(source, "return 1")) == 1


def test_the_environment_of_this_process_is_as_before(local_ce: LocalCE) -> None:
    """Settings for the SDK are there while a run is submitted, no longer."""
    before = dict(os.environ)
    plain(local_ce, "return 1")
    assert dict(os.environ) == before
    assert not any(name.startswith("ORQ") for name in before)


@pytest.mark.parametrize("given", [git_environment, lambda: neutral_environment(Path("/tmp"))])
def test_programs_get_their_variables_while_another_thread_submits(
    given: Callable[[], dict[str, str]], request: pytest.FixtureRequest
) -> None:
    """A submission takes the SDK's variables out again; to list the rest meanwhile does not fail."""
    ended = threading.Event()

    def submit_on_and_on() -> None:
        while not ended.is_set():
            with environment({"ORQ_DB_PATH": "somewhere"}):
                pass

    request.addfinalizer(functools.partial(sys.setswitchinterval, sys.getswitchinterval()))
    sys.setswitchinterval(1e-6)
    with ThreadPoolExecutor(1) as pool:
        submitting = pool.submit(submit_on_and_on)
        try:
            for _ in range(300):
                assert given()["PATH"] == os.environ["PATH"]
        finally:
            ended.set()
    assert submitting.result() is None


def test_modules_made_importable_are_forgotten(tmp_path: Path) -> None:
    """The next run can have other modules of the same names."""
    path = list(sys.path)
    for number in (1, 2):
        with importable({"same_name/__init__.py": f"NUMBER = {number}"}) as folder:
            assert number == importlib.import_module("same_name").NUMBER
        assert not folder.exists()
    assert "same_name" not in sys.modules
    assert sys.path == path


def test_who_goes_through_the_path_meanwhile_skips_no_folder(tmp_path: Path) -> None:
    """Another thread that imports, or looks for the version of a package, finds what it would have found before."""
    before = list(sys.path)
    with importable(tmp_path):
        during = iter(sys.path)
        assert next(during) == str(tmp_path)
    assert list(during) == before
