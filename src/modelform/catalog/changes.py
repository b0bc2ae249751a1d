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


def _prices(before: Catalog, after: Catalog, was: Model, is_: Model) -> Iterator[Json]:
    """One row for all regions of a sku with the same two rates of a kind."""
    for sku in is_.offers:
        found: dict[tuple[str, float | None, float], list[str]] = {}
        if sku in was.offers and was.offers[sku].price == is_.offers[sku].price:
            continue
        for region in is_.regions_for(sku):
            new = after.price(is_, sku, region)
            old = before.price(was, sku, region)
            for kind, rate in (new.rates if new else {}).items():
                had = old.rates.get(kind) if old else None
                if had is None or abs(had - rate) > 1e-9:
                    found.setdefault((kind, had, rate), []).append(region)
        for (kind, had, rate), regions in found.items():
            yield {"model": is_.id, "sku": sku, "kind": kind, "before": had, "after": rate, "regions": sorted(regions)}


def _text(day: object) -> str | None:
    return str(day) if day else None
