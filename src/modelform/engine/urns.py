"""Names of resources: URNs, types, packages, and references to providers."""

from __future__ import annotations

from functools import lru_cache

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


@lru_cache(maxsize=65536)
def _parts(urn: str) -> tuple[str, str]:
    """Qualified type and name; a name may itself hold the separator."""
    parts = urn.split("::", 3)
    return (parts[2], parts[3]) if len(parts) == 4 else ("", "")


def make(stack: str, project: str, parent: str, type: str, name: str) -> str:
    """The URN of a resource; the stack as a parent leaves no trace in the type."""
    above = qualified_type(parent) if parent else ""
    qualified = f"{above}${type}" if above and above != STACK_TYPE else type
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def under(parent: str, urn: str) -> str:
    """The URN that a resource has when its parent is another one, or has another type above it."""
    start, project, _, name = urn.split("::", 3)
    return make(start.removeprefix("urn:pulumi:"), project, parent, type_of(urn), name)


def qualified_type(urn: str) -> str:
    """The types from the topmost parent down, joined by `$`."""
    return _parts(urn)[0]


def type_of(urn: str) -> str:
    """The resource's own type."""
    return _parts(urn)[0].rpartition("$")[2]


def name_of(urn: str) -> str:
    """The logical name."""
    return _parts(urn)[1]


def is_provider(type: str) -> bool:
    """Is it the type of a provider resource?"""
    return type.startswith(PROVIDER_PREFIX)


def package_of(type: str) -> str:
    """The package of a type: for a provider resource the one that it serves."""
    return type.removeprefix(PROVIDER_PREFIX).partition(":")[0] if is_provider(type) else type.partition(":")[0]


@lru_cache(maxsize=4096)
def split_reference(reference: str) -> tuple[str, str]:
    """A provider reference as URN and id."""
    urn, _, identity = reference.rpartition("::")
    return urn, identity


def is_default_provider(urn: str) -> bool:
    """Is it a provider that nobody declared? Those are not shown."""
    return is_provider(type_of(urn)) and (name_of(urn) == "default" or name_of(urn).startswith("default_"))
