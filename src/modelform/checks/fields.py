"""The fields that a condition of a pack may ask for, with what each says; the page of the packs is made from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from modelform.catalog import SERVERLESS, Catalog
from modelform.checks.place import Placed, placed, written
from modelform.spec.resolved import Stack, Workspace

STACK = {
    "stack.name": "the stack's name",
    "stack.project": "the Pulumi project",
    "stack.target": "sandbox or azure",
    "stack.engine": "pulumi or embedded",
    "stack.location": "its region",
    "stack.backend": "where its state is kept; None where the file does not say",
    "stack.tags": 'its tags: `stack.tags["owner"]`, None where there is none of that name',
    "stack.deployments": "the keys of its deployments",
    "stack.workspaces": "the keys of its workspaces",
    "stack.residency": "where prompts may be processed by its policy; None without one",
    "today": "the day, as text: 2026-11-22",
}
WORKSPACE = {
    "workspace.key": "its key",
    "workspace.kind": "foundry, openai or hub",
    "workspace.name": "its physical name",
    "workspace.region": "its region",
    "workspace.exposure": "public or private",
    "workspace.localKeys": "does it accept keys?",
    "workspace.outbound": "the hosts that it may call; None where it may call any",
    "workspace.diagnostics": "do its logs go to a log workspace?",
    "workspace.logsRegion": "where that keeps them; None without one, or where it is not known",
    "workspace.resourceGroup": "the name of its resource group",
    "workspace.projects": "the keys of its projects",
    "workspace.tags": "its tags",
}
DEPLOYMENT = {
    "deployment.key": "its key",
    "deployment.name": "its physical name",
    "deployment.sku": "the sku as the stack file has it: dataZoneStandard, serverless",
    "deployment.scope": "how far prompts go: region, geography, dataZone, global, publisher",
    "deployment.region": "the region of its workspace",
    "deployment.project": "the hub's project; None elsewhere",
    "deployment.capacity": "the amount, in its unit; None for serverless",
    "deployment.unit": "tpm, ptu, enqueuedTokens or units; None for serverless",
    "deployment.upgrade": "noAutoUpgrade, onceExpired or onceNewDefault",
    "deployment.pinned": "does the file name the version?",
    "deployment.contentFilter": "the filter's name; None without one",
    "deployment.tags": "its tags",
    "deployment.model.name": "ARM's name of the model",
    "deployment.model.version": "its version",
    "deployment.model.publisher": "who makes it: Mistral AI",
    "deployment.model.country": "where that publisher has its seat: FR; None where it is not known",
    "deployment.model.status": "preview, ga, legacy, deprecated or retired on that day; None where it is not known",
    "deployment.model.daysLeft": "days until it retires; None without a date",
    "deployment.model.features": "what it can do: chat, vision, tools, …",
    "deployment.model.languages": "the languages that it is known to speak",
}
FIELDS: dict[str, dict[str, str]] = {
    "stack": STACK,
    "workspace": WORKSPACE,
    "deployment": {**WORKSPACE, **DEPLOYMENT},
}
UPGRADES = {
    "NoAutoUpgrade": "noAutoUpgrade",
    "OnceCurrentVersionExpired": "onceExpired",
    "OnceNewDefaultVersionAvailable": "onceNewDefault",
}


def scopes(each: str, stack: Stack, catalog: Catalog, today: date) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What a condition is asked of, one by one: its path in the stack file, and the values of its fields."""
    whole = _stack(stack, today)
    if each == "stack":
        yield "", whole
    elif each == "workspace":
        for key, workspace in stack.workspaces.items():
            yield f"workspaces.{key}", {**whole, **_workspace(workspace)}
    else:
        for item in placed(stack, catalog):
            yield (
                f"deployments.{item.key}",
                {**whole, **_workspace(item.workspace), **_deployment(item, catalog, today)},
            )


def _stack(stack: Stack, today: date) -> dict[str, Any]:
    return {
        "stack.name": stack.name,
        "stack.project": stack.project,
        "stack.target": stack.target,
        "stack.engine": stack.engine,
        "stack.location": stack.location,
        "stack.backend": stack.backend,
        "stack.tags": stack.tags,
        "stack.deployments": list(stack.deployments),
        "stack.workspaces": list(stack.workspaces),
        "stack.residency": stack.policy.residency,
        "today": today.isoformat(),
    }


def _workspace(workspace: Workspace) -> dict[str, Any]:
    return {
        "workspace.key": workspace.key,
        "workspace.kind": workspace.kind,
        "workspace.name": workspace.name,
        "workspace.region": workspace.location,
        "workspace.exposure": workspace.exposure,
        "workspace.localKeys": workspace.local_keys,
        "workspace.outbound": None if workspace.outbound is None else list(workspace.outbound),
        "workspace.diagnostics": workspace.diagnostics is not None,
        "workspace.logsRegion": (workspace.diagnostics.location or None) if workspace.diagnostics else None,
        "workspace.resourceGroup": workspace.resource_group.name,
        "workspace.projects": [project.key for project in workspace.projects],
        "workspace.tags": workspace.tags,
    }


def _deployment(item: Placed, catalog: Catalog, today: date) -> dict[str, Any]:
    made, model = item.deployment, item.model
    standing = catalog.lifecycle(model, today) if model else None
    seat = catalog.seat(made.model.publisher)
    known = item.sku == SERVERLESS or item.sku in catalog.data["skus"]
    scope = "publisher" if model and model.hosting == "publisher" else catalog.scope(item.sku) if known else None
    return {
        "deployment.key": item.key,
        "deployment.name": made.name,
        "deployment.sku": written(item.sku),
        "deployment.scope": scope,
        "deployment.region": item.region,
        "deployment.project": made.project,
        "deployment.capacity": made.capacity.amount if made.capacity else None,
        "deployment.unit": made.capacity.unit if made.capacity else None,
        "deployment.upgrade": UPGRADES.get(made.upgrade, made.upgrade),
        "deployment.pinned": made.pinned,
        "deployment.contentFilter": made.content_filter,
        "deployment.tags": made.tags,
        "deployment.model.name": made.model.name,
        "deployment.model.version": made.model.version,
        "deployment.model.publisher": made.model.publisher,
        "deployment.model.country": seat.country if seat else None,
        "deployment.model.status": standing.status if standing else None,
        "deployment.model.daysLeft": standing.days_left if standing else None,
        "deployment.model.features": list(model.features) if model else [],
        "deployment.model.languages": list(model.languages) if model else [],
    }
