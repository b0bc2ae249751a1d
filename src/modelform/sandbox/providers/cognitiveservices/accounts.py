"""Microsoft.CognitiveServices/accounts: OpenAI and Foundry (AIServices) accounts; soft delete, restore, keys."""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from modelform.sandbox import identities, lifecycle, operations, refusals
from modelform.sandbox.exchange import Json, Refusal, Request, Response
from modelform.sandbox.kinds import Action, Call, Change, Deletes, Evidence, Kind, Style, Writes, region
from modelform.sandbox.providers.cognitiveservices import tables
from modelform.sandbox.providers.cognitiveservices.offered import account_model
from modelform.sandbox.store import Grave, Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

TYPE = "Microsoft.CognitiveServices/accounts"
PROJECTS = TYPE + "/projects"
DEPLOYMENTS = TYPE + "/deployments"
HOSTS = TYPE + "/capabilityHosts"
KEPT_DELETED = 48 * 3600.0  # seconds: scheduledPurgeDate was recorded as deletionDate + 48 h
SUBDOMAIN = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,62}[a-zA-Z0-9])?")
MOST_HOSTS = 1000
LIMITS = {
    "OpenAI": ("openAiAccountsPerRegionPerSubscription", 30),
    "AIServices": ("foundryAccountsPerRegionPerSubscription", 100),
}


def grave(resource: Resource) -> str:
    """The key under which a deleted account is kept: that of its deletedAccounts resource."""
    return (
        f"/subscriptions/{resource.subscription}/providers/microsoft.cognitiveservices/locations/"
        f"{region(resource.location)}/resourcegroups/{resource.grp}/deletedaccounts/{resource.name.lower()}"
    )


def _restore(change: Change) -> None:
    """A new account where a deleted one lies: restored if that is asked for, refused if not."""
    asked = bool(change.properties.get("restore"))
    found = [one for one in _graves(change) if one.resource.key == change.key]
    if not found:
        if asked:
            raise Refusal(400, "CanNotRestoreANonExistingResource", "Could not locate a resource to restore")
        return
    if not asked:
        raise Refusal(
            409,
            "FlagMustBeSetForRestore",
            f"An existing resource with ID '{found[0].resource.id}' has been soft-deleted. To restore the resource, "
            "you must specify 'restore' to be 'true' in the property. If you don't want to restore existing resource, "
            "please purge it first.",
        )
    old = found[0].resource
    if region(old.location) != change.location:
        raise refusals.region_change(old.name, old.location, str(change.body["location"]), change.address.group)
    change.view.unbury(found[0].id)
    change.existing, change.restored = change.view.get(change.key), True


def _graves(change: Change) -> list[Grave]:
    prefix = f"/subscriptions/{change.address.subscription.lower()}/providers/microsoft.cognitiveservices/"
    return change.view.graves(prefix)


def _write(change: Change) -> None:
    properties = change.properties
    if properties.pop("restore", False) and change.existing is not None and not change.restored:
        text = f"The resource '{change.existing.id}' is active and cannot be restored."
        raise Refusal(400, "CanNotRestoreAnActiveResource", text)
    _check_kind(change)
    _check_requirements(change)
    _check_limit(change)
    _subdomain(change)
    identities.complete(change)
    change.default(publicNetworkAccess="Enabled", apiProperties={}, allowProjectManagement=False)
    if acls := properties.get("networkAcls"):
        acls.setdefault("virtualNetworkRules", [])
        acls.setdefault("ipRules", [])
        for rule in acls["virtualNetworkRules"]:
            rule.setdefault("ignoreMissingVnetServiceEndpoint", False)
    properties["internalId"] = change.kept("properties.internalId") or uuid.uuid4().hex
    properties["dateCreated"] = change.kept("properties.dateCreated") or operations.moment(change.now)
    properties["isMigrated"] = False
    properties["callRateLimit"] = {"rules": [_rate("openai", 1, 30), _rate("default", 10, 1000)]}
    properties["capabilities"] = [
        {"name": name} for name in ("VirtualNetworks", "CustomerManagedKey", "TrustedServices", "RaiMonitor")
    ]
    if not change.secrets:
        change.secrets = {"key1": _key(), "key2": _key()}


def _rate(key: str, period: int, count: int) -> Json:
    pattern = {"path": "openai/*" if key == "openai" else "*", "method": "*"}
    return {"key": key, "renewalPeriod": period, "count": count, "matchPatterns": [pattern]}


