"""What the stack asks of each quota is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from modelform.catalog import Catalog
from modelform.checks.facts import Deleted, Facts, live
from modelform.checks.place import placed, said_by, several, skus_here, written
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

if TYPE_CHECKING:
    from modelform.checks.quota import Bucket

code = "quota.exceeded"
level = Severity.ERROR
sentence = "Each quota has room for what the stack's deployments take beyond what they hold."
reason = (
    "Quota belongs to a subscription, a region and a counter that several models may share, and Azure refuses what is "
    "above it in the middle of an `up`. Azure's own numbers stop a plan; without them the catalogue knows what a "
    "subscription starts with, and that only warns. Quota is a permission and no capacity: provisioned units may be "
    "sold out in a region all the same."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a counter that is too small."""
    from modelform.checks import quota

    known = live(facts)
    for bucket in quota.buckets(stack, catalog, known):
        if not bucket.short or (known is not None and bucket.used is None and not bucket.new):
            continue
        growing = [ask for ask in bucket.asks if ask.new] or list(bucket.asks)
        yield Diagnostic(
            code,
            level if bucket.used is not None else Severity.WARNING,
            _summary(bucket),
            _detail(bucket, catalog, known),
            stack.origins.span(f"deployments.{growing[-1].key}.capacity"),
            _way_out(bucket, known, growing[-1].key, stack, catalog),
        )


def _summary(bucket: Bucket) -> str:
    keys = several(ask.key for ask in bucket.asks)
    if bucket.used is None:
        start = bucket.shown(bucket.limit) if bucket.limit else "none"
        return (
            f"{keys}: {bucket.shown(bucket.wants)} of {bucket.usage} in {bucket.region} are needed, and a subscription "
            f"starts with {start}"
        )
    return (
        f"{keys}: {bucket.shown(bucket.new)} more of {bucket.usage} in {bucket.region} are needed, and "
        f"{bucket.shown(bucket.left)} are left"
    )


def _detail(bucket: Bucket, catalog: Catalog, facts: Facts | None) -> str:
    permission = "; quota is a permission: with it the units may be sold out all the same"
    both = permission if bucket.unit == "ptu" else ""
    if bucket.used is None:
        return f"not asked of Azure{both}; {said_by(catalog, bucket.evidence)}"
    said = f"{bucket.shown(bucket.used)} of {bucket.shown(bucket.limit)} are in use"
    graves = _graves(bucket, facts)
    if graves:
        names = several(f"{d.name} (until {d.until})" if d.until else d.name for d in graves)
        said += f", partly perhaps by soft-deleted accounts: {names}"
    return said + both


def _graves(bucket: Bucket, facts: Facts | None) -> list[Deleted]:
    """The soft-deleted accounts there, where more is in use than the stack's own deployments hold."""
    own = sum(ask.wants - ask.new for ask in bucket.asks)
    if facts is None or (bucket.used or 0) <= own:
        return []
    return [grave for grave in facts.deleted.get(bucket.subscription, ()) if grave.region == bucket.region]


def _way_out(bucket: Bucket, facts: Facts | None, key: str, stack: Stack, catalog: Catalog) -> str:
    fits = max(bucket.wants - bucket.short, 0)
    graves = _graves(bucket, facts)
    ways = [f"purge {graves[0].name} (`{graves[0].purge}`)"] if graves else []
    others = _others(bucket, facts, key, stack, catalog) if facts else []
    if others:
        ways.append(f"take another sku for {key}: {several(others)}")
    if bucket.limit == 0:
        ways.append(f"ask Azure for quota of {bucket.usage} in {bucket.region} first")
    else:
        ways.append("ask for more quota")
        ways += [f"let them have {bucket.shown(fits)} together"] if fits else []
    *first, last = ways
    return f"{', '.join(first)}, or {last}" if first else last


def _others(bucket: Bucket, facts: Facts, key: str, stack: Stack, catalog: Catalog) -> list[str]:
    """The skus with the same unit that the policy allows there, and whose counters have room, with how much."""
    item = next((item for item in placed(stack, catalog) if item.key == key), None)
    counters = facts.usages.get((bucket.subscription, bucket.region), {})
    if item is None or item.model is None:
        return []
    wanted = next(ask.wants for ask in bucket.asks if ask.key == key)
    found = []
    for sku in skus_here(item, catalog):
        usage, rules = catalog.usage_name(item.model, sku), catalog.capacity_rules(item.model, sku)
        counter = counters.get((usage or "").lower())
        if counter is None or rules is None or usage == bucket.usage:
            continue
        if (rules.unit, rules.amount_per_unit) != (bucket.unit, bucket.amount):
            continue
        left = counter.limit - counter.current
        if left >= wanted:
            found.append(f"{written(sku)} has {bucket.shown(left)} left")
    return found
