"""Managed identities of resources: what ARM fills in when one is asked for."""

from __future__ import annotations

import uuid
from typing import Any

from modelform.sandbox import refusals
from modelform.sandbox.exchange import Json, Refusal
from modelform.sandbox.kinds import Change

PRINCIPALS = "principal"  # the scope of names in which service principals are known
USER_ASSIGNED = "Microsoft.ManagedIdentity/userAssignedIdentities"


def _assigned(change: Change, id: str) -> Json:
    """The ids of a user-assigned identity; refuses one that is not there."""
    found = change.view.get(id.lower())
    if found is None or found.type != USER_ASSIGNED:
        answer = f"The identity resource '{id}' was not found."
        text = f"Identity operation for resource '{change.address.path}' failed with error '{answer}'."
        raise Refusal(400, "FailedIdentityOperation", text)
    return {name: found.properties[name] for name in ("principalId", "clientId")}


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
        change.view.take(PRINCIPALS, sent["principalId"], change.key)
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
        sent["userAssignedIdentities"] = {id: known.get(id) or _assigned(change, id) for id in assigned}
    else:
        sent.pop("userAssignedIdentities", None)
