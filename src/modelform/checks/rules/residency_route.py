"""A route's fallbacks process prompts no more widely than its first member."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import SERVERLESS, Catalog
from modelform.checks.place import Placed, placed, said_by
from modelform.checks.proof import WIDTH
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "residency.route"
level = Severity.WARNING
sentence = "Without `policy.residency`, no fallback of a route processes prompts in more places than its first member."
reason = (
    "A fallback is taken without anybody's asking: prompts that stayed in a zone for a year would leave it on the "
    "first busy day."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a member that is processed more widely than the first."""
    if stack.policy.residency is not None or not stack.routes:
        return
    known = {item.key: item for item in placed(stack, catalog) if _known(item, catalog)}
    for route in stack.routes.values():
        members = [(index, known[m.deployment]) for index, m in enumerate(route.members) if m.deployment in known]
        if not members or members[0][0] != 0:
            continue
        first = members[0][1]
        home = catalog.processing(first.sku, first.region, first.model)
        for index, item in members[1:]:
            there = catalog.processing(item.sku, item.region, item.model)
            if WIDTH.index(there.scope) <= WIDTH.index(home.scope):
                continue
            summary = (
                f"{route.key}: prompts to {first.key} are processed {home.text}, those to its fallback {item.key} "
                f"{there.text}"
            )
            span = stack.origins.span(f"routes.{route.key}.members.{index}.deployment")
            hint = "say in `policy.residency` where prompts may go (`global` where that is all the same)"
            yield Diagnostic(code, level, summary, said_by(catalog, there.evidence), span, hint)


def _known(item: Placed, catalog: Catalog) -> bool:
    return item.region in catalog.regions and (item.sku == SERVERLESS or item.sku in catalog.data["skus"])
