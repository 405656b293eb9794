"""The parts that need neither Sphinx nor pytest: normaliser, evidence, verdict, code of tests."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinxext.tested_snippets.evidence import Check, Environment, Evidence, Expectation, digest
from sphinxext.tested_snippets.normalise import LONGEST, Normaliser, shortened
from sphinxext.tested_snippets.testcode import find_test
from sphinxext.tested_snippets.verdict import Index, ShownBlock, State, judge

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SECRET = (
    st.text("abcXYZ019-_/+%@: ", min_size=6, max_size=20)
    .map(str.strip)
    .filter(lambda s: len(s) > 5)
)


@given(
    st.lists(
        st.one_of(
            TEXT,
            SECRET,
            st.sampled_from(["/tmp/x", "0xdeadbeef", "localhost:99", "\x1b[0m", "/work/"]),
        )
    ),
    SECRET,
)
def test_no_known_secret_survives_and_normalising_twice_changes_nothing(
    parts: list[str], secret: str
) -> None:
    """Whatever surrounds a secret it is gone, and what was normalised stays as it is."""
    normaliser = Normaliser(Path("/work"))
    normaliser.add_secret(secret)
    once = normaliser(secret.join(parts))
    assert secret not in once
    assert normaliser(once) == once


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://me:p@ss@host/x", "https://me:***@host/x"),
        ("https://0123abcd@github.com", "https://***@github.com"),
        ("ssh://git@github.com", "ssh://git@github.com"),
        ("Authorization: Bearer abcdef123", "Authorization: Bearer ***"),
        ('{"token": "abcdef"}', '{"token": "***"}'),
        ("password='abcdef'", "password='***'"),
        ("in /work/main/a.py and /work/main", "in a.py and"),
        ("/home/tmp/x and /tmpfile", "/home/tmp/x and /tmpfile"),
        ("/tmp/pytest-1/x: no", "<tmp>: no"),
        ("at 0x7f12ab34 on 127.0.0.1:8265", "at 0x… on 127.0.0.1:<port>"),
        ("\x1b[31mred\x1b[0m\x85", "red"),
    ],
)
def test_what_differs_between_runs_and_what_is_secret_is_replaced(text: str, wanted: str) -> None:
    """Credentials are recognised by their form, places and addresses by theirs."""
    assert Normaliser(Path("/work/main"))(text) == wanted


@pytest.mark.parametrize("temporary", ["/tmp", "/work/main/.tox/tmp", "/var/tmp"])
def test_a_temporary_folder_is_one_wherever_tox_or_nox_put_it(
    monkeypatch: pytest.MonkeyPatch, temporary: str
) -> None:
    """In the project or around it: what was recorded with one TMPDIR is the same with another."""
    monkeypatch.setattr(tempfile, "tempdir", temporary)
    normaliser = Normaliser(Path("/work/main"))

    seen = normaliser(f"{Path(temporary, 'pytest-1/x')}: no, /tmp/ce-1/y: no, /work/main/a.py: yes")

    assert seen == "<tmp>: no, <tmp>: no, a.py: yes"


@given(st.text(max_size=900), st.text(max_size=5))
def test_a_long_line_is_cut_around_what_was_expected(text: str, wanted: str) -> None:
    """No more than the limit is kept, what met the expectation is, and cutting again changes nothing."""
    short = shortened(text, wanted)
    assert len(short) <= LONGEST
    assert wanted not in text or wanted in short
    assert shortened(short, wanted) == short


CHECKS = st.builds(
    Check,
    snippet=TEXT,
    test=TEXT,
    runtime=TEXT,
    expected=st.builds(Expectation, st.none() | TEXT, st.none() | TEXT),
    passed=st.booleans(),
    observed=TEXT,
    text_digest=TEXT,
    test_digest=TEXT,
)


@given(st.lists(CHECKS), st.dictionaries(st.sampled_from(["ray", "sdk"]), TEXT))
def test_evidence_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, checks: list[Check], packages: dict[str, str]
) -> None:
    """Saving and loading gives the same record, and the text doesn't depend on the order of the checks."""
    folder = tmp_path_factory.mktemp("evidence")
    unique = {check.key: check for check in checks}
    record = Evidence(Environment("3.9", packages)).merge(unique.values())
    path = record.save(folder)
    assert Evidence.load(path) == record
    other = Evidence(record.environment).merge(reversed(list(unique.values())))
    assert other.to_text() == path.read_text(encoding="utf-8")


