"""Every model is of a publisher that the policy allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.catalog.search import slug
from modelform.checks.place import placed
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "policy.publisher"
level = Severity.ERROR
sentence = "Every model is of a publisher in `policy.publishers`, where there is such a list."
reason = "Who makes a model is a matter of contracts, of law and of trust, so a company may want to choose."


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment of another publisher's model."""
    allowed = {slug(name) for name in stack.policy.publishers}
    if not allowed:
        return
    for item in placed(stack, catalog):
        publisher = item.deployment.model.publisher
        if slug(publisher) in allowed:
            continue
        yield Diagnostic(
            code,
            level,
            f"{item.key}: {item.deployment.model.name} is a model of {publisher}, which the policy does not list",
            "the policy lists " + ", ".join(stack.policy.publishers),
            item.span("model"),
            f"choose a model of {' or '.join(stack.policy.publishers)}, or add {publisher} to `policy.publishers`",
        )
