"""Microsoft.Resources: resource groups, and the lists of subscriptions, tenants, locations, providers and resources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelform.sandbox import buyers, lifecycle, refusals
from modelform.sandbox.exchange import Json, Refusal, Request, Response
from modelform.sandbox.kinds import Call, Change, Deletes, Evidence, Kind, Provider, Route, Style, Writes
from modelform.sandbox.providers import deployments
from modelform.sandbox.providers.parts import ARM_VERSIONS
from modelform.sandbox.shapes import table
from modelform.sandbox.store import Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

DATED = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")

BODY = table(
    """
    id~: text
    name~: text
    type~: text
    location: text
    managedBy: text
    tags{}: text
    properties
      provisioningState~: text
    """
)


def _write(change: Change) -> None:
    if change.name.endswith("."):
        raise refusals.bad_name(change.kind.type, change.name, change.kind.name)
    old, new = change.kept("managedBy"), change.body.get("managedBy")
    if old and new and old != new:
        raise refusals.bad_content("'managedBy' cannot be changed")
    change.body.setdefault("properties", {})


def _leave(control: Control, view: View, resource: Resource, request: Request) -> None:
    """A group cannot go before what stands, in other groups, on what is in it."""
    inside = resource.key + "/"
    held = [
        one.id
        for one in view.below(resource.key)
        if any(not user.key.startswith(inside) for user in control.kind_of(one.type).users(view, one))
    ]
    if held:
        text = (
            f"Deletion of resource group '{resource.name}' failed as resources with identifiers '{','.join(held)}' "
            "could not be deleted."
        )
        raise Refusal(409, "ResourceGroupDeletionBlocked", text)


def _delete(control: Control, view: View, resource: Resource, now: float) -> None:
    """Deletes what is in the group, each in its own way, so that accounts and vaults stay recoverable."""
    for child in view.children(resource.key):
        control.kind_of(child.type).delete(control, view, child, now)
    view.drop(resource.key)


GROUPS = Kind(
    type=lifecycle.GROUP,
    versions=ARM_VERSIONS,
    shape=BODY,
    evidence=Evidence.RECORDED,
    name=r"^[-\w\._\(\)]{1,90}$",
    writes=Writes(Style.NONE),
    deletes=Deletes(Style.LOCATION, at_once=False, absent=404),
    patchable=("tags", "managedBy", "properties", "name"),
    write=_write,
    leave=_leave,
    delete=_delete,
)


def _dated(call: Call) -> None:
    if not DATED.fullmatch(call.version):
        raise refusals.bad_arm_version(call.version, ARM_VERSIONS)


def _subscription(call: Call, view: View, id: str) -> Json:
    return {
        "id": f"/subscriptions/{id}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": id,
        "tenantId": call.control.tenant,
        "displayName": "modelform sandbox",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": buyers.quota_id(view, id),
            "spendingLimit": "Off",
        },
    }


def _subscriptions(call: Call) -> Response:
    _dated(call)
    with call.control.store.read() as view:
        found = [_subscription(call, view, id) for id in view.subscriptions()]
    return Response(200, {"value": found, "count": {"type": "Total", "value": len(found)}})


def _one_subscription(call: Call) -> Response:
    _dated(call)
    with call.control.store.read() as view:
        return Response(200, _subscription(call, view, call.parameters["subscription"].lower()))


def _tenants(call: Call) -> Response:
    _dated(call)
    tenant = call.control.tenant
    item = {
        "id": f"/tenants/{tenant}",
        "tenantId": tenant,
        "countryCode": "SE",
        "displayName": "modelform sandbox",
        "domains": ["sandbox.localhost"],
        "tenantCategory": "Home",
        "defaultDomain": "sandbox.localhost",
        "tenantType": "AAD",
    }
    return Response(200, {"value": [item]})


def _locations(call: Call) -> Response:
    _dated(call)
    offers, subscription = call.control.offers, call.parameters["subscription"]
    items = [
        {
            "id": f"/subscriptions/{subscription}/locations/{name}",
            "name": name,
            "type": "Region",
            "displayName": offers.display_name(name),
            "regionalDisplayName": offers.display_name(name),
            "metadata": {
                "regionType": "Physical",
                "regionCategory": "Recommended",
                "geography": facts.get("geography"),
            },
        }
        for name, facts in sorted(offers.data["regions"].items())
    ]
    return Response(200, {"value": items})


def _provider_item(call: Call, provider: Provider, subscription: str | None) -> Json:
    control = call.control
    item: Json = {
        "id": f"/{f'subscriptions/{subscription}/' if subscription else ''}providers/{provider.namespace}",
        "namespace": provider.namespace,
        "resourceTypes": [
            {
                "resourceType": kind.type.split("/", 1)[1],
                "locations": [
                    control.offers.display_name(name)
                    for name in (kind.regions(control) if kind.regions else control.offers.regions)
                ],
                "apiVersions": sorted(kind.versions, reverse=True),
                "capabilities": "SupportsTags, SupportsLocation" if kind.tracked else "None",
            }
            for kind in provider.kinds
        ],
    }
    if subscription:
        item |= {"registrationState": "Registered", "registrationPolicy": "RegistrationRequired"}
    return item


def _providers(call: Call) -> Response:
    _dated(call)
    subscription = call.parameters.get("subscription")
    items = [_provider_item(call, one, subscription) for one in call.control.providers.values()]
    return Response(200, {"value": items})


def _one_provider(call: Call) -> Response:
    _dated(call)
    found = call.control.providers.get(call.parameters["namespace"].lower())
    if found is None:
        raise refusals.no_namespace(call.parameters["namespace"])
    return Response(200, _provider_item(call, found, call.parameters.get("subscription")))


def _resources(call: Call) -> Response:
    """The resources of a group or a subscription, tracked ones only, as ARM's own list has them."""
    _dated(call)
    control = call.control
    prefix = f"/subscriptions/{call.parameters['subscription']}/resourcegroups/".lower()
    group = call.parameters.get("group")
    wanted = re.search(r"resourceType\s+eq\s+'([^']+)'", call.request.parameter("$filter") or "")
    with control.store.read() as view:
        if group is not None and view.get(prefix + group.lower()) is None:
            raise refusals.no_group(group)
        found = view.below(prefix.rstrip("/") if group is None else prefix + group.lower())
    items: list[Json] = []
    for resource in found:
        kind = control.kind_of(resource.type)
        if not kind.tracked or kind.type == lifecycle.GROUP or (wanted and wanted[1].lower() != kind.type.lower()):
            continue
        names = resource.id.split("/providers/")[-1].split("/")[2::2]
        item: Json = {"id": resource.id, "name": "/".join(names), "type": kind.type, "location": resource.location}
        item |= {part: resource.body[part] for part in ("kind", "sku", "identity", "tags") if resource.body.get(part)}
        items.append(item)
    return Response(200, {"value": items})


