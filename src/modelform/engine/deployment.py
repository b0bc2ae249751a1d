"""What one operation knows while it runs: what was registered, what was decided, and whether to go on."""

from __future__ import annotations

import threading

from modelform.engine import urns
from modelform.engine.goal import Goal
from modelform.engine.instances import Instances
from modelform.engine.ledger import Ledger
from modelform.engine.options import Options
from modelform.engine.reporter import Reporter, about
from modelform.engine.slots import Slot, wanted
from modelform.engine.targets import Targets
from modelform.errors import Diagnostic, ModelformError, Severity
from modelform.seam import Provider
from modelform.state import Resource
from modelform.values import Properties


class Stop(Exception):
    """The operation goes no further: whatever is registered now is not done."""


class StepFailed(Exception):
    """A step has failed and said so; `protected` where it was a refusal to delete, which stops nothing else."""

    def __init__(self, protected: bool = False) -> None:
        super().__init__()
        self.protected = protected


class Deployment:
    """One operation under way.

    `lock` guards the sets; it is never held while a provider is called. The sets hold the URNs that this operation
    has decided on: a URN is in one of them before its first step runs.
    """

    def __init__(
        self,
        project: str,
        stack: str,
        preview: bool,
        options: Options,
        ledger: Ledger,
        instances: Instances,
        reporter: Reporter,
    ) -> None:
        self.project = project
        self.stack = stack
        self.preview = preview
        self.options = options
        self.ledger = ledger
        self.instances = instances
        self.reporter = reporter
        self.lock = threading.RLock()
        self.targets = Targets(options.targets)
        self.replace_targets = Targets(options.replace) if options.replace else None
        self.stopped = threading.Event()
        self.interrupted = False
        self.errored = False
        self.applied = False
        self.goals: dict[str, Goal] = {}
        self.urns: set[str] = set()
        self.found_as: dict[str, str] = {}
        self.claimed: dict[str, str] = {}
        self.sames: set[str] = set()
        self.creates: set[str] = set()
        self.updates: set[str] = set()
        self.replaces: set[str] = set()
        self.deletes: set[str] = set()
        self.reads: set[str] = set()
        self.imports: set[str] = set()
        self.targeted: set[str] = set()
        self.skipped: set[str] = set()
        self.failed: set[str] = set()
        self.failed_slots: set[Slot] = set()
        self.deleted_slots: set[Slot] = set()
        self.carried: set[Slot] = set()
        self.dependent_keys: dict[str, tuple[str, ...]] = {}
        self.made: dict[str, Slot] = {}
        self.stack_outputs: Properties | None = None
        self.olds: dict[str, Slot] = {}
        self.index()

    def index(self) -> None:
        """Looks the old state over: again after a refresh has replaced it."""
        self.olds = {slot.urn: slot for slot in self.ledger.base if not slot.resource.delete}

    def handled(self, urn: str) -> bool:
        """Was a decision made on it, so that it can no longer be dragged along by another resource?"""
        return any(
            urn in decided
            for decided in (self.reads, self.creates, self.sames, self.updates, self.deletes, self.replaces)
        )

    def operated(self, urn: str) -> bool:
        """Does the program still have it, be it under another name? What it has not is deleted."""
        urn = self.claimed.get(urn, urn)
        return any(urn in decided for decided in (self.sames, self.updates, self.replaces, self.reads))

    def check_running(self) -> None:
        """Raises `Stop` once the operation is to end."""
        if self.options.cancelled.is_set():
            self.interrupted = True
            self.stopped.set()
        if self.stopped.is_set():
            raise Stop

    def fail(self, error: ModelformError, urn: str = "") -> Stop:
        """Ends the operation with an error; what runs may end. Returns the exception to raise."""
        for finding in about(error, urn):
            self.reporter.tell(finding)
        self.errored = True
        self.stopped.set()
        return Stop()

    def fail_quietly(self) -> Stop:
        """Ends the operation for a reason that was told already. Returns the exception to raise."""
        self.errored = True
        self.stopped.set()
        return Stop()

    def refuse(self, code: str, summary: str, urn: str = "", *, detail: str = "", hint: str = "") -> Stop:
        """`fail` with one finding."""
        return self.fail(ModelformError(summary, code=code, detail=detail, hint=hint), urn)

    def fault(self, error: Exception) -> None:
        """Ends the operation for an error of the engine's own: it is told, and the state is safe."""
        self.refuse("engine.fault", f"the engine failed: {error}", detail=type(error).__name__)

    def complain(self, code: str, summary: str, urn: str = "", *, detail: str = "", hint: str = "") -> None:
        """An error that a preview goes on after, so that a person sees all of them."""
        self.errored = True
        self.reporter.tell(Diagnostic(code, Severity.ERROR, summary, detail, None, hint, urn))

    def warn(self, code: str, summary: str, urn: str = "", *, detail: str = "", hint: str = "") -> None:
        """A finding that stops nothing."""
        self.reporter.tell(Diagnostic(code, Severity.WARNING, summary, detail, None, hint, urn))

    def note(self, code: str, summary: str, urn: str = "") -> None:
        """A finding that is no more than information."""
        self.reporter.tell(Diagnostic(code, Severity.INFO, summary, "", None, "", urn))

    def step_failed(self, slots: tuple[Slot | None, ...], urn: str, protected: bool) -> None:
        """A step did not work: the operation ends, or goes on without what depends on it."""
        with self.lock:
            self.errored = True
            if protected or self.options.continue_on_error:
                self.failed.add(urn)
                self.failed_slots.update(slot for slot in slots if slot is not None)
            else:
                self.stopped.set()

    def must_skip(self, resource: Resource) -> bool:
        """Has it failed to go before another one came, or does it need something that has failed or was skipped?"""
        return bool(self.failed) and (resource.urn in self.failed or not self.failed.isdisjoint(wanted(resource)))

    def is_targeted_replace(self, urn: str) -> bool:
        """Did the caller ask for it to be replaced?"""
        return self.replace_targets is not None and urn in self.replace_targets

    def is_meant(self, resource: Resource) -> bool:
        """Is the resource part of an operation on targets? Providers and the stack always are."""
        return urns.is_provider(resource.type) or resource.type == urns.STACK_TYPE or self.is_target(resource)

    def is_target(self, resource: Resource) -> bool:
        """Was the resource asked for, be it because it depends on one that was? Without targets, all are."""
        if resource.urn in self.targets:
            return True
        return self.options.target_dependents and not self.targeted.isdisjoint(wanted(resource))

    def provider_of(self, resource: Resource) -> Provider:
        """The configured provider that manages a resource; raises `ModelformError`."""
        return self.instances.get(resource.provider) or self.instances.ensure(resource.provider, self.ledger.base)
