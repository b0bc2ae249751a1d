"""Takes Azure's answers into an overlay: region by region, so that what did not answer keeps what was had."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

from modelform.catalog.merge import key_of
from modelform.catalog.overlay import BASE, price_table

Json = dict[str, Any]

STATUSES = {
    "stable": "ga",
    "generallyavailable": "ga",
    "preview": "preview",
    "legacy": "legacy",
    "deprecating": "deprecated",
    "deprecated": "deprecated",
}
FEATURES = {
    "chatcompletion": "chat",
    "embeddings": "embeddings",
    "imagegenerations": "image-generation",
    "responses": "responses",
    "agentsv2": "tools",
    "assistants": "tools",
    "jsonobjectresponse": "json",
    "jsonschemaresponse": "structured",
    "realtime": "realtime",
    "audio": "audio",
    "rerank": "rerank",
}
# What a meter's name says it counts; the first that fits. Other meters (training, hosting, tools) are no price of use.
KINDS = (
    ("", re.compile(r"\b(?:ft|fine.?tun\w*|train\w*|hosting|grader)\b", re.IGNORECASE)),
    ("cachedInput", re.compile(r"\b(?:cached|cchd|ccchd)\b", re.IGNORECASE)),
    ("output", re.compile(r"\b(?:outp?|output)\b", re.IGNORECASE)),
    ("input", re.compile(r"\b(?:inp?|input)\b", re.IGNORECASE)),
)
TOKENS = {"1K": 1000.0, "1M": 1.0}
HOURS = ("1 Hour", "1/Hour", "1 hour")


class OfferedSku(Protocol):
    """A sku in Azure's answer on models; `meters` are ids in the price list."""

    @property
    def name(self) -> str: ...
    @property
    def usage_name(self) -> str: ...
    @property
    def minimum(self) -> int | None: ...
    @property
    def maximum(self) -> int | None: ...
    @property
    def step(self) -> int | None: ...
    @property
    def default(self) -> int | None: ...
    @property
    def meters(self) -> tuple[str, ...]: ...


