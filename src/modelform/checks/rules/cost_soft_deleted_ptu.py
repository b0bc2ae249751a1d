"""No soft-deleted account holds, and bills, provisioned units."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.facts import Deleted, Facts, Place, live
from modelform.checks.place import several
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "cost.soft-deleted-ptu"
level = Severity.WARNING
sentence = "No region of the stack has a soft-deleted account while provisioned units of unknown use are held there."
reason = (
    "The provisioned deployments of an account that is deleted, and not purged, hold their quota and are billed by the "
    "hour for up to 48 hours more. Azure says which accounts are soft-deleted and how many units are in use, not by "
    "whom: what the stack's own deployments do not hold may be theirs, or another living account's."
)

SCOPES = {"GlobalProvisionedManaged": "global", "DataZoneProvisionedManaged": "datazone"}


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a region and counter; none for an offline run."""
    known = live(facts)
    if known is None:
        return
    for place, counters in known.usages.items():
        graves = [grave for grave in known.deleted.get(place[0], ()) if grave.region == place[1]]
        if not graves:
            continue
        held = _held(known, place, catalog)
        for usage, counter in sorted(counters.items()):
            units = counter.current - held.get(usage, 0)
            if "provisionedmanaged" in usage and units > 0:
                yield _finding(place[1], catalog.quota_limit(usage).usage_name, units, graves, catalog)


def _held(known: Facts, place: Place, catalog: Catalog) -> dict[str, int]:
    """What the stack's own living deployments hold of each counter in a place."""
    found: dict[str, int] = {}
    for holding in known.holdings:
        model = catalog.by_arm(holding.format, holding.model, holding.version)
        usage = (catalog.usage_name(model, holding.sku) or "").lower() if model else ""
        if usage and (holding.subscription, holding.region) == place:
            found[usage] = found.get(usage, 0) + holding.capacity
    return found


def _finding(region: str, usage: str, units: float, graves: list[Deleted], catalog: Catalog) -> Diagnostic:
    rates = catalog.data["prices"]["ptuRates"]
    name = next((sku for sku in SCOPES if sku.lower() in usage.lower()), "")
    hour = rates["perPtuHour"][SCOPES.get(name, "regional")] * units
    names = several(f"{grave.name} (until {grave.until})" if grave.until else grave.name for grave in graves)
    return Diagnostic(
        code,
        level,
        f"{region}: {units:,.0f} provisioned units of {usage} are in use beside this stack's own, and soft-deleted "
        f"accounts may hold them: {names}",
        f"up to {hour:,.2f} USD an hour, used or not ({rates['source']}, {rates['asOf']})",
        None,
        f"`{graves[0].purge}`" + (", and the others alike" if len(graves) > 1 else ""),
    )
