"""The line to write instead of a model that is gone or going: what its publisher names, or what comes nearest to it."""

from __future__ import annotations

import math
from datetime import date

from modelform.catalog import SERVERLESS, Catalog, Model
from modelform.catalog.heirs import heir
from modelform.catalog.seats import countries
from modelform.checks.alternative import Substitute, substitutes
from modelform.checks.place import Placed, nearest, several, written

NONE = "choose another model"
HALF_YEAR = 182


def successor(item: Placed, catalog: Catalog, today: date) -> str:
    """The one-line change to what replaces a model, with the sku that it has there; who comes near, where nobody is."""
    if item.model is None:
        return ""
    named = catalog.lifecycle(item.model, today).replacement
    if not named:
        return _nearest(item, catalog, today, "no replacement is named")
    found = heir(catalog, named, today)
    if found is None:
        return _nearest(item, catalog, today, f"its replacement was {named}, which is not there")
    said = "" if found.name.lower() in named.lower() else f"its replacement {named} is gone or going too: "
    sku = _sku(item, found, catalog)
    if sku:
        return f"{said}{_line(item, found, sku)}"
    policy = item.stack.policy.residency
    there = nearest(catalog.allowed_regions(found, item.sku, policy), item.region, catalog)
    fits = f" within {policy}" if policy else ""
    where = f"which has {written(item.sku)}{fits} in {several(there)} only" if there else f"not on offer so{fits}"
    return f"{said}its replacement is {found.name.lower()}@{found.version}, {where}"


def _line(item: Placed, model: Model, sku: str) -> str:
    """What to write."""
    made = f"write `model: {model.name.lower()}@{model.version}`"
    if sku == item.sku:
        return f"{made}, which has {written(sku)} in {item.region} too"
    return f"{made} and `sku: {written(sku)}`; it has no {written(item.sku)} in {item.region}"


def _sku(item: Placed, model: Model, catalog: Catalog) -> str:
    """The sku to have a model as, in the region and within the policy: the same one, or one with the same unit."""
    allowed = catalog.allowed_skus(model, item.region, item.stack.policy.residency)
    if item.sku in allowed:
        return item.sku
    if item.sku == SERVERLESS:
        return ""
    wanted = catalog.data["skus"].get(item.sku, {})
    alike = [
        sku
        for sku in catalog.data["residencyOrder"]
        if sku in allowed
        and catalog.data["skus"][sku]["capacityUnit"] == wanted.get("capacityUnit")
        and catalog.data["skus"][sku]["billing"] == wanted.get("billing")
    ]
    return alike[0] if alike else ""


def _nearest(item: Placed, catalog: Catalog, today: date, why: str) -> str:
    """What does the same there: its publisher's rather than others', under the same sku, then the nearest in price."""
    assert item.model is not None
    price = _price(item.model, item, catalog)

    def rank(one: Substitute) -> tuple[object, ...]:
        other = _price(one.model, item, catalog)
        far = abs(math.log(other / price)) if price and other else 99.0
        publisher = one.model.publisher != item.model.publisher if item.model else True
        preview = catalog.lifecycle(one.model, today).status != "ga"
        return (
            publisher,
            one.sku != item.sku,
            preview,
            one.model.name != item.deployment.model.name,
            far,
            one.model.id,
        )

    demanded = item.stack.policy.origins
    fitting = [
        one
        for one in substitutes(item, catalog, today, countries(demanded) if demanded else None)
        if one.sku == _sku(item, one.model, catalog)
        and one.model.id != item.model.id
        and one.model.hosting in ("azure", item.model.hosting)
        and not one.lacks
        and _stays(one.model, item.model, catalog, today)
    ]
    if not fitting:
        return f"{why}: {NONE}"
    found = min(fitting, key=rank)
    alike = "at the nearest price" if price and _price(found.model, item, catalog) else "there"
    return f"{why}; {found.model.publisher}'s nearest does the same {alike}: {_line(item, found.model, found.sku)}"


def _stays(model: Model, old: Model, catalog: Catalog, today: date) -> bool:
    """Is a move worth it: does the model stay for half a year at least, and longer than the one that it replaces?"""
    left, had = catalog.lifecycle(model, today).days_left, catalog.lifecycle(old, today).days_left
    return left is None or left >= max(HALF_YEAR, (had or 0) + 1)


def _price(model: Model, item: Placed, catalog: Catalog) -> float:
    """What three tokens in and one out cost, the usual mix; 0 where that is not known."""
    found = catalog.price(model, item.sku, item.region) or catalog.price(model, "GlobalStandard", item.region)
    rates = found.rates if found else {}
    return 3 * rates.get("input", 0.0) + rates.get("output", 0.0)
