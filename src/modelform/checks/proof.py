"""The proof table of a stack: where each deployment and route is processed, where data is kept, and who says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from typing import Any, Literal

from modelform.catalog import SERVERLESS, Catalog, Evidence, Proof
from modelform.catalog.residency import weakest
from modelform.checks.place import Placed, placed, written
from modelform.record import dataclass
from modelform.spec.resolved import Stack, Workspace

HUB_STORES = "storage, secrets and logs"
LOGS = "diagnostic logs"
WIDTH = ("region", "geography", "dataZone", "global", "publisher")


@dataclass(frozen=True, slots=True)
class Row:
    """What is proven of deployments that have all of it in common, of one route, or of one workspace's stores.

    `within` is whether the policy allows it; None where there is no policy. `place` and `kept` are for people.
    """

    kind: Literal["deployment", "route", "store"]
    names: tuple[str, ...]
    sku: str
    region: str
    scope: str
    place: str
    kept: str
    within: bool | None
    proof: Proof
    countries: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    evidence: Evidence | None = field(default=None)

    def to_json(self) -> dict[str, Any]:
        """The shape under `residency.rows` of `--json` documents."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "members": list(self.members),
            "sku": self.sku,
            "region": self.region,
            "scope": self.scope,
            "processed": self.place,
            "countries": list(self.countries),
            "atRest": self.kept,
            "within": self.within,
            "proof": None if self.within is False else self.proof,
            "source": self.evidence.source if self.evidence else None,
            "asOf": self.evidence.as_of if self.evidence else None,
            "confidence": self.evidence.confidence if self.evidence else None,
        }


def table(stack: Stack, catalog: Catalog) -> dict[str, Any]:
    """The proof table as plain data: the policy, the rows, and the titles of their sources."""
    policy = stack.policy
    found = rows(stack, catalog)
    used = dict.fromkeys(row.evidence.source for row in found if row.evidence)
    return {
        "policy": policy.residency,
        "atRest": policy.storage,
        "proof": policy.proof,
        "rows": [row.to_json() for row in found],
        "sources": {name: catalog.data["sources"][name]["title"] for name in used},
    }


def rows(stack: Stack, catalog: Catalog) -> list[Row]:
    """Every row: deployments of one kind together, then routes, then what workspaces store."""
    single: dict[str, Row] = {}
    alike: dict[tuple[str, str, str], Row] = {}
    for item in placed(stack, catalog):
        if _known(item, catalog):
            asked = (item.deployment.model.id, item.sku, item.region)
            if asked not in alike:
                alike[asked] = _deployment(item, catalog)
            single[item.key] = replace(alike[asked], names=(item.key,))
    return [*_grouped(single.values()), *_routes(stack, single), *_stores(stack, catalog)]


def stores(workspace: Workspace) -> str:
    """What a workspace keeps data in."""
    if workspace.kind == "hub":
        return HUB_STORES
    logs = workspace.diagnostics
    beside = logs is not None and logs.location == workspace.location
    return "files, threads, batches and logs" if beside else "files, threads and batches"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a workspace keeps in a region, empty where that is not known; `path` is that of the stack file's key."""

    what: str
    region: str
    path: str


def kept_by(workspace: Workspace) -> Iterator[Kept]:
    """Everything that a workspace keeps: its own data, and its diagnostic logs where they are not beside it."""
    path, logs = f"workspaces.{workspace.key}", workspace.diagnostics
    yield Kept(stores(workspace), workspace.location, f"{path}.location")
    if logs is not None and logs.location != workspace.location:
        yield Kept(LOGS, logs.location, f"{path}.diagnostics.location")


def _known(item: Placed, catalog: Catalog) -> bool:
    return item.region in catalog.regions and (item.sku == SERVERLESS or item.sku in catalog.data["skus"])


def _deployment(item: Placed, catalog: Catalog) -> Row:
    policy = item.stack.policy
    allowance = catalog.allowed_by(policy.residency, item.sku, item.region, item.model)
    made = allowance.processing
    region = catalog.regions[item.region]
    place = {
        "global": "anywhere",
        "publisher": "outside Azure",
        "dataZone": f"{made.zone} data zone",
        "geography": region.geography,
        "region": region.display_name,
    }[made.scope]
    proof = catalog.proof(policy.residency, item.sku, item.region, item.model)
    if policy.storage and catalog.rest_allowed(policy.storage, item.region):
        proof = weakest((proof, catalog.rest_proof(policy.storage, item.region)))
    return Row(
        kind="deployment",
        names=(item.key,),
        sku=written(item.sku),
        region=item.region,
        scope=made.scope,
        place=place,
        kept=region.geography,
        within=bool(allowance) if policy.residency else None,
        proof=proof,
        countries=made.countries,
        evidence=made.evidence,
    )


def _grouped(single: Iterable[Row]) -> Iterator[Row]:
    """Rows that differ in their names only become one."""
    together: dict[Row, list[str]] = {}
    for row in single:
        together.setdefault(replace(row, names=()), []).extend(row.names)
    yield from (replace(row, names=tuple(names)) for row, names in together.items())


def _routes(stack: Stack, single: dict[str, Row]) -> Iterator[Row]:
    """A route is processed where its widest member is, and proven as well as its weakest."""
    for route in stack.routes.values():
        members = [single[m.deployment] for m in route.members if m.deployment in single]
        if not members:
            continue
        widest = max(members, key=lambda row: WIDTH.index(row.scope))
        places = dict.fromkeys(row.place for row in members)
        kept = dict.fromkeys(row.kept for row in members)
        yield replace(
            widest,
            kind="route",
            names=(route.key,),
            sku="",
            region="",
            place=", ".join(places) if widest.scope not in ("global", "publisher") else widest.place,
            kept=", ".join(kept),
            within=None if widest.within is None else all(row.within for row in members),
            proof=weakest(row.proof for row in members),
            countries=tuple(sorted({c for row in members for c in row.countries})) if widest.countries else (),
            members=tuple(m.deployment for m in route.members),
        )


def _stores(stack: Stack, catalog: Catalog) -> Iterator[Row]:
    storage = stack.policy.storage
    held = [(w.key, one) for w in stack.workspaces.values() for one in kept_by(w)]
    for key, one in held:
        region = catalog.regions.get(one.region)
        if region is None:
            continue
        kept = catalog.at_rest(region.name)
        yield Row(
            kind="store",
            names=(f"{key} logs" if one.what == LOGS else key,),
            sku=one.what,
            region=region.name,
            scope="geography",
            place="",
            kept=region.geography,
            within=catalog.rest_allowed(storage, region.name) if storage else None,
            proof=catalog.rest_proof(storage, region.name),
            countries=kept.countries,
            evidence=kept.evidence,
        )
