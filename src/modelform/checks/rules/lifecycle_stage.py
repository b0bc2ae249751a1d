"""Every model is in a stage of its life that the policy lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import graded, placed, said_by
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "lifecycle.stage"
level = Severity.ERROR
sentence = "Every model is in a stage of its life that `policy.lifecycle` lists, where there is such a list."
reason = (
    "A legacy model is supported, and has a better successor: a team that starts anew may not want it. Previews and "
    "deprecated models have codes of their own."
)

WORDS = {"ga": "generallyAvailable", "legacy": "legacy"}


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment of a model in a stage that the policy leaves out."""
    allowed = stack.policy.lifecycle
    if not allowed:
        return
    for item in placed(stack, catalog):
        if item.model is None:
            continue
        standing = catalog.lifecycle(item.model, today)
        word = WORDS.get(standing.status)
        if word is None or word in allowed:
            continue
        from modelform.checks.succession import successor

        yield Diagnostic(
            code,
            graded(level, standing.evidence),
            f"{item.key}: {item.model.name} {item.model.version} is {word}, and the policy lists {', '.join(allowed)}",
            said_by(catalog, standing.evidence),
            item.span("model"),
            successor(item, catalog, today) if standing.replacement else f"add {word} to `policy.lifecycle`",
        )
