"""The stack file's models: every key that a file may have, its kind, and the sentence that explains it.

These classes are the only declaration of the format: the reader, the JSON Schema and the reference page come from
them. They hold what was written; what it means is decided in `resolve`.
"""

# ruff: noqa: RUF009 - `key` declares a dataclass field; it is no value that instances would share.

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from modelform.spec.kinds import Choice, Flag, Kind, Number, Quantity, Raw, Text
from modelform.spec.placeforms import A_GROUP, GroupForm, IdentityForm, NetworkForm, WorkspaceForm
from modelform.spec.policyforms import PolicyForm
from modelform.spec.records import ListOf, MapOf, Record, key
from modelform.spec.words import (
    A_BACKEND,
    A_DEPLOYMENT_NAME,
    A_FORMERLY,
    A_GUID,
    A_LOCATION,
    A_NAME,
    A_PHYSICAL,
    A_SECRETS_PROVIDER,
    A_TAGS,
    A_TEXT,
    API_VERSION,
    DEPLOYMENT_FORM,
    DEPLOYMENT_NAME,
    NAME,
    NAME_FORM,
)
from modelform.spec.yamlnodes import Mapping


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
    name: str | None = key(A_PHYSICAL, "Its physical name; default: its key.", example="assistant")
    tags: dict[str, str] = key(A_TAGS, "Its tags, beside the workspace's.", default={}, example={"owner": "legal"})
    formerly: str | tuple[str, ...] = key(
        A_FORMERLY, "Keys that it had before, oldest first.", default=(), example=["first", "second"]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberForm:
    """One member of a route."""

    deployment: str = key(A_DEPLOYMENT_NAME, "The deployment's key.", required=True, example="assistant")


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
        A_TEXT, "The object id of a user, group or service principal.", required=True, example="${env:APP_PRINCIPAL_ID}"
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
    role: str | None = key(A_TEXT, "A role by name, instead of `can`.", example="Cognitive Services OpenAI User")
    scope: tuple[str, ...] = key(
        ListOf(A_TEXT, least=1),
        "Workspaces that it holds for; default: all.",
        default=(),
        example=["foundry", "openai"],
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
    description: str | None = key(A_TEXT, "What it is for.", example="the region of everything")
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
        A_NAME, "The stack's name; default, and nothing else: the file's name without its ending.", example="eu-prod"
    )
    extends: str | None = key(A_TEXT, "A base file (path), or a template (name).", example="base.yaml")
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
        ListOf(A_TEXT),
        "Files (globs) whose deployments, routes and access are added.",
        default=(),
        example=["teams/*.yaml"],
    )
    target: str | None = key(Choice(("sandbox", "azure")), "The cloud; default: the sandbox.", example="sandbox")
    engine: str | None = key(
        Choice(("auto", "pulumi", "embedded")), "What runs the program; default: auto (pulumi on Azure, else embedded)."
    )
    backend: str | None = key(
        A_BACKEND, "Where the state of target azure is kept.", example="azblob://state?storage_account=stmodels"
    )
    secrets_provider: str = key(
        A_SECRETS_PROVIDER, "What encrypts the state's secrets.", default="passphrase", example="passphrase"
    )
    subscription: str | None = key(
        A_GUID,
        "The subscription; default: AZURE_SUBSCRIPTION_ID, then ARM_SUBSCRIPTION_ID.",
        example="${env:AZURE_SUBSCRIPTION_ID}",
    )
    tenant: str | None = key(
        A_GUID, "The tenant; default: AZURE_TENANT_ID, then ARM_TENANT_ID.", example="${env:AZURE_TENANT_ID}"
    )
    resource_group: str | GroupForm | None = key(
        A_GROUP, "The resource group; default: rg- and the stack's name.", example="rg-models"
    )
    location: str | None = key(
        A_LOCATION, "The region of everything that sets none of its own.", example="swedencentral"
    )
    tags: dict[str, str] = key(A_TAGS, "Tags of every resource.", default={}, example={"costCenter": "4711"})
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
