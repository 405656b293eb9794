"""The workflow driver's API, method by method, through the SDK's own client."""

from __future__ import annotations

import gzip
import http.client
import io
import json
import tarfile
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from orquestra import sdk
from orquestra.sdk._base import serde
from orquestra.sdk._base._driver import _exceptions
from orquestra.sdk._base._driver._ce_runtime import CERuntime
from orquestra.sdk._base._driver._models import Resources
from orquestra.sdk.schema.configs import RuntimeConfiguration, RuntimeName
from orquestra.sdk.schema.ir import Version, WorkflowMetadata
from orquestra.sdk.schema.workflow_run import State

from local_ce.server import Server
from local_ce.store import RunState, TaskRecord
from local_ce.tokens import Tokens
from tests.local_ce.engines import PATIENCE
from tests.local_ce.served import NO_RESOURCES, SUMS, Served, as_json


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Give an API that nothing was submitted to."""
    started = Served(tmp_path)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give an API that many examples go to."""
    started = Served(tmp_path_factory.mktemp("state"))
    yield started
    started.stop()


# --- definitions


def test_a_definition_comes_back_as_it_was_sent(served: Served) -> None:
    """With where it belongs and who sent it."""
    definition = SUMS
    definition_id = served.driver(user="ann").create_workflow_def(
        definition, sdk.ProjectRef(workspace_id="other", project_id="demo")
    )
    found = served.driver().get_workflow_def(definition_id)
    assert found.workflow == definition
    assert (found.workspaceId, found.project, found.owner) == ("other", "demo", "ann")
    assert found.sdkVersion == version("orquestra-sdk")


def test_a_definition_can_be_deleted_until_a_run_needs_it(served: Served) -> None:
    """A run without its definition would break every list the client shows."""
    client = served.driver()
    definition_id = client.create_workflow_def(SUMS, None)
    client.delete_workflow_def(definition_id)
    with pytest.raises(_exceptions.WorkflowDefNotFound):
        client.get_workflow_def(definition_id)
    with pytest.raises(_exceptions.WorkflowDefNotFound):
        client.delete_workflow_def(definition_id)

    used = client.get_workflow_run(served.submit())
    used_id = served.store.runs()[0].definition_id
    with pytest.raises(_exceptions.UnknownHTTPError) as raised:
        client.delete_workflow_def(used_id)
    assert raised.value.response.status_code == 409
    assert used.id in raised.value.response.json()["detail"]


def test_definitions_are_listed_in_pages(served: Served) -> None:
    """The newest first; following the tokens gives each of them once."""
    client, names = served.driver(), []
    for number in range(5):
        definition = SUMS.copy(update={"name": f"number-{number}"})
        client.create_workflow_def(definition, None)
    page = client.list_workflow_defs(page_size=2)
    names += [one.name for one in page.contents]
    while page.next_page_token:
        page = client.list_workflow_defs(page_size=2, page_token=page.next_page_token)
        names += [one.name for one in page.contents]
    assert names == [f"number-{number}" for number in (4, 3, 2, 1, 0)]
    assert len(client.list_workflow_defs().contents) == 5


def test_a_broken_definition_is_refused_with_its_fields(served: Served) -> None:
    """What was expected, and what was found instead."""
    document = json.loads(SUMS.json())
    document["tasks"] = 3
    del document["output_ids"]
    answer = served.ask("POST", "/api/workflow-definitions", json=document)
    assert answer.status_code == 400
    assert "tasks: value is not a valid dict, found int 3" in answer.json()["detail"]
    assert "output_ids: field required, found nothing" in answer.json()["detail"]


def _dangle(document: Any, path: tuple[str, ...]) -> None:
    """Let an id in the document name nothing; ``*`` in the path is whatever comes first."""
    for part in path[:-1]:
        document = document[next(iter(document)) if part == "*" else part]
    found = document[path[-1]]
    document[path[-1]] = "gone" if isinstance(found, str) else ["gone"]


