"""The project's commands: `nox -l` lists them, `nox -s NAME` runs one, `nox -s NAME -- ARGUMENTS` passes arguments on."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import nox

ROOT = Path(__file__).parent.resolve()
SITE = ROOT / "docs" / "_build" / "html"
SDK_PINS = ROOT / "constraints" / "orquestra-sdk-0.54.0.txt"

#: The Pythons on which Compute Engine installs, the guide's own version first.
CE_VERSIONS = ("3.9", "3.10", "3.11")
NO_CE_PYTHON = (
    "Compute Engine (orquestra-sdk 0.54.0, Ray 2.5.1) needs Python 3.9, 3.10 or 3.11, and none was found "
    "on PATH or in pyenv: install one, for example with `pyenv install 3.9`"
)

PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")

nox.needs_version = ">=2024.10.9"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["docs", "tests", "doctests", "lint"]


@functools.cache
def identify(executable: str) -> tuple[str, str]:
    """Return version (`3.9`) and own path of a Python, or two empty strings when it does not run.

    It is run to find out: pyenv puts a `python3.9` on PATH that may only say that 3.9 is not activated, and that is
    another Python when something else is.
    """
    code = "import ssl, sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"
    try:
        answer = subprocess.run(
            [executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "", ""
    if answer.returncode:
        return "", ""
    version, path = answer.stdout.splitlines()
    return version, path


def interpreters(version: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the files that may be a Python of this version: on PATH first, then in pyenv, newest patch first."""
    for folder in environ.get("PATH", "").split(os.pathsep):
        for name in (f"python{version}", "python3", "python"):
            found = shutil.which(name, path=folder)
            if found:
                yield found
    home = environ.get("PYENV_ROOT") or Path(environ.get("HOME", "~")).expanduser() / ".pyenv"
    installed = Path(home, "versions").glob(f"{version}.*/bin/python")
    yield from sorted(map(str, installed), key=lambda path: (len(path), path), reverse=True)


def find_python(versions: Iterable[str], environ: Mapping[str, str]) -> str | None:
    """Return the path of the first Python that works, by order of `versions`, or None."""
    for version in versions:
        for executable in interpreters(version, environ):
            found, path = identify(executable)
            if found == version:
                return path
    return None


def merge_pins(frozen: Mapping[str, Iterable[str]]) -> list[str]:
    """Return constraint lines for what `pip freeze` printed on each Python version.

    A package pinned differently, or not at all, on some of them gets a line for each pin, with a marker.
    Raises ValueError for a line that is not `name==version`.
    """
    pins: dict[str, dict[str, str]] = {}
    for python, lines in frozen.items():
        for line in lines:
            name, equals, version = line.strip().partition("==")
            if not equals:
                raise ValueError(
                    f"pip freeze printed {line!r} on Python {python}: expected name==version"
                )
            pins.setdefault(name.lower().replace("_", "-"), {})[python] = version
    merged = []
    for name, versions in sorted(pins.items()):
        for version in dict.fromkeys(versions.values()):
            where = [python for python, other in versions.items() if other == version]
            marker = " or ".join(f'python_version == "{python}"' for python in where)
            merged.append(f"{name}=={version}" + (f"; {marker}" if where != list(frozen) else ""))
    return merged


def group(*names: str) -> list[str]:
    """Return the requirements of dependency groups in pyproject.toml."""
    return list(nox.project.dependency_groups(PROJECT, *names))


def build_site(session: nox.Session, output: Path, *arguments: str) -> None:
    """Build the documentation with every warning an error, references included."""
    session.run(
        *("sphinx-build", "-W", "-n", "--keep-going", "-b", "html", "docs", str(output)),
        *arguments,
    )


def install_ce(session: nox.Session) -> dict[str, str]:
    """Install Compute Engine's packages; return the environment that hands the same pins to Ray's environments."""
    # The pins are a whole environment, so pip need not work out what belongs to it, which takes 30 s. Of 400 MB of
    # packages a run imports a tenth: compiling the rest takes 27 s.
    session.install("--no-compile", "--no-deps", "-r", str(SDK_PINS))
    # What builds it is among the pins: an isolated build would fetch and unpack that once more, which takes 4 s.
    session.install("--no-deps", "--no-build-isolation", "-e", ".")
    return {"PIP_CONSTRAINT": SDK_PINS.as_uri()}


def in_parallel(arguments: Iterable[str]) -> list[str]:
    """Return pytest's options for two processes, each with a CE of its own; none when `arguments` pick tests.

    The tests of a file share its repos and so their environments: they stay together.
    """
    return ["-n", "2", "--dist", "loadscope"] if all(a.startswith("--") for a in arguments) else []


CE_PYTHON = find_python(CE_VERSIONS, os.environ)

