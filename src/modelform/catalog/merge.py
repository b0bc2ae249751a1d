"""Puts an overlay's facts above the catalogue's: Azure's own word wins, what it contradicts is kept and shown.

Azure was asked region by region. Of a region that was asked its answer is all there is; of the others the catalogue's
facts stay as they are. Nothing of the catalogue's data is changed: what differs is made anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from modelform.catalog.overlay import ACCOUNTS_SOURCE, MODELS_SOURCE, PRICES_SOURCE
from modelform.catalog.search import slug

Json = dict[str, Any]
BOUNDS = ("minimum", "maximum", "step", "default")
TITLES = {
    MODELS_SOURCE: "Azure's answers on models and their skus, region by region",
    ACCOUNTS_SOURCE: "Azure's answer on account skus",
    PRICES_SOURCE: "Azure's retail price list",
}


class Merger:
    """An overlay's facts for the catalogue's rows. Rows are merged when they are read, most never are."""

    def __init__(self, data: Mapping[str, Any], overlay: Json) -> None:
        self._data, self._overlay = data, overlay
        self._asked = {name for name, row in overlay["regions"].items() if "models" in row}

    def whole(self) -> Json:
        """The catalogue's data with all of the overlay's facts but those of models; new models are in it."""
        data, overlay = self._data, self._overlay
        whose = "" if overlay["target"] == "azure" else " (the sandbox's)"
        day = overlay["asOf"]
        sources = {
            name: {"title": title + whose, "official": True, "date": day, "kind": "live"}
            for name, title in TITLES.items()
        }
        merged = {**data, "sources": {**data["sources"], **sources}, "newestFact": max(data["newestFact"], day)}
        _accounts(merged, overlay)
        known = {key_of(row["format"], row["name"], row["version"]) for row in data["models"]}
        new = [_new(row, data) for key, row in sorted(overlay["models"].items()) if key not in known]
        merged["models"] = [*data["models"], *(row for row in new if row is not None)]
        return merged

    def known_on(self, region: str) -> str:
        """The day of what is known of a region's offers."""
        asked: str = self._overlay["regions"].get(region, {}).get("models", "")
        return max(asked, str(self._data["newestFact"]))

    def rooms(self, format: str, name: str, version: str, sku: str) -> tuple[str, Mapping[str, float]]:
        """The day of what is known of a model's free capacity, and the units of it by region."""
        row = self._overlay["rooms"].get(key_of(format, name, version), {"asOf": "", "skus": {}})
        return row["asOf"], row["skus"].get(sku, {})

    def currencies(self) -> tuple[str, ...]:
        """The currencies beside the catalogue's that Azure was asked for prices in."""
        return tuple(sorted(self._overlay.get("currencies", ())))

    def rates(
        self, format: str, name: str, version: str, sku: str, region: str, currency: str
    ) -> tuple[str, Mapping[str, float]]:
        """The day and the rates of a sku in a region in another currency than the catalogue's; empty: not known."""
        table = self._overlay.get("currencies", {}).get(currency, {"regions": {}, "prices": {}})
        for row in table["prices"].get(key_of(format, name, version), {}).get(sku, ()):
            if region in row["regions"]:
                return table["regions"].get(region, {}).get("prices", self._overlay["asOf"]), row["rates"]
        return "", {}

    def priced_on(self, region: str, currency: str) -> str:
        """The day on which Azure was asked for a region's prices in a currency; empty where it was not."""
        table = self._overlay.get("currencies", {}).get(currency, {"regions": {}})
        day: str = table["regions"].get(region, {}).get("prices", "")
        return day

    def part(self, name: str, region: str, currency: str) -> tuple[str, float | None]:
        """The day and the price of what stands beside models, where Azure was asked for it."""
        table = self._overlay.get("parts", {}).get(currency, {"asOf": "", "prices": {}})
        places = table["prices"].get(name, {})
        return table["asOf"], places.get(region, places.get("*"))

    def model(self, row: Json) -> Json:
        """One model with what Azure said of it; the row itself where Azure was not asked about it."""
        return _model(row, self._overlay, self._asked, self._data)


def key_of(format: str, name: str, version: str) -> str:
    """How an overlay names a model: ARM's words, in small letters."""
    return f"{format}/{name}@{version}".lower()


def live(source: str, day: str) -> Json:
    """The evidence of a fact that Azure gave."""
    return {"source": source, "asOf": day, "confidence": "live"}


def _accounts(merged: Json, overlay: Json) -> None:
    found = overlay["accounts"]
    if found is None:
        return
    here = set(found["regions"])
    merged["regions"] = {name: {**row, "aiServicesAccounts": name in here} for name, row in merged["regions"].items()}
    merged["regionFacts"] = {**merged["regionFacts"], "accountsSource": ACCOUNTS_SOURCE}


