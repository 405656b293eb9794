"""The config service of a Compute Engine, through the SDK's own client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from orquestra.sdk.secrets import _exceptions
from orquestra.sdk.secrets._models import SecretDefinition

from local_ce.config_service import awkward_characters
from local_ce.secrets import Secrets
from local_ce.store import RunState
from local_ce.tokens import Tokens
from tests.local_ce.served import Served

ZRI = "zri:v1::0:{}:secret:{}"
PATH = "/api/config/secrets"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Give an API without secrets."""
    started = Served(tmp_path)
    yield started
    started.stop()


def secret(name: str = "name", value: str = "value", workspace: str | None = "local") -> Any:
    """Return a secret as the client takes it."""
    return SecretDefinition(name=name, value=value, resourceGroup=workspace)


def test_the_client_creates_reads_changes_lists_and_deletes(served: Served) -> None:
    """Every call it makes; what is there twice or not at all is an error of its own."""
    client, zri = served.secrets_client(), ZRI.format("local", "name")
    with pytest.raises(_exceptions.SecretNotFoundError):
        client.get_secret(zri)
    with pytest.raises(_exceptions.SecretNotFoundError):
        client.update_secret(zri, "other")
    with pytest.raises(_exceptions.SecretNotFoundError):
        client.delete_secret(zri)
    client.create_secret(secret())
    with pytest.raises(_exceptions.SecretAlreadyExistsError):
        client.create_secret(secret())
    client.update_secret(zri, "other")
    assert client.get_secret(zri) == secret(value="other")
    assert [one.name for one in client.list_secrets("local")] == ["name"]
    client.delete_secret(zri)
    assert client.list_secrets("local") == []


@pytest.mark.parametrize("name", ["a", "with space", "a:b:c", "a/b", "é", "100%"])
def test_names_are_found_again(served: Served, name: str) -> None:
    """The client puts them into the path as they are."""
    client = served.secrets_client()
    client.create_secret(secret(name=name))
    assert client.get_secret(ZRI.format("local", name)).value == "value"


def test_everybody_has_secrets_without_a_workspace_of_their_own(served: Served) -> None:
    """The platform calls it the personal workspace."""
    ann, me = served.secrets_client(user="ann"), served.secrets_client()
    ann.create_secret(secret(value="ann's", workspace=None))
    me.create_secret(secret(value="mine", workspace=None))
    assert ann.get_secret("name").value == "ann's"
    assert me.get_secret("name").value == "mine"
    assert served.secrets.get("name") == "mine"
    for workspace in ("~ann", ""):
        answer = served.ask("GET", f"{PATH}/{ZRI.format(workspace, 'name')}")
        assert "ann" not in answer.text.replace("~ann", "")


def test_a_foreign_workspace_is_refused(served: Served) -> None:
    """For every verb, with 403; nothing is stored."""
    served.secrets.set("name", "value", workspace="local")
    client, zri = served.secrets_client(workspaces=["other"]), ZRI.format("local", "name")
    calls: list[Any] = [
        lambda: client.get_secret(zri),
        lambda: client.list_secrets("local"),
        lambda: client.create_secret(secret(name="new")),
        lambda: client.update_secret(zri, "changed"),
        lambda: client.delete_secret(zri),
    ]
    for call in calls:
        with pytest.raises(_exceptions.UnknownHTTPError) as raised:
            call()
        assert raised.value.response.status_code == 403
    assert served.secrets.names(workspace="local") == ["name"]
    assert served.secrets.get("name", workspace="local") == "value"


def test_nothing_is_done_without_a_good_token(served: Served) -> None:
    """Expired, signed by somebody else, no token at all."""
    for token in ("nonsense", served.tokens.issue(lifetime=-60), Tokens.new().issue()):
        client = served.secrets_client(token)
        calls: list[Any] = [
            lambda: client.get_secret("name"),  # noqa: B023 - called in this round
            lambda: client.list_secrets(None),  # noqa: B023
            lambda: client.create_secret(secret()),  # noqa: B023
            lambda: client.update_secret("name", "x"),  # noqa: B023
            lambda: client.delete_secret("name"),  # noqa: B023
        ]
        for call in calls:
            with pytest.raises(_exceptions.InvalidTokenError):
                call()


def test_a_run_s_own_token_ends_with_the_run(served: Served) -> None:
    """Until then it reads the secrets of its workspace."""
    served.secrets.set("name", "value", workspace="local")
    served.secrets.set("name", "value", workspace="other")
    run_id = served.submit()
    client = served.secrets_client(kind="run", run_id=run_id, workspaces=["local"])
    assert client.get_secret(ZRI.format("local", "name")).value == "value"
    with pytest.raises(_exceptions.UnknownHTTPError):
        client.get_secret(ZRI.format("other", "name"))
    served.store.update_run(run_id, RunState.SUCCEEDED)
    with pytest.raises(_exceptions.InvalidTokenError):
        client.get_secret(ZRI.format("local", "name"))


