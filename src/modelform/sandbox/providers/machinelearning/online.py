"""Microsoft.MachineLearningServices/workspaces/onlineEndpoints and their deployments: models on one's own machines."""

from __future__ import annotations

import secrets
from dataclasses import replace

from modelform.sandbox import identities, lifecycle, refusals
from modelform.sandbox.exchange import Refusal, Response
from modelform.sandbox.kinds import Action, Call, Change, Deletes, Evidence, Kind, Style, Writes
from modelform.sandbox.providers.machinelearning import tables
from modelform.sandbox.providers.machinelearning.workspaces import TYPE
from modelform.sandbox.providers.parts import IDENTITY, ML_SKU
from modelform.sandbox.shapes import table
from modelform.sandbox.store import Resource, View

ENDPOINTS, DEPLOYMENTS = TYPE + "/onlineEndpoints", TYPE + "/onlineEndpoints/deployments"
VERSIONS = ("2022-02-01-preview", *(version for version in tables.VERSIONS if version >= "2022-05-01"))
PROBE = table("failureThreshold: whole\ninitialDelay: text\nperiod: text\nsuccessThreshold: whole\ntimeout: text")

ENVELOPE = """
    id~: text
    name~: text
    type~: text
    systemData~: any
    kind: text
    location: text
    tags{}: text
    sku: <sku>
    identity: <identity>
"""

ENDPOINT = table(
    ENVELOPE
    + """
    properties!
      authMode!: AMLToken|Key|AADToken|*
      compute: text
      description: text
      keys^
        primaryKey: text
        secondaryKey: text
      mirrorTraffic{}: whole 0..50
      properties{}: text
      provisioningState~: text
      publicNetworkAccess: Enabled|Disabled|*
      scoringUri~: text
      swaggerUri~: text
      traffic{}: whole 0..100
    """,
    sku=ML_SKU,
    identity=IDENTITY,
)

DEPLOYMENT = table(
    ENVELOPE
    + """
    properties!
      endpointComputeType!: Kubernetes|Managed|AzureMLCompute
      appInsightsEnabled: flag
      codeConfiguration
        codeId: text
        scoringScript!: text 1..
      containerResourceRequirements: any
      dataCollector: any
      description: text
      egressPublicNetworkAccess: Enabled|Disabled|*
      environmentId: text
      environmentVariables{}: text
      instanceType: text
      livenessProbe: <probe>
      model: text
      modelMountPath: text
      properties{}: text
      provisioningState~: text
      readinessProbe: <probe>
      requestSettings
        maxConcurrentRequestsPerInstance: whole
        maxQueueWait: text
        requestTimeout: text
      scaleSettings
        scaleType!: Default|TargetUtilization
        maxInstances: whole
        minInstances: whole
        pollingInterval: text
        targetUtilizationPercentage: whole
      startupProbe@2025-10-01: <probe>
    """,
    sku=ML_SKU,
    identity=IDENTITY,
    probe=PROBE,
)


def _write_endpoint(change: Change) -> None:
    properties, workspace = change.properties, change.parent
    assert workspace is not None
    scope = f"online-{change.location}"
    holder = change.view.holder(scope, change.name)
    if holder is not None and holder != change.key:
        text = f"The endpoint name '{change.name}' is already taken in region '{change.location}'."
        raise Refusal(409, "UserError", text, inner="EndpointNameAlreadyTaken")
    change.view.take(scope, change.name, change.key)
    old = change.kept("properties.authMode")
    if old and old != properties["authMode"]:
        raise Refusal(400, "UserError", f"The authMode of the endpoint '{change.name}' cannot be changed from '{old}'.")
    traffic = properties.setdefault("traffic", {})
    if sum(traffic.values()) not in (0, 100):
        text = f"The traffic of the endpoint '{change.name}' must sum up to 0 or 100, not {sum(traffic.values())}."
        raise Refusal(400, "UserError", text)
    for name in traffic:
        if change.view.get(f"{change.key}/deployments/{name.lower()}") is None:
            text = f"The traffic of the endpoint '{change.name}' names a deployment that is not there: '{name}'."
            raise Refusal(400, "UserError", text)
    identities.complete(change)
    keys = properties.pop("keys", None) or {}
    if not change.secrets:
        change.secrets = {name: keys.get(name) or secrets.token_urlsafe(24) for name in ("primaryKey", "secondaryKey")}
    change.default(publicNetworkAccess="Enabled", mirrorTraffic={}, properties={})
    host = f"https://{change.name.lower()}.{change.location}.inference.ml.azure.com"
    properties |= {"scoringUri": f"{host}/score", "swaggerUri": f"{host}/swagger.json"}


def _write_deployment(change: Change) -> None:
    properties = change.properties
    old = change.kept("properties.endpointComputeType")
    if old and old != properties["endpointComputeType"]:
        text = f"The endpointComputeType of the deployment '{change.name}' cannot be changed from '{old}'."
        raise Refusal(400, "UserError", text)
    if properties["endpointComputeType"] == "Managed" and not properties.get("instanceType"):
        raise refusals.bad_content("Required property 'instanceType' not found in JSON. Path 'properties.instanceType'")
    change.body.setdefault("sku", {"name": "Default", "tier": "Standard", "capacity": 1})
    identities.complete(change)
    change.default(appInsightsEnabled=False, egressPublicNetworkAccess="Enabled", environmentVariables={})


def _logs(call: Call, view: View, resource: Resource) -> Response:
    return Response(200, {"content": ""})


def _keys(call: Call, view: View, resource: Resource) -> Response:
    _keyed(resource)
    return Response(200, dict(resource.secrets))


def _regenerate(call: Call, view: View, resource: Resource) -> Response:
    _keyed(resource)
    sent = lifecycle.document(call.request)
    name = str(sent.get("keyType", "")).lower()
    if name not in ("primary", "secondary"):
        raise refusals.bad_content(f"'{name}' is none of Primary, Secondary. Path 'keyType'")
    value = sent.get("keyValue") or secrets.token_urlsafe(24)
    view.put(replace(resource, secrets={**resource.secrets, f"{name}Key": value}))
    return Response(200)


def _keyed(resource: Resource) -> None:
    if resource.properties["authMode"] != "Key":
        text = (
            f"The endpoint '{resource.name}' has no keys: its authentication mode is {resource.properties['authMode']}."
        )
        raise Refusal(400, "UserError", text)


KINDS = (
    Kind(
        type=ENDPOINTS,
        versions=VERSIONS,
        shape=ENDPOINT,
        evidence=Evidence.DOCUMENTED,
        name=r"^[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]$",
        writes=Writes(Style.STATUS, asynchronous=200, at_once=False),
        deletes=Deletes(Style.LOCATION, at_once=False),
        system_data=True,
        write=_write_endpoint,
        actions={"listKeys": Action(_keys), "regenerateKeys": Action(_regenerate, writes=True)},
    ),
    Kind(
        type=DEPLOYMENTS,
        versions=VERSIONS,
        shape=DEPLOYMENT,
        evidence=Evidence.DOCUMENTED,
        name=r"^[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]$",
        writes=Writes(Style.STATUS, asynchronous=200, at_once=False),
        deletes=Deletes(Style.LOCATION, at_once=False),
        system_data=True,
        write=_write_deployment,
        actions={"getLogs": Action(_logs)},
    ),
)
