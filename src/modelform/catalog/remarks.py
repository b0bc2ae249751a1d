"""What is to be said of a model beside its facts: where sources disagree or disagreed, and what a fact leaves open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelform.catalog.model import Model

OPEN = ("partial", "regionsNote", "note")


def conflicts(model: Model) -> list[str]:
    """Where sources contradict each other, or an earlier edition of one said something else; newest facts first."""
    raw, said = model.raw, []
    life = raw["lifecycle"]
    if life.get("conflict"):
        said.append(str(life["conflict"]))
    said += [f"retires {row['date']} ({row['source']}, {row['asOf']})" for row in life.get("earlierDates", ())]
    said += [str(text) for text in raw.get("conflicts", ())]
    said += [f"{sku}: {offer['conflict']}" for sku, offer in _offers(model) if offer.get("conflict")]
    return said


def notes(model: Model) -> list[str]:
    """What the sources leave open of a model: its terms, regions that are not all, prices that were not confirmed."""
    raw, said = model.raw, []
    paid = raw.get("prices") or {}
    said += [str(fact["note"]) for fact in (raw, raw["lifecycle"]) if fact.get("note")]
    for sku, offer in _offers(model):
        said += [f"{sku}: {offer[key]}" for key in OPEN if isinstance(offer.get(key), str)]
    said += list(_price_notes(model))
    if paid.get("note"):
        said.append(f"price: {paid['note']}")
    if "longContext" in paid:
        long = paid["longContext"]
        said.append(
            f"price: above {long['thresholdInputTokens']:,} tokens of input a request costs "
            f"{long['inputMultiplier']:g} times as much for input and {long['outputMultiplier']:g} times for output "
            f"({_proof(long)})"
        )
    if "media" in paid:
        media = paid["media"]
        rates = ", ".join(f"{key} {value:g}" for key, value in media.items() if isinstance(value, (int, float)))
        said.append(f"price: {media.get('currency', 'USD')} {rates} ({_proof(media)})")
    return list(dict.fromkeys(said))


def _price_notes(model: Model) -> Iterator[str]:
    """Notes of the prices by zone, one for all skus that share it."""
    found: dict[str, list[str]] = {}
    for sku, offer in _offers(model):
        for zone, row in (offer.get("price") or {}).items():
            if isinstance(row, dict) and row.get("note"):
                found.setdefault(f"{zone}: {row['note']}", []).append(sku)
    for note, skus in found.items():
        yield f"price of {', '.join(skus)} in {note}"


def _offers(model: Model) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from ((model.raw["deployment"] or {}).get("skus") or {}).items()


def _proof(fact: Mapping[str, Any]) -> str:
    return f"{fact['source']}, {fact['asOf']}"
