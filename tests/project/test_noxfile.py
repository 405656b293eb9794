"""The logic of noxfile.py: which Python Compute Engine gets, and how its pins are written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import nox
import pytest

import noxfile
from examples import unavailable

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


def install(path: Path, version: str | None) -> str:
    """Make an executable at `path` that answers like a Python of `version`; None: like a pyenv shim that refuses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    answer = "exit 127" if version is None else f'echo {version}; echo "$0"'
    path.write_text(f"#!/bin/sh\n{answer}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def environ(tmp_path: Path, *folders: str) -> dict[str, str]:
    """Return an environment with these folders on PATH and pyenv in `tmp_path`."""
    path = os.pathsep.join(str(tmp_path / folder) for folder in folders)
    return {"PATH": path, "HOME": str(tmp_path), "PYENV_ROOT": str(tmp_path / "pyenv")}


def test_a_real_python_reports_its_version() -> None:
    """The probe really runs the interpreter, here the one of this test."""
    assert noxfile.identify(sys.executable) == (HERE, sys.executable)


def test_the_first_version_wins_wherever_it_is(tmp_path: Path) -> None:
    """3.9 in pyenv comes before 3.11 on PATH."""
    install(tmp_path / "bin" / "python3.11", "3.11")
    wanted = install(tmp_path / "pyenv" / "versions" / "3.9.18" / "bin" / "python", "3.9")
    assert noxfile.find_python(["3.9", "3.11"], environ(tmp_path, "bin")) == wanted


def test_a_shim_that_refuses_is_passed_over(tmp_path: Path) -> None:
    """A pyenv shim without an activated version is on PATH and still is no Python."""
    install(tmp_path / "shims" / "python3.9", None)
    wanted = install(tmp_path / "bin" / "python3.9", "3.9")
    assert noxfile.find_python(["3.9"], environ(tmp_path, "shims", "bin")) == wanted


def test_a_shim_is_replaced_by_the_python_behind_it(tmp_path: Path) -> None:
    """What a shim runs depends on the folder and on pyenv's settings; the answer must not."""
    shim = tmp_path / "shims" / "python3"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    assert noxfile.find_python([HERE], environ(tmp_path, "shims")) == sys.executable


def test_a_python_under_a_plain_name_is_found(tmp_path: Path) -> None:
    """Where `python3` is a 3.10, no `python3.10` is needed."""
    wanted = install(tmp_path / "bin" / "python3", "3.10")
    assert noxfile.find_python(["3.9", "3.10"], environ(tmp_path, "bin")) == wanted


def test_a_name_that_lies_about_its_version_is_passed_over(tmp_path: Path) -> None:
    """The answer counts, not the file name."""
    install(tmp_path / "bin" / "python3.9", "3.12")
    assert noxfile.find_python(["3.9"], environ(tmp_path, "bin")) is None


def test_the_newest_patch_in_pyenv_is_taken(tmp_path: Path) -> None:
    """3.9.18 is newer than 3.9.7, though it sorts before it as text."""
    for patch in ("3.9.18", "3.9.7"):
        install(tmp_path / "pyenv" / "versions" / patch / "bin" / "python", "3.9")
    found = noxfile.find_python(["3.9"], environ(tmp_path, "bin"))
    assert found is not None
    assert "3.9.18" in found


def test_pyenv_in_the_home_folder_needs_no_variable(tmp_path: Path) -> None:
    """PYENV_ROOT is set by an interactive shell only."""
    wanted = install(tmp_path / ".pyenv" / "versions" / "3.10.13" / "bin" / "python", "3.10")
    found = noxfile.find_python(["3.10"], {"PATH": "", "HOME": str(tmp_path)})
    assert found == wanted


def test_without_any_python_there_is_no_answer(tmp_path: Path) -> None:
    """An empty machine gives None, from which the sessions make their one sentence."""
    assert noxfile.find_python(noxfile.CE_VERSIONS, environ(tmp_path, "bin")) is None


def test_the_message_for_a_missing_python_names_every_version_that_would_do() -> None:
    """What to install stands in the sentence."""
    for version in noxfile.CE_VERSIONS:
        assert version in noxfile.NO_CE_PYTHON


def test_a_pin_that_is_the_same_everywhere_has_no_marker() -> None:
    """Equal pins become one line, under the normalised name."""
    frozen = {"3.9": ["Typing_Extensions==4.1"], "3.10": ["typing-extensions==4.1"]}
    assert noxfile.merge_pins(frozen) == ["typing-extensions==4.1"]


def test_pins_that_differ_say_for_which_python() -> None:
    """Each pin gets one line, for all the Pythons that have it."""
    assert noxfile.merge_pins({"3.9": ["a==1"], "3.10": ["a==2"], "3.11": ["a==2"]}) == [
        'a==1; python_version == "3.9"',
        'a==2; python_version == "3.10" or python_version == "3.11"',
    ]


def test_a_package_of_one_python_binds_only_there() -> None:
    """A package that one version does not have is not pinned on it."""
    frozen = {"3.9": ["a==1", "zipp==3"], "3.10": ["a==1"]}
    assert noxfile.merge_pins(frozen) == ["a==1", 'zipp==3; python_version == "3.9"']


def test_a_package_without_a_version_is_refused() -> None:
    """A package installed from a file cannot be pinned for others."""
    with pytest.raises(ValueError, match=r"'a @ file:///a' on Python 3\.9: expected name==version"):
        noxfile.merge_pins({"3.9": ["a @ file:///a"]})


@pytest.mark.parametrize(
    ("arguments", "parallel"),
    [
        ([], True),
        (["--snippets-evidence=update"], True),
        (["docs/a.rst::b"], False),
        (["-k", "github"], False),
    ],
)
def test_two_processes_run_the_guide_unless_the_arguments_pick_tests(
    arguments: list[str], parallel: bool
) -> None:
    """A second Compute Engine is worth its start for the whole guide, not for one block."""
    assert bool(noxfile.in_parallel(arguments)) == parallel


def test_pins_that_cannot_be_installed_are_told_in_the_words_of_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log of both pips is kept, for the matrix reads the reason there."""
    pins = tmp_path / "pins.txt"
    said: list[str] = []
    pins.write_text("# a comment\nno-such-package==1\nnone-either==2\n", encoding="utf-8")
    monkeypatch.setattr(noxfile, "ROOT", tmp_path)
    monkeypatch.setattr(noxfile, "pins", lambda _: pins)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    session = SimpleNamespace(
        bin=str(Path(sys.executable).parent),
        virtualenv=SimpleNamespace(location=str(tmp_path)),
        log=said.append,
        warn=said.append,
    )

    with pytest.raises(nox.command.CommandFailed):
        noxfile.install_pins(cast("nox.Session", session), "0.54.0")

    for name in ("no-such-package==1", "none-either==2"):
        assert f"No matching distribution found for {name}" in said[-1]
    reason = unavailable.reason((tmp_path / "pip.log").read_text(encoding="utf-8"))
    assert reason.startswith("No matching distribution found for ")


def test_without_latex_the_session_says_what_to_install(tmp_path: Path) -> None:
    """One sentence instead of a failure in the middle."""
    command = [sys.executable, "-m", "nox", "--no-venv", "-s", "pdf"]
    answer = subprocess.run(
        command,
        cwd=noxfile.ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 1
    assert "missing: latexmk, xelatex; on Debian" in answer.stderr


def test_characters_that_latex_leaves_out_are_found() -> None:
    """Each is named once, and other warnings are none of them."""
    log = (
        "Missing character: There is no ✗ (U+2717) in font DejaVu Serif/OT:script=latn;l\n"
        "Missing character: There is no ✗ (U+2717) in font DejaVu Serif/OT:script=latn;l\n"
        "LaTeX Warning: There were undefined references.\n"
    )
    assert noxfile.unprinted_characters(log) == ["✗"]
    assert noxfile.unprinted_characters("") == []


def test_a_table_that_runs_over_the_foot_of_a_page_of_the_pdf_is_told() -> None:
    """LaTeX is content to say so in its log; a point is no line."""
    log = (
        "Overfull \\vbox (1.05pt too high) detected at line 1191\n"
        "Overfull \\vbox (74.5pt too high) has occurred while \\output is active []\n"
    )
    assert noxfile.cut_off(log) == 74.5
    assert noxfile.cut_off("Overfull \\vbox (1.05pt too high)") == 0


def test_the_matrix_is_that_of_the_pins() -> None:
    """A version that is pinned is tried, and one that is tried is pinned, on the Ray that the pins name."""
    tried = [param.call_spec["sdk"] for param in noxfile.MATRIX]

    assert tried == list(noxfile.SDK_VERSIONS)
    assert {noxfile.pins(sdk) for sdk in tried} == set((noxfile.ROOT / "constraints").iterdir())
    assert all("\nray==" in noxfile.pins(sdk).read_text() for sdk in tried)


def test_the_matrix_runs_checks_that_exist() -> None:
    """Its globs find the guide and the tests of its statements, and its folder is no evidence of the pages."""
    found = [list(noxfile.ROOT.glob(pattern)) for pattern in noxfile.GUIDE.split()]

    assert all(found)
    assert noxfile.ROOT / "docs" / "migrating-from-quantum-engine.rst" in found[0]
    for folder in (noxfile.MATRIX_FOLDER, noxfile.PYTHONS_FOLDER):
        assert Path(folder).parent == Path("docs/evidence")


def test_the_node_that_does_not_fit_has_the_nearest_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer one before an older: pip on 3.11 installs nothing for 3.9."""
    monkeypatch.setattr(noxfile, "identify", lambda python: (python, python))
    monkeypatch.setattr(noxfile, "find_python", lambda versions, _environ: next(iter(versions)))

    others = [noxfile.other_python(version)["CE_OTHER_PYTHON"] for version in noxfile.CE_VERSIONS]

    assert others == ["3.10", "3.11", "3.10"]


def test_the_pins_of_a_version_are_for_all_pythons() -> None:
    """The file says which they are."""
    for sdk in noxfile.SDK_VERSIONS:
        (first, *_) = noxfile.pins(sdk).read_text().splitlines()
        assert first.endswith(f"; Python {', '.join(noxfile.CE_VERSIONS)} (Linux).")
