"""The catalogue is not too old to be believed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "catalog.stale"
level = Severity.WARNING
sentence = "The newest fact of the catalogue is at most 60 days old."
reason = "Regions, quota and retirement dates change every week, and dates move in both directions."

DAYS = 60


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """At most one finding, without a place."""
    age = (today - catalog.newest_fact).days
    if age > DAYS:
        yield Diagnostic(
            code,
            level,
            f"the newest fact of the catalogue is {age} days old ({catalog.newest_fact})",
            "models, regions, prices and dates may have changed since",
            None,
            "install a newer release of modelform",
        )
