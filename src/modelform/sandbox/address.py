"""What an ARM path names: a subscription, a resource group, a resource, a collection, an action on one of them."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote

from modelform.record import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """A path taken apart, with the caller's casing; what is not in it is empty.

    `types` and `names` alternate under `/providers/{namespace}/`; a collection or an action has one more type than
    names (`accounts/x/deployments`, `accounts/x/listKeys`); `tail` is what follows a subscription or group that is no
    provider path (`resources`, `locations`).
    """

    segments: tuple[str, ...]
    subscription: str = ""
    group: str = ""
    namespace: str = ""
    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The path as the caller wrote it, without a slash at its end."""
        return "/" + "/".join(self.segments)

    @property
    def key(self) -> str:
        """The path in lower case."""
        return self.path.lower()

    @property
    def type(self) -> str:
        """The full type that the path names, as the caller wrote it: `Microsoft.X/accounts/deployments`."""
        return "/".join((self.namespace, *self.types))

    @property
    def is_item(self) -> bool:
        """Does it name one resource (and not a collection or an action)?"""
        return bool(self.types) and len(self.types) == len(self.names)

    @property
    def group_key(self) -> str:
        """The key of the resource group."""
        return f"/subscriptions/{self.subscription}/resourcegroups/{self.group}".lower()

    @property
    def parent_path(self) -> str:
        """The path of what this resource belongs to: the resource above it, its scope, or its group."""
        if len(self.types) > 1 or self.segments[-2].lower() == "resourcegroups":
            return "/" + "/".join(self.segments[:-2])
        depth = len(self.types) + len(self.names) + 2
        return "/" + "/".join(self.segments[:-depth])

    @property
    def parent_key(self) -> str:
        """The key of the parent."""
        return self.parent_path.lower()

    def owner(self) -> Address:
        """The address that an action or a collection hangs on."""
        return parse("/" + "/".join(self.segments[:-1]))


@lru_cache(maxsize=4096)
def parse(path: str) -> Address:
    """Takes a path apart; segments are percent-decoded, and doubled or closing slashes do not count.

    The last `/providers/` counts: what is before it is the scope of an extension resource.
    """
    segments = tuple(unquote(part) for part in path.split("/") if part)
    folded = [part.lower() for part in segments]
    rest = list(segments)
    subscription = group = ""
    if folded[:1] == ["subscriptions"] and len(segments) > 1:
        subscription, rest = segments[1], rest[2:]
        if folded[2:3] == ["resourcegroups"] and len(segments) > 3:
            group, rest = segments[3], rest[2:]
    if "providers" in folded and folded[0] != "providers":
        at = len(folded) - folded[::-1].index("providers")
        if at < len(segments):
            return Address(segments, subscription, group, segments[at], segments[at + 1 :: 2], segments[at + 2 :: 2])
    return Address(segments, subscription, group, tail=tuple(rest))
