"""Microsoft.OperationalInsights: Log Analytics workspaces."""

from __future__ import annotations

import base64
import secrets
import uuid

from modelform.sandbox import identities, operations
from modelform.sandbox.exchange import Response
from modelform.sandbox.kinds import Action, Call, Change, Deletes, Evidence, Kind, Provider, Style, Writes
from modelform.sandbox.providers.parts import IDENTITY_PARTS
from modelform.sandbox.shapes import table
from modelform.sandbox.store import Resource, View

VERSIONS = (
    *("2015-03-20", "2020-03-01-preview", "2020-08-01", "2020-10-01", "2021-06-01", "2021-12-01-preview", "2022-10-01"),
    *("2023-09-01", "2025-02-01", "2025-07-01"),
)

BODY = table(
    """
    id~: text
    name~: text
    type~: text
    systemData~: any
    etag: text
    tags{}: text
    location: text
    identity: <identity>
    *~: any
    properties
      *~: any
      provisioningState~: text
      customerId~: text
      sku
        name!: Free|Standard|Premium|PerNode|PerGB2018|Standalone|CapacityReservation|LACluster
        capacityReservationLevel: whole
        lastSkuUpdate~: text
      retentionInDays: whole -1..730
      workspaceCapping
        dailyQuotaGb: number
        quotaNextResetTime~: text
        dataIngestionStatus~: text
      createdDate~: text
      modifiedDate~: text
      publicNetworkAccessForIngestion: Enabled|Disabled
      publicNetworkAccessForQuery: Enabled|Disabled
      forceCmkForQuery: flag
      privateLinkScopedResources~: any
      features: any
      defaultDataCollectionRuleResourceId: text
    """,
    identity=table("type!: SystemAssigned|UserAssigned|None\n" + IDENTITY_PARTS.replace("\n    ", "\n")),
)


def _write(change: Change) -> None:
    identities.complete(change)
    change.body.pop("etag", None)
    now = operations.moment(change.now)
    change.default(
        sku={"name": "PerGB2018"},
        retentionInDays=30,
        features={},
        workspaceCapping={"dailyQuotaGb": -1},
        publicNetworkAccessForIngestion="Enabled",
        publicNetworkAccessForQuery="Enabled",
    )
    properties = change.properties
    same = properties["sku"]["name"] == change.kept("properties.sku.name")
    properties["sku"]["lastSkuUpdate"] = change.kept("properties.sku.lastSkuUpdate", now) if same else now
    for name, value in (("legacy", 0), ("searchVersion", 1), ("enableLogAccessUsingOnlyResourcePermissions", True)):
        properties["features"].setdefault(name, value)
    properties["workspaceCapping"] |= {
        "quotaNextResetTime": operations.moment(change.now - change.now % 86400 + 86400),
        "dataIngestionStatus": "RespectQuota",
    }
    properties["customerId"] = change.kept("properties.customerId") or str(uuid.uuid4())
    properties["createdDate"] = change.kept("properties.createdDate", now)
    properties["modifiedDate"] = now
    if not change.secrets:
        names = ("primarySharedKey", "secondarySharedKey")
        change.secrets = {name: base64.b64encode(secrets.token_bytes(64)).decode() for name in names}


def _keys(call: Call, view: View, resource: Resource) -> Response:
    return Response(200, dict(resource.secrets))


WORKSPACES = Kind(
    type="Microsoft.OperationalInsights/workspaces",
    versions=VERSIONS,
    shape=BODY,
    evidence=Evidence.DOCUMENTED,
    name=r"^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$",
    writes=Writes(Style.BODY, created=201, at_once=False, patched=True),
    deletes=Deletes(Style.NONE),
    etag=True,
    system_data=True,
    write=_write,
    actions={"sharedKeys": Action(_keys)},
)

PROVIDER = Provider("Microsoft.OperationalInsights", (WORKSPACES,))
