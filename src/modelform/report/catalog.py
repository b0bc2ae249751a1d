"""What the catalogue answers, for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelform.report.ink import Ink, clip
from modelform.report.text import table

NAME_WIDTH = 38
BASE = "USD"
STALE_DAYS = 60
PARTS = {
    "storageGbMonth": "a GB stored a month",
    "vault10kCalls": "10,000 calls of a key vault",
    "logsGb": "a GB logged",
    "privateEndpointHour": "an hour of a private endpoint",
}


def models(rows: Sequence[Mapping[str, Any]], ink: Ink) -> list[str]:
    """A list of models."""
    if not rows:
        return ["No model of the catalogue is like that."]
    shown = [
        [clip(row["id"], NAME_WIDTH), row["status"], row["retires"] or "-", ", ".join(map(_short, row["skus"])) or "-"]
        if row["offersKnown"]
        else [clip(row["id"], NAME_WIDTH), row["status"], row["retires"] or "-", "not known"]
        for row in rows
    ]
    taken = [max(len(row[column]) for row in shown) for column in range(3)]
    room = max(ink.width - 2 * 3 - sum(taken), 10)
    cut = [[*row[:3], clip(row[3], room)] for row in shown]
    number = f"{len(rows)} model{'' if len(rows) == 1 else 's'}; `modelform catalog show MODEL` says all of one."
    said = [*table(["MODEL", "STATUS", "RETIRES", "SKUS"], cut, ink), "", ink.paint(number, "dim")]
    if any(not row["offersKnown"] for row in rows):
        known = "Not known: a source names the model; `modelform catalog refresh` asks Azure where it is on offer."
        said += [ink.paint(line, "dim") for line in ink.wrap(known, rest="  ")]
    return said


def _life(row: Mapping[str, Any]) -> str:
    """A model's stage, its last day, and what replaces it."""
    said: str = row["status"]
    if row["retires"]:
        over = "on" if said == "retired" else "may retire from" if row["earliest"] else "retires"
        said += f" {over} {row['retires']}" if said == "retired" else f", {over} {row['retires']}"
    if row["replacement"]:
        said += f", replaced by {row['replacement']}"
        last = (row["heir"] or "").partition("/")[2]
        if last and last.partition("@")[0].lower() not in row["replacement"].lower():
            said += f", which is gone or going too: now by {last}"
    return said


def life(row: Mapping[str, Any], ink: Ink) -> list[str]:
    """What is to be said of a model that does not stay, before where it is on offer."""
    if row["status"] in ("ga", "preview") and not row["replacement"]:
        return []
    return [ink.paint(line, "yellow") for line in ink.wrap(_life(row), rest="  ")]


def elsewhere(rows: Sequence[Mapping[str, Any]], ink: Ink) -> list[str]:
    """Where a model is on offer at all, for who wished for something else."""
    said = [f"{_written(row['sku'])} ({_processed(row['processed'])}) in {len(row['regions'])}" for row in rows]
    return ink.wrap(f"Without these wishes: {', '.join(said)} regions.", rest="  ") if said else []


def loosened(rows: Sequence[Mapping[str, Any]], ink: Ink) -> list[str]:
    """What there would be with one wish less."""
    said: list[str] = []
    for row in rows:
        names, more = row["models"][:3], len(row["models"]) - 3
        few = ", ".join(names) + (f" and {more} more" if more > 0 else "")
        said += ink.wrap(f"Without {row['without']}: {few}.", rest="  ")
    return said


def offers(rows: Sequence[Mapping[str, Any]], ink: Ink) -> list[str]:
    """Where a model is on offer: a paragraph a sku."""
    if not rows:
        return ["It is on offer nowhere like that."]
    said: list[str] = []
    for row in rows:
        head = f"{_written(row['sku'])} ({_processed(row['processed'])}): "
        said += ink.wrap(head + ", ".join(row["regions"]), rest="  ")
        doubt = "" if row["confidence"] in ("live", "official") else f", {row['confidence']}"
        said += [ink.paint(f"  {row['source']}, {row['asOf']}{doubt}", "dim")]
        if row["room"]:
            free = ", ".join(f"{region} {units:,.0f}" for region, units in row["room"].items())
            said += ink.wrap(f"could be deployed on {row['roomOn']}, in units: {free}", first="  ", rest="  ")
    return said


