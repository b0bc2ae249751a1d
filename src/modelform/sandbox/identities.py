"""Managed identities of resources: what ARM fills in when one is asked for."""

from __future__ import annotations

import uuid
from typing import Any

from modelform.sandbox import refusals
from modelform.sandbox.exchange import Json
from modelform.sandbox.kinds import Change


def complete(change: Change) -> None:
    """Completes a managed identity: ids for what was asked for, nothing at all for `None`."""
    sent: Json | None = change.body.get("identity")
    kind = str((sent or {}).get("type") or "None").replace(" ", "").lower()
    if not sent or kind == "none":
        change.body.pop("identity", None)
        return
    tenant = change.control.tenant
    if "systemassigned" in kind:
        sent["principalId"] = change.kept("identity.principalId") or str(uuid.uuid4())
        sent["tenantId"] = tenant
    else:
        sent.pop("principalId", None)
        sent.pop("tenantId", None)
    assigned: dict[str, Any] = {
        id: one for id, one in (sent.get("userAssignedIdentities") or {}).items() if one is not None
    }
    if "userassigned" in kind:
        if not assigned:
            raise refusals.bad_content("'userAssignedIdentities' is required for this type of identity")
        known = change.kept("identity.userAssignedIdentities", {})
        sent["userAssignedIdentities"] = {
            id: known.get(id) or {"principalId": str(uuid.uuid4()), "clientId": str(uuid.uuid4())} for id in assigned
        }
    else:
        sent.pop("userAssignedIdentities", None)