def _check_kind(change: Change) -> None:
    kind = change.body.get("kind") or change.kept("kind")
    if not kind:
        raise refusals.bad_content("Required property 'kind' not found in JSON. Path 'kind'")
    canonical = next((one for one in LIMITS if one.lower() == str(kind).lower()), None)
    if canonical is None and change.kept("kind"):  # the two that there are may change into each other
        raise Refusal(400, "UpdateKindNotAllowed", "It's not allowed to update kind of API account.")
    if canonical is None:
        text = f"The account type '{kind}' is either invalid or unavailable in given region."
        raise Refusal(400, "InvalidApiSetId", text)
    change.body["kind"] = canonical
    sku = (change.body.get("sku") or change.kept("sku") or {}).get("name")
    if not sku:
        raise refusals.bad_content("Required property 'sku' not found in JSON. Path 'sku'")
    if sku.upper() != "S0":
        raise Refusal(400, "InvalidSkuId", f"The account type '{canonical}' does not support the SKU '{sku}'.")
    change.body.setdefault("sku", {"name": "S0"})


def _check_requirements(change: Change) -> None:
    properties = change.properties
    subdomain = properties.get("customSubDomainName") or change.kept("properties.customSubDomainName")
    if properties.get("networkAcls") and not subdomain:
        raise _invalid("The network ACLs of an account need a custom subdomain: set 'customSubDomainName'.")
    if properties.get("allowProjectManagement"):
        identity = str((change.body.get("identity") or {}).get("type") or "None")
        if change.body["kind"] != "AIServices":
            raise _invalid("'allowProjectManagement' can only be set for accounts of kind 'AIServices'.")
        if identity == "None":
            raise _invalid("'allowProjectManagement' needs a managed identity on the account.")
        if not subdomain:
            raise _invalid("'allowProjectManagement' needs a custom subdomain: set 'customSubDomainName'.")
    elif change.kept("properties.allowProjectManagement"):
        if properties.get("allowProjectManagement") is False:
            raise _invalid("'allowProjectManagement' cannot be changed from true to false.")
        properties["allowProjectManagement"] = True
    if len(properties.get("allowedFqdnList") or ()) > MOST_HOSTS:
        raise _invalid(f"'allowedFqdnList' has more than {MOST_HOSTS} entries.")
    encryption = properties.get("encryption") or {}
    if encryption.get("keySource") == "Microsoft.KeyVault":
        vault = encryption.get("keyVaultProperties") or {}
        missing = [name for name in ("keyName", "keyVersion", "keyVaultUri") if not vault.get(name)]
        if missing:
            raise _invalid(f"Encryption with a key vault's key needs 'keyVaultProperties.{missing[0]}'.")


def _invalid(message: str) -> Refusal:
    return Refusal(400, "InvalidResourceProperties", message)


def _check_limit(change: Change) -> None:
    """The number of accounts of a kind in a region and subscription."""
    kind = change.body["kind"]
    if change.existing is not None and (change.kept("kind") == kind and not change.restored):
        return
    cap, otherwise = LIMITS[kind]
    held = change.view.number(change.address.subscription.lower(), TYPE, change.location, kind)
    counted = change.kept("kind") == kind  # one that was restored just now
    if held - counted >= change.control.offers.cap(cap, otherwise):
        text = f"Insufficient quota. Cannot create/update/move resource '{change.name}'."
        raise Refusal(400, "InsufficientQuota", text)


def _subdomain(change: Change) -> None:
    old, new = change.kept("properties.customSubDomainName"), change.properties.get("customSubDomainName")
    if old and new and old.lower() != new.lower():
        text = f"The custom subdomain '{old}' of the account cannot be changed once it is set."
        raise Refusal(400, "CustomSubDomainNameCannotBeChanged", text)
    if not new:
        if old:
            change.properties["customSubDomainName"] = old
        return
    if not SUBDOMAIN.fullmatch(new):
        raise Refusal(400, "CustomDomainInvalid", f"Sub domain name '{new}' is not valid.")
    holder = change.view.holder("cognitive-subdomain", new)
    if holder is not None and holder != change.key:
        raise Refusal(
            409,
            "CustomDomainInUse",
            f"Please pick a different name. The subdomain name '{new}' is not available as it's already used by a "
            "resource. If the resource using the name was deleted in the last 48 hours, you may need to purge the "
            "deleted resource.",
        )
    change.view.take("cognitive-subdomain", new, change.key)


