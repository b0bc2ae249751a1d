"""Azure Resource Manager: who we are there, one client over azure-core's pipeline, and the questions to ask it.

Importing this package loads nothing of Azure's libraries; the first request does.
"""

from __future__ import annotations

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
