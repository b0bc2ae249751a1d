"""A runner of command lines in this process: its own streams, environment, clock, and a driver that only remembers."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from modelform.cli.main import main
from modelform.cli.outside import Outside
from modelform.cli.session import Session
from modelform.drivers import HistoryEntry, Request, StackInfo
from modelform.errors import ModelformError
from modelform.plan import Event, Result, Summary

TODAY = date(2026, 11, 22)
GOOD = """\
apiVersion: modelform/v1
name: dev
location: swedencentral
subscription: 00000000-0000-4000-8000-000000000001
resourceGroup: rg-dev
workspaces:
  foundry: {kind: foundry}
deployments:
  assistant:
    model: mistral-large-3@1
    workspace: foundry
    sku: dataZoneStandard
    capacity: {tpm: 50k}
"""


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Memory:
    """A driver that answers what a test gives it and remembers what it was asked."""

    session: Session
    result: Result
    problem: BaseException | None = None
    events: tuple[Event, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    plan: Result | None = None
    asked: list[tuple[str, Any]] = field(default_factory=list)
    infos: list[StackInfo] = field(default_factory=list)
    entries: list[HistoryEntry] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    engine: str = "embedded"

    def _operate(self, name: str, request: Request, on_event: Callable[[Event], None]) -> Result:
        self.asked.append((name, request))
        if self.problem is not None:
            raise self.problem
        if request.confirm is not None and self.plan is not None and not request.confirm(self.plan):
            raise ModelformError("not agreed to", code="declined")
        for event in self.events:
            on_event(event)
        return self.result

    def preview(self, request: Request, on_event: Callable[[Event], None]) -> Result:
        return self._operate("preview", request, on_event)

    def up(self, request: Request, on_event: Callable[[Event], None]) -> Result:
        return self._operate("up", request, on_event)

    def refresh(self, request: Request, on_event: Callable[[Event], None]) -> Result:
        return self._operate("refresh", request, on_event)

    def destroy(self, request: Request, on_event: Callable[[Event], None]) -> Result:
        return self._operate("destroy", request, on_event)

    def outputs(self, name: str, *, show_secrets: bool = False) -> dict[str, Any]:
        self.asked.append(("outputs", (name, show_secrets)))
        return self.values

    def stacks(self) -> list[StackInfo]:
        return self.infos

    def export(self, name: str) -> dict[str, Any]:
        return {"version": 3, "deployment": {"name": name}}

    def import_state(self, name: str, document: dict[str, Any]) -> None:
        self.asked.append(("import", (name, document)))

    def history(self, name: str) -> list[HistoryEntry]:
        return self.entries

    def unlock(self, name: str) -> list[str]:
        self.asked.append(("unlock", name))
        return self.owners


@dataclass
class Ran:
    """How a command line ended."""

    code: int
    out: str
    err: str
    driver: Memory | None
    session: Session | None

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def request(self) -> Request:
        assert self.driver is not None
        found: Request = self.driver.asked[-1][1]
        return found


@dataclass
class Runner:
    """Runs command lines; its attributes are what the next one finds."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    typed: str | None = None
    terminal: bool = False
    result: Result = field(
        default_factory=lambda: Result("up", "dev", "embedded", "sandbox", True, Summary(create=1), seconds=1.0)
    )
    given: dict[str, Any] = field(default_factory=dict)
    real_driver: bool = False
    now: Callable[[], datetime] | None = None
    today: date = TODAY
    terminal_class: type[Terminal] = Terminal

    def __call__(self, *argv: str) -> Ran:
        opened: list[Memory] = []
        seen: list[Session] = []

        def open_driver(session: Session) -> Any:
            seen.append(session)
            opened.append(Memory(session, self.result, **self.given))
            return opened[-1]

        stream = Terminal if self.terminal else io.StringIO
        out, err = stream(), stream()
        more: dict[str, Any] = {} if self.real_driver else {"open_driver": open_driver}
        if self.now is not None:
            more["now"] = self.now
        around = Outside(
            environment={"COLUMNS": "80", "TERM": "xterm", **self.environment},
            stdin=(self.terminal_class if self.typed is not None else io.StringIO)(self.typed or ""),
            stdout=out,
            stderr=err if self.typed is None else Terminal(),
            clock=lambda: 0.0,
            today=lambda: self.today,
            **more,
        )
        code = main(list(argv), around)
        said = around.stderr.getvalue()  # type: ignore[attr-defined]
        assert "Traceback" not in said
        return Ran(code, out.getvalue(), said, opened[-1] if opened else None, seen[-1] if seen else None)

    def write(self, text: str, name: str = "dev") -> Path:
        file = self.folder / "stacks" / f"{name}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file


@pytest.fixture
def modelform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A runner in a project folder with one good stack, `dev`."""
    (tmp_path / "stacks").mkdir()
    monkeypatch.chdir(tmp_path)
    runner = Runner(tmp_path)
    runner.write(GOOD)
    return runner
