"""Where provisioned units grow, the region has them to give."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from modelform.catalog import Catalog
from modelform.checks.facts import Facts, live
from modelform.checks.place import nearest, several, written
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

if TYPE_CHECKING:
    from modelform.checks.capacity import Want

code = "capacity.unavailable"
level = Severity.ERROR
sentence = "Where provisioned units grow, the region has as many of the model to give, as Azure says in this run."
reason = (
    "Quota is a permission and no capacity: with all the quota there is, provisioned units may be sold out. "
    "Azure says how much of a model could be deployed now, region by region; elsewhere there may be more."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a model, sku and region that has too little; none for an offline run."""
    known = live(facts)
    if known is None:
        return
    from modelform.checks import capacity

    for want in capacity.wants(stack, catalog, known):
        rooms = known.rooms.get(want.asked)
        if rooms is None:
            continue
        free = rooms.get((want.region, want.sku), 0.0)
        left = _quota_left(want, known)
        # What is free counts quota too: where that is what lacks, `quota.exceeded` says so.
        if free >= want.new or (left is not None and free >= left):
            continue
        keys = several(item.key for item in want.items)
        yield Diagnostic(
            code,
            level,
            f"{keys}: {want.new} ptu more of {want.model.name} as {written(want.sku)} are needed in {want.region}, and "
            f"Azure has {free:,.0f} ptu of it to give there now",
            "" if left is None else f"it is no question of quota: {left:,.0f} ptu of {want.usage} are left",
            stack.origins.span(f"deployments.{want.items[-1].key}.capacity"),
            _way_out(want, rooms, stack, catalog),
        )


def _quota_left(want: Want, known: Facts) -> float | None:
    counter = known.usages.get((want.subscription, want.region), {}).get(want.usage.lower())
    return None if counter is None else max(counter.limit - counter.current, 0)


def _way_out(want: Want, rooms: object, stack: Stack, catalog: Catalog) -> str:
    assert isinstance(rooms, dict)
    allowed = catalog.allowed_regions(want.model, want.sku, stack.policy.residency)
    enough = [name for name in allowed if name != want.region and rooms.get((name, want.sku), 0.0) >= want.new]
    fits = f" within {stack.policy.residency}" if stack.policy.residency else ""
    if not enough:
        return f"no other region{fits} has as much now: take fewer units, or a sku by the token, or try later"
    shown = (f"{name} ({rooms[(name, want.sku)]:,.0f} ptu)" for name in nearest(enough, want.region, catalog))
    return f"not here, but there{fits}: {several(shown)}"
