"""What a stack asks of each quota counter, beyond what it holds already, and whether that is left.

Only growth counts: a deployment that is there keeps what it has. What a deleted deployment or a smaller capacity gives
back is not counted, since Azure may be asked for the growth first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from modelform.catalog import SERVERLESS, Catalog, Evidence
from modelform.checks.facts import Facts, Place
from modelform.checks.holdings import Holding
from modelform.checks.place import Placed, placed
from modelform.record import dataclass
from modelform.spec.resolved import Stack

LIVE = "azure"


@dataclass(frozen=True, slots=True)
class Ask:
    """One deployment's part in a bucket: all that it wants, and what of that is new; units of `sku.capacity`."""

    key: str
    wants: int
    new: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """A counter of a subscription and region: what the stack asks of it, and what there is.

    `used` is None where nobody was asked: then `limit` is what a subscription starts with. `known` is whether Azure
    lists the counter at all; `failed` why it could not be asked.
    """

    subscription: str
    region: str
    usage: str
    unit: str
    amount: int
    asks: tuple[Ask, ...]
    limit: float
    used: float | None
    evidence: Evidence
    inferred: bool
    known: bool = True
    failed: str = ""

    @property
    def wants(self) -> int:
        """All that the stack's deployments want of it."""
        return sum(ask.wants for ask in self.asks)

    @property
    def new(self) -> int:
        """What they want beyond what they hold."""
        return sum(ask.new for ask in self.asks)

    @property
    def left(self) -> float:
        """What may still be taken."""
        return max(self.limit - (self.used or 0), 0)

    @property
    def short(self) -> float:
        """How much is missing; nothing where it fits."""
        needed = self.wants if self.used is None else self.new
        return max(needed - self.left, 0) if needed else 0

    def shown(self, units: float) -> str:
        """An amount as people write it: `50k tpm`, `100 ptu`."""
        return f"{compact(units * self.amount)} {self.unit}"

    def to_json(self) -> dict[str, Any]:
        """The shape under `quota.counters`."""
        return {
            "subscription": self.subscription,
            "region": self.region,
            "counter": self.usage,
            "unit": self.unit,
            "amountPerUnit": self.amount,
            "used": self.used,
            "limit": self.limit,
            "wanted": self.wants,
            "new": self.new,
            "short": self.short,
            "deployments": [{"key": ask.key, "wanted": ask.wants, "new": ask.new} for ask in self.asks],
            "source": self.evidence.source,
            "asOf": self.evidence.as_of,
            "confidence": self.evidence.confidence,
            "counterInferred": self.inferred,
            "listed": self.known,
            "unverified": self.failed or None,
        }


def compact(amount: float) -> str:
    """A number with k or M where that is exact."""
    whole = int(amount)
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if whole >= size and whole % size == 0:
            return f"{whole // size:,}{letter}"
    return f"{whole:,}"


def buckets(stack: Stack, catalog: Catalog, facts: Facts | None) -> list[Bucket]:
    """Every counter that the stack draws on, in the order of its deployments."""
    asks: dict[tuple[str, str, str], list[Ask]] = {}
    first: dict[tuple[str, str, str], Placed] = {}
    for item, usage, wants, new in growths(stack, catalog, facts):
        bucket = (item.workspace.subscription.lower(), item.region, usage)
        first.setdefault(bucket, item)
        asks.setdefault(bucket, []).append(Ask(item.key, wants, new))
    return [_bucket(place, asks[place], first[place], catalog, facts) for place in asks]


def growths(stack: Stack, catalog: Catalog, facts: Facts | None) -> Iterator[tuple[Placed, str, int, int]]:
    """Every deployment that draws on a counter: the counter, all that it wants, and what of that it does not hold."""
    held = {_identity(h.subscription, h.group, h.account, h.name): h for h in facts.holdings} if facts else {}
    for item in placed(stack, catalog):
        made = item.deployment
        usage = catalog.usage_name(item.model, item.sku) if item.model else None
        if item.sku == SERVERLESS or usage is None or made.capacity is None or item.region not in catalog.regions:
            continue
        wants = made.capacity.sku_capacity
        yield item, usage, wants, max(wants - _held(item, usage, held, catalog), 0)


def _identity(subscription: str, group: str, account: str, name: str) -> str:
    return f"{subscription}/{group}/{account}/{name}".lower()


def _held(item: Placed, usage: str, held: dict[str, Holding], catalog: Catalog) -> int:
    """What the very deployment holds of the counter already."""
    workspace = item.workspace
    group = workspace.resource_group.name
    found = held.get(_identity(workspace.subscription, group, workspace.name, item.deployment.name))
    if found is None:
        return 0
    if found.region and found.region.replace(" ", "").lower() != item.region:
        return 0
    model = catalog.by_arm(found.format, found.model, found.version)
    same = model is not None and (catalog.usage_name(model, found.sku) or "").lower() == usage.lower()
    return found.capacity if same else 0


def _bucket(
    place: tuple[str, str, str], asks: list[Ask], item: Placed, catalog: Catalog, facts: Facts | None
) -> Bucket:
    subscription, region, usage = place
    assert item.model is not None
    offer = item.model.offers[item.sku]
    limit = catalog.quota_limit(usage)
    found = None
    answered: Literal[True, False] = facts is not None and (subscription, region) in facts.usages
    if facts is not None and answered:
        found = facts.usages[(subscription, region)].get(usage.lower())
    return Bucket(
        subscription=subscription,
        region=region,
        usage=usage,
        unit=offer.capacity.unit,
        amount=offer.capacity.amount_per_unit,
        asks=tuple(asks),
        limit=found.limit if found else limit.limit,
        used=found.current if found else None,
        evidence=Evidence(LIVE, "", "live") if found else limit.evidence,
        inferred=offer.usage_name_inferred,
        known=not answered or found is not None,
        failed=_why(facts, (subscription, region)),
    )


def _why(facts: Facts | None, place: Place) -> str:
    silence = facts.failed.get(place) if facts else None
    return (silence.why or "no answer") if silence else ""


def places(stack: Stack, catalog: Catalog) -> Iterator[Place]:
    """Where the stack draws on quota or has accounts: each subscription and region once."""
    seen: dict[Place, None] = {}
    for workspace in stack.workspaces.values():
        if workspace.kind != "hub" and workspace.location in catalog.regions:
            seen[(workspace.subscription.lower(), workspace.location)] = None
    yield from seen
