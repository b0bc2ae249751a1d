"""Stacks for the checks, written as stack files are, with the place of every key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelform.catalog import Catalog
from modelform.checks import facts as live
from modelform.checks.facts import Deleted, Facts
from modelform.checks.holdings import Holding
from modelform.errors import Span
from modelform.spec.resolved import (
    Capacity,
    CostLimit,
    Deployment,
    HubParts,
    Marketplace,
    Model,
    Origins,
    Policy,
    Project,
    ResourceGroup,
    Route,
    RouteMember,
    Stack,
    Workspace,
)

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
BuildStack = Callable[..., Stack]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="session")
def build_stack(catalog: Catalog) -> BuildStack:
    def build(written: Mapping[str, Any], spans: Mapping[str, Span] | None = None, file: str = "stack.yaml") -> Stack:
        group = ResourceGroup("group", written.get("resourceGroup", "rg-models"), SUBSCRIPTION, "swedencentral")
        workspaces = {key: workspace(key, value or {}, group) for key, value in written["workspaces"].items()}
        deployments = {
            key: deployment(key, value, catalog, next(iter(workspaces)))
            for key, value in written.get("deployments", {}).items()
        }
        return Stack(
            name="test",
            project="modelform",
            file=file,
            target="sandbox",
            engine="embedded",
            backend=None,
            secrets_provider="passphrase",
            subscription=SUBSCRIPTION,
            tenant="",
            location="swedencentral",
            tags={},
            resource_groups=(group,),
            workspaces=workspaces,
            deployments=deployments,
            routes={key: route(key, value) for key, value in written.get("routes", {}).items()},
            policy=policy(written.get("policy", {})),
            origins=Origins(dict(spans or {})),
        )

    return build


@pytest.fixture(scope="session")
def facts_of(catalog: Catalog) -> Callable[[Mapping[str, Any]], Facts | None]:
    return lambda case: case_facts(case, catalog)


@pytest.fixture(scope="session")
def read_case(build_stack: BuildStack) -> Callable[[Path], tuple[Stack, dict[str, Any]]]:
    def read(file: Path) -> tuple[Stack, dict[str, Any]]:
        text = file.read_text()
        case: dict[str, Any] = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        spans = dict(places(node, "", file.name))
        own = {path.removeprefix("stack."): span for path, span in spans.items() if path.startswith("stack.")}
        return build_stack(case["stack"], own, file.name), case

    return read


def case_facts(case: Mapping[str, Any], catalog: Catalog) -> Facts | None:
    """A case's `facts:`, what Azure said and what the state holds; None where it has none."""
    told = case.get("facts")
    if told is None:
        return None
    usages = {
        (SUBSCRIPTION, region): {name.lower(): live.Counter(*numbers) for name, numbers in counters.items()}
        for region, counters in told.get("usages", {}).items()
    }
    return Facts(
        usages=usages,
        failed={(SUBSCRIPTION, region): why for region, why in told.get("failed", {}).items()},
        deleted={SUBSCRIPTION: tuple(Deleted(**row) for row in told.get("deleted", ()))},
        holdings=tuple(held(row, catalog) for row in told.get("holdings", ())),
        accounts=frozenset(
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-models/providers/"
            f"Microsoft.CognitiveServices/accounts/{name}".lower()
            for name in told.get("accounts", ())
        ),
    )


def held(row: Mapping[str, Any], catalog: Catalog) -> Holding:
    model = named(row["model"], catalog)
    sku = row["sku"][:1].upper() + row["sku"][1:]
    return Holding(
        name=row["name"],
        account=row["account"],
        subscription=SUBSCRIPTION,
        group="rg-models",
        region=row.get("region", "swedencentral"),
        format=model.format,
        model=model.name,
        version=model.version,
        sku=sku,
        capacity=row["capacity"],
    )


def places(node: yaml.Node, path: str, file: str) -> Iterator[tuple[str, Span]]:
    yield path, Span(file, node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from places(value, f"{path}.{key.value}" if path else key.value, file)


def workspace(key: str, written: Mapping[str, Any], group: ResourceGroup) -> Workspace:
    kind = written.get("kind", "foundry")
    projects = tuple(Project(name, name, f"{key}-{name}") for name in written.get("projects", ()))
    parts = HubParts("st" + key.replace("-", "")[:20], f"kv-{key}"[:24], f"log-{key}", f"appi-{key}")
    return Workspace(
        key=key,
        kind=kind,
        name=written.get("name", f"{key}-account"),
        logical=key,
        aliases=(),
        subscription=SUBSCRIPTION,
        resource_group=group,
        location=written.get("location", "swedencentral"),
        tags={},
        projects=projects,
        exposure=written.get("exposure", "public"),
        local_keys=written.get("localKeys", True),
        hub=parts if kind == "hub" else None,
    )


def deployment(key: str, written: Mapping[str, Any], catalog: Catalog, home: str) -> Deployment:
    where, _, project = written.get("workspace", home).partition("/")
    sku = written["sku"]
    model = named(written["model"], catalog)
    found = catalog.model(written["model"])
    serverless = sku == "serverless"
    bought = serverless and found is not None and found.serverless is not None and found.serverless.needs_marketplace
    terms = Marketplace(f"{key}-terms", written.get("terms") == "accepted") if bought else None
    return Deployment(
        key=key,
        name=written.get("name", key),
        logical=key,
        aliases=(),
        workspace=where,
        project=project or None,
        model=model,
        sku=sku if serverless else sku[:1].upper() + sku[1:],
        capacity=None if serverless else capacity(written.get("capacity", {"tpm": 10_000})),
        marketplace=terms,
        usage=dict(written.get("usage", {})),
        sku_chosen=written.get("skuChosen", False),
    )


def capacity(written: Mapping[str, int]) -> Capacity:
    unit, amount = next(iter(written.items()))
    return Capacity(unit, amount, amount // 1000 if unit in ("tpm", "enqueuedTokens") else amount)  # type: ignore[arg-type]


def named(text: str, catalog: Catalog) -> Model:
    found = catalog.model(text)
    if found:
        return Model(found.id, found.publisher, found.format, found.name, found.version)
    head, _, version = text.partition("@")
    slug, _, name = head.partition("/")
    publisher = next(p for p in catalog.publishers if catalog.data["publishers"][p]["slug"] == slug)
    formats = Counter(m.format for m in catalog.models if m.publisher == publisher)
    return Model(text, publisher, formats.most_common(1)[0][0], name, version)


def route(key: str, members: list[str]) -> Route:
    return Route(key, tuple(RouteMember(name) for name in members))


def policy(written: Mapping[str, Any]) -> Policy:
    origins = written.get("origins", ())
    seats = origins if isinstance(origins, dict) else {"require": origins}
    return Policy(
        residency=written.get("residency"),
        at_rest=written.get("atRest"),
        proof=written.get("proof"),
        publishers=tuple(written.get("publishers", ())),
        lifecycle=tuple(written.get("lifecycle", ())),
        retirement_notice_days=written.get("retirementNotice"),
        monthly_cost=CostLimit(**written["monthlyCost"]) if "monthlyCost" in written else None,
        public_network=written.get("publicNetwork"),
        local_keys=written.get("localKeys"),
        origins=tuple(seats.get("require", ())),
        preferred_origins=tuple(seats.get("prefer", ())),
        rules=dict(written.get("rules", {})),
    )
