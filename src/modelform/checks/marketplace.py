"""Who buys from the marketplace, and which kinds of subscription may not."""

from __future__ import annotations

from collections.abc import Iterator

from modelform.catalog import SERVERLESS, Catalog
from modelform.checks.place import Placed, placed
from modelform.spec.resolved import Stack

# ARM's quotaId begins with the kind of offer. Microsoft's documentation excludes resold, student and Visual Studio
# subscriptions; free, sponsored and partner ones are from its users' reports.
DOCUMENTED = ("csp", "azureforstudents", "msdn")
EXCLUDED = {
    "csp": "of a Cloud Solution Provider",
    "freetrial": "a free trial",
    "azureforstudents": "Azure for Students",
    "azurepass": "an Azure Pass",
    "sponsored": "a sponsorship",
    "msdn": "a Visual Studio subscription",
    "mpn": "a partner network subscription",
    "bizspark": "of a startup programme",
    "dreamspark": "of a student programme",
}


def bought(stack: Stack, catalog: Catalog) -> Iterator[Placed]:
    """The deployments whose model is bought from its publisher through the marketplace."""
    for item in placed(stack, catalog):
        offer = item.model.serverless if item.model else None
        if item.sku == SERVERLESS:
            if item.deployment.marketplace is not None or (offer is not None and offer.needs_marketplace):
                yield item
        elif item.model is not None and "Marketplace" in item.model.sold_by:
            yield item


def buyers(stack: Stack, catalog: Catalog) -> list[str]:
    """The subscriptions that buy."""
    return list(dict.fromkeys(item.workspace.subscription.lower() for item in bought(stack, catalog)))


def excluded(kind: str) -> str:
    """What kind of subscription it is that cannot buy, in words; empty for all others."""
    plain = kind.lower()
    return next((words for start, words in EXCLUDED.items() if plain.startswith(start)), "")


def documented(kind: str) -> bool:
    """Is it Microsoft's documentation that says so?"""
    return kind.lower().startswith(DOCUMENTED)
