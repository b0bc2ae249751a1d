"""Stacks for the checks, written as stack files are, with the place of every key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelform.catalog import Catalog
from modelform.catalog.overlay import empty, render
from modelform.checks import facts as live
from modelform.checks.facts import Deleted, Facts, Silence
from modelform.checks.holdings import Holding
from modelform.errors import Span
from modelform.spec.company import Pin, load_company
from modelform.spec.resolved import (
    Capacity,
    CostLimit,
    Deployment,
    HubParts,
    Logs,
    Marketplace,
    Model,
    Origins,
    Pack,
    PackFile,
    Policy,
    Project,
    ResourceGroup,
    Route,
    RouteMember,
    Stack,
    Workspace,
)
from modelform.spec.tightening import tighten

TODAY = date(2026, 11, 22)
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
BuildStack = Callable[..., Stack]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture
def catalog_of(catalog: Catalog, tmp_path: Path) -> Callable[[Mapping[str, Any]], Catalog]:
    """The catalogue with a case's `overlay:`, a file's text or the parts of an overlay that are not empty."""

    def load(case: Mapping[str, Any]) -> Catalog:
        written = case.get("overlay")
        if written is None:
            return catalog
        file = tmp_path / "catalog.overlay.json"
        base = empty("azure", "USD")
        file.write_text(written if isinstance(written, str) else render({**base, **written}), encoding="utf-8")
        return Catalog.load(str(file), case.get("target", "azure"))

    return load


@pytest.fixture(scope="session")
def build_stack(catalog: Catalog) -> BuildStack:
    def build(written: Mapping[str, Any], spans: Mapping[str, Span] | None = None, file: str = "stack.yaml") -> Stack:
        group = ResourceGroup("group", written.get("resourceGroup", "rg-models"), SUBSCRIPTION, "swedencentral")
        tags = written.get("tags", {})
        workspaces = {key: workspace(key, value or {}, group, tags) for key, value in written["workspaces"].items()}
        deployments = {
            key: deployment(key, value, catalog, next(iter(workspaces)))
            for key, value in written.get("deployments", {}).items()
        }
        return Stack(
            name=written.get("name", "test"),
            project="modelform",
            file=file,
            target=written.get("target", "sandbox"),
            engine=written.get("engine", "embedded"),
            backend=written.get("backend"),
            secrets_provider=written.get("secretsProvider", "passphrase"),
            subscription=SUBSCRIPTION,
            tenant="",
            location="swedencentral",
            tags=dict(written.get("tags", {})),
            resource_groups=(replace(group, tags=dict(written.get("tags", {}))),),
            workspaces=workspaces,
            deployments=deployments,
            routes={key: route(key, value) for key, value in written.get("routes", {}).items()},
            policy=policy(written.get("policy", {})),
            origins=Origins(dict(spans or {})),
            duties=dict(written.get("duties", {})),
        )

    return build


@pytest.fixture(scope="session")
def facts_of(catalog: Catalog) -> Callable[[Mapping[str, Any]], Facts | None]:
    return lambda case: case_facts(case, catalog)


@pytest.fixture(scope="session")
def read_case(
    build_stack: BuildStack, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Path], tuple[Stack, dict[str, Any]]]:
    def read(file: Path) -> tuple[Stack, dict[str, Any]]:
        text = file.read_text()
        case: dict[str, Any] = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        spans = dict(places(node, "", file.name))
        own = {path.removeprefix("stack."): span for path, span in spans.items() if path.startswith("stack.")}
        stack = build_stack(case["stack"], own, file.name)
        if "company" in case or "packs" in case:
            stack = with_rules(stack, case, catalog, tmp_path_factory.mktemp(file.stem))
        return stack, case

    return read


def with_rules(stack: Stack, case: Mapping[str, Any], catalog: Catalog, folder: Path) -> Stack:
    """The stack under a case's `company:` (a file's text), with its `packs:` (texts of files by name)."""
    origins = dict(stack.origins.spans)
    if "packs" in case:
        files = tuple(PackFile(f"pack/{name}", text) for name, text in case["packs"].items())
        stack = replace(stack, policy=replace(stack.policy, packs=(Pack("pack", files),)))
    if "company" not in case:
        return stack
    file = folder / "company.yaml"
    file.write_text(case["company"], encoding="utf-8")
    found = load_company(Pin(file), catalog, TODAY)
    assert found.company is not None, [str(item) for item in found.report]
    policy, loosened = tighten(stack.policy, found.company, catalog, origins)
    return replace(stack, policy=policy, company=found.company, loosened=loosened, origins=Origins(origins))


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
        failed={(SUBSCRIPTION, region): Silence(**why) for region, why in told.get("failed", {}).items()},
        rooms={
            asked(text, catalog): {(region, sku): units for sku, row in skus.items() for region, units in row.items()}
            for text, skus in told.get("rooms", {}).items()
        },
        roomless={asked(text, catalog): Silence(**why) for text, why in told.get("roomless", {}).items()},
        graveless={SUBSCRIPTION: Silence(**told["graveless"])} if "graveless" in told else {},
        buyerless={SUBSCRIPTION: Silence(**told["buyerless"])} if "buyerless" in told else {},
        buyers={SUBSCRIPTION: told["buyer"]} if "buyer" in told else {},
        deleted={SUBSCRIPTION: tuple(Deleted(**row) for row in told.get("deleted", ()))},
        holdings=tuple(held(row, catalog) for row in told.get("holdings", ())),
        accounts=frozenset(
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-models/providers/"
            f"Microsoft.CognitiveServices/accounts/{name}".lower()
            for name in told.get("accounts", ())
        ),
    )


def asked(text: str, catalog: Catalog) -> tuple[str, str, str, str]:
    model = named(text, catalog)
    return SUBSCRIPTION, model.format, model.name, model.version


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


def workspace(key: str, written: Mapping[str, Any], group: ResourceGroup, tags: Mapping[str, str] = {}) -> Workspace:
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
        tags={**tags, **written.get("tags", {})},
        projects=projects,
        exposure=written.get("exposure", "public"),
        local_keys=written.get("localKeys", True),
        hub=parts if kind == "hub" else None,
        outbound=outbound(written.get("outbound", "open")),
        diagnostics=logs(written.get("diagnostics", False), f"log-{key}", written.get("location", "swedencentral")),
    )


def outbound(written: Any) -> tuple[str, ...] | None:
    if isinstance(written, dict):
        return tuple(written["allow"])
    return () if written == "restricted" else None


def logs(written: Any, name: str, location: str) -> Logs | None:
    if written is False:
        return None
    form = written if isinstance(written, dict) else {}
    if "workspace" in form:
        return Logs(existing=form["workspace"], location=form.get("location", ""))
    return Logs(name=name, location=form.get("location", location))


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
        content_filter=written.get("contentFilter"),
        usage=dict(written.get("usage", {})),
        sku_chosen=written.get("skuChosen", False),
        pinned=written.get("pinned", True),
        upgrade=written.get("upgrade", "NoAutoUpgrade"),
        tags=dict(written.get("tags", {})),
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
        outbound=written.get("outbound"),
        diagnostics=written.get("diagnostics"),
        origins=tuple(seats.get("require", ())),
        preferred_origins=tuple(seats.get("prefer", ())),
        rules=dict(written.get("rules", {})),
    )
