"""azure-mgmt-resource against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.resource.resources import ResourceManagementClient


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
