"""azure-mgmt-cognitiveservices against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

WHERE = {"location": "swedencentral", "identity": {"type": "SystemAssigned"}}
DEPLOYMENT = {
    "sku": {"name": "GlobalStandard", "capacity": 5},
    "properties": {"model": {"format": "Mistral AI", "name": "Mistral-Large-3", "version": "1"}},
}


@pytest.fixture
def account(either: Any) -> dict[str, Any]:
    """The body of an account whose subdomain nobody else has."""
    properties = {"customSubDomainName": f"models-{either.tag}", "allowProjectManagement": True}
    return {**WHERE, "kind": "AIServices", "sku": {"name": "S0"}, "properties": properties}


@pytest.fixture
def client(either: Any, account: dict[str, Any]) -> Any:
    either.group()
    found = either.client(CognitiveServicesManagementClient)
    made = found.accounts.begin_create("rg", "acc", account).result()
    assert made.properties.provisioning_state == "Succeeded"
    return found


def test_accounts(either: Any, client: Any) -> None:
    found = client.accounts.get("rg", "acc")
    assert found.properties.endpoints["AI Foundry API"] == f"https://models-{either.tag}.services.ai.azure.com/"
    assert found.identity.principal_id
    assert [one.name for one in client.accounts.list()] == ["acc"]
    assert [one.name for one in client.accounts.list_by_resource_group("rg")] == ["acc"]
    updated = client.accounts.begin_update("rg", "acc", {"tags": {"a": "b"}}).result()
    assert updated.tags == {"a": "b"}
    keys = client.accounts.list_keys("rg", "acc")
    assert client.accounts.regenerate_key("rg", "acc", "Key1").key1 != keys.key1
    assert {one.sku.name for one in client.accounts.list_skus("rg", "acc").value} == {"S0"}
    assert "Mistral-Large-3" in {one.name for one in client.accounts.list_models("rg", "acc")}
    domain = client.check_domain_availability(f"models-{either.tag}", "Microsoft.CognitiveServices/accounts")
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


def test_projects_hold_their_account(either: Any, client: Any) -> None:
    body = {**WHERE, "properties": {"displayName": "Legal"}}
    made = client.projects.begin_create("rg", "acc", "legal", body).result()
    assert made.properties.is_default
    at = f"https://models-{either.tag}.services.ai.azure.com/api/projects/legal"
    assert made.properties.endpoints["AI Foundry API"] == at
    changed = client.projects.begin_update("rg", "acc", "legal", {"properties": {"displayName": "Law"}}).result()
    assert (changed.properties.display_name, client.projects.get("rg", "acc", "legal").location) == (
        "Law",
        "swedencentral",
    )
    with pytest.raises(ResourceExistsError) as caught:  # azure-core's word for a 409
        client.accounts.begin_delete("rg", "acc").result()
    assert caught.value.error.code == "CannotDeleteResource"
    client.projects.begin_delete("rg", "acc", "legal").result()
    assert list(client.projects.list("rg", "acc")) == []


def test_deleted_accounts(client: Any, account: dict[str, Any]) -> None:
    client.accounts.begin_delete("rg", "acc").result()
    [deleted] = client.deleted_accounts.list()
    assert deleted.name == "acc"
    assert client.deleted_accounts.get("swedencentral", "rg", "acc").properties.deletion_date
    with pytest.raises(ResourceExistsError) as caught:
        client.accounts.begin_create("rg", "acc", account)
    assert caught.value.error.code == "FlagMustBeSetForRestore"
    client.deleted_accounts.begin_purge("swedencentral", "rg", "acc").result()
    assert list(client.deleted_accounts.list()) == []
    client.accounts.begin_create("rg", "acc", account).result()


def test_what_a_region_offers(client: Any) -> None:
    models = list(client.models.list("swedencentral"))
    large = next(one.model for one in models if one.model.name == "Mistral-Large-3")
    assert large.lifecycle_status in ("Preview", "GenerallyAvailable")
    assert {sku.name for sku in large.skus} >= {"GlobalStandard", "DataZoneStandard"}
    capacities = client.model_capacities.list("Mistral AI", "Mistral-Large-3", "1")
    assert "swedencentral" in {one.location for one in capacities}
    assert next(iter(client.resource_skus.list())).kind in ("OpenAI", "AIServices")
    here = client.location_based_model_capacities.list("swedencentral", "Mistral AI", "Mistral-Large-3", "1")
    assert {one.location for one in here} == {"swedencentral"}


def test_content_filters(client: Any) -> None:
    policy = {"properties": {"basePolicyName": "Microsoft.DefaultV2", "mode": "Blocking"}}
    assert client.rai_policies.create_or_update("rg", "acc", "strict", policy).properties.mode == "Blocking"
    names = {one.name for one in client.rai_policies.list("rg", "acc")}
    assert names == {"Microsoft.Default", "Microsoft.DefaultV2", "strict"}
    client.rai_policies.begin_delete("rg", "acc", "strict").result()
    with pytest.raises(ResourceNotFoundError):
        client.rai_policies.get("rg", "acc", "strict")


def test_connections(client: Any) -> None:
    client.projects.begin_create("rg", "acc", "legal", {**WHERE, "properties": {}}).result()
    key = {"authType": "ApiKey", "category": "CognitiveSearch", "target": "https://search.example.org"}
    body = {"properties": {**key, "credentials": {"key": "not told again"}}}
    for where, operations in ((("rg", "acc"), "account"), (("rg", "acc", "legal"), "project")):
        connections = getattr(client, f"{operations}_connections")
        made = connections.create(*where, "search", connection=body)
        assert (made.properties.category, made.properties.target) == ("CognitiveSearch", "https://search.example.org")
        assert getattr(made.properties.credentials, "key", None) is None
        assert connections.get(*where, "search").name == "search"
        elsewhere = {"properties": {**key, "target": "https://other.example.org"}}
        assert connections.update(*where, "search", connection=elsewhere).properties.target == (
            "https://other.example.org"
        )
        assert [one.name for one in connections.list(*where)] == ["search"]
        connections.delete(*where, "search")
        with pytest.raises(ResourceNotFoundError):
            connections.get(*where, "search")


def test_capability_hosts(client: Any) -> None:
    client.projects.begin_create("rg", "acc", "legal", {**WHERE, "properties": {}}).result()
    body = {"properties": {"capabilityHostKind": "Agents"}}
    hosts = client.account_capability_hosts
    made = hosts.begin_create_or_update("rg", "acc", "agents", body).result()
    assert (made.name, made.properties.provisioning_state) == ("agents", "Succeeded")
    assert hosts.get("rg", "acc", "agents").properties.capability_host_kind == "Agents"
    with pytest.raises(ResourceExistsError) as second:
        hosts.begin_create_or_update("rg", "acc", "more", body)
    assert second.value.error.code == "Conflict"
    inner = client.project_capability_hosts
    inner.begin_create_or_update("rg", "acc", "legal", "agents", body).result()
    assert inner.get("rg", "acc", "legal", "agents").name == "agents"
    inner.begin_delete("rg", "acc", "legal", "agents").result()
    hosts.begin_delete("rg", "acc", "agents").result()
    with pytest.raises(ResourceNotFoundError):
        hosts.get("rg", "acc", "agents")


def test_private_endpoint_connections(client: Any) -> None:
    assert client.private_endpoint_connections.list("rg", "acc").value == []
    [link] = client.private_link_resources.list("rg", "acc").value
    assert "privatelink.openai.azure.com" in link.properties.required_zone_names
    with pytest.raises(ResourceNotFoundError):
        client.private_endpoint_connections.get("rg", "acc", "none")
