"""Somebody accepted the terms of every marketplace offer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import SERVERLESS, Catalog
from modelform.checks.place import placed
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "marketplace.terms"
level = Severity.ERROR
sentence = "Every serverless endpoint that needs a marketplace subscription says `terms: accepted`."
reason = (
    "A marketplace subscription is a contract with the publisher, who gets the contact and usage data; it is never "
    "accepted by default."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding an endpoint whose terms nobody accepted."""
    for item in placed(stack, catalog):
        if item.sku != SERVERLESS:
            continue
        offer = item.model.serverless if item.model else None
        marketplace = item.deployment.marketplace
        needed = marketplace is not None or (offer is not None and offer.needs_marketplace)
        if not needed or (marketplace is not None and marketplace.terms_accepted):
            continue
        model = item.deployment.model
        yield Diagnostic(
            code,
            level,
            f"{item.key}: {model.name} is sold through the marketplace, and its terms are not accepted",
            f"the contract is with {model.publisher}, which gets contact and usage data; prompts stay with Microsoft",
            item.span("terms"),
            "read the offer's terms, then write `terms: accepted`",
        )
