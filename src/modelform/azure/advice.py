"""What ARM's error codes mean to a user: the diagnostic's code, and the way out."""

from __future__ import annotations

import re
from typing import NamedTuple


class Advice(NamedTuple):
    """The code of our diagnostic and what to do."""

    diagnostic: str
    hint: str = ""


_LOGIN = "sign in again (`az login`), or check the service principal's secret or federated token"
_ROLE = (
    "ask for a role with this action at that scope (for model deployments: Cognitive Services Contributor); a role "
    "given a moment ago takes some minutes"
)
_SOFT_DELETED = "take it back with `--on-name-taken recover`, or free the name with `--on-name-taken purge`"
_OTHER_NAME = "set another `name:` in the stack file"

# ARM's code -> what we say; the codes and when ARM sends them: Microsoft's documentation and its users' reports.
BY_CODE: dict[str, Advice] = {
    "AuthorizationFailed": Advice("access.denied", _ROLE),
    "LinkedAuthorizationFailed": Advice("access.denied", _ROLE),
    "AuthenticationFailed": Advice("access.not-signed-in", _LOGIN),
    "InvalidAuthenticationToken": Advice("access.not-signed-in", _LOGIN),
    "InvalidAuthenticationTokenTenant": Advice(
        "access.not-signed-in", "the token is for another tenant: set AZURE_TENANT_ID to the subscription's"
    ),
    "ExpiredAuthenticationToken": Advice("access.not-signed-in", _LOGIN),
    "SubscriptionNotFound": Advice(
        "access.subscription", "check `subscription:` (or AZURE_SUBSCRIPTION_ID), and that you may see it"
    ),
    "InvalidSubscriptionId": Advice(
        "access.subscription", "`subscription:` (or AZURE_SUBSCRIPTION_ID) must be a subscription's GUID"
    ),
    "MissingSubscriptionRegistration": Advice(
        "azure.not-registered", "register the resource provider: `az provider register --namespace NAMESPACE`"
    ),
    "RequestDisallowedByPolicy": Advice(
        "azure.policy", "an Azure Policy of your organisation forbids it: change the stack to fit, or ask its owner"
    ),
    "UnexpectedAnswer": Advice(
        "azure.unexpected-answer", "something in between may answer in Azure's place: a proxy, a sign-in page"
    ),
    "ScopeLocked": Advice("azure.locked", "remove the lock, or leave the resource out of the operation"),
    "InsufficientQuota": Advice(
        "quota.exceeded",
        "lower `capacity:`, free quota in this region (soft-deleted accounts hold theirs until they are purged), take "
        "another region or sku, or ask for more quota",
    ),
    "QuotaExceeded": Advice("quota.exceeded", "delete what is not needed in this region, or ask for more quota"),
    "FlagMustBeSetForRestore": Advice("azure.name-soft-deleted", _SOFT_DELETED),
    "CanNotRestoreANonExistingResource": Advice(
        "azure.nothing-to-recover", "nothing of that name is soft-deleted: run without `--on-name-taken recover`"
    ),
    "CustomDomainInUse": Advice(
        "azure.name-taken",
        f"the subdomain is taken by another account, maybe a soft-deleted one: {_OTHER_NAME}, or purge that account",
    ),
    "StorageAccountAlreadyTaken": Advice(
        "azure.name-taken", f"storage names are unique in all of Azure: {_OTHER_NAME}"
    ),
    "VaultAlreadyExists": Advice("azure.name-taken", f"vault names are unique in all of Azure: {_OTHER_NAME}"),
    "InvalidResourceLocation": Advice(
        "azure.name-taken", f"the same name exists in another region: {_OTHER_NAME}, or delete the other one first"
    ),
    "InvalidResourceGroupLocation": Advice(
        "azure.name-taken", "the resource group exists in another region: use `resourceGroup: {existing: NAME}`"
    ),
    "CannotDeleteResource": Advice(
        "azure.has-children", "delete what is inside first; something may have been added outside of this stack"
    ),
    "ResourceGroupDeletionBlocked": Advice(
        "azure.has-children", "something in the group refuses deletion: see the identifiers in the message"
    ),
    "ResourceGroupBeingDeleted": Advice("azure.being-deleted", "wait until the resource group is gone, then run again"),
    "RequestConflict": Advice("azure.conflict", "somebody else is changing the same account: run again"),
    "AnotherOperationInProgress": Advice("azure.conflict", "somebody else is changing the same resource: run again"),
    "AccountProvisioningStateInvalid": Advice("azure.conflict", "the account is still being changed: run again"),
    "StorageAccountOperationInProgress": Advice("azure.conflict", "the account is still being changed: run again"),
    "TooManyRequests": Advice("azure.throttled", "run again later, or with a lower `--parallel`"),
    "DeploymentModelNotSupported": Advice(
        "availability.model", "the region or the account's kind has no such model or version: see `modelform quota`"
    ),
    "NoRegisteredProviderFound": Advice("availability.region", "take a region that has this kind of resource"),
    "LocationNotAvailableForResourceType": Advice("availability.region", "take one of the regions in the message"),
    "ServerlessModelNotAvailableInRegion": Advice(
        "availability.region", "serverless endpoints of this model are offered in few regions: move the hub"
    ),
    "UpdateKindNotAllowed": Advice("azure.refused", "an account's kind cannot change: give the workspace a new key"),
    "ResourceGroupNotFound": Advice("azure.missing", "the resource group was deleted outside: run `modelform refresh`"),
    "ParentResourceNotFound": Advice("azure.missing", "its parent was deleted outside: run `modelform refresh`"),
    "NotSignedIn": Advice(
        "access.not-signed-in",
        "sign in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or "
        "AZURE_FEDERATED_TOKEN_FILE)",
    ),
    "ForeignHost": Advice("azure.foreign-host", "the token was not sent there; check the endpoint and any proxy"),
    "Dropped": Advice("azure.unreachable", "whether it was done is not known: run `modelform refresh`, then run again"),
    "Untrusted": Advice(
        "azure.untrusted", "set REQUESTS_CA_BUNDLE to the certificate authorities that your network or endpoint uses"
    ),
    "Unreachable": Advice("azure.unreachable", "check the network, the proxy and the endpoint, then run again"),
    "TimedOut": Advice(
        "azure.timed-out", "it may still come to its end in Azure: run `modelform refresh`, then run again"
    ),
}

