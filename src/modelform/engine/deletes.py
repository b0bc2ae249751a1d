"""What goes at the end of an operation, and in which order: levels of resources that can go at the same time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from modelform.engine import urns
from modelform.engine.decide import Planned
from modelform.engine.slots import Slot, linked
from modelform.plan import Op


def condemned(
    state: Sequence[Slot],
    operated: Callable[[str], bool],
    meant: Callable[[Slot], bool],
    gone: Callable[[Slot], bool],
) -> list[Planned]:
    """The deletes of an operation: what a replacement has left, and what was not registered.

    `operated` says of a URN that this operation has dealt with it, `meant` of a place that it may be deleted, `gone`
    that it was deleted already.
    """
    found = []
    for slot in state:
        resource = slot.resource
        # One that was pending replacement has left the state with its replacement, and is deleted all the same.
        if (slot.gone and not resource.delete) or not meant(slot):
            continue
        if resource.delete:
            if not gone(slot):
                op = Op.DISCARD_REPLACED if resource.external else Op.DELETE_REPLACED
                found.append(Planned(op, slot.urn, slot))
        elif not operated(slot.urn):
            if resource.pending_replacement:
                op = Op.REMOVE_PENDING_REPLACE
            else:
                op = Op.DISCARD if resource.external else Op.DELETE
            found.append(Planned(op, slot.urn, slot))
    return found


def levels(deletes: Iterable[Planned], state: Sequence[Slot]) -> list[list[Planned]]:
    """The deletes in levels, to be run one after the other: what is needed goes after all that needs it.

    A resource's level is one more than the highest of those it needs directly. What needs a component needs the
    component's children that come before it, too.
    """
    steps = {plan.old: plan for plan in deletes if plan.old is not None}
    levels_of: dict[Slot, int] = {}
    by_urn: dict[str, list[Slot]] = {}
    below: dict[str, list[Slot]] = {}
    for slot in state:
        if slot in steps:
            needed = [other for urn in _direct(slot) for other in by_urn.get(urn, ())]
            for urn in set(linked(slot.resource)):
                if any(not other.resource.custom for other in by_urn.get(urn, ())):
                    needed += below.get(urn, ())
            levels_of[slot] = 1 + max((levels_of[other] for other in needed if other in steps), default=-1)
        _file(slot, by_urn, below)
    result: list[list[Planned]] = [[] for _ in range(max(levels_of.values(), default=-1) + 1)]
    for slot, level in levels_of.items():
        result[level].append(steps[slot])
    return result[::-1]


def _direct(slot: Slot) -> set[str]:
    resource = slot.resource
    return set(linked(resource)) | {resource.parent, urns.split_reference(resource.provider)[0]}


def _file(slot: Slot, by_urn: dict[str, list[Slot]], below: dict[str, list[Slot]]) -> None:
    """Notes a place under its URN, and under each of its ancestors."""
    by_urn.setdefault(slot.urn, []).append(slot)
    parent = slot.resource.parent
    while parent:
        below.setdefault(parent, []).append(slot)
        above = by_urn.get(parent)
        parent = above[-1].resource.parent if above else ""
