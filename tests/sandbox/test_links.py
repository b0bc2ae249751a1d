"""Private endpoint connections: asked for by one side, approved or rejected by the other."""

from __future__ import annotations

from typing import Any

import pytest

SUBNET = "{network}/virtualNetworks/vnet/subnets/one"
TARGETS = {
    "{account}": "account",
    "{storage}/stmodels": "blob",
    "{vaults}/kv-models": "vault",
    "{registries}/models": "registry",
}


@pytest.fixture
def rig(client: Any, bodies: Any) -> Any:
    """A network and everything that can be connected to."""
    client.made("{group}", bodies.GROUP)
    subnets = [{"name": "one", "properties": {"addressPrefix": "10.0.1.0/24"}}]
    space = {"addressPrefixes": ["10.0.0.0/16"]}
    network = {"location": "swedencentral", "properties": {"addressSpace": space, "subnets": subnets}}
    client.made("{network}/virtualNetworks/vnet", network)
    client.made("{account}", bodies.account())
    client.made("{storage}/stmodels", bodies.storage())
    client.made("{vaults}/kv-models", bodies.vault())
    client.made("{registries}/models", {"location": "swedencentral", "sku": {"name": "Premium"}})
    return client


def endpoint(client: Any, target: str, group: str, sort: str) -> str:
    """Makes an endpoint; gives the id of its connection at the target."""
    link = {"privateLinkServiceId": client.path(target), "groupIds": [group]}
    properties = {"subnet": {"id": client.path(SUBNET)}, sort: [{"name": "link", "properties": link}]}
    client.made("{network}/privateEndpoints/pe", {"location": "swedencentral", "properties": properties})
    [made] = client.got(target)["properties"]["privateEndpointConnections"]
    return str(made["id"])


def state(client: Any, sort: str) -> str:
    found = client.got("{network}/privateEndpoints/pe")["properties"][sort]
    return str(found[0]["properties"]["privateLinkServiceConnectionState"]["status"])


@pytest.mark.parametrize(("target", "group"), TARGETS.items())
def test_who_is_asked_decides(rig: Any, target: str, group: str) -> None:
    sort = "manualPrivateLinkServiceConnections"
    connection = endpoint(rig, target, group, sort)
    assert state(rig, sort) == "Pending"
    for status in ("Approved", "Rejected"):
        answer = {"properties": {"privateLinkServiceConnectionState": {"status": status, "description": "ours"}}}
        assert rig.made(connection, answer)["properties"].get("groupIds", [group]) == [group]
        assert state(rig, sort) == status
    wrong = rig.send("PUT", connection, {"properties": {"privateLinkServiceConnectionState": {"status": "Odd"}}})
    assert wrong.body["error"]["code"] == "InvalidPrivateEndpointConnectionState"
    assert [one["id"] for one in rig.got(f"{target}/privateEndpointConnections")["value"]] == [connection]
    assert rig.send("DELETE", connection).status == 200
    assert state(rig, sort) == "Disconnected"


def test_a_connection_comes_with_its_endpoint_only(rig: Any) -> None:
    body = {"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
    answer = rig.send("PUT", "{account}/privateEndpointConnections/mine", body)
    assert (answer.status, answer.body["error"]["code"]) == (404, "ResourceNotFound")


def test_what_is_gone_leaves_its_endpoints_disconnected(rig: Any) -> None:
    endpoint(rig, "{account}", "account", "privateLinkServiceConnections")
    assert state(rig, "privateLinkServiceConnections") == "Approved"
    assert rig.send("DELETE", "{account}").status == 200
    assert state(rig, "privateLinkServiceConnections") == "Disconnected"


def test_an_identity_of_a_resource_is_a_service_principal(rig: Any) -> None:
    principal = rig.got("{account}")["identity"]["principalId"]
    role = "/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d"
    path = "{group}/providers/Microsoft.Authorization/roleAssignments/11111111-1111-4111-8111-111111111111"
    wrong = {"properties": {"roleDefinitionId": role, "principalId": principal, "principalType": "User"}}
    assert rig.send("PUT", path, wrong).body["error"]["code"] == "UnmatchedPrincipalType"
    plain = {"properties": {"roleDefinitionId": role, "principalId": principal}}
    assert rig.made(path, plain)["properties"]["principalType"] == "ServicePrincipal"
