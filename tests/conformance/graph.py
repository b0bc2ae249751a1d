"""Which resources of a step depend on which: what makes an order a fact."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

STACK = "urn:pulumi:dev::rec::pulumi:pulumi:Stack::rec-dev"


def urns_of(resources: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Names of a program's resources to their URNs."""
    qualified: dict[str, str] = {}
    urns: dict[str, str] = {}
    for resource in resources:
        own = "rec:index:Group" if resource.get("component") else "rec:index:Thing"
        parent = qualified.get(resource.get("options", {}).get("parent", ""), "")
        qualified[resource["name"]] = f"{parent}${own}" if parent else own
        urns[resource["name"]] = f"urn:pulumi:dev::rec::{qualified[resource['name']]}::{resource['name']}"
    return urns


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rsplit(".", 1)[0]
        else:
            for item in value.values():
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def needs(resource: dict[str, Any]) -> set[str]:
    """The names that a resource of a program needs to be made before it."""
    options = resource.get("options", {})
    names = {*_references(resource.get("inputs", {})), *options.get("dependsOn", ()), *options.get("replaceWith", ())}
    names.update(options[key] for key in ("parent", "deletedWith") if key in options)
    for alias in options.get("aliases", ()):
        names.update(_references(alias))
    return names


class Relations:
    """Is one of two resources, by what a program declares and what states say, needed by the other?"""

    def __init__(self) -> None:
        self._direct: dict[str, set[str]] = {}

    @property
    def urns(self) -> set[str]:
        return set(self._direct)

    def add_program(self, resources: list[dict[str, Any]]) -> None:
        urns = urns_of(resources)
        components = {resource["name"] for resource in resources if resource.get("component")}
        for resource in resources:
            direct = self._direct.setdefault(urns[resource["name"]], set())
            # Who depends on a component waits for what is in it, and not for the component itself.
            bound = needs(resource) - (components.intersection(resource.get("options", {}).get("dependsOn", ())))
            bound |= needs(resource) & {resource.get("options", {}).get("parent")}
            direct.update(urns[name] for name in bound if name in urns)
            direct.add(STACK)

    def add_state(self, resources: Iterable[dict[str, Any]]) -> None:
        for resource in resources:
            direct = self._direct.setdefault(resource["urn"], set())
            direct.update(resource.get("dependencies", ()), resource.get("replaceWith", ()))
            direct.update(urn for urns in resource.get("propertyDependencies", {}).values() for urn in urns)
            direct.update(resource[key] for key in ("parent", "deletedWith") if resource.get(key))

    def related(self, left: str, right: str, among: Collection[str] | None = None) -> bool:
        """Does one need the other, by way of `among` only where that is given?"""
        return left == right or right in self._closure(left, among) or left in self._closure(right, among)

    def _closure(self, urn: str, among: Collection[str] | None) -> set[str]:
        seen: set[str] = set()
        pending = [urn]
        while pending:
            for other in self._direct.get(pending.pop(), ()):
                if other not in seen and (among is None or other in among):
                    seen.add(other)
                    pending.append(other)
        return seen
