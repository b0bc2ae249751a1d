"""The resolved stack: what a stack file means, with every format, version, sku and physical name decided.

Everything after `spec` reads this and nothing else of the stack file. All of it is frozen plain data; the checks run
on it, the program declares it, the drivers bind the state to it.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from modelform.errors import Span
from modelform.record import dataclass
from modelform.values import Secret

if TYPE_CHECKING:
    from modelform.spec.rulebook import Company, Loosened

Target = Literal["sandbox", "azure"]
WorkspaceKind = Literal["foundry", "openai", "hub"]
Exposure = Literal["public", "private"]
CapacityUnit = Literal["tpm", "ptu", "enqueuedTokens", "units"]

SERVERLESS = "serverless"


@dataclass(frozen=True, slots=True)
class Origins:
    """Where each value of the stack file came from: property path (`deployments.assistant.sku`) to place."""

    spans: dict[str, Span] = field(default_factory=dict)

    def span(self, path: str) -> Span | None:
        """The place of a path, or of its nearest ancestor that a person wrote."""
        while path:
            if path in self.spans:
                return self.spans[path]
            path = path.rpartition(".")[0]
        return self.spans.get("")


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """A resource group, made by the stack unless it is `existing`; `key` is its logical name in the program."""

    key: str
    name: str
    subscription: str
    location: str
    existing: bool = False
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Project:
    """A Foundry project or a hub's project: `key` as written, `name` the physical one."""

    key: str
    name: str
    logical: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HubParts:
    """Physical names of what a hub stands on."""

    storage_account: str
    key_vault: str
    log_analytics: str
    application_insights: str


@dataclass(frozen=True, slots=True)
class Logs:
    """Where the diagnostic logs of a workspace go: the id of a log workspace that is there, or the `name` of ours.

    `location` is where it keeps data, empty where the file does not say that of an existing one.
    """

    existing: str = ""
    name: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A place models are deployed to: a Foundry account, an OpenAI account, or a hub with projects.

    `logical` names its resources in the program, `aliases` are names that it had before (`formerly:`); `name` is the
    account's or hub's physical name and `subdomain` an account's custom subdomain (globally unique). `outbound` are
    the only hosts that it may call; None where it may call any.
    """

    key: str
    kind: WorkspaceKind
    name: str
    logical: str
    aliases: tuple[str, ...]
    subscription: str
    resource_group: ResourceGroup
    location: str
    tags: dict[str, str]
    projects: tuple[Project, ...] = ()
    subdomain: str = ""
    exposure: Exposure = "public"
    local_keys: bool = True
    protect: bool = True
    hub: HubParts | None = None
    outbound: tuple[str, ...] | None = None
    diagnostics: Logs | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A model as ARM names it; `id` is the catalogue's (`mistral-ai/Mistral-Large-3@1`)."""

    id: str
    publisher: str
    format: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Capacity:
    """What was asked for, in the unit of the offer, and ARM's `sku.capacity` for it."""

    unit: CapacityUnit
    amount: int
    sku_capacity: int


@dataclass(frozen=True, slots=True)
class Marketplace:
    """A marketplace subscription that an offer needs: its physical name; were the terms accepted in the file?"""

    name: str
    terms_accepted: bool


@dataclass(frozen=True, slots=True)
class Deployment:
    """One model that applications can call.

    `sku` is ARM's name (`DataZoneStandard`) or `serverless`; then `project` is a hub's project, `model_asset` the
    registry id (`azureml://registries/…/models/…`), `capacity` None and `model.version` empty. `name` is the
    deployment's or serverless endpoint's physical name. `upgrade` is ARM's `versionUpgradeOption`; `pinned` says that
    the stack file itself names the version.
    """

    key: str
    name: str
    logical: str
    aliases: tuple[str, ...]
    workspace: str
    project: str | None
    model: Model
    sku: str
    capacity: Capacity | None
    upgrade: str = "NoAutoUpgrade"
    content_filter: str | None = None
    usage: dict[str, int] = field(default_factory=dict)
    model_asset: str = ""
    marketplace: Marketplace | None = None
    tags: dict[str, str] = field(default_factory=dict)
    sku_chosen: bool = False
    pinned: bool = True


