"""Outbound rules of a workspace's managed network, whether they come one by one or in the workspace's own body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelform.sandbox import refusals
from modelform.sandbox.address import parse
from modelform.sandbox.exchange import Json, Refusal, fresh_id
from modelform.sandbox.kinds import Change
from modelform.sandbox.shapes import Misfit, Shape, accept, table
from modelform.sandbox.store import Resource, View

TYPE = "Microsoft.MachineLearningServices/workspaces/outboundRules"
APPROVED = "AllowOnlyApprovedOutbound"
OURS = "UserDefined"

BODY = table(
    """
    id~: text
    name~: text
    type~: text
    systemData~: any
    properties!
      type!: FQDN|PrivateEndpoint|ServiceTag
      category: Required|Recommended|UserDefined|Dependency|*
      status: Inactive|Active|Provisioning|Deleting|Failed|*
      errorInformation~: text
      parentRuleNames~: any
      destination: any
      fqdns[]: text
    """
)
DESTINATIONS: dict[str, Shape] = {
    "FQDN": Shape("text"),
    "PrivateEndpoint": table(
        "serviceResourceId: text\nsubresourceTarget: text\nsparkEnabled: flag\nsparkStatus: Inactive|Active|*"
    ),
    "ServiceTag": table(
        "serviceTag: text\nprotocol: text\nportRanges: text\naddressPrefixes[]: text\naction: Allow|Deny|*"
    ),
}


def complete(rule: Json, network: Mapping[str, Any], workspace: str, type: str = TYPE, at: str = "properties") -> None:
    """Checks a rule's properties against the network that it is for, and fills in what the service does."""
    sort, mode = rule["type"], network.get("isolationMode", "Disabled")
    if mode == "Disabled":
        text = f"The managed network of workspace '{workspace}' is disabled: it takes no outbound rules."
        raise Refusal(400, "BadRequest", text)
    if sort != "PrivateEndpoint" and mode != APPROVED:
        text = f"Outbound rules of type '{sort}' need the isolation mode '{APPROVED}', and it is '{mode}'."
        raise Refusal(400, "BadRequest", text)
    destination: Any = rule.get("destination")
    if not destination:
        raise refusals.bad_content(f"Required property 'destination' not found in JSON. Path '{at}.destination'")
    try:
        rule["destination"] = accept(DESTINATIONS[sort], destination, f"{at}.destination")
    except Misfit as problem:
        raise refusals.misfit(problem, type) from problem
    rule.setdefault("category", OURS)
    active = (network.get("status") or {}).get("status") == "Active"
    rule["status"] = "Active" if active else "Inactive"


def replace_all(change: Change, network: Json, *, partial: bool) -> None:
    """Takes the rules out of a workspace's body and makes them its own: a PUT names all of them, a PATCH some."""
    sent: dict[str, Any] = network.pop("outboundRules", None) or {}
    shape = BODY.members["properties"].shape
    for name, rule in sent.items():
        at = f"properties.managedNetwork.outboundRules.{name}"
        try:
            taken: Json = accept(shape, rule, at)
        except Misfit as problem:
            raise refusals.misfit(problem, change.kind.type) from problem
        complete(taken, network, change.name, change.kind.type, at)
        change.view.put(_resource(change, name, taken))
    wanted = {name.lower() for name in sent}
    for one in () if partial else change.view.children(change.key, TYPE):
        if one.name.lower() not in wanted and one.properties.get("category") == OURS:
            change.view.drop(one.key)


def _resource(change: Change, name: str, properties: Json) -> Resource:
    id = f"{change.existing.id if change.existing else change.address.path}/outboundRules/{name}"
    old = change.view.get(id.lower())
    return Resource(
        key=parse(id).key,
        id=old.id if old else id,
        type=TYPE,
        name=name,
        subscription=change.address.subscription.lower(),
        grp=change.address.group.lower(),
        parent=change.key,
        location=change.location,
        body={"properties": properties},
        secrets={},
        etag=f'"{fresh_id()}"',
        created=old.created if old else change.now,
        modified=change.now,
        author=change.request.principal,
        state="Succeeded",
        ready=0.0,
        busy=0.0,
    )


def told(view: View, workspace: Resource) -> dict[str, Json]:
    """The rules as the workspace's own body has them."""
    return {one.name: dict(one.properties) for one in view.children(workspace.key, TYPE)}