def _model(row: Json, overlay: Json, asked: set[str], data: Mapping[str, Any]) -> Json:
    key = key_of(row["format"], row["name"], row["version"])
    found, prices = overlay["models"].get(key), overlay["prices"].get(key, {})
    had = (row["deployment"] or {}).get("skus", {})
    given = found["skus"] if found else {}
    names = [*had, *(sku for sku in given if sku not in had and sku in data["skus"])]
    conflicts: list[str] = []
    skus = {}
    for sku in names:
        offer = _offer(sku, had.get(sku), given.get(sku), overlay, asked, data, conflicts, found)
        if offer is not None:
            skus[sku] = _priced(sku, offer, prices.get(sku, ()), overlay, data["regions"], conflicts)
    changed: Json = {}
    if skus != had and (skus or row["deployment"]):
        kept = {
            name: value for name, value in (row["deployment"] or {}).items() if name != "regionsUnknown" or not given
        }
        changed["deployment"] = {**kept, "skus": skus}
    if found:
        changed["lifecycle"] = _lifecycle(row["lifecycle"], found)
    if not changed:
        return row
    return {**row, **changed, **({"conflicts": conflicts} if conflicts else {})}


def _offer(
    sku: str,
    had: Json | None,
    given: Json | None,
    overlay: Json,
    asked: set[str],
    data: Mapping[str, Any],
    conflicts: list[str],
    found: Json | None,
) -> Json | None:
    """A sku with Azure's regions in the place of the catalogue's where Azure was asked; None where it is nowhere."""
    day = max((overlay["regions"][name]["models"] for name in asked), default=overlay["asOf"])
    here = sorted(set(given["regions"]) & asked & set(data["regions"])) if given else []
    if had is None:
        if given is None or not here:
            return None
        price: Json | None = {"ref": "ptuRates"} if data["skus"][sku]["billing"] == "ptuHour" else None
        quota = _quota(sku, None, given, day, data, conflicts)
        return {**live(MODELS_SOURCE, day), "regions": here, "asked": sorted(asked), "quota": quota, "price": price}
    before = set(had["regions"])
    lost, won = sorted((before & asked) - set(here)), sorted(set(here) - before)
    said = f"{had['source']}, {had['asOf']}, {had['confidence']}"
    if lost:
        conflicts.append(f"{sku} is not in {', '.join(lost)} (Azure, {day}); it is ({said})")
    if won:
        conflicts.append(f"{sku} is in {', '.join(won)} (Azure, {day}); it is not ({said})")
    if not asked:
        return had
    offer = {**had, "regions": sorted((before - asked) | set(here)), "asked": sorted(asked), "askedOn": day}
    if before <= asked:
        offer.pop("partial", None)
        offer |= live(MODELS_SOURCE, day)
    if given:
        offer["quota"] = _quota(sku, had["quota"], given, found["asOf"] if found else day, data, conflicts)
    return offer


def _quota(sku: str, had: Json | None, given: Json, day: str, data: Mapping[str, Any], conflicts: list[str]) -> Json:
    """The counter and the bounds as Azure gives them; what it leaves out stays the catalogue's."""
    proof = live(MODELS_SOURCE, day)
    kind = data["skus"][sku]
    old = had or {"capacity": {"unit": kind["capacityUnit"], "amountPerUnit": kind["amountPerUnit"]}}
    first = {"minimum": 1, "maximum": None, "step": 1, "default": 1}
    bounds = {name: old["capacity"].get(name, first[name]) for name in BOUNDS}
    told = {name: given[name] for name in BOUNDS if given[name] is not None}
    if had is not None:
        before = {name: bounds[name] for name in told if name in ("minimum", "maximum", "step")}
        differs = {name: value for name, value in before.items() if told[name] != value and value is not None}
        if differs and not old["capacity"]["inferred"]:
            shown = ", ".join(f"{name} {told[name]} (Azure, {day}), {value}" for name, value in differs.items())
            conflicts.append(f"{sku}: {shown} ({old['capacity']['source']}, {old['capacity']['asOf']})")
        if given["usageName"] and given["usageName"].lower() != had["usageName"].lower() and not had["inferred"]:
            conflicts.append(
                f"{sku} counts against {given['usageName']} (Azure, {day}); {had['usageName']} "
                f"({had['source']}, {had['asOf']})"
            )
    proven = {**proof, "inferred": False} if {"minimum", "step"} <= told.keys() else {}
    unproven = {**proof, "confidence": "inferred", "inferred": True} if had is None else {}
    capacity = {**old["capacity"], **bounds, **told, **(proven or unproven)}
    if capacity["default"] < capacity["minimum"]:
        capacity["default"] = capacity["minimum"]
    named = {"usageName": given["usageName"], "inferred": False, **proof} if given["usageName"] else {}
    fallback = {"usageName": "*", "inferred": True, **proof, "confidence": "inferred"} if had is None else {}
    return {**old, **(named or fallback), "capacity": capacity}


