"""What the Pulumi CLI tells in its event log, as the events and steps that every report is made from."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from modelform.drivers.changes import PROVIDERS, STACK_TYPE
from modelform.errors import Diagnostic, Severity
from modelform.plan import Event, Op, PropertyDiff, Step
from modelform.values import UNKNOWN, UNKNOWN_TEXT, Secret, deep_map
from modelform.values.wire import number

if TYPE_CHECKING:
    from pulumi.automation.events import DiagnosticEvent, EngineEvent, StepEventMetadata

HIDDEN = "[secret]"
"""How the CLI writes a secret into its event log: the value itself is never in it."""

_PATIENCE = 10.0  # seconds; the CLI sends its last event before it ends, over another connection
_COLOR = re.compile(r"<\{%.*?%\}>")
_OURS = re.compile(r"(?P<summary>.*?) \[(?P<code>[a-z]+(?:[.-][a-z-]+)*)\](?P<rest>(?:\n  .*)*)", re.S)
_WRAPPED = re.compile(r"^(?:\d+ errors? occurred:\s*\*\s*)?(?:(?:creating|updating|deleting|reading) urn:\S+: )?", re.S)
_ARM_CODE = re.compile(r'(?:\bCode="|\bERROR CODE: |"code":\s*")(?P<code>\w+)')
_ARM_STATUS = re.compile(r"(?:\bStatus(?:Code)?=|\bRESPONSE )(?P<status>\d{3})")
_LEFT_OUT = re.compile(r"'(?P<own>urn:[^']+)' depends on '(?P<needed>urn:[^']+)' which was .*not specified in --target")
_INTERRUPTED = re.compile(r"(?P<urn>urn:\S+), interrupted while (?P<what>\w+)")
_WORDS = {Op.SAME, Op.REFRESH, Op.READ, Op.READ_REPLACEMENT, Op.DISCARD, Op.DISCARD_REPLACED, Op.REMOVE_PENDING_REPLACE}
# What the CLI says of an operation as a whole, when each reason was told before.
_ECHOES = ("update failed", "preview failed", "resource creation failed", "destroy failed", "refresh failed")


class Events:
    """Takes the CLI's events one by one, in its thread, and passes them on as `Event`s, all or only some kinds.

    `steps` are those that were begun, in that order, and `done` those that came to their end, unless that kind is not
    asked for; `outputs` are the stack's, secrets hidden. `failures` are the errors, with the resource each is about.
    """

    def __init__(self, on_event: Callable[[Event], None], only: Collection[str] = ()) -> None:
        self._on_event, self._only = on_event, only
        self._began: dict[tuple[str, str], float] = {}
        self._errors: dict[str, Diagnostic] = {}
        self.steps: list[Step] = []
        self.done: list[Step] = []
        self.diagnostics: list[Diagnostic] = []
        self.outputs: dict[str, Any] | None = None
        self.problem: Exception | None = None
        self.heard = False
        self.finished = threading.Event()

    def __call__(self, event: EngineEvent) -> None:
        """Takes one event; what goes wrong with it is kept for `settle`, since nobody above could catch it."""
        self.heard = True
        try:
            self._take(event)
        except Exception as error:  # noqa: BLE001 - raised again by `settle`, in the driver's own thread
            self.problem = self.problem or error

    @property
    def applied(self) -> bool:
        """Was anything changed that a provider manages?"""
        return any(step.op not in _WORDS and step.custom and not step.type.startswith(PROVIDERS) for step in self.done)

    @property
    def failures(self) -> list[Diagnostic]:
        """The errors."""
        return [found for found in self.diagnostics if found.severity is Severity.ERROR]

    def settle(self, *, interrupted: bool = False) -> None:
        """Waits for the last events of a command that has ended, and tells errors that no step has failed with.

        What the CLI says of having been `interrupted` is left to whoever interrupted it.
        """
        if self.heard:
            self.finished.wait(_PATIENCE)
        if self.problem is not None:
            raise self.problem
        left, self._errors = list(self._errors.values()), {}
        if interrupted:
            left = [found for found in left if not found.summary.endswith("canceled")]
        own = [found for found in left if not _is_echo(found)]
        for found in own or ([] if self.failures else left):
            self._tell(found)

    def _take(self, event: EngineEvent) -> None:
        if event.resource_pre_event is not None:
            self._started(event.resource_pre_event.metadata)
        elif event.res_outputs_event is not None:
            self._ended(event.res_outputs_event.metadata)
        elif event.res_op_failed_event is not None:
            self._failed(event.res_op_failed_event.metadata)
        elif event.diagnostic_event is not None:
            self._said(event.diagnostic_event)
        elif event.cancel_event is not None:
            self.finished.set()

    def _started(self, metadata: StepEventMetadata) -> None:
        step = step_of(metadata)
        if _is_default_provider(step):
            return
        self._began[(step.urn, step.op)] = time.monotonic()
        self.steps.append(step)
        self._emit(Event("started", step))

    def _ended(self, metadata: StepEventMetadata) -> None:
        op = Op(metadata.op.value)
        if metadata.type == STACK_TYPE and metadata.new is not None and op not in (Op.DELETE, Op.REFRESH):
            self.outputs = _values(getattr(metadata.new, "outputs", None))
        if self._only and "done" not in self._only:
            return
        step = step_of(metadata)
        if _is_default_provider(step):
            return
        self.done.append(step)
        self._emit(Event("done", step, self._seconds(step)))

    def _failed(self, metadata: StepEventMetadata) -> None:
        step = step_of(metadata)
        found = self._errors.pop(step.urn, None)
        if found is None:
            found = Diagnostic("provider", Severity.ERROR, f"{step.op} of {step.name} failed", urn=step.urn)
        self.diagnostics.append(found)
        self._emit(Event("failed", step, self._seconds(step), diagnostic=found))

    def _said(self, event: DiagnosticEvent) -> None:
        if event.ephemeral or event.severity in ("debug", "info"):
            return
        found = diagnostic(event)
        if not found.summary:
            return
        if found.severity is Severity.ERROR:
            # It is told with the step that fails, which the CLI says next, or at the end.
            before = self._errors.get(found.urn)
            if before is None or _is_echo(before):
                self._errors[found.urn] = found
            elif not _is_echo(found):
                self._tell(found)
        elif found not in self.diagnostics:
            self._tell(found)

    def _tell(self, found: Diagnostic) -> None:
        self.diagnostics.append(found)
        self._emit(Event("diagnostic", diagnostic=found))

    def _seconds(self, step: Step) -> float:
        began = self._began.get((step.urn, step.op))
        return 0.0 if began is None else time.monotonic() - began

    def _emit(self, event: Event) -> None:
        if not self._only or event.kind in self._only:
            self._on_event(event)


def step_of(metadata: StepEventMetadata) -> Step:
    """A step as the CLI describes it: secrets are hidden in it already."""
    old, new = metadata.old, metadata.new
    state: Any = new or old
    return Step(
        op=Op(metadata.op.value),
        urn=metadata.urn,
        type=metadata.type,
        name=metadata.urn.split("::", 3)[-1],
        custom=bool(getattr(state, "custom", False)),
        id=str((getattr(new, "id", "") or getattr(old, "id", "")) or "").replace(UNKNOWN_TEXT, ""),
        provider=metadata.provider,
        keys=tuple(metadata.keys or ()),
        diffs=tuple(metadata.diffs or ()),
        detailed={
            path: PropertyDiff(str(diff.diff_kind.value), bool(diff.input_diff))
            for path, diff in (metadata.detailed_diff or {}).items()
        },
        old=_values(getattr(old, "inputs", None)),
        new=_values(getattr(new, "inputs", None)),
        old_outputs=_values(getattr(old, "outputs", None)),
    )


def diagnostic(event: DiagnosticEvent) -> Diagnostic:
    """A message of the CLI, or of what it runs, as a finding."""
    text = _COLOR.sub("", event.message).strip()
    severity = {"error": Severity.ERROR, "warning": Severity.WARNING}.get(event.severity, Severity.INFO)
    return finding(text, severity, event.urn or "")


def finding(text: str, severity: Severity, urn: str = "") -> Diagnostic:
    """A finding from a text: ours when it has our form, ARM's when it names one of its codes, else as it is."""
    text = _WRAPPED.sub("", text.strip(), count=1).strip()
    ours = _OURS.match(text)
    if ours is not None:
        rest = [line.strip() for line in ours["rest"].strip().splitlines()]
        hints = [line.removeprefix("hint: ") for line in rest if line.startswith("hint: ")]
        detail = "\n  ".join(line for line in rest if not line.startswith("hint: "))
        return Diagnostic(ours["code"], severity, ours["summary"], detail, hint=" ".join(hints), urn=urn)
    summary, _, detail = text.partition("\n")
    left_out = _LEFT_OUT.search(text)
    if left_out is not None:
        own, needed = (left_out[part].split("::", 3)[-1] for part in ("own", "needed"))
        said = f"{own} needs {needed}, no target and not there yet under that name"
        return Diagnostic("engine.target", severity, said, hint=f"add --only '{left_out['needed']}'", urn=urn)
    interrupted = _INTERRUPTED.findall(text)
    if interrupted:
        return _interrupted(interrupted, severity)
    code, status = arm(text)
    if code or status:
        from modelform.azure.advice import advice_for

        advice = advice_for(status, code, text)
        return Diagnostic(advice.diagnostic, severity, summary, detail.strip(), hint=advice.hint, urn=urn)
    return Diagnostic("provider" if urn else "engine.pulumi", severity, summary, detail.strip(), urn=urn)


