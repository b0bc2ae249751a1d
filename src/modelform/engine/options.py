"""What a caller of the engine gives and gets back."""

from __future__ import annotations

import threading
from dataclasses import field
from typing import Any, Protocol

from modelform.errors import Diagnostic
from modelform.plan import Step
from modelform.record import dataclass
from modelform.state import Snapshot


@dataclass(frozen=True, slots=True)
class Options:
    """How an operation is to be run.

    `targets` and `replace` are URNs or patterns (`*` within a part, `**` across parts). `cancelled` may be set by
    another thread at any time: running steps end and are saved, no new one starts. `debug` lets a program's own
    exception through as it is, traceback and all.
    """

    parallel: int = 10
    targets: tuple[str, ...] = ()
    target_dependents: bool = False
    replace: tuple[str, ...] = ()
    refresh: bool = False
    continue_on_error: bool = False
    cancelled: threading.Event = field(default_factory=threading.Event)
    debug: bool = False
    organization: str = "organization"
    root_directory: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation ended.

    `summary` counts what was done as Pulumi counts it: components and the stack too, default providers not.
    `steps` are the steps that were started, in that order; those of a refresh say what it found (same, update,
    delete). `applied` says that something outside the state was changed; `snapshot` is the state as it is now.
    """

    ok: bool
    steps: tuple[Step, ...] = ()
    outputs: dict[str, Any] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    snapshot: Snapshot = field(default_factory=Snapshot)
    summary: dict[str, int] = field(default_factory=dict)
    interrupted: bool = False
    applied: bool = False


class Journal(Protocol):
    """Where the state goes: called before and after every call that changes something, never in a preview."""

    def write(self, snapshot: Snapshot) -> None:
        """Makes the snapshot last; returns when a killed process would find it. Called by one thread at a time."""
        ...