@pytest.mark.parametrize(
    "path",
    [
        ("output_ids",),
        ("task_invocations", "*", "task_id"),
        ("task_invocations", "*", "args_ids"),
        ("task_invocations", "*", "output_ids"),
        ("tasks", "*", "source_import_id"),
    ],
)
def test_an_id_that_names_nothing_is_refused(served: Served, path: tuple[str, ...]) -> None:
    """Nothing could run it; where it is and what was found."""
    document = json.loads(SUMS.json())
    _dangle(document, path)
    answer = served.ask("POST", "/api/workflow-definitions", json=document)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(path[0])
    assert "found str 'gone'" in answer.json()["detail"]


def test_the_first_of_many_errors_are_told(served: Served) -> None:
    """And how many there are."""
    document = json.loads(SUMS.json())
    document["output_ids"] = [f"gone-{number}" for number in range(100)]
    detail = served.ask("POST", "/api/workflow-definitions", json=document).json()["detail"]
    assert "gone-0" in detail
    assert "gone-50" not in detail
    assert detail.endswith("and 95 more")


def test_the_client_raises_that_the_definition_is_invalid(served: Served) -> None:
    """With the message and the detail the server gave."""
    broken = SUMS.copy(update={"output_ids": None})
    with pytest.raises(_exceptions.InvalidWorkflowDef) as raised:
        served.driver().create_workflow_def(broken, None)
    assert raised.value.message == "invalid workflow definition"
    assert "output_ids" in raised.value.detail


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "expected JSON"),
        (b"[" * 100_000, "nesting"),
        (b'{"name": "\\ud800"}', "surrogate"),
        (b'{"name": "\xed\xa0\x80"}', "expected JSON"),
        ('{"name": "\\ud800"}'.encode("utf-16"), "expected JSON"),
        (b'{"name": NaN}', "NaN"),
        (b'{"name": 1e999}', "too large"),
        (b"\xff\xfe\xff", "expected JSON"),
        (b"[]", "expected an object, found list"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(served: Served, body: bytes, told: str) -> None:
    """With what is wrong with it."""
    answer = served.ask("POST", "/api/workflow-definitions", data=body)
    assert answer.status_code == 400
    assert told in answer.json()["detail"]


def test_a_definition_larger_than_usual_limits_is_taken(served: Served) -> None:
    """Ten thousand tasks make some megabytes."""
    model = SUMS
    invocation = next(iter(model.task_invocations.values()))
    many = {f"invocation-{number}": invocation for number in range(10_000)}
    definition_id = served.driver().create_workflow_def(
        model.copy(update={"task_invocations": many}), None
    )
    assert len(served.driver().get_workflow_def(definition_id).workflow.task_invocations) == 10_000


# --- runs


def test_a_run_waits_until_somebody_executes_it(served: Served) -> None:
    """The API tells whoever does, and shows every task as waiting."""
    run_id = served.submit()
    assert served.runs.submissions == [run_id]
    run = served.driver().get_workflow_run(run_id)
    assert run.status.state is State.WAITING
    assert run.workflow_def == SUMS
    assert {task.invocation_id for task in run.task_runs} == set(run.workflow_def.task_invocations)
    assert {task.status.state for task in run.task_runs} == {State.WAITING}


def test_a_run_is_shown_as_the_store_has_it(served: Served) -> None:
    """Times are instants, tasks have states of their own."""
    run_id = served.submit()
    first, second = SUMS.task_invocations
    served.store.update_run(run_id, RunState.RUNNING, start=1000.5)
    served.store.update_tasks(
        run_id,
        [TaskRecord(first, "SUCCEEDED", 1001.0, 1002.0), TaskRecord(second, "RUNNING", 1002.0)],
    )
    run = served.driver().get_workflow_run(run_id)
    assert run.status.state is State.RUNNING
    assert run.status.start_time.timestamp() == 1000.5
    assert run.status.end_time is None
    states = {task.invocation_id: task.status.state for task in run.task_runs}
    assert states == {first: State.SUCCEEDED, second: State.RUNNING}


def test_the_resources_of_a_run_are_kept(served: Served) -> None:
    """Those that were not said stay unsaid: the defaults are the scheduler's."""
    client = served.driver()
    definition_id = client.create_workflow_def(SUMS, None)
    client.create_workflow_run(definition_id, Resources(cpu="500m", memory="2Gi", gpu="0", nodes=3))
    client.create_workflow_run(definition_id, NO_RESOURCES)
    assert [run.resources for run in served.store.runs()] == [
        {"cpu": "500m", "memory": "2Gi", "gpu": "0", "nodes": 3},
        {"cpu": None, "memory": None, "gpu": None, "nodes": None},
    ]


@pytest.mark.parametrize(
    ("resources", "told"),
    [
        ({"cpu": "much"}, "resources.cpu"),
        ({"cpu": "1..2"}, "resources.cpu: expected a positive quantity"),
        ({"cpu": "-1"}, "resources.cpu: expected a positive quantity"),
        ({"memory": "1e999999999"}, "resources.memory: expected a positive quantity"),
        ({"gpu": "2"}, "resources.gpu"),
        ({"nodes": 0}, "resources.nodes: expected 1 to 1000, found int 0"),
        ("all", "resources: value is not a valid dict, found str"),
    ],
)
def test_impossible_resources_are_refused(served: Served, resources: Any, told: str) -> None:
    """With the field and the SDK's error code."""
    definition_id = served.driver().create_workflow_def(SUMS, None)
    body = {"workflowDefinitionID": definition_id, "resources": resources}
    answer = served.ask("POST", "/api/workflow-runs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert told in answer.json()["detail"]


@pytest.mark.parametrize(
    ("definition_id", "code"), [(None, 2), ("nope", 5), (str(uuid.UUID(int=0)), 6)]
)
def test_a_run_of_no_definition_is_refused(
    served: Served, definition_id: str | None, code: int
) -> None:
    """With the SDK's error code for what is wrong with the id."""
    body: Any = {"workflowDefinitionID": definition_id, "resources": {}}
    answer = served.ask("POST", "/api/workflow-runs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    if definition_id is not None:
        with pytest.raises(_exceptions.InvalidWorkflowRunRequest):
            served.driver().create_workflow_run(definition_id, NO_RESOURCES)


def _made_by(sdk_version: str) -> Any:
    major, minor, patch = map(int, sdk_version.split("."))
    made_by = Version(
        original=sdk_version, major=major, minor=minor, patch=patch, is_prerelease=False
    )
    metadata = WorkflowMetadata(sdk_version=made_by, python_version=made_by)
    return SUMS.copy(update={"metadata": metadata})


def test_a_definition_of_a_newer_major_version_is_not_run(served: Served) -> None:
    """The client understands which version came and which is supported."""
    client = served.driver()
    definition_id = client.create_workflow_def(_made_by("1.1.0"), None)
    with pytest.raises(_exceptions.UnsupportedSDKVersion) as raised:
        client.create_workflow_run(definition_id, NO_RESOURCES)
    assert raised.value.submitted_version == "1.1.0"
    assert raised.value.supported_versions == [version("orquestra-sdk")]
    assert served.runs.submissions == []


def test_definitions_of_other_versions_are_run(served: Served) -> None:
    """Also of those so old that they do not say."""
    client = served.driver()
    for definition in (_made_by("0.50.0"), SUMS.copy(update={"metadata": None})):
        client.create_workflow_run(client.create_workflow_def(definition, None), NO_RESOURCES)
    assert len(served.runs.submissions) == 2


def test_runs_are_listed_newest_first_and_filtered(served: Served) -> None:
    """By workspace, project and definition."""
    client = served.driver()
    mine = served.submit()
    demo = served.submit(workspace_id="local", project_id="demo")
    other = served.submit(workspace_id="other", project_id="demo")

    def listed(**wanted: Any) -> list[str]:
        return [run.id for run in client.list_workflow_runs(**wanted).contents]

    assert listed() == [other, demo, mine]
    assert listed(workspace="local") == [demo, mine]
    assert listed(workspace="local", project="demo") == [demo]
    assert listed(project="demo") == [other, demo]
    assert listed(workflow_def_id=served.store.runs()[0].definition_id) == [mine]


@pytest.mark.parametrize(("limit", "expected"), [(None, 5), (2, 2), (4, 4), (5, 5), (50, 5)])
def test_the_runtime_gets_as_many_runs_as_it_asks_for(
    served: Served, limit: int | None, expected: int
) -> None:
    """Each once: after a full page it asks for another one, of no entries even."""
    ids = [served.submit() for _ in range(5)]
    config = RuntimeConfiguration(
        config_name="x", runtime_name=RuntimeName.CE_REMOTE, runtime_options={}
    )
    runtime = CERuntime(config, served.driver())
    found = [run.id for run in runtime.list_workflow_runs(limit=limit)]
    assert found == ids[::-1][:expected]


def test_a_full_last_page_has_an_empty_one_behind_it(served: Served) -> None:
    """Without a token the client would ask for the first page again."""
    client = served.driver()
    for _ in range(4):
        served.submit()
    first = client.list_workflow_runs(page_size=2)
    second = client.list_workflow_runs(page_size=2, page_token=first.next_page_token)
    third = client.list_workflow_runs(page_size=2, page_token=second.next_page_token)
    assert [len(page.contents) for page in (first, second, third)] == [2, 2, 0]
    assert third.next_page_token == ""


@pytest.mark.parametrize("query", ["pageSize=x", "pageSize=-1", "pageSize=99999", "pageToken=x"])
def test_a_page_that_is_none_is_refused(served: Served, query: str) -> None:
    """With what was expected."""
    for path in ("/api/workflow-runs", "/api/workflow-definitions"):
        answer = served.ask("GET", f"{path}?{query}")
        assert answer.status_code == 400
        assert "expected" in answer.json()["detail"]


def test_terminating_asks_whoever_executes_runs(served: Served) -> None:
    """It can be asked again."""
    run_id = served.submit()
    client = served.driver()
    client.terminate_workflow_run(run_id)
    client.terminate_workflow_run(run_id, force=True)
    assert served.runs.terminations == [run_id, run_id]


def test_the_project_of_a_run_is_found(served: Served) -> None:
    """As ``sdk`` asks for it."""
    run_id = served.submit(workspace_id="other", project_id="demo")
    found = served.driver().get_workflow_project(run_id)
    assert (found.workspace_id, found.project_id) == ("other", "demo")


# --- results and artifacts


def test_results_come_back_in_order_once_the_run_succeeded(served: Served) -> None:
    """Before that there are none, even if the store has them already."""
    run_id, client = served.submit(), served.driver()
    assert client.get_workflow_run_results(run_id) == []
    served.store.set_results(run_id, [as_json(3), as_json({1, 2})])
    assert client.get_workflow_run_results(run_id) == []
    served.store.update_run(run_id, RunState.SUCCEEDED)
    (result_id,) = client.get_workflow_run_results(run_id)
    result = client.get_workflow_run_result(result_id)
    assert [serde.deserialize(one) for one in result.results] == [3, {1, 2}]


def test_artifacts_come_back_by_task_run(served: Served) -> None:
    """Under ids the SDK finds the invocation in."""
    run_id = served.submit()
    first, second = SUMS.task_invocations
    served.store.set_artifacts(run_id, {first: as_json(3), second: as_json((1, "x"))})
    client = served.driver()
    found = client.get_workflow_run_artifacts(run_id)
    assert set(found) == {f"{run_id}@{first}", f"{run_id}@{second}"}
    (artifact_id,) = found[f"{run_id}@{second}"]
    artifact = client.get_workflow_run_artifact(artifact_id)
    assert serde.deserialize(artifact) == (1, "x")


def test_a_result_with_a_secret_is_given_until_the_server_restarts(tmp_path: Path) -> None:
    """After that, the answer says why it is gone."""
    first = Served(tmp_path)
    first.secrets.set("name", "s3cret-value")
    run_id = first.submit()
    first.store.set_results(run_id, [as_json("s3cret-value")])
    first.store.set_artifacts(run_id, {"invocation": as_json("s3cret-value")})
    first.store.update_run(run_id, RunState.SUCCEEDED)
    (result_id,) = first.driver().get_workflow_run_results(run_id)
    result = first.driver().get_workflow_run_result(result_id)
    assert serde.deserialize(result.results[0]) == "s3cret-value"
    first.stop()

    second = Served(tmp_path)
    ((artifact_id,),) = second.driver().get_workflow_run_artifacts(run_id).values()
    for path in (f"/api/run-results/{result_id}", f"/api/artifacts/{artifact_id}"):
        answer = second.ask("GET", path)
        assert answer.status_code == 410
        assert "kept in memory only" in answer.json()["detail"]
    second.stop()


# --- logs


def test_logs_are_sorted_as_the_client_sorts_them(served: Served) -> None:
    """Tasks, environments, the system; hundreds of lines keep their order."""
    run_id = served.submit()
    (invocation, _) = SUMS.task_invocations
    lines = [f"line {number} é" for number in range(250)]
    served.store.add_logs(run_id, "task", invocation, lines)
    served.store.add_logs(run_id, "environment", None, ["collecting"])
    served.store.add_logs(run_id, "system", None, ["head started"])
    config = RuntimeConfiguration(
        config_name="x", runtime_name=RuntimeName.CE_REMOTE, runtime_options={}
    )
    logs = CERuntime(config, served.driver()).get_workflow_logs(run_id)
    assert list(logs.per_task.values()) == [lines]
    assert logs.env_setup == ["collecting"]
    assert logs.system == ["head started"]
    assert logs.other == []


def test_a_run_without_logs_has_empty_ones(served: Served) -> None:
    """That is no error."""
    run_id, client = served.submit(), served.driver()
    assert client.get_workflow_run_logs(run_id) == []
    assert client.get_system_logs(run_id) == []


def test_the_system_logs_say_why_a_run_waits_or_failed(served: Served) -> None:
    """The client shows a state without reasons; this is where its user looks next."""
    run_id, client = served.submit(), served.driver()
    served.runs.reasons[run_id] = "nobody offers the image x"
    (line,) = client.get_system_logs(run_id)
    assert line.log == "run WAITING: nobody offers the image x"
    served.store.update_run(run_id, RunState.FAILED, reason="time limit")
    (line,) = client.get_system_logs(run_id)
    assert line.log == "run FAILED: time limit"


def test_the_logs_of_one_task_are_its_own(served: Served) -> None:
    """As an archive: the client hands on what it gets."""
    run_id = served.submit()
    first, second = SUMS.task_invocations
    served.store.add_logs(run_id, "task", first, ["of the first"])
    served.store.add_logs(run_id, "task", second, ["of the second"])
    content = served.driver().get_task_run_logs(f"{run_id}@{second}")
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content))) as tar:
        file = tar.extractfile("step-logs")
        assert file is not None
        ((_, message),) = json.loads(file.read())
    assert message["log"] == "of the second"


