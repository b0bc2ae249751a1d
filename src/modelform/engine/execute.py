"""Carries decided steps out: the call to the provider, and what the state says before and after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from modelform.engine import urns
from modelform.engine.calls import call, marked_like, settled
from modelform.engine.decide import Planned, differs, marked
from modelform.engine.deployment import Deployment, StepFailed
from modelform.engine.slots import Slot
from modelform.errors import ModelformError, ProviderError
from modelform.plan import Op, Step
from modelform.state import Resource, timestamp
from modelform.values import Properties


class ProtectedError(ModelformError):
    """A protected resource is to be deleted."""

    default_code = "engine.protected"


class Executor:
    """Runs chains of steps for a deployment; several at the same time, each in its caller's thread."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._handlers: dict[Op, Callable[[Planned], Slot | None]] = {
            Op.SAME: self._same,
            Op.CREATE: self._create,
            Op.CREATE_REPLACEMENT: self._create,
            Op.UPDATE: self._update,
            Op.REPLACE: lambda plan: None,
            Op.DELETE: self._delete,
            Op.DELETE_REPLACED: self._delete,
            Op.DISCARD: self._delete,
            Op.DISCARD_REPLACED: self._delete,
            Op.REMOVE_PENDING_REPLACE: self._remove,
            Op.READ: self._read,
            Op.READ_REPLACEMENT: self._read,
            Op.IMPORT: self._import,
            Op.IMPORT_REPLACEMENT: self._import,
        }

    def run(self, chain: Sequence[Planned]) -> Slot | None:
        """Runs a chain in order; returns what it made. Raises `Stop`, or `StepFailed` at the first failure."""
        result = None
        for plan in chain:
            self.deployment.check_running()
            result = self.step(plan) or result
        return result

    def step(self, plan: Planned) -> Slot | None:
        """Runs one step and tells of it."""
        shown, began = describe(plan), time.monotonic()
        reporter = self.deployment.reporter
        reporter.started(shown)
        try:
            slot = self._handlers[plan.op](plan)
        except ModelformError as error:
            reporter.blame(shown, time.monotonic() - began, error)
            protected = isinstance(error, ProtectedError)
            if plan.holds_place:
                # What was to go with it does not, and has to be deleted itself.
                with self.deployment.lock:
                    self.deployment.deletes.discard(plan.urn)
            self.deployment.step_failed((plan.old,), plan.urn, protected)
            raise StepFailed(protected) from error
        if slot is not None:
            with self.deployment.lock:
                self.deployment.made[plan.urn] = slot
        reporter.done(shown, time.monotonic() - began)
        return slot

    def _same(self, plan: Planned) -> Slot:
        assert plan.new is not None
        if plan.old is None:
            # Nothing is made of what an operation on targets leaves out, and nothing is written.
            return Slot(plan.new)
        old = plan.old.resource
        made = marked(plan.new.with_(id=old.id, outputs=old.outputs))
        if urns.is_provider(made.type) and not plan.untouched:
            call(self.deployment.instances.same, made, old.inputs)
        changed = differs(old, made) or plan.old.written is not old
        slot = Slot(made if changed else old)
        self.deployment.ledger.end(None, add=slot, drop=plan.old, renamed=_names(plan), changed=changed)
        if plan.untouched:
            with self.deployment.lock:
                # Carried over for somebody who needs it: should it register after all, this is its old state.
                self.deployment.carried.add(slot)
                self.deployment.olds[old.urn] = slot
        return slot

    def _create(self, plan: Planned) -> Slot:
        new = plan.new
        assert new is not None
        now = timestamp(datetime.now(UTC))
        if not new.custom:
            return self._created(plan, new.with_(created=now, modified=now))
        if urns.is_provider(new.type):
            made = call(self.deployment.instances.create, new.urn, new.type, new.inputs)
            return self._created(plan, new.with_(id=made.id, outputs=made.outputs, created=now, modified=now))
        if self.deployment.instances.is_unknown(new.provider):
            return self._created(plan, new)
        provider = self.deployment.provider_of(new)
        token = self.deployment.ledger.begin(new, "creating")
        try:
            made = call(
                provider.create,
                new.urn,
                new.type,
                new.inputs,
                new.custom_timeouts.get("create", 0.0),
                self.deployment.preview,
            )
            if not made.id and not self.deployment.preview:
                raise ProviderError("the provider made the resource and did not say under which id")
        except ModelformError as error:
            self._create_failed(plan, new, token, error)
            raise
        outputs = self._outputs(new.urn, marked_like(provider, made.outputs, new.inputs))
        now = timestamp(datetime.now(UTC))
        return self._created(plan, new.with_(id=made.id, outputs=outputs, created=now, modified=now), token)

    def _create_failed(self, plan: Planned, new: Resource, token: int, error: ModelformError) -> None:
        """A failed create leaves nothing, unless the resource exists all the same: then it is kept with its faults."""
        if isinstance(error, ProviderError) and error.partial:
            identity, _, outputs = error.partial
            now = timestamp(datetime.now(UTC))
            made = new.with_(id=identity, outputs=settled(outputs)[0], created=now, modified=now)
            self._created(plan, made.with_(init_errors=error.reasons or (str(error),)), token)
        else:
            self.deployment.ledger.end(token)

    def _created(self, plan: Planned, made: Resource, token: int | None = None) -> Slot:
        slot = Slot(marked(made))
        old = plan.old
        if old is not None and plan.leaves_old:
            old.change(delete=True)
        drop = old if old is not None and old.resource.pending_replacement else None
        self.deployment.applied |= token is not None and not self.deployment.preview
        self.deployment.ledger.end(token, add=slot, drop=drop, renamed=_names(plan))
        return slot

    def _update(self, plan: Planned) -> Slot:
        assert plan.new is not None
        assert plan.old is not None
        old = plan.old.resource
        new = plan.new.with_(id=old.id, created=old.created, modified=old.modified)
        if not new.custom:
            return self._updated(plan, new)
        now = timestamp(datetime.now(UTC))
        if urns.is_provider(new.type):
            outputs = call(self.deployment.instances.update, new.urn, new.type, old.id, new.inputs)
            return self._updated(plan, new.with_(outputs=outputs, modified=now))
        if self.deployment.instances.is_unknown(new.provider):
            return self._updated(plan, new)
        provider = self.deployment.provider_of(new)
        token = self.deployment.ledger.begin(new, "updating")
        try:
            outputs = call(
                provider.update,
                new.urn,
                new.type,
                old.id,
                old.outputs,
                old.inputs,
                new.inputs,
                new.custom_timeouts.get("update", 0.0),
                new.ignore_changes,
                self.deployment.preview,
            )
        except ModelformError as error:
            if isinstance(error, ProviderError) and error.partial:
                # What exists was not made from the new inputs: the old ones stay, so that the next run tries again.
                kept = new.with_(inputs=old.inputs, outputs=settled(error.partial[2])[0], modified=now)
                self._updated(plan, kept.with_(init_errors=error.reasons or (str(error),)), token)
            else:
                self.deployment.ledger.end(token)
            raise
        outputs = self._outputs(new.urn, marked_like(provider, outputs, new.inputs))
        return self._updated(plan, new.with_(outputs=outputs, modified=timestamp(datetime.now(UTC))), token)

    def _updated(self, plan: Planned, made: Resource, token: int | None = None) -> Slot:
        slot = Slot(marked(made))
        self.deployment.applied |= token is not None and not self.deployment.preview
        self.deployment.ledger.end(token, add=slot, drop=plan.old, renamed=_names(plan))
        return slot

    def _delete(self, plan: Planned) -> None:
        assert plan.old is not None
        old, deployment = plan.old.resource, self.deployment
        if plan.op is Op.DELETE and old.protect:
            raise ProtectedError(
                f"{urns.name_of(old.urn)} is protected and cannot be deleted",
                detail=old.urn,
                hint="take `protect` away, bring that change up, then delete it",
            )
        token = None
        outside = old.custom and not (
            old.external
            or old.retain_on_delete
            or old.deleted_with in deployment.deletes
            or urns.is_provider(old.type)
            or self._has_successor(plan.old)
        )
        if outside and not deployment.preview:
            provider = deployment.provider_of(old)
            token = deployment.ledger.begin(old, "deleting")
            timeout = old.custom_timeouts.get("delete", 0.0)
            try:
                call(provider.delete, old.urn, old.type, old.id, old.inputs, old.outputs, timeout)
            except ModelformError:
                deployment.ledger.end(token)
                raise
            deployment.applied = True
        if plan.holds_place:
            # Only now: were it set before, a killed delete would not be tried again.
            plan.old.change(pending_replacement=True)
        deployment.ledger.end(token, drop=None if plan.holds_place else plan.old)

    def _has_successor(self, old: Slot) -> bool:
        """Was it deleted before, so that what now has its id is the one that came in its place?"""
        deployment = self.deployment
        made = deployment.made.get(deployment.claimed.get(old.urn, old.urn))
        return old.gone and made is not None and made.resource.id == old.resource.id

    def _remove(self, plan: Planned) -> None:
        self.deployment.ledger.end(None, drop=plan.old)

    def _read(self, plan: Planned) -> Slot:
        new = plan.new
        assert new is not None
        provider = self.deployment.provider_of(new)
        token = self.deployment.ledger.begin(new, "reading")
        try:
            found = call(provider.read, new.urn, new.type, new.id, new.inputs, new.inputs)
            if not found.id:
                raise ProviderError(f"resource '{new.id}' does not exist", code="engine.not-found")
        except ModelformError:
            self.deployment.ledger.end(token)
            raise
        old = plan.old.resource if plan.old else None
        made = marked(new.with_(id=found.id, outputs=marked_like(provider, found.outputs, new.inputs)))
        if old is not None:
            same = old.inputs == made.inputs and old.outputs == made.outputs
            made = made.with_(created=old.created, modified=old.modified if same else timestamp(datetime.now(UTC)))
        slot = Slot(made)
        if plan.op is Op.READ_REPLACEMENT and plan.old is not None:
            plan.old.change(delete=True)
        self.deployment.ledger.end(token, add=slot, drop=plan.old if plan.op is Op.READ else None)
        return slot

    def _import(self, plan: Planned) -> Slot:
        new = plan.new
        assert new is not None
        provider = self.deployment.provider_of(new)
        token = self.deployment.ledger.begin(new, "importing")
        try:
            found = call(provider.read, new.urn, new.type, new.import_id, {}, {})
            if not found.id and found.inputs is None:
                raise ProviderError(f"resource '{new.import_id}' does not exist", code="engine.not-found")
            # A provider that gives inputs and no id has found it under the id that it was asked for, as in Pulumi.
            if found.inputs is None:
                raise ProviderError(f"the provider of {new.type} does not support importing", code="engine.no-import")
        except ModelformError:
            self.deployment.ledger.end(token)
            raise
        now = timestamp(datetime.now(UTC))
        inputs = marked_like(provider, found.inputs, new.inputs)
        outputs = marked_like(provider, found.outputs, inputs)
        identity = found.id or new.import_id
        slot = Slot(marked(new.with_(id=identity, inputs=inputs, outputs=outputs, created=now, modified=now)))
        if plan.op is Op.IMPORT_REPLACEMENT and plan.old is not None:
            plan.old.change(delete=True)
        standing = self.deployment.olds.get(plan.urn)
        drop = standing if standing is not None and standing.resource.pending_replacement else None
        self.deployment.ledger.end(token, add=slot, drop=drop)
        return slot

    def _outputs(self, urn: str, outputs: Properties) -> Properties:
        """Outputs as they may be kept: a real change knows everything, and what it calls unknown is left out."""
        if self.deployment.preview:
            return outputs
        kept, loose = settled(outputs)
        if loose:
            self.deployment.warn("provider.unknown-output", f"the provider did not say {', '.join(loose)}", urn)
        return kept


def _names(plan: Planned) -> tuple[str, str] | None:
    """The old and the new name of a step's resource: from then on every reference says the new one."""
    return (plan.old.urn, plan.urn) if plan.old is not None else None


def describe(plan: Planned) -> Step:
    """A decided step as it is told of."""
    resource = plan.new if plan.new is not None else plan.old.resource if plan.old else None
    assert resource is not None
    old = plan.old.resource if plan.old else None
    return Step(
        plan.op,
        plan.urn,
        resource.type,
        urns.name_of(plan.urn),
        resource.custom,
        old.id if old else resource.id,
        resource.provider,
        plan.keys,
        plan.diffs,
        dict(plan.detailed or {}),
        old.inputs if old else {},
        plan.new.inputs if plan.new else {},
        old.outputs if old else {},
    )
