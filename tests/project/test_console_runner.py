"""The runtime of console blocks: it types what a page shows, and notices when something else comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.console_runner import ROOT, Console
from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.runner import SetupError, Snippet

SUBMIT = """\
$ echo "Run ID: hello-$(date +%N | tail -c 6)-r000"
Run ID: hello-x7k2p-r000
"""


def page_of(folder: Path, *blocks: str) -> Path:
    """Write a page with these console blocks."""
    text = "Page\n====\n"
    for number, block in enumerate(blocks):
        indented = block.replace("\n", "\n   ").rstrip()
        text += (
            f"\n.. snippet-check::\n   :runtime: console\n   :name: block{number}\n\n"
            f".. code-block:: console\n\n   {indented}\n"
        )
    page = folder / "page.rst"
    page.write_text(text)
    return page


def snippets_of(page: Path) -> list[Snippet]:
    """Return the blocks of a page as the runner gets them."""
    return [
        Snippet(block.snippet, block.text, block.language, "", str(page), block.line)
        for block in read_page(page, Project(ROOT)).blocks
    ]


def last_of(folder: Path, *blocks: str) -> str:
    """Run the last of these blocks; return what its commands printed."""
    page = page_of(folder, *blocks)
    return Console(str(page), folder).run(snippets_of(page)[-1])


def test_a_shell_is_done_when_the_last_block_was_run(tmp_path: Path) -> None:
    """Its cluster can end then; and a block that fails was run, too."""
    page = page_of(tmp_path, "$ true", "$ false")
    first, last = snippets_of(page)
    console = Console(str(page), tmp_path)

    console.run(first)
    assert not console.done
    with pytest.raises(RuntimeError):
        console.run(last)
    assert console.done


def test_commands_run_in_one_home_folder_in_their_order(tmp_path: Path) -> None:
    """The blocks before the last one are run first."""
    assert (
        last_of(tmp_path, "$ echo one > file", "$ cat file\none\n$ echo two\ntwo") == "one\ntwo\n"
    )
    assert (tmp_path / "file").exists()


def test_an_id_on_the_page_stands_for_the_one_that_was_printed(tmp_path: Path) -> None:
    """As if it was copied from the output before."""
    printed = last_of(tmp_path, SUBMIT, "$ echo hello-x7k2p-r000")
    assert printed.startswith("hello-")
    assert printed.endswith("-r000\n")
    assert "x7k2p" not in printed


def test_a_date_on_the_page_stands_for_the_one_that_was_printed(tmp_path: Path) -> None:
    """And where it stands again, the same has to be printed again."""
    date = "LC_ALL=C date -u '+%a %b %e %T %Y' -d"
    shown = "Wed Nov 22 10:15:03 2023"
    last_of(tmp_path, f"$ {date} @1704441600\n{shown}")

    with pytest.raises(RuntimeError, match="did not print"):
        last_of(tmp_path, f"$ {date} @1; {date} @2\n{shown}\n{shown}")


@pytest.mark.parametrize("word", ["hello-x7k2p-r000", "127.0.0.1:4000", "eyJhbGciOi"])
def test_what_nobody_printed_cannot_be_typed(tmp_path: Path, word: str) -> None:
    """A page could otherwise show a command that no reader can know."""
    with pytest.raises(RuntimeError, match="which no command before it printed"):
        last_of(tmp_path, f"$ echo {word}")


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("$ echo one\ntwo", "'echo one' did not print 'two', but:\none"),
        ("$ printf '1\\n2\\n'\n1", "printed more than is shown: '2'"),
        ("$ printf '1\\n2\\n'\n2", "did not print '2'"),
        ("$ true\nsomething", "did not print 'something'"),
        ("$ echo said; exit 3", "ended with 3:\nsaid"),
        ("one\n$ echo one", "stands before the first command"),
        (
            "$ for n in 1 2; do printf ' a-%s1111-r000' $n; done\n a-bbbbb-r000 a-bbbbb-r000",
            "not print",
        ),
    ],
)
def test_another_outcome_than_the_shown_one_fails(tmp_path: Path, block: str, message: str) -> None:
    """With what was shown and what came."""
    with pytest.raises(RuntimeError) as failed:
        last_of(tmp_path, block)
    assert message in str(failed.value)


@pytest.mark.parametrize("block", ["...\n3", "1\n...", "...\n2\n...", "1\n2\n3", "..."])
def test_dots_stand_for_any_lines(tmp_path: Path, block: str) -> None:
    """Before, between and after the shown ones."""
    assert last_of(tmp_path, f"$ printf '1\\n2\\n3\\n'\n{block}") == "1\n2\n3\n"


def test_a_block_after_one_that_failed_is_not_run(tmp_path: Path) -> None:
    """What the reader would have at that point is not there."""
    with pytest.raises(SetupError, match="block0, which comes before it, failed"):
        last_of(tmp_path, "$ false", "$ echo two > file")
    assert not (tmp_path / "file").exists()


def test_a_page_goes_on_after_a_failure_that_it_is_about(tmp_path: Path) -> None:
    """The check of the block expects it."""
    page = page_of(tmp_path, "$ echo sorry; exit 3\nsorry", "$ cat file\none")
    (tmp_path / "file").write_text("one\n")
    text = page.read_text().replace("   :name: block0", "   :name: block0\n   :fails: sorry")
    page.write_text(text)
    block = read_page(page, Project(ROOT)).blocks[-1]
    snippet = Snippet(block.snippet, block.text, block.language, "", str(page), block.line)
    assert Console(str(page), tmp_path).run(snippet) == "one\n"


def test_a_failure_that_says_something_else_is_not_the_expected_one(tmp_path: Path) -> None:
    """Else a block that shows the wrong message would be right to fail."""
    with pytest.raises(SetupError, match="did not print 'sorry'"):
        last_of(tmp_path, "$ echo bad luck; exit 3\nsorry")


def test_the_home_folder_is_shown_as_a_shell_shows_it(tmp_path: Path) -> None:
    """Each reader's is another one."""
    assert last_of(tmp_path, "$ pwd\n~") == "~\n"


def test_dots_stand_for_any_text_in_a_line(tmp_path: Path) -> None:
    """What comes before and after them has to be there."""
    assert last_of(tmp_path, "$ echo one two three\none ... three") == "one two three\n"
    with pytest.raises(RuntimeError, match="did not print"):
        last_of(tmp_path, "$ echo one two three\none ... two")
