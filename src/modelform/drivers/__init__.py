"""Drivers: run an operation on a stack with an engine, and tell of it in events, plans and results."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from modelform.drivers.driver import (
    Driver,
    HistoryEntry,
    OnNameTaken,
    OperationOptions,
    Request,
    Serve,
    Served,
    StackInfo,
)
from modelform.errors import UnsupportedError, UsageError

if TYPE_CHECKING:
    from modelform.spec.resolved import Target

__all__ = [
    "Driver",
    "HistoryEntry",
    "OnNameTaken",
    "OperationOptions",
    "Request",
    "Serve",
    "Served",
    "StackInfo",
    "choose_engine",
    "open_driver",
]


def choose_engine(engine: str, target: Target) -> str:
    """`auto` is the Pulumi CLI for Azure and the embedded engine for the sandbox."""
    if engine not in ("auto", "pulumi", "embedded"):
        raise UsageError(f"there is no engine '{engine}'", hint="take auto, pulumi or embedded")
    return ("pulumi" if target == "azure" else "embedded") if engine == "auto" else engine


def open_driver(
    engine: str,
    *,
    project_dir: Path,
    target: Target,
    environment: Mapping[str, str],
    project: str = "modelform",
    backend: str | None = None,
    allow_local_state: bool = False,
    today: date | None = None,
    secrets_provider: str = "",
    serve: Serve | None = None,
) -> Driver:
    """The driver for a project folder and a target; `backend` is the stack file's, `PULUMI_BACKEND_URL` comes after.

    `secrets_provider` is the stack file's too; `serve` makes the sandbox reachable for the Pulumi CLI's processes.
    """
    if choose_engine(engine, target) == "pulumi":
        from modelform.drivers.pulumi_cli import PulumiCli

        return PulumiCli(
            project_dir=project_dir,
            target=target,
            environment=environment,
            project=project,
            backend=backend,
            allow_local_state=allow_local_state,
            today=today,
            secrets_provider=secrets_provider,
            serve=serve,
        )
    if target == "azure" and secrets_provider not in ("", "default", "passphrase"):
        raise UnsupportedError(
            f"the embedded engine encrypts secrets with a passphrase only, not with {secrets_provider}",
            code="state.secrets-provider",
            hint="use the Pulumi CLI (--engine pulumi), or `secretsProvider: passphrase`",
        )
    from modelform.drivers.embedded import Embedded

    return Embedded(
        project_dir=project_dir,
        target=target,
        environment=environment,
        project=project,
        backend=backend,
        allow_local_state=allow_local_state,
        today=today,
    )