#: The two parts of this repo, and the Python for each: the extension goes with the one that runs nox.
PARTS = [
    nox.param(None, "extension", id="extension"),
    nox.param(CE_PYTHON or False, "local_ce", id="local_ce"),
]


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into docs/_build/html and print the path to open (no Ray, no SDK)."""
    session.install("-e", ".[docs]")
    build_site(session, SITE, *session.posargs)
    session.log(f"Open {SITE / 'index.html'}")


@nox.session(python=CE_PYTHON or False)
def doctests(session: nox.Session) -> None:
    """Run every code block of the guide, and the tests of its snippets, on Ray (Python 3.9 to 3.11)."""
    if CE_PYTHON is None:
        session.error(NO_CE_PYTHON)
    env = install_ce(session)
    # As an option, the folders step back when the arguments name what to run.
    parallel = in_parallel(session.posargs)
    session.run(
        "pytest", *parallel, "-o", "testpaths=docs examples/tests", *session.posargs, env=env
    )


@nox.session(python=CE_PYTHON or False)
def modes(session: nox.Session) -> None:
    """Run the guide on the whole Compute Engine: a cluster for each run, a shared one, one of three nodes."""
    if CE_PYTHON is None:
        session.error(NO_CE_PYTHON)
    env = install_ce(session)
    pytest = ("pytest", "-o", "testpaths=docs examples/tests", *session.posargs)
    session.run(*pytest, "--compute-engine=per-run", env=env)
    session.run(*pytest, "--compute-engine=shared", env=env)
    session.run("python", "-m", "examples.three_nodes", *pytest, env=env)


@nox.session
@nox.parametrize("python,part", PARTS)
def tests(session: nox.Session, part: str) -> None:
    """Test the extension on the Python that runs nox, and the local CE on Python 3.9 to 3.11."""
    if part == "extension":
        session.install("-e", ".[docs,pytest]", *group("test", "project"))
        folders, env = "tests/tested_snippets tests/site tests/project", {}
    else:
        if CE_PYTHON is None:
            session.error(NO_CE_PYTHON)
        folders, env = "tests/local_ce", install_ce(session)
    session.run("pytest", "-o", f"testpaths={folders}", *session.posargs, env=env)


@nox.session
def lint(session: nox.Session) -> None:
    """Check format, lint, types and prose, and that the site builds without a warning."""
    session.install("-e", ".[docs,pytest]", *group("test", "project", "lint"))
    session.run("ruff", "format", "--check")
    session.run("ruff", "check")
    session.run("mypy")
    session.run("sphinx-lint", "docs")
    build_site(session, Path(session.create_tmp(), "html"), "-q")


@nox.session
def live(session: nox.Session) -> None:
    """Serve the site on 127.0.0.1 and rebuild it whenever a page, a snippet or the extension changes."""
    session.install("-e", ".[docs]", *group("live"))
    watch = ("--watch", "examples", "--watch", "sphinxext")
    local = ("--host", "127.0.0.1", "--port", "0")
    session.run("sphinx-autobuild", *local, *watch, "docs", "docs/_build/live", *session.posargs)


@nox.session
@nox.parametrize("python,part", PARTS)
def bench(session: nox.Session, part: str) -> None:
    """Measure the extension against stock Sphinx and Sybil, and the local CE against the SDK's own runtime."""
    if part == "extension":
        session.install("-e", ".[docs,pytest]", *group("test"))
        session.run("python", "benchmarks/run.py", *session.posargs)
        return
    if CE_PYTHON is None:
        session.error(NO_CE_PYTHON)
    session.run("python", "benchmarks/engine.py", *session.posargs, env=install_ce(session))


@nox.session(venv_backend="none", default=False)
def constraints(session: nox.Session) -> None:
    """Write constraints/ anew from fresh installs on Python 3.9, 3.10 and 3.11."""
    frozen = {}
    for version in CE_VERSIONS:
        python = find_python([version], os.environ)
        if python is None:
            session.error(f"Python {version} was not found on PATH or in pyenv: install it")
        with tempfile.TemporaryDirectory() as folder:
            session.run(python, "-m", "venv", folder, external=True)
            pip = (f"{folder}/bin/python", "-m", "pip", "--no-color")
            wanted = ("-e", ".[ce,pytest]", *group("test"), *PROJECT["build-system"]["requires"])
            session.run(*pip, "install", "-q", "--no-compile", *wanted, external=True, silent=True)
            session.run(*pip, "check", external=True)
            listing = ("freeze", "--all", "--exclude-editable", "--exclude", "pip")
            answer = session.run(*pip, *listing, external=True, silent=True)
        frozen[version] = [line for line in str(answer).splitlines() if "WARNING" not in line]
    header = (
        "# Pins under which orquestra-sdk 0.54.0 with Ray 2.5.1 runs workflows on Python 3.9, 3.10 and 3.11 (Linux).\n"
        "# Made by `nox -s constraints` from fresh installs of `.[ce,pytest]`, what builds it, and the group `test`;\n"
        "# run that to make it anew, then `nox -s tests doctests`. The bounds and their reasons are in pyproject.toml.\n"
    )
    SDK_PINS.write_text(header + "\n".join(merge_pins(frozen)) + "\n", encoding="utf-8")
