"""The sandbox over TLS for the time of one operation, for processes that this one starts.

It has a free port that is not kept and takes the sandbox's own token only: `server.serve` is the one for other tools.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelform.errors import StateError
from modelform.record import dataclass
from modelform.sandbox.identity import TENANT, TOKEN

if TYPE_CHECKING:
    import uvicorn

HOST = "127.0.0.1"
_PATIENCE = 30.0  # seconds for a server to start


@dataclass(frozen=True, slots=True)
class Loopback:
    """Where the sandbox answers, whom clients trust, and what they show."""

    endpoint: str
    ca_bundle: Path
    tenant: str = TENANT
    token: str = field(default=TOKEN, repr=False)


@contextmanager
def loopback(
    data_dir: Path,
    *,
    latency: float = 0.0,
    journal: Path | None = None,
    today: date | None = None,
    catalogue: dict[str, Any] | None = None,
) -> Iterator[Loopback]:
    """Serves the sandbox of a folder in a thread for as long as the context lasts."""
    import uvicorn

    from modelform.sandbox import authority
    from modelform.sandbox.app import create_app

    files = authority.ensure(data_dir, HOST)
    config = uvicorn.Config(
        create_app(data_dir, latency=latency, journal=journal, today=today, catalogue=catalogue),
        host=HOST,
        port=0,
        ssl_certfile=files.server,
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    bound = socket.create_server((HOST, 0), backlog=2048)
    server = uvicorn.Server(config)
    ready = threading.Event()
    thread = threading.Thread(target=_serve, args=(server, bound, ready), name="sandbox", daemon=True)
    thread.start()
    try:
        for _ in range(int(_PATIENCE / 0.01)):
            if server.started or ready.wait(0.01):
                break
        if not server.started:
            raise StateError("the sandbox did not start as a server", code="sandbox.start")
        yield Loopback(f"https://localhost:{bound.getsockname()[1]}", files.bundle.resolve())
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)
        bound.close()


def _serve(server: uvicorn.Server, bound: socket.socket, ended: threading.Event) -> None:
    """Runs the server to its end, and says when that was."""
    try:
        server.run(sockets=[bound])
    finally:
        ended.set()
