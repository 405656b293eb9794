"""A runtime runs the languages that are its own, and says so of no other."""

from __future__ import annotations

import pytest

from tests.tested_snippets.scratch_project import Project

BUILT_IN = 'snippets_runtimes = ["Python = snippets_python", "shell = snippets_shell"{more}]'


@pytest.fixture
def built_in(project: Project) -> Project:
    """A project with two of the built-in runtimes, and a fixture that prints what it is given."""
    project.write(
        "conftest.py",
        """
        import pytest


        @pytest.fixture
        def printing():
            return lambda snippet: f"{snippet.language}: {snippet.text}"
        """,
    )
    project.set_pytest(BUILT_IN.format(more=""))
    return project


def block(language: str, text: str, check: str = "") -> str:
    """The source of a page with one block."""
    return f"{check}\n.. code-block:: {language}\n\n   {text}\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (block("yaml", "name: str"), "its language is yaml, and the runtime Python runs"),
        (block("json", '{"a": 1}'), "its language is json"),
        (block("javascript", 'print("x")'), "its language is javascript"),
        (block("text", "..."), "its language is text"),
        ("It says::\n\n    42\n", "its language is not known"),
        (
            block("console", "print", ".. snippet-check::\n   :runtime: Python\n"),
            "its language is console, and the runtime Python runs",
        ),
        (
            block("python", "true", ".. snippet-check::\n   :runtime: shell\n"),
            "its language is python, and the runtime shell runs bash, console, sh",
        ),
    ],
)
def test_what_is_no_python_is_not_said_to_run_on_python(
    built_in: Project, source: str, said: str
) -> None:
    """Text that Python happens to take is no Python: pytest names the line and what to do, the build says never run."""
    built_in.page(source)

    printed = built_in.update().stdout.str()
    assert said in printed
    assert "docs/index.rst:" in printed
    assert "or waive it with `:waive: reason`" in printed
    assert "1 broken" in printed
    assert not (built_in.root / "docs/evidence").exists()
    assert "was never run" in built_in.build().warnings


def test_each_block_goes_to_the_first_runtime_of_its_language(built_in: Project) -> None:
    """So a console block needs no ``:runtime:`` beside blocks of Python."""
    built_in.set_pytest(BUILT_IN.format(more=', "reader = printing for yaml, JSON"'))
    sources = [
        block("python", "print(1)"),
        block("console", "$ echo hi"),
        block("pycon", ">>> 1 + 1\n   2"),
        block("bash", "[ -d . ]"),
        block("yaml", "a: 1", ".. snippet-check::\n   :output: yaml: a\n"),
        block("json", "{}"),
    ]
    built_in.page("\n".join(sources))
    built_in.update().assert_outcomes(passed=6)

    built = built_in.build("-W")
    assert built.warnings == ""
    places = [
        built.shown().find(said, built.shown().find(shown))
        for said, shown in (
            ("Checked: runs on Python", "print(1)"),
            ("Checked: runs on shell", "$ echo hi"),
            ("Checked: runs on Python", ">>> 1 + 1"),
            ("Checked: runs on shell", "[ -d . ]"),
            ("Checked: runs on reader", "a: 1"),
            ("Checked: runs on reader", "{}"),
        )
    ]
    assert places == sorted(places)
    assert built.shown().count("Checked: runs on reader") == 2


def test_a_runtime_of_ones_own_runs_what_it_is_given(project: Project) -> None:
    """Its fixture knows what it can do with which language."""
    project.page(block("yaml", "x = 1"))
    project.update().assert_outcomes(passed=1)
    assert project.build("-W").warnings == ""


@pytest.mark.parametrize("languages", ["for", "for (a)"])
def test_a_line_without_its_languages_is_refused(built_in: Project, languages: str) -> None:
    """The message shows the form."""
    built_in.set_pytest(f'snippets_runtimes = ["Python = snippets_python {languages}"]')
    built_in.page(block("python", "x = 1"))
    printed = built_in.run_pytest().stderr.str()
    assert "expected the name of a fixture, or FIXTURE(argument), with `for LANGUAGE" in printed