# --- workspaces and projects


def test_workspaces_are_those_of_the_token(served: Served) -> None:
    """All of them, or the ones it names."""
    assert [one.id for one in served.driver().list_workspaces()] == ["local", "other"]
    limited = served.driver(workspaces=["other", "gone"])
    assert [one.id for one in limited.list_workspaces()] == ["other"]


def test_projects_are_those_something_was_submitted_to(served: Served) -> None:
    """And the one for what names none."""
    served.submit(workspace_id="other", project_id="demo")
    found = served.driver().list_projects("other")
    assert [(one.id, one.resourceGroupId) for one in found] == [
        ("default", "other"),
        ("demo", "other"),
    ]
    assert [one.id for one in served.driver().list_projects("local")] == ["default"]


def test_a_workspace_id_that_is_none_is_refused(served: Served) -> None:
    """The path takes a ZRI."""
    assert served.ask("GET", "/api/catalog/workspaces/local/projects").status_code == 400
    with pytest.raises(_exceptions.InvalidWorkspaceZRI):
        served.driver().list_projects("")


# --- who may what


def _calls(client: Any, served: Served) -> list[Any]:
    """Return a call of each method that names something in the workspace ``local``."""
    run_id = served.submit()
    run = served.store.run(run_id)
    assert run is not None
    (invocation, _) = SUMS.task_invocations
    served.store.set_artifacts(run_id, {invocation: as_json(1)})
    (artifact_id,) = served.store.artifact_ids(run_id).values()
    project = sdk.ProjectRef(workspace_id="local", project_id="p")
    return [
        lambda: client.create_workflow_def(SUMS, project),
        lambda: client.get_workflow_def(run.definition_id),
        lambda: client.delete_workflow_def(run.definition_id),
        lambda: client.create_workflow_run(run.definition_id, NO_RESOURCES),
        lambda: client.list_workflow_runs(workspace="local"),
        lambda: client.get_workflow_run(run_id),
        lambda: client.terminate_workflow_run(run_id),
        lambda: client.get_workflow_run_artifacts(run_id),
        lambda: client.get_workflow_run_artifact(artifact_id),
        lambda: client.get_workflow_run_results(run_id),
        lambda: client.get_workflow_run_result(run.result_id),
        lambda: client.get_workflow_run_logs(run_id),
        lambda: client.get_system_logs(run_id),
        lambda: client.get_task_run_logs(f"{run_id}@{invocation}"),
        lambda: client.list_projects("local"),
        lambda: client.get_workflow_project(run_id),
    ]


