"""The connections of the sandbox's server: how one is cut in the middle, for faults on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

SENDER = "modelform.send"


class Cut(Response):
    """No answer at all: the connection ends.

    ASGI has no word for it; uvicorn's `send` belongs to an object that knows the transport. Another server gets an
    exception, which it answers with 500.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ends the connection, and waits until the server knows."""
        transport = getattr(getattr(scope.get(SENDER), "__self__", None), "transport", None)
        if transport is None:
            raise RuntimeError("this server's connections cannot be cut")
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


async def cut(request: Request, error: Exception) -> Response:
    """What Starlette does about `Dropped`."""
    return Cut()
