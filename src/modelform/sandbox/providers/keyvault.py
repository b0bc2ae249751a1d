"""Microsoft.KeyVault: vaults, with soft delete, recovery and purge; their names are one world's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from modelform.sandbox import lifecycle, operations, refusals, scopes
from modelform.sandbox.address import parse
from modelform.sandbox.exchange import Json, Refusal, Response
from modelform.sandbox.kinds import Call, Change, Deletes, Evidence, Kind, Provider, Route, Style, Writes, region
from modelform.sandbox.providers.links import OTHER, connections
from modelform.sandbox.shapes import Misfit, Shape, accept, table
from modelform.sandbox.store import Grave, Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

TYPE = "Microsoft.KeyVault/vaults"
VERSIONS = (
    *("2019-09-01", "2021-04-01-preview", "2021-06-01-preview", "2021-10-01", "2021-11-01-preview", "2022-07-01"),
    *("2022-11-01", "2023-02-01", "2023-07-01", "2024-04-01-preview", "2024-11-01", "2025-05-01", "2026-05-15"),
)
SCOPE = "vault"
NAME = r"^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$"
DAY = 86400.0
GUID = "text /^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/"

BODY = table(
    f"""
    id~: text
    name~: text
    type~: text
    location: text
    tags{{}}: text
    systemData~: any
    properties!
      tenantId!: {GUID}
      sku!
        family!: A|*
        name!: standard|premium
      accessPolicies[]
        tenantId!: {GUID}
        objectId!: text
        applicationId: {GUID}
        permissions!
          keys[]: text
          secrets[]: text
          certificates[]: text
          storage[]: text
      vaultUri: text
      hsmPoolResourceId~: text
      enabledForDeployment: flag
      enabledForDiskEncryption: flag
      enabledForTemplateDeployment: flag
      enableSoftDelete: flag
      softDeleteRetentionInDays: whole 7..90
      enableRbacAuthorization: flag
      createMode^: recover|default
      enablePurgeProtection: flag
      networkAcls
        bypass: AzureServices|None
        defaultAction: Allow|Deny
        ipRules[]
          value!: text
        virtualNetworkRules[]
          id!: text
          ignoreMissingVnetServiceEndpoint: flag
      provisioningState~: text
      privateEndpointConnections~: any
      publicNetworkAccess: Enabled|Disabled|*
    """
)
POLICIES = Shape("object", {"accessPolicies": BODY.members["properties"].shape.members["accessPolicies"]})


def _grave(resource: Resource) -> str:
    return (
        f"/subscriptions/{resource.subscription}/providers/microsoft.keyvault/locations/"
        f"{region(resource.location)}/deletedvaults/{resource.name.lower()}"
    )


def _graves(view: View, subscription: str) -> list[Grave]:
    return view.graves(f"/subscriptions/{subscription.lower()}/providers/microsoft.keyvault/")


def _restore(change: Change) -> None:
    """A new vault where a deleted one lies: recovered with `createMode: recover`, refused without."""
    found = [one for one in _graves(change.view, change.address.subscription) if one.resource.key == change.key]
    recover = change.properties.get("createMode") == "recover"
    if not found:
        if recover:
            text = f"The vault '{change.name}' cannot be recovered: there is no deleted vault of this name."
            raise Refusal(404, "VaultNotFound", text)
        return
    if not recover:
        raise _deleted_holds()
    change.view.unbury(found[0].id)
    change.existing, change.restored = change.view.get(change.key), True


def _deleted_holds() -> Refusal:
    return Refusal(
        409,
        "ConflictError",
        "A vault with the same name already exists in deleted state. You need to either recover or purge existing key "
        "vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.",
    )


def _write(change: Change) -> None:
    _name(change)
    properties = change.properties
    properties.pop("createMode", None)
    if change.kept("properties.enablePurgeProtection") and properties.get("enablePurgeProtection") is False:
        raise Refusal(
            400,
            "BadRequest",
            'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is '
            "an irreversible action.",
        )
    if properties.get("enablePurgeProtection") is False:
        text = 'The property "enablePurgeProtection" cannot be set to false.'
        raise Refusal(400, "BadRequest", text)
    if change.kept("properties.enableSoftDelete") and properties.get("enableSoftDelete") is False:
        text = 'The property "enableSoftDelete" can be set to false only for creating new vault.'
        raise Refusal(400, "BadRequest", text)
    days = change.kept("properties.softDeleteRetentionInDays")
    if days is not None and properties.get("softDeleteRetentionInDays", days) != days:
        text = 'The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.'
        raise Refusal(400, "BadRequest", text)
    if change.kept("properties.enablePurgeProtection"):
        properties["enablePurgeProtection"] = True
    change.default(
        accessPolicies=[],
        enabledForDeployment=False,
        enableSoftDelete=True,
        softDeleteRetentionInDays=days or 90,
        enableRbacAuthorization=False,
        publicNetworkAccess="Enabled",
    )
    properties["vaultUri"] = f"https://{change.name.lower()}.vault.azure.net/"


def _name(change: Change) -> None:
    """A vault's name is taken by any other vault, and by a deleted one."""
    holder = change.view.holder(SCOPE, change.name)
    if holder is not None and holder != change.key:
        if change.view.get(holder) is None:
            raise _deleted_holds()
        raise Refusal(
            409,
            "VaultAlreadyExists",
            f"The vault name '{change.name}' is already in use. Vault names are globaly unique so it is possible that "
            "the name is already taken.",
        )
    change.view.take(SCOPE, change.name, change.key)


