"""Microsoft.Network/privateEndpoints and their DNS zone groups: they connect to a target, which may say no."""

from __future__ import annotations

import ipaddress
import uuid
from typing import TYPE_CHECKING, Any

from modelform.sandbox import refusals
from modelform.sandbox.exchange import Json, Refusal, Request
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Style, Writes, region
from modelform.sandbox.providers import links
from modelform.sandbox.providers.network import tables
from modelform.sandbox.providers.network.networks import ENDPOINTS, SUBNETS, busy, prefixes, users
from modelform.sandbox.store import Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

GROUPS = ENDPOINTS + "/privateDnsZoneGroups"
ZONES = "Microsoft.Network/privateDnsZones"
RESERVED = 4  # addresses at the beginning of a subnet that are Azure's own
SORTS = {"privateLinkServiceConnections": "Approved", "manualPrivateLinkServiceConnections": "Pending"}


def _missing(change: Change, id: str) -> Refusal:
    text = (
        f"Resource {id} referenced by resource {change.address.path} was not found. Please make sure that the "
        "referenced resource exists, and that both resources are in the same region."
    )
    return Refusal(400, "InvalidResourceReference", text)


def _called(target: Resource, why: str) -> str:
    return f"Call to {target.type} failed. Error message: {why}"


def _write(change: Change) -> None:
    properties, view = change.properties, change.view
    for name in ("id", "name", "type", "etag"):
        change.body.pop(name, None)
    subnet = _subnet(change)
    properties["subnet"] = {"id": subnet.id}
    lists = {name: properties.setdefault(name, []) for name in SORTS}
    sent = [(name, one) for name, items in lists.items() for one in items]
    if len(sent) != 1:
        text = f"Private endpoint {change.address.path} must have exactly one private link service connection."
        raise Refusal(400, "PrivateEndpointMustHaveOneConnection", text)
    [(sort, one)] = sent
    target, groups = _target(change, one.setdefault("properties", {}))
    old = change.kept(f"properties.{sort}")
    if change.existing is not None and (not old or not _same(old[0]["properties"], one["properties"])):
        text = f"The connection of private endpoint {change.address.path} cannot be changed once it is made."
        raise Refusal(400, "PrivateEndpointConnectionCannotBeChanged", text)
    one["id"] = f"{change.existing.id if change.existing else change.address.path}/{sort}/{one.get('name')}"
    one["type"] = f"{ENDPOINTS}/{sort}"
    one["etag"] = f'"{uuid.uuid4()}"'
    links.connect(
        view, target, change.existing.id if change.existing else change.address.path, groups, SORTS[sort], change.now
    )
    change.default(ipConfigurations=[], customNetworkInterfaceName="")
    card = f"{change.address.path.rsplit('/providers/', 1)[0]}/providers/Microsoft.Network/networkInterfaces/"
    known = change.kept("properties.networkInterfaces")
    properties["networkInterfaces"] = known or [{"id": f"{card}{change.name}.nic.{uuid.uuid4()}"}]
    change.secrets.setdefault("addresses", _addresses(change, subnet, links.hosts(target, groups[0])))


def _same(old: Json, new: Json) -> bool:
    return str(old["privateLinkServiceId"]).lower() == str(new["privateLinkServiceId"]).lower() and [
        one.lower() for one in old["groupIds"]
    ] == [one.lower() for one in new["groupIds"]]


def _subnet(change: Change) -> Resource:
    id = str((change.properties.get("subnet") or {}).get("id") or "")
    found = change.view.get(id.lower()) if id else None
    if found is None or found.type != SUBNETS:
        raise _missing(change, id or "(subnet)")
    if region(found.location) != change.location:
        raise _missing(change, id)
    old = change.kept("properties.subnet.id")
    if old and old.lower() != found.key:
        text = f"The subnet of private endpoint {change.address.path} cannot be changed once it is made."
        raise Refusal(400, "PrivateEndpointSubnetCannotBeChanged", text)
    return found


def _target(change: Change, sent: Json) -> tuple[Resource, list[str]]:
    """What the endpoint is for, and the groups of it; refuses what cannot be connected to, or not yet."""
    id = str(sent.get("privateLinkServiceId") or "")
    target = change.view.get(id.lower()) if id else None
    if target is None or target.type not in links.TARGETS:
        raise _missing(change, id or "(privateLinkServiceId)")
    state = target.state_at(change.now)
    if target.type == "Microsoft.CognitiveServices/accounts" and state not in ("Succeeded",):
        raise Refusal(400, "AccountProvisioningStateInvalid", _called(target, f"Account {target.id} in state {state}"))
    if target.ready > change.now:
        raise busy(target)
    groups = list(sent.get("groupIds") or [])
    if len(groups) != 1 or groups[0] not in links.TARGETS[target.type].groups:
        raise Refusal(400, "InvalidGroupId", _called(target, "Invalid groupId"))
    if target.type == "Microsoft.CognitiveServices/accounts" and not target.properties.get("customSubDomainName"):
        why = "A custom subdomain is required for private endpoints"
        raise Refusal(400, "CustomSubDomainNameRequired", _called(target, why))
    sent["privateLinkServiceId"] = target.id
    sent["groupIds"] = groups
    return target, groups