def _interrupted(found: list[tuple[str, str]], severity: Severity) -> Diagnostic:
    """What was under way when the CLI was killed, of which the CLI itself does not find out what became."""
    listed = ", ".join(f"{what} {urn.split('::', 3)[-1]}" for urn, what in found)
    return Diagnostic(
        "state.pending",
        severity,
        f"the CLI was killed before, in the middle of {listed}; what became of it is not known",
        hint="`modelform refresh --engine embedded` finds out, where the state is in a folder; else `pulumi refresh`",
    )


def arm(text: str) -> tuple[str, int]:
    """ARM's code and status, as azure-native writes them into its errors; empty and 0 where there are none."""
    code, status = _ARM_CODE.search(text), _ARM_STATUS.search(text)
    return (code["code"] if code else "", int(status["status"]) if status else 0)


def hidden_marked(value: Any) -> Any:
    """What the CLI has hidden, with the mark of a secret."""
    return deep_map(lambda item: Secret(HIDDEN) if item == HIDDEN else item, value)


def _values(found: Any) -> dict[str, Any]:
    values: dict[str, Any] = deep_map(_value, found or {})
    return values


def _value(item: Any) -> Any:
    if isinstance(item, float):
        return number(item)
    return UNKNOWN if item == UNKNOWN_TEXT else item


def _is_default_provider(step: Step) -> bool:
    return step.type.startswith(PROVIDERS) and step.name.startswith("default")


def _is_echo(found: Diagnostic) -> bool:
    return found.summary.rstrip(".").lower() in _ECHOES
