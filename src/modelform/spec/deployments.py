"""Deployments: where they go, what they are called, and what each asks of ARM."""

from __future__ import annotations

from modelform.catalog import Candidates
from modelform.spec import naming
from modelform.spec.capacity import resolve_capacity
from modelform.spec.context import Context, keys_before
from modelform.spec.offers import Choice, choose
from modelform.spec.resolved import SERVERLESS, Deployment, Marketplace, Project, Workspace
from modelform.spec.stackfile import DeploymentForm, UsageForm
from modelform.spec.suggest import either
from modelform.spec.workspaces import formerly_of, suggest_workspace

UPGRADES = {
    "noAutoUpgrade": "NoAutoUpgrade",
    "onceExpired": "OnceCurrentVersionExpired",
    "onceNewDefault": "OnceNewDefaultVersionAvailable",
}


def resolve_deployments(context: Context, workspaces: dict[str, Workspace]) -> dict[str, Deployment]:
    """Every deployment that has no problem."""
    forms = context.form.deployments
    formerly_of(context, "deployments", {key: keys_before(form.formerly) for key, form in forms.items()})
    found: dict[str, Deployment] = {}
    for key, form in forms.items():
        if context.is_broken(f"deployments.{key}"):
            continue
        deployment = _deployment(context, key, form, workspaces)
        if deployment is not None:
            found[key] = deployment
    _check_unique(context, found)
    return found


def _deployment(
    context: Context, key: str, form: DeploymentForm, workspaces: dict[str, Workspace]
) -> Deployment | None:
    place = _place(context, key, form, workspaces)
    if place is None:
        return None
    workspace, project = place
    former = keys_before(form.formerly)
    choice = choose(context, key, form, workspace, former)
    if choice is None:
        return None
    before = context.failures
    capacity = resolve_capacity(context, key, form.capacity, choice)
    serverless = choice.sku == SERVERLESS
    if serverless:
        _check_serverless(context, key, form)
    asset = choice.facts.serverless.asset if serverless and choice.facts and choice.facts.serverless else ""
    if serverless and not asset:
        summary = (
            f"{choice.model.id} is locked as a serverless endpoint, and the catalogue no longer has its registry id"
        )
        context.error("lock.not-in-catalog", summary, f"deployments.{key}", "`modelform lock --upgrade` decides anew.")
    name = _name(context, key, form, former, workspace, project, serverless)
    if context.failures > before:
        return None
    return Deployment(
        key=key,
        name=name,
        logical=key,
        aliases=former,
        workspace=workspace.key,
        project=project.key if project else None,
        model=choice.model,
        sku=choice.sku,
        capacity=capacity,
        upgrade=UPGRADES[form.upgrade],
        content_filter=form.content_filter,
        usage=_usage(form.usage),
        model_asset=asset,
        marketplace=_marketplace(context, key, form, choice, asset),
        tags=context.tags(workspace.tags, form.tags, f"deployments.{key}.tags"),
        sku_chosen=choice.sku_chosen,
        pinned="@" in form.model,
    )


def _place(
    context: Context, key: str, form: DeploymentForm, workspaces: dict[str, Workspace]
) -> tuple[Workspace, Project | None] | None:
    """The workspace, and the project where it is a hub's; None with a diagnostic (or where the workspace has one)."""
    path = f"deployments.{key}.workspace"
    if form.workspace is None:
        workspace = _only(context, key, form, workspaces)
        text, project_key = (workspace.key if workspace else ""), ""
    else:
        text, _, project_key = form.workspace.partition("/")
        workspace = workspaces.get(text)
        if workspace is None and not context.is_broken("workspaces") and text not in context.form.workspaces:
            hint = suggest_workspace(form.workspace, workspaces)
            context.error("stack-file.reference", f"there is no workspace {form.workspace!r}", path, hint)
    if workspace is None:
        return None
    if workspace.kind != "hub":
        if project_key:
            hint = f"Write workspace: {text}; its projects share the account's deployments."
            context.error(
                "stack-file.reference", f"deployments are the account's, not a project's: {form.workspace}", path, hint
            )
            return None
        return workspace, None
    if not project_key and len(workspace.projects) == 1:
        return workspace, workspace.projects[0]
    project = next((item for item in workspace.projects if item.key == project_key), None)
    if project is not None:
        return workspace, project
    choices = [f"{text}/{item.key}" for item in workspace.projects]
    what = (
        f"the hub {text} has no project {project_key!r}" if project_key else f"{text} is a hub: a project must be named"
    )
    hint = f"Write workspace: {either(choices)}." if choices else f"Give {text} a project: projects: [research]."
    context.error("stack-file.reference", what, path, hint)
    return None