def test_a_test_runs_its_snippet_where_the_language_of_the_file_belongs(built_in: Project) -> None:
    """A script of the shell goes to the shell; a file that no runtime runs is refused."""
    built_in.write("tests/deploy.sh", "# [START hello]\necho hello\n# [END hello]\n")
    built_in.write("tests/app.yaml", "# [START app]\nname: str\n# [END app]\n")
    built_in.set_pytest('snippets_marker = ["[START {name}] => [END {name}]"]')
    built_in.page("x")
    built_in.write(
        "tests/test_a.py",
        """
        import pytest


        @pytest.mark.snippet("tests/deploy.sh::hello", output="hello")
        def test_shell(snippet):
            assert snippet.runtime == "shell"
            snippet.run()


        @pytest.mark.snippet("tests/app.yaml::app")
        def test_config(snippet):
            snippet.run()
        """,
    )
    result = built_in.run_pytest()
    result.assert_outcomes(passed=1, failed=1)
    assert "its language is yaml, and the runtime Python runs" in result.stdout.str()


def test_a_fixture_that_is_not_there_is_named(built_in: Project) -> None:
    """With those that are built in; nothing is recorded."""
    built_in.set_pytest('snippets_runtimes = ["Python = nofixture"]')
    built_in.page(block("python", "x = 1"))
    printed = built_in.update().stdout.str()
    assert "there is no fixture 'nofixture', which snippets_runtimes names for Python" in printed
    assert "Traceback" not in printed
    assert "1 broken" in printed
    assert not (built_in.root / "docs/evidence").exists()


def test_languages_that_nothing_runs_are_waived_in_one_place(built_in: Project) -> None:
    """Their blocks show the reason, wherever they stand; one with a check of its own runs."""
    built_in.configure('tested_snippets_waive = {"yaml, JSON": "shown only"}\n')
    built_in.set_pytest('snippets_waive = ["yaml, JSON = shown only"]')
    built_in.write("docs/more.inc", block("json", "{}"))
    own = ".. snippet-check::\n   :fails: NameError\n   :runtime: any\n"
    built_in.set_pytest(BUILT_IN.format(more=', "any = snippets_python for yaml"'))
    built_in.page(
        "\n".join([block("yaml", "a: 1"), block("yaml", "b", own), ".. include:: more.inc\n"])
    )
    built_in.update().assert_outcomes(passed=1)

    built = built_in.build("-W")
    assert built.warnings == ""
    assert built.shown().count("Not run: shown only") == 2
    assert "Checked: fails on any" in built.shown()


@pytest.mark.parametrize(
    ("conf", "pytest_line"),
    [
        ('tested_snippets_waive = ["yaml"]', 'snippets_waive = ["yaml"]'),
        ('tested_snippets_waive = {"yaml": ""}', 'snippets_waive = ["yaml ="]'),
        ('tested_snippets_waive = {"yaml,": "a"}', 'snippets_waive = ["yaml, = a"]'),
    ],
)
def test_a_waiver_without_language_or_reason_is_refused(
    built_in: Project, conf: str, pytest_line: str
) -> None:
    """By the build and by pytest, with the form."""
    built_in.page("x")
    built_in.configure(f"{conf}\n")
    built_in.set_pytest(pytest_line)
    assert "tested_snippets_waive is " in built_in.build().warnings
    assert "snippets_waive" in built_in.run_pytest().stderr.str()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'tested_snippets_root = "nowhere"',
            "tested_snippets_root is 'nowhere', expected a folder",
        ),
        ("tested_snippets_root = 5", "tested_snippets_root is 5, expected a folder"),
        ("tested_snippets_evidence = 3", "tested_snippets_evidence is 3, expected the name"),
    ],
)
def test_a_folder_that_is_none_is_an_error_of_conf_py(
    project: Project, line: str, said: str
) -> None:
    """No block is judged by a root or an evidence that isn't there."""
    project.page("x")
    project.configure(f"{line}\n")
    built = project.build()
    assert built.status == 2
    assert said in built.warnings
    assert "unsupported operand" not in built.warnings
