"""Fault plans: how they are read, whom they meet, and that a run repeats."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest

from modelform.errors import ModelformError
from modelform.sandbox.exchange import Dropped
from modelform.sandbox.faults import KINDS, Fault, Plan, load_plan, read_header, read_plan, rules
from modelform.sandbox.identity import TOKEN
from modelform.sandbox.transport import SandboxTransport

PLAN = """\
seed: 7
record: happened.jsonl
faults:
  - {kind: throttle, seconds: 0.5, chance: 0.25}
  - {kind: drop-after, methods: [put, delete], path: "*/Deployments/*", after: 1, times: 2}
"""


def test_a_plan_is_read(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN)
    plan = load_plan(file)
    assert (plan.seed, plan.record) == (7, tmp_path / "happened.jsonl")
    assert plan.faults == (
        Fault("throttle", seconds=0.5, chance=0.25),
        Fault("drop-after", methods=("PUT", "DELETE"), path="*/Deployments/*", after=1, times=2),
    )
    again = json.dumps({"seed": 7, "faults": [fault.to_json() for fault in plan.faults]})
    assert read_plan(again, "plan").faults == plan.faults


def test_an_empty_plan_has_no_faults() -> None:
    assert read_plan("", "plan") == Plan()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_asked_for_by_its_name_alone(kind: str) -> None:
    assert read_header(kind) == (Fault(kind),)


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("faults: [", "plan:1:10", "not YAML"),
        ("[]", "plan:1:1", "is a mapping"),
        ("seed: x", "plan:1:1", "`seed` is a whole number"),
        ("fault: []", "plan:1:1", "has no `fault`"),
        ("record: 1", "plan:1:1", "a file's name"),
        ("faults: 3", "plan:1:1", "`faults` is a list"),
        ("faults:\n  - throttle\n", "plan:2:5", "is a mapping with `kind`"),
        ("faults:\n  - {seconds: 1}\n", "plan:2:5", "a fault has a `kind`"),
        ("faults:\n  - {kind: throttel}\n", "plan:2:6", "no fault `throttel`"),
        ("faults:\n  - {kind: slow, reads: 1}\n", "plan:2:18", "`slow` has no `reads`"),
        ("faults:\n  - kind: slow\n    seconds: -1\n", "plan:3:5", "0 to 3600"),
        ("faults:\n  - {kind: slow, methods: [GET]}\n", "plan:2:18", "a list of PUT, PATCH, DELETE"),
        ("faults:\n  - {kind: throttle, chance: 2}\n", "plan:2:22", "a number from 0 to 1"),
        ("faults:\n  - {kind: error, status: 404}\n", "plan:2:19", "500, 502, 503 or 504"),
        ("faults:\n  - {kind: error, times: yes}\n", "plan:2:19", "a whole number"),
        ("faults:\n  - {kind: error, path: 3}\n", "plan:2:19", "a text"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_with_its_place(text: str, place: str, what: str) -> None:
    with pytest.raises(ModelformError) as caught:
        read_plan(text, "plan")
    [found] = caught.value.diagnostics
    assert what in found.summary
    assert str(found.span) == place


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ModelformError) as caught:
        read_plan("faults:\n  - {kind: slow, seconds: x}\n  - {kind: odd}\n", "plan")
    assert len(caught.value.diagnostics) == 2


def test_a_plan_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelformError, match="cannot be read: No such file"):
        load_plan(tmp_path / "none.yaml")


def test_chance_follows_from_the_seed_and_the_request_alone() -> None:
    def drawn(seed: int, order: list[str]) -> dict[str, list[bool]]:
        [rule] = rules(Plan((Fault("error", chance=0.3),), seed))
        found: dict[str, list[bool]] = {}
        for path in order:
            found.setdefault(path, []).append(rule.fires("GET", path))
        return found

    paths = [f"/a{n}" for n in range(20)]
    one = drawn(1, [path for _ in range(50) for path in paths])
    assert one == drawn(1, [path for path in reversed(paths) for _ in range(50)])
    assert one != drawn(2, [path for _ in range(50) for path in paths])
    assert 200 < sum(sum(found) for found in one.values()) < 400


def test_made_up_ids_do_not_change_what_happens() -> None:
    [rule] = rules(Plan((Fault("error", chance=0.5),)))
    ids = [f"{n:08x}-0000-4000-8000-00000000aaaa" for n in range(40)]
    [same] = rules(Plan((Fault("error", chance=0.5),)))
    assert [rule.fires("GET", f"/o/{id}") for id in ids] == [same.fires("GET", f"/o/{ids[0]}") for _ in ids]


# what happens to requests


def plan_of(*lines: dict[str, Any]) -> Plan:
    return read_plan(json.dumps({"faults": lines}), "plan")


def test_a_drop_before_does_nothing_and_a_drop_after_everything(sandbox: Callable[..., Any], bodies: Any) -> None:
    client = sandbox(faults=plan_of({"kind": "drop-before", "times": 1}))
    with pytest.raises(Dropped) as caught:
        client.send("PUT", "{group}", bodies.GROUP)
    assert not caught.value.done
    assert client.send("GET", "{group}").status == 404
    client.control.trouble.set(plan_of({"kind": "drop-after", "times": 1}))
    with pytest.raises(Dropped) as caught:
        client.send("PUT", "{group}", bodies.GROUP)
    assert caught.value.done
    assert client.send("GET", "{group}").status == 200


@pytest.mark.parametrize(
    ("kind", "error"), [("drop-before", ServiceRequestError), ("drop-after", ServiceResponseError)]
)
def test_azure_core_meets_a_drop_as_that_of_a_socket(
    sandbox: Callable[..., Any], kind: str, error: type[Exception]
) -> None:
    client = sandbox()
    headers = {"Authorization": f"Bearer {TOKEN}", "x-ms-sandbox-fault": kind}
    with pytest.raises(error, match="dropped the connection"):
        SandboxTransport(client.control).send(HttpRequest("GET", "https://any/subscriptions", headers=headers))


def test_a_token_that_expired_stays_so_and_a_new_one_works(sandbox: Callable[..., Any]) -> None:
    client = sandbox(authenticate=lambda token: token, faults=plan_of({"kind": "expire", "times": 1, "after": 1}))
    first, second = ({"authorization": f"Bearer {name}"} for name in ("first", "second"))
    assert client.send("GET", "/subscriptions", headers=first).status == 200
    for _ in range(3):
        answer = client.send("GET", "/subscriptions", headers=first)
        assert (answer.status, answer.body["error"]["code"]) == (401, "ExpiredAuthenticationToken")
    assert client.send("GET", "/subscriptions", headers=second).status == 200


def test_the_environment_names_a_plan(
    sandbox: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("record: happened.jsonl\nfaults: [{kind: error, status: 503, times: 1}]\n")
    monkeypatch.setenv("MODELFORM_SANDBOX_FAULTS", str(file))
    client = sandbox()
    assert [client.send("GET", "/subscriptions").status for _ in range(2)] == [503, 200]
    happened = (tmp_path / "happened.jsonl").read_text()
    assert json.loads(happened) == {"fault": "error", "method": "GET", "path": "/subscriptions"}


def test_the_api_sets_shows_and_clears_the_plan(client: Any, bodies: Any) -> None:
    here = "/_sandbox/faults"
    assert client.got(here) == {"seed": 0, "faults": [], "happened": {}}
    line = {"kind": "throttle", "methods": ["GET"], "path": "*/resourcegroups/rg", "times": 1}
    assert client.made(here, {"seed": 3, "faults": [line]})["faults"] == [{**line, "seen": 0, "fired": 0}]
    client.made("{group}", bodies.GROUP)
    assert [client.send("GET", "{group}").status for _ in range(2)] == [429, 200]
    assert client.got(here) == {"seed": 3, "faults": [{**line, "seen": 2, "fired": 1}], "happened": {"throttle": 1}}
    assert client.send("DELETE", here).status == 204
    assert client.got(here)["faults"] == []
    assert client.send("POST", here).status == 405


@pytest.mark.parametrize(
    ("plan", "what"),
    [({"faults": [{"kind": "odd"}]}, "no fault `odd`"), ({"record": "anywhere"}, "cannot have a 'record'")],
)
def test_a_wrong_plan_changes_nothing(client: Any, plan: Any, what: str) -> None:
    client.made("/_sandbox/faults", {"seed": 3})
    answer = client.send("PUT", "/_sandbox/faults", plan)
    assert (answer.status, answer.body["error"]["code"]) == (400, "InvalidFaultPlan")
    assert what in answer.body["error"]["message"]
    assert client.got("/_sandbox/faults")["seed"] == 3


def test_what_puts_nothing_on_an_operation_is_not_counted(client: Any, bodies: Any) -> None:
    client.control.trouble.set(plan_of({"kind": "fail"}))
    client.made("{group}", bodies.GROUP)
    assert client.control.trouble.standing()["happened"] == {}
    client.made("{account}", bodies.account())
    assert client.control.trouble.standing()["happened"] == {"fail": 1}


def test_faults_are_in_no_journal_but_what_they_let_happen_is(
    sandbox: Callable[..., Any], tmp_path: Path, bodies: Any
) -> None:
    lines = [{"kind": "error", "times": 1}, {"kind": "drop-after", "times": 1}]
    client = sandbox(journal=tmp_path / "journal.jsonl", faults=plan_of(*lines))
    assert client.send("PUT", "{group}", bodies.GROUP).status == 503
    with pytest.raises(Dropped):
        client.send("PUT", "{group}", bodies.GROUP)
    assert [json.loads(line)["status"] for line in (tmp_path / "journal.jsonl").read_text().splitlines()] == [201]
