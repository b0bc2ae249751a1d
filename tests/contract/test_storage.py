"""azure-mgmt-storage against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.storage import StorageManagementClient

pytestmark = pytest.mark.slow  # the client alone takes seconds to load

BODY = {"location": "swedencentral", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}


def test_storage_accounts(cloud: Any) -> None:
    cloud.group()
    name = f"st{cloud.tag}"
    accounts = cloud.client(StorageManagementClient).storage_accounts
    assert accounts.check_name_availability({"name": name, "type": "Microsoft.Storage/storageAccounts"}).name_available
    made = accounts.begin_create("rg", name, {**BODY, "properties": {"minimumTlsVersion": "TLS1_2"}}).result()
    assert (made.provisioning_state, made.minimum_tls_version) == ("Succeeded", "TLS1_2")
    assert made.primary_endpoints.blob == f"https://{name}.blob.core.windows.net/"
    found = accounts.get_properties("rg", name)
    assert (found.sku.tier, found.network_rule_set.default_action) == ("Standard", "Allow")
    assert [one.name for one in accounts.list()] == [name]
    assert [one.name for one in accounts.list_by_resource_group("rg")] == [name]
    updated = accounts.update("rg", name, {"tags": {"a": "b"}, "properties": {"allowSharedKeyAccess": False}})
    assert (updated.tags, updated.allow_shared_key_access) == ({"a": "b"}, False)
    old = {one.key_name: one.value for one in accounts.list_keys("rg", name).keys_property}
    new = {one.key_name: one.value for one in accounts.regenerate_key("rg", name, {"keyName": "key1"}).keys_property}
    assert new["key1"] != old["key1"]
    assert new["key2"] == old["key2"]
    accounts.delete("rg", name)
    with pytest.raises(ResourceNotFoundError) as missing:
        accounts.get_properties("rg", name)
    assert missing.value.error.code == "ResourceNotFound"
    accounts.delete("rg", name)  # twice is as good as once


def test_refusals(cloud: Any) -> None:
    cloud.group("one")
    cloud.group("two")
    name = f"st{cloud.tag}"
    accounts = cloud.client(StorageManagementClient).storage_accounts
    accounts.begin_create("one", name, BODY).result()
    with pytest.raises(ResourceExistsError) as taken:
        accounts.begin_create("two", name, BODY)
    assert taken.value.error.code == "StorageAccountAlreadyTaken"
    check = accounts.check_name_availability({"name": name, "type": "Microsoft.Storage/storageAccounts"})
    assert (check.name_available, check.reason) == (False, "AlreadyExists")
    with pytest.raises(HttpResponseError) as wrong:
        accounts.begin_create("one", "stWrong", BODY)
    assert wrong.value.error.code == "AccountNameInvalid"
    with pytest.raises(ResourceExistsError) as elsewhere:
        accounts.begin_create("one", name, {**BODY, "location": "westeurope"})
    assert elsewhere.value.error.code == "InvalidResourceLocation"
    with pytest.raises(ResourceNotFoundError) as nowhere:
        accounts.begin_create("three", f"{name}x", BODY)
    assert nowhere.value.error.code == "ResourceGroupNotFound"
