"""The snippets of ``docs/resource-management.rst`` and the tests of what they do on CE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from examples.client import submitted_resources

if TYPE_CHECKING:
    from collections.abc import Callable

    from examples.stage import Stage
    from sphinxext.tested_snippets.plugin import BoundSnippet


class Snippets:
    """What the page shows. Each region ends before its own end marker."""

    @staticmethod
    def task_resources():
        from orquestra import sdk

        @sdk.task(resources=sdk.Resources(cpu="1", memory="500Mi"))
        def train():
            return "trained"

        # </snippet>

    # .. snippet-check::
    #    :fails: CPU resource quantity larger then 1, which is not a whole number
    @staticmethod
    def fractional_cpus():
        from orquestra import sdk

        @sdk.task(resources=sdk.Resources(cpu="1500m"))
        def train():
            return "trained"

        # </snippet>

    @staticmethod
    def workflow_resources():
        from orquestra import sdk

        @sdk.task(resources=sdk.Resources(cpu="2", memory="500Mi"))
        def train(model):
            return f"{model} trained"

        @sdk.workflow(resources=sdk.Resources(cpu="4", memory="1Gi", nodes=1))
        def compare():
            return train("small"), train("large")

        # </snippet>

    # .. snippet-check::
    #    :fails: Following workflow resources are insufficient to schedule all tasks: ['CPU']
    @staticmethod
    def workflow_too_small():
        from orquestra import sdk

        @sdk.task(resources=sdk.Resources(cpu="4"))
        def train():
            return "trained"

        @sdk.workflow(resources=sdk.Resources(cpu="2", memory="1Gi"))
        def compare():
            return train()

        # </snippet>

    # .. snippet-check::
    #    :fails: waiting: train (cpu=100
    #    :setup: seconds
    @staticmethod
    def task_too_large():
        from orquestra import sdk

        @sdk.task(resources=sdk.Resources(cpu="100"))
        def train():
            return "trained"

        # </snippet>

    @staticmethod
    def seconds(wait_at_most):
        wait_at_most(2)
        # </snippet>


@pytest.mark.snippet("workflow_resources")
def test_the_workflow_asks_for_what_it_says(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """The client sends the workflow's request, not the tasks'."""
    stage = staged(snippet.text)
    with stage.module(stage.files, "my_proj.tasks") as module:
        asked = submitted_resources(module.compare())

    assert (asked.cpu, asked.memory, asked.nodes) == ("4", "1Gi", 1)


@pytest.mark.snippet("workflow_resources")
def test_without_a_request_the_largest_task_is_what_the_workflow_asks_for(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """The same workflow without its own request asks for one task's share."""
    text = snippet.text.replace('(resources=sdk.Resources(cpu="4", memory="1Gi", nodes=1))', "")
    assert text != snippet.text
    stage = staged(text)
    with stage.module(stage.files, "my_proj.tasks") as module:
        asked = submitted_resources(module.compare())

    assert (asked.cpu, asked.memory) == ("2", "500Mi")


@pytest.mark.snippet(
    "workflow_resources", output="compare() gave ('small trained', 'large trained')"
)
def test_the_results_are_those_of_both_tasks(snippet: BoundSnippet) -> None:
    """Resources change when tasks run, not what they give."""
    snippet.run()
