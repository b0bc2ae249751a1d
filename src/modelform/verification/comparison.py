"""The sandbox held against what was recorded: every request once more, and where its answer differs.

The sandbox answers in two ways, with a latency and without one (most of its writes are then over at once). Both get
every request in the order in which it was sent; a recorded answer is held against the nearer of the two. Their clock is
a number that goes on between requests, so that nothing waits.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from modelform.azure.retries import passing
from modelform.record import dataclass
from modelform.sandbox.address import parse
from modelform.sandbox.app import create_control
from modelform.sandbox.exchange import Request, Response
from modelform.sandbox.identity import TENANT, TOKEN
from modelform.verification.recording import Exchange

LATENCY = 10.0  # seconds of the made-up clock
LINKS = ("azure-asyncoperation", "operation-location", "location")
WAITS = ("retry-after", "x-ms-retry-after-ms")
GOING = ("Accepted", "Creating", "Updating", "Deleting", "Running", "ResolvingDns", "Moving", "Scaling")
# Why a subscription may be refused what another one gets: no word about the sandbox.
OWN = ("quota", "authorization", "eligib", "marketplace", "disallowedbypolicy", "notregistered", "capacity", "billing")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that Azure and the sandbox answered differently to the same request, for an ARM type.

    `what` is status, code, header, state, missing (the sandbox leaves it out), added (only the sandbox says it), type.
    """

    type: str
    method: str
    what: str
    where: str
    azure: str
    sandbox: str

    @property
    def said(self) -> str:
        """The difference in words."""
        if self.what == "missing":
            return f"{self.method} {self.where}: Azure answers it, the sandbox does not"
        if self.what == "added":
            return f"{self.method} {self.where}: the sandbox answers it, Azure does not"
        place = f" {self.where}" if self.where else ""
        return f"{self.method} {self.what}{place}: {self.azure or 'none'} on Azure, {self.sandbox or 'none'} here"

    def to_json(self) -> dict[str, str]:
        """The difference as data."""
        return {name: getattr(self, name) for name in ("method", "what", "where", "azure", "sandbox")}


def compare(exchanges: Sequence[Exchange], tenant: str, today: date) -> list[Difference]:
    """Every difference, once; `tenant` is the one that the exchanges speak of."""
    found: dict[Difference, None] = {}
    with ExitStack() as stack:
        twins = [Twin(Path(stack.enter_context(tempfile.TemporaryDirectory())), n, today) for n in (0.0, LATENCY)]
        for twin in twins:
            stack.callback(twin.control.store.close)
        for one, last in _turns(exchanges):
            if own_reason(one):
                continue
            answers = [twin.ask(one, tenant) for twin in twins]
            seen = [list(_differences(one, last, *answer)) for answer in answers]
            for difference in min(seen, key=len):
                found[difference] = None
    return list(found)


def compare_reads(exchanges: Sequence[Exchange], rehearsed: Sequence[Exchange]) -> list[Difference]:
    """The same for a run whose writes nobody saw: its reads against those of the same run on the sandbox.

    What was read after each step is paired in its order, what was looked for after the end by its last answer.
    """
    found: dict[Difference, None] = {}
    for theirs, ours in _pairs(exchanges, rehearsed):
        answer = Response(ours.status, ours.response, dict(ours.headers))
        for difference in _differences(theirs, None, answer, None):
            found[difference] = None
    return list(found)


def _pairs(exchanges: Sequence[Exchange], rehearsed: Sequence[Exchange]) -> Iterator[tuple[Exchange, Exchange]]:
    for phase in ("read", "destroy"):
        theirs, ours = _reads(exchanges, phase), _reads(rehearsed, phase)
        for path in theirs.keys() & ours.keys():
            if phase == "read":
                yield from zip(theirs[path], ours[path], strict=False)
            else:
                yield theirs[path][-1], ours[path][-1]


def _reads(exchanges: Sequence[Exchange], phase: str) -> dict[str, list[Exchange]]:
    found: dict[str, list[Exchange]] = {}
    for one in exchanges:
        if one.method == "GET" and one.phase == phase and _item(one):
            found.setdefault(one.path.lower(), []).append(one)
    return found


def _item(one: Exchange) -> bool:
    address = parse(one.path)
    return address.is_item or bool(address.group and not address.types and not address.tail)


class Twin:
    """A sandbox that gets what Azure got."""

    def __init__(self, folder: Path, latency: float, today: date) -> None:
        self.now = 1_800_000_000.0
        self.control = create_control(folder, latency=latency, clock=lambda: self.now, today=today)

    def ask(self, one: Exchange, tenant: str) -> tuple[Response, Response | None]:
        """The answer, and what the monitor that it names says when the operation is over."""
        body = one.body
        if tenant and tenant.lower() != TENANT:
            body = json.loads(json.dumps(body).replace(tenant, TENANT))
        response = self._send(one.method, one.path, one.query, body)
        self.now += 2 * LATENCY
        headers = _headers(response)
        link = next((headers[name] for name in LINKS if name in headers), None)
        if link is None:
            return response, None
        url = urlsplit(link)
        return response, self._send("GET", url.path, dict(parse_qsl(url.query)), None)

    def _send(self, method: str, path: str, query: dict[str, str], body: Any) -> Response:
        content = b"" if body is None else json.dumps(body).encode()
        return self.control.handle(
            Request(method, path, query, {"authorization": f"Bearer {TOKEN}"}, content, "https://twin.localhost")
        )


