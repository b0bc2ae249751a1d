"""The control plane: from a request to the row of its type, and back with ARM's headers.

Everything here is synchronous and safe for threads: the ASGI application and the in-process transport both call
`Control.handle`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from modelform.sandbox import lifecycle, operations, refusals, scopes
from modelform.sandbox.address import Address, parse
from modelform.sandbox.exchange import Handler, Layer, Refusal, Request, Response, fresh_id, layered
from modelform.sandbox.identity import TENANT
from modelform.sandbox.kinds import Call, Kind, Provider, Route
from modelform.sandbox.offers import Offers
from modelform.sandbox.store import Store
from modelform.sandbox.trouble import Trouble

GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
WRITES = ("PUT", "PATCH", "DELETE")
METHODS = {
    "GET": lifecycle.get,
    "HEAD": lifecycle.head,
    "PUT": lifecycle.put,
    "PATCH": lifecycle.patch,
    "DELETE": lifecycle.delete,
}


class Control:
    """The sandbox's ARM over one store.

    `clock` gives Unix seconds, `today` the day that decides which models are retired, `latency` the seconds that a
    long-running operation takes. `layers` are put around the handling, the first one outermost (the journal, the check
    of tokens); `trouble`, in which faults happen, is outside them all.
    """

    def __init__(
        self,
        store: Store,
        offers: Offers,
        providers: Sequence[Provider],
        *,
        latency: float,
        clock: Callable[[], float],
        today: Callable[[], date],
        layers: Sequence[Layer] = (),
        trouble: Trouble | None = None,
    ) -> None:
        self.store, self.offers = store, offers
        self.latency, self.clock, self.today = latency, clock, today
        self.tenant = TENANT
        self.providers = {provider.namespace.lower(): provider for provider in providers}
        self.kinds = {kind.type.lower(): kind for provider in providers for kind in provider.kinds}
        self.trouble = trouble or Trouble(store)
        self._known: set[str] = set()
        self._handler: Handler = layered(self._guarded, [self.trouble, *layers])

    def kind_of(self, type: str) -> Kind:
        """The row of a type, by its name in any case."""
        return self.kinds[type.lower()]

    def handle(self, request: Request) -> Response:
        """Answers one request."""
        response = self._handler(request)
        correlation = request.headers.get("x-ms-correlation-request-id") or fresh_id()
        stamps = {
            "x-ms-request-id": fresh_id(),
            "x-ms-correlation-request-id": correlation,
            "Cache-Control": "no-cache",
        }
        if client := request.headers.get("x-ms-client-request-id"):
            stamps["x-ms-client-request-id"] = client
        response.headers = {**stamps, **response.headers}
        return response

    def is_settled(self, request: Request) -> bool:
        """Can a read be answered without any write: its subscription known, and nothing due to be deleted?"""
        if parse(request.path).subscription.lower() not in self._known:
            return False
        try:
            request.settled = not self.store.due(self.clock())
        except sqlite3.Error:  # what is wrong is answered where the request is handled
            return False
        return request.settled

    def _guarded(self, request: Request) -> Response:
        try:
            return self.handle_inner(request)
        except Refusal as refusal:
            return refusal.response()
        except sqlite3.Error as error:
            return _store_failure(error).response()

    def handle_inner(self, request: Request) -> Response:
        """Answers a request without the layers; raises `Refusal`."""
        if not request.settled and request.method not in WRITES:  # a write does it in its own transaction
            lifecycle.settle(self)
        address = parse(request.path)
        root = address.segments[0].lower() if address.segments else ""
        if root == "subscriptions" and address.subscription:
            self._touch(address.subscription)
            if address.namespace and address.types:
                return self._provider(request, address)
            if address.group and not address.tail and not address.namespace:
                group = replace(
                    address, namespace="Microsoft.Resources", types=("resourceGroups",), names=(address.group,)
                )
                return self._item(request, self.kind_of(lifecycle.GROUP), group)
            if [part.lower() for part in address.tail] == ["resourcegroups"]:
                groups = replace(address, namespace="Microsoft.Resources", types=("resourceGroups",))
                return self._listing(request, self.kind_of(lifecycle.GROUP), groups)
            if address.tail[:1] == ("operationresults",) and len(address.tail) == 2:
                return operations.monitor(self, request, address.tail[1])
        return self._route(request, address, "microsoft.resources", address.segments)

    def _touch(self, subscription: str) -> None:
        """Any subscription that is a GUID exists from its first touch on."""
        folded = subscription.lower()
        if folded in self._known:
            return
        if not GUID.fullmatch(subscription):
            raise refusals.no_subscription(subscription)
        with self.store.write() as view:
            view.subscribe(folded, self.clock())
        self._known.add(folded)

    def _provider(self, request: Request, address: Address) -> Response:
        namespace = address.namespace.lower()
        if namespace not in self.providers:
            raise refusals.no_namespace(address.namespace)
        kind = self.kinds.get(address.type.lower())
        if kind is not None:
            return self._item(request, kind, address) if address.is_item else self._listing(request, kind, address)
        start = len(address.segments) - len(address.types) - len(address.names)
        rest = address.segments[start:]
        if len(rest) == 4 and rest[0].lower() == "locations" and rest[2].lower() in operations.MONITORS:
            return operations.monitor(self, request, rest[3])
        if not address.is_item and address.names:
            owner = address.owner()
            kind = self.kinds.get(owner.type.lower())
            if kind is not None:
                return self._action(request, kind, owner, address.types[-1])
        return self._route(request, address, namespace, address.segments)

    def _item(self, request: Request, kind: Kind, address: Address) -> Response:
        self._version(request, kind, address)
        method = kind.put if request.method == "PUT" and kind.put is not None else METHODS.get(request.method)
        if method is None:
            raise refusals.not_allowed(request.method)
        return method(self, request, kind, address)

    def _listing(self, request: Request, kind: Kind, address: Address) -> Response:
        self._version(request, kind, address)
        if request.method != "GET":
            raise refusals.not_allowed(request.method)
        return lifecycle.listing(self, request, kind, address)

    def _action(self, request: Request, kind: Kind, owner: Address, name: str) -> Response:
        action = next((one for key, one in kind.actions.items() if key.lower() == name.lower()), None)
        if action is None and self._routed(request.path, kind):
            return self._route(request, parse(request.path), kind.namespace.lower(), parse(request.path).segments)
        if action is None:
            raise refusals.no_action(name, kind.type)
        self._version(request, kind, owner)
        if request.method != action.method:
            raise refusals.not_allowed(request.method)
        call = Call(self, request, owner, {}, request.api_version)
        with self.store.write() if action.writes else self.store.read() as view:
            if action.method == "POST":
                scopes.unlocked(view, owner, "action")
            resource = view.get(owner.key)
            if resource is None:
                raise lifecycle.absent(self, view, kind, owner, "action")
            return action.handle(call, view, resource)

    def _routed(self, path: str, kind: Kind) -> bool:
        """Is what looks like an action of a resource an operation of its provider?"""
        segments = parse(path).segments
        return any(_match(route, segments) is not None for route in self.providers[kind.namespace.lower()].routes)

    def _route(self, request: Request, address: Address, namespace: str, segments: tuple[str, ...]) -> Response:
        if request.method in WRITES:
            lifecycle.settle(self)
        wrong_method = False
        for route in (*self.providers[namespace].routes, *self.providers["microsoft.resources"].routes):
            parameters = _match(route, segments)
            if parameters is None:
                continue
            if route.method != request.method:
                wrong_method = True
                continue
            if not request.api_version:
                raise refusals.no_version()
            if route.versions and request.api_version not in route.versions:
                raise refusals.bad_arm_version(request.api_version, route.versions)
            return route.handle(Call(self, request, address, parameters, request.api_version))
        if wrong_method:
            raise refusals.not_allowed(request.method)
        raise refusals.no_type(address.namespace or "Microsoft.Resources", "/".join(address.types or address.tail))

    def _version(self, request: Request, kind: Kind, address: Address) -> None:
        version = request.api_version
        if not version:
            raise refusals.no_version()
        if version in kind.versions:
            return
        if kind.type == lifecycle.GROUP:
            raise refusals.bad_arm_version(version, kind.versions)
        with self.store.read() as view:
            group = view.get(address.group_key)
        regions = kind.regions(self) if kind.regions else self.offers.regions
        location = group.location if group else "global"
        raise refusals.bad_version(location, version, kind.type.split("/", 1)[1], kind.versions, regions)


def _match(route: Route, segments: tuple[str, ...]) -> dict[str, str] | None:
    pattern = [part for part in route.pattern.split("/") if part]
    if len(pattern) != len(segments):
        return None
    parameters: dict[str, str] = {}
    for expected, actual in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            parameters[expected[1:-1]] = actual
        elif expected.lower() != actual.lower():
            return None
    return parameters


def _store_failure(error: sqlite3.Error) -> Refusal:
    """What the caller is told of a database that fails: nothing of the request was kept."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return refusals.storage_full(str(error))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        message = f"The sandbox's database was held by another process for too long ({error}); try again."
        return Refusal(503, "ServerBusy", message, headers={"Retry-After": "1"})
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return refusals.broken_store(str(error))
    return Refusal(
        500, "InternalServerError", f"The sandbox's database failed ({error}); nothing of this request was kept."
    )
