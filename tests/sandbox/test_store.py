"""What the sandbox holds survives restarts, many writers and a full disk; a database that cannot be read is said."""

from __future__ import annotations

import copy
import gc
import json
import multiprocessing
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from modelform.errors import Exit, LockedError, StateError
from modelform.sandbox import SUBSCRIPTION, reset, status, store
from modelform.sandbox.app import create_control
from modelform.sandbox.exchange import Request
from modelform.sandbox.identity import TOKEN


def test_operations_go_on_over_a_restart(sandbox: Callable[..., Any], bodies: Any) -> None:
    first = sandbox(latency=10)
    first.made("{group}", bodies.GROUP)
    begun = first.send("PUT", "{account}", bodies.account())
    first.control.store.close()
    second = sandbox(latency=10)
    assert second.follow(begun).body["status"] == "InProgress"
    assert second.send("PUT", "{account}/deployments/d", bodies.deployment()).status == 409
    second.clock.now += 10
    assert second.follow(begun).body["status"] == "Succeeded"
    assert second.send("PUT", "{account}/deployments/d", bodies.deployment()).status == 201


def test_a_deletion_is_finished_by_time_alone(sandbox: Callable[..., Any], bodies: Any) -> None:
    first = sandbox(latency=10)
    first.made("{group}", bodies.GROUP)
    first.made("{account}", bodies.account())
    first.clock.now += 10
    first.send("DELETE", "{group}")
    first.control.store.close()
    second = sandbox()
    second.clock.now += 10
    assert second.send("GET", "{group}").status == 404
    assert [
        one["name"] for one in second.got("{sub}/providers/Microsoft.CognitiveServices/deletedAccounts")["value"]
    ] == ["acc"]


def test_who_has_a_deprecated_model_can_have_more_of_it(sandbox: Callable[..., Any], bodies: Any) -> None:
    before = sandbox()
    living = copy.deepcopy(dict(before.control.offers.data))
    older = next(model for model in living["models"] if model["name"] == "gpt-older")
    older["lifecycle"]["status"] = "ga"
    body = bodies.deployment(format="OpenAI", name="gpt-older", sku="Standard")
    client = sandbox(catalogue=living)
    client.made("{group}", bodies.GROUP)
    client.made("{account}", bodies.account())
    client.made("{account}/deployments/one", body)
    assert before.send("PUT", "{account}/deployments/two", body).status == 201


def test_a_retired_model_stays_where_it_is_deployed(sandbox: Callable[..., Any], bodies: Any) -> None:
    client = sandbox()
    client.made("{group}", bodies.GROUP)
    client.made("{account}", bodies.account())
    body = bodies.deployment(format="OpenAI", name="gpt-old", sku="Standard")
    client.made("{account}/deployments/d", body)
    client.clock.now += 30 * 86400
    assert client.send("PUT", "{account}/deployments/d", {**body, "tags": {"a": "b"}}).status == 200
    assert client.send("PUT", "{account}/deployments/e", body).body["error"]["code"] == "ServiceModelDeprecated"


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    create_control(tmp_path).store.close()
    with sqlite3.connect(tmp_path / "sandbox.db") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StateError) as caught:
        create_control(tmp_path)
    [found] = caught.value.diagnostics
    assert caught.value.exit_code == Exit.FAILED
    assert (found.code, "99" in found.summary, "modelform sandbox reset" in found.hint) == (
        "sandbox.version",
        True,
        True,
    )


