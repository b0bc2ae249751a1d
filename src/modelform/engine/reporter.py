"""What an operation tells while it runs: events one at a time, counts, findings."""

from __future__ import annotations

import threading
from collections.abc import Callable

from modelform.engine import urns
from modelform.errors import Diagnostic, ModelformError, Severity
from modelform.plan import Event, Op, Step

UNCOUNTED = frozenset(
    {
        Op.CREATE_REPLACEMENT,
        Op.DELETE_REPLACED,
        Op.DISCARD_REPLACED,
        Op.READ,
        Op.READ_REPLACEMENT,
        Op.IMPORT_REPLACEMENT,
        Op.REMOVE_PENDING_REPLACE,
        Op.REFRESH,
    }
)


class Reporter:
    """Passes events on and keeps what an outcome says; default providers are not spoken of."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._lock = threading.RLock()
        self._steps: dict[int, Step] = {}
        self.summary: dict[str, int] = {}
        self.diagnostics: list[Diagnostic] = []

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in the order in which they started."""
        return tuple(self._steps.values())

    @property
    def failed(self) -> bool:
        """Was there an error?"""
        return any(d.severity is Severity.ERROR for d in self.diagnostics)

    def started(self, step: Step, listed: bool = True) -> None:
        """A step begins; one that is not `listed` is told of, but is no part of the outcome."""
        if urns.is_default_provider(step.urn):
            return
        with self._lock:
            if listed:
                self._steps[id(step)] = step
            self._on_event(Event("started", step))

    def done(self, step: Step, seconds: float, counted: Op | None = None, told: Step | None = None) -> None:
        """A step has ended well; `counted` and `told` say what it turned out to be, where that was not known before."""
        if urns.is_default_provider(step.urn):
            return
        op = counted if counted is not None else None if step.op in UNCOUNTED else step.op
        with self._lock:
            if op is not None:
                self.summary[str(op)] = self.summary.get(str(op), 0) + 1
            if told is not None and id(step) in self._steps:
                self._steps[id(step)] = told
            self._on_event(Event("done", told or step, seconds))

    def blame(self, step: Step, seconds: float, error: ModelformError) -> None:
        """A step has failed."""
        findings = about(error, step.urn)
        with self._lock:
            self.diagnostics.extend(findings)
            self._on_event(Event("failed", step, seconds, diagnostic=findings[0]))
            for finding in findings[1:]:
                self._on_event(Event("diagnostic", diagnostic=finding))

    def tell(self, diagnostic: Diagnostic) -> None:
        """A finding that no step has failed with; the same one is told once."""
        with self._lock:
            if diagnostic not in self.diagnostics:
                self.diagnostics.append(diagnostic)
                self._on_event(Event("diagnostic", diagnostic=diagnostic))

    def emit(self, event: Event) -> None:
        """Anything else."""
        with self._lock:
            self._on_event(event)


def about(error: ModelformError, urn: str) -> list[Diagnostic]:
    """The findings of an error, with the resource that they are about."""
    return [
        Diagnostic(d.code, d.severity, d.summary, d.detail, d.span, d.hint, d.urn or urn) for d in error.diagnostics
    ]
