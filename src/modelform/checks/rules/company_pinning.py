"""Deployments hold on to their versions as firmly as the company wants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import SERVERLESS, Catalog
from modelform.checks.place import placed
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "company.pinning"
level = Severity.ERROR
sentence = "Every `model:` names its version where the company file requires it, and `upgrade:` is what it allows."
reason = (
    "A version that the service changes answers differently from one day to the next, tested by nobody. Serverless "
    "endpoints have no versions."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment without a version, and one an upgrade that is not allowed."""
    company = stack.company
    if company is None:
        return
    from modelform.checks.fields import UPGRADES

    for item in placed(stack, catalog):
        made = item.deployment
        if item.sku == SERVERLESS:
            continue
        if company.versions == "required" and not made.pinned:
            summary = f"{item.key}: {made.model.name} has no version in the file, and the company requires one"
            detail = f"the company says so at {company.origins.span('pinning.versions')}"
            hint = f"write `model: {made.model.name.lower()}@{made.model.version}`"
            yield Diagnostic(code, level, summary, detail, item.span("model"), hint)
        if company.upgrades and made.upgrade not in company.upgrades:
            allowed = [UPGRADES[word] for word in company.upgrades]
            summary = f"{item.key}: upgrade is {UPGRADES[made.upgrade]}, and the company allows {' or '.join(allowed)}"
            detail = f"the company says so at {company.origins.span('pinning.upgrades')}"
            yield Diagnostic(code, level, summary, detail, item.span("upgrade"), f"write `upgrade: {allowed[0]}`")
