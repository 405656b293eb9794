"""Transcripts: all that a check observed, recorded where it asks for that, and shown by ``snippet-output``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinxext.tested_snippets.normalise import LONGEST, MOST_LINES, REDACTED, Normaliser
from tests.tested_snippets.scratch_project import Project

PAGE = """
.. snippet-check::
   :transcript:

.. code-block:: python
   :name: table

   print("name   count")
   print("----   -----")
   for name in ("a", "b", "c"):
       print(f"  {name}    1")
   print("total  3")

"""
TABLE = ["name   count", "----   -----", "  a    1", "  b    1", "  c    1", "total  3"]


@pytest.fixture
def guide(project: Project) -> Project:
    """A page with a block of which all is recorded."""
    project.page(f"{PAGE}.. snippet-output:: table\n")
    project.update().assert_outcomes(passed=1)
    return project


def recorded(project: Project) -> list[str]:
    """The transcript of the only check in the evidence."""
    (check,) = json.loads(project.evidence_file.read_text(encoding="utf-8"))["checks"]
    lines: list[str] = check["transcript"]
    return lines


def output(page: str) -> list[str]:
    """The lines of the output on a page in text."""
    after = page.partition(").\n\n")[2]
    return [line[3:] for line in after.splitlines() if line.startswith("   ")]


def test_all_lines_are_recorded_and_shown_as_they_are(guide: Project) -> None:
    """Indentation and blank lines included; what is the same twice leaves the evidence as it is."""
    before = guide.evidence_file.read_bytes()
    assert recorded(guide) == TABLE

    shown = guide.build("-W").shown()

    assert "\n".join(TABLE) in shown
    guide.run_pytest().assert_outcomes(passed=1)
    guide.update()
    assert guide.evidence_file.read_bytes() == before


def test_only_what_is_asked_for_is_recorded(guide: Project) -> None:
    """A check without the option has no transcript, and its evidence is as it always was."""
    guide.page(PAGE.replace(":transcript:", ":output: total"))

    guide.update().assert_outcomes(passed=1)

    assert "transcript" not in guide.evidence_file.read_text(encoding="utf-8")


def test_a_transcript_that_differs_fails_until_it_is_recorded(guide: Project) -> None:
    """With pytest's comparison; a build does not know, as it runs nothing."""
    guide.write("tests/code.py", "import itertools\n")
    guide.page(PAGE.replace('print("total  3")', "import time; print(time.time_ns())"))
    guide.update()

    result = guide.run_pytest()

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*transcript: (*) is now (*"])


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (":from: ----", ["…", *TABLE[1:]]),
        (":from: /^  b/\n   :to: total", ["…", *TABLE[3:]]),
        (":to: name", [TABLE[0], "…"]),
        (":max-lines: 2", [*TABLE[:2], "…"]),
        (":from: /^  a/\n   :max-lines: 2", ["…", *TABLE[2:4], "…"]),
        (":max-lines: 6", TABLE),
    ],
)
def test_a_part_is_named_by_what_stands_in_it_and_the_cut_is_seen(
    guide: Project, options: str, shown: list[str]
) -> None:
    """In the pages' language nothing is said of it but the sign."""
    guide.page(f"{PAGE}.. snippet-output:: table\n   {options}\n")

    built = guide.build("-W", builder="text")

    assert output(built.page("index.txt")) == shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (":from: nowhere", ":from: nowhere is in no line of the output"),
        (":from: total\n   :to: name", ":to: name is in no line from line 6 on"),
    ],
)
def test_a_part_that_is_not_there_is_a_warning(guide: Project, options: str, message: str) -> None:
    """With the page and the line of the directive."""
    guide.page(f"{PAGE}.. snippet-output:: table\n   {options}\n")

    built = guide.build()

    assert f"index.rst:16: WARNING: snippet-output: {message}" in built.warnings


def test_an_output_may_be_highlighted(guide: Project) -> None:
    """As any language; text is the default."""
    guide.page(PAGE.replace('"name   count"', "'{\"a\": 1}'") + ".. snippet-output:: table\n")
    guide.update()
    assert "highlight-text" in guide.build("-W").page()
    guide.page(
        PAGE.replace('"name   count"', "'{\"a\": 1}'")
        + ".. snippet-output:: table\n   :language: json\n   :max-lines: 1\n"
    )

    assert "highlight-json" in guide.build().page()