def model(row: Mapping[str, Any], ink: Ink, currency: str = "") -> list[str]:
    """All that is known of one model."""
    fact = row["lifecycleFact"]
    facts = [
        ("publisher", f"{row['publisher']} ({row['country']}), sold by {row['soldBy']}, runs on {row['hosting']}"),
        ("life", f"{_life(row)} ({fact['source']}, {fact['asOf']}, {fact['confidence']})"),
        ("can", ", ".join(row["features"])),
        ("speaks", ", ".join(row["languages"])),
        ("context", f"{row['context']:,} tokens" if row["context"] else ""),
    ]
    said = [ink.paint(row["id"], "bold")]
    for name, value in facts:
        if value:
            said += ink.wrap(value, first=f"  {name:<10} ", rest=" " * 13)
    for word, texts in (("conflict", row["conflicts"]), ("note", row["notes"])):
        for text in texts:
            said += ink.wrap(text, first=f"  {word:<10} ", rest=" " * 13)
    priced = [
        [
            _written(offer["sku"]),
            str(len(offer["regions"])),
            _price(offer["price"]) + _foreign(offer, currency) if offer["here"] else "not there",
            "-" if offer["quota"] is None else f"{offer['quota']:,}",
            offer["confidence"],
        ]
        for offer in row["offers"]
    ]
    if priced:
        money = currency or BASE
        said += ["", *table(["SKU", "REGIONS", f"{money} IN / OUT", "QUOTA", "FACT"], priced, ink)]
        said.append(ink.paint(f"{money} a million tokens (or a PTU hour); quota in units of sku.capacity.", "dim"))
        said += [ink.paint(line, "dim") for line in ink.wrap(_price_facts(row["offers"]), rest="  ")]
    return said


def named(row: Mapping[str, Any], ink: Ink) -> list[str]:
    """What is known of a model that sources only name."""
    source = f" ({row['lifecycleSource']})" if row["lifecycleSource"] else ""
    life = row["status"] + (f", retires {row['retires']}" if row["retires"] else "") + source
    said = [ink.paint(row["id"], "bold")]
    for name, value in (
        ("publisher", f"{row['publisher']} ({row['country']})"),
        ("life", life),
        ("asset", f"version {row['assetVersion']}, which ARM's may differ from" if row["assetVersion"] else ""),
        ("price", f"USD {_price(row['price'])} in / out a million tokens" if row["price"] else ""),
    ):
        if value:
            said += ink.wrap(value, first=f"  {name:<10} ", rest=" " * 13)
    open_ = "Sources only name it: where it is on offer is not known. `modelform catalog refresh` asks Azure."
    return [*said, *ink.wrap(open_, rest="  ")]


