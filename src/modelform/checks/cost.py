"""What a stack is estimated to cost a month: by the declared usage, and at most by what its capacity lets through.

Retail prices, in the policy's currency where they are known in it; amounts of two currencies are never added, and
none is converted. Tax, discounts and reservations are not in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date
from typing import Any, Literal

from modelform.catalog import SERVERLESS, Catalog, Evidence, Model, Price
from modelform.catalog.catalog import STALE_DAYS
from modelform.catalog.prices import RETAIL
from modelform.checks.holdings import Holding, Record, holdings
from modelform.checks.place import placed, several, written
from modelform.record import dataclass
from modelform.spec.resolved import Stack, Workspace

REFRESH = "`modelform catalog refresh` asks Azure"
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
    `currency` is the wanted one, or the catalogue's where a price is known in that only.
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
    currency: str = "USD"
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
            "currency": self.currency,
            "usageDeclared": self.declared,
            "note": self.note,
            "source": self.source or None,
            "asOf": self.as_of or None,
        }


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over lines: what is known of it. `unpriced`, `undeclared` and `unbounded` are the keys that it lacks.

    A line of another currency is no part of the sum, and one of the `unpriced`.
    """

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


def currency_of(stack: Stack, catalog: Catalog) -> str:
    """The currency that a stack's costs are wanted in: that of its limit, or else the catalogue's."""
    limit = stack.policy.monthly_cost
    return limit.currency if limit is not None else catalog.currency


def estimate(stack: Stack, catalog: Catalog, currency: str = "") -> list[Line]:
    """Every deployment and every fixed part of the stack, in a currency, or that of its policy."""
    wanted = currency or currency_of(stack, catalog)
    found = [line(item, catalog, wanted) for item in items(stack, catalog)]
    return [*found, *(part for w in stack.workspaces.values() for part in parts(w, catalog, wanted))]


def items(stack: Stack, catalog: Catalog) -> Iterator[Item]:
    """The stack's deployments as things that cost."""
    for item in placed(stack, catalog):
        made = item.deployment
        capacity = made.capacity.sku_capacity if made.capacity else None
        yield Item(made.key, made.workspace, made.model.name, item.model, item.sku, item.region, capacity, made.usage)


def deployed(stack: Stack, held: Iterable[Holding], catalog: Catalog, currency: str) -> list[Line]:
    """What the stack's state holds, at today's prices and with the usage that the file declares for each by name."""
    usage = {(stack.workspaces[d.workspace].name, d.name): (d.key, d.usage) for d in stack.deployments.values()}
    found = []
    for one in held:
        key, expected = usage.get((one.account, one.name), (one.name, {}))
        model = catalog.by_arm(one.format, one.model, one.version)
        item = Item(key, one.account, one.model, model, one.sku, one.region, one.capacity, expected)
        found.append(line(item, catalog, currency))
    return found


def line(item: Item, catalog: Catalog, currency: str) -> Line:
    """What one deployment costs a month; in the catalogue's currency where no price is known in the wanted one."""
    price = _price(item, catalog, currency)
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
            price.currency if price else currency,
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


def _price(item: Item, catalog: Catalog, currency: str) -> Price | None:
    """The item's price in a currency; else in the catalogue's, which the line then says."""
    if item.model is None:
        return None
    for code in dict.fromkeys((currency, catalog.currency)):
        found = catalog.price(item.model, item.sku, item.region, code) or by_rule(item, catalog, code)
        if found is not None:
            return found
    return None


def by_rule(item: Item, catalog: Catalog, currency: str = "") -> Price | None:
    """A price that follows from the Global one by the rule of the sku's scope, where none is known; inferred."""
    region = catalog.regions.get(item.region)
    known = catalog.price(item.model, "GlobalStandard", item.region, currency) if item.model else None
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


