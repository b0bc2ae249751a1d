"""Every model is of a publisher from where the policy wants it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.catalog.seats import countries
from modelform.checks.place import placed, said_by
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "policy.origin"
level = Severity.ERROR
sentence = (
    "Every model is of a publisher with its seat where `policy.origins` wants it; where it only prefers, it warns."
)
reason = (
    "Whose law a publisher is under is a matter of strategy and of risk. Where it has its seat anybody can look up, so "
    "that a demand stops a plan whoever says it; the finding says who."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment of a publisher from elsewhere, with the nearest model from where it is wanted."""
    demanded, preferred = stack.policy.origins, stack.policy.preferred_origins
    if not demanded and not preferred:
        return
    from modelform.checks.alternative import offered_instead

    for item in placed(stack, catalog):
        publisher = item.deployment.model.publisher
        seat = catalog.seat(publisher)
        country = seat.country if seat else ""
        breach = bool(demanded) and country not in countries(demanded)
        if not breach and (not preferred or country in countries(preferred)):
            continue
        wanted = demanded if breach else preferred
        where = f"from {country}" if country else "whose seat the catalogue does not know"
        wish = "demands" if breach else "prefers"
        yield Diagnostic(
            code,
            level if breach else Severity.WARNING,
            f"{item.key}: {item.deployment.model.name} is of {publisher}, {where}, and the policy {wish} "
            f"{' or '.join(wanted)}",
            said_by(catalog, seat.evidence) if seat else "",
            item.span("model"),
            offered_instead(item, catalog, today, countries(wanted)),
        )
