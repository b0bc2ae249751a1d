"""Microsoft.MachineLearningServices/workspaces/outboundRules: what a workspace's managed network may reach."""

from __future__ import annotations

from typing import Any

from modelform.sandbox import refusals
from modelform.sandbox.exchange import Refusal
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Style, Writes
from modelform.sandbox.providers.machinelearning import tables
from modelform.sandbox.providers.machinelearning.workspaces import TYPE
from modelform.sandbox.shapes import Misfit, Shape, accept, table

VERSIONS = tuple(version for version in tables.VERSIONS if version >= "2023-04-01-preview")
APPROVED = "AllowOnlyApprovedOutbound"

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


def _write(change: Change) -> None:
    workspace, properties = change.parent, change.properties
    assert workspace is not None
    sort = properties["type"]
    mode = (workspace.properties.get("managedNetwork") or {}).get("isolationMode", "Disabled")
    if mode == "Disabled":
        text = f"The managed network of workspace '{workspace.name}' is disabled: it takes no outbound rules."
        raise Refusal(400, "BadRequest", text)
    if sort != "PrivateEndpoint" and mode != APPROVED:
        text = f"Outbound rules of type '{sort}' need the isolation mode '{APPROVED}', and it is '{mode}'."
        raise Refusal(400, "BadRequest", text)
    destination: Any = properties.get("destination")
    if not destination:
        raise refusals.bad_content("Required property 'destination' not found in JSON. Path 'properties.destination'")
    try:
        properties["destination"] = accept(DESTINATIONS[sort], destination, "properties.destination")
    except Misfit as problem:
        raise refusals.misfit(problem, change.kind.type) from problem
    change.default(category="UserDefined")
    active = (workspace.properties["managedNetwork"].get("status") or {}).get("status") == "Active"
    properties["status"] = "Active" if active else "Inactive"


KIND = Kind(
    type=TYPE + "/outboundRules",
    versions=VERSIONS,
    shape=BODY,
    evidence=Evidence.DOCUMENTED,
    name=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$",
    tracked=False,
    writes=Writes(Style.LOCATION, created=202),
    deletes=Deletes(Style.LOCATION),
    stateful=False,
    system_data=True,
    write=_write,
)