# Codes that say little by themselves: what the message must say too.
BY_MESSAGE: tuple[tuple[str, re.Pattern[str], Advice], ...] = (
    (
        "InvalidResourceProperties",
        re.compile(r"\bSKU\b.*not supported", re.I),
        Advice("availability.sku", "take another `sku:` or region: see which the model has with `modelform validate`"),
    ),
    ("ConflictError", re.compile(r"deleted state", re.I), Advice("azure.name-soft-deleted", _SOFT_DELETED)),
    ("BadRequest", re.compile(r"soft-deleted workspace", re.I), Advice("azure.name-soft-deleted", _SOFT_DELETED)),
    (
        "UserError",
        re.compile(r"not available in region", re.I),
        BY_CODE["ServerlessModelNotAvailableInRegion"],
    ),
    (
        "UserError",
        re.compile(r"eligibility check failed", re.I),
        Advice(
            "marketplace.eligibility",
            "resold, student, free and sponsored subscriptions cannot buy, nor can those whose billing country is not "
            "on the offer's list: use another subscription, or a model that Azure sells itself",
        ),
    ),
    (
        "UserError",
        re.compile(r"marketplace", re.I),
        Advice("azure.marketplace", "the subscription must be allowed to buy from Azure Marketplace"),
    ),
    ("Conflict", re.compile(r"name .* is not unique", re.I), Advice("azure.name-taken", _OTHER_NAME)),
)

BY_STATUS: dict[int, Advice] = {
    401: Advice("access.not-signed-in", _LOGIN),
    403: Advice("access.denied", _ROLE),
    404: Advice("azure.missing"),
    409: Advice("azure.conflict"),
    429: BY_CODE["TooManyRequests"],
}


def advice_for(status: int, code: str, message: str) -> Advice:
    """What is said about an error: by its code, by its code and message, by its status, else that Azure refused it."""
    if found := BY_CODE.get(code):
        return found
    for known, pattern, advice in BY_MESSAGE:
        if known == code and pattern.search(message):
            return advice
    if found := BY_STATUS.get(status):
        return found
    if status >= 500:
        return Advice("azure.unavailable", "Azure itself failed, several times: run again later")
    return Advice("azure.refused")