def test_nothing_is_done_without_a_good_token(served: Served) -> None:
    """Whatever is wrong with it: every method answers 401."""
    for token in (
        "nonsense",
        "nönsense",
        served.tokens.issue(lifetime=-60),
        Tokens.new().issue(),
    ):
        client = served.driver(token.encode("utf-8").decode("latin-1"))
        for call in [*_calls(client, served), client.list_workspaces, client.list_workflow_defs]:
            with pytest.raises(_exceptions.InvalidTokenError):
                call()
    answer = served.ask("GET", "/api/workflow-runs", headers={})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_nothing_is_done_in_a_foreign_workspace(served: Served) -> None:
    """Every method answers 403, and lists leave out what is there."""
    client = served.driver(workspaces=["other"])
    for call in _calls(client, served):
        with pytest.raises(_exceptions.ForbiddenError):
            call()
    assert client.list_workflow_runs().contents == []
    assert client.list_workflow_defs().contents == []
    assert served.runs.terminations == []


def test_a_workspace_that_is_not_there_is_no_different(served: Served) -> None:
    """Also for a token that is good for all of them."""
    with pytest.raises(_exceptions.ForbiddenError):
        served.submit(workspace_id="nowhere", project_id="p")


def test_a_run_s_own_token_opens_no_runs(served: Served) -> None:
    """It is for secrets: a task cannot submit, read or stop runs with it."""
    run_id = served.submit()
    client = served.driver(kind="run", run_id=run_id, workspaces=["local"])
    with pytest.raises(_exceptions.ForbiddenError):
        client.get_workflow_run(run_id)


