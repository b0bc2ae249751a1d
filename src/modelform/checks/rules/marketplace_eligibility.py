"""The subscription is of a kind that may buy from the marketplace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.facts import live
from modelform.checks.place import several
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "marketplace.eligibility"
level = Severity.ERROR
sentence = "Every subscription that buys a model through the marketplace is of a kind that may buy there."
reason = (
    "Free, student, sponsored and resold subscriptions cannot buy from the marketplace, and Azure says so after "
    "minutes, in the middle of an `up`. Azure tells a subscription's kind (`quotaId`). Whether its billing country "
    "is on the offer's list is not to be had over ARM, so nothing is said of it."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a subscription; none for an offline run."""
    known = live(facts)
    if known is None or not (known.buyers or known.buyerless):
        return
    from modelform.checks import marketplace

    keys: dict[str, list[str]] = {}
    for item in marketplace.bought(stack, catalog):
        keys.setdefault(item.workspace.subscription.lower(), []).append(item.key)
    for subscription, names in keys.items():
        span = stack.origins.span(f"deployments.{names[0]}.model")
        if subscription in known.buyerless:
            silence = known.buyerless[subscription]
            said = f"{several(names)}: whether the subscription may buy from the marketplace could not be asked"
            yield Diagnostic(code, Severity.WARNING, said, silence.why, span, silence.hint)
        kind = known.buyers.get(subscription, "")
        words = marketplace.excluded(kind)
        if words:
            yield Diagnostic(
                code,
                level if marketplace.documented(kind) else Severity.WARNING,
                f"{several(names)}: sold through the marketplace, where the subscription cannot buy: it is {words}",
                f"subscription {subscription}, quotaId {kind}",
                span,
                "use a pay-as-you-go or enterprise subscription, or a model that Azure sells itself",
            )