def test_names_survive_a_restart_and_values_do_not(tmp_path: Path) -> None:
    """The answer says so, and the secret can be stored again as if it were new."""
    first = Served(tmp_path)
    first.secrets_client().create_secret(secret(value="s3cret-value"))
    first.stop()
    assert all(b"s3cret-value" not in file.read_bytes() for file in tmp_path.iterdir())

    second = Served(tmp_path)
    answer = second.ask("GET", f"{PATH}/{ZRI.format('local', 'name')}")
    assert answer.status_code == 404
    assert "store it again" in answer.json()["detail"]
    client = second.secrets_client()
    assert [one.name for one in client.list_secrets("local")] == ["name"]
    client.create_secret(secret(value="again"))
    assert client.get_secret(ZRI.format("local", "name")).value == "again"
    second.stop()


@pytest.mark.parametrize("path", [PATH, f"{PATH}/{ZRI.format('local', 'there')}"])
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "expected JSON"),
        (b"\xff", "expected JSON"),
        (b"[]", "found list"),
        (b'{"data": 3}', "found int"),
        (b'{"data": {"name": "n", "value": ["s3cret-value"]}}', "found list"),
    ],
)
def test_a_malformed_body_is_refused(served: Served, path: str, body: bytes, told: str) -> None:
    """With 400 and what was found, but never with a value; nothing is stored or changed."""
    served.secrets.set("there", "before", workspace="local")
    answer = served.ask("POST", path, data=body)
    assert answer.status_code == 400
    assert told in answer.json()["detail"]
    assert "s3cret-value" not in answer.text
    assert served.secrets.names(workspace="local") == ["there"]
    assert served.secrets.get("there", workspace="local") == "before"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"data": {"value": "s3cret-value"}}', "found NoneType"),
        (b'{"data": {"name": "n", "value": "v", "resourceGroup": 1}}', "found int"),
        (b'{"data": {"name": ["s3cret-value"], "value": "v"}}', "found list"),
    ],
)
def test_a_malformed_new_secret_is_refused(served: Served, body: bytes, told: str) -> None:
    """Likewise for the fields that only a new one has."""
    answer = served.ask("POST", PATH, data=body)
    assert answer.status_code == 400
    assert told in answer.json()["detail"]
    assert "s3cret-value" not in answer.text
    assert served.secrets.names() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("", "value"), ("two\nlines", "value"), ("n" * 256, "value"), ("name", "half \ud800 a pair")],
)
def test_what_the_client_sends_and_cannot_be_stored_does_not_pass_for_there_already(
    served: Served, name: str, value: str
) -> None:
    """All that the client can send amiss gets 422: on 400 it would go on to change a secret."""
    with pytest.raises(_exceptions.UnknownHTTPError) as raised:
        served.secrets_client().create_secret(secret(name=name, value=value))
    assert raised.value.response.status_code == 422
    assert served.secrets.names(workspace="local") == []


def test_an_awkward_value_is_stored_with_a_warning(served: Served) -> None:
    """It names the characters, and the value is not in it; a good value has none."""
    value = "s3cret/val ue"
    body = {"data": {"name": "name", "value": value, "resourceGroup": "local"}}
    created = served.ask("POST", PATH, json=body)
    updated = served.ask("POST", f"{PATH}/{ZRI.format('local', 'name')}", json=body)
    for answer in (created, updated):
        assert answer.ok
        assert "contains /, a space:" in answer.json()["warning"]
        assert answer.json()["warning"] in answer.headers["Warning"]
        assert "s3cret" not in answer.text + answer.headers["Warning"]
    assert served.secrets.get("name", workspace="local") == value

    body["data"]["value"] = "plain-value_1.2"
    answer = served.ask("POST", f"{PATH}/{ZRI.format('local', 'name')}", json=body)
    assert answer.json()["warning"] is None
    assert "Warning" not in answer.headers


@given(st.text())
def test_awkward_characters_are_those_that_ce_does_not_encode(value: str) -> None:
    """Each once, and no other."""
    found = awkward_characters(value)
    assert set(found) == set(value) & set("/#@% ")
    assert len(found) == len(set(found))


def test_a_hidden_value_is_redacted_like_a_secret() -> None:
    """Such as the token of a run."""
    secrets = Secrets()
    secrets.hide("token")
    assert secrets.values() == {"token"}
    assert secrets.names() == []


def test_nothing_is_logged_of_a_secret(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """At any level."""
    caplog.set_level(0)
    client = served.secrets_client()
    client.create_secret(secret(value="s3cret-value"))
    client.get_secret(ZRI.format("local", "name"))
    assert "s3cret-value" not in caplog.text