def test_what_is_not_there_is_not_found(served: Served) -> None:
    """By the error the client has for it."""
    client, nothing = served.driver(), str(uuid.uuid4())
    run_id = served.submit()
    calls: list[tuple[type[Exception], Any, str]] = [
        (_exceptions.WorkflowDefNotFound, client.get_workflow_def, nothing),
        (_exceptions.WorkflowRunNotFound, client.get_workflow_run, "sums-abcde-r000"),
        (_exceptions.WorkflowRunNotFound, client.terminate_workflow_run, "sums-abcde-r000"),
        (_exceptions.WorkflowRunNotFound, client.get_workflow_run_artifacts, "sums"),
        (_exceptions.WorkflowRunArtifactNotFound, client.get_workflow_run_artifact, nothing),
        (_exceptions.WorkflowRunNotFound, client.get_workflow_run_results, "sums"),
        (_exceptions.WorkflowRunResultNotFound, client.get_workflow_run_result, nothing),
        (_exceptions.WorkflowRunLogsNotFound, client.get_workflow_run_logs, "sums"),
        (_exceptions.WorkflowRunLogsNotFound, client.get_system_logs, "sums"),
        (_exceptions.WorkflowRunNotFound, client.get_workflow_project, "sums"),
    ]
    for error, method, its_id in calls:
        with pytest.raises(error):
            method(its_id)
    for task_run_id in (f"{run_id}@nope", "sums@nope"):
        with pytest.raises(_exceptions.UnknownHTTPError) as raised:
            client.get_task_run_logs(task_run_id)
        assert raised.value.response.status_code == 404