def test_the_message_of_an_expected_failure_is_a_transcript_too(guide: Project) -> None:
    """All of its lines."""
    guide.page(
        """
        .. snippet-check::
           :fails: second
           :transcript:

        .. code-block:: python
           :name: failing

           raise ValueError("first\\nsecond")

        .. snippet-output:: failing
        """
    )
    guide.update().assert_outcomes(passed=1)

    assert recorded(guide) == ["ValueError: first", "second"]
    assert "ValueError: first\nsecond" in guide.build("-W").shown()


@pytest.mark.parametrize("call", ["run()", 'observe("one\\n  two\\n")'])
def test_a_test_may_ask_for_a_transcript(guide: Project, call: str) -> None:
    """In its marker, whether it runs the snippet or observes it."""
    guide.write(
        "tests/test_code.py",
        f"""
        import pytest


        def show():
            print("one")
            print("  two")
            # </snippet>


        @pytest.mark.snippet("show", transcript=True)
        def test_it(snippet):
            snippet.{call}
        """,
    )
    guide.page("Nothing.")

    guide.update().assert_outcomes(passed=1)

    assert recorded(guide) == ["one", "  two"]


@pytest.mark.parametrize("runtime", ["snippets_python", "snippets_shell"])
def test_the_runners_that_are_built_in_give_all_lines(project: Project, runtime: str) -> None:
    """What a process prints, to either stream."""
    project.set_pytest(f'snippets_runtimes = ["it = {runtime}"]')
    language, code = {
        "snippets_python": (
            "python",
            "import sys\n   print(1)\n   print('  2', file=sys.stderr, flush=True)",
        ),
        "snippets_shell": ("console", "$ echo 1\n   $ echo '  2' >&2"),
    }[runtime]
    project.page(
        f".. snippet-check::\n   :transcript:\n\n.. code-block:: {language}\n   :name: it\n\n   {code}\n"
    )

    project.update().assert_outcomes(passed=1)

    assert sorted(recorded(project)) == ["  2", "1"]


def test_an_option_with_a_value_and_a_marker_without_sense_are_refused(guide: Project) -> None:
    """A line that was expected belongs to another option."""
    guide.page(PAGE.replace(":transcript:", ":transcript: total"))
    guide.write(
        "tests/test_code.py",
        """
        import pytest

        @pytest.mark.snippet("docs/index.rst::table", transcript="all")
        def test_it():
            pass
        """,
    )

    result = guide.run_pytest()

    result.stdout.fnmatch_lines(["*:transcript: of snippet-check takes no value*"])
    result.stdout.fnmatch_lines(["*transcript='all', expected True or False*"])


SECRET = "s3cr3t-\nof-two-lines"  # As keys are.


@settings(deadline=None)
@given(
    st.lists(st.text(max_size=40) | st.just(SECRET) | st.just("/tmp/x 0xdeadbeef"), max_size=400)
)
def test_no_transcript_has_a_secret_or_is_too_long(parts: list[str]) -> None:
    """Whatever is printed, what is kept is the same when it is normalised again."""
    normaliser = Normaliser(Path("/work"))
    normaliser.add_secret(SECRET)

    lines = normaliser.transcript("\n".join(parts))

    assert SECRET not in "\n".join(lines)
    assert len(lines) <= MOST_LINES + 1
    assert all(len(line) <= LONGEST and "\n" not in line for line in lines)
    if len(lines) <= MOST_LINES:
        assert normaliser.transcript("\n".join(lines)) == lines


def test_a_long_transcript_says_how_much_is_left_out() -> None:
    """Where it was cut."""
    lines = Normaliser(Path("/work")).transcript("x\n" * (MOST_LINES + 2))

    assert lines[-1] == "… (2 more lines)"
    assert Normaliser(Path("/work")).transcript("\n\n  token=abcdefgh\n") == (
        f"  token={REDACTED}",
    )
