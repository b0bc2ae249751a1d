"""What to make, and what it costs: the stack files of a verification, with the cheapest models of a region."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from modelform.record import dataclass

if TYPE_CHECKING:
    from modelform.catalog import Catalog
    from modelform.catalog.model import CapacityRules, Model

RESOURCES = "azure-native:resources:ResourceGroup"
ACCOUNT, DEPLOYMENT, PROJECT = (
    f"azure-native:cognitiveservices:{name}" for name in ("Account", "Deployment", "Project")
)
HUB, ENDPOINT, MARKETPLACE = (
    f"azure-native:machinelearningservices:{name}"
    for name in ("Workspace", "ServerlessEndpoint", "MarketplaceSubscription")
)
BELOW = (
    "azure-native:storage:StorageAccount",
    "azure-native:keyvault:Vault",
    "azure-native:operationalinsights:Workspace",
    "azure-native:applicationinsights:Component",
)
LOGGING = "azure-native:monitor:DiagnosticSetting"
UNCHANGING = (MARKETPLACE, LOGGING)  # there is nothing in them that a stack file changes by itself


@dataclass(frozen=True, slots=True)
class Offer:
    """A model, how it is deployed, and what a million tokens of it cost (dollars in, dollars out)."""

    model: Model
    sku: str
    rules: CapacityRules | None
    usage: str
    rates: tuple[float, float]

    @property
    def said(self) -> str:
        """What it is, for people."""
        return f"{self.model.name} {self.model.version} ({self.sku})"


@dataclass(frozen=True, slots=True)
class Step:
    """One `up`: the stack file's text, and the types that are first made by it; `change` changes what there is."""

    phase: str
    text: str
    brings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One stack: its name, its resource group, and what is done with it before it is destroyed."""

    name: str
    group: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a verification does with an engine, and why it leaves something out."""

    parts: tuple[Part, ...]
    omitted: dict[str, str]


def offers(
    catalog: Catalog, region: str, today: date, available: Callable[[Offer], bool] = lambda offer: True
) -> Iterator[Offer]:
    """Models that bill by the token, sold by Azure, with a price, cheapest first; `available` asks Azure."""
    found = []
    for model in catalog.models:
        sku = catalog.cheapest_sku(model, region)
        if sku is None or model.sold_by != "Azure" or catalog.lifecycle(model, today).status != "ga":
            continue
        price, rules = catalog.price(model, sku, region), catalog.capacity_rules(model, sku)
        if price is None or rules is None or "input" not in price.rates:
            continue
        rates = (price.rates["input"], price.rates.get("output", 0.0))
        found.append(Offer(model, sku, rules, catalog.usage_name(model, sku) or "", rates))
    found.sort(key=lambda one: (sum(one.rates), one.model.id))
    return (one for one in found if available(one))


def serverless(catalog: Catalog, region: str, today: date) -> Offer | None:
    """The cheapest model as a service that needs a marketplace subscription, or None where there is none."""
    found = []
    for model in catalog.models:
        if model.serverless is None or not model.serverless.needs_marketplace:
            continue
        price = catalog.price(model, "serverless", region)
        alive = catalog.lifecycle(model, today).status in ("ga", "preview", "legacy")
        if region in catalog.serverless_regions(model) and alive and price is not None:
            rates = (price.rates.get("input", 0.0), price.rates.get("output", 0.0))
            found.append(Offer(model, "serverless", None, "", rates))
    return min(found, key=lambda one: (sum(one.rates), one.model.id), default=None)


def plan(mark: str, subscription: str, region: str, model: Offer | None, service: Offer | None) -> Plan:
    """The stacks of a run; `mark` makes its names and tags its own."""
    omitted = {}
    if model is None:
        omitted[DEPLOYMENT] = f"no model that bills by the token, is generally available and has quota left in {region}"
    if service is None:
        why = f"the catalogue knows no model as a service with a marketplace subscription in {region}"
        omitted |= {ENDPOINT: why, MARKETPLACE: why}
    return Plan((_foundry(mark, subscription, region, model), _hub(mark, subscription, region, service)), omitted)


