"""Quota that should have been asked of Azure was asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.facts import live
from modelform.checks.place import several
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "quota.unverified"
level = Severity.WARNING
sentence = "Azure answered what is left of each quota that the stack takes more of."
reason = (
    "Without permission, without an answer, or without such a counter nobody knows whether the quota is enough; that "
    "is never taken for a yes. `policy.rules: {quota.unverified: error}` stops a plan for it."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a region that did not answer, and one a counter that it does not list; none for an offline run."""
    known = live(facts)
    if known is None:
        return
    from modelform.checks import quota

    silent: dict[tuple[str, str], list[str]] = {}
    for bucket in quota.buckets(stack, catalog, known):
        keys = [ask.key for ask in bucket.asks if ask.new]
        if not keys:
            continue
        if bucket.failed:
            silent.setdefault((bucket.subscription, bucket.region), []).extend(keys)
        elif not bucket.known:
            guess = "; the counter's name is inferred" if bucket.inferred else ""
            yield Diagnostic(
                code,
                level,
                f"{several(keys)}: Azure lists no quota {bucket.usage} in {bucket.region}, so it is not known to be "
                "enough",
                f"catalogue of {catalog.version}{guess}",
                stack.origins.span(f"deployments.{keys[0]}.capacity"),
                "see the quotas of the region in the Foundry portal",
            )
    growing = {bucket.subscription for bucket in quota.buckets(stack, catalog, known) if bucket.new}
    for subscription in sorted(growing & known.graveless.keys()):
        silence = known.graveless[subscription]
        said = "soft-deleted accounts could not be asked for: what quota they hold, and what they bill, is not known"
        yield Diagnostic(code, level, said, silence.why, None, silence.hint)
    for place, keys in silent.items():
        yield Diagnostic(
            code,
            level,
            f"{several(keys)}: the quota in {place[1]} could not be asked, so it is not known to be enough",
            known.failed[place].why,
            stack.origins.span(f"deployments.{keys[0]}.capacity"),
            known.failed[place].hint,
        )
