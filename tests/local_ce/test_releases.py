"""What differs from release to release of the SDK and of Ray, and that local_ce finds it. ``nox -s matrix`` runs them all."""

from __future__ import annotations

import types
from collections.abc import Callable

import pytest

from local_ce import _head, releases, services


def installed(*modules: str) -> Callable[[str], types.ModuleType]:
    """Return an ``import_module`` of an interpreter that has these modules and the packages they are in."""

    def import_module(name: str) -> types.ModuleType:
        if name in modules:
            return types.ModuleType(name)
        parts = name.split(".")
        packages = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
        missing = next(p for p in packages if not any(m.startswith(f"{p}.") for m in modules))
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    return import_module


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("_base.serde", "orquestra.sdk._base.serde"),
        ("_base.serde", "orquestra.workflow_shared.serde"),
        ("_ray._dag", "orquestra.workflow_runtime._ray._dag"),
        ("_base._traversal", "orquestra.sdk._client._base._traversal"),
        ("_base._config", "orquestra.sdk._client._base._config._fs"),
    ],
)
def test_a_part_is_found_where_the_release_has_it(
    monkeypatch: pytest.MonkeyPatch, name: str, place: str
) -> None:
    """By the name that it has in 0.54.0, wherever it was moved."""
    monkeypatch.setattr(releases, "import_module", installed(place))

    assert releases.sdk_part(name).__name__ == place


def test_a_part_that_is_gone_is_named_with_all_places_looked_at() -> None:
    """The SDK that is installed here has no such module anywhere."""
    with pytest.raises(ModuleNotFoundError, match=r"orquestra\.sdk\._base\.gone or .*shared\.gone"):
        releases.sdk_part("_base.gone")


def test_a_part_that_misses_another_package_is_not_taken_for_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its own error is told."""

    def import_module(name: str) -> types.ModuleType:
        raise ModuleNotFoundError("No module named 'ray'", name="ray")

    monkeypatch.setattr(releases, "import_module", import_module)
    with pytest.raises(ModuleNotFoundError, match="No module named 'ray'"):
        releases.sdk_part("_ray._dag")


def test_only_the_options_that_a_release_knows_are_given() -> None:
    """Later ones have more, and some were dropped."""

    def create(definition: str, project: str, dry_run: bool) -> None:
        """Take what a late release takes."""

    assert releases.accepted(create, dry_run=False, project_dir=".") == {"dry_run": False}
    assert releases.accepted(lambda: None, dry_run=False) == {}


def test_ray_gets_no_setting_that_it_does_not_know() -> None:
    """2.4 ends at it."""
    assert _head._system_config("2.4.0") == {}
    assert _head._system_config("2.5.1") == {"prestart_worker_first_driver": False}
    assert _head._system_config("2.30.0").items() > _head._system_config("2.5.1").items()


def test_the_image_of_a_task_without_one_is_that_of_the_release(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Named after the release at first, by the client later."""
    module = types.SimpleNamespace(DEFAULT_WORKER_IMAGE="hub/worker:v1")
    monkeypatch.setattr(services, "sdk_part", {"_base._docker_images": module}.__getitem__)

    assert services._default_image("0.66.0").endswith("orquestra-sdk-base:0.66.0")
    assert services._default_image("1.1.0") == "hub/worker:v1"
