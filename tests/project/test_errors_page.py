"""What the page "The Error You Got" takes for one message."""

from __future__ import annotations

import pytest

from examples.error_messages import anchor_of, general, messages, read_fixes


@pytest.mark.parametrize(
    ("messages", "one"),
    [
        (
            [
                "ERROR: git+https://github.com/my-org/a.git@main does not appear to be a Python project",
                "ERROR: git+https://me:***@github.com/x/b.git@v1 does not appear to be a Python project",
            ],
            "ERROR: git+https://github.com/… does not appear to be a Python project",
        ),
        (
            [
                "No module named my_proj. Pwd: '<tmp>'. Full sys.path: ['<tmp>', '/usr/lib'",
                "No module named train",
                "No module named 'my_tables'",
                "ModuleNotFoundError: No module named 'my_tables'",
                'ModuleNotFoundError: ("No module named my_proj',
            ],
            "No module named '…'",
        ),
        (
            [
                "error: pathspec 'nope' did not match any file(s) known to git",
                "error: pathspec 'v9' did not match any file(s) known to git",
            ],
            "error: pathspec '…' did not match any file(s) known to git",
        ),
        (
            [
                "Version mismatch: The cluster was started with:",
                "RuntimeError: Version mismatch: The cluster was started with:",
            ],
            "Version mismatch: The cluster was started with:",
        ),
        (
            [
                "Version mismatch: The cluster was started with: Ray: 2.5.1 Python: 3.9.x This process",
                "Version mismatch: The cluster was started with: Ray: 2.30.0 Python: 3.11.7 This process",
            ],
            "Version mismatch: The cluster was started with: Ray: … Python: … This process",
        ),
        (
            [
                "Error: No such option: --qe",
                "Error: No such option: --qe (Possible options: --ce, --help)",
                "Error: No such option '--qe'. (Did you mean one of: '--ce', '--help'?)",
            ],
            "No such option: --qe",
        ),
        (["raise NotImplementedError()", "NotImplementedError"], "NotImplementedError"),
        (
            ["The remote repo <git.repo.base.Repo '<folder>/.git'> doesn't exist."],
            "The remote repo … doesn't exist.",
        ),
        (
            [
                "not finished after 2 s: waiting: train (image a/b:1)",
                "not finished when a later run was: waiting: train (image a/b:1)",
            ],
            "not finished …: waiting: … (image …)",
        ),
    ],
)
def test_messages_that_differ_in_names_only_are_one(messages: list[str], one: str) -> None:
    """What is the reader's own is left out."""
    assert {general(message) for message in messages} == {one}


@pytest.mark.parametrize(
    "message",
    [
        "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
        "ImportError: cannot import name 'gcd' from 'fractions' (.../python3.9/fractions.py)",
        "Version mismatch: The cluster was started with:",
    ],
)
def test_what_is_the_same_for_everyone_stays(message: str) -> None:
    """Hosts, names of Python and plain words are what readers look for."""
    assert general(message) == message


def test_where_releases_are_compared_each_has_its_message() -> None:
    """One in which nothing went wrong has none."""
    assert messages("0.50.0: went through; 0.51.0: TypeError: no; 1.1.0: gone") == [
        "TypeError: no",
        "gone",
    ]
    assert messages("error: a; b 1.1.0: c") == ["error: a; b 1.1.0: c"]


def test_an_address_is_made_of_the_words_of_a_message() -> None:
    """So that it stays when the list grows, and can be read."""
    message = "error: pathspec '…' did not match any file(s) known to git"

    assert anchor_of(message) == "error-pathspec-did-not-match-any-file-s-known-to-git"
    assert len(anchor_of(message * 9)) <= 72


def test_a_line_says_which_section_mends_a_message() -> None:
    """The text may have an arrow in it; empty lines say nothing."""
    (fix,) = read_fixes([(4, "a => b => guide#part"), (5, "")])

    assert (fix.text, fix.page, fix.section, fix.line) == ("a => b", "guide", "part", 4)


@pytest.mark.parametrize("line", ["no arrow", "text => page", "text => #part", " => page#part"])
def test_a_line_of_another_form_is_refused(line: str) -> None:
    """With its number, what it is and what was expected."""
    with pytest.raises(ValueError, match=r"line 7 is .*, expected TEXT => PAGE#SECTION"):
        read_fixes([(7, line)])