def _delete(control: Control, view: View, resource: Resource, now: float) -> None:
    days = int(resource.properties.get("softDeleteRetentionInDays", 90))
    view.bury(replace(resource, state="Succeeded", ready=0.0), _grave(resource), now, now + days * DAY)


# deleted vaults

PREFIX = "/subscriptions/{subscription}/providers/Microsoft.KeyVault"


def _item(found: Grave) -> Json:
    old = found.resource
    where = region(old.location)
    provider = f"/subscriptions/{old.id.split('/')[2]}/providers/Microsoft.KeyVault"
    return {
        "id": f"{provider}/locations/{where}/deletedVaults/{old.name}",
        "name": old.name,
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": {
            "vaultId": old.id,
            "location": where,
            "tags": old.body.get("tags", {}),
            "deletionDate": operations.moment(found.deleted),
            "scheduledPurgeDate": operations.moment(found.purge),
            **({"purgeProtectionEnabled": True} if old.properties.get("enablePurgeProtection") else {}),
        },
    }


def _list(call: Call) -> Response:
    with call.control.store.read() as view:
        found = _graves(view, call.parameters["subscription"])
    return Response(200, {"value": [_item(one) for one in found]})


def _find(call: Call, view: View) -> Grave:
    subscription, where, name = (call.parameters[part].lower() for part in ("subscription", "location", "name"))
    key = f"/subscriptions/{subscription}/providers/microsoft.keyvault/locations/{region(where)}/deletedvaults/{name}"
    found = view.grave(key)
    if found is None:
        raise Refusal(
            404, "DeletedVaultNotFound", f"The specified deleted vault '{call.parameters['name']}' does not exist."
        )
    return found


def _one(call: Call) -> Response:
    with call.control.store.read() as view:
        return Response(200, _item(_find(call, view)))


def _purge(call: Call) -> Response:
    control = call.control
    with control.store.write() as view:
        found = _find(call, view)
        if found.resource.properties.get("enablePurgeProtection"):
            text = (
                f"The vault '{found.resource.name}' has purge protection enabled and cannot be purged before its time."
            )
            raise Refusal(400, "DeletedVaultPurge", text)
        view.purge(found.id)
        ends = call.now + control.latency
        operation = operations.begin(view, call.request, "DELETE", Style.LOCATION, found.id, call.now, ends)
    head = operations.headers(control, call.request, VAULTS, region(call.parameters["location"]), operation)
    return Response(202, None, head)


