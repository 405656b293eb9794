"""How the checks of this site are spread over processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.parts import SIZE, Parts

ROOT = Path(__file__).parent.parent.parent

PAGE = """
.. snippet-check::
   :runtime: console
   :name: log_in

.. code-block:: console

   $ orq login

{blocks}
.. snippet-check::
   :runtime: console
   :name: submit

.. code-block:: console

   $ orq wf submit
"""
BLOCK = """
.. snippet-check::
   :name: block_{0}
.. snippet-check:: QE
   :runtime: QE translation

.. code-block:: python

   x = {0}
"""


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    """The parts of a project with one page."""
    blocks = "".join(map(BLOCK.format, range(2 * SIZE)))
    (tmp_path / "page.rst").write_text(PAGE.format(blocks=blocks), encoding="utf-8")
    return Parts(tmp_path)


def test_commands_of_a_page_stay_together(parts: Parts) -> None:
    """Who submits has logged in before, whatever stands between them."""
    assert parts.part_of("page.rst::log_in") == parts.part_of("page.rst::submit")


def test_a_part_has_a_few_neighbours(parts: Parts) -> None:
    """So that the last part of a session is a short one."""
    found = [parts.part_of(f"page.rst::block_{number}") for number in range(2 * SIZE)]

    assert [found.count(part) for part in dict.fromkeys(found)] == [SIZE, SIZE]
    assert parts.part_of("page.rst::log_in") not in found


def test_checks_of_one_block_stay_together(parts: Parts) -> None:
    """They are about the same repo; so are the cases of a function."""
    for number in range(2 * SIZE):
        one = parts.part_of(f"page.rst::block_{number}")
        assert parts.part_of(f"page.rst::block_{number}[QE]") == one
    names = [f"tests/test_a.py::test_{number}" for number in range(2 * SIZE)]
    for name in names:
        assert parts.part_of(f"{name}[a]") == parts.part_of(f"{name}[b]")


def test_the_literals_of_all_pages_stay_together(parts: Parts) -> None:
    """They are looked up in the same packages."""
    assert parts.part_of("page.rst::inline-literals") == parts.part_of("b.rst::inline-literals")
    assert parts.part_of("page.rst::inline-literals") != parts.part_of("page.rst::block_0")


def test_what_takes_a_cluster_is_told_from_what_does_not(parts: Parts, tmp_path: Path) -> None:
    """Commands start their own one, and literals are only looked up; a test says what it takes."""
    (tmp_path / "test_runs.py").write_text("def test_run(local_ce: AnyCE) -> None: ...\n")
    (tmp_path / "test_reads.py").write_text("from local_ce import x\ndef test_it() -> None: ...\n")
    needed = {
        "page.rst::block_0": True,
        "page.rst::submit": False,
        "page.rst::inline-literals": False,
        "test_runs.py::test_run": True,
        "test_reads.py::test_it": False,
    }

    assert {name: parts.needs_cluster(parts.part_of(name)) for name in needed} == needed


@pytest.mark.parametrize(("processes", "clusters"), [(2, 2), (3, 2)])
def test_of_three_processes_the_last_one_starts_no_cluster(
    pytester: pytest.Pytester, processes: int, clusters: int
) -> None:
    """It takes all else meanwhile; of two each takes what comes."""
    pytester.makeconftest(f"""
        import os, sys, time
        import pytest
        sys.path.insert(0, {str(ROOT)!r})

        @pytest.fixture(scope="session")
        def local_ce():
            with open("clusters", "a") as started:
                print(os.environ["PYTEST_XDIST_WORKER"], file=started)

        def pytest_runtest_setup():
            time.sleep(0.05)

        def pytest_xdist_make_scheduler(config, log):
            from examples.parts import PartScheduling
            return PartScheduling(config, log)
    """)
    for name, argument in (("runs", "local_ce: None"), ("reads", "")):
        tests = (f"def test_{number}({argument}): pass" for number in range(6 * SIZE))
        pytester.makepyfile(**{f"test_{name}": "\n".join(tests)})

    result = pytester.runpytest_subprocess("-n", str(processes), "--dist", "loadscope")

    result.assert_outcomes(passed=12 * SIZE)
    started = (pytester.path / "clusters").read_text().split()
    # Which process is the last one differs from run to run: it is the one that was ready last.
    assert len(started) == len(set(started)) == clusters


def test_the_part_of_a_check_is_the_same_each_time(parts: Parts) -> None:
    """The plugin asks once before and once after a check."""
    names = [f"tests/test_a.py::test_{number}" for number in range(3 * SIZE)]
    before = [parts.part_of(name) for name in names]

    assert [parts.part_of(name) for name in reversed(names)] == before[::-1]
