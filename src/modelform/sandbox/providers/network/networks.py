"""Microsoft.Network/virtualNetworks and their subnets: address ranges, one write at a time, subnets in use."""

from __future__ import annotations

import ipaddress
import uuid
from typing import TYPE_CHECKING, Any

from modelform.sandbox.exchange import Json, Refusal, Request
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Style, Writes
from modelform.sandbox.providers.network import tables
from modelform.sandbox.store import Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

NETWORKS, SUBNETS = "Microsoft.Network/virtualNetworks", "Microsoft.Network/virtualNetworks/subnets"
ENDPOINTS = "Microsoft.Network/privateEndpoints"
Range = ipaddress.IPv4Network | ipaddress.IPv6Network


def busy(resource: Resource) -> Refusal:
    """429 for a second write in a network."""
    text = (
        "Another operation on this or dependent resource is in progress. To retrieve status of the operation use uri: "
        f"{resource.id}."
    )
    return Refusal(429, "AnotherOperationInProgress", text)


def ranges(texts: list[str], what: str) -> list[Range]:
    """Address prefixes as ranges; refuses what is none."""
    found: list[Range] = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError as error:
            message = f"The address prefix {text} in resource {what} is not a valid CIDR."
            raise Refusal(400, "InvalidAddressPrefixFormat", message) from error
        if str(found[-1]) != text:
            message = (
                f"The address prefix {text} in resource {what} has an invalid CIDR notation. For the given prefix "
                f"length, the address prefix should be {found[-1]}."
            )
            raise Refusal(400, "InvalidCIDRNotation", message)
    return found


def prefixes(properties: Json) -> list[str]:
    """The address prefixes of a subnet."""
    one = properties.get("addressPrefix")
    return [*([one] if one else []), *(properties.get("addressPrefixes") or [])]


def users(view: View, subnet: Resource) -> list[Resource]:
    """The private endpoints in a subnet."""
    found = view.of_type(subnet.subscription, ENDPOINTS)
    return [one for one in found if str((one.properties.get("subnet") or {}).get("id", "")).lower() == subnet.key]


def _within(name: str, network: str, own: list[Range], space: list[Range], others: dict[str, list[Range]]) -> None:
    for one in own:
        if not any(one.version == all.version and one.subnet_of(all) for all in space):  # type: ignore[arg-type]
            text = f"Subnet '{name}' is not valid in virtual network '{network}'."
            raise Refusal(400, "NetcfgInvalidSubnet", text)
        if any(one.overlaps(taken) for known, all in others.items() if known != name.lower() for taken in all):
            text = (
                f"Subnet '{name}' is not valid because its IP address range overlaps with that of an existing subnet "
                f"in virtual network '{network}'."
            )
            raise Refusal(400, "NetcfgSubnetRangesOverlap", text)


def _known(view: View, network: str) -> dict[str, list[Range]]:
    found = view.children(network, SUBNETS)
    return {one.name.lower(): ranges(prefixes(one.properties), one.name) for one in found}


def _in_use(subnet: Resource, user: Resource) -> Refusal:
    text = (
        f"Subnet {subnet.name} is in use by {user.id} and cannot be deleted. In order to delete the subnet, delete all "
        "the resources within the subnet. See aka.ms/deletesubnet."
    )
    return Refusal(400, "InUseSubnetCannotBeDeleted", text)


def _settle_subnet(properties: Json) -> None:
    properties.setdefault("delegations", [])
    for one in properties["delegations"]:
        one.get("properties", {}).setdefault("actions", ["Microsoft.Network/virtualNetworks/subnets/action"])
    properties.setdefault("privateEndpointNetworkPolicies", "Disabled")
    properties.setdefault("privateLinkServiceNetworkPolicies", "Enabled")


