"""One client for Azure Resource Manager: authentication, retries, long-running operations, over azure-core's pipeline.

azure-core's retry policy is not in the pipeline: which 409 passes is in the body, which that policy does not read, its
shortest wait is 0.8 seconds, and an operation that ends in a conflict must be asked for again as a whole.
"""

from __future__ import annotations

import json
import random as randomness
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from modelform import __version__
from modelform.azure.connection import Connection
from modelform.azure.failures import ArmError, arm_error, redact
from modelform.azure.operations import Answer, Monitor, Polls, monitor_of, progress, provisioning_state
from modelform.azure.retries import Backoff, Passing, passing, retry_after
from modelform.values import Secret, bare

READ_TIMEOUT, WRITE_TIMEOUT = 120.0, 7200.0
_SAFE = "/:@!$&'()*+,;=-._~"
_MOST_PAGES = 1000
_MOST_LATE = 10  # reads at which something that was just made may be missing


@dataclass(frozen=True)
class _Call:
    """One request, and how long there is for it and all that follows from it."""

    method: str
    url: str
    deadline: float
    content: bytes | None = None
    secrets: tuple[str, ...] = ()
    conflicts_pass: bool = True

    @property
    def operation(self) -> str:
        return f"{self.method} {urlsplit(self.url).path}"


