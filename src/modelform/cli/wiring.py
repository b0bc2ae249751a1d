"""How a command reaches a cloud: the sandbox starts in this process when it is first needed, Azure is signed in to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelform.cli.session import JOURNAL_VARIABLE, Session

if TYPE_CHECKING:
    from modelform.azure import Connection
    from modelform.drivers import Driver, Served

Connect = Callable[[str], "Connection"]

SANDBOX = "sandbox"


def open_session_driver(session: Session) -> Driver:
    """The driver that a session's engine and target ask for."""
    from modelform.drivers import open_driver

    session.project.kept  # noqa: B018 - makes the folder, and keeps git from adding what is in it
    return open_driver(
        session.engine,
        project_dir=session.project.folder,
        target=session.target,
        environment=session.around.environment,
        project=session.project.name,
        backend=session.stack.backend if session.stack is not None else None,
        allow_local_state=session.allow_local_state,
        today=session.around.today(),
        secrets_provider=session.stack.secrets_provider if session.stack is not None else "",
        serve=lambda: _serve(session),
    )


def _serve(session: Session) -> AbstractContextManager[Served]:
    """The project's sandbox over TLS, for the processes of the Pulumi CLI."""
    from modelform.sandbox.loopback import loopback

    journal = session.around.environment.get(JOURNAL_VARIABLE)
    return loopback(
        session.project.kept / SANDBOX,
        latency=session.latency,
        journal=Path(journal) if journal else None,
        today=session.around.today(),
        catalogue=_offered(session),
    )


def _offered(session: Session) -> dict[str, Any] | None:
    """What the sandbox offers where that is not just the catalogue: it rehearses Azure as the overlay knows it."""
    if session.stack is None or not session.stack.overlay:
        return None
    from modelform.catalog import Catalog

    known = Catalog.load(session.stack.overlay, session.target)
    return known.whole() if known.overlay and known.overlay.used and known.overlay.target == "azure" else None


@contextmanager
def offered_provider(session: Session) -> Iterator[dict[str, str]]:
    """The provider of the project's sandbox, for a plain `pulumi`: the variables by which that finds it."""
    from modelform.drivers.pulumi_plugin import offer

    serving = offer(SandboxConnector(session), session.around.environment)
    try:
        yield {"PULUMI_DEBUG_PROVIDERS": f"azure-native:{serving.port}"}
    finally:
        serving.stop()


def connector(session: Session) -> Connect:
    """Gives the connection for a subscription; nothing is started or asked before it is called."""
    if session.target == "azure":
        return _azure(session)
    return SandboxConnector(session)


def _azure(session: Session) -> Connect:
    def connect(subscription: str) -> Connection:
        from modelform.azure import azure_connection

        tenant = session.stack.tenant if session.stack is not None else ""
        environment = session.around.environment
        return azure_connection(tenant or environment.get("AZURE_TENANT_ID", ""), subscription, environment)

    return connect


class SandboxConnector:
    """Starts the project's sandbox in this process with the first connection; all connections share it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._transport: Any = None

    def __call__(self, subscription: str) -> Connection:
        """A connection into the sandbox, for whichever subscription."""
        from modelform.azure import SANDBOX_ENDPOINT, SANDBOX_TENANT, Connection
        from modelform.sandbox import Credential

        with self._lock:
            if self._transport is None:
                self._transport = self._start()
        return Connection(
            endpoint=SANDBOX_ENDPOINT,
            tenant=SANDBOX_TENANT,
            subscription=subscription,
            credential=Credential(),
            transport=self._transport,
            target="sandbox",
        )

    def _start(self) -> Any:
        from modelform.sandbox import create_app
        from modelform.sandbox.transport import SandboxTransport

        session = self._session
        journal = session.around.environment.get(JOURNAL_VARIABLE)
        app = create_app(
            session.project.kept / SANDBOX,
            latency=session.latency,
            journal=Path(journal) if journal else None,
            today=session.around.today(),
            catalogue=_offered(session),
        )
        return SandboxTransport(app)
