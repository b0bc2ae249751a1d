"""A resource's place in the state, and what resources refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modelform.engine import urns
from modelform.state import Resource


class Slot:
    """A place in the state: compared by identity, since one URN may have several.

    `resource` is what decisions are made on; `written` is what the state file says, which differs from it where a
    reference was renamed. `gone` places are not written.
    """

    __slots__ = ("gone", "resource", "written")

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.written = resource
        self.gone = False

    def change(self, **fields: object) -> None:
        """Sets fields of both forms."""
        same = self.written is self.resource
        self.resource = self.resource.with_(**fields)
        self.written = self.resource if same else self.written.with_(**fields)

    @property
    def urn(self) -> str:
        return self.resource.urn


def linked(resource: Resource) -> Iterator[str]:
    """The URNs that a resource needs by what it says: dependencies of all kinds, not its parent, not its provider."""
    yield from resource.dependencies
    for needed in resource.property_dependencies.values():
        yield from needed
    if resource.deleted_with:
        yield resource.deleted_with
    yield from resource.replace_with


def wanted(resource: Resource) -> set[str]:
    """Every URN that must come before the resource."""
    found = set(linked(resource))
    if resource.parent:
        found.add(resource.parent)
    if resource.provider:
        found.add(urns.split_reference(resource.provider)[0])
    return found


def rewritten(resource: Resource, renamed: Mapping[str, str]) -> Resource:
    """The resource with every reference to a renamed one under its new name; the same object if there is none.

    Where a property's dependencies change, empty lists of the others go, as Pulumi has it.
    """
    if not any(urn in renamed for urn in wanted(resource)):
        return resource
    provider = resource.provider
    if provider:
        urn, identity = urns.split_reference(provider)
        provider = f"{renamed.get(urn, urn)}::{identity}"
    property_dependencies = resource.property_dependencies
    if any(urn in renamed for needed in property_dependencies.values() for urn in needed):
        property_dependencies = {
            key: tuple(renamed.get(urn, urn) for urn in needed)
            for key, needed in property_dependencies.items()
            if needed
        }
    return resource.with_(
        parent=renamed.get(resource.parent, resource.parent),
        provider=provider,
        dependencies=tuple(renamed.get(urn, urn) for urn in resource.dependencies),
        property_dependencies=property_dependencies,
        deleted_with=renamed.get(resource.deleted_with, resource.deleted_with),
        replace_with=tuple(renamed.get(urn, urn) for urn in resource.replace_with),
    )
