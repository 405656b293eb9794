"""Blocks and statements in docstrings, which pytest finds in the files and autodoc shows on pages."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sphinxext.tested_snippets.__main__ import main
from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.project import Project as Read
from tests.tested_snippets.scratch_project import Project

GEOMETRY = '''
"""Areas of shapes.

.. code-block:: python
   :name: import

   import math
"""


class Square:
    """A square.

    .. snippet:: ../tests/code.py::show
       :hide: import
    """

    def area(self, side):
        """Give the area::

            print("area")

        :checked:`It is never negative <never-negative>`.

        .. snippet-check::
           :fails: division by zero

        .. code-block:: python

           1 / 0
        """
        return side * side


def helper():
    def inner():
        """Autodoc does not show it::

            nothing()
        """
'''
CODE = """
def show():
    import math
    print(math.pi)
    # </snippet>
"""
CLAIM = """
import pytest


@pytest.mark.snippet(statement="never-negative")
def test_area():
    pass
"""
PAGE = """
.. automodule:: geometry
   :members:
"""


#: One process builds again and again here, each time with another module of the same name.
FRESH = """
import sys
from sphinx.pycode import ModuleAnalyzer

extensions.append("sphinx.ext.autodoc")
sys.modules.pop("geometry", None)
ModuleAnalyzer.cache.clear()
"""


@pytest.fixture
def api(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A module whose docstrings are on a page."""
    monkeypatch.syspath_prepend(project.root / "src")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    project.configure(FRESH)
    project.set_pytest('snippets_pages = ["docs/*.rst", "src/*.py"]')
    project.write("src/geometry.py", GEOMETRY)
    project.write("tests/code.py", CODE)
    project.write("tests/test_claim.py", CLAIM)
    project.page(PAGE)
    return project


def test_the_blocks_of_docstrings_are_run_and_judged(api: Project) -> None:
    """Each under a name of its definition, with the checks that are declared for it."""
    result = api.update("-v")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(
        [
            "src/geometry.py::__doc__.import PASSED*",
            "src/geometry.py::Square.__doc__.show PASSED*",
            "src/geometry.py::Square.area.__doc__.1 PASSED*",
            "src/geometry.py::Square.area.__doc__.2 PASSED*",
        ]
    )

    built = api.build("-W", "--keep-going")

    assert built.warnings == ""
    assert api.states() == {
        "src/geometry.py::__doc__.import": "verified",
        "tests/code.py::show": "verified",
        "src/geometry.py::Square.area.__doc__.1": "verified",
        "src/geometry.py::Square.area.__doc__.2": "verified",
    }
    shown = built.shown()
    assert "Checked: fails on py" in shown
    assert "1 line that runs is not shown." in shown
    assert "Checked on py" in shown
    assert main(["check", "--root", str(api.root)]) == 0
    api.run_pytest("src/geometry.py::Square.area.__doc__.2").assert_outcomes(passed=1)


def test_a_warning_names_the_file_and_the_line_of_the_docstring(api: Project) -> None:
    """Not those of the page, which has neither."""
    built = api.build()

    file = api.root / "src/geometry.py"
    for line, name in ((3, "__doc__.import"), (20, "Square.area.__doc__.1")):
        assert f"{file}:{line}: WARNING: src/geometry.py::{name} was never run" in built.warnings
    assert f"{file}:13: WARNING: tests/code.py::show was never run" in built.warnings
    assert f"{file}:22: WARNING: the statement 'never-negative' was never checked" in built.warnings
    assert "pytest runs it if snippets_pages names this file" in built.warnings
    assert "index.rst" not in built.warnings
    listed = json.loads(api.build(builder="snippets").page("snippets.json"))["pages"]["index"]
    assert {block["file"] for block in listed["blocks"]} == {"src/geometry.py"}


def test_a_changed_docstring_is_stale_for_the_build_and_the_command(api: Project) -> None:
    """So is one whose snippet changed in its own file, and a statement with other words."""
    api.update()
    api.build("-W")
    api.replace("src/geometry.py", 'print("area")', 'print("size")')
    api.replace("src/geometry.py", "never negative <", "positive <")
    api.replace("tests/code.py", "print(math.pi)", "print(math.e)")

    built = api.build("-E")

    file = api.root / "src/geometry.py"
    stale = f"{file}:20: WARNING: src/geometry.py::Square.area.__doc__.1 is stale"
    assert stale in built.warnings
    assert f"{file}:13: WARNING: tests/code.py::show is stale" in built.warnings
    assert f"{file}:22: WARNING: the statement 'never-negative' is stale" in built.warnings
    assert main(["check", "--root", str(api.root)]) == 1
    api.update()
    assert api.build("-W").warnings == ""


def test_what_is_recorded_of_a_docstring_that_is_gone_is_dropped(api: Project) -> None:
    """As for blocks of pages."""
    api.update()
    api.replace("src/geometry.py", '::\n\n            print("area")\n', ".\n")

    api.update().stdout.fnmatch_lines(["*1 dropped*"])


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("code.py::show", "code.py::shwo", 13, "there is no snippet 'shwo'"),
        (":hide: import", ":hide: nowhere", 13, ":hide: nowhere is in no line"),
        (" <never-negative>", "", 22, "lacks the id of its check"),
        (
            ":fails: division",
            ":output: x\n           :fails: division",
            27,
            "takes :fails: or :output:",
        ),
    ],
)
def test_what_is_wrong_in_a_docstring_is_said_with_its_place(
    api: Project, old: str, new: str, line: int, message: str
) -> None:
    """By the build, and by pytest where pytest meets it."""
    api.replace("src/geometry.py", old, new)
    if "takes" in message:
        line += 1
    built = api.build()

    (found,) = [text for text in built.warnings.splitlines() if message in text]
    assert found.startswith(f"{api.root / 'src/geometry.py'}:{line}: WARNING: ")
    assert "index.rst" not in built.warnings