def _turns(exchanges: Sequence[Exchange]) -> Iterator[tuple[Exchange, Exchange | None]]:
    """What is to be asked again, each with the last answer of its monitor.

    Left out: polls, which lead to operations that the sandbox has not; reads that were followed by the same read, or
    that came before what they read had settled; what was refused in passing (throttled, busy) and asked again.
    """
    monitors: dict[str, int] = {}
    kept: list[Exchange] = []
    last: dict[int, Exchange] = {}
    for n, one in enumerate(exchanges):
        where = one.path.lower()
        if one.method == "GET" and where in monitors:
            last[monitors[where]] = one
        elif not (_asked_again(exchanges, n) or (one.method == "GET" and _state(one.response) in GOING)):
            kept.append(one)
            for name in LINKS:
                if name in one.headers and one.method != "GET":
                    monitors[urlsplit(one.headers[name]).path.lower()] = len(kept) - 1
    for n, one in enumerate(kept):
        yield one, last.get(n)


def _asked_again(exchanges: Sequence[Exchange], n: int) -> bool:
    one = exchanges[n]
    same = (one.method, one.path.lower(), one.query)
    if one.method == "GET":
        following = exchanges[n + 1] if n + 1 < len(exchanges) else None
        return following is not None and (following.method, following.path.lower(), following.query) == same
    if passing(one.status, one.code, one.message) is None:
        return False
    return any((later.method, later.path.lower(), later.query) == same for later in exchanges[n + 1 :])


def own_reason(one: Exchange) -> bool:
    """Was it refused for a reason of the subscription's own: quota, eligibility, a policy?"""
    told = f"{one.code} {one.message}".lower().replace(" ", "")
    return one.status >= 400 and any(word in told for word in OWN)


def _differences(one: Exchange, last: Exchange | None, ours: Response, end: Response | None) -> Iterator[Difference]:
    """Where an answer of the sandbox differs from a recorded one, and the end of its operation from the recorded."""
    type = _type(one)
    yield from _answers(type, one.method, one.status, one.headers, one.response, ours)
    if last is not None and end is not None:
        yield from _answers(type, f"{one.method}'s monitor", last.status, {}, last.response, end, monitor=True)


def _type(one: Exchange) -> str:
    """The type that a request is about: a resource's, or that of what an action or a list hangs on."""
    address = parse(one.path)
    if address.types and address.types[0].lower() != "locations":
        return address.type if address.is_item else f"{address.type} (list or action)"
    if address.types:
        return f"{address.namespace}/locations/{'/'.join(address.types[1:])}".rstrip("/")
    return "Microsoft.Resources/resourceGroups" if address.group and not address.tail else "Microsoft.Resources"


def _answers(
    type: str,
    method: str,
    status: int,
    headers: dict[str, str],
    body: Any,
    ours: Response,
    *,
    monitor: bool = False,
) -> Iterator[Difference]:
    if status != ours.status:
        yield Difference(type, method, "status", "", str(status), str(ours.status))
    here = _headers(ours)
    for name in () if monitor else ("azure-asyncoperation", "location", "retry-after"):
        names = WAITS if name == "retry-after" else (name,)
        theirs, mine = any(one in headers for one in names), any(one in here for one in names)
        if theirs != mine:
            yield Difference(type, method, "header", name, "yes" if theirs else "", "yes" if mine else "")
    if status >= 400 or ours.status >= 400:
        theirs_code, our_code = _code(body), _code(ours.body)
        if theirs_code != our_code:
            yield Difference(type, method, "code", "", theirs_code, our_code)
        if (status >= 400) != (ours.status >= 400):
            return
    elif (theirs_state := _state(body)) != (our_state := _state(ours.body)):
        yield Difference(type, method, "state", "", theirs_state, our_state)
    for what, where, azure, sandbox in _shapes(body, ours.body, ""):
        yield Difference(type, method, what, where, azure, sandbox)


def _headers(response: Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _code(body: Any) -> str:
    error = body.get("error", body) if isinstance(body, dict) else None
    return str(error.get("code") or "") if isinstance(error, dict) else ""


def _state(body: Any) -> str:
    properties = body.get("properties") if isinstance(body, dict) else None
    return str(properties.get("provisioningState") or "") if isinstance(properties, dict) else ""


def _shapes(theirs: Any, ours: Any, path: str) -> Iterator[tuple[str, str, str, str]]:
    """Where the shapes of two values differ: names, and kinds of values. A null is as good as nothing said."""
    if theirs is None or ours is None:
        if theirs is not ours and path == "":
            yield "type", "the body", _kind(theirs), _kind(ours)
        return
    if _kind(theirs) != _kind(ours):
        yield "type", path or "the body", _kind(theirs), _kind(ours)
    elif isinstance(theirs, dict):
        for name in theirs.keys() | ours.keys():
            where = f"{path}.{name}" if path else str(name)
            if ours.get(name) is None and theirs.get(name) is not None:
                yield "missing", where, _kind(theirs[name]), ""
            elif theirs.get(name) is None and ours.get(name) is not None:
                yield "added", where, "", _kind(ours[name])
            else:
                yield from _shapes(theirs.get(name), ours.get(name), where)
    elif isinstance(theirs, list) and theirs and ours:
        yield from _shapes(_merged(theirs), _merged(ours), f"{path}[]")


def _merged(items: list[Any]) -> Any:
    """One value with everything that any item of a list says."""
    kinds = Counter(_kind(item) for item in items)
    kind = kinds.most_common(1)[0][0]
    if kind == "object":
        names = dict.fromkeys(name for item in items if isinstance(item, dict) for name in item)
        return {
            name: _merged(found)
            for name in names
            if (found := [item[name] for item in items if isinstance(item, dict) and item.get(name) is not None])
        }
    if kind == "list":
        return [one for item in items if isinstance(item, list) for one in item]
    return next(item for item in items if _kind(item) == kind)


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "list" if isinstance(value, list) else "object"
