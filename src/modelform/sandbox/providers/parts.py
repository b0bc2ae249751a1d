"""Parts that the bodies of several providers share."""

from __future__ import annotations

from modelform.sandbox.shapes import table

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
