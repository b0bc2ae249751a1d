"""Microsoft.MachineLearningServices/workspaces/serverlessEndpoints: models as a service, with their keys."""

from __future__ import annotations

import secrets
from dataclasses import replace

from modelform.sandbox import identities, lifecycle, refusals
from modelform.sandbox.exchange import Refusal, Response
from modelform.sandbox.kinds import Action, Call, Change, Deletes, Evidence, Kind, Style, Writes, region
from modelform.sandbox.providers.machinelearning import marketplace, tables
from modelform.sandbox.providers.machinelearning.workspaces import TYPE
from modelform.sandbox.store import Resource, View

ENDPOINTS = TYPE + "/serverlessEndpoints"


def _write(change: Change) -> None:
    workspace = change.parent
    assert workspace is not None
    properties = change.properties
    sku = (change.body.get("sku") or change.kept("sku") or {}).get("name")
    if sku != "Consumption":
        raise Refusal(400, "UserError", f"The sku of a serverless endpoint must be 'Consumption', not '{sku or ''}'.")
    change.body.setdefault("sku", {"name": "Consumption"})
    if change.location != region(workspace.location):
        text = f"The serverless endpoint must be in the location of its workspace, '{workspace.location}'."
        raise Refusal(400, "UserError", text, target="location")
    model_id = str((properties.get("modelSettings") or {}).get("modelId") or "")
    if not model_id:
        raise refusals.bad_content(
            "Required property 'modelId' not found in JSON. Path 'properties.modelSettings.modelId'"
        )
    old = change.kept("properties.modelSettings.modelId")
    if old and old.lower() != model_id.lower():
        raise Refusal(400, "UserError", f"The model of the serverless endpoint '{change.name}' cannot be changed.")
    subscription = _offer(change, workspace, model_id)
    _take_name(change)
    identities.complete(change)
    # azure-ai-ml sends no authMode where its user gave none, although the type definition requires one
    change.default(authMode="Key", contentSafety={"contentSafetyStatus": "Enabled"})
    properties["endpointState"] = "Online"
    properties["inferenceEndpoint"] = {
        "uri": f"https://{change.name.lower()}.{change.location}.models.ai.azure.com",
        "headers": {},
    }
    if subscription is not None:
        properties["marketplaceSubscriptionId"] = subscription.id
    if not change.secrets:
        change.secrets = {"primaryKey": _key(), "secondaryKey": _key()}


def _offer(change: Change, workspace: Resource, model_id: str) -> Resource | None:
    """The marketplace subscription that the model needs, if it does; refuses a model that the region has not."""
    offer = change.control.offers.serverless.get(model_id.lower())
    here = offer is not None and change.location in offer["regions"]
    retired = (
        offer is not None and change.control.offers.retired_since(offer["model"], change.control.today()) is not None
    )
    if offer is None or not here or (retired and change.existing is None):
        raise Refusal(
            400,
            "UserError",
            f"The requested model {model_id} is not available in region "
            f"{change.control.offers.display_name(change.location)}.",
            inner="ServerlessModelNotAvailableInRegion",
        )
    if not offer["needsMarketplaceSubscription"]:
        return None
    found = marketplace.subscribed(change.view, workspace, model_id)
    if found is None:
        text = (
            f"The model {model_id} needs a marketplace subscription: create one for it in the workspace "
            f"'{workspace.name}' before its serverless endpoint."
        )
        raise Refusal(400, "UserError", text, inner="MarketplaceSubscriptionNotFound")
    if found.ready > change.now:
        text = f"The marketplace subscription '{found.name}' is not in a succeeded state."
        raise Refusal(409, "Conflict", text)
    return found


def _take_name(change: Change) -> None:
    """An endpoint's name is a host name: one in a region."""
    scope = f"serverless-{change.location}"
    holder = change.view.holder(scope, change.name)
    if holder is not None and holder != change.key:
        text = f"The endpoint name '{change.name}' is already taken in region '{change.location}'."
        raise Refusal(409, "UserError", text, inner="EndpointNameAlreadyTaken")
    change.view.take(scope, change.name, change.key)


def _key() -> str:
    return secrets.token_urlsafe(24)


def _keys(call: Call, view: View, resource: Resource) -> Response:
    _keyed(resource)
    return Response(200, dict(resource.secrets))


def _regenerate(call: Call, view: View, resource: Resource) -> Response:
    _keyed(resource)
    name = str(lifecycle.document(call.request).get("keyType", "")).lower()
    if name not in ("primary", "secondary"):
        raise refusals.bad_content(f"'{name}' is none of Primary, Secondary. Path 'keyType'")
    changed = {**resource.secrets, f"{name}Key": _key()}
    view.put(replace(resource, secrets=changed))
    return Response(200, changed)


def _keyed(resource: Resource) -> None:
    if resource.properties["authMode"] == "AAD":
        text = f"The serverless endpoint '{resource.name}' has no keys: its authentication mode is AAD."
        raise Refusal(400, "UserError", text)


KIND = Kind(
    type=ENDPOINTS,
    versions=tables.SERVERLESS_VERSIONS,
    shape=tables.SERVERLESS,
    evidence=Evidence.DOCUMENTED,
    name=r"^[a-zA-Z0-9][a-zA-Z0-9\-_]{0,254}$",
    writes=Writes(Style.STATUS, asynchronous=200, at_once=False),
    deletes=Deletes(Style.LOCATION, at_once=False),
    system_data=True,
    write=_write,
    actions={"listKeys": Action(_keys), "regenerateKeys": Action(_regenerate, writes=True)},
)