def test_what_is_no_id_is_invalid(served: Served) -> None:
    """By the error the client has for it."""
    client = served.driver()
    calls: list[tuple[type[Exception], Any]] = [
        (_exceptions.InvalidWorkflowDefID, client.get_workflow_def),
        (_exceptions.InvalidWorkflowDefID, client.delete_workflow_def),
        (_exceptions.InvalidWorkflowRunID, client.get_workflow_run),
        (_exceptions.InvalidWorkflowRunID, client.get_workflow_run_artifacts),
        (_exceptions.InvalidWorkflowRunArtifactID, client.get_workflow_run_artifact),
        (_exceptions.InvalidWorkflowRunID, client.get_workflow_run_results),
        (_exceptions.InvalidWorkflowRunResultID, client.get_workflow_run_result),
        (_exceptions.InvalidWorkflowRunID, client.get_workflow_run_logs),
        (_exceptions.InvalidWorkflowRunID, client.get_system_logs),
    ]
    for error, method in calls:
        with pytest.raises(error):
            method("no id!")
    with pytest.raises(_exceptions.UnknownHTTPError) as raised:
        client.get_task_run_logs("no task run")
    assert raised.value.response.status_code == 400


# --- the server


def test_errors_outside_the_api_are_json_too(served: Served) -> None:
    """A path that is not there, a method that is not for it."""
    for method, path, status in (("GET", "/nope", 404), ("PUT", "/api/workflow-runs", 405)):
        answer = served.ask(method, path)
        assert answer.status_code == status
        assert set(answer.json()) == {"code", "message", "detail"}


