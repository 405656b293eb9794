"""The scanner of MyST Markdown agrees with Sphinx and myst-parser about what a reader sees."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("myst_parser")

from sphinxext.tested_snippets.__main__ import main
from sphinxext.tested_snippets.myst import scan
from tests.tested_snippets.myst_authority import CONF, page_path
from tests.tested_snippets.rest_authority import Shown, shown_by, sphinx_reader
from tests.tested_snippets.scratch_project import Project

CORPUS = {path.stem: path for path in sorted(Path(__file__).parent.glob("myst_corpus/*.md"))}
FORMS: dict[str, Callable[[str], str]] = {
    "as_written": lambda text: text,
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "bom": lambda text: "\ufeff" + text,
    "unfinished": lambda text: text.rstrip("\n"),
}


def without_end(blocks: list[Shown]) -> list[Shown]:
    """The blocks without the line end that a fence has."""
    return [Shown(block.text.rstrip("\n"), block.language) for block in blocks]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stem", CORPUS)
def test_the_blocks_of_a_page_are_those_sphinx_shows(tmp_path: Path, stem: str, form: str) -> None:
    """Text, order and language are myst-parser's own, for every page of the corpus."""
    text = FORMS[form](CORPUS[stem].read_text(encoding="utf-8"))
    with sphinx_reader(tmp_path, {"page": text.encode()}, CONF, ".md") as sphinx:
        wanted = sphinx.stored("page")

    found = shown_by(scan(text, page_path(tmp_path)))

    assert without_end(found) == without_end(wanted)
    assert len(found) > 10
    assert [block for block in found if "hidden" in block.text] == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stem", CORPUS)
def test_a_block_says_where_it_stands(tmp_path: Path, stem: str, form: str) -> None:
    """Line and offsets name the piece of the source that holds the block, and no other block's."""
    text = FORMS[form](CORPUS[stem].read_text(encoding="utf-8"))

    for block in scan(text, page_path(tmp_path)).blocks:
        piece = text[block.start : block.end]
        mark = re.search(r"shown_\d+", f"{block.argument} {block.text}")
        assert mark
        assert re.findall(r"shown_\d+", piece) == [mark[0]]
        assert text[: block.start].count("\n") + 1 == block.line


def test_a_check_is_declared_for_the_block_that_follows(tmp_path: Path) -> None:
    """As a directive, with either form of options, and in a comment that other readers don't show."""
    text = (
        "# Page\n\n```{snippet-check} one\n:fails: no\nx = 1\n```\n\n"
        "<!-- {snippet-check} two\n:runtime: other\n-->\n\n"
        "```{snippet-check} three\n---\noutput: yes it does\n---\n```\n\n## Part\n"
    )
    part = "```python\nx\n```\n"

    [block] = scan(text.replace("## Part\n", part), page_path(tmp_path)).blocks

    found = [(check.label, dict(check.options), check.setup, check.line) for check in block.checks]
    assert found == [
        ("one", {"fails": "no"}, "x = 1", 3),
        ("two", {"runtime": "other"}, "", 8),
        ("three", {"output": "yes it does"}, "", 12),
    ]
    lost = scan(text + part, page_path(tmp_path)).problems
    assert [problem.line for problem in lost] == [3, 8, 12]
    assert "the section 'Part' begins" in lost[0].message


@pytest.mark.parametrize(
    "comment",
    [
        "<!-- {snippet-check\n:fails: no\n-->",
        "<!-- {snippet-chekc}\n:fails: no\n-->",
        "<!-- {snippet-check} :fails: no -->",
        "<!--\n{snippet-check\n:fails: no\n-->",
    ],
)
def test_a_comment_that_is_nearly_a_check_is_a_problem(project: Project, comment: str) -> None:
    """What it expects would be lost without a word; other comments are the author's own."""
    project.set_pytest('snippets_pages = ["docs/*.md"]')
    project.configure("extensions += ['myst_parser']\n")
    project.write(
        "docs/index.md",
        f"# Page\n\n<!-- a word on snippet-check -->\n\n{comment}\n\n```python\n1\n```\n",
    )
    warnings = project.build("-D", "suppress_warnings=tested_snippets.never_run").warnings
    assert "docs/index.md:5: WARNING: this comment begins like a check and is none" in warnings
    assert warnings.count("WARNING") == 1


def test_a_directive_that_sphinx_refuses_is_reported_with_its_line(tmp_path: Path) -> None:
    """Nothing that a page says is lost without a word."""
    [problem] = scan("# Page\n\n```{code-block} two words\nx\n```\n", page_path(tmp_path)).problems

    assert problem.line == 3
    assert "Sphinx refuses this 'code-block' directive" in problem.message


