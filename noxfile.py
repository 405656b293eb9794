"""The project's commands: `nox -l` lists them, `nox -s NAME` runs one, `nox -s NAME -- ARGUMENTS` passes arguments on."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import nox

ROOT = Path(__file__).parent.resolve()
SITE = ROOT / "docs" / "_build" / "html"
LOCALE = ROOT / "sphinxext" / "tested_snippets" / "locale"
#: The version of the SDK that the guide is written for, and those beside it that its checks are tried on.
SDK = "0.54.0"
SDK_VERSIONS = ("0.50.0", "0.51.0", "0.52.0", SDK, "0.56.0", "0.60.0", "0.66.0", "1.1.0")

#: The Pythons on which Compute Engine installs, the guide's own version first.
CE_VERSIONS = ("3.9", "3.10", "3.11")
NO_CE_PYTHON = (
    "Compute Engine (orquestra-sdk 0.54.0, Ray 2.5.1) needs Python 3.9, 3.10 or 3.11, and none was found "
    "on PATH or in pyenv: install one, for example with `pyenv install 3.9`"
)
NO_LATEX = (
    "the PDF is made with LaTeX, of which is missing: {}; on Debian and Ubuntu: apt install "
    "latexmk texlive-xetex texlive-latex-extra texlive-fonts-recommended fonts-dejavu"
)

PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
LOCAL_CE = ROOT / "local_ce" / "pyproject.toml"

# Where it is set, each of the hundreds of processes that the sessions start would compile all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

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


def pins(sdk: str) -> Path:
    """Return the path of the constraint file for a version of the SDK."""
    return ROOT / "constraints" / f"orquestra-sdk-{sdk}.txt"


def compute_engine_of(sdk: str) -> list[str]:
    """Return what local_ce requires, for a version of the SDK and the Ray that this version names."""
    needed: list[str] = nox.project.load_toml(LOCAL_CE)["project"]["dependencies"]
    if sdk == SDK:
        return needed
    own = [line for line in needed if not line.startswith(("orquestra-sdk", "ray["))]
    # The newer ones need pandas; from 2.3 on it wants a newer pyarrow.
    return [f"orquestra-sdk[ray]=={sdk}", "pandas<2.3", *own]


def chosen_versions(session: nox.Session) -> list[str]:
    """Return the versions of the SDK that the command names, or all."""
    unknown = set(session.posargs) - set(SDK_VERSIONS)
    if unknown:
        session.error(
            f"{', '.join(sorted(unknown))}: no version that is tried; known are {', '.join(SDK_VERSIONS)}"
        )
    return session.posargs or list(SDK_VERSIONS)


def group(*names: str) -> list[str]:
    """Return the requirements of dependency groups in pyproject.toml."""
    return list(nox.project.dependency_groups(PROJECT, *names))


def build_site(session: nox.Session, output: Path, *arguments: str) -> None:
    """Build the documentation with every warning an error, references included."""
    session.run(
        *("sphinx-build", "-W", "-n", "--keep-going", "-b", "html", "docs", str(output)),
        *arguments,
    )


def install_ce(session: nox.Session, sdk: str = SDK) -> dict[str, str]:
    """Install Compute Engine's packages; return the environment that hands the same pins to Ray's environments.

    :raises nox.command.CommandFailed: they can't be installed; what pip wrote is in :func:`pip_log`.
    """
    # What is installed does not change where none of these did; to find that out again takes pip 4 s.
    stamp = Path(session.virtualenv.location, "installed")
    files = (pins(sdk), ROOT / "pyproject.toml", LOCAL_CE, ROOT / "noxfile.py")
    wanted = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
    env = {"PIP_CONSTRAINT": pins(sdk).as_uri()}
    if stamp.exists() and stamp.read_text() == wanted:
        return env
    stamp.unlink(missing_ok=True)
    install_pins(session, sdk)
    # What builds it is among the pins: an isolated build would fetch and unpack that once more, which takes 4 s.
    session.install("--no-deps", "--no-build-isolation", "-e", ".")
    stamp.write_text(wanted)
    return env


def install_pins(session: nox.Session, sdk: str) -> None:
    """Install the pins for a version of the SDK, with two pips side by side: one uses one core, or waits for the index.

    :raises nox.command.CommandFailed: one of them failed; what they wrote is in :func:`pip_log`.
    """
    lines = [line for line in pins(sdk).read_text("utf-8").splitlines() if "==" in line]
    # The pins are a whole environment, so pip need not work out what belongs to it, which takes 30 s. Of 400 MB of
    # packages a run imports a tenth: compiling the rest takes 27 s.
    pip = (f"{session.bin}/python", "-m", "pip", "install", "--no-compile", "--no-deps", "-r")
    log = pip_log(session)
    session.log(f"{' '.join(pip)} {pins(sdk).relative_to(ROOT)} (half of it, and the other half)")
    with contextlib.ExitStack() as stack:
        written = stack.enter_context(log.open("w", encoding="utf-8"))
        running = []
        for part in (0, 1):
            path = log.with_name(f"pins-{part}.txt")
            path.write_text("\n".join(lines[part::2]) + "\n", encoding="utf-8")
            command = [*pip, str(path)]
            started = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT)
            running.append(stack.enter_context(started))
    if any(each.returncode for each in running):
        errors = [line for line in log.read_text("utf-8").splitlines() if "ERROR" in line]
        session.warn("\n".join([f"{pins(sdk)} can't be installed; pip wrote to {log}:", *errors]))
        raise nox.command.CommandFailed(f"pip could not install {pins(sdk)}")


def pip_log(session: nox.Session) -> Path:
    """Return where pip writes what it does for a session.

    Not in nox's folder for the session: to make that one turns TMPDIR to it, which is in this repo, and in a folder of
    no repo the checks of ``GitImport.infer()`` need to be.
    """
    return Path(session.virtualenv.location, "pip.log")


def other_python(python: str) -> dict[str, str]:
    """Return the variable that names another Python than this one: a check shows what Ray says to a node with it.

    That is the nearest one, a newer one before an older: pip, which installs Ray for it from here, knows no old Pythons.
    """
    at = CE_VERSIONS.index(identify(python)[0])
    other = find_python([*CE_VERSIONS[at + 1 :], *CE_VERSIONS[:at][::-1]], os.environ)
    return {"CE_OTHER_PYTHON": other} if other else {}


def in_parallel(arguments: Iterable[str]) -> list[str]:
    """Return pytest's options for three processes, two with a CE of their own; none when `arguments` pick tests.

    What shares repos and so environments stays together, and what needs no CE goes to the third, see ``examples/parts.py``.
    """
    return ["-n", "3", "--dist", "loadscope"] if all(a.startswith("--") for a in arguments) else []


CE_PYTHON = find_python(CE_VERSIONS, os.environ)

#: The two parts of this repo, and the Python for each: the extension goes with the one that runs nox.
PARTS = [
    nox.param(None, "extension", id="extension"),
    nox.param(CE_PYTHON or False, "local_ce", id="local_ce"),
]


#: What is run on each version of the SDK: all of the guide, its blocks and its statements.
GUIDE = "docs/migrating-*.rst examples/tests/test_migrating_*.py examples/tests/test_guide_*.py"
MATRIX = [nox.param(CE_PYTHON or False, sdk, id=sdk) for sdk in SDK_VERSIONS]
#: Where the outcomes are: a check that fails there is data, not a defect.
MATRIX_FOLDER = "docs/evidence/matrix"

#: The other Pythons on which each version of the SDK is tried.
OTHERS = {version: find_python([version], os.environ) or False for version in CE_VERSIONS[1:]}
PYTHONS = [
    nox.param(python, sdk, id=f"{sdk}-{version}")
    for sdk in SDK_VERSIONS
    for version, python in OTHERS.items()
]
PYTHONS_FOLDER = "docs/evidence/pythons"


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into docs/_build/html and print the path to open (no Ray, no SDK)."""
    session.install("-e", ".[docs]")
    build_site(session, SITE, *session.posargs)
    session.log(f"Open {SITE / 'index.html'}")


