"""The control plane's face to an ASGI server: from a scope to a request, and from an answer to its messages.

Most requests are answered in the event loop itself: handing one to a thread and back takes longer than answering it. A
thread takes those that would wait: for another writer, or for what is due to be deleted.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.applications import Starlette

from modelform.sandbox.connections import SENDER, Cut
from modelform.sandbox.exchange import Dropped, Request, Response
from modelform.sandbox.plane.hosts import destination

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from modelform.sandbox.control import Control

ROOT = "/subscriptions/"
READS = ("GET", "HEAD")


class Application(Starlette):
    """Starlette with the server's own `send` left where `Cut` finds it; ARM's requests go around its routes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        scope[SENDER] = send
        if is_for(scope):
            await answer(self.state.control, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def is_for(scope: Scope) -> bool:
    """Is a request one of ARM's, whatever else the server has routes for?"""
    if scope["type"] != "http" or not scope["path"].startswith(ROOT):
        return False
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    return destination(f"{scope['scheme']}://{host}", ROOT) is None


class Face:
    """The control plane as an ASGI application."""

    def __init__(self, control: Control) -> None:
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        await answer(self._control, scope, receive, send)


async def answer(control: Control, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers one request."""
    body = await _body(receive)
    if body is None:
        return
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    host, port = scope.get("server") or ("localhost", None)
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query = scope["query_string"].decode("latin-1")
    request = Request(
        method=scope["method"],
        path=raw.decode("latin-1").partition("?")[0],
        query=dict(parse_qsl(query, keep_blank_values=True)) if query else {},
        headers=headers,
        body=body,
        base=f"{scope['scheme']}://{headers.get('host') or (host if port is None else f'{host}:{port}')}",
    )
    try:
        response = await _handled(control, request)
    except Dropped:
        await Cut()(scope, receive, send)
        return
    content = b"" if request.method == "HEAD" else response.content()
    kind = {"Content-Type": "application/json; charset=utf-8"} if response.body is not None else {}
    stamps = {**kind, **response.headers}
    fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in stamps.items()]
    if response.status >= 200 and response.status not in (204, 304):
        fields.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": fields})
    await send({"type": "http.response.body", "body": content})


async def _handled(control: Control, request: Request) -> Response:
    if request.method in READS:
        if control.is_settled(request):
            return control.handle(request)
    else:
        with control.store.reserved() as free:
            if free:
                return control.handle(request)
    return await asyncio.get_running_loop().run_in_executor(None, control.handle, request)


async def _body(receive: Receive) -> bytes | None:
    """The body, or None from a client that went away in the middle of it."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