def test_the_blocks_of_a_markdown_page_are_run_and_judged(project: Project) -> None:
    """Blocks run under names that last, and the build says what is known of each."""
    project.configure('extensions.append("myst_parser")\n')
    project.set_pytest('snippets_pages = ["docs/*.md"]')
    project.write(
        "docs/index.md",
        """
        # Page

        ## First steps

        ```python
        print("a")
        ```

        ```{snippet-check}
        :fails: "division by zero"
        ```

        ```python
        1 / 0
        ```
        """,
    )
    never_run = project.build("-W", "--keep-going")
    result = project.update()
    built = project.build("-W", "--keep-going")
    project.replace("docs/index.md", "1 / 0", "2 / 0")
    stale = project.build("-W", "--keep-going")

    assert "index.md:5: WARNING: docs/index.md::first-steps-1 was never run" in never_run.warnings
    result.assert_outcomes(passed=2)
    assert (built.status, built.warnings) == (0, "")
    assert "index.md:13: WARNING: docs/index.md::first-steps-2 is stale" in stale.warnings


def test_without_myst_parser_pytest_says_what_to_install(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an optional dependency."""
    monkeypatch.setitem(__import__("sys").modules, "myst_parser.config.main", None)
    project.set_pytest('snippets_pages = ["docs/*.md"]')
    project.write("docs/index.md", "# Page\n")

    result = project.run_pytest("docs/index.md")

    result.stdout.fnmatch_lines(["*pip install 'sphinxext-tested-snippets?myst?'*"])


def test_both_sides_of_a_comparison_are_blocks(tmp_path: Path) -> None:
    """Whether ``before-after`` names two snippets or has two blocks in it."""
    text = (
        "# Page\n\n```{before-after} old.py::make new.py::make\n:linenos:\n```\n\n"
        "````{before-after}\n```python\nold\n```\n```python\nnew\n```\n````\n"
    )
    blocks = scan(text, page_path(tmp_path)).blocks

    assert [block.argument for block in blocks[:2]] == ["old.py::make", "new.py::make"]
    assert blocks[0].start < blocks[1].start < blocks[1].end
    assert [(block.text, block.line) for block in blocks[2:]] == [("old", 8), ("new", 11)]


def test_the_commands_and_the_list_know_markdown_pages(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """``adopt`` names their glob, ``check`` their stale blocks, ``-b snippets`` lists them."""
    project.configure('extensions.append("myst_parser")\n')
    project.set_pytest('snippets_pages = ["docs/*.md"]')
    page = project.write("docs/index.md", "# Page\n\n```python\nprint(1)\n```\n")
    project.update()

    assert main(["adopt", str(project.root / "docs")]) == 0
    assert 'snippets_pages = ["docs/**/*.md"]' in capsys.readouterr().out
    assert main(["check", "--root", str(project.root)]) == 0
    listed = json.loads(project.build(builder="snippets").page("snippets.json"))
    assert listed["states"] == {"verified": 1}
    page.write_text("# Page\n\n```python\nprint(2)\n```\n")
    capsys.readouterr()
    assert main(["check", "--root", str(project.root)]) == 1
    assert "docs/index.md:3: " in capsys.readouterr().out


def test_statements_of_a_markdown_page_are_checked_and_shown(project: Project) -> None:
    """In text, notes, tables, items and embedded reStructuredText, with code, over lines."""
    project.set_pytest('snippets_pages = ["docs/*.md"]')
    project.configure('extensions += ["myst_parser"]\nmyst_enable_extensions = ["colon_fence"]\n')
    project.write(
        "docs/index.md",
        """
        # Page

        Some text, and {checked}``the command `greet` says
        hello <greet>``. {unchecked}`It sang <nobody sings>`.

        :::{note}
        - {checked}`an item of
          a note <item>`
        :::

        | A | B |
        |---|---|
        | {checked}`cell <cell>` | *{checked}`within <within>`* |

        ```{list-table}
        * - {checked}`cell of a list <list-cell>`
        ```

        ```{eval-rst}
        .. note:: :checked:`embedded
           text <embedded>`
        ```

        `` {checked}`no <statement>` ``

        ```{code-block} text
        :waive: a form

        {checked}`neither <this>`
        ```
        """,
    )
    claimed = ("greet", "item", "cell", "within", "list-cell", "embedded")
    markers = "".join(f'@pytest.mark.snippet(statement="{name}")\n' for name in claimed)
    project.write("tests/test_a.py", f"import pytest\n\n\n{markers}def test_all():\n    pass\n")
    project.update().assert_outcomes(passed=1)

    built = project.build("-W", "--keep-going")

    assert built.warnings == ""
    assert built.shown().count("Checked on py") == len(claimed)
    assert "<code" in built.page().partition('id="statement-greet"')[2].partition("</p>")[0]
    project.replace("docs/index.md", "cell of a list <list-cell>", "other words <list-cell>")
    assert "index.md:16: WARNING: the statement 'list-cell' is stale" in project.build().warnings
