"""A stand-in for Azure Resource Manager, good enough for Microsoft's own clients, kept in one SQLite file.

Importing this package loads neither starlette nor azure-core: `create_app`, `reset` and `status` do when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelform.sandbox.identity import CLIENT, ENDPOINT, SUBSCRIPTION, TENANT, Credential

if TYPE_CHECKING:
    from modelform.sandbox.app import create_app, create_control
    from modelform.sandbox.server import serve
    from modelform.sandbox.standing import reset, status

__all__ = [
    "CLIENT",
    "ENDPOINT",
    "SUBSCRIPTION",
    "TENANT",
    "Credential",
    "create_app",
    "create_control",
    "reset",
    "serve",
    "status",
]

_HOMES = {
    "create_app": "app",
    "create_control": "app",
    "reset": "standing",
    "serve": "server",
    "status": "standing",
}


def __getattr__(name: str) -> Any:
    """Loads what is heavy at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
