"""Workspaces and projects, as the platform's resource catalogue lists them.

Which workspaces there are is said when the Compute Engine starts. A workspace has the project
``default``, and every other one that something was submitted to.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from .answers import Asked, Problem, Route
from .store import Store

#: The project of a workflow that was submitted to none.
DEFAULT_PROJECT = "default"
_ZRI = "zri:v1::0:system:resource_group:"


def routes(store: Store) -> list[Route]:
    """Return the catalogue's routes."""

    def list_workspaces(asked: Asked) -> web.Response:
        return web.json_response(
            [
                {
                    **_common("workspace", name),
                    "id": name,
                    "resourceGroupId": name,
                    "namespace": name,
                }
                for name in asked.caller.workspaces
            ]
        )

    def list_projects(asked: Asked) -> web.Response:
        zri = asked.parts["zri"]
        workspace = zri[len(_ZRI) :]
        if not zri.startswith(_ZRI) or not workspace:
            raise Problem(400, "invalid workspace", f"expected {_ZRI}WORKSPACE, found {zri!r}")
        asked.caller.require(workspace)
        others = [name for name in store.projects(workspace) if name != DEFAULT_PROJECT]
        return web.json_response(
            [
                {
                    **_common("project", name),
                    "id": name,
                    "resourceGroupId": workspace,
                    "image": "",
                    "profileName": "",
                }
                for name in [DEFAULT_PROJECT, *others]
            ]
        )

    return [
        ("GET", "/api/catalog/workspaces", list_workspaces),
        ("GET", "/api/catalog/workspaces/{zri}/projects", list_projects),
    ]


def _common(kind: str, name: str) -> dict[str, Any]:
    """Return the fields that ``_driver._models`` wants of both, most of them without a meaning."""
    empty = ("description", "createdAt", "lastAccessed", "lastUpdated", "logo")
    return {
        "type": kind,
        "displayName": name,
        "owner": "local-ce",
        "createdBy": "local-ce",
        "tags": [],
        "status": "ready",
        "tenantId": "0",
        **dict.fromkeys(empty, ""),
    }
