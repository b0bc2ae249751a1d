"""azure-ai-ml's MLClient against the sandbox: pointed at it by the variables that `sandbox serve` prints."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.storage import StorageManagementClient

from modelform.sandbox import TENANT
from modelform.sandbox.server import Service

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

WHERE = {"location": "swedencentral"}
MODEL = "azureml://registries/azureml-mistral/models/mistral-small-2503"


@pytest.fixture
def client(cloud: Any, service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of a group with a storage account and a vault; it waits as long as operations here take."""
    from azure.ai.ml import MLClient
    from azure.ai.ml._azure_environments import _get_base_url_from_metadata
    from azure.ai.ml._restclient.arm_ml_service.models import PublicNetworkAccessType
    from azure.ai.ml.constants._common import LROConfigurations

    for name in ("ARM_CLOUD_METADATA_URL", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, service.environment[name])
    monkeypatch.setattr(LROConfigurations, "SLEEP_TIME", 0.05)
    monkeypatch.setattr(LROConfigurations, "POLL_INTERVAL", 0.05)
    # 1.35.2 writes a project's network access into the template's parameters as `PublicNetworkAccessType.ENABLED`,
    # which is none of the values that its template allows.
    monkeypatch.setattr(PublicNetworkAccessType, "__str__", lambda self: self.value)
    cloud.group()
    made = MLClient(cloud.credential, cloud.subscription, "rg", "project", enable_telemetry=False, show_progress=False)
    assert _get_base_url_from_metadata() == service.url  # else it would ask Azure itself
    yield made
    os.environ.pop("AZUREML_CURRENT_CLOUD", None)  # the client leaves it behind


@pytest.fixture
def parts(cloud: Any) -> dict[str, str]:
    """What a hub may stand on."""
    storage = {**WHERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    vault = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}
    accounts = cloud.client(StorageManagementClient).storage_accounts
    vaults = cloud.client(KeyVaultManagementClient).vaults
    return {
        "storage_account": accounts.begin_create("rg", f"st{cloud.tag}", storage).result().id,
        "key_vault": vaults.begin_create_or_update("rg", f"kv-{cloud.tag}", {**WHERE, "properties": vault}).result().id,
    }


def hub(client: Any, **parts: str) -> Any:
    """Makes a hub, on `parts` or on a storage account and a vault of its own."""
    from azure.ai.ml.entities import Hub

    return client.workspaces.begin_create(Hub(name="hub", description="for tests", **WHERE, **parts)).result()


def project(client: Any, hub: Any) -> Any:
    """Makes the project `project` of a hub."""
    from azure.ai.ml.entities import Project

    return client.workspaces.begin_create(Project(name="project", hub_id=hub.id, **WHERE)).result()


def test_a_hub_is_made_by_a_template_with_all_that_it_needs(cloud: Any, client: Any) -> None:
    made = hub(client)
    assert (made.name, made.location, made.description) == ("hub", "swedencentral", "for tests")
    [account] = cloud.client(StorageManagementClient).storage_accounts.list_by_resource_group("rg")
    [vault] = cloud.client(KeyVaultManagementClient).vaults.list_by_resource_group("rg")
    assert (made.storage_account, made.key_vault) == (account.id, vault.id)
    assert client.workspaces.get("hub").identity.type == "system_assigned"
    with_tags = client.workspaces.begin_update(made, tags={"a": "b"}, description="changed").result()
    assert (with_tags.tags["a"], with_tags.description) == ("b", "changed")
    client.workspaces.begin_delete("hub", delete_dependent_resources=False, permanently_delete=True).result()
    with pytest.raises(ResourceNotFoundError):
        client.workspaces.get("hub")


def test_a_project_belongs_to_its_hub(client: Any, parts: dict[str, str]) -> None:
    above = hub(client, **parts)
    assert above.storage_account == parts["storage_account"]
    made = project(client, above)
    assert made.hub_id == above.id
    assert client.workspaces.get("hub").associated_workspaces == [made.id]
    assert {one.name for one in client.workspaces.list()} == {"hub", "project"}
    with pytest.raises(HttpResponseError) as held:
        client.workspaces.begin_delete("hub", delete_dependent_resources=False).result()
    assert held.value.error.code == "Conflict"
    client.workspaces.begin_delete("project", delete_dependent_resources=False).result()
    assert [one.name for one in client.workspaces.list()] == ["hub"]


def test_a_project_of_no_hub_is_a_failed_deployment(cloud: Any, client: Any) -> None:
    from azure.ai.ml.entities import Project

    nowhere = f"{cloud.group()}/providers/Microsoft.MachineLearningServices/workspaces/none"
    with pytest.raises(HttpResponseError) as caught:
        client.workspaces.begin_create(Project(name="project", hub_id=nowhere, **WHERE)).result()
    assert caught.value.error.code == "DeploymentFailed"
    assert [one.code for one in caught.value.error.details] == ["BadRequest"]


