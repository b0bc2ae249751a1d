"""Microsoft.ContainerRegistry: registries; their names are one world's."""

from __future__ import annotations

import secrets

from modelform.sandbox import identities, operations
from modelform.sandbox.exchange import Refusal, Response
from modelform.sandbox.kinds import Action, Call, Change, Deletes, Evidence, Kind, Provider, Style, Writes
from modelform.sandbox.providers import links
from modelform.sandbox.providers.parts import COGNITIVE_IDENTITY
from modelform.sandbox.shapes import table
from modelform.sandbox.store import Resource, View

TYPE = "Microsoft.ContainerRegistry/registries"
VERSIONS = ("2019-05-01", "2021-09-01", "2022-12-01", "2023-01-01-preview", "2023-07-01", "2025-04-01", "2025-11-01")
SCOPE = "registry"

BODY = table(
    """
    id~: text
    name~: text
    type~: text
    systemData~: any
    location: text
    tags{}: text
    identity: <identity>
    sku!
      name!: Classic|Basic|Standard|Premium|*
      tier~: text
    properties
      loginServer~: text
      creationDate~: text
      provisioningState~: text
      status~: any
      adminUserEnabled: flag
      anonymousPullEnabled@2025-04-01: flag
      networkRuleSet
        defaultAction!: Allow|Deny|*
        ipRules[]
          action: Allow|*
          value!: text
      policies
        quarantinePolicy
          status: enabled|disabled|*
        trustPolicy
          type: Notary|*
          status: enabled|disabled|*
        retentionPolicy
          days: whole
          lastUpdatedTime~: text
          status: enabled|disabled|*
        exportPolicy
          status: enabled|disabled|*
      encryption: any
      dataEndpointEnabled: flag
      dataEndpointHostNames~: any
      privateEndpointConnections~: any
      publicNetworkAccess: Enabled|Disabled|*
      networkRuleBypassOptions: AzureServices|None|*
      zoneRedundancy: Enabled|Disabled|*
    """,
    identity=COGNITIVE_IDENTITY,
)


def _write(change: Change) -> None:
    holder = change.view.holder(SCOPE, change.name)
    if holder is not None and holder != change.key:
        text = f"The registry DNS name {change.name.lower()}.azurecr.io is already in use."
        raise Refusal(409, "AlreadyInUse", text)
    change.view.take(SCOPE, change.name, change.key)
    sku = change.body["sku"]["name"]
    change.body["sku"] = {"name": sku, "tier": sku}
    if sku != "Premium" and change.properties.get("publicNetworkAccess") == "Disabled":
        text = "The property 'publicNetworkAccess' can only be set to 'Disabled' for registries with the Premium SKU."
        raise Refusal(400, "InvalidPublicNetworkAccess", text)
    identities.complete(change)
    change.default(adminUserEnabled=False, publicNetworkAccess="Enabled", zoneRedundancy="Disabled")
    change.default(networkRuleBypassOptions="AzureServices", dataEndpointEnabled=False)
    change.properties["loginServer"] = f"{change.name.lower()}.azurecr.io"
    change.properties["creationDate"] = change.kept("properties.creationDate") or operations.moment(change.now)
    if not change.secrets:
        change.secrets = {"password": secrets.token_hex(26), "password2": secrets.token_hex(26)}


def _credentials(call: Call, view: View, resource: Resource) -> Response:
    if not resource.properties.get("adminUserEnabled"):
        text = "Run 'az acr update -n {} --admin-enabled true' to enable the admin user first."
        raise Refusal(400, "UnAuthorizedForCredentialOperations", text.format(resource.name))
    words = [{"name": name, "value": value} for name, value in resource.secrets.items()]
    return Response(200, {"username": resource.name, "passwords": words})


REGISTRIES = Kind(
    type=TYPE,
    versions=VERSIONS,
    shape=BODY,
    evidence=Evidence.DOCUMENTED,
    name=r"^[a-zA-Z0-9]{5,50}$",
    writes=Writes(Style.STATUS),
    deletes=Deletes(Style.LOCATION),
    system_data=True,
    links=f"{TYPE}/privateEndpointConnections",
    write=_write,
    actions={"listCredentials": Action(_credentials)},
)

PROVIDER = Provider("Microsoft.ContainerRegistry", (REGISTRIES, links.connections(TYPE, VERSIONS, links.OTHER)))
