"""Quota, models and capacities as the sandbox gives them, in ARM's shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from modelform.azure import SANDBOX_ENDPOINT, SANDBOX_SUBSCRIPTION, SANDBOX_TENANT, Arm, Connection
from modelform.azure.facts import Capacity, OfferedModel, OfferedSku, Usage, capacities, models, usages


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
