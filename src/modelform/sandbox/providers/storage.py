"""Microsoft.Storage: storage accounts with their keys; their names are one world's."""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import replace

from modelform.sandbox import identities, lifecycle, operations, refusals
from modelform.sandbox.exchange import Json, Refusal, Response
from modelform.sandbox.kinds import Action, Call, Change, Deletes, Evidence, Kind, Provider, Route, Style, Writes
from modelform.sandbox.providers.links import STORAGE, connections
from modelform.sandbox.providers.parts import IDENTITY
from modelform.sandbox.shapes import table
from modelform.sandbox.store import Resource, View

VERSIONS = (
    *("2019-06-01", "2021-01-01", "2021-04-01", "2021-09-01", "2022-05-01", "2022-09-01", "2023-01-01"),
    *("2023-04-01", "2023-05-01", "2024-01-01", "2025-01-01", "2025-06-01", "2026-09-01"),
)
SCOPE = "storage"
NAME = r"^[a-z0-9]{3,24}$"
SERVICES = ("blob", "queue", "table", "file", "web", "dfs")
ZONES = {"web": "z1.web"}

BODY = table(
    """
    id~: text
    name~: text
    type~: text
    sku!
      name!: text
      tier~: text
    kind!: Storage|StorageV2|BlobStorage|FileStorage|BlockBlobStorage
    location: text
    extendedLocation
      name: text
      type: EdgeZone
    tags{}: text
    zones[]@2026-09-01: text
    placement@2026-09-01
      zonePlacementPolicy: text
    identity: <identity>
    properties
      provisioningState~: text
      primaryEndpoints~: any
      primaryLocation~: text
      statusOfPrimary~: text
      secondaryEndpoints~: any
      secondaryLocation~: text
      statusOfSecondary~: text
      creationTime~: text
      keyCreationTime~: any
      lastGeoFailoverTime~: text
      geoReplicationStats~: any
      failoverInProgress~: flag
      privateEndpointConnections~: any
      blobRestoreStatus~: any
      isSkuConversionBlocked~: flag
      accountMigrationInProgress~: flag
      storageAccountSkuConversionStatus~: any
      allowedCopyScope: PrivateLink|AAD|*
      publicNetworkAccess: Enabled|Disabled|SecuredByPerimeter
      sasPolicy
        sasExpirationPeriod!: text
        expirationAction!: Log|Block
      keyPolicy
        keyExpirationPeriodInDays!: whole
      customDomain
        name!: text
        useSubDomainName: flag
      encryption
        services: any
        keySource: Microsoft.Storage|Microsoft.Keyvault
        requireInfrastructureEncryption: flag
        keyvaultproperties
          keyname: text
          keyversion: text
          keyvaulturi: text
          currentVersionedKeyIdentifier~: text
          lastKeyRotationTimestamp~: text
          currentVersionedKeyExpirationTimestamp~: text
        identity
          userAssignedIdentity: text
          federatedIdentityClientId: text
      networkAcls
        bypass: text
        resourceAccessRules[]
          tenantId: text
          resourceId: text
        virtualNetworkRules[]
          id!: text
          action: Allow
          state: text
        ipRules[]
          value!: text
          action: Allow
        defaultAction!: Allow|Deny
      accessTier: Hot|Cool|Premium|Cold
      azureFilesIdentityBasedAuthentication: any
      supportsHttpsTrafficOnly: flag
      isSftpEnabled: flag
      isLocalUserEnabled: flag
      enableExtendedGroups: flag
      isHnsEnabled: flag
      largeFileSharesState: Disabled|Enabled
      routingPreference
        routingChoice: MicrosoftRouting|InternetRouting
        publishMicrosoftEndpoints: flag
        publishInternetEndpoints: flag
      allowBlobPublicAccess: flag
      minimumTlsVersion: TLS1_0|TLS1_1|TLS1_2|TLS1_3
      dualStackEndpointPreference@2026-09-01
        publishIpv6Endpoint: flag
      geoPriorityReplicationStatus@2026-09-01
        isBlobEnabled: flag
      allowSharedKeyAccessForServices@2026-09-01: any
      dataCollaborationPolicyProperties@2026-09-01: any
      allowCrossTenantDelegationSas@2026-09-01: flag
      allowSharedKeyAccess: flag
      isNfsV3Enabled: flag
      allowCrossTenantReplication: flag
      defaultToOAuthAuthentication: flag
      immutableStorageWithVersioning: any
      dnsEndpointType: Standard|AzureDnsZone
    """,
    identity=IDENTITY,
)
SKUS = re.compile(r"(Standard|Premium)(V2)?_(LRS|GRS|RAGRS|ZRS|GZRS|RAGZRS)")


def _bad_name(name: str) -> Refusal:
    return Refusal(
        400,
        "AccountNameInvalid",
        f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
        "length and use numbers and lower-case letters only.",
    )


def _write(change: Change) -> None:
    _name(change)
    sku = str(change.body["sku"]["name"])
    if not SKUS.fullmatch(sku):
        raise Refusal(
            400, "InvalidValuesForRequestParameters", f"Values for request parameters are invalid: sku '{sku}'."
        )
    tier = sku.split("_")[0].removesuffix("V2")
    _unchangeable(change, tier)
    change.body["sku"] = {"name": sku, "tier": tier}
    identities.complete(change)
    change.default(
        supportsHttpsTrafficOnly=True,
        accessTier="Premium" if tier == "Premium" else "Hot",
        minimumTlsVersion=change.kept("properties.minimumTlsVersion", "TLS1_0"),
        allowBlobPublicAccess=change.kept("properties.allowBlobPublicAccess", False),
        networkAcls={"bypass": "AzureServices", "defaultAction": "Allow"},
        encryption={},
    )
    acls: Json = change.properties["networkAcls"]
    for name, value in (("bypass", "AzureServices"), ("virtualNetworkRules", []), ("ipRules", [])):
        acls.setdefault(name, value)
    _encryption(change)
    _state(change)
    if not change.secrets:
        change.secrets = {"key1": _key(), "key2": _key()}


