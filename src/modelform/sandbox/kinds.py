"""What a resource type is to the generic lifecycle: one row of a provider's table, and the hooks that it may have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from modelform.record import dataclass
from modelform.sandbox.exchange import Json, Refusal, Request, Response
from modelform.sandbox.shapes import Shape
from modelform.sandbox.store import Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.address import Address
    from modelform.sandbox.control import Control


class Evidence(StrEnum):
    """How well the sandbox's behaviour for a type is known."""

    LIVE = "live-verified"
    RECORDED = "recorded"
    DOCUMENTED = "documented"
    GUESSED = "guessed"


class Style(StrEnum):
    """How a write goes on after its first answer."""

    NONE = "none"  # finished with the answer
    STATUS = "status"  # Azure-AsyncOperation: a monitor that answers 200 with a status
    LOCATION = "location"  # Location: a monitor that answers 202 until it is done
    BODY = "body"  # the resource's own provisioningState


@dataclass(frozen=True, slots=True)
class Writes:
    """How a type answers PUT and PATCH.

    With `at_once` a sandbox without latency answers the finished resource, as recorded answers do; without it the
    first answer is always one that is to be polled. `asynchronous` is the status of the answer to an update that
    goes on; with `patched` a PATCH never does.
    """

    style: Style = Style.NONE
    created: int = 201
    updated: int = 200
    asynchronous: int = 202
    at_once: bool = True
    patched: bool = False
    state: str = "Creating"
    updating: str = "Updating"


@dataclass(frozen=True, slots=True)
class Deletes:
    """How a type answers DELETE: `at_once` means 200 (or 204 for nothing) where the sandbox has no latency.

    With `tells` the answer is what was deleted.
    """

    style: Style = Style.NONE
    at_once: bool = True
    absent: int = 204
    tells: bool = False


@dataclass(slots=True)
class Change:
    """One write under way, as a hook sees it.

    `body` is the accepted body (for PATCH: already merged with what there was), `resource` what will be kept (its body
    is what the hook makes), `existing` what there is, `parent` the resource above (None right below a group).
    """

    control: Control
    view: View
    request: Request
    kind: Kind
    address: Address
    body: Json
    existing: Resource | None
    parent: Resource | None
    now: float
    secrets: Json = field(default_factory=dict)
    restored: bool = False

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.address.names[-1]

    @property
    def key(self) -> str:
        """The resource's key."""
        return self.address.key

    @property
    def location(self) -> str:
        """The region, in lower case and without spaces."""
        return region(str(self.body.get("location") or ""))

    @property
    def properties(self) -> Json:
        """The body's `properties`."""
        found: Json = self.body.setdefault("properties", {})
        return found

    def kept(self, path: str, otherwise: Any = None) -> Any:
        """What the existing resource has at a dotted path, or `otherwise`."""
        value: Any = self.existing.body if self.existing else None
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return otherwise if value is None else value

    def default(self, **values: Any) -> None:
        """Gives values to properties that the caller left out."""
        for name, value in values.items():
            self.properties.setdefault(name, value)


@dataclass(frozen=True, slots=True)
class Call:
    """A read, a list or an action, as a handler sees it."""

    control: Control
    request: Request
    address: Address
    parameters: Mapping[str, str]
    version: str

    @property
    def now(self) -> float:
        """The moment of the call."""
        return self.control.clock()


def nothing(change: Change) -> None:
    """The hook of a type with no rules of its own."""


def no_blockers(control: Control, view: View, resource: Resource, request: Request) -> None:
    """The delete hook of a type that can always go."""


def as_kept(control: Control, view: View, resource: Resource, body: Json) -> None:
    """The show hook of a type that answers what it keeps."""


def nobody(view: View, resource: Resource) -> Sequence[Resource]:
    """The users hook of a type that nothing outside of it stands on."""
    return ()


def plain_delete(control: Control, view: View, resource: Resource, now: float) -> None:
    """Deletes a resource for good, with everything under it."""
    view.drop(resource.key)


def nothing_there(control: Control, view: View, request: Request, address: Address) -> Response | None:
    """The hook of a type where the DELETE of a missing resource means nothing more."""
    return None


ActionHandler = Callable[[Call, View, Resource], Response]
OperationHandler = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Action:
    """A POST (or GET) on one resource: `writes` if it changes anything."""

    handle: ActionHandler
    method: str = "POST"
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type: its versions, name, body, ways, and hooks.

    `write` checks and completes a change (mutating its body), `restore` brings a soft-deleted resource back or refuses,
    `leave` refuses a deletion that may not be, `users` are what a resource cannot go before, `delete` does it, `gone`
    answers the deletion of what is not there, `show` adds what is worked out on reading; `built_in` gives the children
    (`built_ins`) that every parent has, and `everywhere` those that any scope has. A type with a `reach` hangs on any
    scope (an extension resource): lists give what is `at` the scope, what is at it or `below`, or all that is `around`
    it. `links` is the type of the private endpoint connections that a resource tells of.
    """

    type: str
    versions: tuple[str, ...]
    shape: Shape
    evidence: Evidence
    name: str = r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,89}$"
    tracked: bool = True  # has a location, which cannot change, and tags
    echo_location: bool = False  # answers the location as it was sent
    regions: Callable[[Control], Sequence[str]] | None = None
    writes: Writes = Writes()
    deletes: Deletes = Deletes()
    serial: str = ""  # the type whose resource takes one write at a time
    stateful: bool = True  # has properties.provisioningState
    etag: bool = False
    system_data: bool = False
    patchable: tuple[str, ...] = ("tags", "properties", "sku", "identity", "kind")
    page: int = 100
    write: Callable[[Change], None] = nothing
    restore: Callable[[Change], None] = nothing
    leave: Callable[[Control, View, Resource, Request], None] = no_blockers
    users: Callable[[View, Resource], Sequence[Resource]] = nobody
    delete: Callable[[Control, View, Resource, float], None] = plain_delete
    gone: Callable[[Control, View, Request, Address], Response | None] = nothing_there
    show: Callable[[Control, View, Resource, Json], None] = as_kept
    built_in: Callable[[Resource, str], Resource | None] | None = None
    built_ins: tuple[str, ...] = ()
    everywhere: Callable[[str], Sequence[Resource]] | None = None
    reach: str = ""
    links: str = ""
    link_parts: tuple[str, ...] = ()  # of each of these connections; none means all
    bad_name: Callable[[str], Refusal] | None = None
    missing: Callable[[str], Refusal] | None = None  # the 404 of a type that has words of its own, by the name
    busy: Callable[[Resource], Refusal] | None = None
    put: Callable[[Control, Request, Kind, Address], Response] | None = None  # where a PUT is more than a write
    actions: Mapping[str, Action] = field(default_factory=dict)

    @property
    def namespace(self) -> str:
        """The resource provider."""
        return self.type.split("/", 1)[0]

    @property
    def leaf(self) -> str:
        """The last part of the type."""
        return self.type.rsplit("/", 1)[1]


@dataclass(frozen=True, slots=True)
class Route:
    """An operation on no resource of ours, by its whole path; no `versions` means any."""

    method: str
    pattern: str
    handle: OperationHandler
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provider:
    """A resource provider: its types and its operations."""

    namespace: str
    kinds: tuple[Kind, ...]
    routes: tuple[Route, ...] = ()


def region(name: str) -> str:
    """A region's name as ARM compares it."""
    return name.replace(" ", "").lower()