@nox.session
def pdf(session: nox.Session) -> None:
    """Build the PDF of the site and print its path (needs XeLaTeX)."""
    missing = [program for program in ("latexmk", "xelatex") if shutil.which(program) is None]
    if missing:
        session.error(NO_LATEX.format(", ".join(missing)))
    session.install("-e", ".[docs]")
    folder = ROOT / "docs" / "_build" / "latex"
    shutil.rmtree(folder, ignore_errors=True)
    session.run("sphinx-build", "-W", "-n", "--keep-going", "-b", "latex", "docs", str(folder))
    with session.chdir(folder):
        latexmk = ("latexmk", "-xelatex", "-interaction=nonstopmode", "-halt-on-error")
        session.run(*latexmk, "qe-to-ce.tex", external=True)
    log = (folder / "qe-to-ce.log").read_text("utf-8", "replace")
    unprinted = unprinted_characters(log)
    if unprinted:
        session.error(
            f"no font of the PDF has {' '.join(unprinted)}: see latex_elements in docs/conf.py"
        )
    over = cut_off(log)
    if over:
        session.error(
            f"{over:g} points of a page of the PDF run over its foot, see 'too high' in {folder}/qe-to-ce.log: a "
            "table with high rows needs `:class: longtable`"
        )
    session.log(f"Open {folder / 'qe-to-ce.pdf'}")


