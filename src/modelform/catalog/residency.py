"""Where prompts are processed, by sku and region, and which residency policy that satisfies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from modelform.catalog.model import Evidence
from modelform.record import dataclass

Scope = Literal["region", "geography", "dataZone", "global", "publisher"]
Proof = Literal["unproven", "documented", "contractual"]

PROOFS: tuple[Proof, ...] = ("unproven", "documented", "contractual")

ANYWHERE = "global"
EU_MEMBERS = "eu"
BOUNDARY = "eu-data-zone"
ZONES = {"us-data-zone": "us", "eu-data-zone": "eu", "apac-data-zone": "apac"}
WORDS = (ANYWHERE, *ZONES, EU_MEMBERS)


@dataclass(frozen=True, slots=True)
class Region:
    """An Azure region: its country, Azure geography, data zone, and what can be made there."""

    name: str
    display_name: str
    country: str
    geography: str
    data_zone: str | None
    eu: bool
    efta: bool
    eu_data_boundary: bool
    ai_services_accounts: bool
    foundry_projects: bool
    serverless_endpoint_hubs: bool


@dataclass(frozen=True, slots=True)
class Processing:
    """Where prompts to a deployment may be processed; no `countries` means anywhere.

    `caveat` is what weakens the statement, such as moves inside an Azure geography of two countries.
    """

    scope: Scope
    zone: str | None
    countries: tuple[str, ...]
    text: str
    caveat: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a residency policy allows a sku in a region, and why; true when it does."""

    allowed: bool
    reason: str
    processing: Processing

    def __bool__(self) -> bool:
        return self.allowed


def read_region(name: str, row: Mapping[str, Any]) -> Region:
    """A region from its row of the catalogue's data."""
    return Region(
        name=name,
        display_name=row["displayName"],
        country=row["country"],
        geography=row["geography"],
        data_zone=row["dataZone"],
        eu=row["eu"],
        efta=row["efta"],
        eu_data_boundary=row["euDataBoundary"],
        ai_services_accounts=row["aiServicesAccounts"],
        foundry_projects=row["foundryProjects"],
        serverless_endpoint_hubs=row["serverlessEndpointHubs"],
    )


def locate(
    scope: Scope, region: Region, regions: Iterable[Region], named: Iterable[str], proof: Evidence
) -> Processing:
    """Where a deployment of that scope in that region is processed; `named`: countries that the zone's text has."""
    if scope == "global":
        return Processing(scope, None, (), "anywhere in the world", "", proof)
    if scope == "publisher":
        return Processing(scope, None, (), "on the publisher's own infrastructure, outside Azure", "", proof)
    if scope == "dataZone" and not region.data_zone:
        return Processing(
            scope, None, (), f"nowhere that is known: {region.display_name} is in no data zone", "", proof
        )
    if scope == "dataZone":
        zone = region.data_zone
        countries = {r.country for r in regions if r.data_zone == zone} | set(named)
        text = f"anywhere in the {zone} data zone ({', '.join(sorted(countries))})"
        caveat = "the zone is the EU Data Boundary and may grow" if zone == "eu" else ""
        return Processing(scope, zone, tuple(sorted(countries)), text, caveat, proof)
    shared = tuple(sorted({r.country for r in regions if r.geography == region.geography}))
    if scope == "geography":
        text = f"in the Azure geography {region.geography} ({', '.join(shared)})"
        return Processing(scope, region.data_zone, shared, text, "", proof)
    caveat = ""
    if len(shared) > 1:
        caveat = f"may move inside the geography {region.geography} ({', '.join(shared)}) for operations"
    return Processing(scope, region.data_zone, (region.country,), f"in {region.display_name}", caveat, proof)


def judge(residency: str, region: Region, regions: Iterable[Region], processing: Processing) -> Allowance:
    """Whether prompts processed like that stay where the policy wants them.

    `eu` means the member states, so it refuses every DataZone sku: the EU zone has Norway and Switzerland in it.
    """
    if residency == ANYWHERE:
        return Allowance(True, "", processing)
    if processing.scope in ("global", "publisher"):
        return _answer(False, processing)
    if residency in ZONES:
        return _answer(_in_zone(ZONES[residency], region, regions, processing), processing)
    if residency == EU_MEMBERS:
        if processing.scope == "dataZone":
            return Allowance(False, f"{processing.text}, which is more than the EU's member states", processing)
        members = {r.country for r in regions if r.eu}
        return _answer(set(processing.countries) <= members, processing)
    if is_country(residency):
        return _answer(set(processing.countries) == {residency.upper()}, processing)
    return _answer(processing.scope == "region" and region.name == residency, processing)


def is_country(residency: str) -> bool:
    """Whether a residency is written as a country code."""
    return len(residency) == 2 and residency.isalpha() and residency != EU_MEMBERS


def _answer(allowed: bool, processing: Processing) -> Allowance:
    return Allowance(allowed, "" if allowed else processing.text, processing)


def _in_zone(zone: str, region: Region, regions: Iterable[Region], processing: Processing) -> bool:
    if processing.scope == "dataZone":
        return region.data_zone == zone
    places = [region]
    if processing.scope == "geography":
        places = [r for r in regions if r.geography == region.geography]
    return all(r.eu_data_boundary if zone == "eu" else r.data_zone == zone for r in places)


def prove(residency: str | None, processing: Processing, *, leaves: bool, own_terms: bool) -> Proof:
    """How well it is proven that something stays where a policy wants it, given that the policy allows it.

    unproven: another statement lets it leave (`leaves`), or the fact is not Microsoft's. contractual: the policy wants
    no less than the EU Data Boundary, to which Microsoft commits itself in its contracts, and no other terms hold for
    the model (`own_terms`: a preview, or another company's product). documented: all else.
    """
    if residency in (None, ANYWHERE):
        return "documented"
    if leaves or not processing.evidence.stops:
        return "unproven"
    return "contractual" if residency == BOUNDARY and not own_terms else "documented"


def weakest(proofs: Iterable[Proof]) -> Proof:
    """The weakest of some proofs: that of a whole."""
    return min(proofs, key=PROOFS.index, default="documented")