class Arm:
    """ARM at one endpoint, for several threads at once.

    Paths are ARM paths (`/subscriptions/…`). A body may hold `Secret` marks: they are sent bare and cut out of every
    error. `timeout` is in seconds and covers everything: retries and the whole operation. Raises `ArmError`.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        self.connection = connection
        self._clock, self._sleep, self._random = clock, sleep, random
        self._client: Any = None
        self._lock = threading.Lock()
        self._correlation = str(uuid.uuid4())

    def get(
        self, path: str, api_version: str, *, params: Mapping[str, str] | None = None, timeout: float = 0
    ) -> dict[str, Any]:
        """What is at the path."""
        return self._send(self._call("GET", path, api_version, params, None, timeout or READ_TIMEOUT)).body

    def find(
        self, path: str, api_version: str, *, params: Mapping[str, str] | None = None, timeout: float = 0
    ) -> dict[str, Any] | None:
        """What is at the path, or None: 404 and 204. A subscription that is not found is an error all the same."""
        try:
            answer = self._send(self._call("GET", path, api_version, params, None, timeout or READ_TIMEOUT))
        except ArmError as error:
            if error.missing:
                return None
            raise
        return None if answer.status == 204 else answer.body

    def items(
        self, path: str, api_version: str, *, params: Mapping[str, str] | None = None, timeout: float = 0
    ) -> Iterator[dict[str, Any]]:
        """Every element of a list, page after page."""
        call = self._call("GET", path, api_version, params, None, timeout or READ_TIMEOUT)
        for _ in range(_MOST_PAGES):
            body = self._send(call).body
            if not isinstance(body.get("value"), list):
                raise arm_error(0, "UnexpectedAnswer", "the answer is no list of ARM's", operation=call.operation)
            yield from (item for item in body["value"] if isinstance(item, dict))
            link = body.get("nextLink")
            if not link:
                return
            call = _Call("GET", self._own(str(link), call), call.deadline)
        raise ArmError(0, "", f"a list at {path} has more than {_MOST_PAGES} pages", operation=f"GET {path}")

    def put(
        self,
        path: str,
        api_version: str,
        body: Mapping[str, Any],
        *,
        params: Mapping[str, str] | None = None,
        timeout: float = 0,
    ) -> dict[str, Any]:
        """Makes or changes a resource, and answers it as a GET afterwards does."""
        call = self._call("PUT", path, api_version, params, body, timeout or WRITE_TIMEOUT)
        return self._write(call)

    def patch(
        self,
        path: str,
        api_version: str,
        body: Mapping[str, Any],
        *,
        params: Mapping[str, str] | None = None,
        timeout: float = 0,
    ) -> dict[str, Any]:
        """Changes parts of a resource, and answers it as a GET afterwards does."""
        return self._write(self._call("PATCH", path, api_version, params, body, timeout or WRITE_TIMEOUT))

    def post(
        self,
        path: str,
        api_version: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        timeout: float = 0,
    ) -> dict[str, Any]:
        """Calls an action and waits for its end; answers what it answered last."""
        return self._write(self._call("POST", path, api_version, params, body, timeout or WRITE_TIMEOUT))

    def delete(
        self, path: str, api_version: str, *, params: Mapping[str, str] | None = None, timeout: float = 0
    ) -> None:
        """Deletes a resource and waits until it is gone; no error if it is gone already."""
        try:
            self._write(self._call("DELETE", path, api_version, params, None, timeout or WRITE_TIMEOUT))
        except ArmError as error:
            if not error.missing:
                raise

    def close(self) -> None:
        """Gives back the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _call(
        self,
        method: str,
        path: str,
        api_version: str,
        params: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
        timeout: float,
    ) -> _Call:
        query = urlencode({"api-version": api_version, **(params or {})})
        url = f"{self.connection.endpoint.rstrip('/')}{quote(path, safe=_SAFE)}?{query}"
        content = None if body is None else json.dumps(bare(dict(body)), ensure_ascii=False).encode()
        return _Call(method, url, self._clock() + timeout, content, tuple(_secrets(body)))

    def _write(self, call: _Call) -> dict[str, Any]:
        """Sends a write and sees the operation through; one that ends in a conflict is asked for again."""
        backoff = Backoff(self._random)
        while True:
            answer = self._send(call)
            try:
                last = self._settle(call, answer)
                return self._read_back(call) if call.method in ("PUT", "PATCH") else last.body
            except ArmError as error:
                if passing(error.status, error.code, error.message) is not Passing.CONFLICT:
                    raise
                wait = backoff.wait(Passing.CONFLICT, error.retry_after)
                if wait is None or self._clock() + wait > call.deadline:
                    raise
                self._sleep(wait)

    def _settle(self, call: _Call, answer: Answer) -> Answer:
        """Polls until the operation that `answer` accepted is done, and gives the last answer; raises if the operation
        fails, or there is no more time."""
        monitor = monitor_of(call.method, call.url, answer)
        polls, late = Polls(), 0
        while monitor is not None:
            wait = polls.wait(answer)
            if self._clock() + wait > call.deadline:
                raise self._failure(call, answer, "TimedOut", "the operation did not come to its end in time")
            if wait:
                self._sleep(wait)
            answer = self._poll(call, monitor)
            if answer.status == 404 and call.method != "DELETE":  # what was just made may show a moment late
                late += 1
                if late > _MOST_LATE:
                    refusal = answer.refusal
                    raise self._failure(call, answer, refusal.code, refusal.message)
                continue
            if answer.status == 404 and monitor.kind != "resource":
                monitor = Monitor("resource", call.url)  # the monitor of a delete is gone; is what it deletes?
                continue
            found = progress(call.method, monitor, answer)
            if found == "done":
                break
            if found != "going":
                raise self._failure(call, answer, found.code, found.message, found.target, found.details)
            # A monitor may move: a location's answer names the next one.
            if monitor.kind == "location" and (moved := answer.headers.get("location")):
                monitor = Monitor("location", moved)
        return answer

    def _poll(self, call: _Call, monitor: Monitor) -> Answer:
        url = call.url if monitor.kind == "resource" else self._own(monitor.url, call)
        ask = _Call("GET", url, call.deadline, None, call.secrets, conflicts_pass=False)
        try:
            return self._send(ask)
        except ArmError as error:
            shows_late = monitor.kind == "resource" and call.method in ("PUT", "PATCH")
            if error.missing and (call.method == "DELETE" or shows_late):
                return Answer(404, {}, json.dumps({"error": {"code": error.code, "message": error.message}}))
            raise

    def _read_back(self, call: _Call) -> dict[str, Any]:
        """The resource after a write: PUT answers less than GET. It may show a moment late, and go on settling."""
        ask = _Call("GET", call.url, call.deadline, None, call.secrets)
        polls, late = Polls(), 0
        while True:
            try:
                answer = self._send(ask)
                if not provisioning_state(answer.body):
                    return answer.body
                found = progress(call.method, Monitor("resource", call.url), answer)
                if found == "done":
                    return answer.body
                if found != "going":
                    raise self._failure(call, answer, found.code, found.message, found.target, found.details)
            except ArmError as error:
                late += 1
                if not error.missing or late > _MOST_LATE:
                    raise
                answer = Answer(404, {})
            wait = polls.wait(answer)
            if self._clock() + wait > call.deadline:
                raise self._failure(call, answer, "TimedOut", "the resource did not settle in time")
            self._sleep(wait)

    def _send(self, call: _Call) -> Answer:
        """Sends one request until it is answered with something that does not pass by itself."""
        backoff = Backoff(self._random)
        while True:
            answer = self._exchange(call)
            if isinstance(answer, ArmError):
                error, why = answer, Passing.FAULT if answer.code == "Unreachable" else None
            elif answer.status < 300:
                return answer
            else:
                refusal = answer.refusal
                why = passing(answer.status, refusal.code, refusal.message)
                error = self._failure(call, answer, refusal.code, refusal.message, refusal.target, refusal.details)
            if why is None or (why is Passing.CONFLICT and not call.conflicts_pass):
                raise error
            wait = backoff.wait(why, error.retry_after)
            if wait is None or self._clock() + wait > call.deadline:
                raise error
            self._sleep(wait)

    def _exchange(self, call: _Call) -> Answer | ArmError:
        """One request through the pipeline: its answer, or why there was none."""
        from azure.core.exceptions import AzureError, ClientAuthenticationError, ServiceRequestError
        from azure.core.rest import HttpRequest

        headers = {"Accept": "application/json", "x-ms-correlation-request-id": self._correlation}
        if call.content is not None:
            headers["Content-Type"] = "application/json"
        request = HttpRequest(call.method, call.url, headers=headers, content=call.content)
        try:
            response = self._pipeline().send_request(request)
            text = response.text() or ""
        except ClientAuthenticationError as error:
            said = redact(_first_line(error))
            return arm_error(0, "NotSignedIn", f"no token could be had: {said}", operation=call.operation)
        except AzureError as error:
            said = redact(_first_line(error), call.secrets)
            # A POST that may have arrived is not sent again: it is the one method that must not happen twice.
            code = "Unreachable" if isinstance(error, ServiceRequestError) or call.method != "POST" else "Dropped"
            if "CERTIFICATE_VERIFY_FAILED" in said:
                code = "Untrusted"
            message = f"no answer from {urlsplit(call.url).netloc}: {said}"
            return arm_error(0, code, message, operation=call.operation)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, text, response.reason or "")

    def _failure(
        self,
        call: _Call,
        answer: Answer,
        code: str,
        message: str,
        target: str = "",
        details: tuple[tuple[str, str], ...] = (),
    ) -> ArmError:
        return arm_error(
            answer.status,
            code,
            redact(message, call.secrets),
            request_id=answer.request_id,
            target=redact(target, call.secrets),
            details=tuple((inner, redact(text, call.secrets)) for inner, text in details),
            operation=call.operation,
            retry_after=retry_after(answer.headers),
        )

    def _own(self, link: str, call: _Call) -> str:
        """A link that ARM gave, made absolute; refused if it leads to another host, which must never get the token."""
        url = urljoin(self.connection.endpoint.rstrip("/") + "/", link)
        if _place(url) != _place(self.connection.endpoint):
            message = f"ARM's answer leads to another host, {urlsplit(url).netloc}"
            raise arm_error(0, "ForeignHost", message, operation=call.operation)
        return url

    def _pipeline(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = _client(self.connection)
            return self._client


def _client(connection: Connection) -> Any:
    """azure-core's client. No redirect policy: a redirect would carry the token to wherever it leads."""
    from azure.core import PipelineClient
    from azure.core.pipeline import Pipeline, policies

    class Bearer(policies.BearerTokenCredentialPolicy[Any, Any]):
        """Sends a request again, once, with a new token, if ARM says that the old one's time is over."""

        def on_challenge(self, request: Any, response: Any) -> bool:
            if super().on_challenge(request, response):
                return True
            if "ExpiredAuthenticationToken" not in (response.http_response.text() or ""):
                return False
            self.authorize_request(request, connection.scope)
            return True

    transport = connection.transport
    if transport is None:
        transport = plain_transport(connection)
    chain: list[Any] = [
        policies.RequestIdPolicy(),
        policies.UserAgentPolicy(base_user_agent=f"modelform/{__version__}"),
    ]
    if connection.credential is not None:
        chain.append(Bearer(connection.credential, connection.scope))
    return PipelineClient(connection.endpoint, pipeline=Pipeline(transport, chain))


def plain_transport(connection: Connection) -> Any:
    """HTTPS through `requests`, for a connection that brings no transport of its own."""
    from azure.core.pipeline.transport import RequestsTransport

    return RequestsTransport(connection_timeout=15, read_timeout=120, connection_verify=connection.ca_bundle or True)


def _place(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; some providers write the port of HTTPS out. An odd port is no place."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return "", "", 0
    return parts.scheme, parts.hostname or "", port or 443


def _secrets(value: Any) -> Iterator[str]:
    """The texts of everything that is marked secret in a body."""
    if isinstance(value, Secret):
        yield from _texts(value.value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secrets(item)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Secret):
        yield from _texts(value.value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
