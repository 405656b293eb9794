"""Whether a submitted workflow definition or run request is one, by the SDK's own models."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from importlib.metadata import version
from typing import Any

import pydantic
from orquestra.sdk._base._driver._models import CreateWorkflowRunRequest, ErrorCode
from orquestra.sdk.kubernetes.quantity import parse_quantity
from orquestra.sdk.schema.ir import WorkflowDef

from .answers import Problem

#: How many of a document's errors are told; a wrong document can have thousands.
_MOST = 5
_QUANTITY = "a positive quantity such as '500m', '2' or '2Gi'"


class _Definition(WorkflowDef):  # type: ignore[misc]
    """The SDK's model without its warning about other versions: those are answered here."""

    @pydantic.validator("metadata", always=True)  # type: ignore[untyped-decorator]
    def sdk_version_up_to_date(cls, metadata: Any) -> Any:  # noqa: N805 - as in the SDK's model
        return metadata


def check_definition(document: Any) -> dict[str, Any]:
    """Return a workflow definition as it came.

    :raises Problem: 400 when it does not fit the SDK's ``WorkflowDef``, or an id in it names
        nothing; with the fields.
    """
    if not isinstance(document, dict):
        raise Problem(
            400, "invalid workflow definition", f"expected an object, found {_shown(document)}"
        )
    try:
        wrong = _dangling(_Definition.parse_obj(document))
    except pydantic.ValidationError as error:
        wrong = _told(error, document)
    except RecursionError:
        wrong = ["found too many levels of nesting"]
    if wrong:
        more = [f"and {len(wrong) - _MOST} more"] if len(wrong) > _MOST else []
        raise Problem(400, "invalid workflow definition", "; ".join(wrong[:_MOST] + more))
    return document


def _dangling(definition: WorkflowDef) -> list[str]:
    """Say which ids in a definition name nothing in it; the model leaves that open."""
    nodes = {*definition.artifact_nodes, *definition.constant_nodes, *definition.secret_nodes}
    references: list[tuple[str, Iterable[str], Container[str]]] = [
        ("output_ids", definition.output_ids, nodes)
    ]
    for name, called in definition.task_invocations.items():
        place = f"task_invocations.{name}"
        references += [
            (f"{place}.task_id", [called.task_id], definition.tasks),
            (f"{place}.args_ids", called.args_ids, nodes),
            (f"{place}.kwargs_ids", called.kwargs_ids.values(), nodes),
            (f"{place}.output_ids", called.output_ids, definition.artifact_nodes),
        ]
    for name, task in definition.tasks.items():
        used = [task.source_import_id, *(task.dependency_import_ids or [])]
        references.append((f"tasks.{name}", used, definition.imports))
    return [
        f"{place}: expected the id of something in the definition, found {_shown(one)}"
        for place, ids, known in references
        for one in ids
        if one not in known
    ]


def sdk_version_of(document: Mapping[str, Any]) -> str:
    """Return the version of the SDK that made a definition; old ones do not say."""
    return str(((document.get("metadata") or {}).get("sdk_version") or {}).get("original", ""))


def check_version(document: Mapping[str, Any]) -> None:
    """Refuse to run the definition of an SDK with a newer major version than the one here.

    The detail has the form that ``_match_unsupported_version`` of the SDK's client reads.
    """
    supported = version("orquestra-sdk")
    found = sdk_version_of(document)
    major = re.match(r"\d{1,9}", found)
    if major is not None and int(major[0]) > int(supported.split(".")[0]):
        raise Problem(
            400,
            "unsupported SDK version",
            f"Unsupported SDK version: {found}. Supported SDK versions: [{supported}]",
            ErrorCode.SDK_VERSION_UNSUPPORTED,
        )


def check_run_request(body: Any) -> tuple[str, dict[str, Any]]:
    """Return the definition's id and the resources of a request for a run.

    :raises Problem: 400 with the SDK's ``ErrorCode`` for what is wrong.
    """
    message = "invalid request for a run"
    if not isinstance(body, dict):
        detail = f"expected an object, found {_shown(body)}"
        raise Problem(400, message, detail, ErrorCode.REQUEST_BODY_INVALID_JSON)
    if not isinstance(body.get("workflowDefinitionID"), str):
        found = _shown(body.get("workflowDefinitionID"))
        detail = f"workflowDefinitionID: expected the id of a workflow definition, found {found}"
        raise Problem(400, message, detail, ErrorCode.WORKFLOW_DEF_ID_MISSING)
    try:
        request = CreateWorkflowRunRequest.parse_obj({"resources": {}, **body})
    except pydantic.ValidationError as error:
        detail = "; ".join(_told(error, body))
        raise Problem(400, message, detail, ErrorCode.RESOURCE_REQUEST_INVALID) from None
    resources: dict[str, Any] = request.resources.dict()
    _check_amounts(resources, message)
    return request.workflowDefinitionID, resources


def _check_amounts(resources: Mapping[str, Any], message: str) -> None:
    """Refuse what fits the model's patterns and is no amount of anything."""
    wrong = [
        f"resources.{name}: expected {_QUANTITY}, found {_shown(resources[name])}"
        for name in ("cpu", "memory")
        if resources[name] is not None and not _positive(resources[name])
    ]
    nodes = resources["nodes"]
    if nodes is not None and not 1 <= nodes <= 1000:
        wrong.append(f"resources.nodes: expected 1 to 1000, found {_shown(nodes)}")
    if wrong:
        raise Problem(400, message, "; ".join(wrong), ErrorCode.RESOURCE_REQUEST_INVALID)


def _positive(quantity: str) -> bool:
    # Decimal takes an exponent of any size, and making an integer of it then never ends.
    if re.search(r"[eE][+-]?\d{3}", quantity):
        return False
    try:
        return bool(parse_quantity(quantity) > 0)
    except (ValueError, ArithmeticError):
        return False


def _told(error: pydantic.ValidationError, document: Any) -> list[str]:
    """Say of each wrong field what is expected there, and what was found."""
    return [
        f"{'.'.join(map(str, one['loc']))}: {one['msg']}, found {_shown(_at(document, one['loc']))}"
        for one in error.errors()
    ]


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        try:
            document = document[part]
        except (LookupError, TypeError):
            return None
    return document


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
