"""What Azure offers, as the sandbox asks of the catalogue's data: regions, models, skus, limits, retirement by date.

The questions are the sandbox's own, and not those of the catalogue: the sandbox is the other side of the wire, and a
shared mistake would hide there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from modelform.sandbox.exchange import Json

GONE = "retired-unless-live-check-passes"


@dataclass(frozen=True)
class Offers:
    """The catalogue's data, indexed."""

    data: Mapping[str, Any]

    @cached_property
    def regions(self) -> list[str]:
        """Every region that there is."""
        return sorted(self.data["regions"])

    @cached_property
    def account_regions(self) -> list[str]:
        """The regions that take CognitiveServices accounts."""
        return sorted(name for name, facts in self.data["regions"].items() if facts.get("aiServicesAccounts"))

    def display_name(self, region: str) -> str:
        """A region's name for people."""
        return str(self.data["regions"].get(region, {}).get("displayName", region))

    @cached_property
    def _deployable(self) -> dict[tuple[str, str], list[Json]]:
        index: dict[tuple[str, str], list[Json]] = {}
        for model in self.data["models"]:
            if model.get("deployment"):
                index.setdefault((model["format"].lower(), model["name"].lower()), []).append(model)
        return index

    def versions(self, format: str, name: str) -> list[Json]:
        """The models of a format and name that can be deployed, oldest first as the catalogue has them."""
        return self._deployable.get((format.lower(), name.lower()), [])

    def model(self, format: str, name: str, version: str | None, today: date) -> Json | None:
        """One model; without a version the service's default: the newest that is generally available, or the newest."""
        found = self.versions(format, name)
        if version is not None:
            return next((model for model in found if model["version"].lower() == version.lower()), None)
        alive = [model for model in found if self.retired_since(model, today) is None] or found
        settled = [model for model in alive if model["lifecycle"]["status"] == "ga"] or alive
        return max(settled, key=lambda model: str(model["version"]), default=None)

    def retirement(self, format: str, name: str, version: str | None) -> str | None:
        """The retirement date of a model that the catalogue lists only as retired."""
        for model in self.data["retired"]:
            same = (model.get("format") or "").lower() == format.lower() and model["name"].lower() == name.lower()
            if same and (model["version"] is None or version is None or model["version"] == version):
                return str(model["retirementDate"] or "")
        return None

    @staticmethod
    def retired_since(model: Json, today: date) -> str | None:
        """Since when (ISO date, or an empty text) a model is retired; None while it lives.

        The date of a preview means "not sooner than", and does not retire it.
        """
        life = model["lifecycle"]
        day = life.get("retirementDate")
        if life["status"] == "retired" or life.get("treatAs") == GONE:
            return day or ""
        passed = day is not None and date.fromisoformat(day) <= today
        return (
            str(day)
            if passed and life["status"] != "preview" and life.get("dateMeaning") != "not-sooner-than"
            else None
        )

    def offered(self, region: str) -> Iterable[tuple[Json, dict[str, Json]]]:
        """The models of a region, with their skus there."""
        for model in self.data["models"]:
            skus = ((model.get("deployment") or {}).get("skus")) or {}
            there = {name: sku for name, sku in skus.items() if region in (sku.get("regions") or ())}
            if there:
                yield model, there

    def limit(self, usage: str) -> int:
        """The limit of a usage name in a region: the catalogue's, or its default."""
        limits = self.data["quotaLimits"]
        found = limits.get(usage) or limits.get("*") or {"limit": 0}
        return int(found["limit"])

    def room(self, region: str, sku: str) -> int | None:
        """How many units of a provisioned sku a region has for everybody; None where that is not limited.

        The catalogue knows nothing of it: `rooms` (region -> sku -> units) is for who wants a sold-out region.
        """
        found = self.data.get("rooms", {}).get(region, {}).get(sku)
        return None if found is None else int(found)

    def cap(self, name: str, otherwise: int) -> int:
        """One of the catalogue's `limits` by its name."""
        return int((self.data["limits"].get(name) or {}).get("value", otherwise))

    @cached_property
    def serverless(self) -> dict[str, Json]:
        """The offers of models as a service, by model id in lower case."""
        return {
            model["serverless"]["modelId"].lower(): {**model["serverless"], "model": model}
            for model in self.data["models"]
            if model.get("serverless") and model["serverless"].get("modelId")
        }
