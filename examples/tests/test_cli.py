"""Tests of what ``docs/cli.rst`` says beside its commands."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.snippet(statement="cli-states", runtime="pytest")
def test_a_run_goes_on_in_two_states_and_ends_in_four() -> None:
    """The SDK waits for a run until it is in one of those it calls completed; the rest is no state that it can name."""
    from orquestra.sdk._base._api._wf_run import COMPLETED_STATES
    from orquestra.sdk.schema.workflow_run import State

    ends = {state.name for state in COMPLETED_STATES}

    assert ends == {"SUCCEEDED", "FAILED", "TERMINATED", "KILLED"}
    assert {state.name for state in State} - ends == {"WAITING", "RUNNING", "ERROR", "UNKNOWN"}


@pytest.mark.snippet(statement="cli-download-forms", runtime="pytest")
def test_a_result_becomes_json_where_it_can_and_a_pickle_otherwise(tmp_path: Path) -> None:
    """What the command writes results with gives a text a file of one kind, and a number of two parts the other."""
    from orquestra.sdk._base.cli._dumpers import WFOutputDumper

    written = [
        WFOutputDumper().dump(value, "hello-x7k2p-r000", index, tmp_path).file_path
        for index, value in enumerate(["HELLO, CE", 1 + 2j])
    ]

    assert [path.name for path in written] == ["0.json", "1.pickle"]
    assert written[0].read_text() == '"HELLO, CE"'