def check(
    test: str = "t::a", passed: bool = True, text: str = "code", test_digest: str = "1"
) -> Check:
    """A recorded check of the snippet ``f::s``."""
    return Check("f::s", test, "py", Expectation(), passed, "seen", digest(text), test_digest)


def state(
    *checks: Check, now: dict[str, str], block: ShownBlock | None = None
) -> tuple[State, str]:
    """The verdict on a block, given the checks and the digests that the tests have now."""
    evidence = Evidence(Environment("3.9")).merge(checks)
    shown = block or ShownBlock(1, "f::s", digest("code"), explicit=True, checks=("t::a",))
    verdict = judge(shown, Index([evidence]), now.get)
    return verdict.state, str(verdict.reason or "")


def test_of_several_checks_the_worst_that_still_holds_decides() -> None:
    """Failing comes before stale, stale before verified; a test that is gone counts only when alone."""
    good, bad = check(), check("t::b", passed=False)
    assert state(good, now={"t::a": "1"})[0] is State.VERIFIED
    assert state(good, bad, now={"t::a": "1", "t::b": "1"}) == (State.FAILING, "t::b: seen")
    assert state(good, bad, now={"t::a": "1", "t::b": "2"})[0] is State.STALE
    assert state(good, bad, now={"t::a": "2", "t::b": "1"})[0] is State.FAILING
    assert state(good, bad, now={"t::a": "1"})[0] is State.VERIFIED
    assert state(good, now={}) == (State.STALE, "the test t::a does not exist any more")


def test_without_evidence_for_the_text_the_name_tells_stale_from_never_run() -> None:
    """A changed text is stale, an unseen block unknown, a waived one waived whatever is recorded."""
    other = check(text="before")
    assert state(other, now={})[1] == "its text changed since t::a ran it"
    assert state(now={})[0] is State.NEVER_RUN
    assert state(now={}, block=ShownBlock(1, "x", "d", seen=False))[0] is State.UNKNOWN
    assert state(other, now={}, block=ShownBlock(1, "f::s", "d", waived="why")) == (
        State.WAIVED,
        "why",
    )


CODE = """
import os
import sys
try:
    import json as fast
except ImportError:
    fast = None
LIMIT = 1
OTHER = 2

@pytest.fixture(autouse=True)
def prepared(): pass

@pytest.fixture
def given(): return helper()

def helper(): return LIMIT

class TestA:
    size = 3

    def setup_method(self): pass

    def test_a(self, given):
        assert fast and os

    def test_b(self): pass
"""


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("assert fast and os", "assert fast or os", True),
        ("LIMIT = 1", "LIMIT = 2", True),
        ("return LIMIT", "return -LIMIT", True),
        ("import json as fast", "import yaml as fast", True),
        ("def prepared(): pass", "def prepared(): print()", True),
        ("def setup_method(self): pass", "def setup_method(self): print()", True),
        ("size = 3", "size = 4", True),
        ("OTHER = 2", "OTHER = 3", False),
        ("import sys", "import re", False),
        ("def test_b(self): pass", "def test_b(self): print()", False),
        ("import os\n", "\n\n\x0c\nimport os\n", False),
    ],
)
def test_the_digest_of_a_test_changes_exactly_with_what_it_relies_on(
    tmp_path: Path, old: str, new: str, changes: bool
) -> None:
    """Helpers, fixtures, autouse ones too, constants and guarded imports count; the rest doesn't."""
    # Of two states of one file that are as long, many systems can't tell one from the other within a few milliseconds.
    found = []
    for name, text in (("before", CODE), ("after", CODE.replace(old, new))):
        file = tmp_path / name / "test_a.py"
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
        found.append(find_test(file, ["TestA", "test_a"]))
    before, after = found
    assert before is not None
    assert after is not None
    assert (before.digest != after.digest) is changes


def test_a_test_is_found_in_the_encoding_its_file_declares(tmp_path: Path) -> None:
    """A file that isn't UTF-8 and says so is read like any other; what isn't Python has no tests."""
    file = tmp_path / "test_a.py"
    file.write_bytes("# coding: latin-1\ndef test_a(): 'ü'\n".encode("latin-1"))
    assert find_test(file, ["test_a"]) is not None
    file.write_text("def test_a(:\n", encoding="utf-8")
    assert find_test(file, ["test_a"]) is None
