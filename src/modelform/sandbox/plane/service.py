"""The data plane as a layer around the control plane: from a host and a path to an answer.

It only reads the sandbox's store; what it counts (rate limits) belongs to this process.
"""

from __future__ import annotations

import json
import math
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import date

from modelform.record import dataclass
from modelform.sandbox.exchange import Handler, Json, Request, Response
from modelform.sandbox.offers import Offers
from modelform.sandbox.plane import access, chat, denial, embeddings, targets
from modelform.sandbox.plane.denial import Denial
from modelform.sandbox.plane.hosts import Destination, Service, destination
from modelform.sandbox.plane.limits import Limits
from modelform.sandbox.plane.targets import DATED, Route, Target
from modelform.sandbox.store import Store

LATEST = ("preview", "latest", "v1")


@dataclass(slots=True)
class Stream(Response):
    """An answer as server-sent events; taken as a whole, they are the body."""

    events: Sequence[bytes] = field(default=())

    def content(self) -> bytes:
        """The events in one piece."""
        return b"".join(self.events)


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked of a model: its name in errors, the feature that it needs, and what answers."""

    name: str
    feature: str
    answer: Callable[[DataPlane, Json, Target, str], Response]


class DataPlane:
    """Answers what applications ask of deployed models; a layer, so that other requests pass through.

    `authenticate` gives the client id of an Entra token for the models, or None; `today` the day that decides which
    models are retired.
    """

    def __init__(
        self,
        store: Store,
        offers: Offers,
        *,
        clock: Callable[[], float],
        authenticate: access.Authenticate,
        today: Callable[[], date] = lambda: date.min,
    ) -> None:
        self._store, self._offers, self.clock, self._authenticate = store, offers, clock, authenticate
        self.today = today
        self.limits = Limits(clock)

    def __call__(self, request: Request, inner: Handler) -> Response:
        """The layer."""
        place = destination(request.base, request.path)
        return inner(request) if place is None else self.answer(request, place)

    def answer(self, request: Request, place: Destination) -> Response:
        """Answers one request at a model's host."""
        try:
            response = self._answer(request, place)
        except Denial as refusal:
            response = refusal.response()
        except sqlite3.Error as error:
            text = f"The sandbox's database failed ({error}); try again."
            response = Denial(503, "ServiceUnavailable", text, headers={"retry-after": "1"}).response()
        mark = str(uuid.uuid4())
        response.headers = {"apim-request-id": mark, "x-request-id": mark, **response.headers}
        return response

    def _answer(self, request: Request, place: Destination) -> Response:
        site, now = place.site, self.clock()
        if site is None:
            text = f"The sandbox has no models at the host '{place.host}'."
            raise Denial(404, "404", text)
        with self._store.read() as view:
            owner = targets.owner(view, site, now)
            if owner is None:
                raise Denial(404, "404", f"The sandbox has nothing that answers at the host '{place.host}'.")
            is_account = site.service is not Service.SERVERLESS
            (access.account if is_account else access.endpoint)(owner, request.headers, self._authenticate)
            route = targets.route(site.service, place.segments)
            operation = OPERATIONS.get(route.operation) if route else None
            if route is None or operation is None:
                raise denial.not_found()
            if route.project and not targets.has_project(view, owner, route.project, now):
                raise Denial(404, "404", f"The project '{route.project}' does not exist.")
            if request.method != "POST":
                raise Denial(405, "405", f"The method {request.method} is not allowed here.", headers={"Allow": "POST"})
            version = _version(request, route)
            body = _document(request)
            if is_account:
                target = targets.deployed(view, self._offers, owner, _deployment(route, body), now, self.today())
                if target is None:
                    raise denial.no_deployment()
            else:
                target = targets.endpoint(self._offers, owner, self.today())
        if operation.feature not in target.features:
            raise denial.wrong_operation(operation.name, target.model)
        response = operation.answer(self, body, target, version)
        named = {"x-ms-region": self._offers.display_name(target.region), "x-ms-deployment-name": target.deployment}
        response.headers = {**named, **response.headers}
        return response

    def _take(self, target: Target, tokens: int, title: str, version: str) -> dict[str, str]:
        """Counts a request against the deployment's limits, or raises 429."""
        standing = self.limits.take(target.key, target.rules, tokens)
        if not standing.exceeded:
            return standing.headers
        wait = math.ceil(standing.wait)
        what = "token" if standing.exceeded == "token" else "call"
        text = (
            f"Requests to the {title} operation of deployment '{target.deployment}' have exceeded the {what} rate "
            f"limit of its capacity. This request was made under the API version {version}. "
            f"Please retry after {wait} seconds."
        )
        waits = {"retry-after": str(wait), "retry-after-ms": str(math.ceil(standing.wait * 1000))}
        raise Denial(429, "429", text, headers={**standing.headers, **waits})

    def chat(self, body: Json, target: Target, version: str) -> Response:
        """Chat completions, as a document or as a stream."""
        ask = chat.read(body, target)
        completion = chat.complete(ask, target)
        out = max(len(completion.pieces), ask.limit or 0) * ask.choices
        headers = self._take(target, completion.prompt + out, "ChatCompletions_Create", version)
        created = int(self.clock())
        if not ask.stream:
            return Response(200, chat.document(ask, target, completion, created), headers)
        headers |= {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        return Stream(200, None, headers, tuple(chat.events(ask, target, completion, created)))

    def embeddings(self, body: Json, target: Target, version: str) -> Response:
        """Embeddings."""
        ask = embeddings.read(body, target)
        headers = self._take(target, ask.tokens, "Embeddings_Create", version)
        return Response(200, embeddings.document(ask, target), headers)


def _version(request: Request, route: Route) -> str:
    """The api-version, where the path has one; a missing or unknown one is a path that does not exist."""
    sent = request.api_version
    if route.version == "none" or (route.version == "optional" and not sent):
        return sent or "v1"
    if not DATED.fullmatch(sent) and not (route.version == "optional" and sent in LATEST):
        raise denial.not_found()
    return sent


def _document(request: Request) -> Json:
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise denial.invalid("We could not parse the JSON body of your request.", None) from error
    if not isinstance(body, dict):
        raise denial.invalid("The body of the request must be a JSON object.", None)
    return body


def _deployment(route: Route, body: Json) -> str:
    """The deployment's name: in the path, or the body's `model`."""
    if route.deployment:
        return route.deployment
    name = body.get("model")
    if name is None or name == "":
        said = "Missing required parameter: 'model'. It is the name of a deployment."
        raise denial.invalid(said, "model", code="missing_required_parameter")
    if not isinstance(name, str):
        raise denial.invalid("Invalid type for 'model': expected a string.", "model", code="invalid_type")
    return name


OPERATIONS = {
    "chat/completions": Operation("chatCompletion", "chat", DataPlane.chat),
    "embeddings": Operation("embeddings", "embeddings", DataPlane.embeddings),
}
