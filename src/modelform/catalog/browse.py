"""The catalogue as people look into it: models by what they can, where one is on offer, two compared; plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from modelform.catalog.catalog import SERVERLESS, Catalog, Standing
from modelform.catalog.heirs import heir
from modelform.catalog.model import Evidence, Model
from modelform.catalog.prices import Price
from modelform.catalog.remarks import conflicts, notes
from modelform.catalog.search import Name, slug

OPTIONS = {"features": "feature", "languages": "language", "statuses": "status"}
PRICED = ("input", "cachedInput", "output", "ptuHour")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a model must have, all of it; empty is no wish. `residency`: some sku (in `region`, if given) keeps it."""

    text: str = ""
    publisher: str = ""
    features: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    sku: str = ""
    region: str = ""
    residency: str = ""
    retired: bool = False


def select(catalog: Catalog, wish: Wish, today: date) -> list[dict[str, Any]]:
    """The models that fulfil a wish, by id, each with the skus that do."""
    found = []
    for model in catalog.models:
        standing = catalog.lifecycle(model, today)
        if not _fits(model, standing, wish):
            continue
        skus = [sku for sku in (*model.offers, SERVERLESS) if _regions(catalog, model, sku, wish)]
        if (wish.sku or wish.region or wish.residency) and not skus:
            continue
        found.append({**_head(catalog, model, standing), "skus": skus, "offersKnown": True})
    return sorted([*found, *_named(catalog, wish, today)], key=lambda row: row["id"].lower())


def loosened(catalog: Catalog, wish: Wish, today: date) -> list[dict[str, Any]]:
    """What there would be with one wish less, for a wish that nothing fulfils: which wish, and the models."""
    less = [
        *(("publisher", name) for name in (wish.publisher,) if name),
        *(("features", name) for name in wish.features),
        *(("languages", name) for name in wish.languages),
        *(("statuses", name) for name in wish.statuses[:1]),
        *(("sku", name) for name in (wish.sku,) if name),
        *(("region", name) for name in (wish.region,) if name),
        *(("residency", name) for name in (wish.residency,) if name),
    ]
    if len(less) + bool(wish.text) < 2:
        return []
    found = []
    for name, value in less:
        had = getattr(wish, name)
        left: Any = tuple(item for item in had if item != value) if name in ("features", "languages") else type(had)()
        rows = select(catalog, replace(wish, **{name: left}), today)
        if rows:
            option = f"--{OPTIONS.get(name, name)} {value if name != 'statuses' else ' '.join(wish.statuses)}"
            found.append({"without": option, "models": [row["id"] for row in rows]})
    return sorted(found, key=lambda row: len(row["models"]))


def _named(catalog: Catalog, wish: Wish, today: date) -> list[dict[str, Any]]:
    """The models of which sources tell the name and perhaps the life, but no skus and no features."""
    if wish.features or wish.languages or wish.sku or wish.region or wish.residency:
        return []
    listed = {(model.format, model.name.lower()) for model in catalog.models}
    gone = {row["name"].lower(): row["retirementDate"] for row in catalog.data["retired"] if row["version"] is None}
    found = []
    for row in catalog.data["known"]:
        publisher = row["format"]
        told = row.get("retirementDate") or gone.get(row["name"].lower())
        day = date.fromisoformat(told) if told else None
        status = "retired" if day is not None and day <= today else row.get("status", "unknown")
        words = f"{slug(publisher)}/{row['name']} {publisher}".lower()
        if (
            (publisher, row["name"].lower()) in listed
            or (status == "retired" and not wish.retired and "retired" not in wish.statuses)
            or not all(word in words for word in wish.text.lower().split())
            or (wish.publisher and slug(wish.publisher) != slug(publisher))
            or (wish.statuses and status not in wish.statuses)
        ):
            continue
        found.append(
            {
                "id": f"{slug(publisher)}/{row['name']}",
                "publisher": publisher,
                "country": catalog.data["publishers"].get(publisher, {}).get("country", "?"),
                "name": row["name"],
                "version": None,
                "status": status,
                "retires": told,
                "earliest": False,
                "replacement": None,
                "features": [],
                "skus": [],
                "offersKnown": False,
            }
        )
    return found


def by_name(catalog: Catalog, text: str, today: date) -> dict[str, Any] | None:
    """What is known of a model that sources only name: its life, its price, the version of its asset; None: nothing."""
    wanted = Name.parse(text)
    for row in _named(catalog, Wish(retired=True), today):
        if row["name"].lower() != wanted.name or (wanted.publisher and wanted.publisher != slug(row["publisher"])):
            continue
        known = next(item for item in catalog.data["known"] if item["name"] == row["name"])
        price: Mapping[str, Any] = next(
            (item for item in catalog.data["pricesOnly"] if item["name"] == row["name"]), {}
        )
        rates = {kind: rate for kind, rate in price.items() if kind in PRICED}
        told = {"assetVersion": known.get("catalogVersion"), "lifecycleSource": known.get("lifecycleSource")}
        return {**row, **told, "price": rates or None}
    return None


def unlisted(catalog: Catalog, wish: Wish, today: date) -> list[str]:
    """The models that fulfil all of a wish but its languages, and of which no source lists languages."""
    if not wish.languages:
        return []
    rows = select(catalog, replace(wish, languages=()), today)
    return [row["id"] for row in rows if not (model := catalog.model(row["id"])) or not model.languages]


def _fits(model: Model, standing: Standing, wish: Wish) -> bool:
    if standing.status == "retired" and not wish.retired and "retired" not in wish.statuses:
        return False
    words = " ".join((model.id, model.publisher, *model.features)).lower()
    return (
        all(word in words for word in wish.text.lower().split())
        and (not wish.publisher or slug(wish.publisher) in (model.slug, slug(model.publisher)))
        and set(wish.features) <= set(model.features)
        and set(wish.languages) <= set(model.languages)
        and (not wish.statuses or standing.status in wish.statuses)
    )


