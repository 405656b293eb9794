"""The snippets of ``docs/resource-management.rst`` and the tests of what they do on CE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from examples.client import submitted_resources
from examples.runner import workflow_of
from examples.waiting import run_beside_another

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from examples.stage import Stage
    from local_ce.pytest_plugin import AnyCE
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
    #    :runtime: SDK
    #    :fails: CPU resource quantity larger then 1, which is not a whole number
    #    :proves: resources-cpu-whole
    @staticmethod
    def fractional_cpus():
        from orquestra import sdk

        @sdk.task(resources=sdk.Resources(cpu="1500m"))
        def train():
            return "trained"

        # </snippet>

    # .. snippet-check::
    #    :runtime: SDK
    #    :fails: Invalid number format: 2GB
    #    :proves: resources-unit-letters
    @staticmethod
    def gigabytes():
        from orquestra import sdk

        @sdk.task(resources=sdk.Resources(memory="2GB"))
        def train():
            return "trained"

        # </snippet>

    # .. snippet-check::
    #    :runtime: SDK
    #    :fails: string does not match regex "^[01]+$"
    #    :proves: resources-two-gpus
    @staticmethod
    def two_gpus():
        from orquestra import sdk

        @sdk.task(resources=sdk.Resources(gpu="2"))
        def train():
            return "trained"

        # </snippet>

    @staticmethod
    def one_call():
        from orquestra import sdk

        @sdk.task(resources=sdk.Resources(cpu="1"))
        def train(model):
            return f"{model} trained"

        @sdk.workflow
        def compare():
            small = train("small")
            large = train("large").with_invocation_meta(cpu="3", memory="200Mi")
            return small, large

        # </snippet>

    @staticmethod
    def two_kinds():
        from orquestra import sdk

        @sdk.task(resources=sdk.Resources(cpu="4", memory="100Mi"))
        def simulate():
            return "simulated"

        @sdk.task(resources=sdk.Resources(cpu="1", memory="200Mi"))
        def collect(simulated):
            return f"{simulated} and collected"

        @sdk.workflow
        def study():
            return collect(simulate())

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
    #    :runtime: SDK
    #    :fails: Following workflow resources are insufficient to schedule all tasks: ['CPU']
    #    :proves: resources-half-said
    @staticmethod
    def half_said():
        from orquestra import sdk

        @sdk.task(resources=sdk.Resources(cpu="3"))
        def train():
            return "trained"

        @sdk.workflow(resources=sdk.Resources(memory="8Gi"))
        def compare():
            return train()

        # </snippet>

    # .. snippet-check::
    #    :runtime: SDK
    #    :fails: Following workflow resources are insufficient to schedule all tasks: ['CPU']
    #    :proves: resources-too-small resources-too-small-named
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
    #    :proves: resources-too-large
    #    :setup: beside
    @staticmethod
    def task_too_large():
        from orquestra import sdk

        @sdk.task(resources=sdk.Resources(cpu="100"))
        def train():
            return "trained"

        # </snippet>

    @staticmethod
    def beside(another_beside):
        another_beside()
        # </snippet>


@pytest.mark.snippet("workflow_resources")
@pytest.mark.snippet(statement="resources-of-workflow-sent", runtime="pytest")
@pytest.mark.snippet(statement="resources-nodes-sent", runtime="pytest")
def test_the_workflow_asks_for_what_it_says(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """The client sends the workflow's request, not the tasks'."""
    stage = staged(snippet.text)
    with stage.module(stage.files, "my_proj.tasks") as module:
        asked = submitted_resources(module.compare())

    assert (asked.cpu, asked.memory, asked.nodes) == ("4", "1Gi", 1)


@pytest.mark.snippet("workflow_resources")
@pytest.mark.snippet(statement="resources-largest-task", runtime="pytest")
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


def _asked(staged: Callable[[str], Stage], text: str, workflow: str) -> tuple[str | None, ...]:
    """CPUs, memory and GPUs that the client sends for a workflow of the module `text`."""
    stage = staged(text)
    with stage.module(stage.files, "my_proj.tasks") as module:
        asked = submitted_resources(getattr(module, workflow)())
    return asked.cpu, asked.memory, asked.gpu


@pytest.mark.snippet("two_kinds", output="study() gave 'simulated and collected'")
@pytest.mark.snippet(statement="resources-by-kind", runtime="pytest")
def test_each_kind_of_resource_comes_from_the_task_that_asks_for_most_of_it(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """The CPUs come from one task, the memory from the other."""
    assert _asked(staged, snippet.text, "study") == ("4", "200Mi", None)

    snippet.run()


@pytest.mark.snippet("one_call", output="compare() gave ('small trained', 'large trained')")
@pytest.mark.snippet(statement="resources-one-call", runtime="pytest")
@pytest.mark.snippet(statement="resources-one-call-only", runtime="pytest")
@pytest.mark.snippet(statement="resources-call-unchecked", runtime="pytest")
def test_one_call_asks_for_more_than_its_task(
    snippet: BoundSnippet, staged: Callable[[str], Stage]
) -> None:
    """The workflow's share is that of the larger call; without the change, it is the task's."""
    plain = snippet.text.replace('.with_invocation_meta(cpu="3", memory="200Mi")', "")
    half = snippet.text.replace('cpu="3", memory="200Mi"', 'cpu="1500m"')

    assert _asked(staged, snippet.text, "compare") == ("3", "200Mi", None)
    assert _asked(staged, plain, "compare") == ("1", None, None)
    assert _asked(staged, half, "compare") == ("1500m", None, None)

    snippet.run()


@pytest.mark.snippet("task_resources")
@pytest.mark.snippet(statement="resources-disk", runtime="pytest")
@pytest.mark.snippet(
    statement="resources-nodes-of-task", runtime="pytest", output="the nodes resource"
)
def test_disk_and_nodes_of_a_task_are_not_sent(
    snippets: Mapping[str, BoundSnippet], staged: Callable[[str], Stage]
) -> None:
    """The SDK warns of the nodes, and says nothing of the disk."""
    from orquestra.sdk.exceptions import NodesInTaskResourcesWarning

    snippet = snippets["task_resources"]
    more = snippet.text.replace('memory="500Mi"', 'memory="500Mi", disk="1Gi", nodes=2')
    assert more != snippet.text
    text = f"{more}\n\n@sdk.workflow\ndef run_it():\n    return train()\n"

    with pytest.warns(NodesInTaskResourcesWarning) as warned:
        assert _asked(staged, text, "run_it") == ("1", "500Mi", None)

    snippets["resources-nodes-of-task"].observe(str(warned[0].message))


@pytest.mark.snippet(statement="resources-too-large-others", fails="train (gpu=1")
def test_a_gpu_that_no_node_has_and_too_much_memory_keep_tasks_waiting(
    local_ce: AnyCE, snippet: BoundSnippet
) -> None:
    """Their run is neither refused nor failed, and goes on when one that was submitted after it has ended."""
    from local_ce import RunFailed

    with pytest.raises(RunFailed) as failed:
        run_beside_another(local_ce, _needing({"gpu": "1"}, {"memory": "100Ti"}))

    assert "train (memory=100Ti" in failed.value.cause
    snippet.observe(failed.value.cause)


@pytest.mark.snippet(
    statement="resources-cpu-refused-early", runtime="pytest", fails="not a whole number"
)
def test_half_cpus_are_refused_before_there_is_anything_to_submit(snippet: BoundSnippet) -> None:
    """The task can be written and called; what would be sent can't be made of it."""
    from orquestra import sdk
    from orquestra.sdk.exceptions import InvalidTaskDefinitionError

    @sdk.task(resources=sdk.Resources(cpu="1500m"))
    def train() -> str:
        return "trained"

    called = workflow_of(train)
    with pytest.raises(InvalidTaskDefinitionError) as refused:
        called.model  # noqa: B018 - making it is the point

    snippet.observe(str(refused.value))


