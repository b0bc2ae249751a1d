"""What Azure says today of quota and models: the live side of the catalogue's facts."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from modelform.azure.arm import Arm
from modelform.record import dataclass

API_VERSION = "2025-06-01"


@dataclass(frozen=True, slots=True)
class Usage:
    """One quota of a subscription in a region: `name` is ARM's usageName; both numbers are in units of the sku."""

    name: str
    current: float
    limit: float
    title: str = ""

    @property
    def left(self) -> float:
        """What may still be used; never below nothing."""
        return max(self.limit - self.current, 0)


@dataclass(frozen=True, slots=True)
class OfferedSku:
    """One way that a model is offered: sku, the quota that it counts against, and its capacity's bounds."""

    name: str
    usage_name: str
    minimum: int | None = None
    maximum: int | None = None
    step: int | None = None
    default: int | None = None
    retires: str = ""


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model that accounts of `kind` in a region may deploy; dates are ARM's texts."""

    kind: str
    format: str
    name: str
    version: str
    is_default: bool = False
    lifecycle: str = ""
    retires: str = ""
    skus: tuple[OfferedSku, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much of a model's sku can be deployed in a region now, in the sku's units."""

    location: str
    sku: str
    available: float


def _scope(arm: Arm, subscription: str) -> str:
    return f"/subscriptions/{subscription or arm.connection.subscription}/providers/Microsoft.CognitiveServices"


def usages(arm: Arm, location: str, subscription: str = "", *, timeout: float = 0) -> dict[str, Usage]:
    """Every quota of a subscription in a region, by usageName; `timeout` in seconds, for all of it."""
    found = {}
    for item in arm.items(f"{_scope(arm, subscription)}/locations/{location}/usages", API_VERSION, timeout=timeout):
        name = item.get("name") or {}
        usage = Usage(
            str(name.get("value") or ""),
            float(item.get("currentValue") or 0),
            float(item.get("limit") or 0),
            str(name.get("localizedValue") or ""),
        )
        found[usage.name] = usage
    return found


def models(arm: Arm, location: str, subscription: str = "") -> list[OfferedModel]:
    """Every model that accounts in a region may deploy, and how."""
    return [
        _model(item)
        for item in arm.items(f"{_scope(arm, subscription)}/locations/{location}/models", API_VERSION)
        if isinstance(item.get("model"), dict)
    ]


def _model(item: dict[str, Any]) -> OfferedModel:
    model = item["model"]
    return OfferedModel(
        kind=str(item.get("kind") or ""),
        format=str(model.get("format") or ""),
        name=str(model.get("name") or ""),
        version=str(model.get("version") or ""),
        is_default=bool(model.get("isDefaultVersion")),
        lifecycle=str(model.get("lifecycleStatus") or ""),
        retires=str((model.get("deprecation") or {}).get("inference") or ""),
        skus=tuple(_sku(sku) for sku in model.get("skus") or []),
    )


def _sku(sku: dict[str, Any]) -> OfferedSku:
    capacity = sku.get("capacity") or {}
    return OfferedSku(
        name=str(sku.get("name") or ""),
        usage_name=str(sku.get("usageName") or ""),
        minimum=capacity.get("minimum"),
        maximum=capacity.get("maximum"),
        step=capacity.get("step"),
        default=capacity.get("default"),
        retires=str(sku.get("deprecationDate") or ""),
    )


def capacities(arm: Arm, format: str, name: str, version: str, subscription: str = "") -> list[Capacity]:
    """Where a model can be deployed now, and how much of it, in every region and sku."""
    asked = {"modelFormat": format, "modelName": name, "modelVersion": version}
    found = []
    for item in arm.items(f"{_scope(arm, subscription)}/modelCapacities", API_VERSION, params=asked):
        properties = item.get("properties") or {}
        found.append(
            Capacity(
                str(item.get("location") or ""),
                str(properties.get("skuName") or item.get("name") or ""),
                float(properties.get("availableCapacity") or 0),
            )
        )
    return found
