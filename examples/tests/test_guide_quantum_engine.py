"""Tests of what the guide says about QE, as far as the SDK's client for it can show it. Nothing runs on QE."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from examples import trees
from examples.qe import QEDesk, dispatched, repositories

if TYPE_CHECKING:
    from sphinxext.tested_snippets.plugin import BoundSnippet


def _says(statement: str, seen: str | None = None) -> pytest.MarkDecorator:
    """Evidence from the SDK's client for QE for a statement of the guide."""
    return pytest.mark.snippet(statement=statement, runtime="QE translation", output=seen)


@pytest.fixture
def desk() -> Iterator[QEDesk]:
    """Where the SDK's QE client sends workflows."""
    with QEDesk() as opened:
        yield opened


def _workflow(tasks: int, data: object = None, **options: Any) -> Any:
    """A workflow of so many invocations of one task with these `options`, each with `data` as its argument."""
    from orquestra import sdk

    @sdk.task(source_import=sdk.GithubImport("my-org/my-project"), **options)
    def train(given: object = None) -> str:
        return "trained"

    @sdk.workflow
    def compare() -> Any:
        return [train(data) for _ in range(tasks)]

    return compare()


def _size(desk: QEDesk, workflow: Any) -> int:
    desk.submit(workflow)
    return len(desk.received[-1])


@_says("qe-step-image")
@_says("qe-step-resources")
@_says("qe-knew-task-resources")
def test_each_task_run_is_a_step_with_imports_and_resources_of_its_own(
    desk: QEDesk, snippets: Mapping[str, BoundSnippet]
) -> None:
    """Hence a container for each: nothing in a step refers to another one's environment."""
    from orquestra import sdk

    form = desk.submit(_workflow(3, resources=sdk.Resources(cpu="2", memory="1Gi")))

    assert form["apiVersion"] == "io.orquestra.workflow/1.0.0"
    assert len(form["steps"]) == 3
    for step in form["steps"]:
        assert step["config"]["resources"] == {"cpu": "2", "memory": "1Gi"}
        assert len(step["config"]["runtime"]["imports"]) == 2  # The SDK and the repo.
        assert step["config"]["runtime"]["customImage"].startswith("zapatacomputing/")
    config = form["steps"][0]["config"]
    asked = f"each of 3 steps asks for {config['resources']}"
    snippets["qe-step-resources"].observe(asked)
    snippets["qe-knew-task-resources"].observe(asked)
    snippets["qe-step-image"].observe(f"each of 3 steps names {config['runtime']['customImage']}")


@_says("qe-no-workflow-resources")
def test_the_resources_of_a_workflow_are_unknown_to_qe(desk: QEDesk) -> None:
    """What a workflow asks for is in no part of what is sent."""
    from orquestra import sdk

    @sdk.task(source_import=sdk.InlineImport())
    def train() -> str:
        return "trained"

    # Of so many digits that no identifier among what is sent has them by chance.
    @sdk.workflow(resources=sdk.Resources(cpu="7531864209", memory="7531864209Gi"))
    def compare() -> Any:
        return train()

    desk.submit(compare())

    assert b"7531864209" not in desk.received[-1]


@_says("qe-form-grows", "bytes more for each task")
def test_the_form_for_qe_grows_with_each_task(desk: QEDesk, snippet: BoundSnippet) -> None:
    """By the same number of bytes, more than a thousand, for each invocation."""
    one, hundred, two_hundred = (_size(desk, _workflow(n)) for n in (1, 100, 200))

    per_task = (two_hundred - hundred) / 100
    assert per_task > 1000
    assert abs((hundred - one) / 99 - per_task) < 0.05 * per_task
    snippet.observe(f"{per_task:.0f} bytes more for each task (of 100 and 200 tasks)")


@_says("qe-data-each-time", "bytes more for each task")
def test_embedded_data_count_once_for_each_task_that_gets_them(
    desk: QEDesk, snippet: BoundSnippet
) -> None:
    """The same data in ten tasks are sent ten times."""
    data = "x" * 10_000

    without, within = _size(desk, _workflow(10)), _size(desk, _workflow(10, data))

    assert (within - without) / 10 == pytest.approx(len(data), rel=0.01)
    snippet.observe(f"10000 bytes of data: {(within - without) / 10:.0f} bytes more for each task")


