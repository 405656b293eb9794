"""Tests of what the guide says about logging in, in ``docs/migrating-from-quantum-engine.rst``: with real commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from examples.sdk_versions import pip, unpacked
from sphinxext.tested_snippets.include import include_named
from sphinxext.tested_snippets.styles import DEFAULT_STYLES

if TYPE_CHECKING:
    from local_ce.secrets import SecretsService
    from sphinxext.tested_snippets.plugin import BoundSnippet

#: Runs the command line of the SDK; the list of arguments, then the version, None for the installed one.
Orq = Callable[..., "subprocess.CompletedProcess[str]"]

#: A workflow that is as good as any.
HELLO = Path(__file__).parent.parent / "first_workflow" / "hello.py"

#: What the script ``orq`` does, whichever module has the command in this version.
_COMMAND = """
import sys
from importlib.metadata import distribution
(orq,) = [point for point in distribution("orquestra-sdk").entry_points if point.name == "orq"]
sys.argv[0] = "orq"
sys.exit(orq.load()())
"""


def _says(statement: str, seen: str | None = None) -> pytest.MarkDecorator:
    """Evidence from the command line for a statement of the guide."""
    return pytest.mark.snippet(statement=statement, runtime="console", output=seen)


@pytest.fixture(scope="module")
def platform() -> Iterator[SecretsService]:
    """What answers a login, of the local CE: no login needs a cluster."""
    from local_ce.secrets import SecretsService

    service = SecretsService()
    yield service
    service.stop()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where the SDK stores logins in these tests."""
    return tmp_path / "config.json"


@pytest.fixture
def orq(tmp_path: Path, config: Path) -> Orq:
    """Runs ``orq``."""

    def run(*arguments: str, version: str | None = None) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "ORQ_CONFIG_PATH": str(config), "COLUMNS": "120"}
        if version:
            env["PYTHONPATH"] = str(unpacked(version))
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _COMMAND, *arguments],
            cwd=tmp_path,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def _log_in(orq: Orq, platform: SecretsService, *options: str, version: str | None = None) -> None:
    done = orq("login", *options, "-s", platform.url, "-t", platform.token, version=version)
    assert done.returncode == 0, _last_line(done.stderr)


def _last_line(text: str) -> str:
    """The line by which a command that was refused says why; the one before shows how it is called."""
    return text.strip().splitlines()[-1]


def _stored(config: Path) -> list[str]:
    """The runtimes of the logins that are stored."""
    logins = json.loads(config.read_text())["configs"]
    return [login["runtime_name"] for login in logins.values()]


@pytest.mark.parametrize(
    ("options", "runtime"),
    [
        pytest.param(["--qe"], "QE_REMOTE", marks=_says("login-qe", "QE_REMOTE")),
        pytest.param(["--ce"], "CE_REMOTE", marks=_says("login-ce", "CE_REMOTE")),
        pytest.param([], "CE_REMOTE", marks=_says("login-plain", "CE_REMOTE")),
    ],
    ids=["qe", "ce", "plain"],
)
def test_a_login_stores_the_runtime_that_the_guide_says(
    orq: Orq,
    platform: SecretsService,
    config: Path,
    snippet: BoundSnippet,
    options: list[str],
    runtime: str,
) -> None:
    """``--qe`` stores QE; ``--ce``, or neither, CE."""
    _log_in(orq, platform, *options)

    assert _stored(config) == [runtime]
    snippet.observe(f"stored: {runtime}")


@pytest.mark.parametrize(
    ("version", "runtime"),
    [
        pytest.param("0.50.0", "QE_REMOTE", marks=_says("login-in-0.50", "QE_REMOTE")),
        pytest.param("0.51.0", "CE_REMOTE", marks=_says("login-since-0.51", "CE_REMOTE")),
    ],
)
def test_a_plain_login_means_ce_from_0_51_on(
    orq: Orq,
    platform: SecretsService,
    config: Path,
    snippet: BoundSnippet,
    version: str,
    runtime: str,
) -> None:
    """In the release before, it means QE."""
    _log_in(orq, platform, version=version)

    assert _stored(config) == [runtime]
    snippet.observe(f"{version} stored: {runtime}")


@_says("list-shows-ce")
def test_the_list_of_logins_shows_the_runtime(
    orq: Orq, platform: SecretsService, snippet: BoundSnippet
) -> None:
    """The column is called "Runtime", and a login to CE has ``CE_REMOTE`` there."""
    _log_in(orq, platform)

    header, login = _listed(orq)

    assert login[header.index("Runtime")] == "CE_REMOTE"
    snippet.observe(f"Runtime: {login[header.index('Runtime')]}")


@_says("list-shows-qe")
@_says("cli-list-qe")
def test_the_list_shows_a_login_to_qe_as_well(
    orq: Orq, platform: SecretsService, snippets: Mapping[str, BoundSnippet]
) -> None:
    """So the column tells one from the other."""
    _log_in(orq, platform, "--qe")

    header, login = _listed(orq)

    assert login[header.index("Runtime")] == "QE_REMOTE"
    for snippet in snippets.values():
        snippet.observe(f"Runtime: {login[header.index('Runtime')]}")


