"""How long the models of a stack live, what becomes of a deployment on the last day, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from modelform.catalog import SERVERLESS, Catalog, Model, Standing
from modelform.checks.place import Placed, placed
from modelform.errors import Span
from modelform.record import dataclass
from modelform.spec.resolved import Stack

SINCE = {
    "NoAutoUpgrade": "with upgrade noAutoUpgrade it has stopped answering",
    "OnceCurrentVersionExpired": "with upgrade onceExpired the service has moved it to its default version",
    "OnceNewDefaultVersionAvailable": "with upgrade onceNewDefault the service has moved it to its default version",
}
LAST_DAY = {
    "NoAutoUpgrade": "with upgrade noAutoUpgrade it stops answering on that day",
    "OnceCurrentVersionExpired": "with upgrade onceExpired the service moves it to its default version on that day",
    "OnceNewDefaultVersionAvailable": "with upgrade onceNewDefault the service moves it to each new default version",
}


@dataclass(frozen=True, slots=True)
class Life:
    """One deployment's model on a day. `due`: it is gone, or goes within the notice. `change` is what to do.

    `place` is that of its `model:` in the stack file.
    """

    key: str
    model: str
    version: str
    sku: str
    region: str
    standing: Standing
    upgrade: str
    due: bool
    last_day: str
    change: str
    place: Span | None

    def to_json(self) -> dict[str, Any]:
        """The shape under `deployments` in `lifecycle --json`."""
        retires = self.standing.retires
        return {
            "deployment": self.key,
            "model": self.model,
            "version": self.version,
            "sku": self.sku,
            "region": self.region,
            "status": self.standing.status,
            "retires": retires.isoformat() if retires else None,
            "daysLeft": self.standing.days_left,
            "earliest": self.standing.earliest,
            "replacement": self.standing.replacement,
            "upgrade": self.upgrade,
            "onLastDay": self.last_day,
            "due": self.due,
            "change": self.change,
            "place": {"file": self.place.file, "line": self.place.line, "column": self.place.column}
            if self.place
            else None,
            "source": self.standing.evidence.source,
            "asOf": self.standing.evidence.as_of,
            "confidence": self.standing.evidence.confidence,
        }


def lives(stack: Stack, catalog: Catalog, today: date, within: int | None = None) -> Iterator[Life]:
    """Every deployment of a known model; `within` days take the place of the notice."""
    from modelform.checks.succession import successor

    for item in placed(stack, catalog):
        if item.model is None:
            continue
        standing = catalog.lifecycle(item.model, today)
        limit = within if within is not None else notice(stack, catalog, standing)
        due = standing.status == "retired" or (standing.days_left is not None and standing.days_left <= limit)
        newer = newest(item, catalog, today)
        change = successor(item, catalog, today) if due or standing.status == "deprecated" else ""
        yield Life(
            key=item.key,
            model=item.model.name,
            version=item.model.version,
            sku=item.sku,
            region=item.region,
            standing=standing,
            upgrade=item.deployment.upgrade if item.sku != SERVERLESS else "",
            due=due,
            last_day=last_day(item, over=standing.status == "retired"),
            change=change or (f"write `model: {newer.name.lower()}@{newer.version}`" if newer else ""),
            place=item.span("model"),
        )


def notice(stack: Stack, catalog: Catalog, standing: Standing) -> int:
    """How many days ahead a retirement is told of: the policy's, or Microsoft's own."""
    usual = catalog.data["lifecyclePolicy"]["noticeDays"]
    wanted = stack.policy.retirement_notice_days
    days: int = wanted if wanted is not None else usual["preview" if standing.status == "preview" else "ga"]
    return days


def last_day(item: Placed, *, over: bool = False) -> str:
    """What becomes of the deployment when its model retires; what has, where that is `over`."""
    if item.sku == SERVERLESS:
        return "the endpoint has stopped answering" if over else "the endpoint stops answering on that day"
    if over:
        return SINCE.get(item.deployment.upgrade, "")
    return LAST_DAY.get(item.deployment.upgrade, "")


def newest(item: Placed, catalog: Catalog, today: date) -> Model | None:
    """A newer version of the same model that is generally available under the deployment's sku in its region."""
    if item.model is None or item.sku == SERVERLESS:
        return None
    versions = [m for m in catalog.versions(item.model.name) if m.format == item.model.format]
    later = versions[versions.index(item.model) + 1 :] if item.model in versions else []
    fitting = [
        model
        for model in later
        if catalog.lifecycle(model, today).status == "ga" and item.region in model.regions_for(item.sku)
    ]
    return fitting[-1] if fitting else None
