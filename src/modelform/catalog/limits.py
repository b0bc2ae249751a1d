"""The quota that a subscription starts with, by ARM's counter name, from what the documentation and ARM say."""

from __future__ import annotations

from typing import Any

Fact = dict[str, Any]

UNKNOWN = "*"


def quota_limits(quotas: Fact, models: list[Fact], skus: Fact) -> dict[str, Fact]:
    """Counter name to limit in units of `sku.capacity`; `*` is the limit of a counter that nothing is known of.

    For OpenAI's models the tier 1 table counts before what one test subscription had; for all others it is the
    other way round, since the documentation has one number for most of them and ARM contradicts it.
    """
    observed = {name.lower(): (name, rows) for name, rows in quotas["observed"]["rows"].items()}
    limits: dict[str, Fact] = {}
    for model in models:
        for sku, offer in ((model["deployment"] or {}).get("skus") or {}).items():
            name = offer["quota"]["usageName"]
            if name not in limits:
                limits[name] = _limit(model, sku, offer, quotas, observed, skus[sku])
    covered = {name.lower() for name in limits}
    for lower, (name, rows) in observed.items():
        if lower not in covered:
            limits[name] = _observed(rows, quotas)
    for limit in quotas["limits"].values():
        if "arm" in limit:
            limits[limit["arm"]] = {"limit": limit["value"], "source": limit["source"], "asOf": limit["asOf"]}
    limits[UNKNOWN] = _other(quotas, {"tpm": quotas["nonOpenAIDefaults"]["other"]["tpm"]}, 1000)
    return dict(sorted(limits.items()))


def _limit(model: Fact, sku: str, offer: Fact, quotas: Fact, observed: Fact, kind: Fact) -> Fact:
    quota, name = offer["quota"], model["name"]
    capacity = quota["capacity"]
    provisioned = quotas["provisioned"]
    if kind["billing"] == "ptuHour":
        limit, source = provisioned["defaultLimit"], provisioned["defaultLimitSource"]
        return {"limit": limit, "source": source, "asOf": quotas["observed"]["asOf"]}
    seen = observed.get(quota["usageName"].lower())
    documented = _batch(name, sku, quotas) or _tier_one(name, sku, quotas, capacity["amountPerUnit"])
    if documented:
        return documented
    if seen:
        return _observed(seen[1], quotas)
    least = _least_batch(sku, quotas)
    if least:
        return least
    row = quotas["nonOpenAIDefaults"].get(name)
    if isinstance(row, dict):
        return _other(quotas, row, capacity["amountPerUnit"])
    return {**_other(quotas, quotas["nonOpenAIDefaults"]["other"], capacity["amountPerUnit"]), "inferred": True}


def _batch(name: str, sku: str, quotas: Fact) -> Fact | None:
    for row in quotas["batch"].get(sku, ()):
        if row["model"] == name:
            batch = quotas["batch"]
            return {"limit": row["default"] // 1000, "source": batch["source"], "asOf": batch["asOf"]}
    return None


def _least_batch(sku: str, quotas: Fact) -> Fact | None:
    batch = quotas["batch"]
    known = [row["default"] // 1000 for row in batch.get(sku, ())]
    if not known:
        return None
    return {"limit": min(known), "source": batch["source"], "asOf": batch["asOf"], "inferred": True}


def _tier_one(name: str, sku: str, quotas: Fact, per_unit: int) -> Fact | None:
    tier = quotas["tiers"]["1"]
    for row in tier["rows"]:
        if row["model"] == name and row["sku"] == sku:
            limit = row["requests"] if row["tpm"] is None else row["tpm"] // per_unit
            return {"limit": limit, "source": tier["source"], "asOf": tier["asOf"]}
    return None


def _observed(rows: Fact, quotas: Fact) -> Fact:
    """The least that the test subscription had in any region, since it is no promise to another one."""
    block = quotas["observed"]
    return {"limit": min(rows.values()), "source": block["source"], "asOf": block["asOf"], "inferred": True}


def _other(quotas: Fact, row: Fact, per_unit: int) -> Fact:
    block = quotas["nonOpenAIDefaults"]
    limit = row["tpm"] // max(per_unit, 1000) if "tpm" in row else row["rpm"]
    return {"limit": limit, "source": row.get("source", block["source"]), "asOf": block["asOf"]}