def _registered(call: Call) -> Response:
    return _one_provider(call)


def _check_name(call: Call) -> Response:
    _dated(call)
    sent = lifecycle.document(call.request)
    status = "Reserved" if str(sent.get("name", "")).lower() in ("microsoft", "windows", "xbox") else "Allowed"
    return Response(200, {"name": sent.get("name"), "type": sent.get("type"), "status": status})


PROVIDER = Provider(
    "Microsoft.Resources",
    (GROUPS, deployments.DEPLOYMENTS),
    (
        *deployments.ROUTES,
        Route("GET", "/subscriptions", _subscriptions, ()),
        Route("GET", "/subscriptions/{subscription}", _one_subscription, ()),
        Route("GET", "/tenants", _tenants, ()),
        Route("GET", "/providers", _providers, ()),
        Route("GET", "/providers/{namespace}", _one_provider, ()),
        Route("POST", "/providers/Microsoft.Resources/checkResourceName", _check_name, ()),
        Route("GET", "/subscriptions/{subscription}/locations", _locations, ()),
        Route("GET", "/subscriptions/{subscription}/providers", _providers, ()),
        Route("GET", "/subscriptions/{subscription}/providers/{namespace}", _one_provider, ()),
        Route("POST", "/subscriptions/{subscription}/providers/{namespace}/register", _registered, ()),
        Route("GET", "/subscriptions/{subscription}/resources", _resources, ()),
        Route("GET", "/subscriptions/{subscription}/resourceGroups/{group}/resources", _resources, ()),
    ),
)
