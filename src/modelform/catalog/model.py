"""One model of the catalogue as values: identity, lifecycle, offers by sku, serverless offer, prices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from modelform.record import dataclass

Confidence = Literal["live", "official", "third-party", "inferred"]
Status = Literal["preview", "ga", "legacy", "deprecated", "retired"]
Unit = Literal["tpm", "ptu", "enqueuedTokens", "units"]

RETIRED_UNLESS_LIVE = "retired-unless-live-check-passes"
LIVE_SOURCE = "azure-models"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a fact comes from, of which day it is, and how far it can be trusted."""

    source: str
    as_of: str
    confidence: Confidence

    @property
    def stops(self) -> bool:
        """Only what Azure or Microsoft says stops a plan; what others say, or what we infer, warns."""
        return self.confidence in ("live", "official")


@dataclass(frozen=True, slots=True)
class CapacityRules:
    """Unit and bounds of ARM's `sku.capacity`; `amount_per_unit` of the unit (tokens, PTU) make one of it.

    `inferred`: ARM's own bounds for this offer were not seen. `maximum` None: no bound is known.
    """

    unit: Unit
    amount_per_unit: int
    minimum: int
    maximum: int | None
    step: int
    default: int
    inferred: bool
    evidence: Evidence

    def problem(self, capacity: int) -> str:
        """What is wrong with a `sku.capacity`, in the unit that a person writes; empty when nothing is."""
        if capacity < self.minimum:
            return f"at least {self._shown(self.minimum)}"
        if self.maximum is not None and capacity > self.maximum:
            return f"at most {self._shown(self.maximum)}"
        if (capacity - self.minimum) % self.step:
            return f"{self._shown(self.minimum)} and then in steps of {self._shown(self.step)}"
        return ""

    def _shown(self, units: int) -> str:
        return f"{units * self.amount_per_unit} {self.unit}"


@dataclass(frozen=True, slots=True)
class Offer:
    """A sku of a model: where it is on offer, which counter it draws on, what its capacity may be.

    `asked` are the regions of which Azure itself said whether it is on offer there, on the day `asked_on`.
    """

    sku: str
    regions: tuple[str, ...]
    usage_name: str
    usage_name_inferred: bool
    capacity: CapacityRules
    evidence: Evidence
    partial: str
    price: Mapping[str, Any] | None
    asked: frozenset[str] = frozenset()
    asked_on: str = ""

    def at(self, region: str) -> Evidence:
        """The evidence of its being, or not being, on offer in a region."""
        return Evidence(LIVE_SOURCE, self.asked_on, "live") if region in self.asked else self.evidence


@dataclass(frozen=True, slots=True)
class MarketplacePlan:
    """What a marketplace subscription buys."""

    publisher_id: str
    offer_id: str
    plan_id: str


@dataclass(frozen=True, slots=True)
class Serverless:
    """The model as a serverless endpoint of a hub project; `asset` is its registry id."""

    asset: str
    regions: tuple[str, ...]
    needs_marketplace: bool
    plan: MarketplacePlan | None
    evidence: Evidence
    price: Mapping[str, Any] | None
    note: str


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What the sources say of a model's life; `Catalog.lifecycle` says what that means on a day."""

    status: Status
    retirement: date | None
    not_sooner_than: bool
    replacement: str | None
    evidence: Evidence
    conflict: str
    treat_as: str
    note: str


@dataclass(frozen=True, slots=True)
class Model:
    """A version of a model; `id` is `publisher/Name@version`, `format`, `name` and `version` are ARM's."""

    id: str
    publisher: str
    format: str
    name: str
    version: str
    lifecycle: Lifecycle
    features: tuple[str, ...]
    languages: tuple[str, ...]
    hosting: str
    sold_by: str
    offers: Mapping[str, Offer]
    serverless: Serverless | None
    regions_unknown: bool
    other_versions: tuple[str, ...]
    raw: Mapping[str, Any]

    @property
    def slug(self) -> str:
        """The publisher as it stands in the id: `mistral-ai`."""
        return self.id.partition("/")[0]

    def skus_in(self, region: str) -> tuple[str, ...]:
        """The skus on offer in a region, in the catalogue's order."""
        return tuple(sku for sku, offer in self.offers.items() if region in offer.regions)

    def regions_for(self, sku: str) -> tuple[str, ...]:
        """The regions where a sku (or `serverless`) is on offer, by name."""
        if sku == "serverless":
            return self.serverless.regions if self.serverless else ()
        offer = self.offers.get(sku)
        return offer.regions if offer else ()


def evidence(fact: Mapping[str, Any]) -> Evidence:
    """The evidence of a fact."""
    return Evidence(fact["source"], fact["asOf"], fact["confidence"])


def read_model(row: Mapping[str, Any]) -> Model:
    """A model from its row of the catalogue's data."""
    deployment = row["deployment"] or {"skus": {}}
    return Model(
        id=row["id"],
        publisher=row["publisher"],
        format=row["format"],
        name=row["name"],
        version=row["version"],
        lifecycle=_lifecycle(row["lifecycle"]),
        features=tuple(row["capabilities"]["features"]),
        languages=tuple(row["capabilities"]["languages"]),
        hosting=row["hosting"],
        sold_by=row["soldBy"],
        offers={sku: _offer(sku, fact) for sku, fact in deployment["skus"].items()},
        serverless=_serverless(row["serverless"]) if row["serverless"] else None,
        regions_unknown=bool(deployment.get("regionsUnknown")),
        other_versions=tuple(row.get("otherVersions", {}).get("versions", ())),
        raw=row,
    )


def _lifecycle(fact: Mapping[str, Any]) -> Lifecycle:
    day = fact["retirementDate"]
    return Lifecycle(
        status=fact["status"],
        retirement=date.fromisoformat(day) if day else None,
        not_sooner_than=fact.get("dateMeaning") == "not-sooner-than",
        replacement=fact["replacement"],
        evidence=evidence(fact),
        conflict=fact.get("conflict", ""),
        treat_as=fact.get("treatAs", ""),
        note=fact.get("note", ""),
    )


def _offer(sku: str, fact: Mapping[str, Any]) -> Offer:
    quota = fact["quota"]
    bounds = quota["capacity"]
    return Offer(
        sku=sku,
        regions=tuple(fact["regions"]),
        usage_name=quota["usageName"],
        usage_name_inferred=quota["inferred"],
        capacity=CapacityRules(
            unit=bounds["unit"],
            amount_per_unit=bounds["amountPerUnit"],
            minimum=bounds["minimum"],
            maximum=bounds["maximum"],
            step=bounds["step"],
            default=bounds["default"],
            inferred=bounds["inferred"],
            evidence=evidence(bounds),
        ),
        evidence=evidence(fact),
        partial=fact.get("partial", ""),
        price=fact["price"],
        asked=frozenset(fact.get("asked", ())),
        asked_on=fact.get("askedOn", fact["asOf"]),
    )


def _serverless(fact: Mapping[str, Any]) -> Serverless:
    plan = fact["marketplace"]
    return Serverless(
        asset=fact["modelId"],
        regions=tuple(fact["regions"]),
        needs_marketplace=fact["needsMarketplaceSubscription"],
        plan=MarketplacePlan(plan["publisherId"], plan["offerId"], plan["planId"]) if plan else None,
        evidence=evidence(fact),
        price=fact["price"],
        note=fact.get("regionsNote", ""),
    )
