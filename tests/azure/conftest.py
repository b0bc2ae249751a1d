"""A transport that answers from a script, and a clock that only moves when somebody waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ServiceRequestError, ServiceResponseError

from modelform.azure import Arm, Connection

TOKEN = "eyJhbGciOiJSUzI1NiJ9.c2FuZGJveC10b2tlbg.c2lnbmF0dXJl"


class Credential:
    """Hands out one token and remembers what it was asked for."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        self.scopes += scopes
        return AccessToken(TOKEN, 4102444800)


@dataclass
class Reply:
    status_code: int
    headers: dict[str, str]
    content: str
    reason: str = ""

    def text(self, encoding: str | None = None) -> str:
        return self.content


@dataclass
class Script:
    """An azure-core transport: each answer in turn; the last one again and again. `drop` breaks the connection."""

    answers: list[dict[str, Any]]
    requests: list[Any] = field(default_factory=list)

    def send(self, request: Any, **_: Any) -> Reply:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if drop := answer.get("drop"):
            raise ServiceRequestError("refused") if drop == "before" else ServiceResponseError(f"reset {TOKEN}")
        body = answer.get("body")
        content = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        return Reply(answer.get("status", 200), {k: str(v) for k, v in answer.get("headers", {}).items()}, content)

    def __enter__(self) -> Script:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def open(self) -> None:
        return None

    def close(self) -> None:
        return None

    def sleep(self, duration: float) -> None:
        raise AssertionError("azure-core must not sleep: waiting is ours")

    @property
    def lines(self) -> list[str]:
        """Method, host if it is not the endpoint's, and path of each request."""
        return [
            f"{r.method} {r.url.removeprefix('https://arm.test')}".replace("?api-version=1", "") for r in self.requests
        ]


@dataclass
class Clock:
    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(round(seconds, 3))
        self.now += seconds


@dataclass
class Rig:
    arm: Arm
    script: Script
    clock: Clock
    credential: Credential


@pytest.fixture
def rig() -> Callable[..., Rig]:
    def make(*answers: dict[str, Any], audience: str | None = None) -> Rig:
        script, clock, credential = Script([dict(a) for a in answers]), Clock(), Credential()
        connection = Connection(
            "https://arm.test", "tenant", "sub", credential, transport=script, target="sandbox", audience=audience
        )
        return Rig(Arm(connection, clock=clock, sleep=clock.sleep, random=lambda: 1.0), script, clock, credential)

    return make
