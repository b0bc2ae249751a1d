"""From a stack file's forms to the resolved stack: one step a concept, every problem reported."""

from __future__ import annotations

import re
from collections.abc import Mapping as Lookup
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from modelform.catalog import Catalog
from modelform.record import dataclass
from modelform.spec import lock
from modelform.spec.compose import Template
from modelform.spec.context import Context
from modelform.spec.deployments import resolve_deployments
from modelform.spec.kinds import Reading
from modelform.spec.policies import resolve_policy
from modelform.spec.resolved import Deployment, Origins, Pack, Policy, Route, RouteMember, Stack, Target, Workspace
from modelform.spec.stackfile import StackForm
from modelform.spec.suggest import did_you_mean
from modelform.spec.unsupported import report_unsupported
from modelform.spec.words import GUID
from modelform.spec.workspaces import Groups, resolve_workspaces

if TYPE_CHECKING:
    from modelform.spec.rulebook import Company, Loosened


@dataclass(frozen=True, slots=True)
class Settings:
    """What a resolution takes from outside the stack file."""

    name: str
    file: str
    project: str
    target: Target
    engine: str
    environment: Lookup[str, str]
    today: date
    locked: dict[str, Any]
    templates: list[Template]
    company: Company | None = None
    packs: tuple[Pack, ...] = ()


def resolve(form: StackForm, reading: Reading, settings: Settings, catalog: Catalog) -> Stack | None:
    """The resolved stack; None when there is an error in the report, with as many problems reported as can be seen."""
    report_unsupported(form, reading)
    context = Context(
        name=settings.name,
        form=form,
        reading=reading,
        catalog=catalog,
        today=settings.today,
        subscription="",
        policy=Policy(),
        locked=settings.locked,
    )
    context.subscription = _account(context, settings, "subscription", form.subscription, "SUBSCRIPTION_ID")
    tenant = _account(context, settings, "tenant", form.tenant, "TENANT_ID")
    context.policy = replace(resolve_policy(context, form.policy), packs=settings.packs)
    loosened: tuple[Loosened, ...] = ()
    if settings.company is not None:
        from modelform.spec.tightening import tighten

        context.policy, loosened = tighten(context.policy, settings.company, catalog, reading.origins)
    location = context.region(form.location, "location") if form.location is not None else None
    if form.location is not None and location is None:
        reading.broken.add("location")
    tags = context.tags({}, form.tags, "tags")
    groups = Groups(context, location)
    workspaces = resolve_workspaces(context, location, groups)
    deployments = resolve_deployments(context, workspaces)
    routes = _routes(context)
    lock.check_templates(settings.locked, settings.templates, reading.report)
    if context.failed:
        return None
    return Stack(
        name=settings.name,
        project=settings.project,
        file=settings.file,
        target=settings.target,
        engine=settings.engine,
        backend=form.backend,
        secrets_provider=form.secrets_provider,
        subscription=context.subscription,
        tenant=tenant,
        location=location or "",
        tags=tags,
        resource_groups=groups.all,
        workspaces=workspaces,
        deployments=deployments,
        routes=routes,
        policy=context.policy,
        origins=Origins(reading.origins),
        company=settings.company,
        loosened=loosened,
        duties=_duties(form),
        lock=_lock(catalog, settings, workspaces, deployments),
    )


def _account(context: Context, settings: Settings, key: str, written: str | None, variable: str) -> str:
    """The subscription or tenant: the file's, else the environment's."""
    if written is not None:
        return written.lower()
    for prefix in ("AZURE_", "ARM_"):
        value = settings.environment.get(prefix + variable)
        if value and not re.fullmatch(GUID, value):
            hint = f"Correct it, or write `{key}:` into the file."
            context.error("stack-file.environment", f"the value of {prefix}{variable} is no GUID", "", hint)
        if value:
            return value.lower()
    if not context.is_broken(key):
        context.error(
            "stack-file.environment",
            f"no {key} is given",
            "",
            f"Set AZURE_{variable}, or write `{key}:` into the file.",
        )
    return ""


def _duties(form: StackForm) -> dict[str, str]:
    """What a company may give to somebody else and the file declares itself, with the place: path by duty."""
    found: dict[str, str] = {}
    if form.access:
        found["roleAssignments"] = "access"
    for name, network in form.networks.items():
        if network.dns == "managed":
            found.setdefault("dns", f"networks.{name}.dns")
    return found


def _routes(context: Context) -> dict[str, Route]:
    """Every route; each member must name a deployment of the file, once."""
    known = context.form.deployments
    found: dict[str, Route] = {}
    for key, form in context.form.routes.items():
        members: list[RouteMember] = []
        for index, member in enumerate(form.members):
            path = f"routes.{key}.members.{index}.deployment"
            name = member.deployment
            if name not in known and not context.is_broken(f"deployments.{name}"):
                hint = did_you_mean(name, known) or f"The deployments are {', '.join(known) or 'none'}."
                context.error("stack-file.reference", f"there is no deployment {name!r}", path, hint)
            elif any(name == other.deployment for other in members):
                context.error(
                    "stack-file.value", f"routes.{key} has {name!r} twice", path, "Keep the first of the two."
                )
            else:
                members.append(RouteMember(name))
        found[key] = Route(key, tuple(members))
    return found


def _lock(
    catalog: Catalog, settings: Settings, workspaces: dict[str, Workspace], deployments: dict[str, Deployment]
) -> dict[str, Any]:
    entries = {
        key: {
            "model": item.model.id,
            "publisher": item.model.publisher,
            "format": item.model.format,
            "sku": item.sku,
            "region": workspaces[item.workspace].location,
        }
        for key, item in deployments.items()
    }
    asked = {"version": catalog.version, "digest": catalog.digest}
    return lock.build(entries, settings.templates, asked, settings.locked)
