"""The sandbox as a server: HTTPS on a port of its own, for every tool that speaks to ARM or to deployed models."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import shlex
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelform.errors import ModelformError, StateError, UsageError
from modelform.record import dataclass
from modelform.sandbox import authority, metadata, tokens
from modelform.sandbox.identity import CLIENT, SUBSCRIPTION, TENANT, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    import uvicorn

PORT = "port"
GRACE = 5.0  # seconds that running requests get at the end
PARTING = 0.2  # seconds that clients get to hear the rest and to say goodbye
SECRET = TOKEN  # any other does as well


@dataclass(frozen=True, slots=True)
class Service:
    """A server that is ready: its address, what clients trust, and how it is stopped (from any thread)."""

    url: str
    ca_bundle: Path
    stop: Callable[[], None] = field(repr=False, compare=False)
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Name and port."""
        return self.url.partition("//")[2]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point tools at the sandbox."""
        bundle = str(self.ca_bundle)
        who = {"TENANT_ID": TENANT, "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET, "SUBSCRIPTION_ID": SUBSCRIPTION}
        return {
            "AZURE_AUTHORITY_HOST": self.url,
            "AZURE_RESOURCE_MANAGER_ENDPOINT": self.url,
            "ARM_METADATA_HOSTNAME": self.host,
            "ARM_CLOUD_METADATA_URL": f"{self.url}{metadata.PATH}?api-version=2019-05-01",
            "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
            **{f"{prefix}_{name}": value for prefix in ("AZURE", "ARM") for name, value in who.items()},
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            **self.more,
        }

    def to_json(self) -> dict[str, Any]:
        """What `sandbox serve --json` prints in one line."""
        return {
            "url": self.url,
            "caBundle": str(self.ca_bundle),
            "tenantId": TENANT,
            "clientId": CLIENT,
            "clientSecret": SECRET,
            "subscriptionId": SUBSCRIPTION,
            "env": self.environment,
        }

    def text(self) -> str:
        """What a person is told."""
        exports = [f"export {name}={shlex.quote(value)}" for name, value in self.environment.items()]
        return "\n".join([f"The sandbox answers at {self.url} (Ctrl-C ends it).", "", *exports, ""])


def serve(
    data_dir: Path,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    latency: float = 0.0,
    journal: Path | None = None,
    today: date | None = None,
    json_line: bool = False,
    ready: Callable[[Service], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Serves a sandbox over HTTPS until SIGINT, SIGTERM or `Service.stop`, and prints how it is reached.

    Port 0 is the one that the folder keeps, or a free one, which it keeps from then on; the certificates are under
    `ca/` of the folder. Seconds of `latency` a long-running operation. `ready` is called once requests are taken.
    `variables` are further ones for the tools.
    Raises `UsageError` for an address that cannot be, `ModelformError` for a port in use, `StateError` for a folder
    that cannot be used.
    """
    import uvicorn

    from modelform.sandbox.app import create_app
    from modelform.sandbox.wire import Protocol

    bound = listen(data_dir, host, port)
    try:
        number = bound.getsockname()[1]
        files = authority.ensure(data_dir, host)
        name = _public_name(host)
        own = [
            f"https://{_quoted(one)}:{number}" for one in (*authority.names_of(host), "management.sandbox.localhost")
        ]
        given = tokens.load(files.tokens, own)
        app = create_app(
            data_dir,
            latency=latency,
            journal=journal,
            today=today,
            routes=[*metadata.routes(), *tokens.routes(given)],
            authenticate=given.manager,
            recognize=given.caller,
        )
        _warn(host, number)
        config = uvicorn.Config(
            app,
            http=Protocol,
            ssl_certfile=files.server,
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        _run(config, bound, f"https://{_quoted(name)}:{number}", files.bundle, json_line, ready, variables or {})
    finally:
        bound.close()


def _run(
    config: uvicorn.Config,
    bound: socket.socket,
    url: str,
    bundle: Path,
    json_line: bool,
    ready: Callable[[Service], None] | None,
    variables: Mapping[str, str],
) -> None:
    """Runs the server on a socket until it is told to end."""
    import uvicorn

    class Server(uvicorn.Server):
        """Tells when it is ready, and ends at a signal without raising it again: that is a good end for a server."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            service = Service(url, bundle.resolve(), self.stop, variables)
            print(json.dumps(service.to_json()) if json_line else service.text(), flush=True)
            if ready is not None:
                ready(service)

        def stop(self) -> None:
            self.should_exit = True

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            """Lets running requests end, then cuts idle connections: clients keep theirs open for minutes."""
            for server in self.servers:
                server.close()
            patience = time.monotonic() + GRACE
            while self.server_state.tasks and time.monotonic() < patience:
                await asyncio.sleep(0.02)
            held = list(self.server_state.connections)
            for connection in held:
                connection.shutdown()
            await asyncio.sleep(PARTING if held else 0)
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await super().shutdown(sockets)

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            with super().capture_signals():
                yield
                self._captured_signals.clear()

    Server(config).run([bound])


def listen(data_dir: Path, host: str, port: int) -> socket.socket:
    """A socket that listens at a host and port; port 0 is the one that the folder keeps."""
    if not 0 <= port <= 65535:
        raise UsageError(f"{port} is no port: one is from 1 to 65535, and 0 lets the sandbox choose")
    kept = 0 if port else _kept(data_dir)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        bound = socket.create_server((host, port or kept), family=family, backlog=2048)
        # asyncio does it only for sockets that name their protocol: without it every answer waits 40 ms for an ACK
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise _unbound(error, data_dir, host, port, kept) from error
    if bound.getsockname()[1] != kept:
        try:
            _keep(data_dir, bound.getsockname()[1])
        except OSError as error:
            bound.close()
            raise StateError(
                f"the sandbox's folder {data_dir} cannot be written: {error.strerror}", code="sandbox.folder"
            ) from error
    return bound


def _unbound(error: OSError, data_dir: Path, host: str, port: int, kept: int) -> ModelformError:
    """Why a port cannot be had, and the way out."""
    if error.errno == errno.EADDRINUSE:
        whose = f"port {kept}, which this sandbox keeps," if kept else f"port {port}"
        return ModelformError(
            f"{whose} is in use",
            code="sandbox.port-in-use",
            detail="Another `modelform sandbox serve` of this project may be running, or another program has the port.",
            hint="End it, or choose another port once with `--port N`: it is kept from then on.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return UsageError(f"port {port or kept} needs more rights than you have; ports from 1024 on need none")
    return UsageError(f"the sandbox cannot listen at '{host}': {error.strerror or error}")


def _kept(data_dir: Path) -> int:
    file = data_dir / PORT
    try:
        text = file.read_text().strip()
    except FileNotFoundError:
        return 0
    except (OSError, ValueError) as error:
        raise StateError(f"{file} cannot be read: {error}", code="sandbox.port") from error
    if not text.isdecimal() or not 0 < int(text) <= 65535:
        raise StateError(
            f"{file} holds no port, but {text[:20]!r}",
            code="sandbox.port",
            hint="Remove the file: a free port is chosen; states bound to the old one then belong to another address.",
        )
    return int(text)


def _keep(data_dir: Path, port: int) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".port-", dir=data_dir)
    with os.fdopen(handle, "w") as stream:
        stream.write(f"{port}\n")
    os.replace(name, data_dir / PORT)


def _public_name(host: str) -> str:
    """The name by which clients ask a server at a host."""
    if host in authority.EVERYWHERE:
        return socket.gethostname()
    return "localhost" if host in ("127.0.0.1", "localhost") else host


def _quoted(name: str) -> str:
    """A name as it is written in an address."""
    return f"[{name}]" if ":" in name else name


def _warn(host: str, port: int) -> None:
    if authority.is_loopback(host):
        return
    where = f"{host or '0.0.0.0'}:{port}"
    warning = f"warning: everybody who reaches {where} can use this sandbox: it gives tokens to any client"
    print(warning, file=sys.stderr, flush=True)
