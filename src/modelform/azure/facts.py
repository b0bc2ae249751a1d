"""What Azure says today of quota and models: the live side of the catalogue's facts."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from modelform.azure.arm import Arm
from modelform.azure.failures import ArmError, arm_error
from modelform.record import dataclass

API_VERSION = "2025-06-01"
SUBSCRIPTIONS_VERSION = "2022-12-01"


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
    """One way that a model is offered: sku, the quota that it counts against, bounds of capacity, ids of its meters."""

    name: str
    usage_name: str
    minimum: int | None = None
    maximum: int | None = None
    step: int | None = None
    default: int | None = None
    retires: str = ""
    meters: tuple[str, ...] = ()


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
    publisher: str = ""
    capabilities: tuple[str, ...] = ()


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
    path = f"{_scope(arm, subscription)}/locations/{location}/usages"
    found = {}
    for item in arm.items(path, API_VERSION, timeout=timeout):
        name = item.get("name")
        if not isinstance(name, dict) or not name.get("value"):
            raise _unexpected(path, "a quota without a name")
        text = str(name["value"])
        found[text] = Usage(
            text,
            _number(item.get("currentValue", 0), path, text),
            _number(item.get("limit"), path, text),
            str(name.get("localizedValue") or ""),
        )
    return found


def models(arm: Arm, location: str, subscription: str = "", *, timeout: float = 0) -> list[OfferedModel]:
    """Every model that accounts in a region may deploy, and how."""
    path = f"{_scope(arm, subscription)}/locations/{location}/models"
    return [
        _model(item, path)
        for item in arm.items(path, API_VERSION, timeout=timeout)
        if isinstance(item.get("model"), dict)
    ]


def _model(item: dict[str, Any], path: str) -> OfferedModel:
    model = item["model"]
    named = [model.get(part) for part in ("format", "name", "version")]
    if not all(isinstance(part, str) and part for part in named):
        raise _unexpected(path, "a model without format, name and version")
    capabilities = model.get("capabilities")
    deprecation = model.get("deprecation")
    return OfferedModel(
        kind=str(item.get("kind") or ""),
        format=model["format"],
        name=model["name"],
        version=model["version"],
        is_default=bool(model.get("isDefaultVersion")),
        lifecycle=str(model.get("lifecycleStatus") or ""),
        retires=str(deprecation.get("inference") or "") if isinstance(deprecation, dict) else "",
        skus=tuple(_sku(sku) for sku in model.get("skus") or [] if isinstance(sku, dict)),
        publisher=str(model.get("publisher") or ""),
        capabilities=tuple(name for name, value in capabilities.items() if value == "true")
        if isinstance(capabilities, dict)
        else (),
    )


def _sku(sku: dict[str, Any]) -> OfferedSku:
    found = sku.get("capacity")
    capacity = found if isinstance(found, dict) else {}
    costs = [cost for cost in sku.get("cost") or [] if isinstance(cost, dict)]
    return OfferedSku(
        name=str(sku.get("name") or ""),
        usage_name=str(sku.get("usageName") or ""),
        minimum=_whole(capacity.get("minimum")),
        maximum=_whole(capacity.get("maximum")),
        step=_whole(capacity.get("step")),
        default=_whole(capacity.get("default")),
        retires=str(sku.get("deprecationDate") or ""),
        meters=tuple(str(cost["meterId"]) for cost in costs if cost.get("meterId")),
    )


def offer_kind(arm: Arm, subscription: str = "", *, timeout: float = 0) -> str:
    """What kind of offer a subscription is of, ARM's `quotaId` (`PayAsYouGo_2014-09-01`); empty where ARM has none."""
    path = f"/subscriptions/{subscription or arm.connection.subscription}"
    policies = arm.get(path, SUBSCRIPTIONS_VERSION, timeout=timeout).get("subscriptionPolicies")
    return str(policies.get("quotaId") or "") if isinstance(policies, dict) else ""


def account_regions(arm: Arm, subscription: str = "", *, timeout: float = 0) -> list[str]:
    """The regions where a subscription may have accounts of the kind AIServices: ARM's skus without a restriction."""
    found: set[str] = set()
    for item in arm.items(f"{_scope(arm, subscription)}/skus", API_VERSION, timeout=timeout):
        if item.get("kind") == "AIServices" and not item.get("restrictions"):
            found |= {_region(place) for place in item.get("locations") or []}
    return sorted(found)


def capacities(
    arm: Arm, format: str, name: str, version: str, subscription: str = "", *, timeout: float = 0
) -> list[Capacity]:
    """Where a model can be deployed now, and how much of it, in every region and sku."""
    asked = {"modelFormat": format, "modelName": name, "modelVersion": version}
    path = f"{_scope(arm, subscription)}/modelCapacities"
    found = []
    for item in arm.items(path, API_VERSION, params=asked, timeout=timeout):
        properties = item.get("properties")
        if not isinstance(properties, dict) or not item.get("location"):
            raise _unexpected(path, "a capacity without a place")
        sku = str(properties.get("skuName") or item.get("name") or "")
        found.append(Capacity(_region(item["location"]), sku, _number(properties.get("availableCapacity"), path, sku)))
    return found


def _region(text: Any) -> str:
    """`Sweden Central` and `SWEDENCENTRAL` are swedencentral."""
    return str(text).replace(" ", "").lower()


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _number(value: Any, path: str, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _unexpected(path, f"{what} without a number")
    return float(value)


def _unexpected(path: str, what: str) -> ArmError:
    return arm_error(0, "UnexpectedAnswer", f"ARM answered {what}", operation=f"GET {path}")
