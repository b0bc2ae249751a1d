"""The stack file's models: every key that a file may have, its kind, and the sentence that explains it.

These classes are the only declaration of the format: the reader, the JSON Schema and the reference page come from
them. They hold what was written; what it means is decided in `resolve`.
"""

# ruff: noqa: RUF009 - `key` declares a dataclass field; it is no value that instances would share.

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from modelform.spec.kinds import (
    Choice,
    Duration,
    Either,
    Flag,
    Kind,
    ListOf,
    MapOf,
    Number,
    Quantity,
    Raw,
    Record,
    Text,
    key,
)
from modelform.spec.yamlnodes import Mapping

API_VERSION = "modelform/v1"
NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?"
NAME_FORM = "letters, digits, hyphens and underscores, at most 64, starting and ending with a letter or digit"
DEPLOYMENT_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?"
DEPLOYMENT_FORM = (
    "letters, digits, dots, hyphens and underscores, at most 64, starting and ending with a letter or digit"
)
GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
PROVIDERS = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-ai/providers"
NETWORK_ID = f"{PROVIDERS}/Microsoft.Network/virtualNetworks/vnet-ai"
RESOURCE_ID = r"/subscriptions/[^/]+(?:/[^/]+)+"

_name = Text(NAME, NAME_FORM)
_deployment_name = Text(DEPLOYMENT_NAME, DEPLOYMENT_FORM)
_text = Text()
_id = Text(RESOURCE_ID, "an ARM resource id", "/subscriptions/…/resourceGroups/…/providers/…")
_physical = Text(r"\S(?:.{0,258}\S)?", "a resource's name, without spaces at its ends")
_location = Text(r"[A-Za-z][A-Za-z0-9 ]{2,39}", "an Azure region", "swedencentral")
_guid = Text(GUID, "a GUID", "00000000-0000-4000-8000-000000000001")
_tags = MapOf(Text(longest=256), "tag", r"[^<>%&\\?/\x00-\x1f]{1,512}", "up to 512 characters, none of <>%&\\?/")
_formerly = Either(scalar=_deployment_name, sequence=ListOf(_deployment_name, least=1))


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
        _location, "Where the group itself is; default: the stack's location.", example="swedencentral"
    )


