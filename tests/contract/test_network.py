"""azure-mgmt-network and azure-mgmt-privatedns against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.storage import StorageManagementClient

from modelform.sandbox import TENANT

pytestmark = pytest.mark.slow  # the client alone takes seconds to load

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


def status_at_the_endpoint(network: Any) -> str:
    """How the endpoint's own side of a manual connection stands."""
    [link] = network.private_endpoints.get("rg", "pe").manual_private_link_service_connections
    return str(link.private_link_service_connection_state.status)


def test_the_owner_of_storage_answers_a_manual_connection(cloud: Any, network: Any, storage: Any) -> None:
    body = endpoint(cloud, storage.id, manual=True)
    network.private_endpoints.begin_create_or_update("rg", "pe", body).result()
    assert status_at_the_endpoint(network) == "Pending"
    connections = cloud.client(StorageManagementClient).private_endpoint_connections
    where = ("rg", f"st{cloud.tag}")
    [link] = connections.list(*where)
    answer = {"properties": {"privateLinkServiceConnectionState": {"status": "Approved", "description": "ours"}}}
    connections.put(*where, link.name, answer)
    assert status_at_the_endpoint(network) == "Approved"
    connections.delete(*where, link.name)
    assert status_at_the_endpoint(network) == "Disconnected"


def test_the_owner_of_a_vault_answers_a_manual_connection(cloud: Any, network: Any) -> None:
    properties = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}
    client, where = cloud.client(KeyVaultManagementClient), ("rg", f"kv-{cloud.tag}")
    vault = client.vaults.begin_create_or_update(*where, {**WHERE, "properties": properties}).result()
    body = endpoint(cloud, vault.id, manual=True, group="vault")
    network.private_endpoints.begin_create_or_update("rg", "pe", body).result()
    connections = client.private_endpoint_connections
    [link] = connections.list_by_resource(*where)
    name = link.id.rsplit("/", 1)[1]
    rejected = {"properties": {"privateLinkServiceConnectionState": {"status": "Rejected"}}}
    connections.put(*where, name, rejected)
    assert connections.get(*where, name).private_link_service_connection_state.status == "Rejected"
    assert status_at_the_endpoint(network) == "Rejected"
    connections.begin_delete(*where, name).result()
    with pytest.raises(ResourceNotFoundError):
        connections.get(*where, name)


def test_the_owner_of_an_account_answers_a_manual_connection(cloud: Any, network: Any) -> None:
    client, where = cloud.client(CognitiveServicesManagementClient), ("rg", "acc")
    account = {**WHERE, "kind": "OpenAI", "sku": {"name": "S0"}}
    target = client.accounts.begin_create(*where, {**account, "properties": {}}).result()
    without = endpoint(cloud, target.id, manual=True, group="account")
    with pytest.raises(HttpResponseError) as nameless:
        network.private_endpoints.begin_create_or_update("rg", "pe", without)
    assert nameless.value.error.code == "CustomSubDomainNameRequired"
    named = {**account, "properties": {"customSubDomainName": f"private-{cloud.tag}"}}
    client.accounts.begin_create(*where, named).result()
    network.private_endpoints.begin_create_or_update("rg", "pe", without).result()
    connections = client.private_endpoint_connections
    [link] = connections.list(*where).value
    approved = {"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
    made = connections.begin_create_or_update(*where, link.name, approved).result()
    assert made.properties.private_link_service_connection_state.status == "Approved"
    assert status_at_the_endpoint(network) == "Approved"
    connections.begin_delete(*where, link.name).result()
    with pytest.raises(ResourceNotFoundError):
        connections.get(*where, link.name)


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