def _needing(*requests: Any, share: Any = None) -> Any:
    """A workflow of a task for each of the `requests`, with a `share` of its own or none."""
    from orquestra import sdk

    @sdk.task
    def train() -> str:
        return "trained"

    @sdk.workflow(**({} if share is None else {"resources": share}))
    def study() -> Any:
        return [train().with_invocation_meta(**request) for request in requests]

    return study()


@pytest.mark.snippet(statement="resources-memory-suffixes", runtime="pytest")
def test_each_suffix_is_more_than_the_one_before() -> None:
    """Of two tasks the client takes the larger request; what follows the last suffix it can't read."""
    suffixes = [f"{letter}{binary}" for letter in "KMGTPE" for binary in ("", "i")]
    suffixes[0] = "k"

    for smaller, larger in zip(["", *suffixes], suffixes):
        requests = [{"memory": f"1{larger}"}, {"memory": f"1{smaller}"}]
        for ordered in (requests, requests[::-1]):
            assert submitted_resources(_needing(*ordered)).memory == f"1{larger}"
    with pytest.raises(ValueError, match="Invalid number format: 1Z"):
        submitted_resources(_needing({"memory": "1Z"}))


@pytest.mark.snippet(statement="resources-gpu-values", runtime="pytest")
def test_a_task_asks_for_a_gpu_or_for_none() -> None:
    """None is what the workflow asks for in the second case."""
    assert submitted_resources(_needing({"gpu": "1"})).gpu == "1"
    assert submitted_resources(_needing({"gpu": "0"})).gpu is None


