"""Physical names look as the company wants them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.errors import Diagnostic, Severity
from modelform.record import dataclass
from modelform.spec.resolved import Stack

code = "company.naming"
level = Severity.ERROR
sentence = "Every physical name matches the company file's pattern for its kind, where it has one."
reason = "Inventories, budgets and access rules of a company go by names, and most resources cannot be renamed."


@dataclass(frozen=True, slots=True)
class Given:
    """A name: the kind as the company file has it, what a person calls it, its key, its region and its place."""

    kind: str
    what: str
    name: str
    key: str
    region: str
    path: str


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a name of another form."""
    company = stack.company
    if company is None or not company.naming:
        return
    from modelform.spec.companyfile import filled

    for given in _names(stack):
        pattern = company.naming.get(given.kind)
        if pattern is None:
            continue
        values = {"stack": stack.name, "key": given.key, "region": given.region}
        if re.fullmatch(filled(pattern, values), given.name):
            continue
        yield Diagnostic(
            code,
            level,
            f"{given.what} {given.name!r}: the company wants {pattern}",
            f"the company says so at {company.origins.span(f'naming.{given.kind}')}",
            stack.origins.span(given.path),
            "give it a `name:` of that form" if given.kind != "resourceGroups" else "name a group of that form",
        )


def _names(stack: Stack) -> Iterator[Given]:
    for group in stack.resource_groups:
        if not group.existing:
            yield Given("resourceGroups", "resource group", group.name, group.key, group.location, "resourceGroup")
    for key, home in stack.workspaces.items():
        hub = home.kind == "hub"
        kind, what = ("hubs", "hub") if hub else ("accounts", "account")
        yield Given(kind, what, home.name, key, home.location, f"workspaces.{key}.name")
        for project in home.projects:
            path = f"workspaces.{key}.projects"
            yield Given("projects", "project", project.name, project.key, home.location, path)
    for key, deployment in stack.deployments.items():
        region = stack.workspaces[deployment.workspace].location
        yield Given("deployments", "deployment", deployment.name, key, region, f"deployments.{key}.name")
