"""Private endpoint connections: what a private endpoint makes at its target, and what the target's owner says to it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from modelform.sandbox import refusals
from modelform.sandbox.exchange import Json, Refusal
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Style, Writes, region
from modelform.sandbox.shapes import Shape, table
from modelform.sandbox.store import Resource, View

LEAF = "privateEndpointConnections"
ACTIONS = ("actionsRequired", "actionRequired")  # storage has a word of its own
STATES = ("Pending", "Approved", "Rejected")


def _body(*lines: str, action: str = "actionsRequired") -> Shape:
    return table(
        f"""
    id~: text
    name~: text
    type~: text
    etag~: text
    systemData~: any
    location: text
    tags{{}}: text
    properties
      privateEndpoint
        id: text
        subnetArmId~: text
      privateLinkServiceConnectionState!
        status: Pending|Approved|Rejected|Disconnected|Timeout|*
        description: text
        {action}: text
      provisioningState~: text
"""
        + "".join(f"      {line}\n" for line in lines)
    )


MODELS = _body("groupIds[]: text")  # accounts and workspaces say for which group a connection is
OTHER = _body()
STORAGE = _body(action="actionRequired")


@dataclass(frozen=True, slots=True)
class Target:
    """What can be reached privately of a type: its groups, with the names under which each is asked."""

    groups: dict[str, tuple[str, ...]]


# {name} is the resource's subdomain or name, {region} where it is.
TARGETS = {
    "Microsoft.CognitiveServices/accounts": Target(
        {"account": ("{name}.cognitiveservices.azure.com", "{name}.openai.azure.com", "{name}.services.ai.azure.com")}
    ),
    "Microsoft.MachineLearningServices/workspaces": Target(
        {
            "amlworkspace": (
                "{id}.workspace.{region}.api.azureml.ms",
                "ml-{name}-{region}-{id}.{region}.notebooks.azure.net",
            )
        }
    ),
    "Microsoft.KeyVault/vaults": Target({"vault": ("{name}.vault.azure.net",)}),
    "Microsoft.Storage/storageAccounts": Target(
        {one: (f"{{name}}.{one}.core.windows.net",) for one in ("blob", "file", "queue", "table", "web", "dfs")}
    ),
    "Microsoft.ContainerRegistry/registries": Target(
        {"registry": ("{name}.azurecr.io", "{name}.{region}.data.azurecr.io")}
    ),
}


def hosts(target: Resource, group: str) -> list[str]:
    """The names under which a group of a target is asked."""
    found = TARGETS[target.type].groups[group]
    if target.body.get("kind") == "OpenAI":
        found = found[1:2]
    name = str(target.properties.get("customSubDomainName") or target.name).lower()
    id = target.properties.get("workspaceId", "")
    return [one.format(name=name, region=region(target.location), id=id) for one in found]


def connect(view: View, target: Resource, endpoint: str, groups: list[str], status: str, now: float) -> Resource:
    """Makes the connection of an endpoint (its id) at its target, or finds the one that there is."""
    known = found(view, target, endpoint)
    if known is not None:
        return known
    name = f"{endpoint.rsplit('/', 1)[-1]}.{uuid.uuid4()}"
    made = Resource(
        key=f"{target.key}/{LEAF.lower()}/{name}".lower(),
        id=f"{target.id}/{LEAF}/{name}",
        type=f"{target.type}/{LEAF}",
        name=name,
        subscription=target.subscription,
        grp=target.grp,
        parent=target.key,
        location=target.location,
        body={
            "properties": {
                "privateEndpoint": {"id": endpoint},
                "groupIds": groups,
                "privateLinkServiceConnectionState": {"status": status, **dict.fromkeys(ACTIONS, "None")},
            }
        },
        etag=f'"{uuid.uuid4()}"',
        created=now,
        modified=now,
        author=target.author,
    )
    view.put(made)
    return made


def found(view: View, target: Resource, endpoint: str) -> Resource | None:
    """The connection of an endpoint (its id) at its target."""
    return next(
        (
            one
            for one in view.children(target.key, f"{target.type}/{LEAF}")
            if one.properties["privateEndpoint"]["id"].lower() == endpoint.lower()
        ),
        None,
    )


def _restore(change: Change) -> None:
    """A connection comes with its endpoint only."""
    raise refusals.no_resource(change.kind.type, change.address.names, change.address.group)


def _write(change: Change) -> None:
    state: Json = change.properties["privateLinkServiceConnectionState"]
    status = state.setdefault("status", change.kept("properties.privateLinkServiceConnectionState.status"))
    if status not in STATES:
        raise Refusal(400, "InvalidPrivateEndpointConnectionState", f"'{status}' is none of {', '.join(STATES)}.")
    for name in ("privateEndpoint", "groupIds"):
        change.properties[name] = change.kept(f"properties.{name}")


def connections(type: str, versions: tuple[str, ...], shape: Shape = MODELS, *, system_data: bool = True) -> Kind:
    """The row of the private endpoint connections of a type."""
    return Kind(
        type=f"{type}/{LEAF}",
        versions=versions,
        shape=shape,
        evidence=Evidence.DOCUMENTED,
        name=r"^[^/]{1,200}$",
        tracked=False,
        writes=Writes(Style.NONE),
        deletes=Deletes(Style.NONE),
        system_data=system_data,
        write=_write,
        restore=_restore,
    )