def _policies(call: Call) -> Response:
    """Adds to the access policies of a vault, replaces them, or takes rights away."""
    word = call.parameters["operation"].lower()
    if word not in ("add", "replace", "remove"):
        raise refusals.bad_content(f"'{call.parameters['operation']}' is none of add, replace, remove")
    sent = lifecycle.document(call.request).get("properties") or {}
    try:
        given = accept(POLICIES, sent)["accessPolicies"]
    except Misfit as problem:
        raise refusals.misfit(problem, TYPE) from problem
    owner = parse(call.address.parent_path)
    with call.control.store.write() as view:
        vault = view.get(owner.key)
        if vault is None:
            raise lifecycle.absent(call.control, view, VAULTS, owner, "write")
        scopes.unlocked(view, owner, "write")
        kept = [] if word == "replace" else vault.properties["accessPolicies"]
        policies = _merged({_who(one): one for one in kept}, given, adds=word != "remove")
        body = {**vault.body, "properties": {**vault.properties, "accessPolicies": policies}}
        view.put(replace(vault, body=body, modified=call.now))
    answer = {
        "id": f"{vault.id}/accessPolicies/",
        "type": f"{TYPE}/accessPolicies",
        "location": vault.location,
        "properties": {"accessPolicies": policies},
    }
    return Response(200, answer)


def _who(policy: Json) -> tuple[str, str, str]:
    found = (str(policy.get(part) or "").lower() for part in ("tenantId", "objectId", "applicationId"))
    return next(found), next(found), next(found)


def _merged(policies: dict[tuple[str, str, str], Json], given: list[Json], *, adds: bool) -> list[Json]:
    """The policies with rights added or taken away; who has no rights left has no policy."""
    for one in given:
        rights: Json = {**(policies.get(_who(one)) or {"permissions": {}})["permissions"]}
        for sort, words in one["permissions"].items():
            before = rights.get(sort) or []
            fresh = [word for word in words if word.lower() not in (each.lower() for each in before)]
            gone = [each.lower() for each in words]
            rights[sort] = [*before, *fresh] if adds else [each for each in before if each.lower() not in gone]
        policies[_who(one)] = {**one, "permissions": {sort: words for sort, words in rights.items() if words}}
    return [one for one in policies.values() if one["permissions"]]


def _check_name(call: Call) -> Response:
    name = str(lifecycle.document(call.request).get("name", ""))
    if not re.fullmatch(NAME, name):
        text = (
            f"The vault name '{name}' is invalid: 3 to 24 letters, digits and single hyphens, beginning with a letter."
        )
        return Response(200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": text})
    with call.control.store.read() as view:
        if view.holder(SCOPE, name) is None:
            return Response(200, {"nameAvailable": True})
    text = f"The name '{name}' is already in use."
    return Response(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": text})


VAULTS = Kind(
    type=TYPE,
    versions=VERSIONS,
    shape=BODY,
    evidence=Evidence.DOCUMENTED,
    name=NAME,
    writes=Writes(Style.BODY, created=200, at_once=False, state="RegisteringDns", updating="Succeeded"),
    deletes=Deletes(Style.NONE),
    system_data=True,
    patchable=("tags", "properties"),
    write=_write,
    links=f"{TYPE}/privateEndpointConnections",
    link_parts=("id", "etag", "properties"),
    restore=_restore,
    delete=_delete,
)

DELETED = PREFIX + "/locations/{location}/deletedVaults/{name}"
PROVIDER = Provider(
    "Microsoft.KeyVault",
    (VAULTS, connections(TYPE, VERSIONS, OTHER)),
    (
        Route("GET", PREFIX + "/deletedVaults", _list, VERSIONS),
        Route("GET", DELETED, _one, VERSIONS),
        Route("POST", DELETED + "/purge", _purge, VERSIONS),
        Route("POST", PREFIX + "/checkNameAvailability", _check_name, VERSIONS),
        Route(
            "PUT",
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{vault}"
            "/accessPolicies/{operation}",
            _policies,
            VERSIONS,
        ),
    ),
)
