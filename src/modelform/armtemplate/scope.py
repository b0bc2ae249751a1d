"""Where a template is deployed, and the functions of ARM templates that ask for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from modelform.armtemplate.expression import ExpressionError
from modelform.armtemplate.texts import date_text, moment_of
from modelform.armtemplate.value import Runtime
from modelform.record import dataclass

Level = Literal["resourceGroup", "subscription", "managementGroup", "tenant"]

GROUPS = "2024-11-01"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a deployment goes. What is empty is known only at deployment.

    `location` is the resource group's, or for a wider level the deployment's own. `now` is ISO 8601 (`20261122T000000Z`
    as `utcNow()` has it), `new_guid` what `newGuid()` gives.
    """

    subscription: str
    resource_group: str = ""
    location: str = ""
    tenant: str = ""
    deployment: str = "main"
    level: Level = "resourceGroup"
    group_tags: dict[str, str] | None = None
    now: str = ""
    new_guid: str = ""

    @property
    def path(self) -> str:
        """The id that resources of this scope stand under."""
        if self.level == "resourceGroup":
            return f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
        return f"/subscriptions/{self.subscription}" if self.level == "subscription" else ""

    def within(self, subscription: str, resource_group: str, deployment: str) -> Scope:
        """The scope of a nested deployment, which may go to another subscription or resource group."""
        if not subscription and not resource_group:
            return replace(self, deployment=deployment)
        sub = subscription or self.subscription
        group = resource_group or ""
        same = sub == self.subscription and group.lower() == self.resource_group.lower()
        return replace(
            self,
            subscription=sub,
            resource_group=group,
            deployment=deployment,
            level="resourceGroup" if group else "subscription",
            location=self.location if same or not group else "",
            group_tags=self.group_tags if same else None,
        )


def resource_id(base: str, kind: str, names: list[str]) -> str:
    """The id of a resource of a type like `A.B/c/d` with as many names as it has parts after the namespace."""
    namespace, *parts = kind.split("/")
    if not parts or len(parts) != len(names):
        raise ExpressionError(f"the type {kind!r} wants {len(parts)} names, and has {len(names)}: {', '.join(names)}")
    tail = "".join(f"/{part}/{name}" for part, name in zip(parts, names, strict=True))
    if kind.lower() == "microsoft.resources/resourcegroups":
        return f"{base}/resourceGroups/{names[0]}"
    return f"{base}/providers/{namespace}{tail}"


def _typed(arguments: tuple[Any, ...], most: int) -> tuple[list[str], str, list[str]]:
    """Arguments split into what stands before the type (at most so many), the type and the names."""
    texts = [str(a) for a in arguments]
    for at, said in enumerate(texts[: most + 1]):
        if "/" in said and "." in said.partition("/")[0]:
            return texts[:at], said, texts[at + 1 :]
    raise ExpressionError(f"a type like Microsoft.CognitiveServices/accounts is missing among {', '.join(texts)}")


def _resource_id(scope: Scope, *arguments: Any) -> str:
    before, kind, names = _typed(arguments, 2)
    if len(before) == 2:
        return resource_id(f"/subscriptions/{before[0]}/resourceGroups/{before[1]}", kind, names)
    if before and _GUID.fullmatch(before[0]):
        return resource_id(f"/subscriptions/{before[0]}", kind, names)
    if before:
        return resource_id(f"/subscriptions/{scope.subscription}/resourceGroups/{before[0]}", kind, names)
    return resource_id(scope.path, kind, names)


def _subscription_resource_id(scope: Scope, *arguments: Any) -> str:
    before, kind, names = _typed(arguments, 1)
    return resource_id(f"/subscriptions/{before[0] if before else scope.subscription}", kind, names)


def _extension_resource_id(scope: Scope, base: Any, kind: Any, *names: Any) -> str:
    return resource_id(str(base).rstrip("/"), str(kind), [str(name) for name in names])


def _tenant_resource_id(scope: Scope, kind: Any, *names: Any) -> str:
    return resource_id("", str(kind), [str(name) for name in names])


def _management_group_resource_id(scope: Scope, *arguments: Any) -> Any:
    before, kind, names = _typed(arguments, 1)
    if not before:
        return Runtime("managementgroupresourceid", tuple(arguments))
    return resource_id(f"/providers/Microsoft.Management/managementGroups/{before[0]}", kind, names)


def _subscription(scope: Scope) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{scope.subscription}",
        "subscriptionId": scope.subscription,
        "tenantId": scope.tenant or Runtime("tenantId"),
        "displayName": Runtime("subscriptionName"),
    }


def _resource_group(scope: Scope) -> dict[str, Any]:
    if scope.level != "resourceGroup":
        raise ExpressionError("resourceGroup() is for templates that are deployed to a resource group")
    there = Runtime("reference", (scope.path, GROUPS, "Full"))
    return {
        "id": scope.path,
        "name": scope.resource_group,
        "type": "Microsoft.Resources/resourceGroups",
        "location": scope.location or Runtime("access", (there, "location")),
        "tags": scope.group_tags if scope.group_tags is not None else Runtime("access", (there, "tags")),
        "properties": {"provisioningState": "Succeeded"},
    }


def _deployment(scope: Scope) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": scope.deployment,
        "properties": {"provisioningState": "Running", "templateLink": Runtime("templateLink"), "mode": "Incremental"},
    }
    if scope.level != "resourceGroup":
        made["location"] = scope.location or Runtime("deploymentLocation")
    return made


def _tenant(scope: Scope) -> dict[str, Any]:
    return {"tenantId": scope.tenant or Runtime("tenantId"), "displayName": Runtime("tenantName")}


def _environment(scope: Scope) -> dict[str, Any]:
    return {
        "name": "AzureCloud",
        "resourceManager": "https://management.azure.com/",
        "authentication": {"loginEndpoint": "https://login.microsoftonline.com/", "tenant": "common"},
        "suffixes": {
            "storage": "core.windows.net",
            "keyvaultDns": ".vault.azure.net",
            "sqlServerHostname": ".database.windows.net",
            "acrLoginServer": ".azurecr.io",
        },
    }


def _utc_now(scope: Scope, wanted: Any = "yyyyMMddTHHmmssZ") -> Any:
    if not scope.now:
        return Runtime("utcnow", (wanted,))
    return date_text(moment_of(scope.now), str(wanted))


SCOPED: dict[str, Callable[..., Any]] = {
    "resourceid": _resource_id,
    "subscriptionresourceid": _subscription_resource_id,
    "extensionresourceid": _extension_resource_id,
    "tenantresourceid": _tenant_resource_id,
    "managementgroupresourceid": _management_group_resource_id,
    "subscription": _subscription,
    "resourcegroup": _resource_group,
    "deployment": _deployment,
    "tenant": _tenant,
    "managementgroup": lambda scope: {"id": Runtime("managementGroupId"), "name": Runtime("managementGroupName")},
    "deployer": lambda scope: {
        "objectId": Runtime("deployerObjectId"),
        "tenantId": scope.tenant or Runtime("tenantId"),
    },
    "environment": _environment,
    "utcnow": _utc_now,
    "newguid": lambda scope: scope.new_guid or Runtime("newguid"),
}
