"""What soft-deleted resources hold: their names, their quota; how to list, purge and recover them.

The steps behind `--on-name-taken fail|recover|purge` and `--purge NAME`; they go over ARM and know no engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from modelform.azure.arm import Arm
from modelform.azure.failures import ArmError
from modelform.errors import PolicyError, UnsupportedError
from modelform.record import dataclass

ACCOUNT, VAULT, ML_WORKSPACE = (
    "Microsoft.CognitiveServices/accounts",
    "Microsoft.KeyVault/vaults",
    "Microsoft.MachineLearningServices/workspaces",
)
API_VERSIONS = {ACCOUNT: "2025-06-01", VAULT: "2024-11-01", ML_WORKSPACE: "2025-12-01"}


@dataclass(frozen=True, slots=True)
class Held:
    """A soft-deleted resource that still holds its name.

    `id` is the one it had and would have again; `deleted_id` where ARM keeps it now, empty for a Machine Learning
    workspace, which ARM lists nowhere. Times are ARM's texts. `subdomain`: an account's, taken in all of Azure.
    """

    arm_type: str
    id: str
    name: str
    location: str
    deleted_id: str = ""
    deleted: str = ""
    purge_at: str = ""
    subdomain: str = ""
    protected: bool = False


def deleted_accounts(arm: Arm, subscription: str = "", *, timeout: float = 0) -> list[Held]:
    """The soft-deleted accounts of a subscription, by name; `timeout` in seconds, for all of it."""
    scope = f"/subscriptions/{subscription or arm.connection.subscription}"
    path = f"{scope}/providers/Microsoft.CognitiveServices/deletedAccounts"
    found = []
    for item in arm.items(path, API_VERSIONS[ACCOUNT], timeout=timeout):
        parts = str(item.get("id") or "").strip("/").split("/")
        if len(parts) != 10:  # subscriptions S providers P locations L resourceGroups G deletedAccounts N
            raise ArmError(0, "", f"'{item.get('id')}' is no id of a deleted account", operation=f"GET {path}")
        properties = item.get("properties") or {}
        found.append(
            Held(
                arm_type=ACCOUNT,
                id=f"{scope}/resourceGroups/{parts[7]}/providers/{ACCOUNT}/{parts[9]}",
                name=parts[9],
                location=str(item.get("location") or parts[5]),
                deleted_id="/" + "/".join(parts),
                deleted=str(properties.get("deletionDate") or ""),
                purge_at=str(properties.get("scheduledPurgeDate") or ""),
                subdomain=str(properties.get("customSubDomainName") or ""),
            )
        )
    return sorted(found, key=lambda held: held.id.lower())


def deleted_vaults(arm: Arm, subscription: str = "") -> list[Held]:
    """The soft-deleted key vaults of a subscription, by name."""
    path = f"/subscriptions/{subscription or arm.connection.subscription}/providers/Microsoft.KeyVault/deletedVaults"
    found = []
    for item in arm.items(path, API_VERSIONS[VAULT]):
        properties = item.get("properties") or {}
        found.append(
            Held(
                arm_type=VAULT,
                id=str(properties.get("vaultId") or ""),
                name=str(item.get("name") or ""),
                location=str(properties.get("location") or ""),
                deleted_id=str(item.get("id") or ""),
                deleted=str(properties.get("deletionDate") or ""),
                purge_at=str(properties.get("scheduledPurgeDate") or ""),
                protected=bool(properties.get("purgeProtectionEnabled")),
            )
        )
    return sorted(found, key=lambda held: held.name.lower())


def ml_workspace(id: str, location: str) -> Held:
    """A Machine Learning workspace that was deleted a moment ago, or that ARM says is soft-deleted."""
    return Held(ML_WORKSPACE, id, id.rsplit("/", 1)[-1], location)


def holder(deleted: Iterable[Held], arm_type: str, id: str, subdomain: str = "") -> Held | None:
    """Who of the deleted holds the name of a resource that is to be made: its id, a vault's name, or the subdomain."""
    name = id.rsplit("/", 1)[-1].lower()
    for held in deleted:
        if held.arm_type != arm_type:
            continue
        if held.id.lower() == id.lower() or (arm_type == VAULT and held.name.lower() == name):
            return held
        if subdomain and held.subdomain.lower() == subdomain.lower():
            return held
    return None


def subdomain_is_free(arm: Arm, subdomain: str, kind: str = "AIServices", subscription: str = "") -> bool:
    """May a new account have this subdomain? No for one that any account of Azure has, soft-deleted ones included."""
    scope = f"/subscriptions/{subscription or arm.connection.subscription}"
    answer = arm.post(
        f"{scope}/providers/Microsoft.CognitiveServices/checkDomainAvailability",
        API_VERSIONS[ACCOUNT],
        {"subdomainName": subdomain, "type": ACCOUNT, "kind": kind},
    )
    return bool(answer.get("isSubdomainAvailable"))


def exists(arm: Arm, arm_type: str, id: str) -> bool:
    """Is there a living resource of that id?"""
    return arm.find(id, API_VERSIONS[arm_type]) is not None


def purge(arm: Arm, held: Held, timeout: float = 0) -> None:
    """Deletes a soft-deleted resource for good; its name and its quota are free then."""
    if held.protected:
        raise PolicyError(
            f"{held.name} cannot be purged: its purge protection is on",
            code="azure.purge-protected",
            hint=f"Azure frees the name {f'on {held.purge_at}' if held.purge_at else 'later'}: recover it, or use "
            "another `name:`",
        )
    version = API_VERSIONS[held.arm_type]
    if held.arm_type == VAULT:
        arm.post(f"{held.deleted_id}/purge", version, timeout=timeout)
    elif held.arm_type == ACCOUNT:
        arm.delete(held.deleted_id, version, timeout=timeout)
    else:
        # The one purge whose path is that of the living resource: never where one lives.
        if exists(arm, held.arm_type, held.id):
            raise PolicyError(
                f"workspace {held.name} is not deleted, so that it is not purged", code="azure.not-deleted"
            )
        arm.delete(held.id, version, params={"forceToPurge": "true"}, timeout=timeout)


def recover(arm: Arm, held: Held, body: Mapping[str, Any], timeout: float = 0) -> dict[str, Any]:
    """Takes a soft-deleted resource back, with what `body` (ARM's) says of it, and answers it.

    Its children come back with it, in the state they had: they are to be imported.
    """
    properties = dict(body.get("properties") or {})
    if held.arm_type == ACCOUNT:
        properties["restore"] = True
    elif held.arm_type == VAULT:
        properties["createMode"] = "recover"
    else:
        raise UnsupportedError(
            f"workspace {held.name} cannot be recovered over ARM",
            code="azure.not-recoverable",
            hint="recover it in the portal, or use `--on-name-taken purge`",
        )
    sent = {**body, "location": held.location, "properties": properties}
    return arm.put(held.id, API_VERSIONS[held.arm_type], sent, timeout=timeout)
