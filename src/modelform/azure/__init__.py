"""Azure Resource Manager: who we are there, one client over azure-core's pipeline, and the questions to ask it.

Importing this package loads nothing of Azure's libraries, nor what is not asked for; the first request does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelform.azure.arm import Arm
    from modelform.azure.connection import (
        AZURE_ENDPOINT,
        SANDBOX_CLIENT,
        SANDBOX_ENDPOINT,
        SANDBOX_SUBSCRIPTION,
        SANDBOX_TENANT,
        Connection,
        azure_connection,
    )
    from modelform.azure.failures import ArmAccessError, ArmError

__all__ = [
    "AZURE_ENDPOINT",
    "SANDBOX_CLIENT",
    "SANDBOX_ENDPOINT",
    "SANDBOX_SUBSCRIPTION",
    "SANDBOX_TENANT",
    "Arm",
    "ArmAccessError",
    "ArmError",
    "Connection",
    "azure_connection",
]

_HOMES = {"Arm": "arm", "ArmAccessError": "failures", "ArmError": "failures"}


def __getattr__(name: str) -> Any:
    """Loads a module at the first use of what it has."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'connection')}"), name)
