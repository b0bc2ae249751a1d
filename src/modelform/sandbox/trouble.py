"""The layer in which things go wrong: faults of a plan, of a request's header, and the small API that sets the plan."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

from modelform.errors import ModelformError
from modelform.sandbox import refusals
from modelform.sandbox.address import parse
from modelform.sandbox.altering import altered
from modelform.sandbox.exchange import Dropped, Handler, Ordeal, Refusal, Request, Response
from modelform.sandbox.faults import Fault, Plan, Rule, read_header, read_plan, rules
from modelform.sandbox.identity import TOKEN
from modelform.sandbox.store import Store

HEADER = "x-ms-sandbox-fault"
PATH = "/_sandbox/faults"
ENDS = {"fail": ("Failed", "InternalServerError"), "cancel": ("Canceled", "OperationCanceled")}
BURDENS = ("slow", *ENDS)
NAMES = {
    500: ("InternalServerError", "The server encountered an internal error."),
    502: ("BadGateway", "The gateway received a bad response from an upstream service."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable."),
    504: ("GatewayTimeout", "The gateway did not receive a response from '{namespace}' within the specified time."),
}
_MOST_HEADERS = 1000


class Trouble:
    """Has faults happen, as its plan says, to whatever passes; several threads may pass at once.

    It is the outermost layer: what it answers by itself never reached the sandbox, and is in no journal.
    """

    def __init__(self, store: Store, plan: Plan | None = None) -> None:
        self._store, self._lock = store, threading.Lock()
        self._plan, self._rules = Plan(), list[Rule]()
        self._by_header: dict[tuple[str, str, str], list[Rule]] = {}
        self._hidden: dict[str, int] = {}
        self._expired: set[str] = set()
        self.happened: Counter[str] = Counter()
        self.set(plan or Plan())

    def set(self, plan: Plan) -> None:
        """Replaces the plan; nothing of the new one has happened yet, and nothing of the old one goes on."""
        with self._lock:
            self._plan, self._rules = plan, rules(plan)
            self._by_header.clear()
            self._hidden.clear()
            self._expired.clear()
            self.happened.clear()

    def __call__(self, request: Request, inner: Handler) -> Response:
        """The layer."""
        if request.path.rstrip("/") == PATH:
            return self._api(request)
        quiet = not self._rules and not self._hidden and not self._expired
        if quiet and HEADER not in request.headers:
            return inner(request)
        try:
            return self._pass(request, inner)
        except Refusal as refusal:
            return refusal.response()

    def _pass(self, request: Request, inner: Handler) -> Response:
        path = request.path.rstrip("/").lower()
        token = request.headers.get("authorization", "")
        with self._lock:
            if token in self._expired:
                raise refusals.expired_token()
            if request.method in ("GET", "HEAD") and self._hidden.get(path, 0) > 0:
                self._hidden[path] -= 1
                raise _not_yet(request)
            faults = self._chosen(request, path)
        for fault in faults:
            if fault.kind in BURDENS:
                _burden(request, fault)
            elif fault.kind == "garble":
                self._write_down(fault.kind, request)
                return Page(200)
            elif fault.kind not in ("hide", "drop-after", "alter"):
                self._write_down(fault.kind, request)
                self._refuse(fault, request, token)
        reads = max((fault.reads for fault in faults if fault.kind == "hide"), default=0)
        hides = reads if reads and not self._is_there(path) else 0
        response = inner(request)
        self._afterwards(request, response, faults)
        for fault in faults:
            if fault.kind == "alter" and (other := altered(response, fault)) is not None:
                response = other
                self._write_down(fault.kind, request)
        if hides and response.status in (200, 201, 202):
            with self._lock:
                self._hidden[path] = hides
            self._write_down("hide", request)
        if any(fault.kind == "drop-after" for fault in faults):
            self._write_down("drop-after", request)
            raise Dropped(done=True)
        return response

    def _chosen(self, request: Request, path: str) -> list[Fault]:
        """What happens to a request: whatever its operation bears, and one fault at most that ends it."""
        found: list[Fault] = []
        for rule in (*self._rules, *self._asked_for(request)):
            if rule.fires(request.method, path):
                found.append(rule.fault)
                if rule.fault.kind not in (*BURDENS, "hide", "alter"):
                    break
        return found

    def _is_there(self, path: str) -> bool:
        with self._store.read() as view:
            return view.get(path) is not None

    def _asked_for(self, request: Request) -> list[Rule]:
        """The faults of the request's own header; the same request again goes on counting."""
        text = request.headers.get(HEADER)
        if text is None:
            return []
        key = (text, request.method, request.path)
        if key not in self._by_header:
            try:
                found = read_header(text)
            except ValueError as error:
                raise Refusal(400, "InvalidFault", f"The header '{HEADER}' cannot be read: {error}.") from error
            if len(self._by_header) >= _MOST_HEADERS:
                self._by_header.pop(next(iter(self._by_header)))
            self._by_header[key] = [Rule(fault, text) for fault in found]
        return self._by_header[key]

    def _refuse(self, fault: Fault, request: Request, token: str) -> NoReturn:
        if fault.kind == "drop-before":
            raise Dropped(done=False)
        if fault.kind == "expire":
            if token and not token.endswith(f" {TOKEN}"):  # the sandbox's own is the only one of a process: it goes on
                with self._lock:
                    self._expired.add(token)
            raise refusals.expired_token()
        if fault.kind == "throttle":
            raise refusals.throttled(fault.seconds)
        if fault.kind == "deny":
            raise _not_allowed(request)
        code, message = NAMES[fault.status]
        namespace = request.path.rpartition("/providers/")[2].split("/")[0] or "Microsoft.Resources"
        raise Refusal(fault.status, code, message.format(namespace=namespace))

    def _afterwards(self, request: Request, response: Response, faults: list[Fault]) -> None:
        """Writes down what was put on an operation, if the request has begun one."""
        if response.status < 300 and request.ordeal is not None and request.ordeal.met:
            for fault in faults:
                if fault.kind in BURDENS:
                    self._write_down(fault.kind, request)

    def _write_down(self, kind: str, request: Request) -> None:
        with self._lock:
            self.happened[kind] += 1
            record = self._plan.record
        if record is not None:
            line = json.dumps({"fault": kind, "method": request.method, "path": request.path})
            _append(record, line)

    # the API

    def _api(self, request: Request) -> Response:
        if request.method == "GET":
            return Response(200, self.standing())
        if request.method == "DELETE":
            self.set(Plan())
            return Response(204)
        if request.method != "PUT":
            return refusals.not_allowed(request.method).response()
        try:
            plan = read_plan(request.body.decode("utf-8", "replace"), "plan")
        except ModelformError as error:
            text = "; ".join(str(one.summary) for one in error.diagnostics)
            return Refusal(400, "InvalidFaultPlan", f"The fault plan cannot be used: {text}.").response()
        if plan.record is not None:
            text = "A plan that is sent cannot have a 'record': it would name a file of the server."
            return Refusal(400, "InvalidFaultPlan", text).response()
        self.set(plan)
        return Response(200, self.standing())

    def standing(self) -> dict[str, Any]:
        """The plan, how often each line fitted a request (`seen`) and was put to one (`fired`), and what happened."""
        with self._lock:
            lines = [{**rule.fault.to_json(), "seen": rule.seen, "fired": rule.fired} for rule in self._rules]
            return {"seed": self._plan.seed, "faults": lines, "happened": dict(sorted(self.happened.items()))}


