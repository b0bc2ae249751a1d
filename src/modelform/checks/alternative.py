"""The model of another publisher that comes nearest to one: what it can do, where it is on offer, how long it lives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import SERVERLESS, Catalog, Model
from modelform.catalog.search import slug
from modelform.checks.place import Placed, nearest, several, written
from modelform.record import dataclass

# What a model is for; one that shares none of it with another does not stand in for it.
PURPOSES = frozenset(
    [
        "chat",
        "code",
        "embeddings",
        "image-generation",
        "image-editing",
        "ocr",
        "audio",
        "rerank",
        "transcription",
        "realtime",
        "routing",
    ]
)
# What an application asks of it beside; how an answer is asked for (json, structured, responses) is no matter here.
SKILLS = PURPOSES | frozenset(("tools", "vision", "reasoning", "computer-use", "deep-research"))
STAGES = {"ga": "generallyAvailable", "preview": "preview", "legacy": "legacy", "deprecated": "deprecated"}


@dataclass(frozen=True, slots=True)
class Substitute:
    """A model that could stand in: the sku and the regions that the residency policy allows, and what it lacks."""

    model: Model
    sku: str
    regions: tuple[str, ...]
    lacks: tuple[str, ...]
    rank: tuple[object, ...]


def offered_instead(item: Placed, catalog: Catalog, today: date, seats: frozenset[str]) -> str:
    """What to write instead, with a publisher from one of some countries; who there is where nothing fits."""
    found = min(substitutes(item, catalog, today, seats), key=lambda one: one.rank, default=None)
    if found is None:
        there = sorted(p for p in catalog.publishers if (seat := catalog.seat(p)) and seat.country in seats)
        if not there:
            return "the catalogue has no publisher from there"
        return f"of {' and '.join(there)} the catalogue has none that does the same within the policy"
    model, seat = found.model, catalog.seat(found.model.publisher)
    does = f"does the same but for {' and '.join(found.lacks)}" if found.lacks else "does the same"
    country = f" ({seat.country})" if seat else ""
    return (
        f"write `model: {model.name.lower()}`: {model.publisher}{country} {does}, "
        f"as {written(found.sku)} in {several(found.regions)}"
    )


def substitutes(item: Placed, catalog: Catalog, today: date, seats: frozenset[str] | None) -> Iterator[Substitute]:
    """What could stand in for the item's model, from publishers of some countries (None: of any)."""
    if item.model is None:
        return
    wanted, policy = SKILLS & set(item.model.features), item.stack.policy
    listed = {slug(name) for name in policy.publishers}
    hub = item.workspace.kind == "hub"
    for model in catalog.models:
        seat = catalog.seat(model.publisher)
        if seats is not None and (seat is None or seat.country not in seats):
            continue
        if listed and slug(model.publisher) not in listed:
            continue
        if not wanted & PURPOSES & set(model.features) or not _lives(item, model, catalog, today):
            continue
        if item.workspace.kind == "openai" and model.format != "OpenAI":
            continue
        lacks = tuple(sorted(wanted - set(model.features)))
        for sku in (SERVERLESS,) if hub else tuple(model.offers):
            regions = nearest(catalog.allowed_regions(model, sku, policy.residency), item.region, catalog)
            if regions:
                here = item.region in regions
                shown = (item.region, *(r for r in regions if r != item.region)) if here else regions
                standing = catalog.lifecycle(model, today)
                left = standing.days_left or 0
                rank = (len(lacks), not here, sku != item.sku, standing.status == "preview", -left, model.id)
                yield Substitute(model, sku, shown, lacks, rank)


def _lives(item: Placed, model: Model, catalog: Catalog, today: date) -> bool:
    """Is it in a stage that the policy takes, and does it live longer than the notice?"""
    from modelform.checks.lifecycle import notice

    policy, standing = item.stack.policy, catalog.lifecycle(model, today)
    if standing.status in ("retired", "deprecated") or (
        policy.lifecycle and STAGES[standing.status] not in policy.lifecycle
    ):
        return False
    if standing.days_left is None or standing.earliest:
        return True
    return standing.days_left > notice(item.stack, catalog, standing)
