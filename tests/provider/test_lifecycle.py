"""The whole life of every type, on the sandbox: created, read, imported, changed, deleted."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelform.azure import ArmError
from modelform.azure.accounts import deleted_accounts, holder, purge, recover
from modelform.errors import ProviderError
from modelform.provider import ROWS, AzureNative
from modelform.provider.body import to_body
from modelform.seam import DiffChanges
from modelform.values import UNKNOWN, Properties, Secret, bare, has_unknown

STACK = yaml.safe_load((Path(__file__).parent / "stack.yaml").read_text())


@dataclass
class Made:
    """One resource of the stack as an engine would keep it."""

    key: str
    type: str
    urn: str
    id: str
    inputs: Properties
    outputs: Properties
    preview: Properties
    change: Properties


def filled(value: Any, ids: dict[str, str]) -> Any:
    text = json.dumps(value)
    for key, id in ids.items():
        text = text.replace(f"{{{key}}}", id)
    return json.loads(text)


def make(provider: Any, resource: dict[str, Any], ids: dict[str, str]) -> Made:
    urn = f"urn:pulumi:s::p::{resource['token']}::{resource['key']}"
    group = {} if ROWS[resource["token"]].extends else {"resourceGroupName": "rg"}
    news = filled({**group, **resource["inputs"]}, ids)
    checked = provider.check(urn, resource["token"], {}, news, b"seed")
    assert checked.failures == ()
    preview = provider.create(urn, resource["token"], checked.inputs, 0, True).outputs
    found = provider.create(urn, resource["token"], checked.inputs, 60, False)
    assert provider.read(urn, resource["token"], found.id, checked.inputs, found.outputs).outputs == found.outputs
    change = {**checked.inputs, **resource.get("change", {})}
    return Made(resource["key"], resource["token"], urn, found.id, checked.inputs, found.outputs, preview, change)


@pytest.fixture
def stack(rig: Any) -> list[Made]:
    made: list[Made] = []
    for resource in STACK:
        made.append(make(rig.provider, resource, {one.key: one.id for one in made}))
    return made


def test_every_type_is_in_the_stack() -> None:
    assert {resource["token"] for resource in STACK} == set(ROWS)


def test_the_life_of_every_type(rig: Any, stack: list[Made]) -> None:
    provider = rig.provider
    for one in stack:
        unchanged(provider, one)
    for one in stack:
        if one.change != one.inputs:
            changed(provider, one)
    for one in reversed(stack):
        provider.delete(one.urn, one.type, one.id, one.inputs, one.outputs, 60)
        assert provider.read(one.urn, one.type, one.id, one.inputs, one.outputs).id == ""
        assert provider.locate(one.urn, one.type, one.inputs) is None
        provider.delete(one.urn, one.type, one.id, one.inputs, one.outputs, 60)


def unchanged(provider: Any, one: Made) -> None:
    row = ROWS[one.type]
    assert provider.diff(one.urn, one.type, one.id, one.outputs, one.inputs, one.inputs, ()).changes is DiffChanges.NONE
    again = provider.read(one.urn, one.type, one.id, one.inputs, one.outputs)
    assert (again.id, again.inputs) == (one.id, one.inputs), one.key
    one.outputs = again.outputs  # children may have left their traces
    imported = provider.read(one.urn, one.type, one.id, {}, {})
    assert imported.inputs == one.inputs, f"an import of {one.key} is not clean"
    assert provider.locate(one.urn, one.type, one.inputs) == one.id
    with pytest.raises(ProviderError, match="already existing"):
        provider.create(one.urn, one.type, one.inputs, 0, False)
    assert not has_unknown(one.outputs)
    assert set(one.outputs) <= set(one.preview), "an output that no preview has"
    for name in row.path_names - {"name"}:
        assert one.outputs[name] == one.inputs[name]
    assert one.outputs["azureApiVersion"] == row.api_version
    assert bare(one.outputs["type"]).lower() == row.arm_type.lower()
    assert all(isinstance(one.outputs[name], Secret) for name in row.secrets if name in one.outputs)


def changed(provider: Any, one: Made) -> None:
    found = provider.diff(one.urn, one.type, one.id, one.outputs, one.inputs, one.change, ())
    assert (found.changes, found.replaces) == (DiffChanges.SOME, ())
    arguments = (one.urn, one.type, one.id, one.outputs, one.inputs, one.change, 60, ())
    preview = provider.update(*arguments, True)
    outputs = provider.update(*arguments, False)
    for name, value in outputs.items():
        told = preview.get(name)
        if told is not UNKNOWN and not has_unknown(told) and name not in found.diffs:
            assert told == value, f"the preview of {one.key} was wrong about {name}"
    read = provider.read(one.urn, one.type, one.id, one.change, outputs)
    assert read.inputs == one.change
    assert read.outputs == outputs
    one.inputs, one.outputs = one.change, outputs


def test_drift_shows_and_an_undeclared_one_does_not(rig: Any, stack: list[Made]) -> None:
    deployment = next(one for one in stack if one.key == "deployment")
    live = rig.arm.get(deployment.id, "2025-06-01")
    body = {"sku": {"name": "DataZoneStandard", "capacity": 15}, "properties": live["properties"], "tags": {"a": "1"}}
    for name in ("provisioningState", "capabilities", "rateLimits", "callRateLimit", "currentCapacity"):
        body["properties"].pop(name, None)
    rig.arm.put(deployment.id, "2025-06-01", body)
    found = rig.provider.read(deployment.urn, deployment.type, deployment.id, deployment.inputs, deployment.outputs)
    assert found.inputs == {**deployment.inputs, "sku": {"name": "DataZoneStandard", "capacity": 15}}
    assert found.outputs["tags"] == {"a": "1"}


def test_a_name_that_a_deleted_account_holds(rig: Any) -> None:
    group, account, project = (make(rig.provider, STACK[0], {}), make(rig.provider, STACK[1], {}), None)
    project = make(rig.provider, STACK[2], {})
    for one in (project, account):
        rig.provider.delete(one.urn, one.type, one.id, one.inputs, one.outputs, 0)
    row = ROWS[account.type]
    held = holder(deleted_accounts(rig.arm), row.arm_type, account.id, "mf-acc")
    assert held is not None
    assert held.purge_at
    with pytest.raises(ArmError) as caught:
        make(rig.provider, STACK[1], {})
    assert caught.value.diagnostics[0].code == "azure.name-soft-deleted"
    recover(rig.arm, held, to_body(row, account.inputs))
    assert rig.provider.read(account.urn, account.type, account.id, account.inputs, account.outputs).id == account.id
    assert deleted_accounts(rig.arm) == []
    rig.provider.delete(account.urn, account.type, account.id, account.inputs, account.outputs, 0)
    purge(rig.arm, deleted_accounts(rig.arm)[0])
    assert make(rig.provider, STACK[1], {}).id == account.id
    assert group.id


def test_quota_is_refused_with_what_to_do(rig: Any) -> None:
    make(rig.provider, STACK[0], {})
    make(rig.provider, STACK[1], {})
    greedy = {**STACK[3], "inputs": {**STACK[3]["inputs"], "sku": {"name": "DataZoneStandard", "capacity": 100000}}}
    with pytest.raises(ArmError) as caught:
        make(rig.provider, greedy, {})
    assert caught.value.diagnostics[0].code == "quota.exceeded"
    assert caught.value.partial is None
    assert "capacity" in caught.value.diagnostics[0].hint


@pytest.mark.parametrize("rig", [0.05], indirect=True)
def test_writers_that_do_not_know_of_each_other_wait_for_each_other(rig: Any) -> None:
    make(rig.provider, STACK[0], {})
    make(rig.provider, STACK[1], {})

    def write(name: str) -> str:
        alone = AzureNative(lambda _: rig.arm)  # another process, as it were: it shares no lock with the others
        alone.configure({"subscriptionId": rig.arm.connection.subscription})
        inputs = {**STACK[3]["inputs"], "deploymentName": name, "sku": {"name": "GlobalStandard", "capacity": 1}}
        return make(alone, {**STACK[3], "inputs": inputs}, {}).id

    with ThreadPoolExecutor(6) as pool:
        made = sorted(pool.map(write, (f"d-{n}" for n in range(6))))
    account = rig.provider.locate("u", STACK[1]["token"], {**STACK[1]["inputs"], "resourceGroupName": "rg"})
    assert sorted(item["id"] for item in rig.arm.items(f"{account}/deployments", "2025-06-01")) == made
    assert 409 in rig.statuses
