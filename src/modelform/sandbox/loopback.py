"""The sandbox over TLS for the time of one operation, for processes that this one starts.

It has a free port that is not kept and takes the sandbox's own token only: `server.serve` is the one for other tools.
It loads when the first client comes: a plan without changes asks ARM nothing, and goes without a server.
"""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelform.errors import ModelformError, StateError
from modelform.record import dataclass
from modelform.sandbox.identity import TENANT, TOKEN

if TYPE_CHECKING:
    import uvicorn

HOST = "127.0.0.1"
_PATIENCE = 30.0  # seconds for a server to end


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
    """Serves the sandbox of a folder in a thread for as long as the context lasts.

    Raises `StateError` for a folder or a database that cannot be used, `ModelformError` for a wrong fault plan; what
    else keeps it from loading is raised when the context ends, and clients find nobody until then.
    """
    from modelform.sandbox import authority

    _require_usable(data_dir)
    files = authority.recent(data_dir) or authority.ensure(data_dir, HOST)
    options = {"latency": latency, "journal": journal, "today": today, "catalogue": catalogue}
    bound = socket.create_server((HOST, 0), backlog=2048)
    attendant = _Attendant(data_dir, bound, options)
    attendant.start()
    try:
        yield Loopback(f"https://localhost:{bound.getsockname()[1]}", files.bundle.resolve())
    except Exception as error:
        if attendant.failure is not None:
            raise attendant.failure from error
        raise
    finally:
        attendant.stop()
        bound.close()
    if attendant.failure is not None:
        raise attendant.failure


def _require_usable(data_dir: Path) -> None:
    """What can be wrong with the sandbox's files, before anybody relies on them."""
    from modelform.sandbox.faults import VARIABLE, load_plan
    from modelform.sandbox.store import DATABASE, Store, folder

    Store(folder(data_dir) / DATABASE).close()
    if planned := os.environ.get(VARIABLE):
        load_plan(Path(planned))


class _Attendant(threading.Thread):
    """Waits at a socket for the first client, then loads the server and runs it until it is stopped."""

    def __init__(self, data_dir: Path, bound: socket.socket, options: dict[str, Any]) -> None:
        super().__init__(name="sandbox", daemon=True)
        self._data_dir, self._bound, self._options = data_dir, bound, options
        self._bell, self._ear = socket.socketpair()
        self._lock = threading.Lock()
        self._server: uvicorn.Server | None = None
        self._stopped = False
        self.failure: ModelformError | None = None

    def run(self) -> None:
        """The thread's own work."""
        came, _, _ = select.select([self._bound, self._ear], [], [])
        if self._ear in came:
            return
        try:
            self._serve()
        except ModelformError as error:
            self.failure = error
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it is raised where the context ends
            said = f": {error}" if isinstance(error, Exception) else ""
            self.failure = StateError(f"the sandbox did not start as a server{said}", code="sandbox.start")
        if self.failure is not None:
            self._bound.close()  # so that nobody waits for an answer

    def _serve(self) -> None:
        server = self._loaded()
        with self._lock:
            if self._stopped:
                return
            self._server = server
        server.run(sockets=[self._bound])

    def _loaded(self) -> uvicorn.Server:
        import uvicorn

        from modelform.sandbox import authority
        from modelform.sandbox.app import create_app

        files = authority.ensure(self._data_dir, HOST)
        config = uvicorn.Config(
            create_app(self._data_dir, **self._options),
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
        return uvicorn.Server(config)

    def stop(self) -> None:
        """Ends it, with what it has in hand."""
        with self._lock:
            self._stopped = True
            if self._server is not None:
                self._server.should_exit = True
        self._bell.send(b"!")
        self.join(_PATIENCE)
        self._bell.close()
        self._ear.close()
