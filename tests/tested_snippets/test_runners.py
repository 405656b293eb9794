"""The runners that are built in, as pages and their authors get to know them."""

from __future__ import annotations

import json
import os
import sys
import time
import venv
from pathlib import Path

import pytest

from sphinxext.tested_snippets.evidence import Environment
from tests.tested_snippets.scratch_project import Project

RUNTIMES = """snippets_runtimes = [
    "python = snippets_python", "pytest = snippets_pytest", "shell = snippets_shell"]"""


@pytest.fixture
def built_in(project: Project) -> Project:
    """A project that has the built-in runtimes and nothing of its own."""
    (project.root / "conftest.py").unlink()
    project.set_pytest(RUNTIMES.replace("\n", ""))
    return project


def check(text: str, language: str = "python", setup: str = "", **options: str) -> str:
    """A page's source: one block, with a check of it."""
    runtime = {"console": "shell", "bash": "shell"}.get(language, "python")
    options = {"runtime": runtime, "name": "it", **options}
    lines = [".. snippet-check::", *(f"   :{name}: {value}" for name, value in options.items())]
    lines += ["", *(f"   {line}" for line in setup.splitlines()), "", f".. code-block:: {language}"]
    return "\n".join([*lines, "", *(f"   {line}" for line in text.splitlines()), ""])


def run(project: Project, source: str, *arguments: str) -> tuple[bool, str]:
    """Whether the check of a page with this one block passes, and what pytest printed."""
    project.page(source)
    result = project.run_pytest(*arguments)
    passed = result.parseoutcomes().get("passed", 0)
    assert passed + result.parseoutcomes().get("failed", 0) == 1
    return bool(passed), "\n".join(result.outlines)


def observed(project: Project) -> str:
    """What was observed of the only check that was recorded."""
    (only,) = json.loads(project.evidence_file.read_text(encoding="utf-8"))["checks"]
    return str(only["observed"])


HOLDS = {
    "what it prints is its output": check("print('a')\nprint('b', 1 + 1)", output="b 2"),
    "what goes to the other stream is output, too": check(
        "import sys\nsys.stderr.write('careful')", output="careful"
    ),
    "an exception is its failure": check("{}['key']", fails="KeyError: 'key'"),
    "the cause of an exception is part of it": check(
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('x') from e",
        fails="ZeroDivisionError: division by zero",
    ),
    "a syntax error is its failure": check("def f(:", fails="SyntaxError: invalid syntax"),
    "an exit status is its failure": check("raise SystemExit(3)", fails="SystemExit: 3"),
    "ending well is no failure": check("import sys\nprint('done')\nsys.exit()", output="done"),
    "the set-up comes first": check("print(name)", setup="name = 'Ada'", output="Ada"),
    "it may have a future import after a set-up": check(
        "from __future__ import annotations\nprint(a)", setup="a = 1", output="1"
    ),
    "it is a script of its own": check(
        "import pickle\n\n\nclass A: pass\n\n\nassert __name__ == '__main__'\n"
        "print(type(pickle.loads(pickle.dumps(A()))).__name__)",
        output="A",
    ),
    "its traceback quotes it, which is not the message": check(
        "wanted = 'by zero'\nraise ValueError('other')", fails="other"
    ),
    "a signal is its failure": check(
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)", fails="by the signal SIGTERM"
    ),
    "a session gives what is shown": check(
        ">>> x = 1\n>>> x + 1\n2\n>>> print('a b c')\na ... c\n>>> 1 / 0\nTraceback (most recent call last):\n"
        "  ...\nZeroDivisionError: division by zero",
        language="pycon",
        output="a ... c",
    ),
    "a session that ends with an exception fails": check(
        ">>> 1 + 1\n2\n>>> undefined", language="pycon", fails="name 'undefined' is not defined"
    ),
    "tests are run by pytest": check(
        "def test_a():\n    assert 1 + 1 == 2", runtime="pytest", output="1 passed"
    ),
    "a test that fails is its failure": check(
        "def test_a():\n    total = 2\n    assert total == 3",
        runtime="pytest",
        fails="assert 2 == 3",
    ),
    "tests see fixtures and names of the set-up": check(
        "from __future__ import annotations\n\ndef test_a(given, tmp_path):\n    assert given == LIMIT",
        setup="import pytest\nLIMIT = 3\n@pytest.fixture\ndef given():\n    return 3",
        runtime="pytest",
    ),
    "commands run one after the other in one shell": check(
        '$ mkdir there && cd there\n$ NAME=Ada\n$ echo "$NAME" > file; cat file\nAda\n$ pwd\n.../there',
        language="console",
        output="Ada",
    ),
    "a command may go on": check(
        "$ for i in 1 2; do\n>   echo $i\n> done\n1\n2\n$ echo a \\\n    b\na b\n$ cat <<END\n> x y\n> END\nx y",
        language="console",
    ),
    "dots stand for any lines": check(
        "$ printf '%s\\n' a b c d e\na\n...\nd\n$ printf '%s\\n' a b c d e\nb\nc",
        language="console",
    ),
    "a command that fails is its failure": check(
        "$ echo before\nbefore\n$ ls nowhere\n...nowhere...\n",
        language="console",
        fails="No such file",
    ),
    "its exit status can be expected": check(
        "$ (exit 4)", language="console", fails="exit status 4"
    ),
    "a block without prompts is a script": check(
        "cd /\nfor i in 1 2; do\n  echo $i\ndone", language="bash", output="2"
    ),
    "a comment of a script is no prompt": check("# greet\necho hi", language="bash", output="hi"),
    "a shell has its set-up": check(
        "$ greet\nhello", language="console", setup="greet() { echo hello; }"
    ),
}