_group = Either(
    scalar=Text(r"[-\w._()]{0,89}[-\w_()]", "a resource group's name", "rg-models"), mapping=Record(GroupForm)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostForm:
    """A limit for the estimated cost of a month."""

    limit: float = key(Number(whole=False), "The most that a month may cost.", required=True, example=4000)
    currency: str = key(Text(r"[A-Z]{3}", "a currency code", "USD"), "ISO 4217 code.", default="USD", example="USD")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyForm:
    """What must hold of every deployment; a breach stops the plan."""

    residency: str | None = key(
        Text(r"[A-Za-z][A-Za-z0-9-]{1,39}", "global, a zone (eu-data-zone), eu, a country code or a region"),
        "Where prompts may be processed: global, us-data-zone, eu-data-zone, apac-data-zone, eu (member states only), "
        "a country code, or a region.",
        example="eu-data-zone",
    )
    proof: str | None = key(
        Choice(("contractual", "documented", "unproven")),
        "The least proof of residency that will do.",
        example="documented",
    )
    publishers: tuple[str, ...] = key(
        ListOf(_text, least=1),
        "The only publishers whose models may be deployed.",
        default=(),
        example=["Mistral AI", "OpenAI"],
    )
    lifecycle: tuple[str, ...] = key(
        ListOf(Choice(("generallyAvailable", "preview", "legacy", "deprecated")), least=1),
        "The only lifecycle stages that a model may be in.",
        default=(),
        example=["generallyAvailable", "preview"],
    )
    retirement_notice: int | None = key(Duration(), "A model must live at least this much longer.", example="60d")
    monthly_cost: CostForm | None = key(
        Record(CostForm), "The most that a month may cost.", example={"limit": 4000, "currency": "USD"}
    )
    public_network: str | None = key(
        Choice(("allow", "deny")), "May workspaces be reached from the public network?", example="deny"
    )
    local_keys: str | None = key(
        Choice(("allow", "deny")), "May workspaces accept keys, beside Entra tokens?", example="deny"
    )
    packs: tuple[str, ...] = key(ListOf(_text, least=1), "Named sets of rules.", default=(), example=["eu-ai-act"])
    rules: dict[str, str] = key(
        MapOf(
            Choice(("error", "warning", "info", "off")),
            "rule",
            r"[a-z]+(?:-[a-z]+)*(?:\.[a-z]+(?:-[a-z]+)*)*",
            "a check's code",
        ),
        "Level of single checks, by code.",
        default={},
        example={"lifecycle.preview": "warning"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkForm:
    """A virtual network: one of ours, or an existing one."""

    address_space: str | None = key(
        Text(r"[0-9.]+/[0-9]{1,2}", "a CIDR block", "10.20.0.0/16"),
        "The addresses of a network of ours.",
        example="10.20.0.0/16",
    )
    existing: str | None = key(_id, "The id of a network that somebody else made.", example=NETWORK_ID)
    endpoint_subnet: str | None = key(
        _id, "The subnet for private endpoints in an existing network.", example=f"{NETWORK_ID}/subnets/endpoints"
    )
    dns: str | None = key(Choice(("managed", "none")), "Who keeps the private DNS zones.", example="managed")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityForm:
    """A user-assigned identity."""

    existing: str | None = key(
        _id,
        "The id of an identity that somebody else made.",
        example=f"{PROVIDERS}/Microsoft.ManagedIdentity/userAssignedIdentities/id-app",
    )
    name: str | None = key(_physical, "The physical name of an identity of ours.", example="id-models-app")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectForm:
    """A project of a workspace."""

    name: str | None = key(_physical, "Its physical name; default: made from the key.", example="law")
    formerly: str | tuple[str, ...] = key(
        _formerly, "Keys that it had before, oldest first.", default=(), example="justice"
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
        _physical, "Its physical name; default: made from stack and key, with a short hash.", example="contoso-models"
    )
    projects: tuple[str, ...] | dict[str, ProjectForm] = key(
        Either(sequence=ListOf(_name), mapping=MapOf(Record(ProjectForm), "project", NAME, NAME_FORM)),
        "Its projects: a list of keys, or a map from key to name and former keys.",
        default=(),
        example=["legal", "support"],
    )
    exposure: str = key(Choice(("public", "private")), "How it is reached.", default="public", example="public")
    network: str | None = key(_name, "The network of a private workspace.", example="main")
    existing: str | None = key(
        _id,
        "The id of a workspace that somebody else made.",
        example=f"{PROVIDERS}/Microsoft.CognitiveServices/accounts/legacy",
    )
    manage: str | None = key(
        Choice(("deployments",)), "What of an existing workspace the stack manages.", example="deployments"
    )
    local_keys: bool | None = key(Flag(), "Does it accept keys? Default: unless the policy denies them.", example=False)
    subscription: str | None = key(
        _guid, "Its subscription; default: the stack's.", example="${env:OTHER_SUBSCRIPTION_ID}"
    )
    resource_group: str | GroupForm | None = key(
        _group, "Its resource group; default: the stack's.", example={"existing": "rg-ai"}
    )
    location: str | None = key(_location, "Its region; default: the stack's.", example="swedencentral")
    tags: dict[str, str] = key(_tags, "Its tags, beside the stack's.", default={}, example={"costCenter": "4712"})
    protect: bool | None = key(Flag(), "false: replacing or deleting it needs no flag of its own beside --yes.")
    formerly: str | tuple[str, ...] = key(
        _formerly, "Keys that it had before, oldest first.", default=(), example="oldKey"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityForm:
    """How much a deployment may serve, in the unit that its offer has."""

    tpm: int | None = key(
        Quantity(), "Tokens per minute: Standard, GlobalStandard and DataZoneStandard.", example="50k"
    )
    ptu: int | None = key(Number(1), "Provisioned throughput units.", example=100)
    enqueued_tokens: int | None = key(Quantity(), "Tokens waiting in batches.", example="5M")
    units: int | None = key(Number(1), "Units, where the offer counts neither tokens nor throughput.", example=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageForm:
    """What a month is expected to use, for the cost estimate."""

    input_tokens: int | None = key(Quantity(), "Tokens sent.", example="120M")
    output_tokens: int | None = key(Quantity(), "Tokens received.", example="30M")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentForm:
    """One model that applications can call."""

    model: str = key(
        Text(
            r"[A-Za-z0-9][A-Za-z0-9 ._/-]*(?:@[A-Za-z0-9._-]+)?",
            "a model's name, with @version to pin it",
            "mistral-large-3@1",
        ),
        "The model's name as ARM has it, in any case; a publisher may stand before it, @version behind it.",
        required=True,
        example="mistral-large-3@1",
    )
    workspace: str | None = key(
        Text(rf"{NAME}(?:/{NAME})?", "a workspace's key, with /project for a hub", "foundry"),
        "Where it is deployed; default: the only workspace that can have it.",
        example="foundry",
    )
    sku: str | None = key(
        Text(r"[A-Za-z]{2,40}", "an sku such as dataZoneStandard, or serverless"),
        "ARM's sku in lower camel case, or serverless; default: the cheapest that the policy allows.",
        example="dataZoneStandard",
    )
    capacity: CapacityForm | None = key(Record(CapacityForm), "How much it may serve.", example={"tpm": "50k"})
    usage: UsageForm | None = key(
        Record(UsageForm), "What a month is expected to use.", example={"inputTokens": "120M", "outputTokens": "30M"}
    )
    upgrade: str = key(
        Choice(("noAutoUpgrade", "onceExpired", "onceNewDefault")),
        "When the service may upgrade the model's version by itself.",
        default="noAutoUpgrade",
        example="onceExpired",
    )
    content_filter: str | None = key(
        Text(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "a content filter's name", "Microsoft.DefaultV2"),
        "The content filter, by its policy's own name.",
        example="Microsoft.DefaultV2",
    )
    terms: str | None = key(
        Choice(("accepted",)), "`accepted`: the marketplace terms of the model are accepted.", example="accepted"
    )
    name: str | None = key(_physical, "Its physical name; default: its key.", example="assistant")
    tags: dict[str, str] = key(_tags, "Its tags, beside the workspace's.", default={}, example={"owner": "legal"})
    formerly: str | tuple[str, ...] = key(
        _formerly, "Keys that it had before, oldest first.", default=(), example=["first", "second"]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberForm:
    """One member of a route."""

    deployment: str = key(_deployment_name, "The deployment's key.", required=True, example="assistant")


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteForm:
    """What applications call: deployments, with fallbacks in order."""

    members: tuple[MemberForm, ...] = key(
        ListOf(Record(MemberForm, complete=True), least=1),
        "Deployments in the order in which they are tried.",
        required=True,
        example=[{"deployment": "assistant"}],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessForm:
    """Who may do what."""

    principal: str = key(
        _text, "The object id of a user, group or service principal.", required=True, example="${env:APP_PRINCIPAL_ID}"
    )
    principal_type: str | None = key(
        Choice(("user", "group", "servicePrincipal")), "What the principal is.", example="servicePrincipal"
    )
    can: tuple[str, ...] = key(
        ListOf(Choice(("infer", "develop", "manage", "read")), least=1),
        "What it may do; roles follow from it.",
        default=(),
        example=["infer"],
    )
    role: str | None = key(_text, "A role by name, instead of `can`.", example="Cognitive Services OpenAI User")
    scope: tuple[str, ...] = key(
        ListOf(_text, least=1), "Workspaces that it holds for; default: all.", default=(), example=["foundry", "openai"]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterForm:
    """One parameter of a template."""

    type: str = key(
        Choice(("string", "integer", "number", "boolean", "list")),
        "The type of its values.",
        default="string",
        example="string",
    )
    default: object = key(
        Raw(), "The value when `with` gives none; without a default it must be given.", example="swedencentral"
    )
    description: str | None = key(_text, "What it is for.", example="the region of everything")
    allowed: object = key(
        Raw(), "The only values that it may have, as a list.", example=["swedencentral", "francecentral"]
    )


_networks = MapOf(Record(NetworkForm), "network", NAME, NAME_FORM)
_identities = MapOf(Record(IdentityForm), "identity", NAME, NAME_FORM)
_workspaces = MapOf(Record(WorkspaceForm), "workspace", NAME, NAME_FORM)
_deployments = MapOf(Record(DeploymentForm), "deployment", DEPLOYMENT_NAME, DEPLOYMENT_FORM)
_routes = MapOf(Record(RouteForm), "route", NAME, NAME_FORM)
_parameters = MapOf(
    Record(ParameterForm), "parameter", r"[A-Za-z][A-Za-z0-9_]{0,63}", "letters, digits and underscores"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackForm:
    """A stack file, or a base file or template for one."""

    api_version: str = key(Choice((API_VERSION,)), "The version of this format.", required=True, example=API_VERSION)
    name: str | None = key(
        _name, "The stack's name; default, and nothing else: the file's name without its ending.", example="eu-prod"
    )
    extends: str | None = key(_text, "A base file (path), or a template (name).", example="base.yaml")
    with_: Mapping | None = key(
        MapOf(Raw(), "parameter"), "Values for the template's parameters.", example={"team": "legal"}
    )
    parameters: dict[str, ParameterForm] = key(
        _parameters,
        "Makes the file a template: what `with` may give.",
        default={},
        example={"team": {"description": "who owns it"}},
    )
    include: tuple[str, ...] = key(
        ListOf(_text),
        "Files (globs) whose deployments, routes and access are added.",
        default=(),
        example=["teams/*.yaml"],
    )
    target: str | None = key(Choice(("sandbox", "azure")), "The cloud; default: the sandbox.", example="sandbox")
    engine: str | None = key(
        Choice(("auto", "pulumi", "embedded")), "What runs the program; default: auto (pulumi on Azure, else embedded)."
    )
    backend: str | None = key(
        _text, "Where the state of target azure is kept.", example="azblob://state?storage_account=stmodels"
    )
    secrets_provider: str = key(_text, "What encrypts the state's secrets.", default="passphrase", example="passphrase")
    subscription: str | None = key(
        _guid,
        "The subscription; default: AZURE_SUBSCRIPTION_ID, then ARM_SUBSCRIPTION_ID.",
        example="${env:AZURE_SUBSCRIPTION_ID}",
    )
    tenant: str | None = key(
        _guid, "The tenant; default: AZURE_TENANT_ID, then ARM_TENANT_ID.", example="${env:AZURE_TENANT_ID}"
    )
    resource_group: str | GroupForm | None = key(
        _group, "The resource group; default: rg- and the stack's name.", example="rg-models"
    )
    location: str | None = key(
        _location, "The region of everything that sets none of its own.", example="swedencentral"
    )
    tags: dict[str, str] = key(_tags, "Tags of every resource.", default={}, example={"costCenter": "4711"})
    protect: bool = key(
        Flag(), "false: replacing or deleting workspaces needs no flag of its own beside --yes.", default=True
    )
    policy: PolicyForm | None = key(
        Record(PolicyForm),
        "What must hold of every deployment.",
        example={"residency": "eu-data-zone", "publishers": ["Mistral AI"]},
    )
    networks: dict[str, NetworkForm] = key(
        _networks,
        "Virtual networks, by key.",
        default={},
        example={"main": {"addressSpace": "10.20.0.0/16", "dns": "managed"}},
    )
    identities: dict[str, IdentityForm] = key(
        _identities, "User-assigned identities, by key.", default={}, example={"app": {"name": "id-models-app"}}
    )
    workspaces: dict[str, WorkspaceForm] = key(
        _workspaces,
        "Places that models are deployed to, by key.",
        default={},
        example={"foundry": {"kind": "foundry", "projects": ["legal"]}},
    )
    deployments: dict[str, DeploymentForm] = key(
        _deployments,
        "Models that applications can call, by key.",
        default={},
        example={"assistant": {"model": "mistral-large-3@1", "capacity": {"tpm": "50k"}}},
    )
    routes: dict[str, RouteForm] = key(
        _routes,
        "What applications call, by key.",
        default={},
        example={"chat": {"members": [{"deployment": "assistant"}]}},
    )
    access: tuple[AccessForm, ...] = key(
        ListOf(Record(AccessForm, complete=True)),
        "Who may do what.",
        default=(),
        example=[{"principal": "${env:APP_PRINCIPAL_ID}", "principalType": "servicePrincipal", "can": ["infer"]}],
    )


@cache
def stack_kind() -> Kind:
    """The kind of a whole stack file."""
    return Record(StackForm)


@cache
def parameter_kind() -> Kind:
    """The kind of a template's `parameters:`."""
    return _parameters
