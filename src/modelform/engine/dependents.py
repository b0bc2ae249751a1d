"""Who depends on whom in a state, and whom a deletion drags along. Pure; states are lists in dependency order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from modelform.engine import urns
from modelform.engine.decide import replaces
from modelform.engine.slots import Slot, linked, wanted
from modelform.record import dataclass
from modelform.seam import DiffResult
from modelform.state import Resource
from modelform.values import UNKNOWN, Properties


@dataclass(frozen=True, slots=True)
class Dragged:
    """A resource that goes before another one does, and the properties that force it."""

    slot: Slot
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """How would this resource differ if these of its inputs were not known? Only its provider can tell."""

    slot: Slot
    unknown: frozenset[str]

    @property
    def inputs(self) -> Properties:
        """The inputs to ask about."""
        return {key: UNKNOWN if key in self.unknown else item for key, item in self.slot.resource.inputs.items()}


class Unanswered(Exception):
    """The cascade cannot be told before a provider has answered a question."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.question = question


def dependents(root: Slot, state: Sequence[Slot], handled: Callable[[str], bool], children: bool = False) -> list[Slot]:
    """Everything after `root` that needs it, directly or not, in the order of the state.

    What is `handled` in this operation already cannot need it any more. Parents count only with `children`.
    """
    found: list[Slot] = []
    needed = {root.urn}
    seen = False
    for slot in state:
        if slot is root or (slot.gone and slot.urn == root.urn):
            seen = True
        elif seen and not slot.gone and not handled(slot.urn) and _needs(slot.resource, needed, children):
            found.append(slot)
            needed.add(slot.urn)
    return found


def _needs(resource: Resource, needed: set[str], children: bool) -> bool:
    if children and resource.parent in needed:
        return True
    if resource.provider and urns.split_reference(resource.provider)[0] in needed:
        return True
    return any(urn in needed for urn in linked(resource))


def cascade(
    root: Slot,
    state: Sequence[Slot],
    handled: Callable[[str], bool],
    answer: Callable[[Question], DiffResult],
) -> list[Dragged]:
    """Whom the deletion of `root` before its replacement drags along, in the order of the state.

    A dependent goes too if its provider or what it is deleted with goes, or if one of its inputs comes from what
    goes and a change of it would replace it. `answer` may raise `Unanswered`. What is to be replaced with `root`, or
    deleted with it, goes in any case; what is deleted with it comes at the end, so that it goes first of all, as in
    Pulumi's engine, and may be in the list twice.
    """
    going = {root.urn}
    found: list[Dragged] = []
    for slot in dependents(root, state, handled):
        dragged = _dragged(slot, going, answer)
        if dragged is not None:
            found.append(dragged)
            going.add(slot.urn)
    for slot in state:
        along = slot.resource.deleted_with == root.urn
        bound = along or (root.urn in slot.resource.replace_with and slot.urn not in going)
        if bound and not slot.gone and not slot.resource.delete and not handled(slot.urn):
            found.append(Dragged(slot))
            going.add(slot.urn)
    return found


def _dragged(slot: Slot, going: set[str], answer: Callable[[Question], DiffResult]) -> Dragged | None:
    resource = slot.resource
    if not resource.custom or resource.external:
        return None
    if resource.provider and urns.split_reference(resource.provider)[0] in going:
        return Dragged(slot)
    if resource.deleted_with in going:
        return Dragged(slot)
    unknown = frozenset(
        key for key in resource.inputs if any(urn in going for urn in resource.property_dependencies.get(key, ()))
    )
    if not unknown:
        return None
    diff = answer(Question(slot, unknown))
    return Dragged(slot, diff.replaces) if replaces(diff) else None


def dependencies(roots: Iterable[Slot], state: Sequence[Slot]) -> set[Slot]:
    """Everything that the roots need, directly or not, providers and parents too; the roots themselves are not in it.

    Where a URN has several places, those before the resource that needs it count; of them, a resource that is to be
    deleted means the one that is to be deleted too.
    """
    positions = {slot: position for position, slot in enumerate(state)}
    places: dict[str, list[Slot]] = {}
    for slot in state:
        places.setdefault(slot.urn, []).append(slot)
    start = list(roots)
    found: set[Slot] = set()
    pending = list(start)
    while pending:
        slot = pending.pop()
        resource = slot.resource
        position = positions.get(slot, len(state))
        needed = set(linked(resource)) | {resource.parent, urns.split_reference(resource.provider)[0]}
        for urn in needed:
            before = [other for other in places.get(urn, ()) if positions[other] < position]
            alike = [other for other in before if other.resource.delete == resource.delete]
            for other in alike or before:
                if other not in found:
                    found.add(other)
                    pending.append(other)
    return found.difference(start)


def in_order(state: Sequence[Slot]) -> list[Slot]:
    """The state with each resource after what it needs, otherwise in the order that it has; a circle stays as it is."""
    waiting = list(state)
    present = {slot.urn for slot in waiting}
    placed: set[str] = set()
    result: list[Slot] = []
    while waiting:
        later = []
        for slot in waiting:
            if wanted(slot.resource) & present <= placed:
                placed.add(slot.urn)
                result.append(slot)
            else:
                later.append(slot)
        if len(later) == len(waiting):
            return result + waiting
        waiting = later
    return result
