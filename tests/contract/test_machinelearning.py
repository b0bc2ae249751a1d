"""azure-mgmt-machinelearningservices against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient

from modelform.sandbox import TENANT

WHERE = {"location": "swedencentral"}


@pytest.fixture
def parts(either: Any) -> dict[str, Any]:
    """What a workspace stands on, as its properties name it."""
    either.group()
    storage = {**WHERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    vault = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}
    account = either.client(StorageManagementClient).storage_accounts.begin_create("rg", f"st{either.tag}", storage)
    vaults = either.client(KeyVaultManagementClient).vaults
    kept = vaults.begin_create_or_update("rg", f"kv-{either.tag}", {**WHERE, "properties": vault})
    resources = either.client(ResourceManagementClient).resources
    insights = resources.begin_create_or_update(
        "rg",
        "Microsoft.Insights",
        "",
        "components",
        "insights",
        {**WHERE, "kind": "web", "properties": {"Application_Type": "web"}},
        api_version="2020-02-02",
    )
    return {
        "storageAccount": account.result().id,
        "keyVault": kept.result().id,
        "applicationInsights": insights.result().id,
    }


def test_workspaces(either: Any, parts: dict[str, Any]) -> None:
    client = either.client(MachineLearningServicesMgmtClient)
    body = {**WHERE, "identity": {"type": "SystemAssigned"}, "properties": parts}
    made = client.workspaces.begin_create_or_update("rg", "plain", body).result()
    assert made.name == "plain"
    assert client.workspaces.get("rg", "plain").provisioning_state == "Succeeded"
    assert [one.name for one in client.workspaces.list_by_resource_group("rg")] == ["plain"]
    assert [one.name for one in client.workspaces.list_by_subscription()] == ["plain"]
    changed = client.workspaces.update("rg", "plain", {"tags": {"a": "b"}, "properties": {"description": "for tests"}})
    assert (changed.tags, changed.description) == ({"a": "b"}, "for tests")
    assert client.workspaces.list_keys("rg", "plain").user_storage_key
    client.workspaces.begin_delete("rg", "plain").result()
    with pytest.raises(ResourceNotFoundError):
        client.workspaces.get("rg", "plain")
    with pytest.raises(HttpResponseError, match="Soft-deleted workspace exists"):
        client.workspaces.begin_create_or_update("rg", "plain", body)
    without = {name: id for name, id in parts.items() if name != "keyVault"}
    with pytest.raises(HttpResponseError, match="Missing dependent resources"):
        client.workspaces.begin_create_or_update("rg", "less", {**body, "properties": without})
