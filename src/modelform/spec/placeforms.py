"""Where models are deployed to, as a stack file writes it: workspaces, resource groups, networks, identities."""

# ruff: noqa: RUF009 - `key` declares a dataclass field; it is no value that instances would share.

from __future__ import annotations

from dataclasses import dataclass

from modelform.spec.kinds import Choice, Flag, Text
from modelform.spec.records import Either, ListOf, MapOf, Record, key
from modelform.spec.words import (
    A_FORMERLY,
    A_GUID,
    A_HOST,
    A_ID,
    A_LOCATION,
    A_LOGS_ID,
    A_NAME,
    A_PHYSICAL,
    A_TAGS,
    LOGS_ID,
    NAME,
    NAME_FORM,
    NETWORK_ID,
    PROVIDERS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupForm:
    """A resource group that somebody else made (`existing`), or one of ours with a location of its own."""

    existing: str | None = key(
        Text(r"[-\w._()]{1,90}", "a resource group's name"),
        "Its name; it is used and never changed or deleted.",
        example="rg-ai",
    )
    name: str | None = key(
        Text(r"[-\w._()]{1,90}", "a resource group's name"),
        "The name of a group that the stack makes.",
        example="rg-models",
    )
    location: str | None = key(
        A_LOCATION, "Where the group itself is; default: the stack's location.", example="swedencentral"
    )


A_GROUP = Either(
    scalar=Text(r"[-\w._()]{0,89}[-\w_()]", "a resource group's name", "rg-models"), mapping=Record(GroupForm)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkForm:
    """A virtual network: one of ours, or an existing one."""

    address_space: str | None = key(
        Text(r"[0-9.]+/[0-9]{1,2}", "a CIDR block", "10.20.0.0/16"),
        "The addresses of a network of ours.",
        example="10.20.0.0/16",
    )
    existing: str | None = key(A_ID, "The id of a network that somebody else made.", example=NETWORK_ID)
    endpoint_subnet: str | None = key(
        A_ID, "The subnet for private endpoints in an existing network.", example=f"{NETWORK_ID}/subnets/endpoints"
    )
    dns: str | None = key(Choice(("managed", "none")), "Who keeps the private DNS zones.", example="managed")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityForm:
    """A user-assigned identity."""

    existing: str | None = key(
        A_ID,
        "The id of an identity that somebody else made.",
        example=f"{PROVIDERS}/Microsoft.ManagedIdentity/userAssignedIdentities/id-app",
    )
    name: str | None = key(A_PHYSICAL, "The physical name of an identity of ours.", example="id-models-app")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectForm:
    """A project of a workspace."""

    name: str | None = key(A_PHYSICAL, "Its physical name; default: made from the key.", example="law")
    formerly: str | tuple[str, ...] = key(
        A_FORMERLY, "Keys that it had before, oldest first.", default=(), example="justice"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundForm:
    """What a workspace may still call where its outbound access is restricted."""

    allow: tuple[str, ...] = key(
        ListOf(A_HOST),
        "The only hosts that it may call; a hub takes `*.` in front, an account IPv4 addresses.",
        required=True,
        example=["search.contoso.com"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticsForm:
    """Where a workspace's diagnostic logs and metrics go: to a log workspace of the stack's, or an existing one."""

    workspace: str | None = key(
        A_LOGS_ID,
        "The id of a Log Analytics workspace that somebody else made; default: one that the stack makes.",
        example=LOGS_ID,
    )
    location: str | None = key(
        A_LOCATION,
        "Where the log workspace keeps data. An existing one's is believed, and cannot be told without it; "
        "the stack's own is made there, by default in the workspace's region.",
        example="swedencentral",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceForm:
    """A place that models are deployed to."""

    kind: str | None = key(
        Choice(("foundry", "openai", "hub")),
        "foundry (a Foundry account with projects), openai (an Azure OpenAI account) or hub (a classic AI Studio hub).",
        example="foundry",
    )
    name: str | None = key(
        A_PHYSICAL, "Its physical name; default: made from stack and key, with a short hash.", example="contoso-models"
    )
    projects: tuple[str, ...] | dict[str, ProjectForm] = key(
        Either(sequence=ListOf(A_NAME), mapping=MapOf(Record(ProjectForm), "project", NAME, NAME_FORM)),
        "Its projects: a list of keys, or a map from key to name and former keys.",
        default=(),
        example=["legal", "support"],
    )
    exposure: str = key(Choice(("public", "private")), "How it is reached.", default="public", example="public")
    network: str | None = key(A_NAME, "The network of a private workspace.", example="main")
    existing: str | None = key(
        A_ID,
        "The id of a workspace that somebody else made.",
        example=f"{PROVIDERS}/Microsoft.CognitiveServices/accounts/legacy",
    )
    manage: str | None = key(
        Choice(("deployments",)), "What of an existing workspace the stack manages.", example="deployments"
    )
    local_keys: bool | None = key(Flag(), "Does it accept keys? Default: unless the policy denies them.", example=False)
    outbound: str | OutboundForm = key(
        Either(scalar=Choice(("open", "restricted")), mapping=Record(OutboundForm)),
        "What it may call itself: anything, or only the hosts of `{allow: […]}`; `restricted` allows none.",
        default="open",
        example={"allow": ["search.contoso.com"]},
    )
    diagnostics: bool | DiagnosticsForm = key(
        Either(
            scalar=Flag(hint="Write true, false, or {workspace: ID} for a log workspace that is there already."),
            mapping=Record(DiagnosticsForm),
        ),
        "Do its logs and metrics go to a log workspace? `true` makes one beside an account; a hub has one.",
        default=False,
        example=True,
    )
    subscription: str | None = key(
        A_GUID, "Its subscription; default: the stack's.", example="${env:OTHER_SUBSCRIPTION_ID}"
    )
    resource_group: str | GroupForm | None = key(
        A_GROUP, "Its resource group; default: the stack's.", example={"existing": "rg-ai"}
    )
    location: str | None = key(A_LOCATION, "Its region; default: the stack's.", example="swedencentral")
    tags: dict[str, str] = key(A_TAGS, "Its tags, beside the stack's.", default={}, example={"costCenter": "4712"})
    protect: bool | None = key(Flag(), "false: replacing or deleting it needs no flag of its own beside --yes.")
    formerly: str | tuple[str, ...] = key(
        A_FORMERLY, "Keys that it had before, oldest first.", default=(), example="oldKey"
    )
