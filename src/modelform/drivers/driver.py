"""What runs an operation: one interface for the embedded engine and the Pulumi CLI, and what it is asked with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from modelform.plan import Event, Result
from modelform.record import dataclass
from modelform.spec.resolved import Stack

if TYPE_CHECKING:
    from pathlib import Path

    from modelform.azure import Connection
    from modelform.spec.rulebook import Company

OnNameTaken = Literal["fail", "recover", "purge"]
OnEvent = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class OperationOptions:
    """How an operation is to be run.

    `targets` limits it to some resources, and with `dependents` to what depends on them as well; `replace` are to be
    replaced in any case (URNs, patterns or names). `allow_replace` and `allow_delete` are URNs that a person agreed
    to; `purge` names of soft-deleted accounts and vaults that may go for good; `approval` is what somebody gave for a
    plan that passes a company's limits; `dry_run` stops after the plan. `yes` says that the file's own
    `protect: false` may be taken at its word; asking is `Request.confirm`'s.
    """

    parallel: int = 10
    refresh: bool = False
    targets: tuple[str, ...] = ()
    dependents: bool = False
    replace: tuple[str, ...] = ()
    continue_on_error: bool = False
    allow_replace: tuple[str, ...] = ()
    allow_delete: tuple[str, ...] = ()
    yes: bool = False
    on_name_taken: OnNameTaken = "fail"
    purge: tuple[str, ...] = ()
    approval: str | None = None
    dry_run: bool = False
    message: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What to run an operation on.

    `stack` is needed where the program runs (preview, up); destroy and refresh work from the state, and `name` is
    enough. `connection` gives the way to ARM for a subscription and is called only when something there must be asked
    or changed. `confirm` is shown the plan before anything is changed; without one nothing is asked. `verify` takes
    its place where a saved plan was approved: an `up` gives it the plan that it made right before (the state it was
    made from is locked, where the engine can do that), even one without changes and before any guard is heard; it
    raises `StalePlanError` where that is not what was approved. Once `cancelled` is set, what runs is finished and
    saved and nothing new is started. `company` is the file that stands above the stack; it limits what may go.
    """

    name: str
    connection: Callable[[str], Connection]
    stack: Stack | None = None
    options: OperationOptions = field(default_factory=OperationOptions)
    confirm: Callable[[Result], bool] | None = None
    verify: Callable[[Result], None] | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    company: Company | None = None


@dataclass(frozen=True, slots=True)
class StackInfo:
    """One stack that has a state: what `stack ls` shows. `problem` says why a state cannot be read."""

    name: str
    target: str
    resources: int = 0
    updated: str = ""
    locked_by: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One operation of the past: times are RFC 3339, `changes` counts by operation."""

    kind: str
    result: str
    started: str
    ended: str
    message: str
    changes: dict[str, int]


class Served(Protocol):
    """The sandbox as another process reaches it: over TLS, with a bearer token."""

    @property
    def endpoint(self) -> str:
        """ARM's address."""
        ...

    @property
    def ca_bundle(self) -> Path:
        """The file with the authority that signed for it."""
        ...

    @property
    def tenant(self) -> str:
        """The tenant that it knows."""
        ...

    @property
    def token(self) -> str:
        """The bearer token that it takes."""
        ...


Serve = Callable[[], AbstractContextManager[Served]]
"""Serves the sandbox for as long as the context lasts."""


class Driver(Protocol):
    """Runs operations on the stacks of one project folder and one target; names are stack names."""

    engine: str

    def preview(self, request: Request, on_event: OnEvent) -> Result:
        """The plan of an `up`, with the steps that it was made from; changes nothing."""
        ...

    def up(self, request: Request, on_event: OnEvent) -> Result:
        """Plans, has the plan verified where there is a saved one, guards, asks, applies."""
        ...

    def refresh(self, request: Request, on_event: OnEvent) -> Result:
        """Takes what is really there into the state."""
        ...

    def destroy(self, request: Request, on_event: OnEvent) -> Result:
        """Deletes everything in the state, without running the program."""
        ...

    def outputs(self, name: str, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs as of its last `up`."""
        ...

    def stacks(self) -> list[StackInfo]:
        """Every stack that has a state."""
        ...

    def export(self, name: str) -> dict[str, Any]:
        """The state in Pulumi's deployment format, secrets encrypted."""
        ...

    def import_state(self, name: str, document: dict[str, Any]) -> None:
        """Puts a state of that format in the place of the present one."""
        ...

    def history(self, name: str) -> list[HistoryEntry]:
        """Past operations, the latest first."""
        ...

    def unlock(self, name: str) -> list[str]:
        """Takes away the locks of a stack; who held them."""
        ...
