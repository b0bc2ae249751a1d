"""From a stack file's forms to the resolved stack: one step a concept, every problem reported."""

from __future__ import annotations

import re
from collections.abc import Mapping as Lookup
from dataclasses import dataclass
from datetime import date
from typing import Any

from modelform.catalog import Catalog
from modelform.catalog.seats import countries
from modelform.spec import lock
from modelform.spec.compose import Template
from modelform.spec.context import Context
from modelform.spec.deployments import resolve_deployments
from modelform.spec.kinds import Reading
from modelform.spec.policyforms import OriginsForm, PolicyForm
from modelform.spec.resolved import CostLimit, Deployment, Origins, Policy, Route, RouteMember, Stack, Target, Workspace
from modelform.spec.stackfile import StackForm
from modelform.spec.suggest import did_you_mean, either, nearest
from modelform.spec.unsupported import report_unsupported
from modelform.spec.words import GUID
from modelform.spec.workspaces import Groups, resolve_workspaces


@dataclass(frozen=True)
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
    context.policy = _policy(context, form.policy)
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


def _policy(context: Context, form: PolicyForm | None) -> Policy:
    if form is None:
        return Policy()
    written = form.origins if isinstance(form.origins, OriginsForm) else OriginsForm(require=form.origins)
    below = ("policy.origins.require", "policy.origins.prefer") if written is form.origins else ("policy.origins", "")
    return Policy(
        residency=_residency(context, form.residency, "residency"),
        at_rest=_residency(context, form.at_rest, "atRest"),
        proof=form.proof,
        publishers=tuple(_publisher(context, name, index) for index, name in enumerate(form.publishers)),
        lifecycle=form.lifecycle,
        retirement_notice_days=form.retirement_notice,
        monthly_cost=CostLimit(form.monthly_cost.limit, form.monthly_cost.currency) if form.monthly_cost else None,
        public_network=form.public_network,
        local_keys=form.local_keys,
        origins=tuple(_seat(context, text, f"{below[0]}.{index}") for index, text in enumerate(written.require)),
        preferred_origins=tuple(
            _seat(context, text, f"{below[1]}.{index}") for index, text in enumerate(written.prefer)
        ),
        rules=dict(form.rules),
    )


def _seat(context: Context, text: str, path: str) -> str:
    """`EU` or a country code; a country without a publisher allows nothing, which is worth a word."""
    place = text.upper()
    known = {seat.country for name in context.catalog.publishers if (seat := context.catalog.seat(name))}
    if not countries((place,)) & known:
        hint = f"The publishers' countries are {', '.join(sorted(known))}, and EU stands for its members."
        context.warning("policy.origin", f"the catalogue has no publisher from {text!r}", path, hint)
    return place


def _residency(context: Context, text: str | None, key: str) -> str | None:
    """A residency as the catalogue spells it: country codes in capitals, all else in small letters."""
    if text is None:
        return None
    for spelled in (text, text.lower(), text.upper()):
        if context.catalog.is_residency(spelled):
            return spelled
    words = ("global", "us-data-zone", "eu-data-zone", "apac-data-zone", "eu")
    near = nearest(text, (*words, *context.catalog.residencies()))
    hint = (
        f"Did you mean {either(near)}?"
        if near
        else f"Write {', '.join(words)}, a country code such as DE, or a region."
    )
    context.error(
        "stack-file.value", f"policy.{key} {text!r} is no place that the catalogue knows", f"policy.{key}", hint
    )
    return None


def _publisher(context: Context, name: str, index: int) -> str:
    """A publisher as the catalogue spells it; one that it does not know allows nothing, which is worth a word."""
    known = {publisher.lower().replace(" ", "-"): publisher for publisher in context.catalog.publishers}
    found = known.get(name.lower().replace(" ", "-"))
    if found is None:
        hint = did_you_mean(name, known.values()) or f"The catalogue has {', '.join(sorted(known.values()))}."
        context.warning(
            "policy.publisher", f"the catalogue has no model of {name!r}", f"policy.publishers.{index}", hint
        )
    return found or name


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
