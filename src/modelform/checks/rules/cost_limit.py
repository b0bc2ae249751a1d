"""The estimated cost of a month is within the policy's limit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import several
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "cost.limit"
level = Severity.ERROR
sentence = "A month costs no more than `policy.monthlyCost.limit`, by the declared usage and by provisioned units."
reason = (
    "The limit is the team's own, on an estimate: it stops a plan whoever the prices are from, and the finding says "
    "who. Where usage is not declared, or no bound is known, and the limit might be broken, it warns. A limit in "
    "another currency than USD is held against Azure's own prices in that, once `catalog refresh --currency` has asked "
    "for them; what is known in USD only is named and not converted."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a stack that costs too much, that may, or of which that cannot be said."""
    limit = stack.policy.monthly_cost
    if limit is None:
        return
    from modelform.checks import cost

    span = stack.origins.span("policy.monthlyCost.limit")
    lines = cost.estimate(stack, catalog)
    whole = cost.total(lines, limit.currency)
    detail = f"retail prices: {', '.join(cost.sources(lines, catalog))}; `modelform cost` shows how it is made"
    gap, ask = cost.gap(lines, limit.currency, catalog, stack.target)
    if gap and len(whole.unpriced) == len(lines):
        summary = f"policy.monthlyCost is in {limit.currency}, and prices are known in {catalog.currency}: not checked"
        hint = f"{ask}; or write the limit in {catalog.currency}"
        yield Diagnostic(code, Severity.WARNING, summary, gap, stack.origins.span("policy.monthlyCost.currency"), hint)
        return
    priced = [item for item in lines if item.currency == limit.currency]
    shown = f"{limit.limit:,.0f} {limit.currency}"
    if whole.expected > limit.limit:
        dearest = sorted((item for item in priced if item.expected), key=lambda item: -(item.expected or 0))
        most = several(f"{item.key} ({item.expected:,.0f})" for item in dearest[:3])
        summary = f"a month is estimated at {whole.expected:,.0f} {limit.currency}, and the policy allows {shown}"
        yield Diagnostic(code, level, summary, detail, span, f"the dearest: {most}")
        return
    open_ended = [item for item in priced if item.how == "tokens" and not item.declared]
    risk = whole.expected + sum(item.most or 0.0 for item in open_ended)
    boundless = any(item.most is None for item in open_ended)
    if open_ended and (risk > limit.limit or boundless):
        at_most = "without a bound" if boundless else f"at most {risk:,.0f} {limit.currency}"
        summary = f"without declared usage of {several(item.key for item in open_ended)} a month may cost {at_most}"
        hint = "declare `usage: {inputTokens: …, outputTokens: …}` of each, or a smaller capacity"
        yield Diagnostic(code, Severity.WARNING, f"{summary}, and the policy allows {shown}", detail, span, hint)
    if gap:
        yield Diagnostic(code, Severity.WARNING, f"{gap}: {shown} a month are not checked for it", detail, span, ask)
    unpriced = [item.key for item in lines if item.how == "unknown"]
    if unpriced:
        summary = f"no price is known of {several(unpriced)}: {shown} a month are not checked for them"
        yield Diagnostic(code, Severity.WARNING, summary, detail, span, "see the offer's price at Azure")
