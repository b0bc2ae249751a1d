"""The capacity of provisioned units that should have been asked of Azure was asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.facts import live
from modelform.checks.place import several
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "capacity.unverified"
level = Severity.WARNING
sentence = "Azure answered how many provisioned units there are to give of each model that takes more of them."
reason = (
    "Without an answer nobody knows whether the units are there, whatever the quota; that is never taken for a yes."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a model that was not answered for; none for an offline run."""
    known = live(facts)
    if known is None or not known.roomless:
        return
    from modelform.checks import capacity

    silent: dict[tuple[str, str, str, str], list[str]] = {}
    for want in capacity.wants(stack, catalog, known):
        if want.asked in known.roomless:
            silent.setdefault(want.asked, []).extend(item.key for item in want.items)
    for asked, keys in silent.items():
        silence = known.roomless[asked]
        yield Diagnostic(
            code,
            level,
            f"{several(keys)}: how many provisioned units of {asked[2]} there are to give could not be asked",
            silence.why,
            stack.origins.span(f"deployments.{keys[0]}.capacity"),
            silence.hint,
        )
