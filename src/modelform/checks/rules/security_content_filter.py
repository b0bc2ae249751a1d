"""No deployment has a content filter that is weaker than the service's default."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import placed
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "security.content-filter"
level = Severity.WARNING
sentence = "No deployment names a content filter that is weaker than the service's default, `Microsoft.DefaultV2`."
reason = (
    "The default blocks jailbreaks and protected material beside the four kinds of harm; its forerunner, "
    "`Microsoft.Default`, blocks only these. What a policy of the account's own lets through is in no stack file, so "
    "that it is named, and not judged. An embedding model answers in numbers: both defaults do for it."
)

DEFAULT, FORERUNNER = "microsoft.defaultv2", "microsoft.default"


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment with another filter than the default."""
    for item in placed(stack, catalog):
        name = item.deployment.content_filter
        talks = item.model is None or "embeddings" not in item.model.features
        if name is None or name.lower() == DEFAULT or (name.lower() == FORERUNNER and not talks):
            continue
        if name.lower() == FORERUNNER:
            yield Diagnostic(
                code,
                level,
                f"{item.key}: the content filter {name} is weaker than the default",
                "it has no shield against jailbreaks, and no detection of protected material",
                item.span("contentFilter"),
                "remove the line, or write `contentFilter: Microsoft.DefaultV2`",
            )
        else:
            yield Diagnostic(
                code,
                Severity.INFO,
                f"{item.key}: what the content filter {name} lets through is the account's own, and not known here",
                "",
                item.span("contentFilter"),
                "see the policy in the Foundry portal",
            )
