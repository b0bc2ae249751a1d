"""HTTP as the sandbox's server speaks it: uvicorn's own protocol, with each answer sent in one piece."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


class Gathered:
    """A transport that sends what is written to it in one turn of the event loop together.

    uvicorn writes an answer's head and its body one after the other; over TLS each is a record and a system call, which
    take a quarter of the time of a small answer.
    """

    def __init__(self, inner: asyncio.Transport, soon: Callable[..., Any]) -> None:
        self._inner, self._soon = inner, soon
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Sends data at the end of this turn."""
        if not self._parts:
            self._soon(self._flush)
        self._parts.append(data)

    def _flush(self) -> None:
        if self._parts:
            data, self._parts = b"".join(self._parts), []
            self._inner.write(data)

    def close(self) -> None:
        """Sends what is left, and closes."""
        self._flush()
        self._inner.close()

    def abort(self) -> None:
        """Cuts the connection; what is left is not sent."""
        self._parts.clear()
        self._inner.abort()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Protocol(H11Protocol):
    """uvicorn's HTTP/1.1 over a `Gathered` transport."""

    def connection_made(self, transport: Any) -> None:
        """Begins a connection."""
        super().connection_made(Gathered(transport, self.loop.call_soon))  # type: ignore[arg-type]
