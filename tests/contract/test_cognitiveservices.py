"""azure-mgmt-cognitiveservices against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

ACCOUNT = {
    "location": "swedencentral",
    "kind": "AIServices",
    "sku": {"name": "S0"},
    "identity": {"type": "SystemAssigned"},
    "properties": {"customSubDomainName": "models", "allowProjectManagement": True},
}
DEPLOYMENT = {
    "sku": {"name": "GlobalStandard", "capacity": 5},
    "properties": {"model": {"format": "Mistral AI", "name": "Mistral-Large-3", "version": "1"}},
}


@pytest.fixture
def client(make: Callable[..., Any]) -> Any:
    make(ResourceManagementClient).resource_groups.create_or_update("rg", {"location": "swedencentral"})
    found = make(CognitiveServicesManagementClient)
    made = found.accounts.begin_create("rg", "acc", ACCOUNT).result()
    assert made.properties.provisioning_state == "Succeeded"
    return found


def test_accounts(client: Any) -> None:
    account = client.accounts.get("rg", "acc")
    assert account.properties.endpoints["AI Foundry API"] == "https://models.services.ai.azure.com/"
    assert account.identity.principal_id
    assert [one.name for one in client.accounts.list()] == ["acc"]
    updated = client.accounts.begin_update("rg", "acc", {"tags": {"a": "b"}}).result()
    assert updated.tags == {"a": "b"}
    keys = client.accounts.list_keys("rg", "acc")
    assert client.accounts.regenerate_key("rg", "acc", "Key1").key1 != keys.key1
    domain = client.check_domain_availability("models", "Microsoft.CognitiveServices/accounts")
    assert domain.is_subdomain_available is False


def test_deployments(client: Any) -> None:
    made = client.deployments.begin_create_or_update("rg", "acc", "large", DEPLOYMENT).result()
    assert (made.properties.provisioning_state, made.sku.capacity) == ("Succeeded", 5)
    assert made.properties.rate_limits[1].count == 5000
    patched = client.deployments.begin_update("rg", "acc", "large", {"sku": {"name": "GlobalStandard", "capacity": 6}})
    assert patched.result().sku.capacity == 6
    assert [one.name for one in client.deployments.list("rg", "acc")] == ["large"]
    usages = {one.name.value: one for one in client.usages.list("swedencentral")}
    assert usages["AIServices.GlobalStandard.Mistral-Large-3"].current_value == 6
    client.deployments.begin_delete("rg", "acc", "large").result()
    with pytest.raises(ResourceNotFoundError):
        client.deployments.get("rg", "acc", "large")


def test_refusals_are_what_the_client_raises_on_azure(client: Any) -> None:
    too_much = {**DEPLOYMENT, "sku": {"name": "GlobalStandard", "capacity": 100_000}}
    with pytest.raises(HttpResponseError) as caught:
        client.deployments.begin_create_or_update("rg", "acc", "large", too_much)
    assert caught.value.error.code == "InsufficientQuota"
    with pytest.raises(ResourceNotFoundError) as missing:
        client.deployments.begin_create_or_update("rg", "none", "large", DEPLOYMENT)
    assert missing.value.error.code == "ParentResourceNotFound"


def test_projects_hold_their_account(client: Any) -> None:
    body = {"location": "swedencentral", "identity": {"type": "SystemAssigned"}, "properties": {"displayName": "Legal"}}
    made = client.projects.begin_create("rg", "acc", "legal", body).result()
    assert made.properties.is_default
    assert made.properties.endpoints["AI Foundry API"] == "https://models.services.ai.azure.com/api/projects/legal"
    with pytest.raises(ResourceExistsError) as caught:  # azure-core's word for a 409
        client.accounts.begin_delete("rg", "acc").result()
    assert caught.value.error.code == "CannotDeleteResource"
    client.projects.begin_delete("rg", "acc", "legal").result()
    assert list(client.projects.list("rg", "acc")) == []


def test_deleted_accounts(client: Any) -> None:
    client.accounts.begin_delete("rg", "acc").result()
    [deleted] = client.deleted_accounts.list()
    assert deleted.name == "acc"
    with pytest.raises(ResourceExistsError) as caught:
        client.accounts.begin_create("rg", "acc", ACCOUNT)
    assert caught.value.error.code == "FlagMustBeSetForRestore"
    client.deleted_accounts.begin_purge("swedencentral", "rg", "acc").result()
    assert list(client.deleted_accounts.list()) == []
    client.accounts.begin_create("rg", "acc", ACCOUNT).result()


def test_what_a_region_offers(client: Any) -> None:
    models = list(client.models.list("swedencentral"))
    large = next(one.model for one in models if one.model.name == "Mistral-Large-3")
    assert large.lifecycle_status in ("Preview", "GenerallyAvailable")
    assert {sku.name for sku in large.skus} >= {"GlobalStandard", "DataZoneStandard"}
    capacities = client.model_capacities.list("Mistral AI", "Mistral-Large-3", "1")
    assert "swedencentral" in {one.location for one in capacities}
    assert next(iter(client.resource_skus.list())).kind in ("OpenAI", "AIServices")


def test_content_filters(client: Any) -> None:
    policy = {"properties": {"basePolicyName": "Microsoft.DefaultV2", "mode": "Blocking"}}
    assert client.rai_policies.create_or_update("rg", "acc", "strict", policy).properties.mode == "Blocking"
    names = {one.name for one in client.rai_policies.list("rg", "acc")}
    assert names == {"Microsoft.Default", "Microsoft.DefaultV2", "strict"}
    client.rai_policies.begin_delete("rg", "acc", "strict").result()