def _only(context: Context, key: str, form: DeploymentForm, workspaces: dict[str, Workspace]) -> Workspace | None:
    """The one workspace that can have the deployment."""
    fitting = _fitting(context, form, list(workspaces.values()))
    if len(fitting) == 1:
        return fitting[0]
    incomplete = not workspaces or len(workspaces) < len(context.form.workspaces)
    if incomplete or context.is_broken("workspaces"):
        return None
    path = f"deployments.{key}"
    if not fitting:
        wanted = "hub" if (form.sku or "").lower() == SERVERLESS else "foundry"
        context.error("stack-file.reference", f"no workspace can have {path}", path, f"Add one of kind {wanted}.")
    else:
        hint = f"Write workspace: {either(item.key for item in fitting)}."
        context.error("stack-file.reference", f"{path} does not say which workspace it goes to", path, hint)
    return None


def _fitting(context: Context, form: DeploymentForm, workspaces: list[Workspace]) -> list[Workspace]:
    """The workspaces whose kind suits the sku and the model's publisher."""
    accounts = [item for item in workspaces if item.kind != "hub"]
    hubs = [item for item in workspaces if item.kind == "hub"]
    if (form.sku or "").lower() == SERVERLESS or (not accounts and form.sku is None):
        return hubs
    facts = context.catalog.find(form.model, today=context.today)
    if not isinstance(facts, Candidates) and facts.format.lower() != "openai":
        accounts = [item for item in accounts if item.kind != "openai"]
    return accounts


def _check_serverless(context: Context, key: str, form: DeploymentForm) -> None:
    """A serverless endpoint serves the newest version, filters by itself, and never upgrades by choice."""
    path = f"deployments.{key}"
    if "@" in form.model:
        context.error(
            "stack-file.value",
            "a serverless endpoint serves the newest version: it cannot be pinned",
            f"{path}.model",
            f"Write model: {form.model.partition('@')[0]}.",
        )
    if form.content_filter is not None:
        context.error(
            "stack-file.value",
            "a serverless endpoint has no content filter policy",
            f"{path}.contentFilter",
            "Remove it.",
        )
    if form.upgrade != "noAutoUpgrade":
        context.error(
            "stack-file.value",
            "a serverless endpoint serves the newest version by itself",
            f"{path}.upgrade",
            "Remove it.",
        )


def _name(
    context: Context,
    key: str,
    form: DeploymentForm,
    former: tuple[str, ...],
    workspace: Workspace,
    project: Project | None,
    serverless: bool,
) -> str:
    rule = naming.SERVERLESS if serverless else naming.DEPLOYMENT
    path = f"deployments.{key}"
    if form.name is not None:
        return context.own_name(form.name, rule, f"{path}.name")
    first = former[0] if former else key
    if not serverless:
        return context.own_name(first, rule, path)
    # Its name is a host name in the region, so that it must differ from everybody else's.
    group = workspace.resource_group
    tag = naming.short_hash(group.subscription, group.name, context.name, project.name if project else "", first)
    return naming.made(rule, (first,), tag)


def _marketplace(context: Context, key: str, form: DeploymentForm, choice: Choice, asset: str) -> Marketplace | None:
    facts = choice.facts
    if choice.sku == SERVERLESS and facts and facts.serverless and facts.serverless.needs_marketplace:
        return Marketplace(naming.marketplace_name(asset), form.terms == "accepted")
    if form.terms is not None and (facts is None or facts.sold_by == "Azure"):
        context.warning(
            "marketplace.terms",
            f"{choice.model.name} has no marketplace terms to accept",
            f"deployments.{key}.terms",
            "Remove `terms`.",
        )
    return None


def _usage(form: UsageForm | None) -> dict[str, int]:
    if form is None:
        return {}
    given = {"inputTokens": form.input_tokens, "outputTokens": form.output_tokens}
    return {name: amount for name, amount in given.items() if amount is not None}


def _check_unique(context: Context, deployments: dict[str, Deployment]) -> None:
    """Two deployments of one account (or hub project) cannot share a name; ARM looks at it without case."""
    taken: dict[tuple[str, str | None, str], str] = {}
    for key, deployment in deployments.items():
        identity = (deployment.workspace, deployment.project, deployment.name.lower())
        if identity in taken:
            other = f"deployments.{taken[identity]}"
            summary = f"deployments.{key} and {other} have the same name {deployment.name!r} in {deployment.workspace}"
            context.error("naming.duplicate", summary, f"deployments.{key}", "Give one of them another `name`.")
        taken.setdefault(identity, key)
