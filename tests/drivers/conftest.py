"""A sandbox in this process, project folders, and a driver on them."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelform.azure import SANDBOX_ENDPOINT, SANDBOX_TENANT, Connection
from modelform.drivers import Driver, OperationOptions, Request, open_driver
from modelform.plan import Event, Result
from modelform.spec import load_stack
from modelform.spec.resolved import Stack

TODAY = datetime.date(2026, 11, 22)


class Sandbox:
    """The project's sandbox, started with the first connection; counts how often one was asked for."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.connections = 0
        self._transport: Any = None

    def __call__(self, subscription: str) -> Connection:
        from modelform.sandbox import Credential, create_app
        from modelform.sandbox.transport import SandboxTransport

        self.connections += 1
        if self._transport is None:
            self._transport = SandboxTransport(create_app(self.data, today=TODAY))
        return Connection(
            endpoint=SANDBOX_ENDPOINT,
            tenant=SANDBOX_TENANT,
            subscription=subscription,
            credential=Credential(),
            transport=self._transport,
            target="sandbox",
        )


@dataclasses.dataclass
class Project:
    """A project folder with one stack, and what a person does with it."""

    folder: Path
    sandbox: Sandbox
    name: str = "dev"
    events: list[Event] = dataclasses.field(default_factory=list)

    def write(self, text: str) -> None:
        file = self.folder / "stacks" / f"{self.name}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def stack(self) -> Stack:
        stack, report = load_stack(self.folder / "stacks" / f"{self.name}.yaml", environment={}, today=TODAY)
        assert stack is not None, [str(d) for d in report]
        return stack

    def driver(self) -> Driver:
        return open_driver("embedded", project_dir=self.folder, target="sandbox", environment={}, today=TODAY)

    def run(self, command: str, *, confirm: Callable[[Result], bool] | None = None, **options: Any) -> Result:
        self.events.clear()
        request = Request(
            name=self.name,
            stack=self.stack() if command in ("preview", "up") else None,
            connection=self.sandbox,
            options=OperationOptions(**options),
            confirm=confirm,
        )
        found: Result = getattr(self.driver(), command)(request, self.events.append)
        return found

    def up(self, **options: Any) -> Result:
        result = self.run("up", **options)
        assert result.ok, [str(d) for d in result.diagnostics]
        return result


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project folder."""
    return Project(tmp_path, Sandbox(tmp_path / ".modelform" / "sandbox"))
