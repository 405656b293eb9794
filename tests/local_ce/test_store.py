"""What the store keeps, over threads and restarts, and what never gets into its file."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from orquestra.sdk._base import serde

from local_ce.store import Lost, RunState, Store, StoreError, TaskRecord
from tests.local_ce.served import as_json

SECRET = 's3cret"va\\lue'


def redact(text: str) -> str:
    """Take the secret out."""
    return text.replace(SECRET, "***")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty store."""
    started = Store(tmp_path / "state.db", redact)
    yield started
    started.close()


def submitted(store: Store, name: str = "my_workflow", workspace: str = "local") -> str:
    """Return the id of a new run of a new definition."""
    where = {"workspace": workspace, "project": "default", "owner": "me"}
    definition_id = store.add_definition({"name": name}, **where)
    return store.add_run(definition_id, resources={"cpu": "2"}, **where).run_id


def on_disk(folder: Path) -> bytes:
    """Return all bytes of the store's files."""
    return b"".join(file.read_bytes() for file in folder.glob("state.db*"))


def test_a_run_gets_an_id_like_the_platform_s(store: Store) -> None:
    """The workflow's name, five characters, the first attempt."""
    run_id = submitted(store, name="My_Workflow (2)")
    name, mark, attempt = run_id.rsplit("-", 2)
    assert (name, len(mark), attempt) == ("my-workflow-2", 5, "r000")
    assert submitted(store, name="é").startswith("workflow-")


