"""The command line before it does anything: what it understands, and what it says otherwise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local_ce.cli import Exit, main, make_parser

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "run"),
    [
        (["up"], "up"),
        (["down"], "down"),
        (["status"], "status"),
        (["logs"], "logs"),
        (["logs", "hello-ab1de-r000"], "logs"),
        (["secrets", "set", "name"], "secrets_set"),
        (["secrets", "list"], "secrets_list"),
        (["secrets", "rm", "name"], "secrets_rm"),
        (["repo", "add", "my-org/my-repo", "."], "repo_add"),
        (["image", "add", "my-image"], "image_add"),
        (["package", "add", "my.whl"], "package_add"),
        (["node-settings"], "node_settings"),
    ],
)
def test_every_command_is_understood_and_takes_a_state_folder(
    arguments: list[str], run: str
) -> None:
    """Each is done by a function of its own."""
    options = make_parser().parse_args([*arguments, "--state", "there"])
    assert options.run == run
    assert options.state == Path("there")


def test_the_options_of_up_have_plain_types() -> None:
    """Numbers are numbers, what can be given several times is a list."""
    line = "up --port 0 --cpus 3 --memory 4Gi --image a --image b --workspace w --time-limit 1.5"
    options = make_parser().parse_args(line.split())
    assert (options.port, options.cpus, options.memory) == (0, 3, "4Gi")
    assert (options.images, options.workspaces) == (["a", "b"], ["w"])
    assert options.time_limit == 1.5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "required: COMMAND"),
        ("nope", "invalid choice: 'nope'"),
        ("secrets", "required: COMMAND"),
        ("secrets set", "required: NAME"),
        ("secrets set name value", "unrecognized arguments: value"),
        ("up --port 70000", "'70000' is no whole number from 0 to 65535"),
        ("up --cpus 0", "'0' is no whole number from 1 to"),
        ("up --cpus 1.5", "'1.5' is no whole number"),
        ("up --time-limit 0", "'0' is no number of seconds above 0"),
        ("up --time-limit nan", "'nan' is no number of seconds above 0"),
        ("up --time-limit soon", "'soon' is no number of seconds above 0"),
        ("up --shared --ray-address a:1", "not allowed with argument"),
        ("up --det", "unrecognized arguments: --det"),
    ],
)
def test_what_is_not_understood_ends_with_2(
    line: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message quotes it; in particular, no secret's value is taken from the command line."""
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["down", "status", "secrets list", "secrets rm a", "image add a", "logs a"]
)
def test_without_a_server_a_command_ends_with_3(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says which folder it looked at, and makes none."""
    folder = tmp_path / "none"
    assert main([*command.split(), "--state", str(folder)]) == 3
    assert f"no Compute Engine runs on the state folder {folder}" in capsys.readouterr().err
    assert not folder.exists()


@pytest.mark.parametrize(
    "options", ["--private", "--private --username me", "--username me", "--secret token"]
)
def test_a_private_repo_needs_a_name_and_a_secret_and_no_other_does(
    options: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said before anything is published."""
    line = f"repo add my-org/my-repo {tmp_path} {options} --state {tmp_path}"
    assert main(line.split()) == Exit.USAGE
    assert "--username and --secret" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--host 0.0.0.0", "found host '0.0.0.0', expected a loopback address"),
        ("--host ::", "found host '::', expected a loopback address"),
        ("--memory lots", "memory='lots' is not an amount"),
        ("--constraints none.txt", "none.txt"),
    ],
)
def test_a_server_that_cannot_start_ends_with_1(
    options: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason in one line, and no state folder made."""
    folder = tmp_path / "state"
    assert main(["up", *options.split(), "--state", str(folder)]) == 1
    error = capsys.readouterr().err
    assert "the Compute Engine did not start" in error
    assert message in error
    assert not folder.exists()


def test_the_parser_needs_no_package() -> None:
    """Not Ray, not the SDK, not aiohttp: pages are built where none of them is installed."""
    code = "import sys, local_ce.cli; print({m.split('.')[0] for m in sys.modules})"
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert not {"ray", "orquestra", "aiohttp", "psutil", "trustme"} & set(eval(done.stdout))  # noqa: S307 - a set of names


def test_without_its_packages_the_command_says_what_to_install(tmp_path: Path) -> None:
    """In one line, as for other failures."""
    command = [sys.executable, "-S", "-m", "local_ce", "status", "--state", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == Exit.FAILED
    assert done.stderr.startswith("local_ce: psutil is not installed: pip install ")
    assert done.stderr.count("\n") == 1


def test_settings_for_nodes_are_what_a_shell_can_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They need no server, because its cluster starts first, and stay the same from call to call."""
    line = ["node-settings", "--state", str(tmp_path), "--image", "my image"]
    assert main(line) == Exit.DONE
    printed = capsys.readouterr().out
    script = f'{printed}\nprintf %s "$GIT_SSH_COMMAND|$PIP_FIND_LINKS"'
    done = subprocess.run(
        ["sh", "-eu", "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    ssh, wheels = done.stdout.split("|")
    assert ssh.startswith("ssh -F /dev/null")
    assert wheels == f"{tmp_path}/services/index"
    assert '"image:my image": 1000.0' in printed
    assert "--min-worker-port=0 --max-worker-port=0" in printed
    assert main(line) == Exit.DONE
    assert capsys.readouterr().out == printed
