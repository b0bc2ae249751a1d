"""azure-mgmt-keyvault against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.keyvault import KeyVaultManagementClient

from modelform.sandbox import TENANT

pytestmark = pytest.mark.slow  # the client alone takes seconds to load

SKU = {"family": "A", "name": "standard"}
WHO = "11111111-2222-4333-8444-555555555555"


def body(**properties: Any) -> dict[str, Any]:
    """A vault's body."""
    return {"location": "swedencentral", "properties": {"tenantId": TENANT, "sku": SKU, **properties}}


def test_vaults(cloud: Any) -> None:
    cloud.group()
    name = f"kv-{cloud.tag}"
    client = cloud.client(KeyVaultManagementClient)
    assert client.vaults.check_name_availability({"name": name, "type": "Microsoft.KeyVault/vaults"}).name_available
    made = client.vaults.begin_create_or_update("rg", name, body(accessPolicies=[])).result()
    assert made.properties.provisioning_state == "Succeeded"
    assert made.properties.vault_uri.rstrip("/") == f"https://{name}.vault.azure.net"
    assert [one.name for one in client.vaults.list()] == [name]
    assert [one.name for one in client.vaults.list_by_resource_group("rg")] == [name]
    assert [one.name for one in client.vaults.list_by_subscription()] == [name]
    updated = client.vaults.update("rg", name, {"tags": {"a": "b"}, "properties": {"enabledForDeployment": True}})
    assert (updated.tags, updated.properties.enabled_for_deployment) == ({"a": "b"}, True)
    rights = {"tenantId": TENANT, "objectId": WHO, "permissions": {"secrets": ["get"]}}
    policy = {"properties": {"accessPolicies": [rights]}}
    client.vaults.update_access_policy("rg", name, "add", policy)
    assert [one.object_id for one in client.vaults.get("rg", name).properties.access_policies] == [WHO]
    client.vaults.update_access_policy("rg", name, "remove", policy)
    assert client.vaults.get("rg", name).properties.access_policies == []
    client.vaults.delete("rg", name)
    with pytest.raises(ResourceNotFoundError) as missing:
        client.vaults.get("rg", name)
    assert missing.value.error.code == "ResourceNotFound"


def test_deleted_vaults(cloud: Any) -> None:
    cloud.group()
    name = f"kv-{cloud.tag}"
    vaults = cloud.client(KeyVaultManagementClient).vaults
    vaults.begin_create_or_update("rg", name, body(accessPolicies=[])).result()
    vaults.delete("rg", name)
    assert [one.name for one in vaults.list_deleted()] == [name]
    assert vaults.get_deleted(name, "swedencentral").properties.vault_id.endswith(f"/vaults/{name}")
    with pytest.raises(ResourceExistsError) as held:
        vaults.begin_create_or_update("rg", name, body(accessPolicies=[]))
    assert held.value.error.code == "ConflictError"
    recovered = vaults.begin_create_or_update("rg", name, body(createMode="recover")).result()
    assert recovered.properties.provisioning_state == "Succeeded"
    vaults.delete("rg", name)
    vaults.begin_purge_deleted(name, "swedencentral").result()
    with pytest.raises(ResourceNotFoundError):
        vaults.get_deleted(name, "swedencentral")


def test_refusals(cloud: Any) -> None:
    cloud.group("one")
    cloud.group("two")
    name = f"kv-{cloud.tag}"
    vaults = cloud.client(KeyVaultManagementClient).vaults
    vaults.begin_create_or_update("one", name, body(accessPolicies=[], enablePurgeProtection=True)).result()
    with pytest.raises(ResourceExistsError) as taken:
        vaults.begin_create_or_update("two", name, body(accessPolicies=[]))
    assert taken.value.error.code == "VaultAlreadyExists"
    with pytest.raises(HttpResponseError) as final:
        vaults.update("one", name, {"properties": {"enablePurgeProtection": False}})
    assert (final.value.status_code, final.value.error.code) == (400, "BadRequest")
    vaults.delete("one", name)
    with pytest.raises(HttpResponseError) as kept:
        vaults.begin_purge_deleted(name, "swedencentral").result()
    assert kept.value.status_code == 400