class OfferedModel(Protocol):
    """A model in Azure's answer for a region, in ARM's words."""

    @property
    def format(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def publisher(self) -> str: ...
    @property
    def lifecycle(self) -> str: ...
    @property
    def retires(self) -> str: ...
    @property
    def capabilities(self) -> tuple[str, ...]: ...
    @property
    def skus(self) -> tuple[Any, ...]: ...


class Meter(Protocol):
    """A line of the price list."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def price(self) -> float: ...
    @property
    def unit(self) -> str: ...


def take_models(document: Json, region: str, day: str, answer: Iterable[OfferedModel]) -> None:
    """What a region has now is what it answered: of everything else there, the region goes."""
    for row in document["models"].values():
        for sku in row["skus"].values():
            sku["regions"] = [name for name in sku["regions"] if name != region]
    for model in answer:
        key = key_of(model.format, model.name, model.version)
        row = document["models"].setdefault(key, {"skus": {}})
        row |= {
            "format": model.format,
            "name": model.name,
            "version": model.version,
            "publisher": model.publisher,
            "status": _status(model, day),
            "retires": _day(model.retires),
            "features": sorted({FEATURES[word.lower()] for word in model.capabilities if word.lower() in FEATURES}),
            "asOf": day,
        }
        for sku in model.skus:
            _take_sku(row["skus"], sku, region)
    for row in document["models"].values():
        row["skus"] = {name: sku for name, sku in row["skus"].items() if sku["regions"]}
    document["models"] = {key: row for key, row in document["models"].items() if row["skus"]}
    document["regions"].setdefault(region, {})["models"] = day


def _status(model: OfferedModel, day: str) -> str:
    """Our word for ARM's stage: what is deprecated, and has no day to come on which it goes, is gone."""
    stage = model.lifecycle.lower()
    if stage == "deprecated" and (_day(model.retires) or day) <= day:
        return "retired"
    return STATUSES.get(stage, "")


def _take_sku(skus: Json, sku: OfferedSku, region: str) -> None:
    if not sku.name:
        return
    regions = skus.get(sku.name, {}).get("regions", [])
    skus[sku.name] = {
        "usageName": sku.usage_name,
        "minimum": sku.minimum,
        "maximum": sku.maximum,
        "step": sku.step,
        "default": sku.default,
        "regions": sorted({*regions, region}),
    }


def _day(moment: str) -> str | None:
    """The day of ARM's time, which it writes with and without a zone."""
    return moment[:10] if re.match(r"\d{4}-\d{2}-\d{2}", moment) else None


def take_accounts(document: Json, day: str, regions: Iterable[str]) -> None:
    """The regions where the subscription may have accounts."""
    document["accounts"] = {"asOf": day, "regions": sorted(regions)}


def take_rooms(
    document: Json, key: str, day: str, answer: Iterable[tuple[str, str, float]], regions: Collection[str]
) -> None:
    """How much of a model's provisioned skus can be deployed: (sku, region, units)."""
    skus: dict[str, dict[str, float]] = {}
    for sku, region, units in answer:
        if region in regions and "Provisioned" in sku:
            skus.setdefault(sku, {})[region] = units
    document["rooms"][key] = {"asOf": day, "skus": skus}


def take_prices(
    document: Json,
    region: str,
    day: str,
    meters: Iterable[Meter],
    answer: Iterable[OfferedModel],
    currency: str = BASE,
) -> int:
    """The prices of a region's skus, joined by the ids of their meters; how many skus have no price that way.

    A sku with two meters of one kind and different prices is left out: which is meant cannot be known.
    """
    listed = {meter.id: meter for meter in meters}
    prices, days = price_table(document, currency)
    for skus in prices.values():
        for rows in skus.values():
            _leave(rows, region)
    lacking = 0
    for model in answer:
        for sku in model.skus:
            rates = _rates([listed[id.lower()] for id in sku.meters if id.lower() in listed])
            if rates:
                skus = prices.setdefault(key_of(model.format, model.name, model.version), {})
                _join(skus.setdefault(sku.name, []), region, rates)
            else:
                lacking += 1
    for key, skus in list(prices.items()):
        kept = {name: rows for name, rows in skus.items() if rows}
        if kept:
            prices[key] = kept
        else:
            del prices[key]
    days.setdefault(region, {})["prices"] = day
    return lacking


def take_parts(document: Json, currency: str, day: str, prices: Mapping[str, Mapping[str, float]]) -> None:
    """What a hub's parts and private endpoints cost in a currency: part -> region, or `*` -> price."""
    document.setdefault("parts", {})[currency] = {
        "asOf": day,
        "prices": {part: dict(sorted(places.items())) for part, places in sorted(prices.items())},
    }


def _leave(rows: list[Json], region: str) -> None:
    """Takes a region out of the rows of equal rates."""
    for row in rows:
        row["regions"] = [name for name in row["regions"] if name != region]
    rows[:] = [row for row in rows if row["regions"]]


def _join(rows: list[Json], region: str, rates: dict[str, float]) -> None:
    """Puts a region into the row of its rates."""
    _leave(rows, region)
    for row in rows:
        if row["rates"] == rates:
            row["regions"] = sorted([*row["regions"], region])
            return
    rows.append({"regions": [region], "rates": rates})
    rows.sort(key=lambda row: row["regions"][0])


def _rates(meters: Iterable[Meter]) -> dict[str, float]:
    """The price of a million tokens by kind, or an hour of a provisioned unit; none where two contradict."""
    found: dict[str, float] = {}
    for meter in meters:
        kind, factor = kind_of(meter.name, meter.unit), TOKENS.get(meter.unit, 1.0)
        if not kind:
            continue
        rate = round(meter.price * factor, 9)
        if found.setdefault(kind, rate) != rate:
            return {}
    return found


def kind_of(name: str, unit: str) -> str:
    """What a meter counts, in the catalogue's words; empty for what is no price of use."""
    if unit in HOURS:
        return "ptuHour" if re.search(r"\b(?:ptu|provisioned)\b", name, re.IGNORECASE) else ""
    if unit not in TOKENS:
        return ""
    plain = re.sub(r"[-_.]", " ", name)
    return next((kind for kind, pattern in KINDS if pattern.search(plain)), "")


def settle(
    document: Json,
    day: str,
    missing: Iterable[Mapping[str, str]],
    asked: Collection[str],
    currencies: Collection[str] = (BASE,),
) -> None:
    """Notes what did not answer; what an earlier refresh of other regions, or currencies, lacked stays noted."""
    known = set(document["regions"])

    def stays(row: Mapping[str, str]) -> bool:
        another = "currency" in row and row["currency"] not in currencies
        return row.get("region") in known and (another or row.get("region") not in asked)

    before = [row for row in document["missing"] if stays(row)]
    document["missing"] = [*before, *({**row, "on": day} for row in missing)]
    document["asOf"] = day
