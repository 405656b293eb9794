"""What the SDK makes of a workflow before anything runs: for QE a form, see :mod:`examples.qe`, and for Ray calls.

A page shows such a translation as YAML, cut to size. The block is checked by translating the workflow that is its
hidden set-up: everything shown has to be there.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any
from unittest import mock

import pytest

from examples.runner import called_in
from examples.stage import package_with
from local_ce.releases import accepted, sdk_part
from sphinxext.tested_snippets.runner import CheckFailed, Runner, Snippet

__all__ = ["calls_of_ray", "ray_runner", "require_part", "workflow_in"]

#: What makes the SDK's Ray runtime behave as CE does.
_AS_ON_CE = {"ORQ_RAY_DOWNLOAD_GIT_IMPORTS": "1", "ORQ_RAY_SET_CUSTOM_IMAGE_RESOURCES": "1"}


@contextlib.contextmanager
def workflow_in(code: str) -> Iterator[Any]:
    """The only workflow that code defines, called; its tasks can be imported as ``my_proj.tasks``."""
    from local_ce import importable

    files = package_with(code)
    with importable({path.removeprefix("src/"): text for path, text in files.items()}):
        ((_, workflow),) = called_in(import_module("my_proj.tasks"))
        yield workflow


def require_part(shown: str, actual: Any) -> None:
    """Compare YAML with what it is a part of: mappings may leave keys out, everything else is whole.

    :raises CheckFailed: something that is shown is not there, with the place where it was looked for.
    """
    import yaml  # Ray needs it.

    different = _difference(yaml.safe_load(shown), json.loads(json.dumps(actual)), "")
    if different is not None:
        raise CheckFailed(f"the SDK made something else than is shown: {different}", different)


def _difference(shown: Any, actual: Any, place: str) -> str | None:
    if isinstance(shown, dict) and isinstance(actual, dict):
        pairs = [(key, value, actual.get(key)) for key, value in shown.items()]
    elif isinstance(shown, list) and isinstance(actual, list) and len(shown) == len(actual):
        pairs = [(str(order), *both) for order, both in enumerate(zip(shown, actual))]
    else:
        same = shown == actual
        return None if same else f"{place or 'all of it'} is {actual!r}, shown is {shown!r}"
    found = (_difference(value, other, f"{place}/{key}") for key, value, other in pairs)
    return next(filter(None, found), None)


def calls_of_ray(workflow: Any) -> list[Mapping[str, Any]]:
    """The calls of Ray that the SDK makes for a workflow on CE, without making them.

    Each has the options of a remote function, and as ``bind`` its arguments: the name of a call stands for its result,
    and constants are as the SDK serialises them. The last calls, which gather the results, have no name.
    """
    # In the module that defines it, later releases have a remnant for old results only.
    make = sdk_part("_ray._dag").make_ray_dag
    client = _Recorder()
    with mock.patch.dict(os.environ, _AS_ON_CE):
        name = f"wf.{workflow.name}.0000000"
        make(client, workflow.model, name, **accepted(make, dry_run=False))
    return [call.description() for call in client.bound]


class _Recorder:
    """Stands where the SDK's facade of Ray is."""

    def __init__(self) -> None:
        self.bound: list[_Call] = []

    def remote(self, function: Any) -> _Call:
        return _Call(self, {})

    def add_options(self, call: _Call, **options: Any) -> _Call:
        return _Call(self, options)


class _Call:
    def __init__(self, client: _Recorder, options: Mapping[str, Any]) -> None:
        self._client = client
        self.name = options.get("name")
        self._options = options
        self._arguments: tuple[Any, ...] = ()

    def bind(self, *arguments: Any, **named: Any) -> _Call:
        self._arguments = (*arguments, *named.values())
        self._client.bound.append(self)
        return self

    def description(self) -> Mapping[str, Any]:
        bind = [
            each.name if isinstance(each, _Call) else json.loads(each.value)
            for each in self._arguments
        ]
        environment = self._options.get("runtime_env")
        return {**self._options, "runtime_env": environment and dict(environment), "bind": bind}


@pytest.fixture(scope="session")
def ray_runner() -> Runner:
    """The runtime "Ray": compares the calls of Ray that a page shows with those that the SDK makes for the tasks."""

    def run(snippet: Snippet) -> str:
        with workflow_in(snippet.setup) as workflow:
            calls = [call for call in calls_of_ray(workflow) if call.get("name")]
        # Before 0.52.0 calls that don't need each other come in another order each time: the page has one of them.
        shown = re.findall(r"^- name: (\S+)", snippet.text, re.MULTILINE)
        order = {name: place for place, name in enumerate(shown)}
        calls.sort(key=lambda call: order.get(call["name"], len(order)))
        require_part(snippet.text, calls)
        return f"{len(calls)} calls"

    return run