def test_paths_in_a_docstring_start_from_its_file_wherever_it_is_shown(api: Project) -> None:
    """A page in another folder, and an absolute path; literalinclude knows the page's folder as well, as in Sphinx."""
    api.write("docs/deep/er/api.rst", f":orphan:\n\nPage\n====\n\n{PAGE}")
    api.page("Nothing.")
    api.replace("src/geometry.py", "../tests/code.py::show", "/../tests/code.py::show")
    api.write("docs/deep/er/part.py", "print('part')\n")
    api.replace(
        "src/geometry.py",
        "       :hide: import\n",
        "\n    .. literalinclude:: part.py\n       :waive: of the page\n",
    )

    built = api.build("-W", "-D", "suppress_warnings=tested_snippets.never_run")

    assert "print('part')" in built.shown("deep/er/api.html")
    assert "math.pi" in built.shown("deep/er/api.html")


# Napoleon itself uses what autodoc of Sphinx 9 deprecates.
@pytest.mark.filterwarnings("ignore:The mapping interface for autodoc options")
def test_docstrings_that_napoleon_rewrites_are_found_by_their_text(api: Project) -> None:
    """Sections of either style may have blocks in them."""
    languages = "python, pycon, default"
    api.set_pytest(f'snippets_runtimes = ["python = snippets_python for {languages}"]')
    api.configure('extensions.append("sphinx.ext.napoleon")\n')
    api.page(
        """
        .. autofunction:: geometry.google

        .. autofunction:: geometry.numpy
        """
    )
    api.write(
        "src/geometry.py",
        '''
        def google(x):
            """Summary.

            Args:
                x: such as ::

                    print("x")

            Examples:
                >>> 1 + 1
                2

                Or:

                .. code-block:: python

                   print("or")

            Returns:
                Nothing.
            """


        def numpy(x):
            """Summary.

            Examples
            --------
            >>> print("a")
            a

            Or::

                print("else")
            """
        ''',
    )
    api.write("tests/test_claim.py", "")
    api.update()

    built = api.build("-W", "--keep-going")
    assert built.warnings == ""
    assert set(api.states().values()) == {"verified"}
    assert len(api.states()) == 5


def test_a_docstring_that_is_made_anew_is_said_not_to_be_found(api: Project) -> None:
    """What an extension writes in its place, nothing could run."""
    api.configure(
        """
        def rewrite(app, what, name, obj, options, lines):
            lines += ["", "::", "", "   print('made')", ""]

        def setup(app):
            app.connect("autodoc-process-docstring", rewrite)
        """
    )
    api.page(".. autofunction:: geometry.helper\n")
    api.replace("src/geometry.py", "def helper():\n", 'def helper():\n    """Help."""\n\n')
    api.update()

    built = api.build()

    assert "geometry.py:" in built.warnings
    assert "can't be run: the parsers that run pages don't find it" in built.warnings
    assert "a docstring that another extension rewrites" in built.warnings


def test_a_docstring_on_two_pages_is_warned_about_once(api: Project) -> None:
    """And its statement is not taken for two."""
    api.page(PAGE, "again")

    built = api.build()

    assert built.warnings.count("Square.area.__doc__.1 was never run") == 1
    assert built.warnings.count("'never-negative'") == 2  # In one warning.
    api.update()
    assert api.build("-W").warnings == ""


def test_a_file_that_is_no_python_stops_pytest_with_its_line(api: Project) -> None:
    """What can't be read is no file without docstrings."""
    api.write("src/geometry.py", '"""Doc."""\n\ndef area(:\n')

    result = api.run_pytest("src")

    result.stdout.fnmatch_lines(["*src/geometry.py:3: is no Python*snippets_pages*"])
    assert result.ret != 0


def test_a_block_of_a_docstring_says_where_it_stands_in_the_file(tmp_path: Path) -> None:
    """Tabs, continued lines and escapes in a docstring move no line that comes before them."""
    source = '''
"""Doc.

>>> "a"
'a'
"""
class A:
\t"""Doc.

\t.. code-block:: python

\t\tone
\t"""
\tif True:
\t\tasync def f(self):
\t\t\tr"""Text::

\t\t\t\ttwo\\n

\t\t\tMore.
\t\t\t"""
'''.lstrip("\n")
    file = tmp_path / "a.py"
    file.write_text(source)

    blocks = read_page(file, Read(tmp_path)).blocks

    found = [(block.name, block.line, source[block.start : block.end].strip()) for block in blocks]
    assert found == [
        ("__doc__.1", 3, ">>> \"a\"\n'a'"),
        ("A.__doc__.1", 9, ".. code-block:: python\n\n\t\tone"),
        ("A.f.__doc__.1", 17, "two\\n"),
    ]
    assert [block.text for block in blocks] == [">>> \"a\"\n'a'", "one", "two\\n"]
