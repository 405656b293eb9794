"""The way of a user from an empty folder to results, with the commands of the SDK and of local_ce."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_ce.cli import Exit
from local_ce.package_index import PackageIndex
from tests.local_ce.projects import module, packaged
from tests.local_ce.shell import LIMIT, Shell, left_behind


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    """A terminal in which ``up --detach`` and the line it printed were typed."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir="/tmp"))
    shell = Shell(home)
    try:
        shell.log_in(shell.done("python -m local_ce up --detach --cpus 4 --image my-image"))
        yield shell
    finally:
        shell.ce("down")
        shutil.rmtree(home, ignore_errors=True)


def test_a_workflow_is_submitted_viewed_and_its_results_and_logs_shown(shell: Shell) -> None:
    """By ``orq``, on a workflow with two tasks."""
    assert "CE_REMOTE" in shell.done("orq login --list")
    run_id = shell.submit("hello")
    shown = shell.wait_for(run_id, "SUCCEEDED", "FAILED")
    assert "SUCCEEDED" in shown
    assert shown.count("task-greet") == shown.count("task-shout") == 1
    assert "'HELLO, CE'" in shell.done(f"orq wf results {run_id}")
    assert "greeting CE" in shell.done(
        f"orq wf logs {run_id} --task --no-system --no-env-setup --no-other"
    )
    assert "greeting CE" in shell.done(f"python -m local_ce logs {run_id}")
    assert run_id in shell.done("orq wf list -c 127 -w local")
    assert f"{run_id}  SUCCEEDED" in shell.done("python -m local_ce status")


def test_a_run_is_stopped_and_its_processes_with_it(shell: Shell) -> None:
    """The cluster of its own is gone, too."""
    run_id = shell.submit("slow")
    shell.wait_for(run_id, "RUNNING")
    clusters = Path(shell.server().folder)
    assert len(processes_below(clusters)) > 5
    assert "stopped" in shell.done(f"orq wf stop {run_id} --force")
    assert "TERMINATED" in shell.wait_for(run_id, "TERMINATED", "FAILED")
    assert not {name for name in processes_below(clusters) if "ray" in name or name == "gcs_server"}


def test_a_command_waits_for_a_run(shell: Shell) -> None:
    """It ends with the run, as the run does, or when it has waited long enough."""
    run_id = shell.submit("hello")
    assert shell.done(f"python -m local_ce wait {run_id}") == f"{run_id}  SUCCEEDED\n"
    run_id = shell.submit("slow")
    shell.wait_for(run_id, "RUNNING")
    gone_on = shell.ce(f"wait --timeout 0.1 {run_id}")
    assert gone_on.returncode == Exit.FAILED
    assert gone_on.stderr.startswith(f"local_ce: it has not ended in 0.1 s: {run_id}  RUNNING")
    shell.done(f"orq wf stop {run_id} --force")
    stopped = shell.ce(f"wait {run_id}")
    assert stopped.returncode == Exit.FAILED
    assert stopped.stderr.startswith(f"local_ce: {run_id}  TERMINATED")
    unknown = shell.ce("wait nobody-r000")
    assert unknown.returncode == Exit.FAILED
    assert "there is no run 'nobody-r000'; `status` lists them" in unknown.stderr


def processes_below(clusters: Path) -> list[str]:
    """Return the names of the processes of all clusters; what their folders are called says nothing."""
    found = [left_behind(str(folder)) for folder in clusters.iterdir()]
    return [line.partition(" ")[2] for lines in found for line in lines if line[0] != "/"]


def test_the_same_from_python(shell: Shell) -> None:
    """Run, wait, results, artifacts and logs of the SDK's own class."""
    (shell.home / "script.py").write_text(
        "from hello import hello\n"
        "run = hello().run('127', workspace_id='local', project_id='default')\n"
        "state = run.wait_until_finished(frequency=5, verbose=False)\n"
        "print(state.name, run.get_results(), sorted(run.get_artifacts().values()))\n"
        "print([line for lines in run.get_logs().per_task.values() for line in lines])\n"
    )
    printed = shell.done("python script.py")
    assert "SUCCEEDED HELLO, CE ['HELLO, CE', 'Hello, CE']" in printed
    assert "greeting CE" in printed


def test_what_a_workflow_needs_is_given_by_commands(shell: Shell, tmp_path: Path) -> None:
    """A private repo with its token as a secret, and a wheel that its task imports."""
    source = (
        "sdk.GitImportWithAuth(repo_url='https://github.com/my-org/needy', git_ref='main',"
        " username='me', auth_secret=sdk.Secret(name='token', config_name='127')),"
        " dependency_imports=[sdk.PythonImports('tiny==1.0')]"
    )
    tasks = module(source, "import tiny\n    return tiny.VALUE")
    for name, text in packaged("needy", tasks).items():
        path = tmp_path / "repo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    index = PackageIndex(tmp_path / "wheels")
    wheel = index.build("tiny", "1.0", {"tiny.py": "VALUE = 'from the wheel'"})
    printed = shell.done("python -m local_ce secrets set token", stdin="ghp_secret\n")
    assert printed == "Stored token in your own workspace.\n"
    assert shell.done("python -m local_ce secrets list") == "token\n"
    repo = f"repo add my-org/needy {tmp_path}/repo --private --username me --secret token"
    assert "for me with the token in token" in shell.done(f"python -m local_ce {repo}")
    assert shell.done(f"python -m local_ce package add {wheel}") == f"Added {wheel.name}.\n"
    shutil.copytree(tmp_path / "repo/src/needy", shell.home / "needy")
    printed = shell.done("orq wf submit -c 127 -w local -p default needy.tasks demo")
    run_id = printed.split("Run ID: ")[1].strip()
    shown = shell.wait_for(run_id, "SUCCEEDED", "FAILED")
    assert "SUCCEEDED" in shown, shell.ce(f"logs {run_id}").stdout
    assert "'from the wheel'" in shell.done(f"orq wf results {run_id}")
    status = shell.done("python -m local_ce status")
    assert "https://github.com/my-org/needy (private)" in status
    assert "ghp_secret" not in status + shell.done(f"python -m local_ce logs {run_id}")


