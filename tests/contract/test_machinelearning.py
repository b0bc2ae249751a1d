"""azure-mgmt-machinelearningservices and azure-ai-ml's MLClient against the sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient

from modelform.sandbox import ENDPOINT, SUBSCRIPTION, TENANT, Credential
from modelform.sandbox.exchange import Request
from modelform.sandbox.identity import TOKEN
from modelform.sandbox.transport import SandboxTransport

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stmodels"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-models"
INSIGHTS = f"{GROUP}/providers/Microsoft.Insights/components/insights"
WORKSPACES = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces"
MODEL = "azureml://registries/azureml-mistral/models/mistral-small-2503"
WHERE = {"location": "swedencentral"}


@pytest.fixture
def parts(transport: SandboxTransport) -> Callable[[str, str, Any], None]:
    """What a workspace stands on; gives a function that puts one more resource and waits for it."""
    control = transport.control
    latency, control.latency = control.latency, 0.0

    def put(path: str, version: str, body: Any) -> None:
        headers = {"authorization": f"Bearer {TOKEN}"}
        answer = control.handle(Request("PUT", path, {"api-version": version}, headers, json.dumps(body).encode()))
        assert answer.status < 300, answer.body

    put(GROUP, "2024-03-01", WHERE)
    put(STORAGE, "2024-01-01", {**WHERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}})
    put(VAULT, "2024-11-01", {**WHERE, "properties": {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}}})
    put(INSIGHTS, "2020-02-02", {**WHERE, "kind": "web", "properties": {"Application_Type": "web"}})
    base = {**WHERE, "identity": {"type": "SystemAssigned"}}
    hub = {**base, "kind": "Hub", "properties": {"storageAccount": STORAGE, "keyVault": VAULT}}
    put(f"{WORKSPACES}/hub", "2025-12-01", hub)
    project = {**base, "kind": "Project", "properties": {"hubResourceId": f"{WORKSPACES}/hub"}}
    put(f"{WORKSPACES}/project", "2025-12-01", project)
    control.latency = latency
    return put


@pytest.mark.usefixtures("parts")
def test_workspaces(make: Callable[..., Any]) -> None:
    client = make(MachineLearningServicesMgmtClient)
    body = {
        **WHERE,
        "identity": {"type": "SystemAssigned"},
        "properties": {"storageAccount": STORAGE, "keyVault": VAULT, "applicationInsights": INSIGHTS},
    }
    made = client.workspaces.begin_create_or_update("rg", "plain", body).result()
    assert made.name == "plain"
    assert client.workspaces.get("rg", "plain").provisioning_state == "Succeeded"
    assert {one.name for one in client.workspaces.list_by_resource_group("rg")} == {"hub", "plain", "project"}
    assert client.workspaces.list_keys("rg", "plain").user_storage_key
    client.workspaces.begin_delete("rg", "plain").result()
    with pytest.raises(HttpResponseError, match="Soft-deleted workspace exists"):
        client.workspaces.begin_create_or_update("rg", "plain", body)


@pytest.mark.slow
@pytest.mark.usefixtures("parts")
@pytest.mark.filterwarnings("ignore")
def test_models_as_a_service_by_mlclient(transport: SandboxTransport) -> None:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import MarketplaceSubscription, ServerlessEndpoint

    metadata = {
        "azure_portal": ENDPOINT,
        "resource_manager": f"{ENDPOINT}/",
        "active_directory": ENDPOINT,
        "aml_resource_id": "https://ml.azure.com",
        "storage_endpoint": "core.windows.net",
        "registry_discovery_endpoint": ENDPOINT,
    }
    client = MLClient(
        Credential(),
        SUBSCRIPTION,
        "rg",
        "project",
        cloud="ModelformSandbox",
        cloud_metadata=metadata,
        transport=transport,
        enable_telemetry=False,
        show_progress=False,
    )
    hub = client.workspaces.get("hub")
    assert hub.associated_workspaces == [f"{WORKSPACES}/project"]
    with pytest.raises(HttpResponseError, match="marketplace subscription"):
        client.serverless_endpoints.begin_create_or_update(ServerlessEndpoint(name="small", model_id=MODEL))
    bought = client.marketplace_subscriptions.begin_create_or_update(
        MarketplaceSubscription(name="small", model_id=MODEL)
    ).result()
    assert bought.status == "subscribed"
    made = client.serverless_endpoints.begin_create_or_update(ServerlessEndpoint(name="small", model_id=MODEL)).result()
    assert made.scoring_uri == "https://small.swedencentral.models.ai.azure.com"
    assert [one.name for one in client.serverless_endpoints.list()] == ["small"]
    assert client.serverless_endpoints.get_keys("small").primary_key
    client.serverless_endpoints.begin_delete("small").result()
    client.marketplace_subscriptions.begin_delete("small").result()
    client.workspaces.begin_delete("project", delete_dependent_resources=False).result()
    assert [one.name for one in client.workspaces.list()] == ["hub"]
