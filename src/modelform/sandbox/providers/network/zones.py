"""Microsoft.Network/privateDnsZones and their links to virtual networks."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from modelform.sandbox import refusals
from modelform.sandbox.exchange import Json, Refusal, Request
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Style, Writes
from modelform.sandbox.providers.network import tables
from modelform.sandbox.providers.network.endpoints import ZONES, records
from modelform.sandbox.providers.network.networks import NETWORKS
from modelform.sandbox.store import Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

LINKS = ZONES + "/virtualNetworkLinks"
LIMITS = {
    "maxNumberOfRecordSets": 25000,
    "maxNumberOfVirtualNetworkLinks": 1000,
    "maxNumberOfVirtualNetworkLinksWithRegistration": 100,
}
EVERYWHERE = ["global"]


def _plain(change: Change) -> None:
    for name in ("id", "name", "type", "etag"):
        change.body.pop(name, None)


def _write_zone(change: Change) -> None:
    _plain(change)
    id = base64.b64encode(change.key.encode()).decode()
    change.body["properties"] = {**LIMITS, "internalId": id}


def _show_zone(control: Control, view: View, resource: Resource, body: Json) -> None:
    found = view.children(resource.key, LINKS)
    body["properties"] |= {
        "numberOfRecordSets": 1 + records(view, resource),
        "numberOfVirtualNetworkLinks": len(found),
        "numberOfVirtualNetworkLinksWithRegistration": sum(
            1 for one in found if one.properties.get("registrationEnabled")
        ),
    }


def _leave_zone(control: Control, view: View, resource: Resource, request: Request) -> None:
    found = view.children(resource.key, LINKS)
    if found:
        raise refusals.nested(one.id for one in found[:5])


def _write_link(change: Change) -> None:
    _plain(change)
    zone = change.parent
    assert zone is not None
    id = str(change.properties["virtualNetwork"]["id"])
    network = change.view.get(id.lower())
    if network is None or network.type != NETWORKS:
        raise Refusal(400, "BadRequest", f"The virtual network '{id}' of the link '{change.name}' was not found.")
    old = change.kept("properties.virtualNetwork.id")
    if old and old.lower() != network.key:
        text = f"The virtual network of the link '{change.name}' cannot be changed."
        raise Refusal(400, "BadRequest", text)
    scope = f"zone {zone.name.lower()}"  # a network sees one zone of a name, in whichever group the zone is
    holder = change.view.holder(scope, network.key)
    if holder is not None and holder != change.key:
        text = (
            f"A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link "
            f"virtual network '{network.id}' with '{zone.name}', but it is linked already."
        )
        raise Refusal(409, "Conflict", text)
    change.view.take(scope, network.key, change.key)
    change.properties["virtualNetwork"]["id"] = network.id
    change.default(registrationEnabled=False)
    if zone.name.lower().startswith("privatelink."):
        change.default(resolutionPolicy="Default")
    change.properties["virtualNetworkLinkState"] = "Completed"


KINDS = (
    Kind(
        type=ZONES,
        versions=tables.ZONE_VERSIONS,
        shape=tables.ZONE,
        evidence=Evidence.RECORDED,
        name=r"^(?=.{1,63}$)[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)+$",
        regions=lambda control: EVERYWHERE,
        writes=Writes(Style.STATUS, created=202, at_once=False),
        deletes=Deletes(Style.LOCATION, at_once=False),
        etag=True,
        patchable=("tags",),
        write=_write_zone,
        leave=_leave_zone,
        show=_show_zone,
    ),
    Kind(
        type=LINKS,
        versions=tables.ZONE_VERSIONS,
        shape=tables.LINK,
        evidence=Evidence.DOCUMENTED,
        name=r"^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,78}[a-zA-Z0-9_])?$",
        regions=lambda control: EVERYWHERE,
        writes=Writes(Style.STATUS, created=202, at_once=False),
        deletes=Deletes(Style.LOCATION, at_once=False),
        etag=True,
        write=_write_link,
    ),
)
