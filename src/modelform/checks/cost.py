"""What a stack is estimated to cost a month: by the declared usage, and at most by what its capacity lets through.

Retail prices of the catalogue, in its currency; tax, discounts and reservations are not in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from modelform.catalog import SERVERLESS, Catalog, Evidence, Model, Price
from modelform.checks.holdings import Holding
from modelform.checks.place import placed, written
from modelform.record import dataclass
from modelform.spec.resolved import Stack, Workspace

HOURS = 730
MINUTES = HOURS * 60
DAYS = HOURS / 24
MILLION = 1_000_000
USAGE_KINDS = {"inputTokens": "input", "outputTokens": "output"}
STORED_GB, LOGGED_GB, VAULT_CALLS = 10, 1, 10_000
PRIVATE_ENDPOINTS = {"hub": 4}

Kind = Literal["deployment", "part"]
How = Literal["tokens", "hours", "fixed", "unknown"]


@dataclass(frozen=True, slots=True)
class Item:
    """Something that may cost: a deployment as it is written or deployed. `capacity` is ARM's `sku.capacity`."""

    key: str
    workspace: str
    name: str
    model: Model | None
    sku: str
    region: str
    capacity: int | None
    usage: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """What one deployment or part costs a month: `expected` by declared usage, `most` by capacity.

    None: not known. `how`: billed by tokens, by the hour whatever is used, a fixed part, or without a known price.
    """

    kind: Kind
    key: str
    workspace: str
    model: str
    sku: str
    region: str
    how: How
    expected: float | None
    most: float | None
    declared: bool
    note: str = ""
    source: str = ""
    as_of: str = ""

    def to_json(self) -> dict[str, Any]:
        """The shape under `cost.lines`."""
        return {
            "kind": self.kind,
            "key": self.key,
            "workspace": self.workspace,
            "model": self.model,
            "sku": self.sku,
            "region": self.region,
            "billed": self.how,
            "expected": _money(self.expected),
            "most": _money(self.most),
            "usageDeclared": self.declared,
            "note": self.note,
            "source": self.source or None,
            "asOf": self.as_of or None,
        }


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over lines: what is known of it. `unpriced`, `undeclared` and `unbounded` are the keys that it lacks."""

    expected: float
    most_known: float
    unpriced: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    unbounded: tuple[str, ...] = ()

    @property
    def most(self) -> float | None:
        """The upper bound; None where a part has none."""
        return None if self.unpriced or self.unbounded else self.most_known

    def to_json(self) -> dict[str, Any]:
        """The shape of every sum in the document; `most` is null where a part has no upper bound."""
        return {
            "expected": _money(self.expected),
            "most": _money(self.most),
            "mostKnown": _money(self.most_known),
            "unpriced": list(self.unpriced),
            "undeclared": list(self.undeclared),
            "unbounded": list(self.unbounded),
        }


def estimate(stack: Stack, catalog: Catalog) -> list[Line]:
    """Every deployment and every fixed part of the stack."""
    found = [line(item, catalog) for item in items(stack, catalog)]
    return [*found, *(part for w in stack.workspaces.values() for part in parts(w, catalog))]


def items(stack: Stack, catalog: Catalog) -> Iterator[Item]:
    """The stack's deployments as things that cost."""
    for item in placed(stack, catalog):
        made = item.deployment
        capacity = made.capacity.sku_capacity if made.capacity else None
        yield Item(made.key, made.workspace, made.model.name, item.model, item.sku, item.region, capacity, made.usage)


def deployed(stack: Stack, holdings: Iterable[Holding], catalog: Catalog) -> list[Line]:
    """What the stack's state holds, at today's prices and with the usage that the file declares for each by name."""
    usage = {(stack.workspaces[d.workspace].name, d.name): (d.key, d.usage) for d in stack.deployments.values()}
    found = []
    for held in holdings:
        key, expected = usage.get((held.account, held.name), (held.name, {}))
        model = catalog.by_arm(held.format, held.model, held.version)
        found.append(
            line(Item(key, held.account, held.model, model, held.sku, held.region, held.capacity, expected), catalog)
        )
    return found


