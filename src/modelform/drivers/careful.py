"""The azure-native provider with care for soft deletes: purges after a delete, makes way before a create."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from modelform.drivers.graves import ACCOUNT, KEPT, ML_WORKSPACE, VAULT
from modelform.errors import ModelformError, ProviderError
from modelform.provider import AzureNative, Row, resource_id, row_of
from modelform.seam import CreateResult
from modelform.values import Properties, bare

if TYPE_CHECKING:
    from modelform.azure import Arm, accounts
    from modelform.drivers.graves import Graves

# What asks ARM to take a soft-deleted resource back, by type: a property path.
_RESTORE: dict[str, tuple[str, Any]] = {ACCOUNT: ("restore", True), VAULT: ("createMode", "recover")}


class CarefulAzureNative(AzureNative):
    """`AzureNative` that purges and recovers as an operation's `Graves` say."""

    def __init__(self, connect: Callable[[str], Arm], graves: Graves) -> None:
        super().__init__(connect)
        self._graves = graves

    def create(self, urn: str, type: str, inputs: Properties, timeout: float, preview: bool) -> CreateResult:
        """Makes the resource; where its name is held, as `--on-name-taken` says."""
        if preview:
            return super().create(urn, type, inputs, timeout, preview)
        row = row_of(type)
        if type in KEPT and self._make_way(row, inputs) == "recover":
            name, value = _RESTORE[type]
            recovering = copy.deepcopy(inputs)
            recovering.setdefault("properties", {})[name] = value
            made = super().create(urn, type, recovering, timeout, preview)
            return self._adopt(urn, type, made.id, inputs, timeout)
        # What hangs on a resource outlives it: one of this name was made for an earlier resource of that one's name.
        if row.extends or (self._graves.adopts and row.serial and type not in KEPT):
            there = self.locate(urn, type, inputs)
            if there is not None:
                return self._adopt(urn, type, there, inputs, timeout)
        return super().create(urn, type, inputs, timeout, preview)

    def delete(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties, timeout: float) -> None:
        """Deletes the resource, and for good where that may be."""
        super().delete(urn, type, id, inputs, outputs, timeout)
        self._graves.forget(self._subscription())
        name = id.rpartition("/")[2]
        if type not in KEPT or not self._graves.may_purge(name):
            return
        try:
            self._purge(row_of(type), id, inputs)
            self._graves.purged(name)
        except ModelformError as error:
            self._graves.could_not_purge(name, error)

    def _adopt(self, urn: str, type: str, id: str, inputs: Properties, timeout: float) -> CreateResult:
        """Takes over what is there already, and changes it into what is wanted."""
        found = self.read(urn, type, id, {}, {})
        outputs = self.update(
            urn, type, id, found.outputs, found.inputs or {}, inputs, timeout, ignore_changes=(), preview=False
        )
        return CreateResult(id, outputs)

    def _make_way(self, row: Row, inputs: Properties) -> str:
        """Frees the name that a resource is about to take; `recover` where it is to be taken back instead."""
        from modelform.azure import accounts

        id = resource_id(row, self._subscription(), inputs)
        way = self._graves.way(id.rpartition("/")[2])
        if row.token == ML_WORKSPACE:
            # There is no telling whether one is soft-deleted, and no taking back but by hand.
            if way == "purge" and self.locate("", row.token, inputs) is None:
                self._purge(row, id, inputs)
            return "create"
        held = self._held(row, id, inputs)
        if held is None:
            return "create"
        way = self._graves.way(held.name)
        if way == "recover" and held.id.lower() == id.lower():
            return "recover"
        if way != "purge":
            told = self._graves.held(held)
            raise ProviderError(told.summary, code=told.code, detail=told.detail, hint=told.hint)
        accounts.purge(self._arm(), held)
        self._graves.purged(held.name)
        self._graves.forget(self._subscription())
        return "create"

    def _held(self, row: Row, id: str, inputs: Properties) -> accounts.Held | None:
        from modelform.azure import accounts

        properties = bare(inputs.get("properties")) or {}
        subdomain = str(properties.get("customSubDomainName") or "") if row.token == ACCOUNT else ""
        if row.token == ACCOUNT:
            deleted = self._graves.deleted_accounts(self._subscription(), insist=True)
        else:
            deleted = accounts.deleted_vaults(self._arm(), self._subscription())
        return accounts.holder(deleted, row.arm_type, id, subdomain)

    def _purge(self, row: Row, id: str, inputs: Properties) -> None:
        """Lets what is deleted go for good; nothing to do where ARM kept nothing of it."""
        from modelform.azure import accounts

        if row.token == ML_WORKSPACE:
            accounts.purge(self._arm(), accounts.ml_workspace(id, str(inputs.get("location") or "")))
            return
        held = self._held(row, id, inputs)
        if held is not None and held.id.lower() == id.lower():
            accounts.purge(self._arm(), held)
            self._graves.forget(self._subscription())
