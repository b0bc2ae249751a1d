"""The catalogue's models in ARM's shape: skus, capacity rules, rate limits, capabilities, lifecycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelform.sandbox.exchange import Json
from modelform.sandbox.retail import meters

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

STATUS = {"ga": "GenerallyAvailable", "legacy": "GenerallyAvailable", "preview": "Preview"}
STATUS |= {"deprecated": "Deprecating", "retired": "Deprecated"}


FEATURES = {  # our words for what a model does -> ARM's capabilities
    "chat": ("chatCompletion",),
    "embeddings": ("embeddings",),
    "image-generation": ("imageGenerations",),
    "responses": ("responses",),
    "tools": ("agentsV2", "assistants"),
    "json": ("jsonObjectResponse",),
    "structured": ("jsonSchemaResponse",),
    "realtime": ("realtime",),
    "transcription": ("audio",),
    "rerank": ("rerank",),
}


def unit_of(sku: Json) -> str:
    """What one unit of capacity is, in ARM's words."""
    unit = (sku["quota"].get("capacity") or {}).get("unit")
    return {"ptu": "Provisioned Managed Throughput Unit", "enqueuedTokens": "Enqueued Tokens (thousands)"}.get(
        str(unit), "Tokens Per Minute (thousands)"
    )


def capabilities(model: Json) -> Json:
    """ARM's capabilities of a model: texts, all of them `true` where they are."""
    features = model["capabilities"].get("features") or []
    names = [name for feature in features for name in FEATURES.get(feature, ())]
    return dict.fromkeys(names, "true")


def rate_limits(sku: Json, capacity: int) -> list[Json]:
    """The rate limits that a capacity gives: requests and tokens in a window of seconds."""
    rates = sku["quota"].get("ratePerUnit") or {}
    return [
        {"key": key, "renewalPeriod": rates[name]["windowSeconds"], "count": round(rates[name]["count"] * capacity, 3)}
        for key, name in (("request", "requests"), ("token", "tokens"))
        if name in rates
    ]


def capacity_of(sku: Json) -> Json:
    """A sku's capacity rules in ARM's shape."""
    rules = sku["quota"].get("capacity") or {}
    return {name: rules[name] for name in ("minimum", "maximum", "step", "default") if rules.get(name) is not None}


def account_model(control: Control, model: Json, skus: dict[str, Json]) -> Json:
    """A model in ARM's shape, with the skus of one region."""
    life = model["lifecycle"]
    retired = control.offers.retired_since(model, control.today())
    default = control.offers.model(model["format"], model["name"], None, control.today())
    dates = {"inference": f"{life['retirementDate']}T00:00:00Z"} if life.get("retirementDate") else {}
    return {
        "format": model["format"],
        "publisher": model["publisher"],
        "name": model["name"],
        "version": model["version"],
        "isDefaultVersion": default is not None and default["version"] == model["version"],
        "skus": [
            {
                "name": name,
                "usageName": sku["quota"]["usageName"],
                "capacity": capacity_of(sku),
                "rateLimits": rate_limits(sku, 1),
                "cost": meters(model, name, sku),
                **({"deprecationDate": dates["inference"]} if dates else {}),
            }
            for name, sku in skus.items()
        ],
        "maxCapacity": max((capacity_of(sku).get("maximum", 1) for sku in skus.values()), default=1),
        "capabilities": capabilities(model),
        "deprecation": dates,
        "lifecycleStatus": "Deprecated" if retired is not None else STATUS.get(life["status"], "GenerallyAvailable"),
    }
