"""What an engine tells while it runs, as a driver passes it on, and how an operation ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from modelform.errors import Diagnostic, Exit, Severity
from modelform.plan import Event, Op, Step
from modelform.state import Snapshot


class Listener:
    """Passes events on, all or only some kinds, and remembers which steps came to their end.

    `on_done` hears of each step that is done, in the thread of the engine that did it.
    """

    def __init__(self, on_event: Callable[[Event], None], only: Collection[str] = ()) -> None:
        self._on_event, self._only = on_event, only
        self._done: list[Step] = []

    def __call__(self, event: Event) -> None:
        """Takes one event."""
        if event.kind == "done" and event.step is not None:
            self._done.append(event.step)
        if not self._only or event.kind in self._only:
            self._on_event(event)

    def finished(self, steps: Iterable[Step]) -> list[Step]:
        """Those of an outcome's steps that came to their end, as they turned out."""
        done = {(step.urn, step.op) for step in self._done}
        return [step for step in steps if (step.urn, step.op) in done]


def exit_code(*, ok: bool, interrupted: bool, applied: bool, diagnostics: Iterable[Diagnostic]) -> Exit:
    """How an operation ended, as a command answers it."""
    if ok:
        return Exit.OK
    if interrupted:
        return Exit.INTERRUPTED
    if applied:
        return Exit.PARTIAL
    errors = [d for d in diagnostics if d.severity is Severity.ERROR]
    if errors and all(d.code.startswith("access.") for d in errors):
        return Exit.ACCESS
    return Exit.FAILED


def deletions(snapshot: Snapshot, doomed: Collection[str] | None = None) -> Iterator[Step]:
    """The steps of a destroy: everything in the state goes, or what is `doomed`, children before parents."""
    for resource in reversed(snapshot.resources):
        if doomed is not None and resource.urn not in doomed:
            continue
        yield Step(
            op=Op.DELETE,
            urn=resource.urn,
            type=resource.type,
            name=resource.urn.split("::", 3)[-1],
            custom=resource.custom,
            id=resource.id,
            provider=resource.provider,
            old=resource.inputs,
            old_outputs=resource.outputs,
        )
