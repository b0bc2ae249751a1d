"""One HTTP exchange as values: what came in, what goes out, and the refusal that becomes ARM's error envelope."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
_written = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def fresh_id() -> str:
    """A random GUID (version 4), in less time than the library takes for one."""
    text = os.urandom(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) % 4]}{text[17:20]}-{text[20:]}"


@dataclass(slots=True)
class Ordeal:
    """What befalls the operation that a request begins: seconds more, an end that is not `Succeeded`.

    `details` are those of its error. `met` says that there was such an operation: not every request begins one.
    """

    seconds: float = 0.0
    end: str = ""  # Failed or Canceled
    code: str = ""
    message: str = ""
    details: tuple[Json, ...] = ()
    met: bool = False


@dataclass(slots=True)
class Request:
    """A request as it came: `path` still percent-encoded and without its query, header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base: str = "https://management.sandbox.localhost"
    principal: str = ""
    ordeal: Ordeal | None = None
    settled: bool = False  # nothing was due to be deleted a moment ago

    def parameter(self, name: str) -> str | None:
        """A query parameter; their names are case-insensitive in ARM."""
        if name in self.query:
            return self.query[name]
        folded = name.lower()
        return next((value for key, value in self.query.items() if key.lower() == folded), None)

    @property
    def api_version(self) -> str:
        """The api-version asked for, or an empty text."""
        return self.parameter("api-version") or ""


@dataclass(slots=True)
class Response:
    """An answer: `body` is JSON, or None for an empty one."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """The bytes of the body."""
        if self.body is None:
            return b""
        return _written(self.body).encode()


Handler = Callable[[Request], Response]
Layer = Callable[[Request, Handler], Response]


class Refusal(Exception):
    """The sandbox says no: an HTTP status, ARM's code and message, and what else the envelope carries.

    Some services answer the error without its envelope (`flat`).
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str | None = None,
        inner: str = "",
        details: Sequence[Json] = (),
        headers: Mapping[str, str] | None = None,
        flat: bool = False,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.target, self.inner, self.details = target, inner, tuple(details)
        self.headers, self.flat = dict(headers or {}), flat

    def response(self) -> Response:
        """The refusal in ARM's error envelope."""
        error: Json = {"code": self.code, "message": self.message}
        if self.target is not None:
            error["target"] = self.target
        if self.details:
            error["details"] = list(self.details)
        if self.inner:
            error["innererror"] = {"code": self.inner}
        return Response(
            self.status, error if self.flat else {"error": error}, {"x-ms-failure-cause": "service", **self.headers}
        )


class Dropped(Exception):
    """The connection is cut instead of an answer: before the request took effect, or after (`done`)."""

    def __init__(self, *, done: bool) -> None:
        super().__init__("the sandbox dropped the connection, as it was asked to")
        self.done = done


def layered(handler: Handler, layers: Sequence[Layer]) -> Handler:
    """The handler with layers around it, the first one outermost."""
    for layer in reversed(layers):
        handler = _around(layer, handler)
    return handler


def _around(layer: Layer, inner: Handler) -> Handler:
    return lambda request: layer(request, inner)