def parts(workspace: Workspace, catalog: Catalog, currency: str) -> Iterator[Line]:
    """What a workspace costs beside its deployments: a hub's storage, vault and firewall, logs, private endpoints."""

    def made(name: str, kind: str, number: float, note: str) -> Line:
        key = f"{workspace.key} {name}"
        return part(key, workspace.key, workspace.location, kind, number, note, catalog, currency)

    hub = workspace.kind == "hub"
    if hub:
        yield made("storage", "storageGbMonth", STORED_GB, f"{STORED_GB} GB stored")
        yield made("key vault", "vault10kCalls", VAULT_CALLS / 10_000, f"{VAULT_CALLS:,} calls")
    if hub or workspace.diagnostics is not None:
        yield made("logs", "logsGb", LOGGED_GB, f"{LOGGED_GB} GB logged")
    if workspace.kind == "hub" and workspace.outbound:
        note = "behind rules for hosts, by the hour once the network is made; no price was found"
        yield Line(
            "part", f"{workspace.key} firewall", workspace.key, "", "", workspace.location, "unknown", None, None, True,
            currency, note,
        )  # fmt: skip
    if workspace.exposure == "private":
        number = PRIVATE_ENDPOINTS.get(workspace.kind, 1)
        said = f"{number} private endpoint{'' if number == 1 else 's'}, without traffic"
        yield made("endpoints", "privateEndpointHour", number * HOURS, said)


def part(
    key: str, workspace: str, region: str, kind: str, number: float, note: str, catalog: Catalog, currency: str
) -> Line:
    """So much of something under `parts` in prices.yaml, a month."""
    price = catalog.part_price(kind, region, currency) or catalog.part_price(kind, region)
    assert price is not None, f"prices.yaml has every part, and not {kind}"
    month, proof = number * price.rates[kind], price.evidence
    return Line(
        "part",
        key,
        workspace,
        "",
        "",
        region,
        "fixed",
        month,
        month,
        True,
        price.currency,
        note,
        proof.source,
        proof.as_of,
    )


def total(lines: Iterable[Line], currency: str = "USD") -> Total:
    """The sum of the lines of a currency; undeclared usage counts nothing in `expected`."""
    found = list(lines)
    known = [item for item in found if item.how != "unknown" and item.currency == currency]
    return Total(
        expected=sum(item.expected or 0.0 for item in known),
        most_known=sum(item.most or 0.0 for item in known),
        unpriced=tuple(item.key for item in found if item not in known),
        undeclared=tuple(item.key for item in known if not item.declared),
        unbounded=tuple(item.key for item in known if item.most is None),
    )


def otherwise(lines: Iterable[Line], currency: str) -> dict[str, Total]:
    """The sums of what is known in other currencies than the wanted one: code -> sum."""
    found = [item for item in lines if item.how != "unknown" and item.currency != currency]
    codes = sorted({item.currency for item in found})
    return {code: total((item for item in found if item.currency == code), code) for code in codes}


def by_route(stack: Stack, lines: Iterable[Line], currency: str = "USD") -> dict[str, Total]:
    """The sum of each route's members."""
    known = {item.key: item for item in lines if item.kind == "deployment"}
    return {
        route.key: total((known[m.deployment] for m in route.members if m.deployment in known), currency)
        for route in stack.routes.values()
    }


def sources(lines: Iterable[Line], catalog: Catalog) -> list[str]:
    """Whose prices the lines have and of which days, oldest first: `the catalogue's of 2026-10-09`."""
    days: dict[tuple[str, bool], list[str]] = {}
    for item in lines:
        if item.as_of:
            days.setdefault((item.currency, item.source == RETAIL), []).append(item.as_of)
    whose = "the sandbox's" if catalog.overlay is not None and catalog.overlay.target == "sandbox" else "Azure's own"
    said = []
    for (currency, asked), found in sorted(days.items(), key=lambda row: min(row[1])):
        first, last = min(found), max(found)
        span = first if first == last else f"{first} to {last}"
        doubt = catalog.data["prices"]["confidence"]
        said.append(
            f"{whose} of {span} in {currency}" if asked else f"the catalogue's of {span} in {currency} ({doubt})"
        )
    return said


