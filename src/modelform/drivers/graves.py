"""Names that outlive what they named: purging, recovering, and what a plan has to say of it.

The provider of an operation is the usual one with two differences: after a delete it purges what may be purged, and
before a create it makes way where a soft-deleted account or vault holds the name.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from modelform.drivers import agreements
from modelform.drivers.driver import Request
from modelform.errors import Diagnostic, ModelformError, ProviderError, Severity
from modelform.plan import Change, Op
from modelform.seam import Provider
from modelform.spec.resolved import Target
from modelform.state import Snapshot, binding
from modelform.values import bare

if TYPE_CHECKING:
    from modelform.azure import Arm
    from modelform.azure.accounts import Held

ACCOUNT = "azure-native:cognitiveservices:Account"
VAULT = "azure-native:keyvault:Vault"
ML_WORKSPACE = "azure-native:machinelearningservices:Workspace"
KEPT = (ACCOUNT, VAULT, ML_WORKSPACE)
# The input that is each type's own name.
NAMES = {ACCOUNT: "accountName", VAULT: "vaultName", ML_WORKSPACE: "workspaceName"}
DEPLOYMENT = "azure-native:cognitiveservices:Deployment"


class Graves:
    """Soft deletes in one operation. `notes` are what it has to say at the end."""

    def __init__(self, request: Request, target: Target, base: Snapshot) -> None:
        self._request, self._target = request, target
        self._old = {r.urn: bare(r.inputs) for r in base.resources if r.type in KEPT and not r.delete}
        self._provisioned = _with_provisioned(base)
        self._subscriptions = _subscriptions(request, base)
        self._arms: dict[str, Arm] = {}
        self._lock = threading.Lock()
        self._purged: set[str] = set()
        self._found: dict[str, list[Held] | ModelformError] = {}
        self._changes: dict[str, int] = {}
        self.notes: list[Diagnostic] = []

    def provider(self, package: str, version: str) -> Provider:
        """The provider of a package, for an engine; only azure-native is there."""
        if package != "azure-native":
            raise ProviderError(
                f"the embedded engine has no provider for '{package}'",
                code="provider.unknown-package",
                hint="use the Pulumi CLI (--engine pulumi)",
            )
        from modelform.drivers.careful import CarefulAzureNative

        return CarefulAzureNative(self._connect, self)

    def _connect(self, subscription: str) -> Arm:
        """A client of its own: a provider closes it."""
        from modelform.azure import Arm

        return Arm(self._request.connection(subscription))

    def arm(self, subscription: str) -> Arm:
        """A client for questions, one a subscription; it is closed with the rest."""
        with self._lock:
            if subscription not in self._arms:
                self._arms[subscription] = self._connect(subscription)
            return self._arms[subscription]

    def deleted_accounts(self, subscription: str, *, insist: bool = False) -> list[Held]:
        """The soft-deleted accounts: ARM is asked once, until an account of this operation goes (`forget`).

        A refusal is an answer as well, unless somebody `insist`s: a plan only tells of it, a create needs to know.
        """
        from modelform.azure import accounts

        key = subscription.lower()
        found, changes = self._found.get(key), self._changes.get(key, 0)
        if found is None or (insist and isinstance(found, ModelformError)):
            try:
                found = accounts.deleted_accounts(self.arm(subscription), subscription)
            except ModelformError as error:
                found = error
            with self._lock:
                # An answer from before a change is none for those who ask after it.
                if self._changes.get(key, 0) == changes:
                    self._found[key] = found
        if isinstance(found, ModelformError):
            raise found
        return found

    def forget(self, subscription: str) -> None:
        """What is soft-deleted has changed: the next question is asked of ARM."""
        key = subscription.lower()
        with self._lock:
            self._changes[key] = self._changes.get(key, 0) + 1
            self._found.pop(key, None)

    def close(self) -> None:
        """Gives back the connections that were opened for questions of its own."""
        with self._lock:
            arms, self._arms = list(self._arms.values()), {}
        for arm in arms:
            arm.close()

    # what may be done

    def may_purge(self, name: str) -> bool:
        """May what is deleted under this name go for good? In the sandbox always, on Azure only when it is named."""
        return self._target == "sandbox" or name in self._request.options.purge

    def way(self, name: str) -> str:
        """What to do where the name is held: fail, recover or purge."""
        options = self._request.options
        if options.on_name_taken == "recover":
            return "recover"
        if name in options.purge or (options.on_name_taken == "purge" and self._target == "sandbox"):
            return "purge"
        return "fail"

    @property
    def adopts(self) -> bool:
        """Is what a recovered account brought back taken over, instead of failing as something foreign?"""
        return self._request.options.on_name_taken == "recover"

    def purged(self, name: str) -> None:
        """Remembers that a name is free."""
        with self._lock:
            self._purged.add(name)

    def could_not_purge(self, name: str, error: ModelformError) -> None:
        """A purge that fails ends nothing: the delete was made, and the name comes free by itself."""
        self._not_purged(f"'{name}' is deleted, but could not be purged: {error}", error)

    def _not_purged(self, said: str, error: ModelformError) -> None:
        first = error.diagnostics[0]
        with self._lock:
            self.notes.append(Diagnostic("name.not-purged", Severity.WARNING, said, first.detail, hint=first.hint))

    def held(self, held: Held, severity: Severity = Severity.ERROR) -> Diagnostic:
        """A name that is held, and that nobody said what to do about."""
        return Diagnostic(
            "name.soft-deleted",
            severity,
            f"the name '{held.name}' is held by a {_described(held)}",
            "A deleted account or vault keeps its name (and an account its quota) until it is purged.",
            hint=f"--on-name-taken recover takes it back with what was in it; {self._purge_flags(held.name)} "
            "lets it go for good",
        )

    def _purge_flags(self, name: str) -> str:
        return "--on-name-taken purge" if self._target == "sandbox" else f"--purge {name}"

    # what a plan says

    def foresee(self, changes: Iterable[Change], severity: Severity) -> tuple[tuple[Change, ...], list[Diagnostic]]:
        """The changes with what happens to their names, and findings for what cannot go well, with a severity."""
        told: list[Change] = []
        found: list[Diagnostic] = []
        creates = [c for c in changes if c.op is Op.CREATE and c.type in (ACCOUNT, VAULT)]
        held = self._held(creates, found)
        for change in changes:
            if change in creates:
                reason = self._reason_of_create(change, held, severity, found)
            elif change.type in KEPT and change.op in (Op.DELETE, Op.REPLACE):
                reason = self._reason_of_delete(change, severity, found)
            elif change.type == agreements.BOUGHT and change.op is Op.DELETE:
                reason = agreements.REASON
            else:
                reason = ""
            told.append(replace(change, reason="; ".join(filter(None, (change.reason, reason)))) if reason else change)
        return tuple(told), found

    def _held(self, creates: list[Change], found: list[Diagnostic]) -> list[tuple[str, Held]]:
        """Every soft-deleted account and vault, where anything is to be made that they might be in the way of."""
        if not creates:
            return []
        from modelform.azure import accounts

        types = {change.type for change in creates}
        held: list[tuple[str, Held]] = []
        try:
            for subscription in self._subscriptions:
                arm = self.arm(subscription)
                if ACCOUNT in types:
                    held += [(ACCOUNT, item) for item in self.deleted_accounts(subscription)]
                if VAULT in types:
                    held += [(VAULT, item) for item in accounts.deleted_vaults(arm, subscription)]
        except ModelformError as error:
            first = error.diagnostics[0]
            said = f"whether soft-deleted resources hold the names of new ones could not be asked: {first.summary}"
            found.append(Diagnostic("name.unverified", Severity.WARNING, said, first.detail, hint=first.hint))
        return held

    def _reason_of_create(
        self, change: Change, held: list[tuple[str, Held]], severity: Severity, found: list[Diagnostic]
    ) -> str:
        new = {d.path: str(d.new).lower() for d in change.diff}
        name, subdomain = new.get(NAMES[change.type], ""), new.get("properties.customSubDomainName", "")
        # The group of a new account may not be known yet: its name and subdomain tell as well.
        holder = next(
            (
                item
                for type, item in held
                if type == change.type and (item.name.lower() == name or (subdomain and item.subdomain == subdomain))
            ),
            None,
        )
        if holder is None:
            return ""
        way = self.way(holder.name)
        if way == "fail":
            found.append(self.held(holder, severity))
            return f"its name is held by a {_described(holder)}"
        return f"the {_described(holder)} is {'recovered, with what was in it' if way == 'recover' else 'purged first'}"

    def _reason_of_delete(self, change: Change, severity: Severity, found: list[Diagnostic]) -> str:
        name = str(self._old.get(change.urn, {}).get(NAMES[change.type]) or change.id.rpartition("/")[2])
        renamed = any(d.path == NAMES[change.type] for d in change.diff)
        if self.may_purge(name):
            return "purged" if change.op is Op.DELETE else ""
        if change.op is Op.REPLACE and not renamed:
            said = f"'{name}' cannot be replaced under its name: deleted, it still holds it"
            found.append(Diagnostic("name.soft-deleted", severity, said, hint=f"--purge {name} lets it go for good"))
        bills = "; provisioned deployments in it bill until then" if change.urn in self._provisioned else ""
        kept = {ACCOUNT: "48 hours", ML_WORKSPACE: "14 days"}.get(change.type, "its retention")
        return f"soft-deleted: holds its name for {kept}, or until --purge {name}{bills}"

    def free(self, names: Iterable[str]) -> None:
        """Purges what is soft-deleted under these names; a purge that fails ends nothing."""
        self._purge(set(names))

    # after a destroy

    def purge_rest(self) -> None:
        """Purges what was named with --purge and deleted by an earlier operation."""
        wanted, unsure = self._purge({name for name in self._request.options.purge if name not in self._purged})
        for name in sorted(wanted) if not unsure else ():
            said = f"nothing soft-deleted is named '{name}', so there was nothing to purge"
            self.notes.append(Diagnostic("name.nothing-to-purge", Severity.WARNING, said))

    def _purge(self, wanted: set[str]) -> tuple[set[str], bool]:
        """Purges what is soft-deleted under these names; those that were not found, and whether some may be there."""
        unsure = False
        for subscription in self._subscriptions if wanted else ():
            from modelform.azure import accounts

            for deleted in (accounts.deleted_accounts, accounts.deleted_vaults):
                try:
                    arm = self.arm(subscription)
                    for held in deleted(arm, subscription):
                        if held.name in wanted:
                            accounts.purge(arm, held)
                            self.forget(subscription)
                            self.purged(held.name)
                            wanted.discard(held.name)
                except ModelformError as error:
                    unsure = True
                    self._not_purged(f"not all that --purge names could be purged: {error}", error)
        return wanted, unsure


def _described(held: Held) -> str:
    kind = "vault" if held.arm_type.endswith("/vaults") else "account"
    return f"soft-deleted {kind} '{held.name}'" + (f" (kept until {held.purge_at})" if held.purge_at else "")


def _subscriptions(request: Request, base: Snapshot) -> tuple[str, ...]:
    if request.stack is not None:
        return request.stack.subscriptions
    bound = binding.read(base)
    return (bound.subscription,) if bound is not None else ()


def _with_provisioned(base: Snapshot) -> set[str]:
    """The URNs of accounts that hold provisioned deployments."""
    found: set[str] = set()
    for resource in base.resources:
        sku = bare(resource.inputs).get("sku") if resource.type == DEPLOYMENT else None
        if isinstance(sku, dict) and "Provisioned" in str(sku.get("name")):
            found.update(resource.property_dependencies.get("accountName", ()))
    return found
