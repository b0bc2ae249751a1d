"""The server's face: answered in the event loop where nothing is waited for, in a thread where something is."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from modelform.sandbox import SUBSCRIPTION, create_app
from modelform.sandbox.identity import TOKEN
from modelform.sandbox.server import listen
from modelform.sandbox.wire import Gathered

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
BODY = {"location": "swedencentral"}
Message = dict[str, Any]


async def ask(app: Any, method: str, path: str = GROUP, body: Any = None, given: list[Message] | None = None) -> Any:
    """One request as an ASGI server puts it: the answer's status and JSON, or None for no answer."""
    content = b"" if body is None else json.dumps(body).encode()
    messages = given or [{"type": "http.request", "body": content, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"api-version=2024-03-01",
        "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {TOKEN}".encode())],
        "scheme": "https",
        "server": ("localhost", 443),
        "root_path": "",
    }
    await app(scope, receive, send)
    if not sent:
        return None
    found = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], json.loads(found) if found else None


def where(app: Any) -> list[str]:
    """The names of the threads that answer, as they do."""
    control, seen = app.state.control, list[str]()
    handle = control.handle

    def watched(request: Any) -> Any:
        seen.append(threading.current_thread().name)
        return handle(request)

    control.handle = watched
    return seen


def test_what_waits_for_nothing_is_answered_where_it_came_in(tmp_path: Path) -> None:
    app = create_app(tmp_path)
    seen = where(app)

    async def talk() -> list[int]:
        first = [await ask(app, "PUT", body=BODY), await ask(app, "GET"), await ask(app, "GET", f"{GROUP}/resources")]
        return [status for status, _ in first]

    assert asyncio.run(talk()) == [201, 200, 200]
    assert seen == ["MainThread"] * 3


def test_what_waits_for_another_writer_waits_in_a_thread_and_others_are_answered(tmp_path: Path) -> None:
    app = create_app(tmp_path)
    seen = where(app)

    async def talk() -> list[int]:
        made = await ask(app, "PUT", body=BODY)
        other = sqlite3.connect(tmp_path / "sandbox.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # another process, for all that SQLite knows
        waiting = asyncio.create_task(ask(app, "PUT", body={**BODY, "tags": {"a": "b"}}))
        await asyncio.sleep(0.1)
        read = await ask(app, "GET")
        assert not waiting.done()
        other.execute("COMMIT")
        other.close()
        return [made[0], read[0], (await waiting)[0], len((await ask(app, "GET"))[1]["tags"])]

    assert asyncio.run(talk()) == [201, 200, 200, 1]
    assert seen[0] == seen[2] == "MainThread"
    assert seen[1] != "MainThread"


def test_what_was_not_sent_to_its_end_is_not_done(tmp_path: Path) -> None:
    app = create_app(tmp_path)
    half: list[Message] = [
        {"type": "http.request", "body": json.dumps(BODY).encode(), "more_body": True},
        {"type": "http.disconnect"},
    ]
    assert asyncio.run(ask(app, "PUT", given=half)) is None
    assert asyncio.run(ask(app, "GET"))[0] == 404


def test_a_refused_write_leaves_nothing_begun(tmp_path: Path) -> None:
    app = create_app(tmp_path)

    async def talk() -> list[int]:
        refused = await ask(app, "PUT", body={"location": "nowhere"})
        return [refused[0], (await ask(app, "PUT", body=BODY))[0]]

    assert asyncio.run(talk()) == [400, 201]
    with app.state.control.store.reserved() as free:
        assert free


def test_a_database_that_fails_is_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(tmp_path)
    assert asyncio.run(ask(app, "PUT", body=BODY))[0] == 201

    def fail(self: Any, now: float) -> bool:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr("modelform.sandbox.store.Store.due", fail)
    status, body = asyncio.run(ask(app, "GET"))
    assert (status, body["error"]["code"]) == (500, "InternalServerError")


def test_answers_do_not_wait_for_an_acknowledgement(tmp_path: Path) -> None:
    with listen(tmp_path, "127.0.0.1", 0) as bound:
        assert bound.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_answer_goes_out_in_one_piece() -> None:
    written: list[bytes] = []
    turns: list[Any] = []
    inner = type(
        "Inner", (), {"write": staticmethod(written.append), "close": staticmethod(lambda: written.append(b"."))}
    )
    transport = Gathered(inner(), turns.append)  # type: ignore[arg-type]
    transport.write(b"head")
    transport.write(b"body")
    assert written == []
    turns.pop()()
    assert (written, turns) == ([b"headbody"], [])
    transport.write(b"last")
    transport.close()
    assert written == [b"headbody", b"last", b"."]