def test_no_two_runs_have_one_id(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where chance gives the same five characters again, others are taken."""
    given = iter("aaaaaaaaaabbbbb")
    monkeypatch.setattr("local_ce.store.random_choice.choice", lambda _: next(given))
    ids = [submitted(store, name="one") for _ in range(2)]
    assert ids == ["one-aaaaa-r000", "one-bbbbb-r000"]


def test_a_run_needs_a_definition(store: Store) -> None:
    """Nothing is queued that could not be run."""
    with pytest.raises(LookupError, match="no workflow definition nope"):
        store.add_run("nope", resources={}, workspace="local", project="p", owner="me")


def test_runs_come_in_submission_order_and_by_condition(store: Store) -> None:
    """For the queue: the waiting ones, the oldest first."""
    first, second, third = submitted(store), submitted(store, workspace="other"), submitted(store)
    store.update_run(first, RunState.RUNNING)
    assert [run.run_id for run in store.runs()] == [first, second, third]
    assert [run.run_id for run in store.runs(states=[RunState.WAITING])] == [second, third]
    assert [run.run_id for run in store.runs(workspaces=["local"])] == [first, third]
    assert store.runs(workspaces=[]) == []
    assert [run.run_id for run in store.runs(newest_first=True, limit=2)] == [third, second]


def test_the_first_final_state_wins(store: Store) -> None:
    """A run that was terminated does not succeed a moment later, and its reason stays."""
    run_id = submitted(store)
    assert store.update_run(run_id, RunState.RUNNING, start=1.0, mode="per-run")
    assert store.update_run(run_id, RunState.TERMINATED, end=2.0, reason="asked to")
    assert not store.update_run(run_id, RunState.SUCCEEDED, end=3.0, reason="done")
    run = store.run(run_id)
    assert run is not None
    assert (run.state, run.start, run.end, run.reason, run.mode) == (
        RunState.TERMINATED,
        1.0,
        2.0,
        "asked to",
        "per-run",
    )


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.TERMINATED])
def test_a_run_that_ends_takes_its_running_tasks_with_it(store: Store, state: str) -> None:
    """Those that had not started stay waiting, as on CE; nothing changes afterwards."""
    run_id = submitted(store)
    store.update_tasks(
        run_id,
        [
            TaskRecord("done", RunState.SUCCEEDED, 1.0, 2.0),
            TaskRecord("going", RunState.RUNNING, 2.0),
            TaskRecord("next", RunState.WAITING),
        ],
    )
    store.update_run(run_id, state, end=3.0)
    store.update_tasks(run_id, [TaskRecord("next", RunState.RUNNING, 4.0)])
    assert store.tasks(run_id) == {
        "done": TaskRecord("done", RunState.SUCCEEDED, 1.0, 2.0),
        "going": TaskRecord("going", state, 2.0, 3.0),
        "next": TaskRecord("next", RunState.WAITING),
    }


def test_what_finished_survives_a_restart_and_what_was_going_has_failed(tmp_path: Path) -> None:
    """With the reason, and when."""
    store = Store(tmp_path / "state.db", redact)
    done, going, waiting = submitted(store), submitted(store), submitted(store)
    store.set_results(done, [as_json(1)])
    store.set_artifacts(done, {"invocation": as_json([1])})
    store.add_logs(done, "task", "invocation", ["hello"])
    store.update_run(done, RunState.SUCCEEDED)
    store.update_run(going, RunState.RUNNING)
    store.close()

    again = Store(tmp_path / "state.db", redact)
    assert again.end_unfinished("the server ended") == [going, waiting]
    assert again.end_unfinished("the server ended") == []
    states = [(run.state, run.reason) for run in again.runs()]
    assert states == [("SUCCEEDED", None), *[("FAILED", "the server ended")] * 2]
    assert again.runs()[1].end is not None
    assert again.results(done) == [as_json(1)]
    (artifact_id,) = again.artifact_ids(done).values()
    assert again.artifact(artifact_id) == as_json([1])
    assert [line.line for line in again.logs(done)] == ["hello"]
    again.close()


def test_an_unclosed_store_is_complete(tmp_path: Path) -> None:
    """As after a SIGKILL: what was written is there for whoever opens it next."""
    first = Store(tmp_path / "state.db", redact)
    run_id = submitted(first)
    second = Store(tmp_path / "state.db", redact)
    assert second.run(run_id) == first.run(run_id)
    first.close()
    second.close()


def test_texts_are_redacted(store: Store, tmp_path: Path) -> None:
    """Reasons and logs, a secret over several lines included."""
    run_id = submitted(store)
    store.add_logs(run_id, "environment", None, [f"token {SECRET}", "next"])
    store.update_run(run_id, RunState.FAILED, reason=f"bad token {SECRET}")
    assert [line.line for line in store.logs(run_id)] == ["token ***", "next"]
    run = store.run(run_id)
    assert run is not None
    assert run.reason == "bad token ***"


def test_a_secret_over_several_lines_is_found_in_logs(tmp_path: Path) -> None:
    """The lines are redacted together."""
    store = Store(tmp_path / "state.db", lambda text: text.replace("BEGIN\nEND", "***"))
    run_id = submitted(store)
    store.add_logs(run_id, "task", None, ["BEGIN", "END", "rest"])
    store.add_logs(run_id, "task", None, [])
    assert [line.line for line in store.logs(run_id)] == ["***", "rest"]
    store.close()


@pytest.mark.parametrize(
    "value",
    [SECRET, {"inside": [SECRET]}, {SECRET: 1}, (1, SECRET), {1, SECRET}],
    ids=["plain", "nested", "key", "tuple", "pickled"],
)
def test_data_with_a_secret_is_unchanged_and_not_on_disk(tmp_path: Path, value: object) -> None:
    """However the SDK wrote it; the next process says why it is gone."""
    store = Store(tmp_path / "state.db", redact)
    run_id = submitted(store)
    document = as_json(value)
    store.set_results(run_id, [as_json(1), document])
    store.set_artifacts(run_id, {"invocation": document})
    (artifact_id,) = store.artifact_ids(run_id).values()
    assert store.results(run_id) == [as_json(1), document]
    assert store.artifact(artifact_id) == document
    for chunk in [document.get("value"), *document.get("chunks", [])]:
        assert chunk is None or chunk.encode() not in on_disk(tmp_path)
    store.close()

    again = Store(tmp_path / "state.db", redact)
    with pytest.raises(Lost, match="run the workflow again"):
        again.results(run_id)
    with pytest.raises(Lost, match="run the workflow again"):
        again.artifact(artifact_id)
    again.close()


def test_data_without_a_secret_is_on_disk(tmp_path: Path) -> None:
    """Pickles included: looking into them takes nothing away."""
    store = Store(tmp_path / "state.db", redact)
    run_id = submitted(store)
    store.set_results(run_id, [as_json({1, 2})])
    store.close()
    again = Store(tmp_path / "state.db", redact)
    (found,) = again.results(run_id) or []
    assert found == as_json({1, 2})
    assert serde.deserialize_pickle(found["chunks"]) == {1, 2}
    again.close()


def test_a_definition_with_a_secret_is_redacted_on_disk_only(tmp_path: Path) -> None:
    """It can be run as it is, and listed after a restart."""
    where = {"workspace": "local", "project": "p", "owner": "me"}
    store = Store(tmp_path / "state.db", redact)
    document = {"name": "leaky", "constants": [{"value": SECRET}]}
    definition_id = store.add_definition(document, **where)
    found = store.definition(definition_id)
    assert found is not None
    assert found.document == document
    store.close()
    again = Store(tmp_path / "state.db", redact)
    (found,) = again.definitions()
    assert found.document == {"name": "leaky", "constants": [{"value": "***"}]}
    again.close()


def test_threads_share_it(store: Store) -> None:
    """Each of their runs is there, with numbers of its own."""
    threads = [
        threading.Thread(target=lambda: [submitted(store) for _ in range(20)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.number for run in store.runs()] == list(range(1, 161))


def test_a_change_that_fails_leaves_nothing_behind(store: Store) -> None:
    """Artifacts are kept all or not at all."""
    run_id = submitted(store)
    with pytest.raises(TypeError, match="not JSON serializable"):
        store.set_artifacts(run_id, {"good": as_json(1), "bad": object()})
    assert store.artifact_ids(run_id) == {}


def test_nobody_else_may_read_the_file(store: Store, tmp_path: Path) -> None:
    """Nor the files SQLite puts beside it."""
    submitted(store)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("state.db*")}
    assert modes == {0o600}


def _damage(path: Path) -> None:
    path.write_bytes(b"no database " * 100)


def _from_the_future(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()


@pytest.mark.parametrize(
    ("spoil", "told"), [(_damage, "no usable SQLite file"), (_from_the_future, "format 99")]
)
def test_a_file_that_cannot_be_used_is_refused(
    tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    """With its path, why, and what to do."""
    path = tmp_path / "state.db"
    spoil(path)
    with pytest.raises(StoreError, match=told) as raised:
        Store(path, redact)
    assert str(path) in str(raised.value)
    assert "move it away" in str(raised.value)


def test_names_of_secrets_are_kept_by_workspace(store: Store) -> None:
    """Sorted; storing one again changes nothing."""
    for name in ("b", "a", "b"):
        store.add_secret_name("local", name)
    store.add_secret_name("other", "c")
    store.remove_secret_name("local", "gone")
    assert store.secret_names("local") == ["a", "b"]
    store.remove_secret_name("local", "a")
    assert store.secret_names("local") == ["b"]
