"""What holds for every request: tokens, headers, paging, the journal, layers, and the ASGI application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelform.sandbox import SUBSCRIPTION, create_app
from modelform.sandbox.exchange import Handler, Refusal, Request, Response
from modelform.sandbox.identity import TOKEN

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "AuthenticationFailed"),
        ("", "AuthenticationFailed"),
        ("Basic abc", "AuthenticationFailed"),
        ("Bearer ", "AuthenticationFailed"),
        ("Bearer somebody-elses", "InvalidAuthenticationToken"),
    ],
)
def test_a_bearer_token_is_needed(client: Any, header: str | None, code: str) -> None:
    headers = {} if header is None else {"authorization": header}
    answer = client.control.handle(Request("GET", GROUP, {"api-version": "2024-03-01"}, headers))
    assert answer.status == 401
    assert answer.body["error"]["code"] == code
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_every_answer_has_its_ids(client: Any) -> None:
    first = client.send(
        "GET", "{group}", headers={"x-ms-correlation-request-id": "c-1", "x-ms-client-request-id": "me"}
    )
    second = client.send("GET", "{group}")
    assert first.status == 404
    assert first.headers["x-ms-correlation-request-id"] == "c-1"
    assert first.headers["x-ms-client-request-id"] == "me"
    assert first.headers["x-ms-request-id"] != second.headers["x-ms-request-id"]


def test_lists_come_in_pages(client: Any, bodies: Any) -> None:
    for n in range(5):
        client.made(f"{{sub}}/resourceGroups/g{n}", bodies.GROUP)
    names: list[str] = []
    page = client.got("{sub}/resourceGroups?$top=2")
    while True:
        names += [item["name"] for item in page["value"]]
        if "nextLink" not in page:
            break
        path, _, query = page["nextLink"].split("//", 1)[1].partition("?")
        page = client.got("/" + path.split("/", 1)[1] + "?" + query.replace("%24", "$"), version="")
    assert names == [f"g{n}" for n in range(5)]
    assert client.send("GET", "{sub}/resourceGroups?$skipToken=***").status == 400


def test_the_body_must_be_json(client: Any) -> None:
    request = Request("PUT", GROUP, {"api-version": "2024-03-01"}, {"authorization": f"Bearer {TOKEN}"}, b"{broken")
    assert client.control.handle(request).body["error"]["code"] == "InvalidRequestContent"


def test_the_journal_has_every_exchange_and_no_secret(sandbox: Callable[..., Any], bodies: Any, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "journal.jsonl"
    client = sandbox(journal=file)
    client.made("{group}", bodies.GROUP)
    client.made("{account}", bodies.account())
    client.made("{account}/deployments/d", bodies.deployment())
    client.made("{storage}/stmodels", bodies.storage())
    client.made("{components}/insights", bodies.component())
    keys = [*client.send("POST", "{account}/listKeys").body.values()]
    keys += [key["value"] for key in client.send("POST", "{storage}/stmodels/listKeys").body["keys"]]
    keys.append(client.got("{components}/insights")["properties"]["InstrumentationKey"])
    client.send("GET", "{group}/providers/Microsoft.CognitiveServices/accounts/none")
    text = file.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [set(line) for line in lines] == [{"method", "path", "api_version", "body", "status", "response"}] * 9
    assert [line["status"] for line in lines] == [201, 201, 201, 202, 200, 200, 200, 200, 404]
    assert lines[2]["path"].endswith("/accounts/acc/deployments/d")
    assert lines[2]["api_version"] == "2025-06-01"
    assert lines[2]["body"]["sku"] == {"name": "GlobalStandard", "capacity": 10}
    assert not [key for key in keys if key in text]
    assert lines[5]["response"] == {"key1": "REDACTED", "key2": "REDACTED"}
    assert file.stat().st_mode & 0o077 == 0


def test_the_journal_can_come_from_the_environment(
    sandbox: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "journal.jsonl"
    monkeypatch.setenv("MODELFORM_SANDBOX_JOURNAL", str(file))
    sandbox().send("GET", "/subscriptions")
    assert len(file.read_text().splitlines()) == 1


def test_a_journal_that_cannot_be_written_loses_no_answer(
    sandbox: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = sandbox(journal=tmp_path)  # a folder
    assert client.send("GET", "/subscriptions").status == 200
    assert str(tmp_path) in capsys.readouterr().err


def test_layers_stand_around_the_handling(sandbox: Callable[..., Any], bodies: Any) -> None:
    def before(request: Request, inner: Handler) -> Response:
        if request.headers.get("x-fault") == "throttle":
            return Refusal(429, "TooManyRequests", "slow down", headers={"Retry-After": "1"}).response()
        return inner(request)

    def after(request: Request, inner: Handler) -> Response:
        response = inner(request)
        if request.headers.get("x-fault") == "after":
            raise ConnectionResetError("dropped after the change")
        return response

    client = sandbox(layers=[before, after])
    assert client.send("PUT", "{group}", bodies.GROUP, headers={"x-fault": "throttle"}).status == 429
    assert client.send("GET", "{group}").status == 404
    with pytest.raises(ConnectionResetError):
        client.send("PUT", "{group}", bodies.GROUP, headers={"x-fault": "after"})
    assert client.send("GET", "{group}").status == 200


async def _ask(
    app: Any, method: str, path: str, query: str = "", body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []
    received = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return received.pop(0) if received else await asyncio.sleep(3600)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"localhost:8443"), (b"authorization", f"Bearer {TOKEN}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8443),
    }
    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(part.get("body", b"") for part in sent[1:])


def test_the_application_is_a_real_one(tmp_path: Path, bodies: Any) -> None:
    app = create_app(tmp_path)
    version = "api-version=2024-03-01"
    status, headers, content = asyncio.run(_ask(app, "PUT", GROUP, version, json.dumps(bodies.GROUP).encode()))
    assert (status, json.loads(content)["name"]) == (201, "rg")
    assert headers["content-type"].startswith("application/json")
    status, headers, _ = asyncio.run(_ask(app, "DELETE", GROUP, version))
    assert status == 202
    assert headers["location"].startswith("https://localhost:8443/subscriptions/")
    status, _, content = asyncio.run(_ask(app, "HEAD", GROUP, version))
    assert (status, content) == (404, b"")


def test_other_routes_come_first(tmp_path: Path) -> None:
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    def hello(request: Any) -> PlainTextResponse:
        return PlainTextResponse("hello")

    app = create_app(tmp_path, routes=[Route("/hello", hello)])
    assert asyncio.run(_ask(app, "GET", "/hello"))[2] == b"hello"
