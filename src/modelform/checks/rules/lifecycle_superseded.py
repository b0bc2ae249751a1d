"""A newer version of each model is worth a note."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import placed, said_by
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "lifecycle.superseded"
level = Severity.INFO
sentence = "No newer version of a model is generally available under the same sku in the same region."
reason = (
    "A version that has a successor is the next one to be deprecated; moving is one line, best when nothing presses."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One note a deployment of an older version; those that are going have findings of their own."""
    from modelform.checks.lifecycle import newest

    for item in placed(stack, catalog):
        if item.model is None or catalog.lifecycle(item.model, today).status in ("retired", "deprecated"):
            continue
        newer = newest(item, catalog, today)
        if newer is not None:
            yield Diagnostic(
                code,
                level,
                f"{item.key}: {item.model.name} {item.model.version} has a newer version, {newer.version}",
                said_by(catalog, newer.lifecycle.evidence),
                item.span("model"),
                f"write `model: {newer.name.lower()}@{newer.version}`",
            )