def _priced(
    sku: str,
    offer: Json,
    priced: Iterable[Json],
    overlay: Json,
    regions: Mapping[str, Json],
    conflicts: list[str],
) -> Json:
    """The offer with the price list's rates of each region that was asked; others keep theirs."""
    here = set(offer["regions"])
    rows = {name: row["rates"] for row in priced for name in row["regions"] if name in here}
    if not rows:
        return offer
    had = offer["price"] or {}
    provisioned = "ref" in had or any("ptuHour" in row for row in rows.values())
    block: Json = {"per": "1 PTU hour" if provisioned else "1M tokens", "currency": overlay["currency"]}
    day = max(_priced_on(overlay, name) for name in rows)
    block |= live(PRICES_SOURCE, day)
    if "ref" in had:
        block["ref"] = had["ref"]
    elif had:
        block = {**had}
        conflicts += _otherwise(sku, had, rows, regions, day)
    for name, row in rows.items():
        block[name] = {**row, **live(PRICES_SOURCE, _priced_on(overlay, name))}
    return {**offer, "price": block}


def _priced_on(overlay: Json, region: str) -> str:
    """The day of a region's prices."""
    day: str = overlay["regions"].get(region, {}).get("prices", overlay["asOf"])
    return day


def _otherwise(sku: str, had: Json, rows: Mapping[str, Json], regions: Mapping[str, Json], day: str) -> list[str]:
    """Where the price list contradicts the catalogue: one text for all regions with the same two prices."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, row in rows.items():
        old = had.get(name) or had.get(regions[name]["dataZone"] or "") or had.get("all") or {}
        differs = [kind for kind in row if kind in old and abs(row[kind] - old[kind]) > 1e-9]
        if differs:
            now = ", ".join(f"{kind} {row[kind]:g}" for kind in differs)
            before = ", ".join(f"{kind} {old[kind]:g}" for kind in differs)
            found.setdefault((now, before), []).append(name)
    said = f"{had['source']}, {had['asOf']}, {had['confidence']}"
    return [
        f"{sku} costs {now} in {', '.join(sorted(places))} (Azure, {day}); {before} ({said})"
        for (now, before), places in sorted(found.items())
    ]


def _lifecycle(had: Json, found: Json) -> Json:
    """The life that Azure tells. ARM's answers have not always a word for `legacy`: there the catalogue's stays."""
    day, status = found["asOf"], found["status"] or had["status"]
    if status == "ga" and had["status"] == "legacy":
        status = "legacy"
    told = {**had, **live(MODELS_SOURCE, day), "status": status}
    told.pop("treatAs", None)
    if found["retires"]:
        told["retirementDate"] = found["retires"]
    if status == "preview":
        told["dateMeaning"] = "not-sooner-than"
    elif found["retires"]:
        told.pop("dateMeaning", None)
    said = []
    if had["status"] != status:
        said.append(f"{status} (Azure, {day}), {had['status']} ({had['source']}, {had['asOf']})")
    if had["retirementDate"] != told["retirementDate"]:
        before = had["retirementDate"] or "no date"
        said.append(f"retires {told['retirementDate']} (Azure, {day}), {before} ({had['source']}, {had['asOf']})")
    if said and had["source"] != MODELS_SOURCE:
        told["conflict"] = "; ".join(filter(None, (*said, had.get("conflict", ""))))
        told["conflictSources"] = [*had.get("conflictSources", ()), had["source"]]
    return told


def _new(found: Json, data: Mapping[str, Any]) -> Json | None:
    """A row for a model that the catalogue lacks: what Azure says, and who sells and hosts it as for its kin.

    Where its kin do not agree, it is taken for one that its publisher hosts: that satisfies no residency but `global`,
    which cannot promise too much.
    """
    if not any(sku in data["skus"] and row["regions"] for sku, row in found["skus"].items()):
        return None
    kin = [row for row in data["models"] if row["format"].lower() == found["format"].lower()]
    same = [row for row in kin if row["name"].lower() == found["name"].lower()] or kin
    hosting = {row["hosting"] for row in same}
    sellers = {row["soldBy"] for row in same}
    told = found["publisher"] or found["format"]
    publishers = Counter(row["publisher"] for row in same)
    named = [name for name in publishers if name.lower() == told.lower()]
    publisher = named[0] if named else publishers.most_common(1)[0][0] if same else told
    proof = live(MODELS_SOURCE, found["asOf"])
    unsure = len(hosting) != 1
    return {
        "id": f"{slug(publisher)}/{found['name']}@{found['version']}",
        "publisher": publisher,
        "format": found["format"],
        "name": found["name"],
        "version": found["version"],
        "identity": proof,
        "lifecycle": {"status": "ga", "retirementDate": None, "replacement": None, **proof},
        "capabilities": {"features": found["features"], "languages": [], **proof},
        "context": None,
        "soldBy": sellers.pop() if len(sellers) == 1 else "unknown",
        "hosting": "publisher" if unsure else hosting.pop(),
        **({"note": "Where it runs is not known: taken for its publisher's machines."} if unsure else {}),
        "deployment": {"skus": {}},
        "serverless": None,
        "prices": {},
    }
