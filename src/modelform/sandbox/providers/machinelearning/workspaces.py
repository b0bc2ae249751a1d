"""Microsoft.MachineLearningServices/workspaces: hubs, their projects, and plain workspaces; soft delete for 14 days."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from modelform.sandbox import identities
from modelform.sandbox.address import Address
from modelform.sandbox.exchange import Json, Refusal, Request, Response
from modelform.sandbox.kinds import Action, Call, Change, Deletes, Evidence, Kind, Style, Writes, region
from modelform.sandbox.providers.machinelearning import rules, tables
from modelform.sandbox.store import Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

TYPE = "Microsoft.MachineLearningServices/workspaces"
KINDS = ("Default", "Hub", "Project", "FeatureStore")
KEPT_DELETED = 14 * 86400.0  # seconds, as documented
DEPENDENTS = {
    "storageAccount": "microsoft.storage/storageaccounts",
    "keyVault": "microsoft.keyvault/vaults",
    "applicationInsights": "microsoft.insights/components",
}
NEEDED = {
    "Default": ("storageAccount", "keyVault", "applicationInsights"),
    "FeatureStore": ("storageAccount", "keyVault", "applicationInsights"),
    "Hub": ("storageAccount", "keyVault"),
    "Project": (),
}
FIXED = ("storageAccount", "keyVault", "hbiWorkspace", "encryption", "hubResourceId")
INHERITED = ("storageAccount", "keyVault", "applicationInsights", "containerRegistry")


def grave(subscription: str, group: str, name: str) -> str:
    """The key under which a deleted workspace is kept."""
    return (
        f"/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.machinelearningservices/"
        f"deletedworkspaces/{name}"
    ).lower()


def _restore(change: Change) -> None:
    address = change.address
    if change.view.grave(grave(address.subscription, address.group, change.name)) is not None:
        text = "Soft-deleted workspace exists. Please purge or recover it. https://aka.ms/wsoftdelete"
        raise Refusal(400, "BadRequest", text)


def _write(change: Change) -> None:
    kind = _kind(change)
    _fixed(change)
    if kind == "Project":
        _hub(change)
    _dependents(change, kind)
    _network(change)
    identities.complete(change)
    change.body.setdefault("sku", {"name": "Basic", "tier": "Basic"})
    where = change.location
    change.default(
        hbiWorkspace=False,
        publicNetworkAccess="Enabled",
        v1LegacyMode=False,
        friendlyName=change.name,
        discoveryUrl=f"https://{where}.api.azureml.ms/discovery",
        allowPublicAccessWhenBehindVnet=False,
    )
    if kind == "Hub":
        change.default(enableDataIsolation=True)
    properties = change.properties
    id = change.kept("properties.workspaceId") or str(uuid.uuid4())
    host = f"ml-{change.name.lower()[:20]}-{where}-{id}.{where}.notebooks.azure.net"
    properties |= {
        "workspaceId": id,
        "tenantId": change.control.tenant,
        "storageHnsEnabled": False,
        "privateLinkCount": 0,
        "mlFlowTrackingUri": f"azureml://{where}.api.azureml.ms/mlflow/v1.0{change.address.path}",
        "notebookInfo": {"resourceId": id.replace("-", ""), "fqdn": host, "isPrivateLinkEnabled": False},
    }
    if not change.secrets:
        change.secrets = {"notebook": secrets.token_hex(32)}


def _kind(change: Change) -> str:
    sent = change.body.get("kind") or change.kept("kind", "Default")
    kind = next((one for one in KINDS if one.lower() == str(sent).lower()), None)
    if kind is None:
        raise Refusal(400, "ValidationError", f"The workspace kind '{sent}' is none of {', '.join(KINDS)}.")
    old = change.kept("kind")
    if old and old != kind:
        raise Refusal(
            400, "BadRequest", f"The kind of workspace '{change.name}' cannot be changed from '{old}' to '{kind}'."
        )
    change.body["kind"] = kind
    return kind


def _fixed(change: Change) -> None:
    """What a workspace keeps from its creation on."""
    if change.existing is None:
        return
    for name in FIXED:
        old, new = change.kept(f"properties.{name}"), change.properties.get(name)
        if new is None and old is not None:
            change.properties[name] = old
        elif new is not None and not _same(old, new) and not (old is None and new is False):
            text = f"The property '{name}' of workspace '{change.name}' cannot be changed."
            raise Refusal(400, "BadRequest", text, target=name)


def _same(old: object, new: object) -> bool:
    return old.lower() == new.lower() if isinstance(old, str) and isinstance(new, str) else old == new


def _hub(change: Change) -> None:
    """A project belongs to a hub, and lives where the hub does."""
    id = str(change.properties.get("hubResourceId") or "")
    if not id:
        raise Refusal(400, "ValidationError", "Missing hubResourceId in workspace json: a project needs a hub.")
    hub = change.view.get(id.lower())
    if hub is None or hub.type != TYPE or hub.body["kind"] != "Hub":
        raise Refusal(400, "BadRequest", f"The hub workspace '{id}' was not found.", target="hubResourceId")
    if hub.ready > change.now:
        raise Refusal(409, "Conflict", f"The hub workspace '{id}' is not in a succeeded state.")
    if region(hub.location) != change.location:
        text = f"A project must be in the location of its hub, '{hub.location}', not '{change.location}'."
        raise Refusal(400, "BadRequest", text, target="location")


def _dependents(change: Change, kind: str) -> None:
    if any(not change.properties.get(name) for name in NEEDED[kind]):
        raise Refusal(400, "ValidationError", "Missing dependent resources in workspace json")
    for name, type in DEPENDENTS.items():
        id = change.properties.get(name)
        if not id or (change.existing is not None and _same(change.kept(f"properties.{name}"), id)):
            continue
        found = change.view.get(str(id).lower())
        if found is None or found.type.lower() != type:
            text = f"The dependent resource '{id}' of workspace '{change.name}' was not found."
            raise Refusal(400, "ValidationError", text, target=name)


def _network(change: Change) -> None:
    network = change.properties.setdefault("managedNetwork", {"isolationMode": "Disabled"})
    network.setdefault("isolationMode", "Disabled")
    old = change.kept("properties.managedNetwork.isolationMode", "Disabled")
    if old != "Disabled" and network["isolationMode"] == "Disabled":
        text = f"The isolation mode of a managed network cannot be changed from '{old}' to 'Disabled'."
        raise Refusal(400, "BadRequest", text, target="managedNetwork.isolationMode")
    if network["isolationMode"] != "Disabled":
        # The network itself is only made with the first compute in it.
        network.setdefault("status", {"status": "Inactive", "sparkReady": False})
    rules.replace_all(change, network, partial=change.request.method == "PATCH")


def projects(view: View, hub: Resource) -> list[Resource]:
    """The projects of a hub."""
    return [
        one
        for one in view.of_type(hub.subscription, TYPE)
        if str(one.properties.get("hubResourceId", "")).lower() == hub.key
    ]


def _show(control: Control, view: View, resource: Resource, body: Json) -> None:
    """A hub names its projects, and a project what its hub stands on."""
    properties = body["properties"]
    if found := rules.told(view, resource):
        properties["managedNetwork"] = {**properties["managedNetwork"], "outboundRules": found}
    if body["kind"] == "Hub":
        properties["associatedWorkspaces"] = [one.id for one in projects(view, resource)]
    if body["kind"] == "Project":
        hub = view.get(str(properties["hubResourceId"]).lower())
        for name in INHERITED if hub else ():
            if hub and hub.properties.get(name):
                properties.setdefault(name, hub.properties[name])


def _leave(control: Control, view: View, resource: Resource, request: Request) -> None:
    held = projects(view, resource) if resource.body["kind"] == "Hub" else []
    if held:
        names = ", ".join(one.name for one in held[:5])
        text = f"The hub workspace '{resource.name}' cannot be deleted while it has project workspaces: {names}."
        raise Refusal(409, "Conflict", text)
    if _purges(request):
        view.put(replace(resource, secrets={**resource.secrets, "purge": True}))


def _purges(request: Request) -> bool:
    return (request.parameter("forceToPurge") or "").lower() == "true"


def _delete(control: Control, view: View, resource: Resource, now: float) -> None:
    """Soft, unless a purge was asked for or the workspace has a key of its customer."""
    encrypted = (resource.properties.get("encryption") or {}).get("status") == "Enabled"
    if encrypted or resource.secrets.get("purge"):
        view.drop(resource.key)
        return
    for child in view.below(resource.key):
        view.put(replace(child, state="Succeeded", ready=0.0))
    place = grave(resource.subscription, resource.grp, resource.name)
    view.bury(replace(resource, state="Succeeded", ready=0.0, busy=0.0), place, now, now + KEPT_DELETED)


def _gone(control: Control, view: View, request: Request, address: Address) -> Response | None:
    """DELETE with forceToPurge on a soft-deleted workspace purges it."""
    place = grave(address.subscription, address.group, address.names[-1])
    if not _purges(request) or view.grave(place) is None:
        return None
    view.purge(place)
    return Response(200)


def _keys(call: Call, view: View, resource: Resource) -> Response:
    storage = view.get(str(resource.properties.get("storageAccount", "")).lower())
    insights = view.get(str(resource.properties.get("applicationInsights", "")).lower())
    body: Json = {}
    if storage is not None:
        body |= {"userStorageKey": storage.secrets["key1"], "userStorageResourceId": storage.id}
    if insights is not None:
        body["appInsightsInstrumentationKey"] = insights.properties["InstrumentationKey"]
    return Response(200, body)


def _storage_keys(call: Call, view: View, resource: Resource) -> Response:
    storage = view.get(str(resource.properties.get("storageAccount", "")).lower())
    return Response(200, {"userStorageKey": storage.secrets["key1"]} if storage else {})


def _resync(call: Call, view: View, resource: Resource) -> Response:
    return Response(200)


KIND = Kind(
    type=TYPE,
    versions=tables.VERSIONS,
    shape=tables.WORKSPACE,
    evidence=Evidence.DOCUMENTED,
    name=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$",
    writes=Writes(Style.LOCATION, created=202, at_once=False, patched=True),
    deletes=Deletes(Style.LOCATION, at_once=False),
    links=f"{TYPE}/privateEndpointConnections",
    system_data=True,
    write=_write,
    users=projects,
    restore=_restore,
    leave=_leave,
    delete=_delete,
    gone=_gone,
    show=_show,
    actions={
        "listKeys": Action(_keys),
        "listStorageAccountKeys": Action(_storage_keys),
        "resyncKeys": Action(_resync),
    },
)