@_says("list-since-0.52", "No such option")
def test_the_list_of_logins_came_with_0_52(
    orq: Orq, platform: SecretsService, snippet: BoundSnippet
) -> None:
    """0.51.0 has no such option; 0.52.0 lists."""
    _log_in(orq, platform, version="0.51.0")

    before = orq("login", "--list", version="0.51.0")
    after = orq("login", "--list", version="0.52.0")

    assert before.returncode != 0
    snippet.observe(_of("0.51.0", before.stderr))
    assert "CE_REMOTE" in after.stdout


@_says("qe-in-0.54")
def test_0_54_knows_qe(
    orq: Orq, platform: SecretsService, config: Path, snippet: BoundSnippet
) -> None:
    """It takes the option, and has a client for QE; the release after it has none."""
    _log_in(orq, platform, "--qe", version="0.54.0")

    assert _stored(config) == ["QE_REMOTE"]
    assert (unpacked("0.54.0") / "orquestra/sdk/_base/_qe").is_dir()
    assert not (unpacked("0.55.0") / "orquestra/sdk/_base/_qe").exists()
    snippet.observe("0.54.0 stored: QE_REMOTE, and has a client for QE; 0.55.0 has none")


@_says("no-qe-in-0.55", "No such option")
def test_0_55_refuses_qe(orq: Orq, snippet: BoundSnippet) -> None:
    """As an option that it doesn't know, before it asks any server."""
    refused = orq("login", "--qe", "-s", "http://127.0.0.1:9", "-t", "t", version="0.55.0")

    assert refused.returncode != 0
    snippet.observe(_of("0.55.0", refused.stderr))


@_says("newest-sdk", "1.1.0")
def test_an_upgrade_brings_the_newest_release(tmp_path: Path, snippet: BoundSnippet) -> None:
    """The command of the checklist, in an environment that has 0.54.0."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path)], check=True)
    install = ("--python", str(tmp_path / "bin" / "python"), "install", "-q", "--no-deps")
    pip(*install, "orquestra-sdk==0.54.0")
    assert _installed(tmp_path) == ["0.54.0"]

    pip(*install, "-U", "orquestra-sdk")

    (version,) = _installed(tmp_path)
    snippet.observe(f"orquestra-sdk {version}")


def _installed(environment: Path) -> list[str]:
    """The versions of the SDK in an environment."""
    found = environment.glob("lib/python*/site-packages/orquestra_sdk-*.dist-info")
    return [folder.name.partition("-")[2].removesuffix(".dist-info") for folder in found]


@_says("newest-on-3.8", "1.1.0")
def test_python_3_8_gets_the_newest_release_as_well(tmp_path: Path, snippet: BoundSnippet) -> None:
    """Pip finds this release and all that it needs in the index, as packages for that Python."""
    report = tmp_path / "report.json"
    for_python = ("--python-version", "3.8", "--only-binary=:all:", "--target", str(tmp_path))
    pip("install", "-q", "--dry-run", *for_python, "--report", str(report), "orquestra-sdk")

    found = {
        each["metadata"]["name"]: each["metadata"]["version"]
        for each in json.loads(report.read_text())["install"]
    }
    assert len(found) > 10
    snippet.observe(f"would install orquestra-sdk {found['orquestra-sdk']}")


@_says("newest-no-qe", "No such option")
def test_the_newest_release_refuses_qe(orq: Orq, snippet: BoundSnippet) -> None:
    """The option; what it is without is CE."""
    refused = orq("login", "--qe", "-s", "http://127.0.0.1:9", "-t", "t", version="1.1.0")

    assert refused.returncode != 0
    snippet.observe(_of("1.1.0", refused.stderr))


@_says("newest-qe-login", "QE support has been removed")
@_says("newest-lists-qe", "QE_REMOTE")
def test_the_newest_release_knows_a_login_to_qe_and_does_not_use_it(
    orq: Orq, platform: SecretsService, tmp_path: Path, snippets: Mapping[str, BoundSnippet]
) -> None:
    """Stored by 0.54.0, listed by 1.1.0; a workflow that is submitted with it is refused."""
    unpacked("1.1.0")  # Skips where another SDK would have to store the login.
    _log_in(orq, platform, "--qe")
    (tmp_path / "hello.py").write_text(HELLO.read_text())
    listed = orq("login", "--list", version="1.1.0").stdout
    header, login = _table(listed)

    submitted = orq("wf", "submit", "-c", login[0], "hello.py", "hello", version="1.1.0")

    snippets["newest-lists-qe"].observe(_of("1.1.0", login[header.index("Runtime")]))
    assert submitted.returncode != 0
    snippets["newest-qe-login"].observe(_of("1.1.0", submitted.stdout + submitted.stderr))


#: The imports of the guide that stand on its page, and are no snippets of a file.
_GIT_IMPORTS = {
    "git_import": 'sdk.GitImport("https://example.com/my-team/my-repo.git", "v1.0.1")',
    "latest_commit": f'sdk.GithubImport("my-org/my-other-repo", git_ref="{"0" * 40}")',
    "infer": 'sdk.GitImport.infer("clone")',
}
_TASK = """
from orquestra import sdk

