"""Reads what is really there, and makes it the old state."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from modelform.engine import decide, urns
from modelform.engine.calls import call, marked_like
from modelform.engine.deployment import Deployment, Stop
from modelform.engine.slots import Slot, linked
from modelform.errors import ModelformError, ProviderError
from modelform.plan import Op, Step
from modelform.seam import DiffChanges, DiffResult
from modelform.state import Resource, timestamp
from modelform.values import equal


def refresh(deployment: Deployment, listed: bool) -> None:
    """Reads every resource that is meant and rebuilds the old state; `listed` where that is the whole operation.

    A read that fails leaves the resource as it was; the others go on, and then the operation ends.
    """
    state = deployment.ledger.base
    found: dict[Slot, Resource | None] = {}

    def one(slot: Slot) -> None:
        with suppress(Stop):
            deployment.check_running()
            found[slot] = _refreshed(deployment, slot, listed)

    meant = _meant(deployment, state)
    if deployment.options.parallel <= 1:
        for slot in meant:
            one(slot)
    else:
        with ThreadPoolExecutor(deployment.options.parallel, thread_name_prefix="refresh") as pool:
            for future in [pool.submit(one, slot) for slot in meant]:
                future.result()
    rebuilt = rebuild(state, found)
    if [slot.resource for slot in rebuilt] != [slot.resource for slot in state] or deployment.ledger.pending:
        deployment.ledger.rebase(rebuilt)
        deployment.index()
    if deployment.errored:
        deployment.stopped.set()
    deployment.check_running()


def _meant(deployment: Deployment, state: Sequence[Slot]) -> list[Slot]:
    """What is to be read: all, or the targets, with what needs them (and their children) where that was asked for."""
    if not deployment.targets:
        return list(state)
    found: list[Slot] = []
    needed: set[str] = set()
    for slot in state:
        along = deployment.options.target_dependents and not needed.isdisjoint(
            (slot.urn, slot.resource.parent, *linked(slot.resource))
        )
        if along or slot.urn in deployment.targets:
            found.append(slot)
            needed.add(slot.urn)
    return found


def _refreshed(deployment: Deployment, slot: Slot, listed: bool) -> Resource | None:
    """One resource as it is now, None where it is gone."""
    old = slot.resource
    shown = _step(old, Op.REFRESH)
    began = time.monotonic()
    deployment.reporter.started(shown, listed)
    try:
        new, diff = _read(deployment, old)
    except ModelformError as error:
        deployment.errored = True
        deployment.reporter.blame(shown, time.monotonic() - began, error)
        return old
    op = _result(old, new, diff)
    told = replace(shown, op=op, diffs=diff.diffs, detailed=diff.detailed, new=new.inputs if new is not None else {})
    deployment.reporter.done(shown, time.monotonic() - began, counted=op if listed else None, told=told)
    return new


def _read(deployment: Deployment, old: Resource) -> tuple[Resource | None, DiffResult]:
    """What a provider says of a resource, and how that differs from what the state says."""
    nothing = DiffResult(DiffChanges.NONE)
    if not old.custom or urns.is_provider(old.type) or old.pending_replacement:
        return old, nothing
    provider = deployment.provider_of(old)
    init_errors: tuple[str, ...] = ()
    try:
        found = call(provider.read, old.urn, old.type, old.id, old.inputs, old.outputs)
        identity, inputs, outputs = found.id, found.inputs, found.outputs
    except ProviderError as error:
        if not error.partial:
            raise
        identity, inputs, outputs = error.partial
        init_errors = error.reasons
        deployment.warn("engine.unhealthy", f"{urns.name_of(old.urn)} is not healthy", old.urn, detail=str(error))
    if not identity:
        return None, DiffResult(DiffChanges.SOME)
    inputs = old.inputs if inputs is None else marked_like(provider, inputs, old.inputs)
    outputs = marked_like(provider, outputs, old.outputs)
    new = decide.marked(old.with_(id=identity, inputs=inputs, outputs=outputs, init_errors=init_errors))
    if not (equal(new.inputs, old.inputs) and equal(new.outputs, old.outputs)):
        new = new.with_(modified=timestamp(datetime.now(UTC)))
    elif identity == old.id and init_errors == old.init_errors:
        new = old
    if old.external:
        return new, nothing
    # What an `up` of an unchanged program would change, the other way round: that is what has drifted.
    diff = call(provider.diff, old.urn, old.type, identity, outputs, inputs, old.inputs, old.ignore_changes)
    return new, decide.inverted(decide.resolved(diff, inputs, old.inputs, old.ignore_changes))


def _result(old: Resource, new: Resource | None, diff: DiffResult) -> Op:
    if new is None:
        return Op.DELETE
    if old.external:
        return Op.SAME if equal(old.outputs, new.outputs) else Op.UPDATE
    return Op.SAME if new is old or diff.changes is DiffChanges.NONE else Op.UPDATE


def _step(resource: Resource, op: Op) -> Step:
    return Step(
        op,
        resource.urn,
        resource.type,
        urns.name_of(resource.urn),
        resource.custom,
        resource.id,
        resource.provider,
        old=resource.inputs,
        new=resource.inputs,
        old_outputs=resource.outputs,
    )


def rebuild(state: Sequence[Slot], found: dict[Slot, Resource | None]) -> list[Slot]:
    """The state with what was found: without what is gone, and without references to it. Pure.

    A URN may have several places; a reference holds while one of them is before it. What has lost its parent has none
    until it registers again, as in Pulumi's engine.
    """
    rebuilt: list[Slot] = []
    living: set[str] = set()
    for slot in state:
        resource = found.get(slot, slot.resource)
        if resource is None:
            continue
        repaired = _repaired(resource, living)
        living.add(repaired.urn)
        rebuilt.append(slot if repaired is slot.resource else Slot(repaired))
    return rebuilt


def _repaired(resource: Resource, living: set[str]) -> Resource:
    """The resource with references to the living only; empty lists of property dependencies go, as Pulumi has it."""
    needed = {
        key: tuple(urn for urn in wanted if urn in living) for key, wanted in resource.property_dependencies.items()
    }
    changes = {
        "dependencies": tuple(urn for urn in resource.dependencies if urn in living),
        "property_dependencies": {key: wanted for key, wanted in needed.items() if wanted},
        "replace_with": tuple(urn for urn in resource.replace_with if urn in living),
        "deleted_with": resource.deleted_with if resource.deleted_with in living else "",
        "parent": resource.parent if resource.parent in living else "",
    }
    different = {name: item for name, item in changes.items() if item != getattr(resource, name)}
    return resource.with_(**different) if different else resource
