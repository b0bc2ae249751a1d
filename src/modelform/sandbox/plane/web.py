"""The data plane's ASGI route: requests at the models' hosts, with streams sent event by event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.responses import StreamingResponse
from starlette.routing import BaseRoute, Match

from modelform.sandbox.exchange import Request
from modelform.sandbox.plane.denial import Denial
from modelform.sandbox.plane.hosts import destination
from modelform.sandbox.plane.service import Stream

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from modelform.sandbox.control import Control

LARGEST = 32 * 1024 * 1024  # bytes of a request


class ModelHosts(BaseRoute):
    """Takes every request at a model's host, by Host header or under `/_host/`."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Is the request for the data plane?"""
        if scope["type"] != "http" or destination(*_address(scope)) is None:
            return Match.NONE, {}
        return Match.FULL, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers it; the synchronous handling runs in a thread of the pool."""
        web = WebRequest(scope, receive)
        base, path = _address(scope)
        content, size = bytearray(), 0
        async for part in web.stream():  # read to its end in any case: a client that is still sending hears nothing
            size += len(part)
            if size <= LARGEST:
                content += part
        if size > LARGEST:
            refusal = Denial(413, "413", f"The request is larger than {LARGEST} bytes.").response()
            await _web(refusal.content(), refusal.status)(scope, receive, send)
            return
        request = Request(web.method, path, dict(web.query_params), dict(web.headers), bytes(content), base)
        response = await run_in_threadpool(self._control.handle, request)
        if isinstance(response, Stream):
            answer: WebResponse = StreamingResponse(_paced(response.events), response.status, response.headers)
        else:
            answer = _web(response.content(), response.status, response.headers)
        await answer(scope, receive, send)


def _address(scope: Scope) -> tuple[str, str]:
    """The address that was asked, and the path on it, percent-encoded as it came."""
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return f"{scope.get('scheme', 'https')}://{host}", raw.decode("latin-1").split("?", 1)[0]


def _web(content: bytes, status: int, headers: dict[str, str] | None = None) -> WebResponse:
    return WebResponse(content, status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


async def _paced(events: Sequence[bytes]) -> AsyncIterator[bytes]:
    """The events one by one; other requests get their turn in between."""
    for event in events:
        yield event
        await asyncio.sleep(0)