def _show(control: Control, view: View, resource: Resource, body: Json) -> None:
    """The endpoints, and the projects of an account that manages them."""
    properties = body["properties"]
    subdomain = properties.get("customSubDomainName")
    base = (
        f"https://{subdomain}.{{}}/"
        if subdomain
        else f"https://{region(resource.location)}.api.cognitive.microsoft.com/"
    )
    cognitive = base.format("cognitiveservices.azure.com")
    openai = base.format("openai.azure.com")
    properties["endpoint"] = openai if body["kind"] == "OpenAI" else cognitive
    names = [
        "OpenAI Language Model Instance API",
        "OpenAI Dall-E API",
        "OpenAI Sora API",
        "OpenAI Moderations API",
        "OpenAI Whisper API",
        "OpenAI Model Scaleset API",
        "OpenAI Realtime API",
        "Token Service API",
    ]
    endpoints = dict.fromkeys(names, openai)
    if body["kind"] == "AIServices":
        endpoints["AI Foundry API"] = base.format("services.ai.azure.com")
        endpoints["Azure AI Model Inference API"] = base.format("services.ai.azure.com")
        endpoints |= dict.fromkeys(("Content Safety", "Language", "Computer Vision"), cognitive)
    properties["endpoints"] = endpoints
    if properties.get("allowProjectManagement"):
        projects = view.children(resource.key, PROJECTS)
        if projects:
            properties["associatedProjects"] = [one.name for one in projects]
            properties["defaultProject"] = next((one.name for one in projects if one.properties.get("isDefault")), None)


def _leave(control: Control, view: View, resource: Resource, request: Request) -> None:
    nested = [*view.children(resource.key, PROJECTS), *view.children(resource.key, HOSTS)]
    if nested:
        raise refusals.nested(one.id for one in nested[:5])


def bury(control: Control, view: View, resource: Resource, now: float) -> None:
    """Soft delete: name, subdomain, deployments and their quota stay held for 48 hours."""
    for child in view.below(resource.key):
        view.put(replace(child, state="Succeeded", ready=0.0, busy=0.0))
    place = grave(resource)
    view.purge(place)
    view.bury(replace(resource, state="Succeeded", ready=0.0, busy=0.0), place, now, now + KEPT_DELETED)


def _key() -> str:
    return secrets.token_hex(16)


def _keys(call: Call, view: View, resource: Resource) -> Response:
    _keys_allowed(resource)
    return Response(200, dict(resource.secrets))


def _regenerate(call: Call, view: View, resource: Resource) -> Response:
    _keys_allowed(resource)
    name = str(lifecycle.document(call.request).get("keyName", ""))
    if name.lower() not in ("key1", "key2"):
        raise refusals.bad_content(f"'{name}' is none of Key1, Key2. Path 'keyName'")
    changed = {**resource.secrets, name.lower(): _key()}
    view.put(replace(resource, secrets=changed))
    return Response(200, changed)


def _keys_allowed(resource: Resource) -> None:
    if resource.properties.get("disableLocalAuth"):
        raise Refusal(400, "BadRequest", "Failed to list key. disableLocalAuth is set to be true")


def _skus(call: Call, view: View, resource: Resource) -> Response:
    sku = {"resourceType": TYPE, "sku": {"name": "S0", "tier": "Standard"}}
    return Response(200, {"value": [sku]})


def _models(call: Call, view: View, resource: Resource) -> Response:
    control = call.control
    formats = {"OpenAI"} if resource.body["kind"] == "OpenAI" else None
    offered = control.offers.offered(region(resource.location))
    items = [
        account_model(control, model, skus) for model, skus in offered if formats is None or model["format"] in formats
    ]
    return Response(200, {"value": items})


def _usages(call: Call, view: View, resource: Resource) -> Response:
    return Response(200, {"value": []})


def _links(call: Call, view: View, resource: Resource) -> Response:
    zones = ["privatelink.openai.azure.com"]
    if resource.body["kind"] == "AIServices":
        zones = ["privatelink.cognitiveservices.azure.com", *zones, "privatelink.services.ai.azure.com"]
    item = {
        "id": f"{resource.id}/privateLinkResources/account",
        "name": "account",
        "type": f"{TYPE}/privateLinkResources",
        "properties": {
            "groupId": "account",
            "displayName": "Cognitive Services",
            "requiredMembers": ["default"],
            "requiredZoneNames": zones,
        },
    }
    return Response(200, {"value": [item]})


KIND = Kind(
    type=TYPE,
    versions=tables.VERSIONS,
    shape=tables.ACCOUNT,
    evidence=Evidence.RECORDED,
    name=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,63}$",
    echo_location=True,
    regions=lambda control: control.offers.account_regions,
    writes=Writes(Style.STATUS, at_once=False, updating="Accepted"),
    deletes=Deletes(Style.LOCATION),
    serial=TYPE,
    links=f"{TYPE}/privateEndpointConnections",
    etag=True,
    system_data=True,
    write=_write,
    restore=_restore,
    leave=_leave,
    delete=bury,
    show=_show,
    actions={
        "listKeys": Action(_keys),
        "regenerateKey": Action(_regenerate, writes=True),
        "skus": Action(_skus, "GET"),
        "models": Action(_models, "GET"),
        "usages": Action(_usages, "GET"),
        "privateLinkResources": Action(_links, "GET"),
    },
)
