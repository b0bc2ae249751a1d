"""The rules that every state keeps, and that every command of Pulumi's asks for before it does anything.

What a resource needs stands before it; a provider reference names a provider that is there; a URN is there once, apart
from copies that wait for their deletion.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelform.errors import StateError
from modelform.state.model import Resource, Snapshot

_PROVIDER = "pulumi:providers:"


def check(snapshot: Snapshot) -> list[str]:
    """Every breach of a rule, each naming the resource and the rule; empty for a sound state."""
    problems: list[str] = []
    positions: dict[str, int] = {}
    for index, resource in enumerate(snapshot.resources):
        positions[resource.urn] = index
    seen: set[str] = set()
    living: set[str] = set()
    providers: set[str] = set()
    for number, resource in enumerate(snapshot.resources, 1):
        problems.extend(_form(resource, number))
        if resource.provider and resource.provider not in providers and not resource.pending_replacement:
            problems.append(f"{resource.urn}: its provider {resource.provider} is not there before it")
        for relation, urn in _needs(resource):
            if urn not in seen:
                where = "comes after it" if positions.get(urn, -1) >= number else "is not in the state"
                problems.append(f"{resource.urn}: its {relation} {urn} {where}")
        seen.add(resource.urn)
        if resource.type.startswith(_PROVIDER):
            providers.add(f"{resource.urn}::{resource.id}")
        if not resource.delete:
            if resource.urn in living:
                problems.append(f"{resource.urn}: it is there twice, and neither waits for its deletion")
            living.add(resource.urn)
    return problems


def require(snapshot: Snapshot, source: str, hint: str, said: str = "") -> None:
    """Raises `StateError` unless the state keeps all rules; `said` goes before the problems."""
    problems = check(snapshot)
    if problems:
        others = problems[1:5] + ([f"and {len(problems) - 5} more"] if len(problems) > 5 else [])
        told = [said] if said else []
        told += ["; ".join(others)] if others else []
        raise StateError(
            f"{source} breaks the rules of a state: {problems[0]}",
            code="state.integrity",
            detail=" ".join(told),
            hint=hint,
        )


class Watch:
    """Checks the same state again and again, and looks closely only where the quick look finds something.

    The quick look asks, for each resource in turn, whether all that it needs was there before; what a resource needs
    is kept for as long as that very object is in the state.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Resource, frozenset[str]]] = {}

    def holds(self, snapshot: Snapshot) -> bool:
        """Does the state keep all rules?"""
        kept: dict[int, tuple[Resource, frozenset[str]]] = {}
        seen: set[str] = set()
        living: set[str] = set()
        copies = 0
        sound = True
        for resource in snapshot.resources:
            known = self._kept.get(id(resource))
            if known is None:
                known = (resource, _keys(resource))
            kept[id(resource)] = known
            sound = sound and seen.issuperset(known[1])
            if resource.delete:
                copies += 1
            else:
                living.add(resource.urn)
            seen.add(resource.urn)
            if resource.type.startswith(_PROVIDER):
                seen.add(f"{resource.urn}::{resource.id}")
        self._kept = kept
        return sound and len(living) + copies == len(snapshot.resources)


def _form(resource: Resource, number: int) -> Iterator[str]:
    if not resource.urn:
        yield f"resource {number}: it has no `urn`"
    if not resource.type:
        yield f"{resource.urn or f'resource {number}'}: it has no `type`"
    if resource.id and not resource.custom:
        yield f"{resource.urn}: it has an `id`, but is no custom resource"
    if resource.provider and ("::" not in resource.provider or not resource.provider.rpartition("::")[2]):
        yield f"{resource.urn}: its provider {resource.provider!r} is no reference (URN::ID)"


def _needs(resource: Resource) -> Iterator[tuple[str, str]]:
    if resource.parent:
        yield "parent", resource.parent
    for urn in resource.dependencies:
        yield "dependency", urn
    for key, urns in resource.property_dependencies.items():
        for urn in urns:
            yield f"dependency (of property {key!r})", urn
    if resource.deleted_with:
        yield "`deletedWith` target", resource.deleted_with
    for urn in resource.replace_with:
        yield "`replaceWith` target", urn


def _keys(resource: Resource) -> frozenset[str]:
    """Everything that must be there before; the empty text, which never is, for a resource of a wrong form."""
    keys = {urn for _, urn in _needs(resource)}
    if resource.provider and not resource.pending_replacement:
        keys.add(resource.provider)
    if any(_form(resource, 0)):
        keys.add("")
    return frozenset(keys)
