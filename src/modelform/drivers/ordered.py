"""Outputs in the order in which a person reads them: Pulumi's wire keeps none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelform.spec.resolved import Stack
from modelform.values import Secret

# Of a stack, of a deployment, of a workspace; what is not named here comes after, by name.
_FIRST = (
    *("deployments", "routes", "workspaces"),
    *("key", "kind", "name", "endpoint", "path", "apiVersion", "deployment", "model", "version", "format", "auth"),
    *("workspace", "sku", "subscription", "resourceGroup", "location", "projects"),
)
_RANK = {name: rank for rank, name in enumerate(_FIRST)}


def outputs(found: dict[str, Any], stack: Stack | None = None) -> dict[str, Any]:
    """The same outputs, ordered: deployments, routes and workspaces as in the stack file, where that is known."""
    ordered: dict[str, Any] = _ordered(found)
    if stack is not None:
        for name, keys in (
            ("deployments", stack.deployments),
            ("routes", stack.routes),
            ("workspaces", stack.workspaces),
        ):
            if isinstance(ordered.get(name), dict):
                ordered[name] = _as_in(ordered[name], keys)
    return ordered


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda k: (_RANK.get(k, len(_RANK)), k))}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return Secret(_ordered(value.value)) if isinstance(value, Secret) else value


def _as_in(found: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    order = {key: rank for rank, key in enumerate(keys)}
    return {key: found[key] for key in sorted(found, key=lambda k: (order.get(k, len(order)), k))}