def unprinted_characters(log: str) -> list[str]:
    """Return the characters that the log of LaTeX says it left out, for which it only warns."""
    return sorted(set(re.findall(r"Missing character: There is no (\S)", log)))


def cut_off(log: str) -> float:
    """Return how many points of the fullest page the log of LaTeX says do not fit on it; less than a line is nothing."""
    points = re.findall(r"Overfull \\vbox \(([\d.]+)pt too high\)", log)
    return max((float(each) for each in points if float(each) > 10), default=0)


@nox.session(python=CE_PYTHON or False)
def doctests(session: nox.Session) -> None:
    """Run every code block of the guide, and the tests of its snippets, on Ray (Python 3.9 to 3.11)."""
    if CE_PYTHON is None:
        session.error(NO_CE_PYTHON)
    env = {**install_ce(session), **other_python(CE_PYTHON)}
    # As an option, the folders step back when the arguments name what to run.
    parallel = in_parallel(session.posargs)
    # Another Compute Engine is nothing that a check knows of, so what is up to date has to run on it.
    elsewhere = any(a.startswith(("--compute-engine", "--ray-address")) for a in session.posargs)
    parallel += ["--snippets-rerun"] if elsewhere else []
    session.run(
        "pytest", *parallel, "-o", "testpaths=docs examples/tests", *session.posargs, env=env
    )


@nox.session(python=CE_PYTHON or False)
def modes(session: nox.Session) -> None:
    """Run the guide on the whole Compute Engine: a cluster for each run, a shared one, one of three nodes."""
    if CE_PYTHON is None:
        session.error(NO_CE_PYTHON)
    env = install_ce(session)
    folders = ("-o", "testpaths=docs examples/tests")
    pytest = ("pytest", "--snippets-rerun", *folders, *session.posargs)
    session.run(*pytest, "--compute-engine=per-run", env=env)
    session.run(*pytest, "--compute-engine=shared", env=env)
    session.run("python", "-m", "examples.three_nodes", *pytest, env=env)


@nox.session(default=False)
@nox.parametrize("python,sdk", MATRIX)
def matrix(session: nox.Session, sdk: str) -> None:
    """Record what the guide's checks give on each version of the SDK, into docs/evidence/matrix (Python 3.9)."""
    if CE_PYTHON is None:
        session.error(NO_CE_PYTHON)
    observe(session, sdk, MATRIX_FOLDER)


@nox.session(default=False)
@nox.parametrize("python,sdk", PYTHONS)
def pythons(session: nox.Session, sdk: str) -> None:
    """Record what the guide's checks give on Python 3.10 and 3.11, into docs/evidence/pythons."""
    if not session.python:
        session.error(
            f"Python {' or '.join(CE_VERSIONS[1:])} was not found on PATH or in pyenv: install it"
        )
    observe(session, sdk, PYTHONS_FOLDER)


def observe(session: nox.Session, sdk: str, folder: str) -> None:
    """Write into a folder what the guide gives on a version of the SDK; that a check does not pass there is no error."""
    try:
        env = {**install_ce(session, sdk), **other_python(str(session.python))}
    except nox.command.CommandFailed:
        # That a version can't be installed any more is a result, too.
        files = (folder, str(pins(sdk)), str(pip_log(session)))
        session.run("python", "-m", "examples.unavailable", *files)
        return
    # The names on the pages are those of the guide's own version.
    options = ["-o", "snippets_literals=", "-o", f"snippets_evidence={folder}"]
    options += ["-o", f"testpaths={GUIDE}", "--snippets-rerun", "--snippets-evidence=observe"]
    session.run("pytest", *options, *in_parallel(session.posargs), *session.posargs, env=env)


