"""The questions that the rest of modelform asks of the catalogue; pure, the day is given where dates count."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelform.catalog import prices
from modelform.catalog import residency as places
from modelform.catalog.data import FILE, load
from modelform.catalog.model import (
    RETIRED_UNLESS_LIVE,
    CapacityRules,
    Evidence,
    Model,
    Status,
    evidence,
    read_model,
)
from modelform.catalog.prices import Price
from modelform.catalog.residency import Allowance, Processing, Proof, Region, Scope
from modelform.catalog.search import Candidates, Name, gone, near, slug, version_key
from modelform.record import dataclass

if TYPE_CHECKING:
    from modelform.catalog.merge import Merger
    from modelform.catalog.overlay import Overlay

SERVERLESS = "serverless"
STALE_DAYS = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """What a model's lifecycle means on a day. `days_left` until `retires`; a date in the past made it `retired`.

    `earliest`: the date is the first day on which it may go, as Microsoft gives it for previews.
    """

    status: Status
    retires: date | None
    days_left: int | None
    earliest: bool
    replacement: str | None
    evidence: Evidence
    note: str


@dataclass(frozen=True, slots=True)
class QuotaLimit:
    """What a subscription starts with on a counter of a region, in units of `sku.capacity`."""

    usage_name: str
    limit: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a publisher has its seat, as a country code."""

    country: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Limit:
    """A hard limit of the service."""

    value: int
    evidence: Evidence