def line(item: Item, catalog: Catalog) -> Line:
    """What one deployment costs a month."""
    price = (catalog.price(item.model, item.sku, item.region) or by_rule(item, catalog)) if item.model else None
    declared = bool(item.usage)

    def made(how: How, expected: float | None, most: float | None, note: str = "") -> Line:
        proof = price.evidence if price else None
        return Line(
            "deployment",
            item.key,
            item.workspace,
            item.name,
            written(item.sku),
            item.region,
            how,
            expected,
            most,
            declared or how == "hours",
            "; ".join(filter(None, (note, price.note if price else ""))),
            proof.source if proof else "",
            proof.as_of if proof else "",
        )

    if price is None:
        return made("unknown", None, None, "no price was found")
    if "ptuHour" in price.rates:
        month = price.rates["ptuHour"] * HOURS * (item.capacity or 0)
        return made("hours", month, month, "billed by the hour, used or not")
    rates = {kind: price.rates[kind] for kind in USAGE_KINDS.values() if kind in price.rates}
    if not rates:
        return made("unknown", None, None, "no price by the token was found")
    # What has no output price (embeddings) sends nothing back that is billed.
    used = sum(count * rates.get(USAGE_KINDS[kind], 0.0) for kind, count in item.usage.items() if kind in USAGE_KINDS)
    tokens = _tokens(item, catalog)
    most = None if tokens is None else tokens * max(rates.values()) / MILLION
    return made("tokens", used / MILLION if declared else None, most)


def by_rule(item: Item, catalog: Catalog) -> Price | None:
    """A price that follows from the Global one by the rule of the sku's scope, where none is known; inferred."""
    region = catalog.regions.get(item.region)
    known = catalog.price(item.model, "GlobalStandard", item.region) if item.model else None
    if known is None or region is None:
        return None
    name = {"DataZoneStandard": "datazone-premium"}.get(item.sku, "")
    if item.sku == "Standard" and region.country in ("US", "NL", "SG"):
        name = "regional-us" if region.country == "US" else "regional-westeurope"
    elif item.sku == "Standard" and region.eu:
        name = "regional-eu"
    rule = next((r for r in catalog.data["prices"]["rules"] if r["id"] == name), None)
    if rule is None:
        return None
    factor = rule["multiplierOfGlobal"]
    rates = {kind: rate * factor for kind, rate in known.rates.items()}
    proof = Evidence(rule["source"], rule["asOf"], "inferred")
    return Price(rates, known.per, known.currency, proof, f"inferred: {factor} times the Global price")


def _tokens(item: Item, catalog: Catalog) -> float | None:
    """The most tokens that a month's capacity lets through; None where the capacity is no bound of tokens."""
    rules = catalog.capacity_rules(item.model, item.sku) if item.model and item.sku != SERVERLESS else None
    if rules is None or item.capacity is None:
        return None
    if rules.unit == "tpm":
        return float(item.capacity * rules.amount_per_unit * MINUTES)
    if rules.unit == "enqueuedTokens":
        return item.capacity * rules.amount_per_unit * DAYS
    return None


def parts(workspace: Workspace, catalog: Catalog) -> Iterator[Line]:
    """What a workspace costs beside its deployments: a hub's storage, vault and logs, and private endpoints."""
    block = catalog.data["prices"]["parts"]

    def part(name: str, month: float, note: str) -> Line:
        key = f"{workspace.key} {name}"
        region, source, day = workspace.location, block["source"], block["asOf"]
        return Line(
            "part", key, workspace.key, "", "", region, "fixed", month, month, True, note, source=source, as_of=day
        )

    if workspace.kind == "hub":
        yield part("storage", STORED_GB * block["storageGbMonth"], f"{STORED_GB} GB stored")
        yield part("key vault", VAULT_CALLS / 10_000 * block["vault10kCalls"], f"{VAULT_CALLS:,} calls")
        yield part("logs", LOGGED_GB * block["logsGb"], f"{LOGGED_GB} GB logged")
    if workspace.exposure == "private":
        number = PRIVATE_ENDPOINTS.get(workspace.kind, 1)
        said = f"{number} private endpoint{'' if number == 1 else 's'}, without traffic"
        yield part("endpoints", number * HOURS * block["privateEndpointHour"], said)