def test_models_as_a_service(client: Any, parts: dict[str, str]) -> None:
    from azure.ai.ml.entities import MarketplaceSubscription, ServerlessEndpoint

    project(client, hub(client, **parts))
    with pytest.raises(HttpResponseError, match="marketplace subscription"):
        client.serverless_endpoints.begin_create_or_update(ServerlessEndpoint(name="small", model_id=MODEL))
    terms = MarketplaceSubscription(name="small", model_id=MODEL)
    bought = client.marketplace_subscriptions.begin_create_or_update(terms).result()
    assert bought.status == "subscribed"
    assert client.marketplace_subscriptions.get("small").model_id == MODEL
    assert [one.name for one in client.marketplace_subscriptions.list()] == ["small"]
    name = "small-" + parts["storage_account"][-8:]
    made = client.serverless_endpoints.begin_create_or_update(ServerlessEndpoint(name=name, model_id=MODEL)).result()
    assert made.scoring_uri == f"https://{name}.swedencentral.models.ai.azure.com"
    assert client.serverless_endpoints.get(name).provisioning_state == "succeeded"
    assert [one.name for one in client.serverless_endpoints.list()] == [name]
    assert client.serverless_endpoints.get_keys(name).primary_key
    client.serverless_endpoints.begin_delete(name).result()
    with pytest.raises(ResourceNotFoundError):
        client.serverless_endpoints.get(name)
    client.marketplace_subscriptions.begin_delete("small").result()
    assert list(client.marketplace_subscriptions.list()) == []


def test_connections(client: Any, parts: dict[str, str]) -> None:
    from azure.ai.ml.entities import ApiKeyConfiguration, WorkspaceConnection

    hub(client, **parts)
    client._operation_scope._workspace_name = "hub"
    search = WorkspaceConnection(
        name="search",
        type="cognitive_search",
        target="https://search.example.org",
        credentials=ApiKeyConfiguration(key="kept"),
    )
    made = client.connections.create_or_update(search)
    assert (made.name, made.target) == ("search", "https://search.example.org")
    assert client.connections.get("search", populate_secrets=True).credentials.key == "kept"
    assert [one.name for one in client.connections.list()] == ["search"]
    client.connections.delete("search")
    with pytest.raises(ResourceNotFoundError):
        client.connections.get("search")


def test_template_deployments(cloud: Any, client: Any) -> None:
    """The client of deployments that MLClient brings along; azure-mgmt-resource has none any more."""
    from azure.ai.ml._vendor.azure_resources import ResourceManagementClient

    resources = cloud.client(ResourceManagementClient, api_version="2020-06-01")
    account = {
        "type": "Microsoft.Storage/storageAccounts",
        "apiVersion": "2024-01-01",
        "name": f"st{cloud.tag}",
        "location": "[resourceGroup().location]",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
    }
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [account],
        "outputs": {"id": {"type": "string", "value": f"[resourceId('{account['type']}', '{account['name']}')]"}},
    }
    body = {"properties": {"mode": "Incremental", "template": template}}
    checked = resources.deployments.begin_validate("rg", "main", body).result()
    assert [one.id.rsplit("/", 1)[1] for one in checked.properties.validated_resources] == [account["name"]]
    made = resources.deployments.begin_create_or_update("rg", "main", body).result()
    assert made.properties.provisioning_state == "Succeeded"
    assert made.properties.outputs["id"]["value"].endswith(account["name"])
    assert resources.deployments.check_existence("rg", "main")
    assert [one.name for one in resources.deployments.list_by_resource_group("rg")] == ["main"]
    [create, outputs] = resources.deployment_operations.list("rg", "main")
    assert create.properties.target_resource.resource_name == account["name"]
    assert resources.deployment_operations.get("rg", "main", outputs.operation_id).operation_id == outputs.operation_id
    assert resources.deployments.export_template("rg", "main").template == template
    resources.deployments.begin_delete("rg", "main").result()
    with pytest.raises(ResourceNotFoundError) as missing:
        resources.deployments.get("rg", "main")
    assert missing.value.error.code == "DeploymentNotFound"
    wrong = {"properties": {"mode": "Incremental", "template": {**template, "resources": [{"type": "nothing"}]}}}
    with pytest.raises(HttpResponseError) as refused:
        resources.deployments.begin_create_or_update("rg", "wrong", wrong)
    assert refused.value.error.code == "InvalidTemplate"