@pytest.mark.parametrize("source", HOLDS.values(), ids=list(HOLDS))
def test_a_snippet_is_what_its_page_says(built_in: Project, source: str) -> None:
    """What a reader would see is what the check goes by."""
    passed, output = run(built_in, source)
    assert passed, output


FAILS = {
    "an exception": (
        check("print('so far')\nx = 1\nx / 0"),
        ['File "snippet.py", line 3, in <module>', "x / 0", "ZeroDivisionError: division by zero"],
    ),
    "a quoted line is no message": (
        check("wanted = 'by zero'\nraise ValueError(  # by zero\n    'other')", fails="by zero"),
        ["no line of the message has 'by zero'", "ValueError: other"],
    ),
    "what it printed is no message": (
        check("print('by zero')\nraise ValueError('other')", fails="by zero"),
        ["no line of the message has 'by zero'"],
    ),
    "a set-up that fails is not the failure": (
        check("1 / 0", setup="2 / 0", fails="by zero"),
        ["setup.py", "ZeroDivisionError"],
    ),
    "a set-up that ends is not the end": (check("1 / 0", setup="raise SystemExit"), ["SystemExit"]),
    "a session that gives something else": (
        check(">>> 1 + 1\n3", language="pycon"),
        ["line 1 of the session, `1 + 1`, is shown with", "3", "but gives", "2"],
    ),
    "a session that gives something else is no failure": (
        check(">>> print('by zero')\n3", language="pycon", fails="by zero"),
        ["but gives", "by zero"],
    ),
    "no test": (check("def best(): pass", runtime="pytest"), ["no test of the snippet ran"]),
    "a skipped test": (
        check("import pytest\ndef test_a():\n    pytest.skip('now')", runtime="pytest"),
        ["no test of the snippet ran"],
    ),
    "a module of tests that can't be imported": (
        check("import nowhere_to_be_found", runtime="pytest"),
        ["No module named 'nowhere_to_be_found'"],
    ),
    "a set-up of tests that fails is not the failure": (
        check("def test_a(): 1 / 0", setup="2 / 0", runtime="pytest", fails="by zero"),
        ["pytest ended with exit status 4", "division by zero"],
    ),
    "output that is not there": (
        check("$ echo one; echo two\none\nthree", language="console"),
        ["`echo one; echo two` (line 1 of the block) is shown with the line 'three'"],
    ),
    "output in another order": (
        check("$ printf 'a\\nb\\n'\nb\n...\na", language="console"),
        ["is shown with the line 'a'"],
    ),
    "other output of a command that fails is no failure": (
        check("$ ls nowhere\nnothing", language="console", fails="No such file"),
        ["is shown with the line 'nothing'", "No such file"],
    ),
    "a command after one that failed": (
        check("$ ls nowhere\n$ echo on\non", language="console"),
        ["`ls nowhere` failed with exit status 2"],
    ),
    "a shell that ends": (check("$ exit 3", language="console"), ["exit status 3"]),
    "a command that is no command": (check("$ if", language="console"), ["syntax error"]),
    "output before the first command": (
        check("hello\n$ echo hello", language="console"),
        ["line 1 of the console block, 'hello', stands before the first command"],
    ),
    "a line of a session that doctest skips": (
        check(">>> 1 + 1\n2\n>>> 1 / 0  # doctest: +SKIP", language="pycon"),
        ["the session leaves out line 3, `1 / 0", "waive the block with `:waive: reason`"],
    ),
    "a command of a script before its last": (
        check("nosuchcommand\necho hi", language="bash"),
        [
            "nosuchcommand: command not found",
            "the script failed with exit status 127",
        ],
    ),
    "a command of the set-up of a shell before its last": (
        check("$ echo hi\nhi", language="console", setup="false\ntrue"),
        ["the shell ended with exit status 1"],
    ),
    "the prompt of root": (
        check("# rm nowhere", language="console"),
        ["line 1 of the console block, '# rm nowhere', begins with another prompt than `$ `"],
    ),
    "the prompt of an environment": (
        check("(venv) $ echo hi\nhi", language="console"),
        ["'(venv) $ echo hi', begins with another prompt than `$ `: lines with `$ ` are commands"],
    ),
    "the prompt of a user": (
        check("me@there:~$ echo hi\nhi", language="console"),
        ["'me@there:~$ echo hi', begins with another prompt"],
    ),
    "a set-up of a shell that fails": (
        check("$ ls nowhere", language="console", setup="false", fails="No such file"),
        ["the shell ended with exit status 1"],
    ),
}