def comparison(rows: Sequence[Mapping[str, Any]], ink: Ink, currency: str = "") -> list[str]:
    """Models beside each other: one column a model."""
    width = max((ink.width - 28) // max(len(rows), 1) - 2, 12)
    skus = list(dict.fromkeys(offer["sku"] for row in rows for offer in row["offers"]))
    lines = [
        ["status", *(row["status"] for row in rows)],
        ["retires", *(row["retires"] or "-" for row in rows)],
        ["context", *(f"{row['context']:,}" if row["context"] else "?" for row in rows)],
        ["country", *(row["country"] for row in rows)],
        ["features", *(str(len(row["features"])) for row in rows)],
    ]
    for sku in skus:
        found = [next((o for o in row["offers"] if o["sku"] == sku), None) for row in rows]
        lines.append([_short(sku), *("-" if o is None else _offer(o, currency) for o in found), _against(found)])
    only = [set(row["features"]) - set.intersection(*(set(r["features"]) for r in rows)) for row in rows]
    blank = len(rows) + 2
    said = table(
        ["", *(clip(row["id"].partition("/")[2], width) for row in rows), "SECOND"],
        [[line[0], *(clip(cell, width) for cell in line[1:]), *[""] * (blank - len(line))] for line in lines],
        ink,
    )
    for row, extra in zip(rows, only, strict=True):
        if extra:
            said += ink.wrap(f"Only {row['id']} can: {', '.join(sorted(extra))}", rest="  ")
    money = currency or BASE
    what = (
        f"Prices: {money} in / out a million tokens (or a PTU hour), and in how many regions; the last column is the "
        "second one's against the first one's."
    )
    facts = _price_facts([offer for row in rows for offer in row["offers"]])
    return [*said, *(ink.paint(line, "dim") for text in (what, facts) for line in ink.wrap(text, rest="  "))]


def age(version: str, newest: str, days: int, ink: Ink, overlay: str = "", old: str = "") -> list[str]:
    """How old the data is. `overlay` is what is to be said of one, `old` the regions of which all is too old."""
    said = f"Catalogue of {version}, newest fact {newest} ({days} days old)"
    said += f"; with the {overlay}." if overlay else "."
    way = "run `modelform catalog refresh`" + ("" if overlay else ", or install a newer release")
    if old:
        said += f" What is known of {old} is older than {STALE_DAYS} days, and may be wrong: {way}."
    return ink.wrap(said)


def refreshed(document: Mapping[str, Any], ink: Ink) -> list[str]:
    """What a refresh found: what is new and gone, what moved, what did not answer."""
    found, said = document["changes"], []
    for name, word in (("new", "new"), ("gone", "no longer offered")):
        said += [line for id in found["models"][name] for line in ink.wrap(f"{id}: {word}", first="  ", rest="    ")]
    for row in found["offers"]:
        parts = [f"{sign}{', '.join(row[side])}" for side, sign in (("won", "+ "), ("lost", "- ")) if row[side]]
        said += ink.wrap(f"{row['model']} {_written(row['sku'])}: {'; '.join(parts)}", first="  ", rest="    ")
    for row in found["prices"]:
        moved = f"{row['kind']} {_moved(row)}"
        said += ink.wrap(f"{row['model']} {_written(row['sku'])}: {moved}", first="  ", rest="    ")
    for row in found["parts"]:
        said += ink.wrap(f"{PARTS.get(row['part'], row['part'])}: {_moved(row)}", first="  ", rest="    ")
    for row in found["currencies"]:
        said += ink.wrap(f"prices in {row['currency']} of {_places(row['regions'])}: new", first="  ", rest="    ")
    for name, word in (("retirements", "retires"), ("stages", "stage")):
        for row in found[name]:
            moved = f"{row['model']}: {word} {row['before'] or 'no day'} -> {row['after'] or 'no day'}"
            said += ink.wrap(moved, first="  ", rest="    ")
    number = document["count"]
    done = {True: f"Written to {document['file']}.", False: "Nothing was written."}[document["written"]]
    head = f"{number} change{'' if number == 1 else 's'} against what was known." if number else "Nothing has changed."
    return [*said, *ink.wrap(f"{head} {done}")]


def _moved(row: Mapping[str, Any]) -> str:
    """A price before and after, in how many regions; the currency where it is not the catalogue's."""
    before = "no price" if row["before"] is None else f"{row['before']:g}"
    money = "" if row["currency"] == BASE else f" {row['currency']}"
    way = "" if row["before"] is None else ", up" if row["after"] > row["before"] else ", down"
    return f"{before} -> {row['after']:g}{money}{way} in {_places(row['regions'])}"


def _places(regions: Sequence[str]) -> str:
    return regions[0] if len(regions) == 1 else f"{len(regions)} regions"


def _price(price: Mapping[str, float] | None) -> str:
    if not price:
        return "?"
    if "ptuHour" in price:
        return f"{price['ptuHour']:.2f}/h"
    return " / ".join(f"{price[kind]:g}" for kind in ("input", "output") if kind in price) or "?"


def _offer(offer: Mapping[str, Any], currency: str) -> str:
    price = f"{_price(offer['price'])}{_foreign(offer, currency)}" if offer["here"] else "not there,"
    return f"{price} in {len(offer['regions'])}"


def _against(found: Sequence[Mapping[str, Any] | None]) -> str:
    """How much dearer (+) or cheaper (-) the last of some offers is than the first, in / out."""
    first, last = found[0], found[-1]
    if not first or not last or not first["price"] or not last["price"] or first["currency"] != last["currency"]:
        return ""
    old, new = first["price"], last["price"]
    kinds = [kind for kind in ("input", "output", "ptuHour") if old.get(kind) and kind in new]
    return " / ".join(f"{new[kind] / old[kind] - 1:+.0%}" for kind in kinds)


def _foreign(offer: Mapping[str, Any], currency: str) -> str:
    """The currency of a price that is not in the wished one."""
    other = offer["currency"] if offer["price"] else None
    return f" {other}" if other and other != (currency or BASE) else ""


def _price_facts(offers: Sequence[Mapping[str, Any]]) -> str:
    """Where the prices are from, and of which days: as `retail-20261009, 2026-10-09, third-party`."""
    facts = {
        (*offer["priceFact"].values(), *(["older than 60 days"] if offer["priceDays"] > STALE_DAYS else []))
        for offer in offers
        if offer["priceFact"]
    }
    return (
        f"Prices from {'; '.join(', '.join(fact) for fact in sorted(facts))}."
        if facts
        else "No price by the token is known."
    )


def _written(sku: str) -> str:
    return sku[:1].lower() + sku[1:]


def _short(sku: str) -> str:
    """A sku in a list: `global`, `dataZone`, `globalPtu`."""
    return (
        _written(sku).replace("ProvisionedManaged", "Ptu").replace("provisionedManaged", "ptu").replace("Standard", "")
    )


def _processed(scope: str) -> str:
    return {
        "global": "processed anywhere",
        "dataZone": "in the data zone",
        "region": "in the region",
        "geography": "in the geography",
        "publisher": "outside Azure",
    }[scope]
