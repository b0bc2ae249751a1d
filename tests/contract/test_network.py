"""azure-mgmt-network and azure-mgmt-privatedns against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.storage import StorageManagementClient

WHERE = {"location": "swedencentral"}
NETWORK = {**WHERE, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
ZONE = "privatelink.blob.core.windows.net"


@pytest.fixture
def network(cloud: Any) -> Any:
    """A client, with a group and a network of two subnets."""
    cloud.group()
    client = cloud.client(NetworkManagementClient)
    made = client.virtual_networks.begin_create_or_update("rg", "net", NETWORK).result()
    assert made.properties.provisioning_state == "Succeeded"
    for name, prefix in (("endpoints", "10.0.1.0/24"), ("spare", "10.0.2.0/24")):
        body = {"properties": {"addressPrefix": prefix}}
        client.subnets.begin_create_or_update("rg", "net", name, body).result()
    return client


@pytest.fixture
def storage(cloud: Any, network: Any) -> Any:
    """A storage account that an endpoint may connect to."""
    body = {**WHERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    return cloud.client(StorageManagementClient).storage_accounts.begin_create("rg", f"st{cloud.tag}", body).result()


def endpoint(cloud: Any, target: str, *, manual: bool = False, group: str = "blob") -> Any:
    """The body of a private endpoint."""
    prefix = f"/subscriptions/{cloud.subscription}/resourceGroups/rg/providers/Microsoft.Network"
    link = {"name": "to", "properties": {"privateLinkServiceId": target, "groupIds": [group]}}
    sort = "manualPrivateLinkServiceConnections" if manual else "privateLinkServiceConnections"
    subnet = {"id": f"{prefix}/virtualNetworks/net/subnets/endpoints"}
    return {**WHERE, "properties": {"subnet": subnet, sort: [link]}}


def test_virtual_networks(network: Any) -> None:
    found = network.virtual_networks.get("rg", "net")
    assert found.address_space.address_prefixes == ["10.0.0.0/16"]
    assert [one.name for one in found.subnets] == ["endpoints", "spare"]
    assert network.virtual_networks.update_tags("rg", "net", {"tags": {"a": "b"}}).tags == {"a": "b"}
    assert [one.name for one in network.virtual_networks.list("rg")] == ["net"]
    assert [one.name for one in network.virtual_networks.list_all()] == ["net"]
    network.virtual_networks.begin_delete("rg", "net").result()
    with pytest.raises(ResourceNotFoundError) as missing:
        network.virtual_networks.get("rg", "net")
    assert missing.value.error.code == "ResourceNotFound"


def test_subnets(network: Any) -> None:
    changed = {"properties": {"addressPrefix": "10.0.2.0/25"}}
    made = network.subnets.begin_create_or_update("rg", "net", "spare", changed).result()
    assert (made.address_prefix, made.private_endpoint_network_policies) == ("10.0.2.0/25", "Disabled")
    assert {one.name for one in network.subnets.list("rg", "net")} == {"endpoints", "spare"}
    for prefix, code in (
        ("192.168.0.0/24", "NetcfgInvalidSubnet"),
        ("10.0.1.0/25", "NetcfgSubnetRangesOverlap"),
        ("10.0.3.1/24", "InvalidCIDRNotation"),
    ):
        with pytest.raises(HttpResponseError) as caught:
            network.subnets.begin_create_or_update("rg", "net", "bad", {"properties": {"addressPrefix": prefix}})
        assert (caught.value.status_code, caught.value.error.code) == (400, code)
    network.subnets.begin_delete("rg", "net", "spare").result()
    with pytest.raises(ResourceNotFoundError):
        network.subnets.get("rg", "net", "spare")


def test_private_endpoints(cloud: Any, network: Any, storage: Any) -> None:
    made = network.private_endpoints.begin_create_or_update("rg", "pe", endpoint(cloud, storage.id)).result()
    [link] = made.private_link_service_connections
    assert link.private_link_service_connection_state.status == "Approved"
    [address] = made.custom_dns_configs[0].ip_addresses
    assert (made.custom_dns_configs[0].fqdn, address[:7]) == (f"st{cloud.tag}.blob.core.windows.net", "10.0.1.")
    assert [one.name for one in network.private_endpoints.list("rg")] == ["pe"]
    assert [one.name for one in network.private_endpoints.list_by_subscription()] == ["pe"]
    changed = {**endpoint(cloud, storage.id), "tags": {"a": "b"}}
    assert network.private_endpoints.begin_create_or_update("rg", "pe", changed).result().tags == {"a": "b"}
    with pytest.raises(HttpResponseError) as held:
        network.subnets.begin_delete("rg", "net", "endpoints").result()
    assert held.value.error.code == "InUseSubnetCannotBeDeleted"
    body = endpoint(cloud, storage.id, group="account")
    with pytest.raises(HttpResponseError) as wrong:
        network.private_endpoints.begin_create_or_update("rg", "other", body)
    assert wrong.value.error.code == "InvalidGroupId"
    network.private_endpoints.begin_delete("rg", "pe").result()
    with pytest.raises(ResourceNotFoundError):
        network.private_endpoints.get("rg", "pe")


def test_the_owner_of_the_target_answers_a_manual_connection(cloud: Any, network: Any, storage: Any) -> None:
    body = endpoint(cloud, storage.id, manual=True)
    network.private_endpoints.begin_create_or_update("rg", "pe", body).result()

    def status() -> str:
        [link] = network.private_endpoints.get("rg", "pe").manual_private_link_service_connections
        return str(link.private_link_service_connection_state.status)

    assert status() == "Pending"
    client = cloud.client(StorageManagementClient)
    [link] = client.private_endpoint_connections.list("rg", f"st{cloud.tag}")
    answer = {"properties": {"privateLinkServiceConnectionState": {"status": "Approved", "description": "ours"}}}
    client.private_endpoint_connections.put("rg", f"st{cloud.tag}", link.name, answer)
    assert status() == "Approved"
    client.private_endpoint_connections.delete("rg", f"st{cloud.tag}", link.name)
    assert status() == "Disconnected"


def test_zones_links_and_zone_groups(cloud: Any, network: Any, storage: Any) -> None:
    dns = cloud.client(PrivateDnsManagementClient)
    zone = dns.private_zones.begin_create_or_update("rg", ZONE, {"location": "global"}).result()
    assert (zone.provisioning_state, zone.number_of_record_sets) == ("Succeeded", 1)
    assert dns.private_zones.begin_update("rg", ZONE, {"tags": {"a": "b"}}).result().tags == {"a": "b"}
    assert [one.name for one in dns.private_zones.list()] == [ZONE]
    assert [one.name for one in dns.private_zones.list_by_resource_group("rg")] == [ZONE]

    there = network.virtual_networks.get("rg", "net").id
    link = {"location": "global", "properties": {"virtualNetwork": {"id": there}, "registrationEnabled": False}}
    made = dns.virtual_network_links.begin_create_or_update("rg", ZONE, "net", link).result()
    assert made.virtual_network_link_state == "Completed"
    assert [one.name for one in dns.virtual_network_links.list("rg", ZONE)] == ["net"]
    assert dns.virtual_network_links.begin_update("rg", ZONE, "net", {"tags": {"c": "d"}}).result().tags == {"c": "d"}
    with pytest.raises(ResourceExistsError) as again:
        dns.virtual_network_links.begin_create_or_update("rg", ZONE, "again", link)
    assert again.value.error.code == "Conflict"

    network.private_endpoints.begin_create_or_update("rg", "pe", endpoint(cloud, storage.id)).result()
    config = {"name": "blob", "properties": {"privateDnsZoneId": zone.id}}
    group = {"properties": {"privateDnsZoneConfigs": [config]}}
    made = network.private_dns_zone_groups.begin_create_or_update("rg", "pe", "default", group).result()
    assert made.private_dns_zone_configs[0].record_sets[0].fqdn == f"st{cloud.tag}.{ZONE}"
    assert [one.name for one in network.private_dns_zone_groups.list("pe", "rg")] == ["default"]
    assert dns.private_zones.get("rg", ZONE).number_of_record_sets == 2
    network.private_dns_zone_groups.begin_delete("rg", "pe", "default").result()
    with pytest.raises(ResourceNotFoundError):
        network.private_dns_zone_groups.get("rg", "pe", "default")

    with pytest.raises(ResourceExistsError) as held:
        dns.private_zones.begin_delete("rg", ZONE).result()
    assert held.value.error.code == "CannotDeleteResource"
    dns.virtual_network_links.begin_delete("rg", ZONE, "net").result()
    dns.private_zones.begin_delete("rg", ZONE).result()
    with pytest.raises(ResourceNotFoundError):
        dns.private_zones.get("rg", ZONE)