@sdk.task(source_import={written})
def train():
    return "trained"
"""

#: Makes the models of the workflows in the files that it is given, and tells the kinds of the imports in each, and packages.
_MODELS = """
import importlib, sys
from pathlib import Path

from orquestra import sdk

for file in map(Path, sys.argv[1:]):
    module = importlib.import_module(file.stem)
    tasks = [value for value in vars(module).values() if isinstance(value, sdk.TaskDef)]
    assert tasks, file
    for task in tasks:
        model = sdk.workflow(lambda task=task: task())().model
        packages = [each for each in model.imports.values() if each.type == "PYTHON_IMPORT"]
        names = {each.name for one in packages for each in one.packages}
        print(file.stem, *{each.type for each in model.imports.values()}, *names)
"""


@_says("newest-takes-imports")
def test_the_newest_release_takes_the_imports_of_the_guide_and_adds_the_sdk(
    tmp_path: Path, snippet: BoundSnippet
) -> None:
    """Each snippet with an import becomes a workflow with the same kinds of imports as in 0.54.0, and one of packages."""
    guide = Path(__file__).with_name("test_migrating_from_quantum_engine.py")
    names = ["defaults", "inline_import", "python_imports", "github_import_private_before"]
    names += ["github_import_private_after", "github_import_public", "git_import_with_auth"]
    texts = {name: include_named(guide, guide.name, name, DEFAULT_STYLES).text for name in names}
    for name, written in _GIT_IMPORTS.items():
        texts[name] = _TASK.format(written=written)
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "models.py").write_text(_MODELS)
    clone, url = tmp_path / "clone", "https://example.com/my-team/my-repo.git"
    for arguments in (
        ["init", "-q", "-b", "main", str(clone)],
        ["-C", str(clone), "commit", "-q", "--allow-empty", "-m", "one"],
        ["-C", str(clone), "remote", "add", "origin", url],
        ["-C", str(clone), "config", f"url.{clone}.insteadOf", url],
    ):
        author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        subprocess.run(["git", *author, *arguments], check=True)

    kinds = []
    for path in ([str(tmp_path)], [str(unpacked("1.1.0")), str(tmp_path)]):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "models.py", *(f"{name}.py" for name in texts)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
            check=True,
            capture_output=True,
            text=True,
        )
        lines = map(str.split, done.stdout.splitlines())
        kinds.append({name: set(types) for name, *types in lines})

    assert kinds[0].keys() == texts.keys()
    for name in texts:
        assert kinds[1][name] == kinds[0][name] | {"PYTHON_IMPORT", "orquestra-sdk"}, name
    snippet.observe("1.1.0: each import as with 0.54.0, and beside it PYTHON_IMPORT orquestra-sdk")


@_says("newest-secret-as-text", "cannot be used as strings")
def test_the_newest_release_gives_no_text_for_a_secret(snippet: BoundSnippet) -> None:
    """0.54.0 printed what it refers to."""
    code = 'from orquestra import sdk; print(sdk.Secret("my-token", workspace_id="my-workspace"))'
    command = [sys.executable, "-W", "ignore", "-c", code]
    before, after = (
        subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        for env in (dict(os.environ), {**os.environ, "PYTHONPATH": str(unpacked("1.1.0"))})
    )

    assert "my-token" in before.stdout
    assert after.returncode != 0
    snippet.observe(_of("1.1.0", after.stderr))


@_says("python-version-printed")
def test_python_prints_its_version() -> None:
    """As the checklist says to look it up."""
    done = subprocess.run([sys.executable, "-V"], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "Python {}.{}.{}".format(*sys.version_info[:3])


def _of(version: str, text: str) -> str:
    """What a release said, with its number at each line: evidence names the installed one only."""
    return "\n".join(f"{version}: {line.strip()}" for line in text.splitlines())


def _listed(orq: Orq) -> tuple[list[str], list[str]]:
    """The head and the only row of the list of logins."""
    done = orq("login", "--list")
    assert done.returncode == 0, _last_line(done.stderr)
    return _table(done.stdout)


def _table(text: str) -> tuple[list[str], list[str]]:
    """The head and the only row of the table that a command printed; cells are two spaces apart."""
    rows = [
        [cell.strip() for cell in line.strip().split("  ") if cell.strip()]
        for line in text.splitlines()
    ]
    head = next(index for index, row in enumerate(rows) if "Runtime" in row)
    return rows[head], next(
        row for row in rows[head + 1 :] if any("REMOTE" in cell for cell in row)
    )