def _foundry(mark: str, subscription: str, region: str, model: Offer | None) -> Part:
    group = f"rg-modelform-{mark}-foundry"

    def text(turn: int, capacity: int = 0) -> str:
        lines = _head("foundry", group, mark, subscription, region, turn)
        lines += ["workspaces:", "  foundry: {kind: foundry, projects: [project]}"]
        if capacity and model is not None and model.rules is not None:
            amount = f"{{{model.rules.unit}: {capacity * model.rules.amount_per_unit}}}"
            lines += ["deployments:", f"  model: {_deployment(model, 'foundry', f'capacity: {amount}')}"]
        return "\n".join([*lines, ""])

    steps = [Step("make", text(1), (RESOURCES, ACCOUNT, PROJECT)), Step("change", text(2))]
    if model is not None and model.rules is not None:
        least = model.rules.minimum
        steps.append(Step("make", text(2, least), (DEPLOYMENT,)))
        steps.append(Step("change", text(3, least + model.rules.step)))
    return Part("foundry", group, tuple(steps))


def _hub(mark: str, subscription: str, region: str, service: Offer | None) -> Part:
    group = f"rg-modelform-{mark}-hub"

    def text(turn: int, *, served: bool = False) -> str:
        lines = _head("hub", group, mark, subscription, region, turn)
        lines += ["workspaces:", "  hub: {kind: hub, projects: [project], diagnostics: true}"]
        if served and service is not None:
            lines += ["deployments:", f"  service: {_deployment(service, 'hub/project', 'terms: accepted')}"]
        return "\n".join([*lines, ""])

    steps = [Step("make", text(1), (RESOURCES, *BELOW, HUB, LOGGING)), Step("change", text(2))]
    if service is not None:
        steps.append(Step("make", text(2, served=True), (MARKETPLACE, ENDPOINT)))
        steps.append(Step("change", text(3, served=True)))
    return Part("hub", group, tuple(steps))


def _head(name: str, group: str, mark: str, subscription: str, region: str, turn: int) -> list[str]:
    return [
        "apiVersion: modelform/v1",
        f"name: {name}",
        "target: azure",
        f"subscription: {subscription}",
        f"location: {region}",
        f"resourceGroup: {group}",
        f'tags: {{modelform-verification: "{mark}", turn: "{turn}"}}',
        "policy: {lifecycle: [generallyAvailable, preview, legacy]}",
    ]


def _deployment(offer: Offer, workspace: str, more: str) -> str:
    sku = offer.sku[0].lower() + offer.sku[1:]
    # Models as a service are the newest of their name, and nothing else.
    model = offer.model.id.partition("@")[0] if offer.rules is None else offer.model.id
    return f'{{model: "{model}", workspace: {workspace}, sku: {sku}, {more}}}'


def costs(catalog: Catalog, model: Offer | None, service: Offer | None) -> list[tuple[str, str, str]]:
    """What is made, its price in the catalogue, and what that comes to where nothing is asked and nothing stored."""
    parts: dict[str, Any] = catalog.data["prices"]["parts"]
    rows = [
        ("Foundry account, project, hub, hub project", "no fee of their own", "0.00"),
        ("storage account", f"{parts['storageGbMonth']} a GB and month; a hub stores some KB", "< 0.01"),
        ("key vault", f"{parts['vault10kCalls']} for 10,000 calls", "< 0.01"),
        ("Log Analytics, Application Insights", f"{parts['logsGb']} a GB; a hub logs some MB", "< 0.01"),
    ]
    for offer in (model, service):
        if offer is not None:
            price = f"{offer.rates[0]:g} in, {offer.rates[1]:g} out a million tokens; nothing is asked"
            rows.append((offer.said, price, "0.00"))
    return rows
