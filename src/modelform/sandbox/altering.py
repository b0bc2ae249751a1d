"""Answers made to differ on purpose: what stands in for a service that does not behave as this sandbox does."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from modelform.sandbox.exchange import Json, Response
from modelform.sandbox.faults import Fault


def altered(response: Response, fault: Fault) -> Response | None:
    """The answer as the fault wants it; None where there is nothing in it that the fault is about."""
    body, headers, status = copy.deepcopy(response.body), dict(response.headers), response.status
    if fault.answer and response.status < 300:
        status = fault.answer
    if fault.header:
        headers = {name: value for name, value in headers.items() if name.lower() != fault.header.lower()}
    if isinstance(body, dict):
        _state(body, fault.state)
        _code(body, fault.code)
        if fault.without:
            *above, last = fault.without.split(".")
            for holder in _holders(body, above):
                if last in holder:
                    value = holder.pop(last)
                    if fault.instead:
                        holder[fault.instead] = value
    if (status, body, headers) == (response.status, response.body, response.headers):
        return None
    return Response(status, body, headers)


def _state(body: Json, state: str) -> None:
    properties = body.get("properties")
    if state and isinstance(properties, dict) and "provisioningState" in properties:
        properties["provisioningState"] = state


def _code(body: Json, code: str) -> None:
    error = body.get("error")
    if code and isinstance(error, dict):
        error["code"] = code


def _holders(value: Any, path: list[str]) -> Iterator[Json]:
    """The objects that a path leads to, through every item of a list on the way."""
    if isinstance(value, list):
        for item in value:
            yield from _holders(item, path)
    elif isinstance(value, dict):
        if path:
            yield from _holders(value.get(path[0]), path[1:])
        else:
            yield value