@pytest.mark.parametrize(
    "content", [b"not a database, but text of some length" * 40, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sandbox.db").write_bytes(content)
    with pytest.raises(StateError, match="cannot be read") as caught:
        create_control(tmp_path)
    assert "modelform sandbox reset" in caught.value.diagnostics[0].hint
    with pytest.raises(StateError, match="cannot be read"):
        status(tmp_path)
    assert reset(tmp_path)
    create_control(tmp_path).store.close()


def test_a_database_that_is_only_out_of_reach_is_not_to_be_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "sandbox.db").mkdir(parents=True)
    with pytest.raises(StateError, match="cannot be used") as caught:
        create_control(tmp_path / "a")
    hints = [caught.value.diagnostics[0].hint]
    (tmp_path / "b").mkdir()
    monkeypatch.setattr(store, "WAIT", 0.1)
    with closing(sqlite3.connect(tmp_path / "b" / "sandbox.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StateError, match="cannot be used: database is locked") as caught:
            create_control(tmp_path / "b")
    hints.append(caught.value.diagnostics[0].hint)
    assert ("write it" in hints[0], "wait" in hints[1], "reset" in " ".join(hints)) == (True, True, False)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "sandbox.db") as database:
        database.execute("CREATE TABLE notes (text)")
    with pytest.raises(StateError, match="not a sandbox's"):
        create_control(tmp_path)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="folder"):
        create_control(tmp_path / "file" / "data")


def test_a_database_that_is_cut_short_is_refused(sandbox: Callable[..., Any], bodies: Any, tmp_path: Path) -> None:
    client = sandbox()
    for n in range(20):
        client.made(f"{{sub}}/resourceGroups/group{n}", {**bodies.GROUP, "tags": {"text": "x" * 1000}})
    client.control.store.close()
    file = tmp_path / "data" / "sandbox.db"
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2 // 4096 * 4096)
    with pytest.raises(StateError, match="cannot be read"):
        sandbox()


def test_a_database_that_is_damaged_inside_is_an_answer(
    sandbox: Callable[..., Any], bodies: Any, tmp_path: Path
) -> None:
    client = sandbox()
    for n in range(20):
        client.made(f"{{sub}}/resourceGroups/group{n}", {**bodies.GROUP, "tags": {"text": "x" * 1000}})
    client.control.store.close()
    file = tmp_path / "data" / "sandbox.db"
    with file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(b"\xff" * (file.stat().st_size - 4096))
    answer = sandbox().send("GET", "{sub}/resourceGroups")
    assert answer.status == 500
    assert "modelform sandbox reset" in answer.body["error"]["message"]


def test_a_full_disk_refuses_and_loses_nothing(sandbox: Callable[..., Any], bodies: Any) -> None:
    client = sandbox()
    client.made("{group}", bodies.GROUP)
    connection = client.control.store._connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    answers = [
        client.send("PUT", f"{{sub}}/resourceGroups/g{n}", {**bodies.GROUP, "tags": {"text": "x" * 2000}})
        for n in range(8)
    ]
    refused = [answer for answer in answers if answer.status == 507]
    assert refused
    assert refused[0].body["error"]["code"] == "InsufficientStorage"
    made = [n for n, answer in enumerate(answers) if answer.status == 201]
    connection.execute("PRAGMA max_page_count = 1000000")
    names = {item["name"] for item in client.got("{sub}/resourceGroups")["value"]}
    assert names == {"rg", *(f"g{n}" for n in made)}
    assert client.send("PUT", "{sub}/resourceGroups/late", bodies.GROUP).status == 201


def test_sixteen_threads_write_at_once(sandbox: Callable[..., Any], bodies: Any) -> None:
    client = sandbox()
    client.made("{group}", bodies.GROUP)
    for n in range(4):
        client.made(f"{{cognitive}}/accounts/acc{n}", bodies.account(f"acc{n}"))

    def write(n: int) -> int:
        path = f"{{cognitive}}/accounts/acc{n % 4}/deployments/d{n}"
        status = client.send("PUT", path, bodies.deployment(capacity=100)).status
        client.got("{cognitive}/accounts")
        return int(status)

    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(write, range(48)))
    # 1000 units of quota are there for 48 that want 100 each, and at most 3 fit an account
    assert statuses == {201: 10, 400: 38}
    usages = client.got("{sub}/providers/Microsoft.CognitiveServices/locations/swedencentral/usages")["value"]
    [large] = [one for one in usages if one["name"]["value"] == "AIServices.GlobalStandard.Mistral-Large-3"]
    assert (large["currentValue"], large["limit"]) == (1000, 1000)


def _write_groups(folder: Path, name: str, results: Any) -> None:
    control = create_control(folder)
    for n in range(25):
        path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}{n}"
        body = json.dumps({"location": "swedencentral"}).encode()
        headers = {"authorization": f"Bearer {TOKEN}"}
        results.put(control.handle(Request("PUT", path, {"api-version": "2024-03-01"}, headers, body)).status)


@pytest.mark.slow
def test_several_processes_share_a_database(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    workers = [context.Process(target=_write_groups, args=(tmp_path, name, results)) for name in "abc"]
    for worker in workers:
        worker.start()
    assert [results.get(timeout=60) for _ in range(75)] == [201] * 75
    for worker in workers:
        worker.join(30)
    assert status(tmp_path).resources == 75


def test_standing_tells_what_there_is(sandbox: Callable[..., Any], bodies: Any, tmp_path: Path) -> None:
    assert not status(tmp_path / "data").exists
    assert not reset(tmp_path / "data")
    client = sandbox()
    client.made("{group}", bodies.GROUP)
    client.made("{account}", bodies.account())
    client.made("{cognitive}/accounts/two", bodies.account("two"))
    client.send("DELETE", "{cognitive}/accounts/two")
    found = status(tmp_path / "data")
    counts = {row.type: row.count for row in found.types if row.count}
    assert counts == {"Microsoft.Resources/resourceGroups": 1, "Microsoft.CognitiveServices/accounts": 1}
    assert (found.resources, found.deleted, found.subscriptions) == (2, 1, (SUBSCRIPTION,))
    assert {row.evidence for row in found.types} <= {"live-verified", "recorded", "documented", "guessed"}
    with pytest.raises(LockedError, match="is in use"):
        reset(tmp_path / "data")
    client.control.store.close()
    assert reset(tmp_path / "data")
    assert not (tmp_path / "data" / "sandbox.db").exists()


@pytest.mark.parametrize("first", ["modelform.sandbox.standing", "modelform.sandbox.retail"])
def test_what_holds_the_sandbox_can_be_loaded_before_the_sandbox(first: str) -> None:
    found = subprocess.run([sys.executable, "-c", f"import {first}"], capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stderr) == (0, "")


def test_a_sandbox_without_a_folder_goes_with_its_control() -> None:
    control = create_control(None)
    file = control.store.file
    assert file.exists()
    del control
    gc.collect()
    assert not file.exists()
