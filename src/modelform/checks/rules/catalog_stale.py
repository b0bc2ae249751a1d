"""The catalogue is not too old to be believed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.catalog.catalog import STALE_DAYS
from modelform.checks.place import several
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "catalog.stale"
level = Severity.WARNING
sentence = "What the catalogue, or its overlay, knows of each region of the stack is at most 60 days old."
reason = (
    "Regions, quota and retirement dates change every week, and dates move in both directions. An overlay makes fresh "
    "only what it asked: a region that it leaves out is as old as the catalogue."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """At most one finding, without a place."""
    detail = "models, regions, prices and dates may have changed since"
    refresh = "install a newer release of modelform, or run `modelform catalog refresh`"
    if catalog.overlay is None or not catalog.overlay.used:
        age = (today - catalog.newest_fact).days
        if age > STALE_DAYS:
            said = f"the newest fact of the catalogue is {age} days old ({catalog.newest_fact})"
            yield Diagnostic(code, level, said, detail, None, refresh)
        return
    regions = sorted({workspace.location for workspace in stack.workspaces.values()} & catalog.regions.keys())
    old = [region for region in regions if (today - catalog.known_on(region)).days > STALE_DAYS]
    if old:
        oldest = min(catalog.known_on(region) for region in old)
        said = (
            f"what {catalog.overlay.name} and the catalogue know of {several(old)} is {(today - oldest).days} days "
            f"old ({oldest})"
        )
        yield Diagnostic(code, level, said, detail, None, "run `modelform catalog refresh`, and commit the file")
