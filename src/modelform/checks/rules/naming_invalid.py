"""Every physical name is one that ARM takes, and is given once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from modelform.catalog import SERVERLESS, Catalog
from modelform.errors import Diagnostic, Severity
from modelform.record import dataclass
from modelform.spec.resolved import Stack, Workspace

code = "naming.invalid"
level = Severity.ERROR
sentence = "Every name has the form that ARM wants of its type, and no two siblings share one."
reason = "ARM refuses a bad name only when its turn comes, and takes a second resource of one name for the first."


@dataclass(frozen=True, slots=True)
class Form:
    """What names of a type may look like; `says` for people."""

    pattern: re.Pattern[str]
    says: str


GROUP = Form(re.compile(r"[-\w.()]{0,89}[-\w()]"), "1 to 90 letters, digits, . _ - ( ), no period at the end")
ACCOUNT = Form(
    re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,63}"), "2 to 64 letters, digits, . _ -, a letter or digit first"
)
SUBDOMAIN = Form(
    re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,62}[a-zA-Z0-9]"), "2 to 64 letters, digits and hyphens, none at the ends"
)
HUB = Form(re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}"), "3 to 33 letters, digits, _ -, a letter or digit first")
ENDPOINT = Form(re.compile(r"[a-zA-Z][a-zA-Z0-9-]{0,51}"), "up to 52 letters, digits and hyphens, a letter first")
STORAGE = Form(re.compile(r"[a-z0-9]{3,24}"), "3 to 24 small letters and digits")
VAULT = Form(
    re.compile(r"(?=.{3,24}$)[a-zA-Z](?:-?[a-zA-Z0-9])+"),
    "3 to 24 letters, digits and single hyphens, a letter first and no hyphen last",
)
LOGS = Form(re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]"), "4 to 63 letters, digits and hyphens")
INSIGHTS = Form(re.compile(r"[^%&\\?/\x00-\x1f]{0,259}[^%&\\?/\x00-\x1f .]"), "1 to 260 characters, none of %&\\?/")


@dataclass(frozen=True, slots=True)
class Given:
    """A physical name, where it was given, and among which names it must be the only one."""

    what: str
    name: str
    form: Form
    path: str
    siblings: str


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a name that ARM would refuse, or that is taken by a sibling."""
    taken: dict[tuple[str, str], Given] = {}
    for given in _names(stack):
        span = stack.origins.span(given.path)
        if not given.form.pattern.fullmatch(given.name):
            summary = f"{given.what} {given.name!r}: ARM does not take this name"
            yield Diagnostic(code, level, summary, "", span, f"it takes {given.form.says}")
        first = taken.setdefault((given.siblings, given.name.lower()), given)
        if first is not given:
            summary = f"{given.what} {given.name!r}: the name is given twice"
            where = stack.origins.span(first.path)
            yield Diagnostic(code, level, summary, f"first at {where}" if where else "", span, "give one another name")


def _names(stack: Stack) -> Iterator[Given]:
    for group in stack.resource_groups:
        if not group.existing:
            yield Given("resource group", group.name, GROUP, "resourceGroup", f"group:{group.subscription}")
    for workspace in stack.workspaces.values():
        yield from _workspace(workspace)
    for deployment in stack.deployments.values():
        path = f"deployments.{deployment.key}.name"
        if deployment.sku == SERVERLESS:
            siblings = f"endpoint:{deployment.workspace}/{deployment.project}"
            yield Given("serverless endpoint", deployment.name, ENDPOINT, path, siblings)
        else:
            yield Given("deployment", deployment.name, ACCOUNT, path, f"deployment:{deployment.workspace}")


def _workspace(workspace: Workspace) -> Iterator[Given]:
    path = f"workspaces.{workspace.key}"
    group = f"{workspace.resource_group.subscription}/{workspace.resource_group.name}".lower()
    hub = workspace.kind == "hub"
    kind = "hub" if hub else "account"
    yield Given(kind, workspace.name, HUB if hub else ACCOUNT, f"{path}.name", f"{kind}:{group}")
    if workspace.subdomain:
        yield Given("subdomain", workspace.subdomain, SUBDOMAIN, f"{path}.name", "subdomain")
    for project in workspace.projects:
        # A hub's projects are workspaces beside it; a Foundry account's are its children.
        siblings = f"hub:{group}" if hub else f"project:{workspace.key}"
        yield Given("project", project.name, HUB if hub else ACCOUNT, f"{path}.projects", siblings)
    parts = workspace.hub
    if parts:
        yield Given("storage account", parts.storage_account, STORAGE, path, "storage")
        yield Given("key vault", parts.key_vault, VAULT, path, "vault")
        yield Given("log workspace", parts.log_analytics, LOGS, path, f"logs:{group}")
        yield Given("application insights", parts.application_insights, INSIGHTS, path, f"insights:{group}")
    elif workspace.diagnostics is not None and workspace.diagnostics.name:
        yield Given("log workspace", workspace.diagnostics.name, LOGS, path, f"logs:{group}")
