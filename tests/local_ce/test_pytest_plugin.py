"""What pytest's options give the tests of a project."""

from __future__ import annotations

import pytest

PLUGIN = ("-p", "local_ce.pytest_plugin")
CHECK = """
from local_ce import ComputeEngine

def test_the_fixture_is_a_whole_compute_engine(local_ce):
    assert isinstance(local_ce, ComputeEngine)
    assert local_ce.capacity.startswith({capacity!r})
    local_ce.git.publish("https://github.com/org/repo", {{"a.txt": "a"}})
    assert (local_ce.folder / "gitconfig").exists()
    local_ce.secrets.set("name", "hidden-value")
    assert local_ce.redact("a hidden-value") == "a ***"
    assert local_ce.index.folder.is_dir()
"""


@pytest.mark.parametrize(
    ("option", "capacity"),
    [
        ("--compute-engine=per-run", "a Ray cluster for each run, 4 CPU and"),
        # Nobody is asked there before a run goes there.
        ("--ray-address=127.0.0.1:1", "the Ray cluster at 127.0.0.1:1"),
    ],
)
def test_an_option_turns_local_ce_into_a_compute_engine(
    pytester: pytest.Pytester, option: str, capacity: str
) -> None:
    """With all that tests use of a LocalCE."""
    pytester.makepyfile(CHECK.format(capacity=capacity))
    result = pytester.runpytest_subprocess(*PLUGIN, "-p", "no:cacheprovider", option, timeout=120)
    result.assert_outcomes(passed=1)


def test_two_ways_of_saying_where_runs_go_are_refused(pytester: pytest.Pytester) -> None:
    """They contradict each other."""
    arguments = ("--compute-engine=shared", "--ray-address=127.0.0.1:1")
    result = pytester.runpytest_subprocess(*PLUGIN, *arguments, timeout=120)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --ray-address is a cluster that exists, and *"])


def test_a_project_that_does_not_name_the_plugin_has_none_of_it(pytester: pytest.Pytester) -> None:
    """Whoever installs the extension for a guide of their own may have options of the same names."""
    result = pytester.runpytest_subprocess("--help", timeout=120)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*--ray-address*")
    result.stdout.no_fnmatch_line("*--compute-engine*")
