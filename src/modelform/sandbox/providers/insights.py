"""Microsoft.Insights: Application Insights components, and what `monitor` has of it."""

from __future__ import annotations

import uuid

from modelform.sandbox import operations
from modelform.sandbox.exchange import Refusal
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Provider, Style, Writes
from modelform.sandbox.providers import monitor
from modelform.sandbox.shapes import table

VERSIONS = ("2015-05-01", "2018-05-01-preview", "2020-02-02-preview", "2020-02-02")

BODY = table(
    """
    id~: text
    name~: text
    type~: text
    kind!: text
    etag: text
    location: text
    tags{}: text
    properties
      ApplicationId~: text
      AppId~: text
      Name~: text
      Application_Type!: web|other|*
      Flow_Type: Bluefield|*
      Request_Source: rest|*
      InstrumentationKey~: text
      CreationDate~: text
      TenantId~: text
      HockeyAppId: text
      HockeyAppToken~: text
      provisioningState~: text
      SamplingPercentage: number 0..100
      ConnectionString~: text
      RetentionInDays: whole
      DisableIpMasking: flag
      ImmediatePurgeDataOn30Days: flag
      WorkspaceResourceId: text
      LaMigrationDate~: text
      PrivateLinkScopedResources~: any
      publicNetworkAccessForIngestion: Enabled|Disabled
      publicNetworkAccessForQuery: Enabled|Disabled
      IngestionMode: ApplicationInsights|ApplicationInsightsWithDiagnosticSettings|LogAnalytics
      DisableLocalAuth: flag
      ForceCustomerStorageForProfiler: flag
    """
)
RETENTION = (30, 60, 90, 120, 180, 270, 365, 550, 730)


def _write(change: Change) -> None:
    properties = change.properties
    change.body.pop("etag", None)
    old = change.kept("properties.Application_Type")
    if old and properties.get("Application_Type", old) != old:
        raise Refusal(400, "BadRequest", f"The application type of the component cannot be changed from '{old}'.")
    days = properties.get("RetentionInDays")
    if days is not None and days not in RETENTION:
        raise Refusal(400, "BadRequest", f"The retention of {days} days is none of {', '.join(map(str, RETENTION))}.")
    workspace = properties.get("WorkspaceResourceId")
    if workspace and change.view.get(str(workspace).lower()) is None:
        text = f"The Log Analytics workspace '{workspace}' of the component was not found."
        raise Refusal(400, "BadRequest", text, target="WorkspaceResourceId")
    change.default(
        Flow_Type="Bluefield",
        Request_Source="rest",
        RetentionInDays=90,
        IngestionMode="LogAnalytics" if workspace else "ApplicationInsights",
        publicNetworkAccessForIngestion="Enabled",
        publicNetworkAccessForQuery="Enabled",
    )
    key = change.kept("properties.InstrumentationKey") or str(uuid.uuid4())
    app = change.kept("properties.AppId") or str(uuid.uuid4())
    where = change.location
    properties |= {
        "ApplicationId": change.name,
        "AppId": app,
        "Name": change.name,
        "InstrumentationKey": key,
        "ConnectionString": f"InstrumentationKey={key};IngestionEndpoint=https://{where}-0.in.applicationinsights.azure.com/;"
        f"LiveEndpoint=https://{where}.livediagnostics.monitor.azure.com/;ApplicationId={app}",
        "CreationDate": change.kept("properties.CreationDate") or operations.moment(change.now),
        "TenantId": change.address.subscription.lower(),  # as the service has it: the subscription, not the tenant
    }


COMPONENTS = Kind(
    type="Microsoft.Insights/components",
    versions=VERSIONS,
    shape=BODY,
    evidence=Evidence.DOCUMENTED,
    name=r"^[^%&\\?/]{0,259}[^%&\\?/. ]$",
    writes=Writes(Style.NONE, created=200),
    deletes=Deletes(Style.NONE),
    etag=True,
    write=_write,
)

PROVIDER = Provider("Microsoft.Insights", (COMPONENTS, *monitor.KINDS))
