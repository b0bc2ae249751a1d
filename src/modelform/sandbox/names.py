"""Names and ids: what a type allows, and ARM's own casing of what is no name."""

from __future__ import annotations

import re

from modelform.sandbox import refusals
from modelform.sandbox.address import Address
from modelform.sandbox.kinds import Kind


def check_name(kind: Kind, name: str) -> None:
    """Refuses a name that the type does not allow."""
    if not re.fullmatch(kind.name.removeprefix("^").removesuffix("$"), name):
        raise kind.bad_name(name) if kind.bad_name else refusals.bad_name(kind.type, name, kind.name)


def canonical_id(address: Address, kind: Kind) -> str:
    """The id of a new resource: the caller's casing for names, ARM's for everything else."""
    words = {"subscriptions": "subscriptions", "resourcegroups": "resourceGroups", "providers": "providers"}
    segments = list(address.segments)
    last = len(segments) - 2 * len(address.types)
    for at in range(0, last, 2):
        segments[at] = words.get(segments[at].lower(), segments[at])
    if address.segments[-2].lower() == "resourcegroups":
        segments[-2] = "resourceGroups"
        return "/" + "/".join(segments)
    namespace, *types = kind.type.split("/")
    segments[last - 2 : last] = ["providers", namespace]
    segments[last::2] = types
    return "/" + "/".join(segments)