def test_a_page_under_another_name_gets_nothing(served: Served) -> None:
    """A web site whose name leads to 127.0.0.1 cannot use the browser to ask."""
    answer = served.ask("GET", "/api/login?port=1", headers={"Host": "evil.example"})
    assert answer.status_code == 421


def test_nothing_is_tunnelled(served: Served) -> None:
    """As a proxy it has its one name and no other."""
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=60)
    connection.request("CONNECT", "example.org:443")
    answer = connection.getresponse()
    assert answer.status == 502
    assert "example.org:443 cannot be reached" in json.load(answer)["detail"]
    connection.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "::", "example.org"])  # noqa: S104
def test_an_address_others_could_reach_is_refused(served: Served, host: str) -> None:
    """Before anything listens there."""
    from aiohttp import web  # noqa: PLC0415 - here only

    with pytest.raises(ValueError, match="expected a loopback address"):
        Server(web.Application(), host)


def test_a_mistake_of_ours_shows_nothing_of_itself(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller gets JSON; the trace goes to the log, without secrets."""
    served.secrets.set("name", "s3cret-value")

    def fail(run_id: str) -> str:
        raise RuntimeError("s3cret-value")

    run_id = served.submit()
    served.runs.explain = fail  # type: ignore[method-assign]
    answer = served.ask("GET", f"/api/workflow-runs/{run_id}")
    assert answer.status_code == 500
    assert answer.json()["message"] == "internal error"
    assert "s3cret-value" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text


def test_slow_answers_do_not_hold_up_others(served: Served) -> None:
    """Ending a run's processes can take seconds: here as long as another one is not answered."""
    run_id = served.submit()
    asked, answered = threading.Event(), threading.Event()

    def wait(run_id: str) -> None:
        asked.set()
        answered.wait(PATIENCE)

    served.runs.terminate = wait  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(served.driver().terminate_workflow_run, run_id)
        assert asked.wait(PATIENCE)
        assert served.driver().get_workflow_run(run_id).id == run_id
        assert not ending.done()
        answered.set()
        ending.result()


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = ("data", "name", "value", "resourceGroup", "workflowDefinitionID", "resources", "cpu")
_BODIES = _VALUES | st.dictionaries(
    st.sampled_from(_FIELDS),
    _VALUES | st.dictionaries(st.sampled_from(_FIELDS), _VALUES),
)
_POSTS = (
    "/api/workflow-definitions",
    "/api/workflow-runs",
    "/api/config/secrets",
    "/api/config/secrets/zri:v1::0:local:secret:name",
)
_GETS = (
    "/api/workflow-definitions{}",
    "/api/workflow-definitions/{}",
    "/api/workflow-runs{}",
    "/api/workflow-runs/{}",
    "/api/artifacts/{}",
    "/api/run-results?workflowRunId={}",
    "/api/workflow-run-logs?workflowRunId={}",
    "/api/task-run-logs?taskRunId={}",
    "/api/catalog/workspaces/{}/projects",
    "/api/config/secrets/{}",
    "/api/config/secrets?workspace={}",
    "/api/workflow-runs?workspaceId={}",
    "/api/workflow-runs?projectId={}",
    "/api/login?port={}",
)


def _is_proper(answer: Any) -> bool:
    """Say whether an answer is one the API means to give: never 500, and errors in JSON."""
    if answer.status_code < 400:
        return True
    return answer.status_code < 500 and set(answer.json()) == {"code", "message", "detail"}


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.sampled_from(_POSTS), body=_BODIES)
def test_no_json_body_is_too_much(lasting: Served, path: str, body: Any) -> None:
    """Every one of them is taken or refused, never a mistake."""
    assert _is_proper(lasting.ask("POST", path, data=json.dumps(body).encode()))


