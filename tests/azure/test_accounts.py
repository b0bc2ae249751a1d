"""What soft-deleted resources hold, and the steps that free it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from modelform.azure import ArmError
from modelform.azure.accounts import (
    ACCOUNT,
    ML_WORKSPACE,
    VAULT,
    Held,
    deleted_accounts,
    deleted_vaults,
    holder,
    ml_workspace,
    purge,
    recover,
    subdomain_is_free,
)
from modelform.errors import PolicyError, UnsupportedError

DELETED = "/subscriptions/sub/providers/Microsoft.CognitiveServices/locations/swedencentral/resourceGroups/rg"
ITEM = {
    "id": f"{DELETED}/deletedAccounts/acc",
    "location": "swedencentral",
    "properties": {"deletionDate": "a", "scheduledPurgeDate": "b", "customSubDomainName": "acc-sub"},
}
ID = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/acc"
HELD = Held(ACCOUNT, ID, "acc", "swedencentral", f"{DELETED}/deletedAccounts/acc", "a", "b", "acc-sub")
VAULTS = "/subscriptions/sub/providers/Microsoft.KeyVault"
HELD_VAULT = Held(VAULT, "/v", "kv", "westeurope", f"{VAULTS}/locations/westeurope/deletedVaults/kv")


def test_deleted_accounts(rig: Callable[..., Any]) -> None:
    made = rig({"body": {"value": [ITEM]}})
    assert deleted_accounts(made.arm) == [HELD]
    assert made.script.requests[0].url.startswith(
        "https://arm.test/subscriptions/sub/providers/Microsoft.CognitiveServices/deletedAccounts?"
    )


def test_an_id_that_is_none_is_said(rig: Callable[..., Any]) -> None:
    with pytest.raises(ArmError, match="no id of a deleted account"):
        deleted_accounts(rig({"body": {"value": [{"id": "/short"}]}}).arm)


def test_deleted_vaults(rig: Callable[..., Any]) -> None:
    properties = {"vaultId": "/v", "location": "westeurope", "purgeProtectionEnabled": True}
    item = {"id": HELD_VAULT.deleted_id, "name": "kv", "properties": properties}
    assert deleted_vaults(rig({"body": {"value": [item]}}).arm) == [
        Held(VAULT, "/v", "kv", "westeurope", HELD_VAULT.deleted_id, protected=True)
    ]


@pytest.mark.parametrize(
    ("arm_type", "id", "subdomain", "found"),
    [
        (ACCOUNT, ID.upper(), "", HELD),
        (ACCOUNT, ID + "2", "", None),
        (ACCOUNT, ID + "2", "ACC-sub", HELD),
        (VAULT, "/another/group/KV", "", HELD_VAULT),
        (VAULT, ID, "", None),
        (ML_WORKSPACE, ID, "", None),
    ],
)
def test_who_holds_a_name(arm_type: str, id: str, subdomain: str, found: Held | None) -> None:
    assert holder([HELD, HELD_VAULT], arm_type, id, subdomain) == found


def test_purge_of_an_account(rig: Callable[..., Any]) -> None:
    made = rig({"status": 202, "headers": {"Location": "/op", "Retry-After": 0}}, {"status": 204})
    purge(made.arm, HELD)
    assert made.script.lines[0].startswith(f"DELETE {HELD.deleted_id}?")
    assert made.script.lines[1] == "GET /op"


def test_purge_of_a_vault(rig: Callable[..., Any]) -> None:
    made = rig({"status": 200})
    purge(made.arm, HELD_VAULT)
    assert made.script.lines[0].startswith(f"POST {HELD_VAULT.deleted_id}/purge?")


def test_a_protected_vault_is_not_purged(rig: Callable[..., Any]) -> None:
    made = rig({"status": 200})
    with pytest.raises(PolicyError, match="purge protection"):
        purge(made.arm, Held(VAULT, "/v", "kv", "w", "/d", protected=True))
    assert made.script.requests == []


def test_purge_of_a_workspace_that_is_gone(rig: Callable[..., Any]) -> None:
    made = rig({"status": 404}, {"status": 204})
    purge(made.arm, ml_workspace("/w/hub", "westeurope"))
    assert [line.split("?")[0] for line in made.script.lines] == ["GET /w/hub", "DELETE /w/hub"]
    assert "forceToPurge=true" in made.script.lines[1]


def test_a_living_workspace_is_never_purged(rig: Callable[..., Any]) -> None:
    made = rig({"body": {"id": "/w/hub"}})
    with pytest.raises(PolicyError, match="not deleted"):
        purge(made.arm, ml_workspace("/w/hub", "westeurope"))
    assert len(made.script.requests) == 1


@pytest.mark.parametrize(
    ("held", "key", "value"), [(HELD, "restore", b"true"), (HELD_VAULT, "createMode", b'"recover"')]
)
def test_recover(rig: Callable[..., Any], held: Held, key: str, value: bytes) -> None:
    made = rig({"status": 200, "body": {}}, {"body": {"id": held.id}})
    body = {"kind": "AIServices", "location": "Sweden Central", "properties": {"x": 1}}
    assert recover(made.arm, held, body) == {"id": held.id}
    sent = made.script.requests[0].content
    assert b'"x": 1, "%s": %s' % (key.encode(), value) in sent
    assert held.location.encode() in sent
    assert body["properties"] == {"x": 1}


def test_a_workspace_cannot_be_recovered(rig: Callable[..., Any]) -> None:
    with pytest.raises(UnsupportedError, match="hub"):
        recover(rig({}).arm, ml_workspace("/w/hub", "w"), {})


@pytest.mark.parametrize("free", [True, False])
def test_subdomain(rig: Callable[..., Any], free: bool) -> None:
    assert subdomain_is_free(rig({"body": {"isSubdomainAvailable": free}}).arm, "x") is free