def _regions(catalog: Catalog, model: Model, sku: str, wish: Wish) -> list[str]:
    """Where a sku of the model fulfils the wish."""
    if wish.sku and sku.lower() != wish.sku.lower():
        return []
    allowed = catalog.allowed_regions(model, sku, wish.residency or None)
    return [region for region in allowed if not wish.region or region == wish.region]


def where(catalog: Catalog, model: Model, wish: Wish) -> list[dict[str, Any]]:
    """Each sku of a model with the regions where it is on offer, as far as the wish goes."""
    found = []
    for sku in (*model.offers, SERVERLESS):
        regions = _regions(catalog, model, sku, wish)
        if not regions:
            continue
        offer = model.serverless if sku == SERVERLESS else model.offers[sku]
        assert offer is not None
        scope = "publisher" if model.hosting == "publisher" else catalog.scope(sku)
        proof = offer.evidence
        if sku != SERVERLESS and wish.region:
            proof = model.offers[sku].at(wish.region)
        day, rooms = catalog.rooms(model, sku)
        room = {region: rooms[region] for region in regions if region in rooms}
        found.append({"sku": sku, "processed": scope, "regions": regions, **_proof(proof), "room": room, "roomOn": day})
    return found


def life(catalog: Catalog, model: Model, today: date) -> dict[str, Any]:
    """Whether a model stays, and what replaces it: as its publisher says, and what that comes down to (`heir`)."""
    standing = catalog.lifecycle(model, today)
    last = heir(catalog, standing.replacement, today) if standing.replacement else None
    return {
        "status": standing.status,
        "retires": standing.retires.isoformat() if standing.retires else None,
        "earliest": standing.earliest,
        "replacement": standing.replacement,
        "heir": last.id if last else None,
        "lifecycleFact": _proof(standing.evidence),
    }


def compare(
    catalog: Catalog, models: Sequence[Model], today: date, region: str = "", currency: str = ""
) -> list[dict[str, Any]]:
    """Models as `describe` has them; without a region, each sku's prices are of one that all have it in."""
    common: dict[str, str] = {}
    if not region:
        for sku in dict.fromkeys(sku for model in models for sku in (*model.offers, SERVERLESS)):
            places = [set(catalog.allowed_regions(model, sku, None)) for model in models]
            both = sorted(set.intersection(*places))
            priced = (name for name in both if all(catalog.price(model, sku, name, currency) for model in models))
            if place := next(priced, ""):
                common[sku] = place
    return [describe(catalog, model, today, region, currency, common) for model in models]


def describe(
    catalog: Catalog,
    model: Model,
    today: date,
    region: str = "",
    currency: str = "",
    first: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """All that is known of a model; prices in a region, or in the `first` one of a sku, where it is on offer.

    In the catalogue's currency, or in another one; there, where none is known in that. A sku that the region does not
    have is not `here`, and has no price.
    """
    standing = catalog.lifecycle(model, today)
    offers = []
    for row in where(catalog, model, Wish()):
        sku = row["sku"]
        here = not region or region in row["regions"]
        place = region or first.get(sku) or row["regions"][0]
        regions = (place,) if region or sku in first else row["regions"]
        price, place = _price(catalog, model, sku, place, regions, currency) if here else (None, place)
        rules = catalog.capacity_rules(model, sku)
        usage = catalog.usage_name(model, sku)
        offers.append(
            {
                **row,
                "price": {kind: rate for kind, rate in price.rates.items() if kind in PRICED} if price else None,
                "currency": price.currency if price else None,
                "priceFact": _proof(price.evidence) if price else None,
                "priceDays": (today - date.fromisoformat(price.evidence.as_of)).days if price else None,
                "pricedIn": place if price else None,
                "here": here,
                **(_proof(model.offers[sku].at(place)) if here and region and sku in model.offers else {}),
                "per": price.per if price else None,
                "unit": rules.unit if rules else None,
                "minimum": rules.minimum * rules.amount_per_unit if rules else None,
                "counter": usage,
                "quota": catalog.quota_limit(usage).limit if usage else None,
            }
        )
    context = model.raw.get("context") or {}
    return {
        **_head(catalog, model, standing),
        "format": model.format,
        "languages": list(model.languages),
        "context": context.get("window"),
        "soldBy": model.sold_by,
        "hosting": model.hosting,
        "conflicts": conflicts(model),
        "notes": notes(model),
        **life(catalog, model, today),
        "offers": offers,
    }


def _price(
    catalog: Catalog, model: Model, sku: str, place: str, regions: Iterable[str], currency: str
) -> tuple[Price | None, str]:
    """A price in a currency in the first of the regions that it is known in; else the catalogue's in `place`."""
    if currency and currency != catalog.currency:
        for region in regions:
            found = catalog.price(model, sku, region, currency)
            if found is not None:
                return found, region
    return catalog.price(model, sku, place), place


def _head(catalog: Catalog, model: Model, standing: Standing) -> dict[str, Any]:
    return {
        "id": model.id,
        "publisher": model.publisher,
        "country": catalog.data["publishers"].get(model.publisher, {}).get("country", "?"),
        "name": model.name,
        "version": model.version,
        "status": standing.status,
        "retires": standing.retires.isoformat() if standing.retires else None,
        "earliest": standing.earliest,
        "replacement": standing.replacement,
        "features": list(model.features),
    }


def _proof(evidence: Evidence) -> dict[str, str]:
    return {"source": evidence.source, "asOf": evidence.as_of, "confidence": evidence.confidence}
