"""Every model is one that the catalogue knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Candidates, Catalog
from modelform.catalog.search import slug
from modelform.checks.place import placed
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "availability.model"
level = Severity.ERROR
sentence = "Every model exists in the catalogue, and its workspace is of a kind that can serve it."
reason = (
    "Nothing can be said of a model that is not there: neither where it is on offer nor where it processes prompts."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment of a model without an entry."""
    for item in placed(stack, catalog):
        model = item.deployment.model
        if item.workspace.kind == "openai" and model.format.lower() != "openai":
            summary = (
                f"{item.key}: an OpenAI account serves only OpenAI's models, and {model.name} is {model.publisher}'s"
            )
            yield Diagnostic(code, level, summary, "", item.span("workspace"), "name a workspace of kind foundry")
        if item.model or any(m.format == model.format for m in catalog.versions(model.name)):
            continue
        found = catalog.find(f"{slug(model.publisher)}/{model.name}", today=today)
        known = isinstance(found, Candidates)
        summary = found.explain() if isinstance(found, Candidates) else f"{model.name} is no model of {model.format}"
        hint = found.hint() if isinstance(found, Candidates) else f"did you mean {found.slug}/{found.name}?"
        detail = f"catalogue of {catalog.version}" if known else ""
        yield Diagnostic(code, level, f"{item.key}: {summary}", detail, item.span("model"), hint)