@nox.session
@nox.parametrize("python,part", PARTS)
def tests(session: nox.Session, part: str) -> None:
    """Test the extension on the Python that runs nox, and the local CE on Python 3.9 to 3.11."""
    if part == "extension":
        session.install("-e", ".[docs,pytest]", *group("test", "project"))
        folders, env = "tests/tested_snippets tests/site tests/project tests/pictures", {}
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
    # It takes a backquote that is escaped in a role for the end of it.
    session.run("sphinx-lint", "--disable=missing-space-before-default-role", "docs")
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


@nox.session(python=CE_PYTHON or False, default=False)
def measure(session: nox.Session) -> None:
    """Record what the guide's pictures are drawn from: `-- workflows`, `-- resources` or `-- sizes`."""
    if CE_PYTHON is None:
        session.error(NO_CE_PYTHON)
    session.run("python", "benchmarks/record.py", *session.posargs, env=install_ce(session))


@nox.session(default=False)
def translations(session: nox.Session) -> None:
    """Bring the catalogues of the extension's own words up to date with the code, and compile them."""
    session.install(*group("translate"))
    template, folder = str(LOCALE / "tested_snippets.pot"), str(LOCALE)
    keywords = ("--no-default-keywords", "-k", "say", "-k", "to_say")
    extract = ("pybabel", "-q", "extract", *keywords, "--add-location=file", "--sort-output")
    about = ("--project=tested_snippets", "--copyright-holder=the tested-snippets team")
    session.run(*extract, *about, "-o", template, "sphinxext/tested_snippets")
    catalogue = ("-D", "tested_snippets", "-d", folder)
    # A new language begins with: pybabel init -D tested_snippets -i TEMPLATE -d FOLDER -l LANGUAGE
    kept = ("--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date")
    session.run("pybabel", "-q", "update", *catalogue, "-i", template, *kept)
    session.run("pybabel", "compile", "--statistics", *catalogue)


def header(sdk: str, pythons: Sequence[str]) -> str:
    """Return what stands above the pins of a version of the SDK."""
    return (
        f"# Pins under which orquestra-sdk {sdk} runs workflows on the Ray that it names; Python {', '.join(pythons)} (Linux).\n"
        f"# Made by `nox -s constraints -- {sdk}` from fresh installs of local_ce's dependencies, the extra `pytest`, what builds\n"
        "# this project, and the group `test`. Run that to make it anew, then `nox -s tests doctests`. The bounds and their\n"
        "# reasons are in local_ce/pyproject.toml and pyproject.toml.\n"
    )


@nox.session(venv_backend="none", default=False)
def constraints(session: nox.Session) -> None:
    """Write constraints/ anew from fresh installs, all files or those of the SDK versions given."""
    for sdk in chosen_versions(session):
        frozen = {}
        for version in CE_VERSIONS:
            python = find_python([version], os.environ)
            if python is None:
                session.error(f"Python {version} was not found on PATH or in pyenv: install it")
            with tempfile.TemporaryDirectory() as folder:
                frozen[version] = install_fresh(session, python, Path(folder), sdk)
        pins(sdk).write_text(
            header(sdk, list(frozen)) + "\n".join(merge_pins(frozen)) + "\n", encoding="utf-8"
        )


def install_fresh(session: nox.Session, python: str, folder: Path, sdk: str) -> list[str]:
    """Install what runs the guide's checks on a version of the SDK; return what `pip freeze` says of it."""
    session.run(python, "-m", "venv", str(folder), external=True)
    pip = (f"{folder}/bin/python", "-m", "pip", "--no-color")
    wanted = [*compute_engine_of(sdk), "-e", ".[pytest]", *group("test")]
    wanted += PROJECT["build-system"]["requires"]
    session.run(*pip, "install", "-q", "--no-compile", *wanted, external=True, silent=True)
    session.run(*pip, "check", external=True)
    listing = ("freeze", "--all", "--exclude-editable", "--exclude", "pip")
    answer = session.run(*pip, *listing, external=True, silent=True)
    return [line for line in str(answer).splitlines() if "WARNING" not in line]