@pytest.mark.snippet(statement="resources-nothing-sent", runtime="pytest")
def test_a_workflow_without_requests_sends_none() -> None:
    """Neither CPUs nor memory, GPUs or nodes."""
    asked = submitted_resources(_needing({}))

    assert (asked.cpu, asked.memory, asked.gpu, asked.nodes) == (None, None, None, None)


@pytest.mark.snippet(
    statement="resources-other-half-said", runtime="pytest", fails="insufficient to schedule"
)
def test_what_a_workflow_does_not_name_counts_as_two_gibibytes(snippet: BoundSnippet) -> None:
    """Two fit, a byte more does not."""
    from orquestra import sdk
    from orquestra.sdk.exceptions import WorkflowSyntaxError

    share = sdk.Resources(cpu="4")
    submitted_resources(_needing({"memory": "2Gi"}, share=share))
    with pytest.raises(WorkflowSyntaxError, match=r"\['Memory'\]") as refused:
        submitted_resources(_needing({"memory": f"{2 * 2**30 + 1}"}, share=share))

    snippet.observe(str(refused.value))


@pytest.mark.snippet(
    statement="resources-per-node", runtime="pytest", fails="insufficient to schedule all tasks"
)
@pytest.mark.snippet(statement="resources-nodes-unsaid", runtime="pytest")
def test_the_resources_of_a_workflow_are_those_of_each_node(
    snippets: Mapping[str, BoundSnippet],
) -> None:
    """Two nodes of two CPUs take tasks of two CPUs, and none of four; a share without nodes is sent without."""
    from orquestra import sdk
    from orquestra.sdk.exceptions import WorkflowSyntaxError

    two = sdk.Resources(cpu="2", memory="1Gi", nodes=2)
    assert submitted_resources(_needing({"cpu": "2"}, share=two)).nodes == 2
    four = _needing({"cpu": "4"}, share=two)
    with pytest.raises(WorkflowSyntaxError, match=r"\['CPU'\]") as refused:
        submitted_resources(four)

    snippets["resources-per-node"].observe(str(refused.value))
    unsaid = sdk.Resources(cpu="2", memory="1Gi")
    assert submitted_resources(_needing({"cpu": "2"}, share=unsaid)).nodes is None


@pytest.mark.snippet(statement="resources-cpu-units")
@pytest.mark.snippet(statement="resources-memory-units")
@pytest.mark.snippet(statement="resources-default-cpu")
@pytest.mark.snippet(statement="resources-default-memory")
def test_ray_gives_a_task_what_its_units_mean(local_ce: AnyCE) -> None:
    """Each task tells what Ray has counted out for it."""
    from orquestra import sdk

    @sdk.task
    def given() -> Any:
        import ray

        counted = ray.get_runtime_context().get_assigned_resources()
        return counted.get("CPU"), counted.get("memory")

    @sdk.workflow
    def ask() -> Any:
        return (
            given(),
            given().with_invocation_meta(cpu="500m", memory="500M"),
            given().with_invocation_meta(cpu="1000m", memory="500Mi"),
            given().with_invocation_meta(cpu="1"),
        )

    assert list(local_ce.run(ask())) == [
        (1.0, None),
        (0.5, 500_000_000),
        (1.0, 524_288_000),
        (1.0, None),
    ]


@pytest.mark.snippet(statement="resources-memory-not-enforced")
@pytest.mark.snippet(statement="resources-waits-for-arguments")
def test_a_task_may_use_more_memory_than_it_asked_for_and_waits_for_its_arguments(
    local_ce: AnyCE,
) -> None:
    """The first task fills fifty times its request; the second starts when the first has ended."""
    from orquestra import sdk

    @sdk.task(resources=sdk.Resources(memory="1Mi"))
    def fill() -> Any:
        import time

        size = len(bytearray(50 * 2**20))
        return size, time.time()

    @sdk.task
    def started(filled: Any) -> Any:
        import time

        return (*filled, time.time())

    @sdk.workflow
    def both() -> Any:
        return started(fill())

    size, ended, began = local_ce.run(both())

    assert size == 50 * 2**20
    assert ended <= began
