"""Quota, models and capacities as the sandbox gives them, in ARM's shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from modelform.azure import SANDBOX_ENDPOINT, SANDBOX_SUBSCRIPTION, SANDBOX_TENANT, Arm, ArmError, Connection
from modelform.azure.facts import (
    Capacity,
    OfferedModel,
    OfferedSku,
    Usage,
    account_regions,
    capacities,
    models,
    offer_kind,
    usages,
)


@pytest.fixture(scope="module")
def arm() -> Iterator[Arm]:
    from modelform.sandbox import Credential, create_app
    from modelform.sandbox.transport import SandboxTransport

    transport = SandboxTransport(create_app(None))
    made = Arm(Connection(SANDBOX_ENDPOINT, SANDBOX_TENANT, SANDBOX_SUBSCRIPTION, Credential(), transport=transport))
    yield made
    made.close()


def test_usages(arm: Arm) -> None:
    found = usages(arm, "swedencentral")
    assert found
    assert all(name == usage.name and usage.limit >= usage.current for name, usage in found.items())


def test_models(arm: Arm) -> None:
    found = [model for model in models(arm, "swedencentral") if model.name == "Mistral-Large-3"]
    assert found
    assert found[0].format == "Mistral AI"
    sku = next(sku for sku in found[0].skus if sku.name == "GlobalStandard")
    assert sku.usage_name in usages(arm, "swedencentral")


def test_capacities(arm: Arm) -> None:
    model = next(model for model in models(arm, "swedencentral") if model.name == "Mistral-Large-3")
    found = capacities(arm, model.format, model.name, model.version)
    assert any(one.location == "swedencentral" and one.available > 0 for one in found)


def test_what_arm_sends_is_read(rig: Callable[..., Any]) -> None:
    name = {"value": "OpenAI.Standard.x", "localizedValue": "X"}
    made = rig({"body": {"value": [{"name": name, "currentValue": 7, "limit": 5}]}})
    found = usages(made.arm, "west")["OpenAI.Standard.x"]
    assert (found, found.left) == (Usage("OpenAI.Standard.x", 7, 5, "X"), 0)
    capacity = {"minimum": 1, "maximum": 9, "step": 1, "default": 5}
    model = {
        "format": "F",
        "name": "n",
        "version": "1",
        "skus": [{"name": "S", "usageName": "u", "capacity": capacity}],
    }
    made = rig({"body": {"value": [{"kind": "OpenAI", "model": model}, {"kind": "broken"}]}})
    assert models(made.arm, "west") == [OfferedModel("OpenAI", "F", "n", "1", skus=(OfferedSku("S", "u", 1, 9, 1, 5),))]
    made = rig({"body": {"value": [{"name": "S", "location": "west", "properties": {"availableCapacity": 3}}]}})
    assert capacities(made.arm, "F", "n", "1") == [Capacity("west", "S", 3)]


def test_account_regions_are_those_without_a_restriction(arm: Arm, rig: Callable[..., Any]) -> None:
    assert "swedencentral" in account_regions(arm)
    rows = [
        {"kind": "AIServices", "locations": ["SWEDENCENTRAL"], "restrictions": []},
        {"kind": "AIServices", "locations": ["East US 2"]},
        {"kind": "AIServices", "locations": ["WESTUS"], "restrictions": [{"type": "Location"}]},
        {"kind": "Speech", "locations": ["NORTHEUROPE"]},
    ]
    assert account_regions(rig({"body": {"value": rows}}).arm) == ["eastus2", "swedencentral"]


def test_the_kind_of_a_subscription(arm: Arm, rig: Callable[..., Any]) -> None:
    assert offer_kind(arm) == "PayAsYouGo_2014-09-01"
    assert offer_kind(rig({"body": {"subscriptionPolicies": "odd"}}).arm) == ""


@pytest.mark.parametrize(
    ("body", "ask"),
    [
        ("<html>sign in</html>", lambda arm: usages(arm, "west")),
        ({}, lambda arm: usages(arm, "west")),
        ({"value": {}}, lambda arm: models(arm, "west")),
        ({"value": [{"currentValue": 1, "limit": 2}]}, lambda arm: usages(arm, "west")),
        ({"value": [{"name": {"value": "x"}, "limit": "many"}]}, lambda arm: usages(arm, "west")),
        ({"value": [{"name": {"value": "x"}, "currentValue": True, "limit": 1}]}, lambda arm: usages(arm, "west")),
        ({"value": [{"name": {"value": "x"}, "currentValue": 1}]}, lambda arm: usages(arm, "west")),
        ({"value": [{"model": {"format": "F", "name": "n"}}]}, lambda arm: models(arm, "west")),
        ({"value": [{"properties": {"availableCapacity": 1}}]}, lambda arm: capacities(arm, "F", "n", "1")),
        ({"value": [{"location": "west", "properties": {}}]}, lambda arm: capacities(arm, "F", "n", "1")),
    ],
)
def test_nonsense_is_an_error_and_never_a_number(rig: Callable[..., Any], body: Any, ask: Callable[[Arm], Any]) -> None:
    with pytest.raises(ArmError) as caught:
        ask(rig({"body": body}).arm)
    assert caught.value.diagnostics[0].code == "azure.unexpected-answer"


def test_what_a_model_lacks_is_left_open(rig: Callable[..., Any]) -> None:
    model = {"format": "F", "name": "n", "version": "1", "capabilities": "none", "deprecation": None}
    sku = {"name": "S", "capacity": "odd", "cost": [{"name": "x"}, "odd", {"meterId": "a"}]}
    (found,) = models(rig({"body": {"value": [{"model": {**model, "skus": [sku, "odd"]}}]}}).arm, "west")
    assert (found.capabilities, found.retires) == ((), "")
    assert found.skus == (OfferedSku("S", "", meters=("a",)),)