def _addresses(change: Change, subnet: Resource, hosts: list[str]) -> dict[str, str]:
    """An address of the subnet for every name; refuses a subnet that is full."""
    taken = {one for user in users(change.view, subnet) for one in user.secrets.get("addresses", {}).values()}
    free = (
        str(one)
        for text in prefixes(subnet.properties)
        for n, one in enumerate(ipaddress.ip_network(text, strict=False).hosts(), start=1)
        if n >= RESERVED and str(one) not in taken
    )
    found = dict(zip(hosts, free, strict=False))
    if len(found) < len(hosts):
        text = f"Subnet {subnet.name} with address prefix {', '.join(prefixes(subnet.properties))} is full."
        raise Refusal(400, "SubnetIsFull", text)
    return found


def _show(control: Control, view: View, resource: Resource, body: Json) -> None:
    """The state of the connection as the target has it, and the names, where no zone group takes care of them."""
    properties = body["properties"]
    for sort in SORTS:
        properties[sort] = [_connection(view, resource, one) for one in properties.get(sort) or []]
    grouped = view.children(resource.key, GROUPS)
    addresses: dict[str, str] = {} if grouped else resource.secrets.get("addresses", {})
    properties["customDnsConfigs"] = [{"fqdn": name, "ipAddresses": [one]} for name, one in addresses.items()]


def _connection(view: View, resource: Resource, one: Json) -> Json:
    target = view.get(one["properties"]["privateLinkServiceId"].lower())
    found = links.found(view, target, resource.id) if target is not None else None
    state: Any = {"status": "Disconnected", "actionsRequired": "None"}
    if found is not None:
        kept = found.properties["privateLinkServiceConnectionState"]
        state = {name: value for name, value in kept.items() if name != "actionRequired"}
    shown = {**one["properties"], "provisioningState": "Succeeded", "privateLinkServiceConnectionState": state}
    return {**one, "properties": shown}


def _delete(control: Control, view: View, resource: Resource, now: float) -> None:
    for sort in SORTS:
        for one in resource.properties.get(sort) or []:
            target = view.get(one["properties"]["privateLinkServiceId"].lower())
            found = links.found(view, target, resource.id) if target is not None else None
            if found is not None:
                view.drop(found.key)
    view.drop(resource.key)


def _write_group(change: Change) -> None:
    endpoint = change.parent
    assert endpoint is not None
    for name in ("id", "name", "type", "etag"):
        change.body.pop(name, None)
    others = [one for one in change.view.children(endpoint.key, GROUPS) if one.key != change.key]
    if others:
        text = f"Private endpoint {endpoint.id} has a private DNS zone group already: {others[0].name}."
        raise Refusal(400, "PrivateDnsZoneGroupAlreadyExists", text)
    addresses: dict[str, str] = endpoint.secrets.get("addresses", {})
    for config in change.properties.setdefault("privateDnsZoneConfigs", []):
        own = config.setdefault("properties", {})
        zone = change.view.get(str(own.get("privateDnsZoneId") or "").lower())
        if zone is None or zone.type != ZONES:
            raise _missing(change, str(own.get("privateDnsZoneId") or "(privateDnsZoneId)"))
        public = zone.name.lower().removeprefix("privatelink.")
        own["recordSets"] = [
            {
                "recordType": "A",
                "recordSetName": name.removesuffix("." + public),
                "fqdn": f"{name.removesuffix('.' + public)}.{zone.name}",
                "ttl": 10,
                "provisioningState": "Succeeded",
                "ipAddresses": [address],
            }
            for name, address in addresses.items()
            if name.endswith("." + public)
        ]


def records(view: View, zone: Resource) -> int:
    """How many records zone groups have written into a zone."""
    return sum(
        len(config["properties"].get("recordSets", []))
        for group in view.of_type(zone.subscription, GROUPS)
        for config in group.properties.get("privateDnsZoneConfigs", [])
        if str(config["properties"].get("privateDnsZoneId", "")).lower() == zone.key
    )


def _leave(control: Control, view: View, resource: Resource, request: Request) -> None:
    if resource.state_at(control.clock()) == "Updating":
        raise busy(resource)


def _bad_name(name: str) -> Refusal:
    return refusals.bad_name(ENDPOINTS, name, KINDS[0].name)


KINDS = (
    Kind(
        type=ENDPOINTS,
        versions=tables.VERSIONS,
        shape=tables.ENDPOINT,
        evidence=Evidence.DOCUMENTED,
        name=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}[a-zA-Z0-9_]$",
        bad_name=_bad_name,
        writes=Writes(Style.STATUS, asynchronous=200, at_once=False, state="Updating"),
        deletes=Deletes(Style.LOCATION, at_once=False),
        etag=True,
        patchable=("tags",),
        busy=busy,
        write=_write,
        leave=_leave,
        delete=_delete,
        show=_show,
    ),
    Kind(
        type=GROUPS,
        versions=tables.VERSIONS,
        shape=tables.ZONE_GROUP,
        evidence=Evidence.DOCUMENTED,
        name=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,79}$",
        tracked=False,
        writes=Writes(Style.STATUS, asynchronous=200, at_once=False, state="Updating"),
        deletes=Deletes(Style.LOCATION, at_once=False),
        etag=True,
        busy=busy,
        write=_write_group,
    ),
)
