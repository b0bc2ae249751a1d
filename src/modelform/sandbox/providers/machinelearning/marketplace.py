"""Microsoft.MachineLearningServices/workspaces/marketplaceSubscriptions: the terms of a partner's model, accepted."""

from __future__ import annotations

from modelform.sandbox import buyers
from modelform.sandbox.exchange import Json, Refusal
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Style, Writes
from modelform.sandbox.providers.machinelearning import tables
from modelform.sandbox.providers.machinelearning.workspaces import TYPE
from modelform.sandbox.store import Resource, View

SUBSCRIPTIONS = TYPE + "/marketplaceSubscriptions"


def _write(change: Change) -> None:
    model_id = str(change.properties["modelId"])
    old = change.kept("properties.modelId")
    if old and old.lower() != model_id.lower():
        text = f"The model of the marketplace subscription '{change.name}' cannot be changed."
        raise Refusal(400, "UserError", text)
    offer = change.control.offers.serverless.get(model_id.lower())
    if offer is None or not offer["needsMarketplaceSubscription"]:
        why = f"Model mapping properties not found for modelId: {model_id}"
        raise Refusal(400, "UserError", f"Error occurred when subscribing to Marketplace: {why}")
    if change.existing is None and (why := buyers.ineligible(change.view, change.address.subscription)):
        said = f"Marketplace Subscription purchase eligibility check failed, error message [{why}]"
        raise Refusal(400, "UserError", f"Error occurred when subscribing to Marketplace: {said}")
    change.properties["marketplacePlan"] = _plan(offer)
    change.properties["marketplaceSubscriptionStatus"] = "Subscribed"


def _plan(offer: Json) -> Json:
    """The plan of an offer: the catalogue's, or names after the pattern of the ones that are known."""
    known: Json | None = offer.get("marketplace")
    name = offer["modelId"].rsplit("/", 1)[-1].lower()
    plan = known or {"publisherId": "000-000", "offerId": f"{name}-offer", "planId": f"{name}-plan"}
    return {part: plan[part] for part in ("publisherId", "offerId", "planId")}


def subscribed(view: View, workspace: Resource, model_id: str) -> Resource | None:
    """The subscription of a workspace to a model."""
    return next(
        (
            one
            for one in view.children(workspace.key, SUBSCRIPTIONS)
            if str(one.properties["modelId"]).lower() == model_id.lower() and one.state != "Deleting"
        ),
        None,
    )


KIND = Kind(
    type=SUBSCRIPTIONS,
    versions=tables.SERVERLESS_VERSIONS,
    shape=tables.MARKETPLACE,
    evidence=Evidence.DOCUMENTED,
    name=r"^[a-zA-Z0-9][a-zA-Z0-9\-_]{0,254}$",
    tracked=False,
    writes=Writes(Style.STATUS, asynchronous=200, at_once=False),
    deletes=Deletes(Style.LOCATION, at_once=False),
    system_data=True,
    write=_write,
)
