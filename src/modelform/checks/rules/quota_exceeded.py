"""What the stack asks of each quota is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from modelform.catalog import Catalog
from modelform.checks.facts import Facts, live
from modelform.checks.place import said_by, several
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
            _way_out(bucket, known),
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
    if bucket.used is None:
        return f"not asked of Azure; {said_by(catalog, bucket.evidence)}"
    said = f"{bucket.shown(bucket.used)} of {bucket.shown(bucket.limit)} are in use"
    graves = [d for d in (facts.deleted.get(bucket.subscription, ()) if facts else ()) if d.region == bucket.region]
    if graves:
        names = several(f"{d.name} (until {d.until})" if d.until else d.name for d in graves)
        said += f", partly perhaps by soft-deleted accounts: {names}"
    return said


def _way_out(bucket: Bucket, facts: Facts | None) -> str:
    fits = bucket.shown(max(bucket.wants - bucket.short, 0))
    graves = [d for d in (facts.deleted.get(bucket.subscription, ()) if facts else ()) if d.region == bucket.region]
    purge = f"purge {graves[0].name}, " if graves and bucket.used is not None else ""
    if bucket.limit == 0:
        return f"{purge}ask Azure for quota of {bucket.usage} in {bucket.region} first"
    return f"{purge}ask for more quota, or let them have {fits} together"
