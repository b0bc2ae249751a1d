"""Finds what cannot be right in the catalogue's data before it is written: no such source, region, sku or day."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

Fact = dict[str, Any]

STATUSES = {"ga", "preview", "legacy", "deprecated", "retired"}
CONFIDENCES = {"live", "official", "third-party", "inferred"}
ASSET = re.compile(r"azureml://registries/[\w-]+/models/[\w.-]+")
NO_MONEY = {"windowSeconds", "thresholdInputTokens"}


def problems(data: Fact) -> list[str]:
    """Each as `where: what`; none when the data is consistent."""
    return [
        *_evidence(data, data, ""),
        *_sources(data),
        *_regions(data),
        *_given_twice(data),
        *(problem for model in data["models"] for problem in _model(model, data)),
    ]


def _evidence(node: object, data: Fact, where: str) -> Iterator[str]:
    """Every source id is one of `sources`; every day is a day, and none is after the catalogue's own."""
    if isinstance(node, list):
        for place, value in enumerate(node):
            yield from _evidence(value, data, f"{where}[{place}]")
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        path = f"{where}.{key}" if where else str(key)
        if key == "source" or (key.endswith("Source") and isinstance(value, str)):
            if value not in data["sources"]:
                yield f"{path}: no source {value!r}"
        elif key == "conflictSources":
            yield from (f"{path}: no source {source!r}" for source in value if source not in data["sources"])
        elif key in ("asOf", "retirementDate") and value is not None:
            day = _day(value)
            if day is None:
                yield f"{path}: {value!r} is no day"
            elif key == "asOf" and value > data["version"]:
                yield f"{path}: {value} is after the catalogue's own day"
        elif key == "confidence" and value not in CONFIDENCES:
            yield f"{path}: no confidence {value!r}"
        if key != "sources":
            yield from _evidence(value, data, path)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _sources(data: Fact) -> Iterator[str]:
    for name, source in data["sources"].items():
        missing = {"title", "official", "date", "kind"} - source.keys()
        if missing:
            yield f"sources.{name}: no {', '.join(sorted(missing))}"


def _regions(data: Fact) -> Iterator[str]:
    for name, region in data["regions"].items():
        where = f"regions.{name}"
        if region["dataZone"] is not None and region["dataZone"] not in data["zones"]:
            yield f"{where}: no data zone {region['dataZone']!r}"
        if region["eu"] and region["efta"]:
            yield f"{where}: both EU and EFTA"
        if region["euDataBoundary"] != (region["eu"] or region["efta"]):
            yield f"{where}: the EU Data Boundary is the EU and EFTA"
        if region["dataZone"] == "eu" and not region["euDataBoundary"]:
            yield f"{where}: in the EU data zone, but outside the EU Data Boundary"


def _given_twice(data: Fact) -> Iterator[str]:
    ids = Counter(model["id"] for model in data["models"])
    names = Counter((model["format"], model["name"].lower(), model["version"]) for model in data["models"])
    yield from (f"{model}: given twice" for model, count in ids.items() if count > 1)
    yield from (f"models: ARM's {name} is given twice" for name, count in names.items() if count > 1)


def _model(model: Fact, data: Fact) -> Iterator[str]:
    where, lifecycle = model["id"], model["lifecycle"]
    if not where.endswith(f"/{model['name']}@{model['version']}"):
        yield f"{where}: the id is not the name and version"
    if lifecycle["status"] not in STATUSES:
        yield f"{where}: no status {lifecycle['status']!r}"
    if lifecycle["status"] == "retired" and (lifecycle["retirementDate"] or "9999") > data["version"]:
        yield f"{where}: retired without a day in the past"
    if not model["capabilities"]["features"]:
        yield f"{where}: no features"
    deployment, serverless = model["deployment"], model["serverless"]
    if lifecycle["status"] != "retired" and not deployment and not serverless:
        yield f"{where}: on offer nowhere"
    if deployment and not deployment["skus"] and not deployment.get("regionsUnknown") and not serverless:
        yield f"{where}: a deployment without skus, and not marked regionsUnknown"
    for sku, offer in (deployment or {"skus": {}})["skus"].items():
        yield from _offer(f"{where} {sku}", sku, offer, data)
    if serverless:
        if not ASSET.fullmatch(serverless["modelId"]):
            yield f"{where} serverless: {serverless['modelId']!r} is no registry id"
        for name in serverless["regions"]:
            if not data["regions"].get(name, {}).get("serverlessEndpointHubs"):
                yield f"{where} serverless: {name} hosts no serverless endpoints"
        yield from _price(serverless["price"], f"{where} serverless")


def _offer(where: str, sku: str, offer: Fact, data: Fact) -> Iterator[str]:
    kind = data["skus"].get(sku)
    if kind is None:
        yield f"{where}: no such sku"
        return
    if not offer["regions"] or len(set(offer["regions"])) != len(offer["regions"]):
        yield f"{where}: no region, or one given twice"
    for name in offer["regions"]:
        region = data["regions"].get(name)
        if region is None:
            yield f"{where}: no region {name!r}"
        elif kind["processingScope"] == "dataZone" and not region["dataZone"]:
            yield f"{where}: {name} is in no data zone"
    bounds = offer["quota"]["capacity"]
    if not 0 < bounds["minimum"] <= bounds["default"] or bounds["step"] < 1:
        yield f"{where}: capacity from {bounds['minimum']} in steps of {bounds['step']}, {bounds['default']} by default"
    if bounds["maximum"] is not None and bounds["maximum"] < bounds["minimum"]:
        yield f"{where}: the largest capacity is below the smallest"
    if offer["quota"]["usageName"] not in data["quotaLimits"]:
        yield f"{where}: no limit of {offer['quota']['usageName']}"
    yield from _price(offer["price"], where)


def _price(price: Fact | None, where: str) -> Iterator[str]:
    if price is None or "ref" in price:
        return
    for zone, rates in price.items():
        if not isinstance(rates, dict):
            continue
        for name, rate in rates.items():
            if isinstance(rate, (int, float)) and name not in NO_MONEY and rate <= 0:
                yield f"{where}: the price of {name} in {zone} is {rate}"
        if rates.get("cachedInput", 0) > rates.get("input", rates.get("cachedInput", 0)):
            yield f"{where}: cached input is dearer than input in {zone}"