@pytest.mark.parametrize(("source", "wanted"), FAILS.values(), ids=list(FAILS))
def test_a_snippet_that_is_something_else_fails_with_the_reason(
    built_in: Project, source: str, wanted: list[str]
) -> None:
    """The reason is shown as the author of the page needs it, without frames of ours."""
    passed, output = run(built_in, source)
    assert not passed
    for text in wanted:
        assert text in output
    assert "run_python.py" not in output
    assert "tested_snippets/runners.py" not in output


@pytest.mark.parametrize(
    "source",
    [
        check("while True: pass"),
        check("$ echo so far\n$ sleep 600", language="console"),
        check("def test_a():\n    import time\n    time.sleep(600)", runtime="pytest"),
    ],
    ids=["python", "shell", "pytest"],
)
def test_a_snippet_that_does_not_end_is_ended(built_in: Project, source: str) -> None:
    """The limit is a setting; on a busy machine Python itself may need it to begin."""
    seconds, output = 1.5, "ran out of time"
    while "ran out of time" in output and "TimeoutError" not in output:
        assert seconds < 100, output
        built_in.set_pytest(f"snippets_timeout = {seconds}")
        passed, output = run(built_in, source)
        assert not passed
        seconds *= 2
    assert f"TimeoutError: it did not end within {seconds / 2:g} seconds" in output


def test_what_a_snippet_printed_until_it_was_ended_is_shown(built_in: Project) -> None:
    """However long Python takes to come to that."""
    seconds, output = 1, ""
    while "so far" not in output:
        assert seconds < 100, output
        built_in.set_pytest(f"snippets_timeout = {seconds}")
        passed, output = run(built_in, check("print('so', 'far', flush=True)\nwhile True: pass"))
        assert not passed
        assert f"TimeoutError: it did not end within {seconds} seconds" in output
        seconds *= 2


@pytest.mark.parametrize(
    "source",
    [
        check("while True: print('y' * 1000)"),
        check("$ yes yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", language="console"),
        check(
            "def test_a(capfd):\n    with capfd.disabled():\n        while True: print('y' * 1000)",
            runtime="pytest",
        ),
    ],
    ids=["python", "shell", "pytest"],
)
def test_a_snippet_that_prints_for_ever_is_ended_before_it_fills_the_disk(
    built_in: Project, source: str
) -> None:
    """Long before its time is over; the terminal and the report show both ends of what it gave."""
    built_in.set_pytest("snippets_timeout = 600")
    passed, output = run(built_in, source, "--snippets-report=report.json")
    assert not passed
    assert "it printed more than 100 MB, and was ended" in output
    report = (built_in.root / "report.json").read_text(encoding="utf-8")
    assert max(len(output), len(report)) < 1_000_000
    assert (
        "(what it gave between is left out)" not in output
    )  # That is in the middle, which is not shown.


