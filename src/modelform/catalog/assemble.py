"""Puts the parts of the catalogue together and derives what is written nowhere: confidence, units, bounds, prices."""

from __future__ import annotations

from typing import Any

from modelform.catalog.limits import quota_limits

Fact = dict[str, Any]

OFFICIAL, THIRD_PARTY, INFERRED = "official", "third-party", "inferred"
PTU_SIZE = {"minimum": 15, "step": 5}


def assemble(parts: dict[str, Fact], publishers: list[Fact]) -> Fact:
    """The catalogue as the program reads it; docs/catalog.md describes the result."""
    sources = parts["sources"]["sources"]
    skus, quotas, prices = parts["skus"], parts["quotas"], parts["prices"]
    models = [
        _model(model_id, model, head["publisher"], sources, skus["skus"], quotas["provisioned"], prices)
        for head in publishers
        for model_id, model in head["models"].items()
    ]
    return {
        **parts["catalog"],
        "sources": sources,
        "regionFacts": _rated(parts["regions"]["facts"], sources),
        "zones": parts["regions"]["zones"],
        "regions": parts["regions"]["regions"],
        "skus": skus["skus"],
        "skuFacts": _rated(skus["facts"], sources),
        **{key: skus[key] for key in ("otherScopes", "residencyOrder", "releaseOrder", "azurePolicyField")},
        "residency": skus["residency"],
        "controls": skus["controls"],
        "limits": {name: _rated(limit, sources) for name, limit in quotas["limits"].items()},
        "quotaLimits": {
            name: _rated(limit, sources) for name, limit in quota_limits(quotas, models, skus["skus"]).items()
        },
        "quota": {key: value for key, value in quotas.items() if key not in ("limits", "observed", "tiers")},
        "prices": {
            **_rated(prices["facts"], sources),
            **{key: prices[key] for key in ("ptuRates", "parts", "rules", "live")},
        },
        "pricesOnly": prices["pricesOnly"]["rows"],
        "lifecyclePolicy": parts["lifecycle"]["policy"],
        "serverlessEndpoints": _rated(parts["serverless"]["serverless"], sources),
        "publishers": {head["publisher"]["name"]: _rated(head["publisher"], sources) for head in publishers},
        "models": models,
        "retired": [{"version": None, **_rated(row, sources)} for row in parts["lifecycle"]["retired"]],
        "known": [
            *parts["lifecycle"]["known"]["rows"],
            *({name: row[name] for name in ("format", "name")} for row in prices["pricesOnly"]["rows"]),
        ],
    }


def _rated(fact: Fact, sources: Fact) -> Fact:
    """The fact with its confidence: its own word, or what its source and its marks say. Its day is its source's,
    where it has none of its own.

    `inferred` and `partial` facts may be wrong or incomplete whoever published them, so they never stop a plan.
    """
    fact = {"asOf": sources[fact["source"]]["date"], **fact}
    if "confidence" in fact:
        return fact
    if fact.get("inferred") or fact.get("partial"):
        return {**fact, "confidence": INFERRED}
    official = sources[fact["source"]]["official"]
    return {**fact, "confidence": OFFICIAL if official else THIRD_PARTY}


def _model(key: str, model: Fact, publisher: Fact, sources: Fact, skus: Fact, provisioned: Fact, prices: Fact) -> Fact:
    model_id = f"{publisher['slug']}/{key}"
    paid = prices["models"].get(model_id, {})
    built: Fact = {
        "id": model_id,
        "publisher": publisher["name"],
        **{field: model[field] for field in ("format", "name", "version")},
        "identity": _rated(model["identity"], sources),
        "lifecycle": _rated(model["lifecycle"], sources),
        "capabilities": _rated(model["capabilities"], sources),
        "context": _rated(model["context"], sources) if "context" in model else None,
        **{field: model[field] for field in ("soldBy", "hosting", "note", "otherVersions") if field in model},
        "deployment": None,
        "serverless": None,
    }
    if "deployment" in model:
        offer = model["deployment"]
        built["deployment"] = {
            **offer,
            "skus": {
                sku: _offer(model, sku, fact, skus[sku], sources, provisioned, paid)
                for sku, fact in offer["skus"].items()
            },
        }
    if "serverless" in model:
        built["serverless"] = {
            "marketplace": None,
            **_rated(model["serverless"], sources),
            "price": _price(paid.get("serverless"), sources),
        }
    extra = {name: _rated(paid[name], sources) for name in ("media", "longContext", "lastKnown") if name in paid}
    if "note" in paid:
        extra["note"] = paid["note"]
    built["prices"] = extra
    return built


def _offer(model: Fact, sku: str, fact: Fact, kind: Fact, sources: Fact, provisioned: Fact, paid: Fact) -> Fact:
    quota = fact["quota"]
    if kind["billing"] == "ptuHour":
        price: Fact | None = {"ref": "ptuRates"}
    else:
        price = _price(paid.get(sku), sources)
    return {
        **_rated(fact, sources),
        "quota": {
            "inferred": False,
            **_rated(quota, sources),
            "capacity": _capacity(model, quota, kind, sources, provisioned),
        },
        "price": price,
    }


def _price(price: Fact | str | None, sources: Fact) -> Fact | None:
    return _rated(price, sources) if isinstance(price, dict) else None


def _capacity(model: Fact, quota: Fact, kind: Fact, sources: Fact, provisioned: Fact) -> Fact:
    """Unit and bounds of ARM's `sku.capacity`: as ARM gave them for this offer, else as documented, else inferred."""
    seen = quota.get("capacity", {})
    unit, amount = _unit(model, quota, kind)
    bounds: Fact = {"minimum": 1, "maximum": None, "step": 1, "default": 10 if unit == "tpm" else 1}
    proof: Fact = {"source": quota["source"], "inferred": not seen}
    if unit == "ptu":
        size = _ptu_size(model, kind["processingScope"], provisioned["models"])
        bounds |= size or ({"minimum": 50, "step": 50} if kind["processingScope"] == "region" else PTU_SIZE)
        if size and not seen:
            proof = {"source": provisioned["source"], "inferred": False}
        bounds["default"] = seen.get("minimum", bounds["minimum"])
    return _rated({**bounds, **seen, "unit": unit, "amountPerUnit": amount, **proof}, sources)


def _ptu_size(model: Fact, scope: str, provisioned: list[Fact]) -> Fact:
    """The documented smallest size and step of a provisioned offer; empty where there is none."""
    column = {"global": "global", "dataZone": "dataZone", "region": "regional"}[scope]
    for row in provisioned:
        if row["model"].lower() == model["name"].lower() and column in row:
            size: Fact = row[column]
            return size
    return {}


def _unit(model: Fact, quota: Fact, kind: Fact) -> tuple[str, int]:
    """What one unit of capacity is. Offers on the shared counter and media models count deployments or requests."""
    if kind["capacityUnit"] != "tpm":
        return kind["capacityUnit"], kind["amountPerUnit"]
    rate = quota.get("ratePerUnit", {})
    if "tokens" in rate:
        return "tpm", rate["tokens"]["count"] * 60 // rate["tokens"]["windowSeconds"]
    features = set(model["capabilities"]["features"])
    counts_requests = "requests" in rate or quota["usageName"].endswith(".MaaS")
    if counts_requests or features & {"image-generation", "ocr", "transcription"}:
        return "units", 1
    return "tpm", kind["amountPerUnit"]
