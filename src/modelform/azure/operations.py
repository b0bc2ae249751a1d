"""ARM's long-running operations, as decisions over answers: who to ask, whether it is done, how long to wait.

azure-core's and azure-mgmt-core's pollers are not used: they take `Retry-After: 0` for "none said" and wait 30
seconds, sleep by the transport's clock, and know neither a deadline nor an operation that ends in a conflict.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from modelform.azure.failures import Refusal, read_refusal
from modelform.azure.retries import retry_after
from modelform.record import dataclass

SUCCEEDED = frozenset({"succeeded", "disabled"})  # a paused deployment stays `Disabled`
FAILED = frozenset({"failed", "canceled", "cancelled"})
FIRST_POLL, SLOWEST_POLL, SLOWEST_EAGER_POLL, GROWTH = 0.05, 5.0, 0.25, 1.25


@dataclass(frozen=True)
class Answer:
    """One response: header names in lower case, the body as text."""

    status: int
    headers: Mapping[str, str]
    text: str = ""
    reason: str = ""

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object; empty where there is none."""
        try:
            value = json.loads(self.text) if self.text else None
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def request_id(self) -> str:
        """What support asks for."""
        return self.headers.get("x-ms-request-id") or self.headers.get("x-ms-correlation-request-id") or ""

    @property
    def refusal(self) -> Refusal:
        """What an error says; its code may be in a header only."""
        found = read_refusal(self.text, self.status, self.reason)
        code = found.code or self.headers.get("x-ms-error-code", "")
        return Refusal(code, found.message, found.target, found.details)


@dataclass(frozen=True, slots=True)
class Monitor:
    """Whom to ask how an operation is going: a status monitor, a location, or the resource itself."""

    kind: Literal["status", "location", "resource"]
    url: str


def monitor_of(method: str, url: str, answer: Answer) -> Monitor | None:
    """Where to ask about an operation that `answer` accepted; None when it is done already.

    In azure-core's order: Azure-AsyncOperation, Location, then the provisioning state in the body.
    """
    if found := answer.headers.get("azure-asyncoperation") or answer.headers.get("operation-location"):
        return Monitor("status", found)
    if answer.status in (201, 202) and (found := answer.headers.get("location")):
        return Monitor("location", found)
    if method in ("PUT", "PATCH"):
        state = provisioning_state(answer.body)
        if state in FAILED or (state and state not in SUCCEEDED) or answer.status == 202:
            return Monitor("resource", url)
    elif method == "DELETE" and answer.status == 202:
        return Monitor("resource", url)
    return None


def provisioning_state(body: Mapping[str, Any]) -> str:
    """The resource's provisioning state in lower case; empty where it has none."""
    properties = body.get("properties")
    return str((properties or {}).get("provisioningState") or "").lower() if isinstance(properties, dict) else ""


def progress(method: str, monitor: Monitor, answer: Answer) -> Literal["going", "done"] | Refusal:
    """What a monitor's answer (not an error, except 404) says of the operation: it goes on, is done, or failed."""
    if answer.status == 404:
        return "done" if method == "DELETE" and monitor.kind == "resource" else answer.refusal
    if monitor.kind == "status" and (status := str(answer.body.get("status") or "").lower()):
        return _state(status, answer)
    if answer.status == 202:
        return "going"
    if monitor.kind == "status":
        return "done"
    state = provisioning_state(answer.body)
    if monitor.kind == "resource" and method == "DELETE":
        return "going"
    return _state(state, answer) if state else "done"


def _state(state: str, answer: Answer) -> Literal["going", "done"] | Refusal:
    if state in SUCCEEDED:
        return "done"
    if state not in FAILED:
        return "going"
    body = answer.body
    error = body.get("error") or (body.get("properties") or {}).get("error")
    if isinstance(error, dict):
        return read_refusal(json.dumps({"error": error}), answer.status)
    verb = "failed" if state == "failed" else "was cancelled"
    return Refusal("OperationFailed", f"the operation {verb}, and ARM gives no reason")


class Polls:
    """How long to wait before each poll.

    `Retry-After` is taken at its word; 0 means at once, and then in short steps, so that a quick service is not kept
    busy by its client. Without one: from 50 ms, growing by a quarter, up to 5 seconds.
    """

    def __init__(self) -> None:
        self._wait = FIRST_POLL
        self._eager = 0.0

    def wait(self, answer: Answer) -> float:
        """The wait after `answer`, which said that the operation goes on."""
        asked = retry_after(answer.headers)
        if asked:
            return asked
        if asked == 0:
            wait, self._eager = self._eager, min(max(self._eager * GROWTH, FIRST_POLL / 2), SLOWEST_EAGER_POLL)
            return wait
        wait, self._wait = self._wait, min(self._wait * GROWTH, SLOWEST_POLL)
        return wait
