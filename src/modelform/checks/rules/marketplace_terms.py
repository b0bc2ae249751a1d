"""Somebody accepted the terms of every marketplace offer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from modelform.catalog import SERVERLESS, Catalog, Serverless
from modelform.checks.place import placed
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Deployment, Stack

if TYPE_CHECKING:
    from modelform.spec.rulebook import Company

code = "marketplace.terms"
level = Severity.ERROR
sentence = (
    "Every serverless endpoint that needs a marketplace subscription says `terms: accepted`, and a company file says "
    "who accepted them for the company."
)
reason = (
    "A marketplace subscription is a contract with the publisher, who gets the contact and usage data; it is never "
    "accepted by default. Where there is a company file, a line in a stack file binds nobody: there it stands by whom, "
    "when, and for which offer and plan."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding an endpoint whose terms nobody accepted."""
    for item in placed(stack, catalog):
        if item.sku != SERVERLESS:
            continue
        offer = item.model.serverless if item.model else None
        marketplace = item.deployment.marketplace
        if marketplace is None and (offer is None or not offer.needs_marketplace):
            continue
        model = item.deployment.model
        detail = (
            f"the contract is with {model.publisher}, which gets contact and usage data; prompts stay with Microsoft"
        )
        span = item.span("terms")
        if marketplace is None or not marketplace.terms_accepted:
            summary = f"{item.key}: {model.name} is sold through the marketplace, and its terms are not accepted"
            hint = "read the offer's terms, then write `terms: accepted`"
            yield Diagnostic(code, level, summary, detail, span, hint)
        elif stack.company is not None and (problem := _not_accepted(stack.company, item.deployment, offer, today)):
            summary = f"{item.key}: {model.name} is sold through the marketplace, and {problem}"
            hint = "have those who buy for the company write it under `marketplace:` of the company file"
            yield Diagnostic(code, level, summary, detail, span, hint)


def _not_accepted(company: Company, deployment: Deployment, offer: Serverless | None, today: date) -> str:
    """Why the company's acceptances do not cover a model; empty where one does.

    The catalogue does not know every offer's names; what it does not know, nothing can be held against.
    """
    found = [one for one in company.marketplace if one.model.lower() == deployment.model.name.lower()]
    if not found:
        return "nobody has accepted its terms in the company file"
    known = offer.plan if offer else None
    wanted = (known.offer_id, known.plan_id) if known else (None, None)
    fitting = [
        one
        for one in found
        if all(name is None or name == said for name, said in zip(wanted, (one.offer, one.plan), strict=True))
    ]
    if not fitting:
        others = " and ".join(f"{one.offer}/{one.plan}" for one in found)
        return f"{found[0].by} accepted {others}, while it is {wanted[0]}/{wanted[1] or '…'}"
    if all(one.on > today for one in fitting):
        return f"its terms are accepted from {min(one.on for one in fitting)} on"
    return ""