def _write_network(change: Change) -> None:
    properties, view = change.properties, change.view
    space = ranges((properties.get("addressSpace") or {}).get("addressPrefixes") or [], change.name)
    if not space:
        raise Refusal(400, "InvalidRequestFormat", f"The address space of virtual network '{change.name}' is empty.")
    change.default(enableDdosProtection=False, virtualNetworkPeerings=[])
    properties["resourceGuid"] = change.kept("properties.resourceGuid") or str(uuid.uuid4())
    for name in ("id", "name", "type", "etag"):
        change.body.pop(name, None)
    if change.request.method == "PATCH":
        properties.pop("subnets", None)
        return
    sent: list[Json] = properties.pop("subnets", [])
    wanted: dict[str, list[Range]] = {}
    for one in sent:
        name, own = str(one.get("name") or ""), one.setdefault("properties", {})
        parts = ranges(prefixes(own), name)
        if not name or not parts:
            raise Refusal(400, "InvalidRequestFormat", "A subnet has a name and an address prefix.")
        _within(name, change.name, parts, space, wanted)
        wanted[name.lower()] = parts
    for subnet in view.children(change.key, SUBNETS):
        if subnet.name.lower() not in wanted:
            if found := users(view, subnet):
                raise _in_use(subnet, found[0])
            view.drop(subnet.key)
    for one in sent:
        _settle_subnet(one["properties"])
        view.put(_subnet(change, one))


def _subnet(change: Change, sent: Json) -> Resource:
    """A subnet that comes with its network."""
    name, base = str(sent["name"]), change.existing.id if change.existing else change.address.path
    return Resource(
        key=f"{change.key}/subnets/{name.lower()}",
        id=f"{base}/subnets/{name}",
        type=SUBNETS,
        name=name,
        subscription=change.address.subscription.lower(),
        grp=change.address.group.lower(),
        parent=change.key,
        location=change.location,
        body={"properties": sent["properties"]},
        etag=f'"{uuid.uuid4()}"',
        created=change.now,
        modified=change.now,
        author=change.request.principal,
    )


def _show_network(control: Control, view: View, resource: Resource, body: Json) -> None:
    items: list[Any] = []
    for one in view.children(resource.key, SUBNETS):
        properties = {**one.properties, "provisioningState": one.state_at(control.clock())}
        items.append({"id": one.id, "name": one.name, "etag": one.etag, "type": SUBNETS, "properties": properties})
    body["properties"]["subnets"] = items


def _leave_network(control: Control, view: View, resource: Resource, request: Request) -> None:
    for subnet in view.children(resource.key, SUBNETS):
        _leave_subnet(control, view, subnet, request)


def _write_subnet(change: Change) -> None:
    network = change.parent
    assert network is not None
    for name in ("id", "name", "type", "etag"):
        change.body.pop(name, None)
    own = ranges(prefixes(change.properties), change.name)
    if not own:
        text = f"Subnet '{change.name}' must have an address prefix."
        raise Refusal(400, "SubnetMustHaveAddressPrefix", text)
    space = ranges(network.properties["addressSpace"]["addressPrefixes"], network.name)
    _within(change.name, network.name, own, space, _known(change.view, network.key))
    _settle_subnet(change.properties)


def _show_subnet(control: Control, view: View, resource: Resource, body: Json) -> None:
    found = users(view, resource)
    if found:
        body["properties"]["privateEndpoints"] = [{"id": one.id} for one in found]


def _leave_subnet(control: Control, view: View, resource: Resource, request: Request) -> None:
    if found := users(view, resource):
        raise _in_use(resource, found[0])


KINDS = (
    Kind(
        type=NETWORKS,
        versions=tables.VERSIONS,
        shape=tables.NETWORK,
        evidence=Evidence.DOCUMENTED,
        name=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}[a-zA-Z0-9_]$",
        writes=Writes(Style.STATUS, asynchronous=200, at_once=False, patched=True, state="Updating"),
        deletes=Deletes(Style.LOCATION, at_once=False),
        serial=NETWORKS,
        etag=True,
        patchable=("tags",),
        busy=busy,
        write=_write_network,
        leave=_leave_network,
        show=_show_network,
    ),
    Kind(
        type=SUBNETS,
        versions=tables.VERSIONS,
        shape=tables.SUBNET,
        evidence=Evidence.DOCUMENTED,
        name=r"^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,78}[a-zA-Z0-9_])?$",
        tracked=False,
        writes=Writes(Style.STATUS, asynchronous=200, at_once=False, state="Updating"),
        deletes=Deletes(Style.LOCATION, at_once=False),
        serial=NETWORKS,
        etag=True,
        busy=busy,
        write=_write_subnet,
        leave=_leave_subnet,
        users=users,
        show=_show_subnet,
    ),
)