def test_a_long_output_is_shown_by_its_ends_and_still_searched_as_a_whole(
    built_in: Project,
) -> None:
    """What is expected may stand in lines that a failure leaves out."""
    text = "for number in range(5000): print(f'line {number};')\nprint('z' * 10_000)"
    passed, output = run(built_in, check(text, output="line 2500;"))
    assert passed
    passed, output = run(built_in, check(text, output="no such line"))
    assert not passed
    assert "line 5;" in output
    assert "line 4990;" in output
    assert "line 2500;" not in output
    assert "… (4802 lines)" in output
    assert "… (8000 more characters)" in output


def test_the_end_of_an_output_too_long_to_keep_is_kept(built_in: Project) -> None:
    """It is where a program says what became of it."""
    text = "for number in range(300_000): print(f'line {number};')\nprint('done')"
    passed, _ = run(built_in, check(text, output="done"))
    assert passed


def test_nothing_stays_of_a_snippet(built_in: Project, tmp_path: Path) -> None:
    """Neither what it started in the background nor its folder."""
    # Whoever reads from the pipe gets an end when no process has it open for writing any more, and an error before.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = (
        f"import os, subprocess\nsubprocess.Popen(['sleep', '3600'], stdout=open({str(pipe)!r}, 'w'))\n"
        f"open({str(tmp_path / 'folder')!r}, 'w').write(os.getcwd())"
    )
    with os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as reader:
        passed, output = run(built_in, check(code))
        assert passed, output
        assert not Path((tmp_path / "folder").read_text()).exists()
        deadline = time.monotonic() + 60
        while reader.read() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_no_secret_of_the_author_is_passed_on(
    built_in: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables have to be asked for; the value of one that is called a secret is shown nowhere."""
    monkeypatch.setenv("HOST_TOKEN", "s3cr3t-value")
    monkeypatch.setenv("MY_NAME", "Ada")
    code = (
        "import os\nprint([os.environ.get(n) for n in ('HOST_TOKEN', 'MY_NAME')], os.listdir('.'))"
    )
    passed, output = run(built_in, check(code, output="[None, None] []"))
    assert passed, output
    built_in.set_pytest('snippets_pass_env = ["MY_*", "*_TOKEN"]')
    passed, output = run(built_in, check(code, output="'Ada'] []"), "--snippets-evidence=update")
    assert passed, output
    assert observed(built_in) == "['***', 'Ada'] []"
    passed, output = run(built_in, check(code, output="nowhere"))
    assert not passed
    assert "'***', 'Ada'" in output
    assert "s3cr3t" not in output


def test_a_snippet_imports_what_the_tests_do(built_in: Project) -> None:
    """Folders of pytest's setting ``pythonpath`` are there; the folder of pytest is not."""
    built_in.write("src/my_library.py", "def greet(): return 'hello'\n")
    built_in.set_pytest('pythonpath = ["src"]')
    code = "import my_library\nprint(my_library.greet())"
    for source in (
        check(code, output="hello"),
        check(f"def test_a():\n    {code.replace(chr(10), chr(10) + '    ')}", runtime="pytest"),
    ):
        passed, output = run(built_in, source)
        assert passed, output
    built_in.write("beside_pytest.py", "")
    passed, output = run(built_in, check("import beside_pytest"))
    assert not passed
    assert "No module named 'beside_pytest'" in output


@pytest.fixture(scope="session")
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two virtual environments, with version 1 and version 2 of a library."""
    interpreters = {}
    for version in ("1", "2"):
        folder = tmp_path_factory.mktemp("environments") / f"venv-{version}"
        venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
        site = next(folder.glob("lib/python*/site-packages"))
        (site / "lib.py").write_text(
            "def old(): print('old way')\n" if version == "1" else "def new(): print('new way')\n"
        )
        metadata = site / f"lib-{version}.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: lib\nVersion: {version}.0\n"
        )
        command = folder / "bin" / "lib-version"
        command.write_text(f"#!/bin/sh\necho {version}.0\n")
        command.chmod(0o755)
        interpreters[version] = folder / "bin" / "python"
    return interpreters


MIGRATION = """
.. snippet-check:: 1.x
   :runtime: lib 1
   :output: old way

.. snippet-check:: 2.x
   :runtime: lib 2
   :fails: has no attribute 'old'

.. code-block:: python
   :name: before

   import lib
   lib.old()

.. snippet-check::
   :runtime: lib 2
   :output: new way

.. code-block:: python
   :name: after

   import lib
   lib.new()

.. snippet-check::
   :runtime: shell 2

.. code-block:: console
   :name: version

   $ lib-version
   2.0
"""


@pytest.fixture
def migration(built_in: Project, two_versions: dict[str, Path]) -> Project:
    """A guide whose snippets run on two versions of a library, each in an environment of its own."""
    for version, interpreter in two_versions.items():
        (built_in.root / f".venv-{version}").symlink_to(interpreter.parent.parent)
    lines = [f"lib {n} = snippets_python(.venv-{n}/bin/python)" for n in (1, 2)]
    lines += ["shell 2 = snippets_shell(.venv-2/bin/python)", "python = snippets_python"]
    built_in.set_pytest(f"snippets_runtimes = {json.dumps(lines)}")
    built_in.set_pytest('snippets_environment = ["lib"]')
    built_in.page(MIGRATION)
    return built_in


def environments(project: Project) -> dict[str, list[str]]:
    """The evidence files, and the tests that each of them has."""
    files = sorted((project.root / "docs/evidence").glob("*.json"))
    return {
        file.name: [
            check["test"].partition("::")[2] for check in json.loads(file.read_text())["checks"]
        ]
        for file in files
    }


PYTHON = f"python-{sys.version_info[0]}.{sys.version_info[1]}"


def test_each_runtime_has_the_evidence_of_its_own_environment(migration: Project) -> None:
    """Checks are filed under the versions that the runtime's interpreter has, and compared with those."""
    migration.update().assert_outcomes(passed=4)
    assert environments(migration) == {
        f"{PYTHON}_lib-1.0.json": ["before[1.x]"],
        f"{PYTHON}_lib-2.0.json": ["after", "before[2.x]", "version"],
    }
    before = {f: f.read_bytes() for f in (migration.root / "docs/evidence").iterdir()}
    text = "\n".join(migration.run_pytest().outlines)
    assert f"1 checks agree with docs/evidence/{PYTHON}_lib-1.0.json" in text
    assert f"3 checks agree with docs/evidence/{PYTHON}_lib-2.0.json" in text
    migration.update("-n", "2").assert_outcomes(passed=4)
    assert {f: f.read_bytes() for f in before} == before
    shown = migration.build("-W").shown()
    assert "runs on lib 1, fails on lib 2" in shown
    assert f"Python {PYTHON[7:]}, lib 1.0; Python {PYTHON[7:]}, lib 2.0" in shown


def test_a_difference_names_the_environment_it_is_in(migration: Project) -> None:
    """The other runtimes' evidence still agrees."""
    migration.update()
    migration.replace("docs/index.rst", "has no attribute 'old'", "no attribute 'old'")
    result = migration.run_pytest()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    text = "\n".join(result.outlines)
    assert f"what was observed differs from docs/evidence/{PYTHON}_lib-2.0.json:" in text
    assert f"1 checks agree with docs/evidence/{PYTHON}_lib-1.0.json" in text


def test_a_check_that_moves_to_another_runtime_moves_in_the_evidence(migration: Project) -> None:
    """It is dropped from the environment that it ran in before, and only there."""
    migration.update()
    migration.replace(
        "docs/index.rst",
        "   :runtime: lib 2\n   :output: new way",
        "   :runtime: lib 1\n   :fails: no attribute 'new'",
    )
    migration.update().assert_outcomes(passed=4)
    assert environments(migration) == {
        f"{PYTHON}_lib-1.0.json": ["after", "before[1.x]"],
        f"{PYTHON}_lib-2.0.json": ["before[2.x]", "version"],
    }


def test_tests_belong_to_the_environment_of_their_runtime(migration: Project) -> None:
    """Whether they let the runtime run the snippet or run it their own way."""
    migration.page("Text.\n")
    migration.write(
        "tests/test_a.py",
        """
        import pytest

        def old():
            import lib; lib.old()
            # </snippet>

        @pytest.mark.snippet("old", runtime="lib 1", output="old way")
        def test_runs(snippet):
            snippet.run()

        @pytest.mark.snippet("old", runtime="lib 2", fails="gone")
        def test_observes(snippet):
            snippet.observe("it is gone")
        """,
    )
    migration.update().assert_outcomes(passed=2)
    assert environments(migration) == {
        f"{PYTHON}_lib-1.0.json": ["test_runs"],
        f"{PYTHON}_lib-2.0.json": ["test_observes"],
    }


def test_without_its_environment_a_check_fails_and_records_nothing(migration: Project) -> None:
    """The message names the interpreter and how to make it; what is known of the snippet stays."""
    migration.update()
    before = environments(migration)
    (migration.root / ".venv-1").unlink()
    result = migration.update()
    result.assert_outcomes(passed=3, failed=1)
    text = "\n".join(result.outlines)
    assert f"there is no interpreter .venv-1/bin/python in {migration.root}" in text
    assert "python -m venv .venv-1" in text
    assert "Traceback" not in text
    assert environments(migration) == before


def test_a_runner_of_ones_own_may_have_its_own_environment(project: Project) -> None:
    """A project's fixture says where its snippets run, and takes arguments, by two plain methods."""
    project.write(
        "conftest.py",
        """
        import pytest
        from sphinxext.tested_snippets.evidence import Environment

        class Remote:
            def __init__(self, version): self.version = version
            def __call__(self, snippet): return f"ran on {self.version}"
            def using(self, argument): return Remote(argument)
            def environment(self, distributions):
                return Environment("3.1", {name: self.version for name in distributions})

        @pytest.fixture
        def remote(): return Remote("0")
        """,
    )
    project.set_pytest('snippets_runtimes = ["old = remote(1.5)", "default = remote"]')
    project.set_pytest('snippets_environment = ["server"]')
    project.page(check("x = 1", runtime="old", output="ran on 1.5"))
    project.update().assert_outcomes(passed=1)
    assert project.evidence_file.name == "python-3.1_server-1.5.json"


BAD = {
    "snippets_timeout = 'soon'": "snippets_timeout is 'soon', expected seconds: a number above 0",
    'snippets_runtimes = ["python = snippets python"]': "expected the name of a fixture, or FIXTURE(argument)",
    'snippets_runtimes = ["python = tmp_path(x)"]': "has no method using(argument)",
    'snippets_runtimes = ["python = snippets_python(pyproject.toml)"]': "there is no interpreter pyproject.toml",
    'snippets_runtimes = ["python = snippets_python(not-python)"]': "is no Python that could say which versions",
}


@pytest.mark.parametrize(("setting", "wanted"), BAD.items(), ids=list(BAD))
def test_a_setting_that_cannot_be_used_is_named(
    built_in: Project, setting: str, wanted: str
) -> None:
    """With what was found and what was expected, not with a traceback."""
    built_in.write("not-python", "#!/bin/sh\necho hello\n").chmod(0o755)
    built_in.set_pytest(setting)
    built_in.page(check("x = 1"))
    result = built_in.run_pytest()
    text = "\n".join([*result.outlines, *result.errlines])
    assert result.ret != 0
    assert wanted in text
    assert "Traceback" not in text


def test_a_runner_can_be_made_in_a_conftest(
    built_in: Project, two_versions: dict[str, Path]
) -> None:
    """The classes are public: a fixture of one's own may prepare what the interpreter needs."""
    built_in.write(
        "conftest.py",
        f"""
        import pytest
        from sphinxext.tested_snippets.runners import PythonRunner

        @pytest.fixture(scope="session")
        def lib_1():
            return PythonRunner({str(two_versions["1"])!r}, seconds=60)
        """,
    )
    built_in.set_pytest('snippets_runtimes = ["python = lib_1"]')
    built_in.set_pytest('snippets_environment = ["lib"]')
    passed, output = run(
        built_in, check("import lib\nlib.old()", output="old way"), "--snippets-evidence=update"
    )
    assert passed, output
    recorded = json.loads(built_in.evidence_file.read_text())["environment"]
    assert Environment.from_json(recorded).packages == {"lib": "1.0"}
