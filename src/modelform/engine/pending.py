"""What a killed operation has left under way: finds out what became of it."""

from __future__ import annotations

from modelform.engine import urns
from modelform.engine.calls import call
from modelform.engine.decide import keep_marks, marked
from modelform.engine.deployment import Deployment
from modelform.engine.slots import Slot, wanted
from modelform.errors import ModelformError, UnsupportedError
from modelform.state import PendingOperation, Resource
from modelform.values import equal


def resolve(deployment: Deployment) -> None:
    """Asks the providers for what pending creates have made, and adopts it.

    Other pending operations need nothing: their resources are in the state as they were, and changing or deleting
    them again ends at the same place. A create whose provider cannot tell stays pending, with a warning.
    """
    ledger = deployment.ledger
    pending = ledger.pending
    if not pending:
        return
    state, carried = list(ledger.base), []
    for operation in pending:
        if operation.type != "creating":
            continue
        name = urns.name_of(operation.resource.urn)
        if deployment.preview:
            summary = f"the last operation was killed while it made {name}: `up` will find out what became of it"
            deployment.warn("state.pending", summary, operation.resource.urn)
            continue
        try:
            found = _found(deployment, operation)
        except ModelformError as error:
            carried.append(operation)
            _warn(deployment, operation, error)
        else:
            if found is not None:
                state = _adopt(state, found)
                deployment.note(
                    "state.adopted", f"{name} had been made before the last operation was killed", found.urn
                )
    if not deployment.preview:
        ledger.rebase(state, carried)
        deployment.index()


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
    return [*kept, Slot(found)]


def _warn(deployment: Deployment, operation: PendingOperation, error: ModelformError) -> None:
    name, urn = urns.name_of(operation.resource.urn), operation.resource.urn
    why = "its provider cannot tell" if isinstance(error, UnsupportedError) else error.diagnostics[0].summary
    deployment.warn(
        "state.pending",
        f"the last operation was killed while it made {name}, and what became of it is not known: {why}",
        urn,
        hint="look for it, and import it or delete it",
    )
