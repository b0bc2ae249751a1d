"""What the checks pass the sandbox accepts, and what they refuse it refuses: two readings of the same catalogue."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from modelform import checks
from modelform.azure import SANDBOX_ENDPOINT, SANDBOX_TENANT, Arm, ArmError, Connection
from modelform.azure.facts import usages
from modelform.catalog import Catalog, Model
from modelform.checks.facts import Counter, Facts
from modelform.checks.holdings import Holding
from modelform.spec.resolved import Deployment, Stack, Workspace

TODAY = date(2026, 11, 22)
CATALOG = Catalog.load()
ACCOUNTS = "Microsoft.CognitiveServices/accounts"
HUBS, HUB_VERSION = "Microsoft.MachineLearningServices/workspaces", "2025-12-01"
KINDS = {"foundry": "AIServices", "openai": "OpenAI"}
PLACES = ("swedencentral", "eastus2", "francecentral", "westeurope", "japaneast")
REFUSING = (
    "availability.model",
    "availability.version",
    "availability.sku",
    "availability.region",
    "capacity.invalid",
    "lifecycle.retired",
    "lifecycle.deprecated",
    "quota.exceeded",
    "marketplace.terms",
)
DEPLOYABLE = tuple(model for model in CATALOG.models if model.offers)
SERVERLESS = tuple(model for model in CATALOG.models if model.serverless)
HUB_PLACES = ("swedencentral", "eastus2", "westus3", "francecentral", "westeurope")
COMMON = tuple(m for m in DEPLOYABLE if "GlobalStandard" in m.offers and m.lifecycle.status in ("ga", "preview"))


@pytest.fixture(scope="module")
def connect() -> Iterator[Callable[[str], Arm]]:
    from modelform.sandbox import Credential, create_app
    from modelform.sandbox.transport import SandboxTransport

    transport = SandboxTransport(create_app(None, today=TODAY))
    opened: list[Arm] = []

    def open_arm(subscription: str) -> Arm:
        opened.append(
            Arm(
                Connection(SANDBOX_ENDPOINT, SANDBOX_TENANT, subscription, Credential(), transport=transport),
                sleep=lambda seconds: None,
            )
        )
        return opened[-1]

    yield open_arm
    for arm in opened:
        arm.close()


ON_OFFER = {
    (kind, region): tuple(
        (model, sku)
        for model in DEPLOYABLE
        for sku in model.skus_in(region)
        if CATALOG.lifecycle(model, TODAY).status != "retired" and (kind == "foundry" or model.format == "OpenAI")
    )
    for kind in KINDS
    for region in PLACES
}


def fitting(model: Model, sku: str) -> st.SearchStrategy[int]:
    """Legal capacities around the limit of the counter, all of it and about half of it."""
    rules, usage = CATALOG.capacity_rules(model, sku), CATALOG.usage_name(model, sku)
    assert rules is not None
    assert usage is not None
    limit = CATALOG.quota_limit(usage).limit
    near = {rules.minimum, limit, limit + 1, limit // 2, limit // 2 + 1, limit - limit // 2}
    return st.sampled_from(sorted(size for size in near if not rules.problem(size)) or [rules.minimum])


def sizes(model: Model, sku: str) -> st.SearchStrategy[int]:
    """Capacities around what decides: the offer's bounds, the limit of its counter, and the parts of that."""
    rules, usage = CATALOG.capacity_rules(model, sku), CATALOG.usage_name(model, sku)
    if rules is None or usage is None:
        return st.sampled_from((1, 10))
    limit = CATALOG.quota_limit(usage).limit
    near = {rules.minimum, rules.minimum - 1, rules.minimum + rules.step, limit, limit + 1, limit // 2, limit // 2 + 1}
    return st.sampled_from(sorted(size for size in {*near, rules.default} if size > 0))


@st.composite
def deployments(draw: st.DrawFn, kind: str, region: str) -> dict[str, Any]:
    if draw(st.integers(0, 3)):
        model, sku = draw(st.sampled_from(ON_OFFER[(kind, region)]))
        rules = model.offers[sku].capacity
        return {
            "model": model.id,
            "sku": sku,
            "capacity": {rules.unit: draw(fitting(model, sku)) * rules.amount_per_unit},
        }
    model = draw(st.one_of(st.sampled_from(COMMON), st.sampled_from(DEPLOYABLE)))
    sku = draw(st.one_of(st.sampled_from(tuple(model.offers)), st.sampled_from(tuple(CATALOG.data["skus"]))))
    bounds = CATALOG.capacity_rules(model, sku)
    unit, amount = (bounds.unit, bounds.amount_per_unit) if bounds else ("tpm", 1000)
    name, _, version = model.id.partition("@")
    # Now and then a version that is not there, one of another model, and a model that is not there.
    others = (f"{name}@{draw(st.sampled_from(COMMON)).version}", f"{name}@2020-01-01", f"{name}-nine@{version}")
    named = draw(st.sampled_from((*([model.id] * 5), *others)))
    return {"model": named, "sku": sku, "capacity": {unit: draw(sizes(model, sku)) * amount}}


@st.composite
def endpoints(draw: st.DrawFn, region: str) -> dict[str, Any]:
    """A serverless endpoint: mostly of a model that has such an offer, there or elsewhere, and of one that has none."""
    offered = tuple(model for model in SERVERLESS if region in model.regions_for("serverless"))
    model = draw(
        st.one_of(st.sampled_from(offered or SERVERLESS), st.sampled_from(SERVERLESS), st.sampled_from(COMMON))
    )
    return {"model": model.id, "sku": "serverless", "terms": draw(st.sampled_from(("accepted", "accepted", "read")))}


@st.composite
def hubs(draw: st.DrawFn) -> dict[str, Any]:
    """A hub with a project, and endpoints in it."""
    region = draw(st.sampled_from(HUB_PLACES))
    made = draw(st.lists(endpoints(region), min_size=1, max_size=3))
    # Azure has one purchase of a model in a project: where one endpoint's terms are accepted, it takes the other too.
    terms = {item["model"]: item["terms"] for item in made}
    made = [{**item, "terms": terms[item["model"]]} for item in made]
    return {
        "workspaces": {"hub": {"kind": "hub", "location": region, "projects": ["home"]}},
        "deployments": {f"e{index}": {**item, "workspace": "hub/home"} for index, item in enumerate(made)},
    }


@st.composite
def stacks(draw: st.DrawFn) -> dict[str, Any]:
    """Accounts with deployments; in one of four a hub with endpoints as well, or alone."""
    hub: dict[str, Any] = draw(hubs()) if draw(st.integers(0, 3)) == 0 else {"workspaces": {}, "deployments": {}}
    if hub["workspaces"] and draw(st.booleans()):
        return hub
    rest = draw(accounts())
    return {part: {**rest[part], **hub[part]} for part in ("workspaces", "deployments")}


@st.composite
def accounts(draw: st.DrawFn) -> dict[str, Any]:
    """One or two accounts with deployments."""
    spaces = draw(
        st.lists(
            st.tuples(st.sampled_from(("foundry", "foundry", "openai")), st.sampled_from(PLACES)),
            min_size=1,
            max_size=2,
        )
    )
    homes = {f"w{index}": space for index, space in enumerate(spaces)}
    made = []
    for _ in range(draw(st.integers(1, 3))):
        home = draw(st.sampled_from(sorted(homes)))
        made.append({**draw(deployments(*homes[home])), "workspace": home})
    if draw(st.booleans()):
        # Twice the same, so that deployments share a counter.
        made.append(dict(made[0]))
    return {
        "workspaces": {home: {"kind": kind, "location": where} for home, (kind, where) in homes.items()},
        "deployments": {f"d{index}": item for index, item in enumerate(made)},
    }


def live(stack: Stack, arm: Arm, held: Iterable[Holding] = ()) -> Facts:
    regions = {workspace.location for workspace in stack.workspaces.values() if workspace.kind != "hub"}
    told = {region: usages(arm, region) for region in regions}
    counters = {
        (stack.subscription, region): {name.lower(): Counter(u.current, u.limit) for name, u in found.items()}
        for region, found in told.items()
    }
    return Facts(usages=counters, holdings=tuple(held))


def holdings(stack: Stack) -> Iterator[Holding]:
    """What a stack that was made holds."""
    for made in stack.deployments.values():
        space = stack.workspaces[made.workspace]
        if made.capacity is not None:
            yield Holding(
                name=made.name,
                account=space.name,
                subscription=space.subscription.lower(),
                group=space.resource_group.name,
                region=space.location,
                format=made.model.format,
                model=made.model.name,
                version=made.model.version,
                sku=made.sku,
                capacity=made.capacity.sku_capacity,
            )


def grown(written: dict[str, Any], steps: Iterable[int]) -> dict[str, Any]:
    """The same stack with some deployments larger by so many of their steps; nothing smaller, which is no question."""
    made = {}
    for (key, item), number in zip(written["deployments"].items(), steps, strict=False):
        model = CATALOG.model(item["model"])
        rules = CATALOG.capacity_rules(model, item["sku"]) if model else None
        if rules is None:
            made[key] = item
            continue
        size = item["capacity"][rules.unit] // rules.amount_per_unit + number * rules.step
        made[key] = {**item, "capacity": {rules.unit: size * rules.amount_per_unit}}
    return {**written, "deployments": made}


def apply(stack: Stack, arm: Arm, subscription: str, homes: Stack | None = None) -> dict[str, str]:
    """Makes everything, one after the other; what was refused, with ARM's code. `homes` has accounts that are there."""
    group = f"/subscriptions/{subscription}/resourceGroups/rg"
    arm.put(group, "2024-11-01", {"location": "swedencentral"})
    refused: dict[str, str] = {}
    for space in stack.workspaces.values():
        if space.kind == "hub":
            make_hub(space, group, arm)
            continue
        body = {"location": space.location, "kind": KINDS[space.kind], "sku": {"name": "S0"}, "properties": {}}
        arm.put(f"{group}/providers/{ACCOUNTS}/{space.name}", "2025-06-01", body)
    for made in stack.deployments.values():
        if made.sku == "serverless":
            code = serve(made, stack.workspaces[made.workspace], group, arm)
            refused |= {made.key: code} if code else {}
            continue
        model = {"format": made.model.format, "name": made.model.name, "version": made.model.version}
        assert made.capacity is not None
        body = {"sku": {"name": made.sku, "capacity": made.capacity.sku_capacity}, "properties": {"model": model}}
        account = (homes or stack).workspaces[made.workspace].name
        try:
            arm.put(f"{group}/providers/{ACCOUNTS}/{account}/deployments/{made.key}", "2025-06-01", body)
        except ArmError as error:
            refused[made.key] = error.code
    return refused


def make_hub(space: Workspace, group: str, arm: Arm) -> None:
    """A hub on what it stands on, and its projects."""
    name, where = uuid.uuid4().hex[:16], space.location
    storage = f"{group}/providers/Microsoft.Storage/storageAccounts/st{name}"
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/kv-{name}"
    arm.put(storage, "2024-01-01", {"location": where, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}})
    kept = {"tenantId": SANDBOX_TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True}
    arm.put(vault, "2024-11-01", {"location": where, "properties": kept})
    hub = {"location": where, "kind": "Hub", "identity": {"type": "SystemAssigned"}}
    parts = {"storageAccount": storage, "keyVault": vault}
    arm.put(f"{group}/providers/{HUBS}/{space.name}", HUB_VERSION, {**hub, "properties": parts})
    inside = {"hubResourceId": f"{group}/providers/{HUBS}/{space.name}"}
    for project in space.projects:
        body = {**hub, "kind": "Project", "properties": inside}
        arm.put(f"{group}/providers/{HUBS}/{project.name}", HUB_VERSION, body)