def total(lines: Iterable[Line]) -> Total:
    """The sum of lines; undeclared usage counts nothing in `expected`."""
    found = list(lines)
    known = [item for item in found if item.how != "unknown"]
    return Total(
        expected=sum(item.expected or 0.0 for item in known),
        most_known=sum(item.most or 0.0 for item in found),
        unpriced=tuple(item.key for item in found if item.how == "unknown"),
        undeclared=tuple(item.key for item in known if not item.declared),
        unbounded=tuple(item.key for item in known if item.most is None),
    )


def by_route(stack: Stack, lines: Iterable[Line]) -> dict[str, Total]:
    """The sum of each route's members."""
    known = {item.key: item for item in lines if item.kind == "deployment"}
    return {
        route.key: total(known[m.deployment] for m in route.members if m.deployment in known)
        for route in stack.routes.values()
    }


def assumptions(lines: Iterable[Line], catalog: Catalog) -> list[str]:
    """What the numbers stand on, in sentences; only what matters for these lines."""
    found = list(lines)
    currency = catalog.data["prices"]["currency"]
    said = [
        f"Retail prices in {currency} as of {catalog.data['prices']['asOf']}, without tax, discounts, reservations."
    ]
    if catalog.overlay is not None and catalog.overlay.used:
        said.append(f"Prices of Azure's own list stand above them, as of {catalog.overlay.name}.")
    if any(item.how in ("hours", "tokens") for item in found):
        said.append(f"A month has {HOURS} hours.")
    if any(item.how == "tokens" and item.most is not None for item in found):
        said.append("At most: the whole capacity all month long, every token at the dearer of the two rates.")
    if any("batch" in item.sku.lower() for item in found):
        said.append("A batch queue is worked off once a day.")
    if any(item.how == "tokens" and not item.declared for item in found):
        said.append("Without `usage:` a deployment counts nothing in the estimate by usage.")
    said += [f"{item.key}: {item.note}." for item in found if item.kind == "part"]
    return said


def document(stack: Stack, catalog: Catalog, holdings: Iterable[Holding] | None = None) -> dict[str, Any]:
    """Everything as plain data: lines, routes, the whole, the limit, assumptions; against what is deployed if known."""
    lines = estimate(stack, catalog)
    whole = total(lines)
    made: dict[str, Any] = {
        "currency": catalog.data["prices"]["currency"],
        "lines": [item.to_json() for item in lines],
        "routes": {key: found.to_json() for key, found in by_route(stack, lines).items()},
        "total": whole.to_json(),
        "limit": None,
        "assumptions": assumptions(lines, catalog),
        "deployed": None,
    }
    limit = stack.policy.monthly_cost
    if limit is not None:
        made["limit"] = {"limit": limit.limit, "currency": limit.currency}
    if holdings is not None:
        # A hub's endpoints have no capacity, and its parts cost the same before and after.
        here = [item for item in lines if item.kind == "deployment" and item.sku != SERVERLESS]
        made["deployed"] = _against(total(here), total(deployed(stack, holdings, catalog)))
    return made


def _against(now: Total, before: Total) -> dict[str, Any]:
    most = None if now.most is None or before.most is None else now.most - before.most
    return {
        "total": before.to_json(),
        "difference": {"expected": _money(now.expected - before.expected), "most": _money(most)},
    }


def _money(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
