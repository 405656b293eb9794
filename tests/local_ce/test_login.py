"""Logging in as ``orq login`` does: with a browser, or with a token pasted."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from orquestra.sdk._base._driver._client import DriverClient, ExternalUriProvider

from tests.local_ce.engines import PATIENCE
from tests.local_ce.served import Served


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Give an API to log in to."""
    started = Served(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def closed_port() -> int:
    """Give a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def login_url(served: Served, port: int) -> str:
    """Return where the SDK would send the browser."""
    client = DriverClient(requests.Session(), ExternalUriProvider(served.url))
    return str(client.get_login_url(port))


def orq(folder: Path, *args: str, browser: str = "") -> str:
    """Run the SDK's own command, with a configuration of its own; return what it wrote."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("orq")), *args],
        env={
            **os.environ,
            "BROWSER": browser,
            "ORQ_CONFIG_PATH": str(folder / "config.json"),
            "PYTHONWARNINGS": "ignore",
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def stored_token(folder: Path) -> str:
    """Return the token that the command stored."""
    (config,) = json.loads((folder / "config.json").read_text())["configs"].values()
    assert config["runtime_name"] == "CE_REMOTE"
    return str(config["runtime_options"]["token"])


def test_the_browser_brings_a_good_token_to_the_waiting_command(
    served: Served, tmp_path: Path
) -> None:
    """Real ``orq login``; the browser is a program that opens the address, redirects included."""
    visit = tmp_path / "visit.py"
    # In the background: the command serves the port only after its browser was started. Until then the page says that
    # nothing waits there, and is loaded again.
    visit.write_text(
        "import sys, time, urllib.request\n"
        "while b'Nothing waits' in urllib.request.urlopen(sys.argv[1]).read(): time.sleep(0.1)\n"
    )
    browser = f"{shlex.join([sys.executable, str(visit)])} %s &"
    written = orq(tmp_path, "login", "-s", served.url, browser=browser)
    assert "Configuration name" in written
    client = served.driver(stored_token(tmp_path))
    assert [one.id for one in client.list_workspaces()] == ["local", "other"]


def test_a_token_can_be_pasted(served: Served, tmp_path: Path) -> None:
    """And is listed by the command from then on."""
    orq(tmp_path, "login", "-s", served.url, "-t", served.tokens.issue("ann"))
    assert served.tokens.verify(stored_token(tmp_path)).user == "ann"
    listed = orq(tmp_path, "login", "--list")
    assert served.url in listed
    assert "CE_REMOTE" in listed


def test_the_address_the_command_prints_holds_no_token(served: Served, closed_port: int) -> None:
    """It is shown in a terminal and in the list of processes."""
    assert login_url(served, closed_port) == f"{served.url}/login?port={closed_port}"


def test_without_a_waiting_command_the_page_shows_what_to_paste(
    served: Served, closed_port: int
) -> None:
    """As when no browser could be opened in time; nothing of it is kept by the browser."""
    page = requests.get(login_url(served, closed_port), timeout=60)
    assert page.headers["Cache-Control"] == "no-store"
    shown = re.search("<pre>orq login -s (.*) -t (.*)</pre>", page.text)
    assert shown is not None
    assert shown[1] == served.url
    assert served.tokens.verify(shown[2]).user == "me"
    assert shown[2] not in served.redact(page.text)


@pytest.mark.parametrize(
    "port", ["", "0", "65536", "-1", "x", "%D9%A3", "1/@evil.example", "123456"]
)
@pytest.mark.parametrize("path", ["/api/login", "/login"])
def test_a_port_that_is_none_is_refused(served: Served, path: str, port: str) -> None:
    """No token goes anywhere but to this machine."""
    answer = requests.get(f"{served.url}{path}?port={port}", timeout=60, allow_redirects=False)
    assert answer.status_code == 400
    assert "expected ?port=1 to 65535" in answer.json()["detail"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a connection is")
def test_another_user_of_the_machine_gets_no_token(
    served: Served, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system tells whose the connection is."""
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    answer = requests.get(login_url(served, closed_port), timeout=60)
    assert answer.status_code == 403
    assert "eyJ" not in answer.text
