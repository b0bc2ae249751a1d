"""What differs between two catalogues: models, offers, prices, lives; plain data, for a summary of a refresh."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from modelform.catalog.catalog import Catalog
from modelform.catalog.model import Model

Json = dict[str, Any]


def changes(before: Catalog, after: Catalog, today: date) -> Json:
    """New and lost models, skus with regions won and lost, prices up and down, retirement dates and stages moved."""
    old = {model.id: model for model in before.models}
    new = {model.id: model for model in after.models}
    both = [(old[name], model) for name, model in new.items() if name in old]
    return {
        "models": {"new": sorted(new.keys() - old.keys()), "gone": sorted(old.keys() - new.keys())},
        "offers": [row for pair in both for row in _offers(*pair)],
        "prices": [row for pair in both for row in _prices(before, after, *pair)],
        "parts": list(_parts(before, after)),
        "currencies": [
            {"currency": currency, "regions": regions}
            for currency in after.currencies[1:]
            if (regions := [name for name in after.regions if _first_asked(before, after, name, currency)])
        ],
        "retirements": [
            {"model": is_.id, "before": _text(was.lifecycle.retirement), "after": _text(is_.lifecycle.retirement)}
            for was, is_ in both
            if was.lifecycle.retirement != is_.lifecycle.retirement
        ],
        "stages": [
            {"model": is_.id, "before": stage, "after": now}
            for was, is_ in both
            if (stage := before.lifecycle(was, today).status) != (now := after.lifecycle(is_, today).status)
        ],
    }


def count(found: Json) -> int:
    """How many differences there are."""
    models = found["models"]
    return len(models["new"]) + len(models["gone"]) + sum(len(found[name]) for name in found if name != "models")


def _offers(was: Model, is_: Model) -> Iterator[Json]:
    for sku in dict.fromkeys((*was.offers, *is_.offers)):
        before, after = set(was.regions_for(sku)), set(is_.regions_for(sku))
        if before != after:
            yield {"model": is_.id, "sku": sku, "won": sorted(after - before), "lost": sorted(before - after)}


def _first_asked(before: Catalog, after: Catalog, region: str, currency: str) -> bool:
    """Is a region's price in another currency known for the first time? Then all of them are new, which is one line."""
    return bool(after.priced_on(region, currency)) and not before.priced_on(region, currency)


def _parts(before: Catalog, after: Catalog) -> Iterator[Json]:
    """What stands beside models, in the currencies that it was known in; one row for all regions of a change."""
    for currency in before.currencies:
        for part in (name for name, value in after.data["prices"]["parts"].items() if isinstance(value, float)):
            found: dict[tuple[float, float], list[str]] = {}
            for region in after.regions:
                old, new = before.part_price(part, region, currency), after.part_price(part, region, currency)
                if old and new and abs(old.rates[part] - new.rates[part]) > 1e-9:
                    found.setdefault((old.rates[part], new.rates[part]), []).append(region)
            for (had, rate), regions in found.items():
                yield {"part": part, "currency": currency, "before": had, "after": rate, "regions": sorted(regions)}


def _prices(before: Catalog, after: Catalog, was: Model, is_: Model) -> Iterator[Json]:
    for currency in after.currencies:
        yield from _prices_in(currency, before, after, was, is_)


def _prices_in(currency: str, before: Catalog, after: Catalog, was: Model, is_: Model) -> Iterator[Json]:
    """One row for all regions of a sku with the same two rates of a kind."""
    base = currency == after.currency
    for sku in is_.offers:
        found: dict[tuple[str, float | None, float], list[str]] = {}
        if base and sku in was.offers and was.offers[sku].price == is_.offers[sku].price:
            continue
        for region in is_.regions_for(sku):
            if not base and _first_asked(before, after, region, currency):
                continue
            new = after.price(is_, sku, region, currency)
            old = before.price(was, sku, region, currency)
            for kind, rate in (new.rates if new else {}).items():
                had = old.rates.get(kind) if old else None
                if had is None or abs(had - rate) > 1e-9:
                    found.setdefault((kind, had, rate), []).append(region)
        for (kind, had, rate), regions in found.items():
            moved = {"kind": kind, "currency": currency, "before": had, "after": rate}
            yield {"model": is_.id, "sku": sku, **moved, "regions": sorted(regions)}


def _text(day: object) -> str | None:
    return str(day) if day else None