def assumptions(lines: Iterable[Line], catalog: Catalog, today: date | None = None) -> list[str]:
    """What the numbers stand on, in sentences; only what matters for these lines. `today` tells what is stale."""
    found = list(lines)
    said = []
    prices = sources(found, catalog)
    if prices:
        said.append(f"Retail prices without tax, discounts, reservations: {', '.join(prices)}.")
    old = [item for item in found if today and item.as_of and _age(item, today) > STALE_DAYS]
    if today and old:
        whose, age = several(dict.fromkeys(item.key for item in old)), max(_age(item, today) for item in old)
        asks = "" if all(item.sku == SERVERLESS for item in old) else f": {REFRESH}"
        said.append(f"Older than {STALE_DAYS} days (the oldest {age}), perhaps wrong: the prices of {whose}{asks}.")
    if any(item.how in ("hours", "tokens") for item in found):
        said.append(f"A month has {HOURS} hours.")
    if any(item.how == "tokens" and item.most is not None for item in found):
        said.append("At most: the whole capacity all month long, every token at the dearer of the two rates.")
    if any("batch" in item.sku.lower() for item in found):
        said.append("A batch queue is worked off once a day.")
    if any(item.how == "tokens" and not item.declared for item in found):
        said.append("Without `usage:` a deployment counts nothing in the estimate by usage.")
    noted: dict[str, list[str]] = {}
    for item in found:
        if item.note and item.how != "unknown":
            noted.setdefault(item.note, []).append(item.key)
    said += [f"{several(keys)}: {note}." for note, keys in noted.items()]
    said += [f"{item.key}: {item.note}." for item in found if item.kind == "part" and item.how == "unknown"]
    return said


def _age(item: Line, today: date) -> int:
    return (today - date.fromisoformat(item.as_of)).days


def gap(lines: Iterable[Line], currency: str, catalog: Catalog, target: str) -> tuple[str, str]:
    """What is known in another currency than the wanted one, as a sentence, and what to do; empty: nothing is."""
    found = list(lines)
    lacking = [item for item in found if item.how != "unknown" and item.currency != currency]
    if not lacking:
        return "", ""
    codes = ", ".join(sorted({item.currency for item in lacking}))
    every = not any(item.how != "unknown" and item.currency == currency for item in found)
    whose = "anything here" if every else several(item.key for item in lacking)
    said = f"no price in {currency} is known of {whose}: in {codes} only, and nothing is converted"
    if all(item.sku == SERVERLESS for item in lacking):
        return said, "serverless endpoints are not in Azure's price list: see the offer's price at Azure"
    if any(item.sku != SERVERLESS and not catalog.priced_on(item.region, currency) for item in lacking):
        if target == "sandbox":
            return said, f"`modelform catalog refresh --currency {currency} --target sandbox` asks the sandbox"
        return said, f"`modelform catalog refresh --currency {currency}` asks Azure"
    return said, f"Azure's price list has no meter of them in {currency}: write the limit in {codes}"


def document(
    stack: Stack,
    catalog: Catalog,
    records: Iterable[Record] | None = None,
    *,
    currency: str = "",
    today: date | None = None,
) -> dict[str, Any]:
    """Everything as plain data: lines, routes, the whole, the limit, assumptions; against what is deployed if known.

    Sums are of the lines in `currency` (else the policy's, or the catalogue's where no price is known in that); what is
    known in another one only is in `otherwise`.
    """
    wanted = currency or currency_of(stack, catalog)
    lines = estimate(stack, catalog, wanted)
    if not currency and not any(item.currency == wanted for item in lines):
        wanted = catalog.currency
    made: dict[str, Any] = {
        "currency": wanted,
        "lines": [item.to_json() for item in lines],
        "routes": {key: found.to_json() for key, found in by_route(stack, lines, wanted).items()},
        "total": total(lines, wanted).to_json(),
        "otherwise": {code: found.to_json() for code, found in otherwise(lines, wanted).items()},
        "limit": None,
        "assumptions": assumptions(lines, catalog, today),
        "deployed": None,
    }
    limit = stack.policy.monthly_cost
    if limit is not None:
        made["limit"] = {"limit": limit.limit, "currency": limit.currency}
    if records is not None:
        from modelform.checks.standing import standing

        had = list(records)
        before = [*deployed(stack, holdings(had), catalog, wanted), *standing(stack, had, catalog, wanted)]
        made["deployed"] = _against(total(lines, wanted), total(before, wanted))
    return made


def _against(now: Total, before: Total) -> dict[str, Any]:
    alike = {*now.unpriced, *now.unbounded} == {*before.unpriced, *before.unbounded}
    known = now.most_known - before.most_known
    most = known if alike or (now.most is not None and before.most is not None) else None
    return {
        "total": before.to_json(),
        "difference": {"expected": _money(now.expected - before.expected), "most": _money(most)},
    }


def _money(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
