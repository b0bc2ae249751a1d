"""The types that modelform declares: one row each, for the api-versions of pulumi_azure_native 3.29.

Inputs, outputs and what is computed: the SDK's typed classes (a test compares). Wire names: Microsoft's published
type definitions. What is replaced, filled in, kept: azure-native's documentation and recorded answers of ARM.
"""

from __future__ import annotations

from modelform.errors import UnsupportedError
from modelform.provider.cognitive_services import ACCOUNT, DEPLOYMENT, PROJECT
from modelform.provider.foundations import (
    COMPONENT,
    DIAGNOSTIC_SETTING,
    LOG_ANALYTICS,
    RESOURCE_GROUP,
    STORAGE_ACCOUNT,
    VAULT,
)
from modelform.provider.machine_learning import MARKETPLACE_SUBSCRIPTION, ML_WORKSPACE, SERVERLESS_ENDPOINT
from modelform.provider.row import Row

ROWS: dict[str, Row] = {
    row.token: row
    for row in (
        RESOURCE_GROUP,
        ACCOUNT,
        DEPLOYMENT,
        PROJECT,
        ML_WORKSPACE,
        SERVERLESS_ENDPOINT,
        MARKETPLACE_SUBSCRIPTION,
        STORAGE_ACCOUNT,
        VAULT,
        LOG_ANALYTICS,
        COMPONENT,
        DIAGNOSTIC_SETTING,
    )
}


def row_of(token: str) -> Row:
    """The row of a Pulumi token; a clear error for a type that modelform does not declare."""
    try:
        return ROWS[token]
    except KeyError:
        raise UnsupportedError(
            f"the embedded provider does not manage {token}",
            code="provider.unknown-type",
            detail=f"it manages the types that modelform declares: {', '.join(sorted(ROWS))}",
            hint="use `--engine pulumi`, with the official azure-native plugin",
        ) from None