def _burden(request: Request, fault: Fault) -> None:
    """Puts a fault on the operation that the request may begin; the last one says how it ends."""
    ordeal = request.ordeal = request.ordeal or Ordeal()
    if fault.kind == "slow":
        ordeal.seconds += fault.seconds
    else:
        ordeal.end, usual = ENDS[fault.kind]
        ordeal.code, ordeal.message = fault.code or usual, fault.message


def _not_allowed(request: Request) -> Refusal:
    """ARM's refusal of what no role of the caller has: it names the action and the scope."""
    address = parse(request.path)
    verb = {"GET": "read", "HEAD": "read", "DELETE": "delete", "POST": "action"}.get(request.method, "write")
    kind = address.type if address.types else "Microsoft.Resources/subscriptions"
    text = (
        f"The client '{request.principal or 'unknown'}' does not have authorization to perform action '{kind}/{verb}' "
        f"over scope '{address.path}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials."
    )
    return Refusal(403, "AuthorizationFailed", text)


class Page(Response):
    """A page of HTML where JSON was expected."""

    def content(self) -> bytes:
        """The page."""
        return b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"


def _not_yet(request: Request) -> Refusal:
    address = parse(request.path)
    if not address.types:
        return refusals.no_group(address.group)
    return refusals.no_resource(address.type, address.names, address.group)


def _append(file: Path, line: str) -> None:
    """Adds a line; several processes may do so at once, since it is written in one piece."""
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode() + b"\n")
    finally:
        os.close(handle)
