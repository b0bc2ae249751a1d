"""The names and signs that every report uses: of operations, of resource types, of values."""

from __future__ import annotations

import json
import re
from typing import Any

from modelform.plan import Change, Op, Result, Step, Summary
from modelform.report.ink import Colour, printable
from modelform.values import UNKNOWN, hide

SIGNS: dict[Op, tuple[str, Colour]] = {
    Op.CREATE: ("+", "green"),
    Op.UPDATE: ("~", "yellow"),
    Op.DELETE: ("-", "red"),
    Op.REPLACE: ("+-", "magenta"),
    Op.CREATE_REPLACEMENT: ("+-", "magenta"),
    Op.DELETE_REPLACED: ("-", "magenta"),
    Op.IMPORT: ("=", "cyan"),
    Op.IMPORT_REPLACEMENT: ("=", "cyan"),
    Op.READ: (">", "cyan"),
    Op.READ_REPLACEMENT: (">", "cyan"),
    Op.REFRESH: (">", "cyan"),
    Op.DISCARD: ("-", "dim"),
    Op.DISCARD_REPLACED: ("-", "dim"),
    Op.REMOVE_PENDING_REPLACE: ("-", "dim"),
    Op.SAME: (" ", "dim"),
}

# Participle of work under way, and of work done.
VERBS: dict[Op, tuple[str, str]] = {
    Op.CREATE: ("creating", "created"),
    Op.UPDATE: ("updating", "updated"),
    Op.DELETE: ("deleting", "deleted"),
    Op.REPLACE: ("replacing", "replaced"),
    Op.CREATE_REPLACEMENT: ("replacing", "replaced"),
    Op.DELETE_REPLACED: ("deleting the old", "deleted the old"),
    Op.IMPORT: ("importing", "imported"),
    Op.IMPORT_REPLACEMENT: ("importing", "imported"),
    Op.READ: ("reading", "read"),
    Op.READ_REPLACEMENT: ("reading", "read"),
    Op.REFRESH: ("refreshing", "refreshed"),
    Op.DISCARD: ("forgetting", "forgotten"),
    Op.DISCARD_REPLACED: ("forgetting", "forgotten"),
    Op.REMOVE_PENDING_REPLACE: ("forgetting the old", "forgot the old"),
    Op.SAME: ("checking", "unchanged"),
}

# What a refresh says of a resource that is no longer as the state has it: somebody else did that.
FOUND: dict[Op, str] = {Op.UPDATE: "has changed", Op.DELETE: "is gone"}

ML_WORKSPACE = "azure-native:machinelearningservices:Workspace"

UNKNOWN_TEXT = hide(UNKNOWN)

# Where the last part of a token is not what a person calls the thing.
KINDS = {
    ML_WORKSPACE: "hub",
    "azure-native:keyvault:Vault": "key vault",
    "azure-native:operationalinsights:Workspace": "log analytics",
    "azure-native:applicationinsights:Component": "app insights",
    "azure-native:monitor:DiagnosticSetting": "diagnostics",
    "azure-native:machinelearningservices:MarketplaceSubscription": "marketplace",
    "azure-native:machinelearningservices:ServerlessEndpoint": "serverless",
    "pulumi:pulumi:Stack": "stack",
}

# What of a new resource a person wants to read in one line, in this order.
FACTS = (
    "properties.model.name",
    "properties.model.version",
    "properties.modelSettings.modelId",
    "modelSettings.modelId",
    "modelId",
    "kind",
    "sku.name",
    "sku.capacity",
    "location",
)

# Where the name that Azure will know stands; shown where it is not the stack file's key.
NAMES = {
    "ResourceGroup": "resourceGroupName",
    "Account": "accountName",
    "Deployment": "deploymentName",
    "Project": "projectName",
    "Workspace": "workspaceName",
    "StorageAccount": "accountName",
    "Vault": "vaultName",
    "ServerlessEndpoint": "name",
    "MarketplaceSubscription": "name",
    "Component": "resourceName",
}


def kind(type_token: str, name: str = "") -> str:
    """What a person calls a resource type: `azure-native:resources:ResourceGroup` is a `resource group`.

    A hub's project has the hub's type, and a name with a slash in it: `studio/research`.
    """
    if type_token == ML_WORKSPACE and "/" in name:
        return "project"
    if type_token in KINDS:
        return KINDS[type_token]
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", type_token.rpartition(":")[2]).lower()


def sign(op: Op) -> str:
    """One or two characters for an operation."""
    return SIGNS[op][0]


def value_text(value: Any) -> str:
    """A value on one line: plain text where it is plain, JSON otherwise; secrets and unknowns hidden."""
    value = hide(value)
    if value is None:
        return "(none)"
    if value == UNKNOWN_TEXT:
        return "(known after up)"
    if isinstance(value, str) and value and printable(value) == value and "\n" not in value and value == value.strip():
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=False, default=str)


def facts(change: Change) -> str:
    """What a new resource is, in a few words: `gpt-5.4-mini@2026-03-17, GlobalStandard, capacity 50`."""
    known = {d.path: d.new for d in change.diff if d.new is not None and not isinstance(d.new, (dict, list))}
    found = {path: value_text(known[path]) for path in FACTS if path in known}
    version = found.pop("properties.model.version", "")
    if version and "properties.model.name" in found:
        found["properties.model.name"] += f"@{version}"
    if "sku.capacity" in found:
        found["sku.capacity"] = f"capacity {found['sku.capacity']}"
    named = known.get(NAMES.get(change.type.rpartition(":")[2], ""))
    physical = [] if named is None or str(named) == change.name.rpartition("/")[2] else [value_text(named)]
    return ", ".join([*physical, *found.values()])


def counts(summary: Summary) -> str:
    """`2 to create, 1 to replace, 5 unchanged`; what is 0 is left out."""
    return _count(summary, ("to create", "to update", "to replace", "to delete"))


def counts_done(summary: Summary) -> str:
    """`2 created, 1 replaced, 5 unchanged`; what is 0 is left out."""
    return _count(summary, ("created", "updated", "replaced", "deleted"))


def counts_found(summary: Summary) -> str:
    """`1 changed, 2 gone, 5 unchanged`: what a refresh has found; what is 0 is left out."""
    return _count(summary, ("new", "changed", "replaced", "gone"))


def _count(summary: Summary, words: tuple[str, str, str, str]) -> str:
    numbers = (summary.create, summary.update, summary.replace, summary.delete)
    parts = [f"{number} {word}" for number, word in zip(numbers, words, strict=True) if number]
    if summary.same:
        parts.append(f"{summary.same} unchanged")
    return ", ".join(parts) or "nothing"


def shown(result: Result) -> list[Change]:
    """The changes a person reads: neither what stays as it is, nor components, nor providers."""
    return [c for c in result.changes if c.op is not Op.SAME and c.custom and not c.provider]


def place(result: Result) -> str:
    """`dev on the sandbox, embedded engine`."""
    cloud = {"sandbox": "the sandbox", "azure": "Azure"}.get(result.target, result.target)
    return f"{result.stack} on {cloud}, {result.engine} engine"


def step_name(step: Step) -> str:
    """What a step works on: `deployment assistant`."""
    return f"{kind(step.type, step.name)} {step.name}"


def count(number: int, word: str) -> str:
    """`1 resource`, `2 resources`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"
