"""The command ``python -m sphinxext.tested_snippets``, as a hook and a newcomer call it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import sphinxext.tested_snippets as package
from tests.tested_snippets.scratch_project import Project

TESTS = """
import pytest

LIMIT = 3

def greet():
    print("hello")
    # </snippet>

def shown():
    x = 1
    # </snippet>

@pytest.mark.snippet("greet", output="hello")
def test_greet(snippet):
    snippet.run()
    assert LIMIT == 3
"""

PAGE = """
.. literalinclude:: ../tests/test_a.py
   :language: python
   :start-after: def shown(
   :end-before: # </snippet>
   :dedent:

.. code-block:: python
   :name: inline

   y = 1

.. code-block:: python
   :waive: only an idea

   ...
"""
#: Where the package under test is, for a process of its own.
HOME = str(Path(package.__file__).parents[2])


def call(folder: Path, *arguments: str, prelude: str = "") -> tuple[int, str]:
    """Run the command in a folder; its exit status and all that it printed."""
    code = (
        f"import runpy, sys; sys.path.insert(0, {HOME!r}); sys.argv[1:] = {list(arguments)!r}; {prelude}\n"
        "runpy.run_module('sphinxext.tested_snippets', run_name='__main__', alter_sys=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def recorded(project: Project) -> Project:
    """A project whose three checks were recorded."""
    project.write("tests/test_a.py", TESTS)
    project.page(PAGE)
    project.update().assert_outcomes(passed=3)
    return project


def test_evidence_that_is_up_to_date_is_said_to_be(recorded: Project) -> None:
    """From any folder of the project, too."""
    wanted = (0, "3 checks in docs/evidence are as recorded\n")
    assert call(recorded.root, "check") == wanted
    assert call(recorded.root / "docs", "check") == wanted
    assert call(recorded.root.parent, "check", "--root", recorded.root.name) == wanted


CHANGES = {
    "the snippet of a test": (
        "tests/test_a.py",
        'print("hello")',
        'print("hello!")',
        (
            "tests/test_a.py:14: tests/test_a.py::greet on py (Python {v}): its text changed since "
            "tests/test_a.py::test_greet ran it"
        ),
    ),
    "the test": (
        "tests/test_a.py",
        "    snippet.run()",
        "    snippet.run(setup='')",
        "tests/test_a.py::test_greet changed since it ran",
    ),
    "what the test uses": (
        "tests/test_a.py",
        "LIMIT = 3",
        "LIMIT = 2 + 1",
        "tests/test_a.py::test_greet changed since it ran",
    ),
    "the name of the test": (
        "tests/test_a.py",
        "def test_greet",
        "def test_other",
        "the test tests/test_a.py::test_greet does not exist any more",
    ),
    "the markers of a snippet": (
        "tests/test_a.py",
        "def greet(",
        "def welcome(",
        "there is no snippet 'greet'",
    ),
    "what a page shows of a file": (
        "tests/test_a.py",
        "x = 1",
        "x = 2",
        (
            "docs/index.rst:4: tests/test_a.py::shown on py (Python {v}): its text changed since "
            "docs/index.rst::shown ran it"
        ),
    ),
    "what stands on a page": (
        "docs/index.rst",
        "y = 1",
        "y = 2",
        "docs/index.rst:10: docs/index.rst::inline on py (Python {v}): its text changed",
    ),
    "a check on a page": (
        "docs/index.rst",
        ".. code-block:: python\n   :name: inline",
        ".. snippet-check::\n   :runtime: other\n\n.. code-block:: python\n   :name: inline",
        "docs/index.rst::inline changed since it ran",
    ),
    "a block that is new": (
        "docs/index.rst",
        "   :waive: only an idea",
        "   :name: new",
        "docs/index.rst:15: the check docs/index.rst::new has not run yet",
    ),
    "a block that is gone": (
        "docs/index.rst",
        ":name: inline",
        ":waive: not now",
        "the check docs/index.rst::inline does not exist any more",
    ),
    "a region that can't be cut": (
        "docs/index.rst",
        "def shown(",
        "def gone(",
        "tests/test_a.py: no line has the start marker 'def gone('",
    ),
}


@pytest.mark.parametrize(("path", "old", "new", "wanted"), CHANGES.values(), ids=list(CHANGES))
def test_what_changed_since_it_ran_is_named(
    recorded: Project, path: str, old: str, new: str, wanted: str
) -> None:
    """With its place, and the command that records it; as pytest sees it, which would fail, too."""
    recorded.set_pytest('snippets_update_command = "make evidence"')
    recorded.replace(path, old, new)
    status, output = call(recorded.root, "check")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert wanted.format(v=version) in output
    assert "Run `make evidence`." in output
    assert status == 1
    assert recorded.run_pytest().ret == pytest.ExitCode.TESTS_FAILED


UNCHANGED = {
    "lines above": ("tests/test_a.py", "import pytest\n", "import pytest\n\n\n\n"),
    "what no check uses": ("tests/test_a.py", "import pytest\n", "import pytest\nOTHER = 1\n"),
    "text of the page": ("docs/index.rst", ".. literalinclude", "Words.\n\n.. literalinclude"),
    "a reason": ("docs/index.rst", "only an idea", "just an idea"),
}


@pytest.mark.parametrize(("path", "old", "new"), UNCHANGED.values(), ids=list(UNCHANGED))
def test_what_no_check_depends_on_may_change(
    recorded: Project, path: str, old: str, new: str
) -> None:
    """The evidence still holds, for pytest as well."""
    recorded.replace(path, old, new)
    assert call(recorded.root, "check")[0] == 0
    assert recorded.run_pytest().ret == 0


def test_it_answers_without_sphinx_and_pytest(recorded: Project) -> None:
    """Neither is imported, which is what keeps a commit hook under a second; half a thousand snippets are no matter."""
    functions = [f"def s{n}():\n    x = {n}\n    # </snippet>\n" for n in range(500)]
    recorded.write("tests/test_many.py", "\n\n".join(functions))
    blocks = [f".. snippet:: ../tests/test_many.py::s{n}\n" for n in range(500)]
    recorded.page("\n".join(blocks), name="many")
    recorded.update("docs").assert_outcomes(passed=502)
    refuse = "sys.modules.update(dict.fromkeys(('sphinx', 'docutils', 'pytest', 'sybil')))"
    answer = call(recorded.root, "check", prelude=refuse)
    assert answer == (0, "503 checks in docs/evidence are as recorded\n")


def test_settings_are_found_in_the_files_that_pytest_takes(recorded: Project) -> None:
    """An ini file says the same as the table of a pyproject.toml."""
    recorded.write(
        "pytest.ini",
        """
        [pytest]
        snippets_pages =
            docs/*.rst
        snippets_evidence = records
        snippets_runtimes = py = py_runner
        """,
    )
    status, output = call(recorded.root, "check")
    assert status == 1
    assert "docs/index.rst:10: the check docs/index.rst::inline has not run yet" in output
    recorded.update().assert_outcomes(passed=3)
    assert call(recorded.root, "check") == (0, "3 checks in records are as recorded\n")


UNUSABLE = {
    "damaged evidence": ("docs/evidence/python-3.9.json", "{", "is not an evidence file"),
    "newer evidence": ("docs/evidence/python-3.9.json", '{"format": 9}', "has format 9"),
    "damaged settings": ("pyproject.toml", "[tool.pytest\n", "is not TOML"),
    "a marker without a name": (
        "pyproject.toml",
        "[tool.pytest.ini_options]\nsnippets_marker = ['a', 'b']\n",
        "snippets_marker is ['a', 'b'], expected two texts",
    ),
}


@pytest.mark.parametrize(("path", "text", "wanted"), UNUSABLE.values(), ids=list(UNUSABLE))
def test_what_cannot_be_read_gives_no_answer(
    recorded: Project, path: str, text: str, wanted: str
) -> None:
    """That is another exit status than stale evidence, and names the file."""
    recorded.write(path, text)
    status, output = call(recorded.root, "check")
    assert status == 2
    assert wanted in output
    assert path in output


def test_a_folder_without_evidence_gives_no_answer(tmp_path: Path) -> None:
    """Nor does a command that doesn't exist."""
    status, output = call(tmp_path, "check")
    assert status == 2
    assert "there is no folder docs/evidence in" in output
    assert call(tmp_path, "chek")[0] == 2


def stock_project(project: Project) -> None:
    """A project that has never heard of the extension: its own markers, and a page with defects."""
    project.write("docs/conf.py", "")
    project.write("conftest.py", "")
    project.write("pyproject.toml", "[project]\nname = 'x'\n")
    project.write(
        "examples/tour.py",
        """
        def tour():
            # [START walk]
            walk()
            # [END walk]

            # [START rest]
            rest()
            # [START sleep]
            sleep()
            # [END sleep]
            # [END rest]

        def unused():
            # [START alone]
            pass
            # [END alone]
        """,
    )
    project.write("tests/test_tour.py", "from tour import tour\n\ndef test_it():\n    tour()\n")
    include = ".. literalinclude:: ../examples/tour.py\n"
    regions = [
        f"{include}   :start-after: [START {name}]\n   :end-before: [END {name}]\n   :dedent: 4\n"
        for name in ("walk", "rest", "alone", "nothing")
    ]
    inline = [".. code-block:: python\n\n   x = 1\n"] * 2
    others = [".. code-block:: console\n\n   $ ls\n", ".. code-block:: toml\n\n   a = 1\n"]
    project.page("\n".join([*regions, *inline, *others]))


def test_adopting_a_project_tells_what_it_would_get(project: Project) -> None:
    """Which includes would be errors and why, what no test uses, and settings in the project's style."""
    stock_project(project)
    before = {file: file.read_bytes() for file in project.root.rglob("*") if file.is_file()}
    status, output = call(project.root, "adopt", "docs")
    assert status == 1
    assert "1 page with 4 blocks and 4 includes" in output
    assert "2 includes would be errors:" in output
    assert "docs/index.rst:9: examples/tour.py:8: the region that starts on line 6" in output
    assert "docs/index.rst:19: examples/tour.py: no line has the start marker" in output
    assert "1 snippet that no test uses" in output
    assert "  examples/tour.py::alone (shown on docs/index.rst:14)" in output
    assert "tested_snippets_marker = ('[START {name}]', '[END {name}]')" in output
    assert 'snippets_marker = ["[START {name}]", "[END {name}]"]' in output
    assert 'snippets_pages = ["docs/**/*.rst"]' in output
    assert "No runner is built in for 1 toml" in output
    assert {f: f.read_bytes() for f in project.root.rglob("*") if f.is_file()} == before


def test_the_settings_to_start_with_work(project: Project) -> None:
    """Put where it says, pytest runs the pages with them, and the build takes the markers."""
    stock_project(project)
    (project.root / "tests/test_tour.py").unlink()
    project.write(
        "examples/tour.py", "def tour():\n    # [START walk]\n    x = 1\n    # [END walk]\n"
    )
    project.page(
        ".. snippet:: ../examples/tour.py::walk\n\n.. literalinclude:: ../examples/tour.py\n"
        "   :start-after: [START walk]\n   :end-before: [END walk]\n   :dedent:\n"
    )
    status, output = call(project.root, "adopt", "docs")
    assert status == 0
    assert "No include would be an error." in output
    conf, settings = output.split("To start with, in docs/conf.py:")[1].split(
        "and in pyproject.toml:"
    )
    project.configure(
        conf.replace("  ext", "ext").replace("..., ", "").replace("  tested", "tested")
    )
    lines = (line.strip() for line in settings.splitlines())
    project.write("pyproject.toml", "\n".join(lines))
    project.update().assert_outcomes(passed=2)
    assert project.build("-W").status == 0
    assert call(project.root, "check")[0] == 0


MARKED = {
    "[START {0}]": "[END {0}]",
    "__{0}_begin__": "__{0}_end__",
    "tag::{0}[]": "end::{0}[]",
    "#region {0}": "#endregion {0}",
}


def marked_project(project: Project, starts: list[str]) -> None:
    """Two snippets in each of these styles, shown by a stock page; their names are in the markers' own words."""
    project.write("docs/conf.py", "extensions = []\n")
    source, page = "", ""
    for number, start in enumerate(starts):
        for name in (f"end{number}", f"begin-tag{number}"):
            begin, end = start.format(name), MARKED[start].format(name)
            source += f"# {begin}\nx = {number}\n# {end}\n"
            page += (
                f".. literalinclude:: ../examples/code.py\n   :start-after: {begin}\n"
                f"   :end-before: {end}\n\n"
            )
    project.write("examples/code.py", source)
    project.page(page)


@pytest.mark.parametrize("start", MARKED)
def test_adopting_recognises_the_style_that_a_project_has(project: Project, start: str) -> None:
    """Each of the well-known ones, and one of its own, whatever the names are."""
    marked_project(project, [start])

    status, output = call(project.root, "adopt", "docs")

    assert status == 0
    begin, end = start.format("{name}"), MARKED[start].format("{name}")
    assert f"tested_snippets_marker = ({begin!r}, {end!r})" in output
    assert f'snippets_marker = ["{begin}", "{end}"]' in output


def test_adopting_names_all_styles_of_a_project_in_settings_that_work(project: Project) -> None:
    """The snippets can then be shown by their names, whichever style they are in."""
    marked_project(project, list(MARKED))

    status, output = call(project.root, "adopt", "docs")

    assert status == 0
    (sphinx,) = [line.strip() for line in output.splitlines() if "tested_snippets_marker" in line]
    (for_pytest,) = [line.strip() for line in output.splitlines() if "  snippets_marker" in line]
    assert "'#region {name} => #endregion {name}'" in sphinx
    assert sphinx.count("{name}") == 5
    project.write("docs/conf.py", f"extensions = ['sphinxext.tested_snippets']\n{sphinx}\n")
    project.set_pytest(for_pytest)
    names = [name for number in range(4) for name in (f"end{number}", f"begin-tag{number}")]
    project.page("".join(f".. snippet:: ../examples/code.py::{name}\n\n" for name in names))
    project.update().assert_outcomes(passed=8)
    assert project.build("-W").warnings == ""


def test_a_word_that_two_lines_share_by_chance_makes_no_style(project: Project) -> None:
    """Where other includes show what the style is."""
    marked_project(project, ["[START {0}]"])
    code = project.root / "examples/code.py"
    code.write_text(f"import total\ny = 1\nprint(total)\n{code.read_text()}")
    index = project.root / "docs/index.rst"
    index.write_text(
        f"{index.read_text()}.. literalinclude:: ../examples/code.py\n"
        "   :start-after: import total\n   :end-before: print(total)\n"
    )

    _, output = call(project.root, "adopt", "docs")

    assert "tested_snippets_marker = ('[START {name}]', '[END {name}]')" in output


def test_adopting_needs_a_folder(tmp_path: Path) -> None:
    """One that isn't there is named."""
    status, output = call(tmp_path, "adopt", "nowhere")
    assert status == 2
    assert "nowhere: is no folder. Name the one with conf.py." in output


def test_adopting_needs_a_conf_py(tmp_path: Path) -> None:
    """A folder of something else has no pages, and nothing to say of them."""
    (tmp_path / "src").mkdir()
    status, output = call(tmp_path, "adopt", "src")
    assert status == 2
    assert "src: has no conf.py. Name the folder of the pages that has it." in output


def test_without_a_mark_the_root_is_the_folder_of_the_pages_and_what_they_include() -> None:
    """The settings fit the folder they are for, the tests are found, and the guess is said to be one."""
    example = Path(__file__).parents[2] / "examples/manual/literalinclude/before"
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # Nothing above it is a project.
        root = Path(folder).resolve() / "mine"
        shutil.copytree(example, root)
        status, output = call(root, "adopt", "docs")
    assert status in {0, 1}
    assert f"says where the project begins. Taken for its root: {root}\n" in output
    assert "add_up (shown" not in output
    assert "To start with, in docs/conf.py:" in output
    assert "and in pyproject.toml:" in output
    assert 'snippets_pages = ["docs/**/*.rst"]' in output
    assert 'snippets_evidence = "docs/evidence"' in output


def test_the_hook_for_pre_commit_calls_the_command() -> None:
    """With an entry that exists, without file names, and in every commit."""
    text = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8")
    entry = next(line for line in text.splitlines() if "entry:" in line)
    module, command = entry.split()[-2:]
    assert (module, command) == ("sphinxext.tested_snippets", "check")
    assert "pass_filenames: false" in text
    assert "always_run: true" in text