@dataclass(frozen=True, slots=True)
class RouteMember:
    """One deployment of a route."""

    deployment: str


@dataclass(frozen=True, slots=True)
class Route:
    """What applications call: deployments in the order of fallback."""

    key: str
    members: tuple[RouteMember, ...]


@dataclass(frozen=True, slots=True)
class CostLimit:
    """The most that a month may be estimated to cost, in an ISO 4217 currency."""

    limit: float
    currency: str = "USD"

    def __str__(self) -> str:
        return f"{self.limit:,.0f} {self.currency}"


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of a pack as it was read: its path as messages show it, its text and SHA-256.

    One that cannot be read has a `problem`, and the line and column of it.
    """

    path: str
    text: str
    digest: str = ""
    problem: str = ""
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Pack:
    """A folder of checks that somebody else wrote: its path as messages show it, and who names it where.

    `digest` is the SHA-256 of its files, empty where one could not be read; `wanted` what it is pinned to, if it is.
    """

    folder: str
    files: tuple[PackFile, ...]
    span: Span | None = None
    digest: str = ""
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """What must hold of every deployment; None or empty where the file says nothing.

    `residency` is where prompts may be processed, `at_rest` where data may be stored when that is another place.
    `origins` are where publishers must have their seats (`EU` or country codes), `preferred_origins` where they should.
    """

    residency: str | None = None
    at_rest: str | None = None
    proof: str | None = None
    publishers: tuple[str, ...] = ()
    lifecycle: tuple[str, ...] = ()
    retirement_notice_days: int | None = None
    monthly_cost: CostLimit | None = None
    public_network: str | None = None
    local_keys: str | None = None
    outbound: str | None = None
    diagnostics: str | None = None
    origins: tuple[str, ...] = ()
    preferred_origins: tuple[str, ...] = ()
    packs: tuple[Pack, ...] = ()
    rules: dict[str, str] = field(default_factory=dict)

    @property
    def storage(self) -> str | None:
        """Where data may be stored: `at_rest`, or where prompts may be processed."""
        return self.at_rest or self.residency


@dataclass(frozen=True, slots=True)
class Read:
    """What a stack was read from: the SHA-256 of each file by its path, and the environment values it asked for.

    A value may be anything, so that it is treated as a secret; None is a variable that is not set.
    """

    files: dict[str, str] = field(default_factory=dict)
    environment: dict[str, Secret] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stack:
    """A whole stack. `digest` is the SHA-256 of everything that it was read from (files, environment values).

    With a `company` file, `policy` is what that and the stack say together, and `loosened` where the stack would have
    less. `duties` are what the file declares itself that a company may give to others: the path by duty.
    """

    name: str
    project: str
    file: str
    target: Target
    engine: str
    backend: str | None
    secrets_provider: str
    subscription: str
    tenant: str
    location: str
    tags: dict[str, str]
    resource_groups: tuple[ResourceGroup, ...]
    workspaces: dict[str, Workspace]
    deployments: dict[str, Deployment]
    routes: dict[str, Route]
    policy: Policy
    origins: Origins = field(default_factory=Origins)
    digest: str = ""
    lock: dict[str, Any] = field(default_factory=dict)
    read: Read = field(default_factory=Read)
    company: Company | None = None
    loosened: tuple[Loosened, ...] = ()
    duties: dict[str, str] = field(default_factory=dict)
    overlay: str = ""

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Every subscription that the stack touches, the stack's own first."""
        found = [self.subscription]
        found += [w.subscription for w in self.workspaces.values()] + [g.subscription for g in self.resource_groups]
        return tuple(dict.fromkeys(found))
