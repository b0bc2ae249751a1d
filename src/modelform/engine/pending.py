"""What a killed operation has left under way: finds out what became of it."""

from __future__ import annotations

from modelform.engine import urns
from modelform.engine.calls import call
from modelform.engine.decide import keep_marks, marked
from modelform.engine.dependents import in_order
from modelform.engine.deployment import Deployment
from modelform.engine.refresh import rebuild
from modelform.engine.slots import Slot, wanted
from modelform.errors import ModelformError, UnsupportedError
from modelform.state import PendingOperation, Resource
from modelform.values import equal


def resolve(deployment: Deployment) -> None:
    """Asks the providers what became of pending creates and deletes, and has the state say so.

    What a create has made is adopted; what a delete has removed is forgotten. Other pending operations need nothing:
    doing them again ends at the same place. A create whose provider cannot tell stays pending, with a warning.
    """
    ledger = deployment.ledger
    if not ledger.pending:
        return
    if deployment.preview:
        _foretell(deployment)
        return
    gone: dict[Slot, Resource | None] = {}
    for operation in ledger.pending:
        if operation.type == "deleting":
            gone.update(_deleted(deployment, operation))
    state, carried = rebuild(ledger.base, gone) if gone else list(ledger.base), []
    for operation in ledger.pending:
        if operation.type != "creating":
            continue
        try:
            found = _found(deployment, operation)
        except ModelformError as error:
            carried.append(operation)
            _warn(deployment, operation, error)
        else:
            if found is not None:
                state = _adopt(state, found)
                name = urns.name_of(found.urn)
                deployment.note(
                    "state.adopted", f"{name} had been made before the last operation was killed", found.urn
                )
    if carried != ledger.pending or state != ledger.base:
        ledger.rebase(state, carried)
        deployment.index()


def _foretell(deployment: Deployment) -> None:
    """A preview asks nobody; it says what an `up` will do."""
    for operation in deployment.ledger.pending:
        if operation.type == "creating":
            name, urn = urns.name_of(operation.resource.urn), operation.resource.urn
            summary = f"the last operation was killed while it made {name}: `up` will find out what became of it"
            deployment.warn("state.pending", summary, urn)


def _deleted(deployment: Deployment, operation: PendingOperation) -> dict[Slot, Resource | None]:
    """The places of a resource that a killed delete has removed; none if it is there, or nobody can tell."""
    resource = operation.resource
    places = [
        slot
        for slot in deployment.ledger.base
        if slot.urn == resource.urn and slot.resource.id == resource.id and not slot.resource.pending_replacement
    ]
    if not places or not resource.custom or urns.is_provider(resource.type):
        return {}
    try:
        provider = deployment.provider_of(resource)
        found = call(provider.read, resource.urn, resource.type, resource.id, resource.inputs, resource.outputs)
    except ModelformError as error:
        _warn(deployment, operation, error)
        return {}
    return {} if found.id else dict.fromkeys(places)


def _found(deployment: Deployment, operation: PendingOperation) -> Resource | None:
    """The resource that a pending create has made; None if there is none that can be told from its old one."""
    resource = operation.resource
    if not resource.custom or urns.is_provider(resource.type):
        return None
    provider = deployment.provider_of(resource)
    identity = call(provider.locate, resource.urn, resource.type, resource.inputs)
    if not identity or _is_known(deployment, resource.urn, identity):
        return None
    read = call(provider.read, resource.urn, resource.type, identity, resource.inputs, {})
    if not read.id:
        return None
    inputs = resource.inputs if read.inputs is None else keep_marks(read.inputs, resource.inputs)
    return marked(resource.with_(id=read.id, inputs=inputs, outputs=keep_marks(read.outputs, inputs)))


def _is_known(deployment: Deployment, urn: str, identity: str) -> bool:
    """Does the state have this very resource? One that is pending replacement was deleted, so that it has not."""
    return any(
        slot.urn == urn and equal(slot.resource.id, identity) and not slot.resource.pending_replacement
        for slot in deployment.ledger.base
    )


def _adopt(state: list[Slot], found: Resource) -> list[Slot]:
    """The state with the resource in it: in place of the one that it was to replace, or beside it."""
    kept = []
    for slot in state:
        if slot.urn == found.urn and slot.resource.pending_replacement:
            continue
        if slot.urn == found.urn and not slot.resource.delete:
            slot.change(delete=True)
        kept.append(slot)
    have = {slot.urn for slot in kept}
    if found.urn not in have:
        # What needed the one that it takes the place of comes after it: it can need none of those until it registers.
        after = {found.urn}
        for slot in kept:
            if not after.isdisjoint(wanted(slot.resource)):
                after.add(slot.urn)
        have -= after
    lost = wanted(found) - have
    if lost:
        found = found.with_(
            dependencies=tuple(urn for urn in found.dependencies if urn in have),
            property_dependencies={
                key: tuple(urn for urn in needed if urn in have) for key, needed in found.property_dependencies.items()
            },
            parent=found.parent if found.parent in have else "",
            deleted_with=found.deleted_with if found.deleted_with in have else "",
            replace_with=tuple(urn for urn in found.replace_with if urn in have),
        )
    return in_order([*kept, Slot(found)])


def _warn(deployment: Deployment, operation: PendingOperation, error: ModelformError) -> None:
    name, urn = urns.name_of(operation.resource.urn), operation.resource.urn
    why = "its provider cannot tell" if isinstance(error, UnsupportedError) else error.diagnostics[0].summary
    creating = operation.type == "creating"
    deployment.warn(
        "state.pending",
        f"the last operation was killed while it {'made' if creating else 'deleted'} {name}, and what became of it "
        f"is not known: {why}",
        urn,
        hint="look for it, and import it or delete it" if creating else "refresh the stack",
    )