def test_status_says_which_image_a_task_waits_for(shell: Shell) -> None:
    """Ray alone would say nothing."""
    text = "@sdk.task(source_import=sdk.InlineImport(), custom_image='none/such:1')"
    hello = (shell.home / "hello.py").read_text()
    (shell.home / "pictures.py").write_text(
        hello.replace("@sdk.task(source_import=sdk.InlineImport())", text, 1)
    )
    printed = shell.done("orq wf submit -c 127 -w local -p default pictures.py hello")
    run_id = printed.split("Run ID: ")[1].strip()
    deadline = time.monotonic() + LIMIT
    while "none/such:1" not in (status := shell.done("python -m local_ce status")):
        assert time.monotonic() < deadline, status
        time.sleep(0.2)
    (line,) = [line for line in status.splitlines() if line.startswith(run_id)]
    assert "nobody offers the image none/such:1" in line
    assert "my-image" in line
    shell.done(f"orq wf stop {run_id}")
    shell.wait_for(run_id, "TERMINATED")
    assert "TERMINATED: it was terminated" in shell.done(f"python -m local_ce logs {run_id}")


def test_awkward_characters_of_a_token_are_named_and_the_token_is_not(shell: Shell) -> None:
    """CE puts tokens into URLs as they are, and breaks on these."""
    ended = shell.ce("secrets set awkward", stdin="a/b#c@d%e f")
    assert ended.returncode == 0
    assert ended.stderr.startswith("Warning: the value contains /, #, @, %, a space: ")
    assert "a/b#c" not in ended.stdout + ended.stderr
    assert shell.ce("secrets rm awkward").returncode == 0
    assert shell.ce("secrets set empty", stdin="\n").returncode == Exit.FAILED


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("repo add my-org/none ./none", "is no folder"),
        ("repo add https://gitlab.com/a/b .", "is not served: use https://github.com/"),
        ("repo add a/b . --private --username me --secret none", "no value for 'none'"),
        ("package add hello.py", "is not a wheel"),
        ("secrets rm none", "has no secret 'none'"),
        ("secrets list --workspace none", "expected one of local"),
        ("logs none", "there is no run 'none'"),
    ],
)
def test_what_cannot_be_done_ends_with_1_and_says_why(
    shell: Shell, command: str, message: str
) -> None:
    """In one line, without a trace."""
    ended = shell.ce(command)
    assert ended.returncode == Exit.FAILED
    assert message in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_second_server_on_the_folder_ends_with_4(shell: Shell) -> None:
    """Detached or not; the first goes on."""
    for line in ("up", "up --detach"):
        ended = shell.ce(line)
        assert ended.returncode == 4
        assert (
            f"is running at {shell.server().url} on the state folder {shell.state}" in ended.stderr
        )


def test_only_the_owner_can_look_into_the_state_folder_and_no_token_is_in_its_log(
    shell: Shell,
) -> None:
    """The admin's token is in a file, while the server is up."""
    assert shell.state.stat().st_mode & 0o077 == 0
    assert (shell.state / "server.json").stat().st_mode & 0o077 == 0
    assert (shell.state / "key").stat().st_mode & 0o077 == 0
    assert "eyJ" not in (shell.state / "server.log").read_text()


def test_after_down_nothing_is_left_and_after_up_the_rest_is_there(shell: Shell) -> None:
    """The last test here: finished runs, repos, wheels and the login outlive a restart."""
    clusters = shell.server().folder
    run_id = shell.submit("hello")
    assert "SUCCEEDED" in shell.wait_for(run_id, "SUCCEEDED", "FAILED")
    runs = [
        line for line in shell.done("python -m local_ce status").splitlines() if "-r000" in line
    ]
    assert any(run_id in line for line in runs)
    assert shell.done("python -m local_ce down") == "Stopped.\n"
    assert left_behind(clusters) == []
    assert not (shell.state / "server.json").exists()
    assert shell.ce("status").returncode == Exit.NOT_RUNNING
    shell.done("python -m local_ce up --detach")
    status = shell.done("python -m local_ce status")
    assert [line for line in status.splitlines() if "-r000" in line] == runs
    assert "Images:      none" in status
    assert "has 1 outputs" in shell.done(f"orq wf results {run_id}")
