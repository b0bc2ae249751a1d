"""What ARM keeps after a delete: accounts and vaults that hold their names until they are purged, found and purged.

Accounts stay for 48 hours, vaults for their retention, ML workspaces for 14 days (and cannot be listed).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from modelform.azure import Arm

ACCOUNT = "azure-native:cognitiveservices:Account"
VAULT = "azure-native:keyvault:Vault"
ML_WORKSPACE = "azure-native:machinelearningservices:Workspace"
KEPT = (ACCOUNT, VAULT, ML_WORKSPACE)
# The input that is each type's own name.
NAMES = {ACCOUNT: "accountName", VAULT: "vaultName", ML_WORKSPACE: "workspaceName"}

_COGNITIVE, _COGNITIVE_VERSION = "Microsoft.CognitiveServices", "2025-06-01"
_VAULTS, _VAULTS_VERSION = "Microsoft.KeyVault", "2024-11-01"
_ML_VERSION = "2025-12-01"


@dataclass(frozen=True, slots=True)
class Kept:
    """A soft-deleted account or vault; `id` is its path among the deleted, `until` when ARM purges it by itself."""

    type: Literal["account", "vault"]
    name: str
    location: str
    id: str
    until: str = ""

    def __str__(self) -> str:
        return f"soft-deleted {self.type} '{self.name}'" + (f" (kept until {self.until})" if self.until else "")


def listed(arm: Arm, subscription: str, *, accounts: bool = True, vaults: bool = True) -> list[Kept]:
    """Everything soft-deleted in a subscription that a list exists for."""
    root = f"/subscriptions/{subscription}/providers"
    found: list[Kept] = []
    if accounts:
        path = f"{root}/{_COGNITIVE}/deletedAccounts"
        found += [_account(item) for item in arm.items(path, _COGNITIVE_VERSION)]
    if vaults:
        found += [_vault(item) for item in arm.items(f"{root}/{_VAULTS}/deletedVaults", _VAULTS_VERSION)]
    return found


def account(arm: Arm, subscription: str, location: str, group: str, name: str) -> Kept | None:
    """The soft-deleted account of this name, if there is one."""
    path = (
        f"/subscriptions/{subscription}/providers/{_COGNITIVE}/locations/{_plain(location)}"
        f"/resourceGroups/{group}/deletedAccounts/{name}"
    )
    found = arm.find(path, _COGNITIVE_VERSION)
    return None if found is None else _account({"id": path, **found})


def vault(arm: Arm, subscription: str, location: str, name: str) -> Kept | None:
    """The soft-deleted vault of this name, if there is one."""
    path = f"/subscriptions/{subscription}/providers/{_VAULTS}/locations/{_plain(location)}/deletedVaults/{name}"
    found = arm.find(path, _VAULTS_VERSION)
    return None if found is None else _vault({"id": path, **found})


def purge(arm: Arm, kept: Kept) -> None:
    """Lets it go for good, with everything in it."""
    if kept.type == "account":
        arm.delete(kept.id, _COGNITIVE_VERSION)
    else:
        arm.post(f"{kept.id}/purge", _VAULTS_VERSION)


def purge_ml_workspace(arm: Arm, id: str) -> bool:
    """Lets a soft-deleted hub or project go for good; False, and nothing is done, if it lives."""
    if arm.find(id, _ML_VERSION) is not None:
        return False
    arm.delete(id, _ML_VERSION, params={"forceToPurge": "true"})
    return True


def _account(item: dict[str, Any]) -> Kept:
    properties = item.get("properties") or {}
    id = str(item.get("id") or "")
    location = str(item.get("location") or _after(id, "locations"))
    return Kept("account", _leaf(item), _plain(location), id, str(properties.get("scheduledPurgeDate") or ""))


def _vault(item: dict[str, Any]) -> Kept:
    properties = item.get("properties") or {}
    id = str(item.get("id") or "")
    location = str(properties.get("location") or _after(id, "locations"))
    return Kept("vault", _leaf(item), _plain(location), id, str(properties.get("scheduledPurgeDate") or ""))


def _leaf(item: dict[str, Any]) -> str:
    return str(item.get("name") or item.get("id") or "").rpartition("/")[2]


def _after(id: str, segment: str) -> str:
    parts = id.split("/")
    return parts[parts.index(segment) + 1] if segment in parts[:-1] else ""


def _plain(location: str) -> str:
    return location.replace(" ", "").lower()
