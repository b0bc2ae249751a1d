"""azure-mgmt-resource against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.resource.resources import ResourceManagementClient

WHERE = {"location": "swedencentral"}


def test_resource_groups(make: Callable[..., Any]) -> None:
    client = make(ResourceManagementClient)
    made = client.resource_groups.create_or_update("rg", {"location": "swedencentral", "tags": {"a": "b"}})
    assert (made.name, made.location, made.properties.provisioning_state) == ("rg", "swedencentral", "Succeeded")
    assert client.resource_groups.check_existence("rg")
    assert client.resource_groups.update("rg", {"tags": {"c": "d"}}).tags == {"c": "d"}
    assert [group.name for group in client.resource_groups.list()] == ["rg"]
    client.resource_groups.begin_delete("rg").result()
    assert not client.resource_groups.check_existence("rg")
    with pytest.raises(ResourceNotFoundError) as caught:
        client.resource_groups.get("rg")
    assert caught.value.error.code == "ResourceGroupNotFound"


def test_providers_and_resources(either: Any, make: Callable[..., Any]) -> None:
    client = make(ResourceManagementClient)
    assert "Microsoft.CognitiveServices" in [provider.namespace for provider in client.providers.list()]
    assert client.providers.get("Microsoft.Storage").registration_state == "Registered"
    client.resource_groups.create_or_update("rg", {"location": "swedencentral"})
    body = {"location": "swedencentral", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}}
    where = ("Microsoft.Storage", "", "storageAccounts", f"st{either.tag}", body)
    made = client.resources.begin_create_or_update("rg", *where, api_version="2024-01-01").result()
    assert made.properties["provisioningState"] == "Succeeded"
    assert [one.name for one in client.resources.list_by_resource_group("rg")] == [f"st{either.tag}"]
    client.resource_groups.create_or_update("two", {"location": "swedencentral"})
    with pytest.raises(HttpResponseError, match="already taken"):
        client.resources.begin_create_or_update("two", *where, api_version="2024-01-01")


IDENTITY = ("Microsoft.ManagedIdentity/userAssignedIdentities", "2023-01-31")
LOGS = ("Microsoft.OperationalInsights/workspaces", "2023-09-01")
BUDGET = {"category": "Cost", "amount": 100, "timeGrain": "Monthly"}
BODIES: dict[tuple[str, str], Any] = {
    IDENTITY: WHERE,
    LOGS: {**WHERE, "properties": {"sku": {"name": "PerGB2018"}}},
    ("Microsoft.Insights/components", "2020-02-02"): {
        **WHERE,
        "kind": "web",
        "properties": {"Application_Type": "web"},
    },
    ("Microsoft.ContainerRegistry/registries", "2023-07-01"): {**WHERE, "sku": {"name": "Premium"}},
    ("Microsoft.Authorization/locks", "2020-05-01"): {"properties": {"level": "CanNotDelete"}},
}


@pytest.mark.parametrize("type", list(BODIES), ids=[type for type, _ in BODIES])
def test_types_that_only_the_generic_client_covers(cloud: Any, type: tuple[str, str]) -> None:
    name, version = type
    resources = cloud.client(ResourceManagementClient).resources
    id = f"{cloud.group()}/providers/{name}/made{cloud.tag}"
    made = resources.begin_create_or_update_by_id(id, BODIES[type], api_version=version).result()
    assert (made.id, made.type) == (id, name)
    assert resources.get_by_id(id, api_version=version).name == f"made{cloud.tag}"
    if "location" in BODIES[type]:
        changed = resources.begin_update_by_id(id, {"tags": {"a": "b"}}, api_version=version).result()
        assert changed.tags == {"a": "b"}
        assert [one.id for one in resources.list_by_resource_group("rg")] == [id]
    resources.begin_delete_by_id(id, api_version=version).result()
    with pytest.raises(ResourceNotFoundError):
        resources.get_by_id(id, api_version=version)


def test_diagnostic_settings_and_budgets(cloud: Any) -> None:
    """Extension resources: at a resource, and at a group."""
    resources = cloud.client(ResourceManagementClient).resources
    group = cloud.group()
    logs = f"{group}/providers/{LOGS[0]}/logs"
    resources.begin_create_or_update_by_id(logs, BODIES[LOGS], api_version=LOGS[1]).result()
    account = f"{group}/providers/Microsoft.CognitiveServices/accounts/acc"
    body = {**WHERE, "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}}
    resources.begin_create_or_update_by_id(account, body, api_version="2025-06-01").result()

    version = "2021-05-01-preview"
    setting = f"{account}/providers/Microsoft.Insights/diagnosticSettings/all"
    wanted = {"properties": {"workspaceId": logs, "logs": [{"categoryGroup": "allLogs", "enabled": True}]}}
    made = resources.begin_create_or_update_by_id(setting, wanted, api_version=version).result()
    assert made.properties["workspaceId"] == logs
    with pytest.raises(HttpResponseError, match="already used in diagnostic setting"):
        resources.begin_create_or_update_by_id(setting + "-again", wanted, api_version=version)
    resources.begin_delete_by_id(setting, api_version=version).result()
    with pytest.raises(ResourceNotFoundError):
        resources.get_by_id(setting, api_version=version)

    budget = f"{group}/providers/Microsoft.Consumption/budgets/monthly"
    body = {"properties": {**BUDGET, "timePeriod": {"startDate": f"{datetime.now(UTC):%Y-%m}-01T00:00:00Z"}}}
    made = resources.begin_create_or_update_by_id(budget, body, api_version="2024-08-01").result()
    assert made.properties["amount"] == 100
    resources.begin_delete_by_id(budget, api_version="2024-08-01").result()
    with pytest.raises(ResourceNotFoundError):
        resources.get_by_id(budget, api_version="2024-08-01")