@settings(max_examples=150)
@given(data=st.data())
def test_no_change_to_a_good_definition_is_too_much(lasting: Served, data: st.DataObject) -> None:
    """One value somewhere in it is replaced; what is taken can be shown and listed."""
    document: Any = json.loads(SUMS.json())
    place, key = {"document": document}, "document"
    while isinstance(place[key], dict) and place[key] and data.draw(st.integers(0, 3)):
        place, key = place[key], data.draw(st.sampled_from(sorted(place[key])))
    place[key] = data.draw(_VALUES)
    answer = lasting.ask("POST", "/api/workflow-definitions", data=json.dumps(document).encode())
    assert _is_proper(answer)
    if answer.ok:
        definition_id = answer.json()["data"]["id"]
        body = {"workflowDefinitionID": definition_id, "resources": {}}
        made = lasting.ask("POST", "/api/workflow-runs", json=body)
        assert _is_proper(made)
        if made.ok:
            shown = lasting.ask("GET", f"/api/workflow-runs/{made.json()['data']['id']}")
            assert shown.status_code == 200


@settings(max_examples=150)
@given(
    path=st.sampled_from(_GETS), text=st.text(max_size=20) | st.sampled_from(["%FF", "%00", "../"])
)
def test_no_path_is_too_much(lasting: Served, path: str, text: str) -> None:
    """Ids and query parameters are taken or refused, never a mistake."""
    text = text.encode("utf-8", "ignore").decode()
    assert _is_proper(lasting.ask("GET", path.format(text)))
