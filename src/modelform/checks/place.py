"""What the rules share: a deployment with its workspace and its facts, severities by confidence, the way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from modelform.catalog import SERVERLESS, Catalog, Evidence, Model
from modelform.errors import Severity, Span
from modelform.record import dataclass
from modelform.spec.resolved import Deployment, Stack, Workspace

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Placed:
    """A deployment where it is to be made; `model` is None when the catalogue has no such version."""

    stack: Stack
    deployment: Deployment
    workspace: Workspace
    model: Model | None

    @property
    def key(self) -> str:
        """The deployment's key in the stack file."""
        return self.deployment.key

    @property
    def sku(self) -> str:
        """ARM's sku name, or `serverless`."""
        return self.deployment.sku

    @property
    def region(self) -> str:
        """The region of the deployment's workspace."""
        return self.workspace.location

    def span(self, field: str) -> Span | None:
        """The place of one of the deployment's keys."""
        return self.stack.origins.span(f"deployments.{self.key}.{field}")


def placed(stack: Stack, catalog: Catalog) -> Iterator[Placed]:
    """Every deployment of the stack, in its order."""
    for deployment in stack.deployments.values():
        workspace = stack.workspaces[deployment.workspace]
        yield Placed(stack, deployment, workspace, known(deployment, catalog))


def known(deployment: Deployment, catalog: Catalog) -> Model | None:
    """The catalogue's model of a deployment: by id, by ARM's names, or the newest version where ARM pins none."""
    model = deployment.model
    found = catalog.model(model.id) or catalog.by_arm(model.format, model.name, model.version)
    if found or model.version:
        return found
    versions = [m for m in catalog.versions(model.name) if m.format == model.format]
    return versions[-1] if versions else None


def graded(level: Severity, evidence: Evidence) -> Severity:
    """The rule's level, or a warning where the fact is not Azure's or Microsoft's own."""
    return level if evidence.stops or level is not Severity.ERROR else Severity.WARNING


def from_source(catalog: Catalog, source: str) -> Evidence:
    """The evidence of what a whole source says, for instance by not naming something."""
    row = catalog.data["sources"][source]
    return Evidence(source, row["date"], "official" if row["official"] else "third-party")


def said_by(catalog: Catalog, evidence: Evidence) -> str:
    """The source of a fact, for the detail of a finding."""
    title = catalog.data["sources"].get(evidence.source, {}).get("title", evidence.source).partition(";")[0]
    doubt = "" if evidence.stops else f", {evidence.confidence}"
    return f"source: {title} ({evidence.as_of}{doubt})"


def routes_of(item: Placed) -> str:
    """Which routes lead to a deployment, for the detail of a finding; empty where none does."""
    through = [r.key for r in item.stack.routes.values() if any(m.deployment == item.key for m in r.members)]
    return f"; reached through route {several(through)}" if through else ""


def written(sku: str) -> str:
    """A sku as the stack file has it: `dataZoneStandard`."""
    return sku if sku == SERVERLESS else sku[:1].lower() + sku[1:]


def several(names: Iterable[str]) -> str:
    """The first few of a list, and how many more there are."""
    found: Sequence[str] = tuple(names)
    more = len(found) - SHOWN
    return ", ".join(found[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def skus_here(item: Placed, catalog: Catalog) -> tuple[str, ...]:
    """The skus of the model in the deployment's region that the residency policy allows, for its kind of workspace."""
    if item.model is None or item.region not in catalog.regions:
        return ()
    allowed = catalog.allowed_skus(item.model, item.region, item.stack.policy.residency)
    hub = item.workspace.kind == "hub"
    return tuple(sku for sku in allowed if (sku == SERVERLESS) == hub)


def regions_there(item: Placed, catalog: Catalog, sku: str) -> tuple[str, ...]:
    """The other regions that have the sku of the model, and where the residency policy allows it."""
    if item.model is None:
        return ()
    allowed = catalog.allowed_regions(item.model, sku, item.stack.policy.residency)
    return nearest((region for region in allowed if region != item.region), item.region, catalog)


def nearest(regions: Iterable[str], region: str, catalog: Catalog) -> tuple[str, ...]:
    """Regions with those first that share the geography, then the data zone, of a region."""
    return catalog.nearest(regions, region)


def elsewhere(item: Placed, catalog: Catalog) -> str:
    """The way out for a sku that cannot stay: other skus here, else regions that have it, else other skus there."""
    policy = item.stack.policy.residency
    fits = f" within {policy}" if policy else ""
    here = [sku for sku in skus_here(item, catalog) if sku != item.sku]
    if here:
        return f"on offer in {item.region}{fits}: " + several(written(sku) for sku in here)
    there = regions_there(item, catalog, item.sku)
    if there:
        return f"on offer as {written(item.sku)}{fits} in: {several(there)}"
    if item.model is None:
        return ""
    hub = item.workspace.kind == "hub"
    for sku in sorted((*item.model.offers, SERVERLESS), key=lambda sku: (sku == SERVERLESS) != hub):
        there = nearest(catalog.allowed_regions(item.model, sku, policy), item.region, catalog)
        if there:
            other = (sku == SERVERLESS) != hub
            where = f", in a {'Foundry account' if hub else 'hub'} there" if other else ""
            return f"on offer as {written(sku)}{fits} in: {several(there)}{where}"
    return f"the model is on offer nowhere within {policy}: choose another model" if policy else "choose another model"