class Catalog:
    """The catalogue over its data; models are read from it when they are first asked for."""

    def __init__(self, data: Mapping[str, Any], overlay: Overlay | None = None, merger: Merger | None = None) -> None:
        self.data, self.overlay, self._merger = data, overlay, merger
        self._rows: dict[str, list[Mapping[str, Any]]] = {}
        for row in data["models"]:
            self._rows.setdefault(row["name"].lower(), []).append(row)
        self._models: dict[str, Model] = {}
        self._regions = {name: places.read_region(name, row) for name, row in data["regions"].items()}
        self._allowed: dict[tuple[str, str, str, bool], Allowance] = {}
        self._leaves: dict[tuple[str, str, str, bool], bool] = {}
        self._quota = {name.lower(): (name, row) for name, row in data["quotaLimits"].items()}

    @classmethod
    def load(cls, overlay: str = "", target: str = "") -> Catalog:
        """The catalogue of this installation, with the facts of an overlay's file above it where one is named.

        `target` is the cloud of the stack that asks: what the sandbox said is no fact about Azure. An overlay that
        cannot be used is in `overlay` with its problem, and the catalogue is as without it.
        """
        if not overlay:
            return cls(load())
        return cls(*_overlaid(overlay, target, _stamp(overlay)))

    @classmethod
    def with_overlay(cls, document: dict[str, Any], path: str) -> Catalog:
        """The catalogue of this installation with the facts of an overlay that is no file yet."""
        from modelform.catalog.merge import Merger
        from modelform.catalog.overlay import Overlay

        merger = Merger(load(), document)
        return cls(merger.whole(), Overlay(path, document["asOf"], document["target"]), merger)

    def whole(self) -> dict[str, Any]:
        """All of the data with an overlay's facts in every row, as the sandbox takes it."""
        merge = self._merger.model if self._merger else dict
        return {**self.data, "models": [merge(dict(row)) for row in self.data["models"]]}

    @property
    def version(self) -> str:
        """The day on which the data was put together."""
        return str(self.data["version"])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the data: of the files' bytes where it is this installation's, which is quicker."""
        if self.data is load():
            return sha256(FILE.read_bytes()).hexdigest()
        if self.overlay is not None and self.overlay.digest:
            return sha256(FILE.read_bytes() + self.overlay.digest.encode()).hexdigest()
        return sha256(json.dumps(self.data, sort_keys=True).encode()).hexdigest()

    @property
    def newest_fact(self) -> date:
        """The day of the newest fact in it."""
        return date.fromisoformat(self.data["newestFact"])

    def known_on(self, region: str) -> date:
        """The day of what is known of a region's offers: Azure's own answer for it, or else the newest fact."""
        return date.fromisoformat(self._merger.known_on(region)) if self._merger else self.newest_fact

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """Every version of every model."""
        return tuple(self._model(row) for row in self.data["models"])

    @property
    def regions(self) -> Mapping[str, Region]:
        """Azure's regions by name."""
        return self._regions

    @property
    def publishers(self) -> tuple[str, ...]:
        """The publishers that the catalogue has models of."""
        return tuple(self.data["publishers"])

    def seat(self, publisher: str) -> Seat | None:
        """The country that a publisher has its seat in; None where the catalogue does not know the publisher."""
        row = self.data["publishers"].get(publisher)
        return Seat(row["country"], evidence(row)) if row else None

    # Models by name

    def model(self, model_id: str) -> Model | None:
        """The model of exactly this id (`mistral-ai/Mistral-Large-3@1`)."""
        if model_id in self._models:
            return self._models[model_id]
        name = Name.parse(model_id).name
        return next((self._model(row) for row in self._rows.get(name, ()) if row["id"] == model_id), None)

    def by_arm(self, format: str, name: str, version: str) -> Model | None:
        """The model that a deployment's `properties.model` names; letter case does not count in ARM."""
        for row in self._rows.get(name.lower(), ()):
            if row["format"].lower() == format.lower() and row["version"].lower() == version.lower():
                return self._model(row)
        return None

    def versions(self, name: str) -> tuple[Model, ...]:
        """Every version of a model's ARM name, oldest first."""
        rows = self._rows.get(name.lower(), ())
        return tuple(self._model(row) for row in sorted(rows, key=lambda row: version_key(row["version"])))

    def find(self, text: str, *, today: date | None = None) -> Model | Candidates:
        """The model that a person means, or what comes near. Without a version, the newest that is not retired
        (and rather one that is not in preview). Of one that is gone, what is there in its place."""
        found = self.named(text, today)
        if not isinstance(found, Candidates) or found.reason != "retired":
            return found
        if not found.replacement:
            return replace(found, near=tuple(self.suggest(text)))
        from modelform.catalog.heirs import heir

        last = heir(self, found.replacement, today or self.newest_fact)
        return replace(found, heir=f"{last.name.lower()}@{last.version}") if last else found

    def named(self, text: str, today: date | None) -> Model | Candidates:
        """As `find`, without looking for what took the place of a model that is gone."""
        wanted = Name.parse(text)
        found = [m for m in self.versions(wanted.name) if not wanted.publisher or self._published_by(m, wanted)]
        if not found:
            return self._not_found(text, wanted)
        if len({m.slug for m in found}) > 1:
            return Candidates(text, "ambiguous", tuple(sorted({f"{m.slug}/{m.name}" for m in found})))
        if wanted.version:
            exact = [m for m in found if m.version.lower() == wanted.version.lower()]
            if exact:
                return exact[0]
            lost = gone(text, wanted, self.data["retired"])
            return lost or Candidates(text, "version", tuple(f"{m.name}@{m.version}" for m in found))
        return max(found, key=lambda m: (*self._liveness(m, today), version_key(m.version)))

    def suggest(self, text: str) -> list[str]:
        """Names of models that come near a text, best first, live ones only; never the text itself."""
        wanted = Name.parse(text)
        alive = (m for m in self.models if m.lifecycle.status != "retired" and not m.lifecycle.treat_as)
        names = {m.name for m in alive} - {text}
        return near(wanted.name, names)

    def _published_by(self, model: Model, wanted: Name) -> bool:
        return wanted.publisher in (model.slug, slug(model.publisher), slug(model.format))

    def _not_found(self, text: str, wanted: Name) -> Candidates:
        lost = gone(text, wanted, self.data["retired"])
        if lost:
            return lost
        if any(row["name"].lower() == wanted.name for row in self.data["known"]):
            return Candidates(text, "no-facts", tuple(self.suggest(text)))
        same = tuple(f"{m.slug}/{m.name}" for m in self.versions(wanted.name)[:1])
        return Candidates(text, "unknown", same or tuple(self.suggest(text)))

    def _liveness(self, model: Model, today: date | None) -> tuple[bool, bool]:
        status = self.lifecycle(model, today).status if today else model.lifecycle.status
        return status != "retired", status != "preview"

    def _model(self, row: Mapping[str, Any]) -> Model:
        model_id = row["id"]
        if model_id not in self._models:
            self._models[model_id] = read_model(row if self._merger is None else self._merger.model(dict(row)))
        return self._models[model_id]

    # Offers

    def skus_in(self, model: Model, region: str) -> tuple[str, ...]:
        """The skus of a model in a region, with `serverless` where a hub there can host it."""
        skus = model.skus_in(region)
        return (*skus, SERVERLESS) if region in model.regions_for(SERVERLESS) else skus

    def regions_for(self, model: Model, sku: str) -> tuple[str, ...]:
        """The regions where a model has a sku."""
        return model.regions_for(sku)

    def serverless_regions(self, model: Model) -> tuple[str, ...]:
        """The regions where a hub project can have the model as a serverless endpoint."""
        return model.regions_for(SERVERLESS)

    def usage_name(self, model: Model, sku: str) -> str | None:
        """ARM's name of the quota counter that a deployment draws on; None where the model has no such sku."""
        offer = model.offers.get(sku)
        return offer.usage_name if offer else None

    def quota_limit(self, usage_name: str) -> QuotaLimit:
        """What a subscription starts with on a counter, in units of `sku.capacity`; letter case does not count."""
        name, row = self._quota.get(usage_name.lower(), (usage_name, self.data["quotaLimits"]["*"]))
        return QuotaLimit(name, row["limit"], evidence(row))

    def capacity_rules(self, model: Model, sku: str) -> CapacityRules | None:
        """Unit and bounds of a sku's capacity; None for serverless endpoints and for skus that the model has not."""
        offer = model.offers.get(sku)
        return offer.capacity if offer else None

    def rooms(self, model: Model, sku: str) -> tuple[str, Mapping[str, float]]:
        """The day on which Azure was asked how much of a provisioned sku can be deployed, and how much, by region."""
        return self._merger.rooms(model.format, model.name, model.version, sku) if self._merger else ("", {})

    def limit(self, name: str) -> Limit:
        """A hard limit by its name in quotas.yaml, such as `standardDeploymentsPerAccount`."""
        row = self.data["limits"][name]
        return Limit(row["value"], evidence(row))

    @property
    def currency(self) -> str:
        """The currency of the installation's prices."""
        return str(self.data["prices"]["currency"])

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies that prices are known in: the installation's, and those that Azure was asked for."""
        return (self.currency, *(self._merger.currencies() if self._merger else ()))

    def price(self, model: Model, sku: str, region: str, currency: str = "") -> Price | None:
        """What a model costs in a sku and region (`serverless` too); None where no price was found.

        In another currency than the installation's only Azure's own list knows one: nothing is converted.
        """
        if currency and currency != self.currency:
            return prices.asked(self._merger, model, sku, region, currency)
        if sku == SERVERLESS:
            block = model.serverless.price if model.serverless else None
        else:
            block = model.offers[sku].price if sku in model.offers else None
        if not block:
            return None
        place = self._regions.get(region)
        return prices.listed(self.data, block, region, place.data_zone if place else None, self.scope(sku))

    def priced_on(self, region: str, currency: str) -> str:
        """The day on which Azure was asked for a region's prices in another currency; empty where it was not."""
        return self._merger.priced_on(region, currency) if self._merger else ""

    def part_price(self, name: str, region: str, currency: str = "") -> Price | None:
        """What a hub's part or a private endpoint costs (a name under `parts` in prices.yaml); None: not known."""
        return prices.part(self.data, self._merger, name, region, currency or self.currency)

    # Where prompts are processed

    def scope(self, sku: str) -> Scope:
        """How far from its region a deployment of a sku may be processed."""
        if sku == SERVERLESS:
            return "geography"
        kind: Scope = self.data["skus"][sku]["processingScope"]
        return kind

    def processing(self, sku: str, region: str, model: Model | None = None) -> Processing:
        """Where prompts to a sku in a region are processed. Raises KeyError for a region or sku that does not exist."""
        scope: Scope = "publisher" if model and model.hosting == "publisher" else self.scope(sku)
        place = self._regions[region]
        zone = self.data["zones"].get(place.data_zone or "", {})
        facts = self.data["serverlessEndpoints"] if sku == SERVERLESS else self.data["skuFacts"]
        return places.locate(scope, place, self._regions.values(), zone.get("countriesNamed", ()), evidence(facts))

    def allowed_by(self, residency: str | None, sku: str, region: str, model: Model | None = None) -> Allowance:
        """Whether a residency policy (None allows all) lets prompts be processed as the sku does it in the region."""
        wanted = residency or places.ANYWHERE
        asked = (wanted, sku, region, model is not None and model.hosting == "publisher")
        if asked not in self._allowed:
            processing = self.processing(sku, region, model)
            self._allowed[asked] = places.judge(wanted, self._regions[region], self._regions.values(), processing)
        return self._allowed[asked]

    def may_leave(self, residency: str | None, sku: str, region: str, model: Model | None = None) -> bool:
        """Whether moves inside the region's Azure geography, which Microsoft may make, would break the policy."""
        asked = (residency or places.ANYWHERE, sku, region, model is not None and model.hosting == "publisher")
        if asked not in self._leaves:
            caveat = self.processing(sku, region, model).caveat
            geography = self._regions[region].geography
            others = [name for name, place in self._regions.items() if place.geography == geography]
            stays = all(self.allowed_by(residency, sku, name, model) for name in others)
            self._leaves[asked] = bool(caveat) and not stays
        return self._leaves[asked]

    def proof(self, residency: str | None, sku: str, region: str, model: Model | None = None) -> Proof:
        """How well it is proven that prompts stay where a policy that allows the sku there wants them."""
        own_terms = model is not None and (model.lifecycle.status == "preview" or model.sold_by != "Azure")
        leaves = self.may_leave(residency, sku, region, model)
        return places.prove(residency, self.processing(sku, region, model), leaves=leaves, own_terms=own_terms)

    def at_rest(self, region: str) -> Processing:
        """Where what is stored in a region is kept: in its Azure geography. Raises KeyError for an unknown region."""
        place = self._regions[region]
        return places.locate("geography", place, self._regions.values(), (), evidence(self.data["skuFacts"]))

    def rest_allowed(self, residency: str | None, region: str) -> bool:
        """Whether a policy lets data be stored in a region."""
        place = self._regions[region]
        stored = places.locate("region", place, self._regions.values(), (), evidence(self.data["skuFacts"]))
        return bool(places.judge(residency or places.ANYWHERE, place, self._regions.values(), stored))

    def rest_proof(self, residency: str | None, region: str) -> Proof:
        """How well it is proven that stored data stays where a policy that allows the region wants it."""
        geography = self._regions[region].geography
        others = [name for name, place in self._regions.items() if place.geography == geography]
        leaves = not all(self.rest_allowed(residency, name) for name in others)
        return places.prove(residency, self.at_rest(region), leaves=leaves, own_terms=False)

    def residencies(self) -> tuple[str, ...]:
        """Every value that `residency` may have: the words, country codes, regions."""
        countries = sorted({region.country for region in self._regions.values()})
        return (*places.WORDS, *countries, *self._regions)

    def is_residency(self, text: str) -> bool:
        """Whether a text is a residency; country codes in capitals, as everywhere in the file."""
        return text in self.residencies()

    # Choices

    def lifecycle(self, model: Model, today: date) -> Standing:
        """What a model's lifecycle means on a day: a date that has passed outweighs the status that a source gave."""
        facts = model.lifecycle
        status, proof, note = facts.status, facts.evidence, facts.conflict or facts.note
        if facts.treat_as == RETIRED_UNLESS_LIVE and proof.confidence != "live":
            status, proof = "retired", Evidence(proof.source, proof.as_of, "inferred")
        elif facts.retirement and facts.retirement <= today and not facts.not_sooner_than:
            status = "retired"
        left = (facts.retirement - today).days if facts.retirement else None
        return Standing(status, facts.retirement, left, facts.not_sooner_than, facts.replacement, proof, note)

    def allowed_skus(self, model: Model, region: str, residency: str | None) -> tuple[str, ...]:
        """The skus of a model in a region that a residency policy allows."""
        return tuple(sku for sku in self.skus_in(model, region) if self.allowed_by(residency, sku, region, model))

    def allowed_regions(self, model: Model, sku: str, residency: str | None) -> tuple[str, ...]:
        """The regions that have a sku of a model, and where a residency policy allows it."""
        return tuple(
            region
            for region in model.regions_for(sku)
            if region in self._regions and self.allowed_by(residency, sku, region, model)
        )

    def nearest(self, regions: Iterable[str], region: str) -> tuple[str, ...]:
        """Regions with those first that share the geography, then the data zone, of a region."""
        here = self._regions.get(region)

        def distance(name: str) -> tuple[bool, bool, str]:
            there = self._regions[name]
            return (
                here is None or there.geography != here.geography,
                here is None or there.data_zone != here.data_zone,
                name,
            )

        return tuple(sorted((name for name in regions if name in self._regions), key=distance))

    def cheapest_sku(self, model: Model, region: str, residency: str | None = None) -> str | None:
        """The cheapest pay-as-you-go sku of a model in a region that a policy allows; None where there is none.

        Provisioned and batch skus are never a default: the one bills by the hour, the other answers within a day.
        Without a price, the order in which Azure releases skus decides, which is also the usual order of prices.
        """
        order = {sku: place for place, sku in enumerate(self.data["releaseOrder"])}
        offered = [sku for sku in self.allowed_skus(model, region, residency) if self._pay_as_you_go(sku)]
        return min(offered, key=lambda sku: (self._cost(model, sku, region), order[sku]), default=None)

    def _pay_as_you_go(self, sku: str) -> bool:
        kind = self.data["skus"].get(sku, {})
        return kind.get("billing") == "token" and "discountOf" not in kind and sku in self.data["releaseOrder"]

    def _cost(self, model: Model, sku: str, region: str) -> float:
        """What three tokens in and one out cost, the usual mix; a sku without a price counts like its scope's rule."""
        price = self.price(model, sku, region)
        if price and ("input" in price.rates or "output" in price.rates):
            return 3 * price.rates.get("input", 0.0) + price.rates.get("output", 0.0)
        known = self.price(model, "GlobalStandard", region) if sku != "GlobalStandard" else None
        if known and "input" in known.rates:
            return 1.1 * (3 * known.rates["input"] + known.rates.get("output", 0.0))
        return 0.0


def _stamp(path: str) -> tuple[int, int]:
    """What changes when a file does."""
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@cache
def _overlaid(path: str, target: str, stamp: tuple[int, int]) -> tuple[Mapping[str, Any], Overlay, Merger | None]:
    """The data with an overlay's facts, the overlay, and what merges the rows; made once for a file as it is."""
    from modelform.catalog.overlay import read

    data = load()
    overlay, document = read(path, target, data["newestFact"])
    if not document:
        return data, overlay, None
    from modelform.catalog.merge import Merger

    merger = Merger(data, document)
    return merger.whole(), overlay, merger