@_says("qe-too-large", "too large to be run on this cluster")
def test_a_workflow_that_is_too_large_is_reported_by_the_client(snippet: BoundSnippet) -> None:
    """When the server says so; its limit was QE's, and is not known here."""
    with QEDesk(limit=50_000) as desk:
        desk.submit(_workflow(5))
        from orquestra.sdk.exceptions import WorkflowTooLargeError

        with pytest.raises(WorkflowTooLargeError) as refused:
            desk.submit(_workflow(100))

    snippet.observe(str(refused.value))


@_says("qe-argo")
def test_the_client_reads_the_state_of_a_run_out_of_argos_own_record(
    desk: QEDesk, snippet: BoundSnippet
) -> None:
    """An Argo workflow with one pod that runs is a run with one task that runs."""
    pod = {
        "id": "qe-1",
        "type": "Pod",
        "templateName": "invocation-0",
        "phase": "Running",
        "startedAt": "2023-05-01T10:00:00Z",
    }
    record = {"status": {"startedAt": "2023-05-01T10:00:00Z", "nodes": {"qe-1": pod}}}
    desk.answer = {
        "status": "Running",
        "currentRepresentation": base64.b64encode(json.dumps(record).encode()).decode(),
    }
    with desk.client() as runtime:
        run_id = runtime.create_workflow_run(_workflow(1).model, project=None)
        run = runtime.get_workflow_run_status(run_id)

    assert run.status.state.value == "RUNNING"
    assert [task.status.state.value for task in run.task_runs] == ["RUNNING"]
    snippet.observe("an Argo record with a pod in the phase Running: the task is RUNNING")


@_says("qe-ssh-no-token")
def test_qe_clones_from_github_over_ssh_and_gets_no_token(
    desk: QEDesk, snippet: BoundSnippet
) -> None:
    """Hence the service account: user name and secret of an import are left out."""
    from orquestra import sdk

    @sdk.task(
        source_import=sdk.InlineImport(),
        dependency_imports=[
            sdk.GithubImport(
                "my-org/my-private-repo",
                username="my-github-username",
                personal_access_token=sdk.Secret("my-github-token", workspace_id="my-workspace"),
            )
        ],
    )
    def train() -> str:
        return "trained"

    @sdk.workflow
    def run_task() -> Any:
        return train()

    form = desk.submit(run_task())

    assert len(repositories(form)) == 1
    assert repositories(form)[0].endswith("@github.com:my-org/my-private-repo.git at main")
    assert "my-github-token" not in json.dumps(form)
    snippet.observe(repositories(form)[0])


def _bare_scripts(folder: Path) -> Mapping[str, str]:
    """Files in no package, which import each other; written to a folder."""
    task = trees.full_project()["src/my_proj/train.py"]
    files = {
        "train.py": task.replace('return "trained"', "import load\n\n    return load.NAME"),
        "load.py": 'NAME = "loaded from beside"\n',
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return files


@_says("qe-scripts")
@_says("qe-scripts-enough")
def test_bare_scripts_load_on_the_terms_of_qe(
    desk: QEDesk, tmp_path: Path, snippets: Mapping[str, BoundSnippet]
) -> None:
    """A clone on the import path is enough for the SDK's dispatcher; nothing is installed."""
    form, address = _translated_scripts(desk, tmp_path)

    given = dispatched(form, {address: tmp_path})

    assert given == json.dumps("loaded from beside")
    for snippet in snippets.values():
        snippet.observe(f"the task gave {given}")


def test_without_the_clone_they_do_not_load(desk: QEDesk, tmp_path: Path) -> None:
    """So the check above is about the clone, not about this process."""
    form, _ = _translated_scripts(desk, tmp_path)

    with pytest.raises(RuntimeError, match="No module named train"):
        dispatched(form, {})


def _translated_scripts(desk: QEDesk, folder: Path) -> tuple[dict[str, Any], str]:
    from importlib import import_module

    from examples.runner import workflow_of
    from local_ce import importable

    with importable(_bare_scripts(folder)):
        form = desk.submit(workflow_of(import_module("train").train))
    (cloned,) = repositories(form)
    return form, cloned.partition(" at ")[0]