def serve(made: Deployment, space: Workspace, group: str, arm: Arm) -> str:
    """Makes an endpoint, after the marketplace subscription where the stack has one; ARM's code where it refuses."""
    model = CATALOG.model(made.model.id)
    assert model is not None
    asset = model.serverless.asset if model.serverless else f"azureml://registries/azureml/models/{model.name}"
    home = f"{group}/providers/{HUBS}/{made.project}"
    settings = {"authMode": "Key", "modelSettings": {"modelId": asset}}
    body = {"location": space.location, "sku": {"name": "Consumption"}, "properties": settings}
    try:
        if made.marketplace is not None and made.marketplace.terms_accepted:
            terms = f"{home}/marketplaceSubscriptions/{made.marketplace.name}"
            arm.put(terms, HUB_VERSION, {"properties": {"modelId": asset}})
        # An endpoint's name is a host's: one in a region, whoever has it.
        arm.put(f"{home}/serverlessEndpoints/{made.key}-{uuid.uuid4().hex[:8]}", HUB_VERSION, body)
    except ArmError as error:
        return error.code
    return ""


def agree(
    written: dict[str, Any], steps: list[int], build_stack: Callable[..., Stack], connect: Callable[[str], Arm]
) -> None:
    """One stack against an empty subscription; where all of it is made, larger against what it holds then."""
    stack, subscription = build_stack(written), str(uuid.uuid4())
    arm = connect(subscription)
    found = checks.run(stack, CATALOG, today=TODAY, facts=live(stack, arm), only=REFUSING)
    refused = apply(stack, arm, subscription)
    event(", ".join(sorted({finding.code for finding in found})) or "accepted")
    single = {f.summary.partition(":")[0] for f in found if f.code != "quota.exceeded"}
    told = [str(finding) for finding in found]
    # What is wrong of itself is refused by name; quota by whatever comes when it is used up.
    assert single <= refused.keys(), (told, refused)
    assert bool(found) is bool(refused), (told, refused)
    if refused or not any(made.capacity for made in stack.deployments.values()):
        return
    larger = build_stack(grown(written, steps))
    facts = live(larger, arm, holdings(stack))
    found = checks.run(larger, CATALOG, today=TODAY, facts=facts, only=("quota.exceeded", "capacity.invalid"))
    refused = resize(larger, arm, subscription)
    event(f"then larger: {', '.join(sorted({finding.code for finding in found})) or 'accepted'}")
    assert bool(found) is bool(refused), ([str(finding) for finding in found], refused)


def resize(stack: Stack, arm: Arm, subscription: str) -> dict[str, str]:
    """Writes the deployments of accounts again; what was refused, with ARM's code."""
    plain = {key: made for key, made in stack.deployments.items() if made.sku != "serverless"}
    return apply(replace(stack, workspaces={}, deployments=plain), arm, subscription, stack)


STEPS = st.lists(st.sampled_from((0, 0, 1, 10, 100, 400)), min_size=8, max_size=8)


@given(written=stacks(), steps=STEPS)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_checks_and_sandbox_agree(
    build_stack: Callable[..., Stack], connect: Callable[[str], Arm], written: dict[str, Any], steps: list[int]
) -> None:
    agree(written, steps, build_stack, connect)


@pytest.mark.slow
@given(written=stacks(), steps=STEPS)
@settings(deadline=None, max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_checks_and_sandbox_agree_on_500_stacks(
    build_stack: Callable[..., Stack], connect: Callable[[str], Arm], written: dict[str, Any], steps: list[int]
) -> None:
    agree(written, steps, build_stack, connect)
