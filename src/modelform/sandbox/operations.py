"""Long-running operations: begun in the database, finished by time alone, told by their monitors.

Nothing runs in the background: an operation is done when its moment has passed, so a sandbox that was killed in the
middle finishes what it had begun.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from modelform.sandbox.exchange import Json, Refusal, Request, Response
from modelform.sandbox.kinds import Kind, Style
from modelform.sandbox.store import Operation, Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

MONITORS = ("operationresults", "operationstatuses", "asyncoperations", "operations")


@lru_cache(maxsize=1024)
def moment(seconds: float) -> str:
    """A Unix time as ARM writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")[:26] + "0Z"


def begin(
    view: View, request: Request, verb: str, style: Style, resource: str, started: float, ends: float
) -> Operation:
    """Begins an operation on a resource (its key)."""
    subscription = resource.split("/")[2]
    version, error = request.api_version, _error(request)
    operation = Operation(str(uuid.uuid4()), subscription, resource, verb, str(style), version, started, ends, error)
    view.begin(operation)
    return operation


def duration(control: Control, request: Request) -> float:
    """The seconds that an operation of this request takes."""
    return control.latency + (request.ordeal.seconds if request.ordeal else 0.0)


def end(request: Request) -> str:
    """How an operation of this request ends, if not well: Failed or Canceled."""
    return request.ordeal.end if request.ordeal else ""


def _error(request: Request) -> Json | None:
    ordeal = request.ordeal
    if ordeal is None:
        return None
    ordeal.met = True
    if not ordeal.end:
        return None
    error: Json = {"status": ordeal.end, "code": ordeal.code, "message": ordeal.message}
    return {**error, "details": list(ordeal.details)} if ordeal.details else error


def headers(control: Control, request: Request, kind: Kind, location: str, operation: Operation) -> dict[str, str]:
    """What the first answer says about where and when to ask."""
    if kind.namespace == "Microsoft.Resources":
        path = f"/subscriptions/{operation.subscription}/operationresults/{operation.id}"
    else:
        word = "operationStatuses" if operation.style == Style.STATUS else "operationResults"
        word = "operationResults" if kind.namespace == "Microsoft.CognitiveServices" else word  # as recorded
        path = (
            f"/subscriptions/{operation.subscription}/providers/{kind.namespace}/locations/{location or 'global'}"
            f"/{word}/{operation.id}"
        )
    name = "Azure-AsyncOperation" if operation.style == Style.STATUS else "Location"
    return {name: f"{request.base}{path}?api-version={operation.version}", **patience(control, operation)}


def patience(control: Control, operation: Operation) -> dict[str, str]:
    """How long to wait before the next question: as long as the operation still takes, a second at most.

    In milliseconds: Azure's clients take a `Retry-After: 0` for none given and wait for 10 to 30 seconds, and they all
    read the other header.
    """
    return _wait(operation.ends - control.clock()) or {"Retry-After": "0"}


def told_by_body(control: Control, kind: Kind, resource: Resource) -> dict[str, str]:
    """The same for a resource whose own state is all that tells of its operation."""
    return _wait(resource.ready - control.clock()) if kind.writes.style is Style.BODY else {}


def _wait(left: float) -> dict[str, str]:
    return {"x-ms-retry-after-ms": str(min(math.ceil(left * 1000), 1000))} if left > 0 else {}


def monitor(control: Control, request: Request, id: str) -> Response:
    """Answers a monitor: a status document, or 202 and then what the operation gave."""
    with control.store.read() as view:
        operation = view.operation(id)
    if operation is None:
        raise Refusal(404, "OperationNotFound", f"The operation '{id}' could not be found.")
    done = control.clock() >= operation.ends
    if operation.style == Style.STATUS:
        return Response(200, _status(request, operation, done), {} if done else patience(control, operation))
    if not done:
        return Response(
            202, None, {"Location": f"{request.base}{request.path}?{_query(request)}", **patience(control, operation)}
        )
    if operation.error is not None:
        raise Refusal(409, operation.error["code"], operation.error["message"])
    if operation.verb == "DELETE":
        return Response(200 if "/providers/" not in operation.resource else 204)
    return control.handle_inner(
        replace(request, method="GET", path=operation.resource, query={"api-version": operation.version}, body=b"")
    )


def _query(request: Request) -> str:
    return "&".join(f"{name}={value}" for name, value in request.query.items())


def _status(request: Request, operation: Operation, done: bool) -> Json:
    status: Json = {
        "id": request.path,
        "name": operation.id,
        "status": "Succeeded" if done else "InProgress",
        "startTime": moment(operation.started),
    }
    if done:
        status["endTime"] = moment(operation.ends)
        if operation.error is not None:
            status["status"] = operation.error["status"]
            status["error"] = {name: part for name, part in operation.error.items() if name != "status"}
    return status
