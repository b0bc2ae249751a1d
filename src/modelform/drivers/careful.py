"""The azure-native provider with care for soft deletes: purges after a delete, makes way before a create."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from modelform.drivers import soft_deleted
from modelform.drivers.soft_deleted import ACCOUNT, KEPT, ML_WORKSPACE, VAULT
from modelform.errors import ModelformError, ProviderError
from modelform.provider import AzureNative, Row, parse_id, resource_id, row_of
from modelform.seam import CheckResult, CreateResult
from modelform.values import Properties, bare

if TYPE_CHECKING:
    from modelform.azure import Arm
    from modelform.drivers.graves import Graves

# What asks ARM to take a soft-deleted resource back, by type: a property path.
_RESTORE: dict[str, tuple[str, Any]] = {ACCOUNT: ("restore", True), VAULT: ("createMode", "recover")}


class CarefulAzureNative(AzureNative):
    """`AzureNative` that purges and recovers as an operation's `Graves` say."""

    def __init__(self, connect: Callable[[str], Arm], graves: Graves) -> None:
        super().__init__(connect)
        self._graves = graves

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:
        """Lets pass what the SDK's provider class fills in by itself: the public cloud."""
        filled = {key: value for key, value in news.items() if key == "environment" and bare(value) == "public"}
        checked = super().check_config(urn, olds, {key: value for key, value in news.items() if key not in filled})
        return CheckResult({**checked.inputs, **filled}, checked.failures)

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
        if self._graves.adopts and row.serial and type not in KEPT:
            there = self.locate(urn, type, inputs)
            if there is not None:
                return self._adopt(urn, type, there, inputs, timeout)
        return super().create(urn, type, inputs, timeout, preview)

    def delete(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties, timeout: float) -> None:
        """Deletes the resource, and for good where that may be."""
        super().delete(urn, type, id, inputs, outputs, timeout)
        name = id.rpartition("/")[2]
        if type not in KEPT or not self._graves.may_purge(name):
            return
        try:
            self._purge(row_of(type), id, str(inputs.get("location") or outputs.get("location") or ""))
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
        id = resource_id(row, self._subscription(), inputs)
        name = id.rpartition("/")[2]
        way = self._graves.way(name)
        if row.token == ML_WORKSPACE:
            # There is no telling whether one is soft-deleted, and no taking back but by hand.
            if way == "purge":
                soft_deleted.purge_ml_workspace(self._arm(), id)
            return "create"
        kept = self._kept(row, id, str(inputs.get("location") or ""))
        if kept is None:
            return "create"
        if way == "fail":
            held = self._graves.held(kept)
            raise ProviderError(held.summary, code=held.code, detail=held.detail, hint=held.hint)
        if way == "purge":
            soft_deleted.purge(self._arm(), kept)
            self._graves.purged(name)
            return "create"
        return "recover"

    def _kept(self, row: Row, id: str, location: str) -> soft_deleted.Kept | None:
        names = parse_id(row, id)
        if row.token == ACCOUNT:
            return soft_deleted.account(
                self._arm(), names["subscriptionId"], location, names["resourceGroupName"], names["accountName"]
            )
        return soft_deleted.vault(self._arm(), names["subscriptionId"], location, names["vaultName"])

    def _purge(self, row: Row, id: str, location: str) -> None:
        if row.token == ML_WORKSPACE:
            soft_deleted.purge_ml_workspace(self._arm(), id)
            return
        kept = self._kept(row, id, location)
        if kept is not None:
            soft_deleted.purge(self._arm(), kept)