def _name(change: Change) -> None:
    holder = change.view.holder(SCOPE, change.name)
    if holder is not None and holder != change.key:
        text = f"The storage account named {change.name} is already taken."
        raise Refusal(409, "StorageAccountAlreadyTaken", text)
    change.view.take(SCOPE, change.name, change.key)


def _unchangeable(change: Change, tier: str) -> None:
    """What an existing account keeps: its kind (but for the way up to StorageV2), its tier, its namespace."""
    if change.existing is None:
        return
    old, new = change.kept("kind"), change.body["kind"]
    if old != new and not (old in ("Storage", "BlobStorage") and new == "StorageV2"):
        raise Refusal(400, "AccountKindCannotBeChanged", f"The account kind cannot be changed from '{old}' to '{new}'.")
    if change.kept("sku.tier") != tier:
        text = f"Storage account property 'sku.tier' cannot be changed from '{change.kept('sku.tier')}' to '{tier}'."
        raise Refusal(400, "AccountPropertyCannotBeUpdated", text)
    for name, absent in (("isHnsEnabled", False), ("isNfsV3Enabled", False), ("dnsEndpointType", "Standard")):
        before = change.kept(f"properties.{name}", absent)
        if change.properties.get(name, before) != before:
            text = f"The property '{name}' was specified in the input, but it cannot be updated as it is read-only."
            raise Refusal(409, "PropertyCannotBeUpdated", text, target=name)
        if name in (change.existing.body.get("properties") or {}):
            change.properties[name] = before


def _encryption(change: Change) -> None:
    encryption: Json = change.properties["encryption"]
    encryption.setdefault("keySource", "Microsoft.Storage")
    since = change.kept("properties.creationTime") or operations.moment(change.now)
    services: Json = encryption.setdefault("services", {})
    for name in ("blob", "file"):
        service = services.setdefault(name, {})
        service.update({"enabled": True, "keyType": service.get("keyType", "Account"), "lastEnabledTime": since})


def _state(change: Change) -> None:
    """What the service says of an account."""
    name, properties = change.name.lower(), change.properties
    created = change.kept("properties.creationTime") or operations.moment(change.now)
    kinds = ("file",) if change.body["kind"] == "FileStorage" else SERVICES
    properties["primaryEndpoints"] = {one: f"https://{name}.{ZONES.get(one, one)}.core.windows.net/" for one in kinds}
    properties["primaryLocation"] = change.location
    properties["statusOfPrimary"] = "available"
    properties["creationTime"] = created
    properties["keyCreationTime"] = change.kept("properties.keyCreationTime", {"key1": created, "key2": created})


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


def _keys(call: Call, view: View, resource: Resource) -> Response:
    created = resource.properties["keyCreationTime"]
    items = [
        {"keyName": name, "value": resource.secrets[name], "permissions": "FULL", "creationTime": created[name]}
        for name in ("key1", "key2")
    ]
    return Response(200, {"keys": items})


def _regenerate(call: Call, view: View, resource: Resource) -> Response:
    name = str(lifecycle.document(call.request).get("keyName", "")).lower()
    if name not in ("key1", "key2"):
        raise refusals.bad_content(f"'{name}' is none of key1, key2. Path 'keyName'")
    resource.properties["keyCreationTime"][name] = operations.moment(call.now)
    changed = replace(resource, secrets={**resource.secrets, name: _key()})
    view.put(changed)
    return _keys(call, view, changed)


def _check_name(call: Call) -> Response:
    name = str(lifecycle.document(call.request).get("name", ""))
    if not re.fullmatch(NAME, name):
        refusal = _bad_name(name)
        return Response(200, {"nameAvailable": False, "reason": refusal.code, "message": refusal.message})
    with call.control.store.read() as view:
        if view.holder(SCOPE, name) is None:
            return Response(200, {"nameAvailable": True})
    text = f"The storage account named {name} is already taken."
    return Response(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": text})


def _busy(resource: Resource) -> Refusal:
    text = "An operation is currently performing on this storage account that requires exclusive access."
    return Refusal(409, "StorageAccountOperationInProgress", text)


ACCOUNTS = Kind(
    type="Microsoft.Storage/storageAccounts",
    versions=VERSIONS,
    shape=BODY,
    evidence=Evidence.DOCUMENTED,
    name=NAME,
    bad_name=_bad_name,
    writes=Writes(Style.LOCATION, created=202, at_once=False, patched=True),
    deletes=Deletes(Style.NONE),
    busy=_busy,
    links="Microsoft.Storage/storageAccounts/privateEndpointConnections",
    write=_write,
    actions={"listKeys": Action(_keys), "regenerateKey": Action(_regenerate, writes=True)},
)

PROVIDER = Provider(
    "Microsoft.Storage",
    (ACCOUNTS, connections("Microsoft.Storage/storageAccounts", VERSIONS, STORAGE, system_data=False)),
    (
        Route(
            "POST",
            "/subscriptions/{subscription}/providers/Microsoft.Storage/checkNameAvailability",
            _check_name,
            VERSIONS,
        ),
    ),
)
