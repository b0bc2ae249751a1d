"""Parts that the bodies of several providers share."""

from __future__ import annotations

from modelform.sandbox.shapes import table

# The api-versions of ARM's own types.
ARM_VERSIONS = (
    *("2018-05-01", "2019-05-01", "2019-10-01", "2020-06-01", "2020-10-01", "2021-01-01", "2021-04-01"),
    *("2022-09-01", "2023-07-01", "2024-03-01", "2024-07-01", "2024-11-01", "2025-03-01", "2025-04-01"),
)

IDENTITY_PARTS = """
    principalId~: text
    tenantId~: text
    userAssignedIdentities{}
      principalId~: text
      clientId~: text
"""

COGNITIVE_IDENTITY = table(
    """
    type: None|SystemAssigned|UserAssigned|SystemAssigned, UserAssigned
    """
    + IDENTITY_PARTS
)

IDENTITY = table(
    """
    type!: None|SystemAssigned|UserAssigned|SystemAssigned,UserAssigned
    """
    + IDENTITY_PARTS
)

COGNITIVE_SKU = table(
    """
    name!: text
    tier: Free|Basic|Standard|Premium|Enterprise|*
    size: text
    family: text
    capacity: whole 0..
    """
)

ML_SKU = table(
    """
    name!: text
    tier: Free|Basic|Standard|Premium
    size: text
    family: text
    capacity: whole
    """
)
