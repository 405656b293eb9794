"""The secrets service, as the SDK's own client uses it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from orquestra.sdk.secrets._client import SecretsClient
from orquestra.sdk.secrets._exceptions import (
    InvalidTokenError,
    SecretAlreadyExistsError,
    SecretNotFoundError,
)
from orquestra.sdk.secrets._models import SecretDefinition

from local_ce import SecretsService


@pytest.fixture
def service() -> Iterator[SecretsService]:
    """Give a running service."""
    started = SecretsService()
    yield started
    started.stop()


def client_of(service: SecretsService, token: str = "") -> SecretsClient:
    """Return the SDK's client for it."""
    return SecretsClient.from_token(service.url, token or service.token)


def test_the_client_creates_reads_changes_and_deletes_a_secret(service: SecretsService) -> None:
    """Every call the SDK makes, under the id it makes for a workspace."""
    client, zri = client_of(service), "zri:v1::0:ws:secret:name"
    client.create_secret(SecretDefinition(name="name", value="one", resourceGroup="ws"))
    assert client.get_secret(zri).value == "one"
    with pytest.raises(SecretAlreadyExistsError):
        client.create_secret(SecretDefinition(name="name", value="two", resourceGroup="ws"))
    client.update_secret(zri, "two")
    assert service.get("name", workspace="ws") == "two"
    assert [found.name for found in client.list_secrets("ws")] == ["name"]
    client.delete_secret(zri)
    with pytest.raises(SecretNotFoundError):
        client.get_secret(zri)


def test_workspaces_have_secrets_of_their_own(service: SecretsService) -> None:
    """A name without a workspace is one more place."""
    service.set("name", "a", workspace="ws-a")
    service.set("name", "b")
    client = client_of(service)
    assert client.get_secret("zri:v1::0:ws-a:secret:name").value == "a"
    assert client.get_secret("name").value == "b"
    with pytest.raises(SecretNotFoundError):
        client.get_secret("zri:v1::0:ws-b:secret:name")


def test_a_wrong_token_reads_nothing(service: SecretsService) -> None:
    """As the platform answers."""
    service.set("name", "value")
    with pytest.raises(InvalidTokenError):
        client_of(service, "wrong").get_secret("name")


def test_it_is_a_proxy_for_its_own_name_only(service: SecretsService) -> None:
    """Anything else a task asks for over plain HTTP is refused, not fetched."""
    proxies = {"http": service.url}
    headers = {"Authorization": f"Bearer {service.token}"}
    inside = "http://config-service.config-service:8099/api/config/secrets"
    assert requests.get(inside, proxies=proxies, headers=headers, timeout=60).status_code == 200
    other = requests.get("http://example.org/", proxies=proxies, headers=headers, timeout=60)
    assert other.status_code == 502


def test_a_malformed_request_is_refused(service: SecretsService) -> None:
    """With what was expected."""
    answer = requests.post(
        f"{service.url}/api/config/secrets",
        data="[]",
        headers={"Authorization": f"Bearer {service.token}"},
        timeout=60,
    )
    assert answer.status_code == 400
    assert "expected" in answer.json()["message"]


def test_every_value_is_remembered_for_redaction(service: SecretsService) -> None:
    """A value that was replaced may still be in some log."""
    service.set("name", "first")
    service.set("name", "second")
    assert {"first", "second", service.token} <= service.values()
