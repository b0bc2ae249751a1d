"""What azurerm's resources say in ARM's words: one row a type, with the attributes that checks look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelform.beside.declared import (
    ACCOUNT,
    ACCOUNT_PROJECT,
    DEPLOYMENT,
    DIAGNOSTIC,
    GROUP,
    PRIVATE_ENDPOINT,
    UNKNOWN,
    WORKSPACE,
    Unknown,
)
from modelform.record import dataclass

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A type of azurerm: ARM's type, the body in ARM's shape."""

    type: str
    body: Callable[[Values], dict[str, Any]]


def block(values: Any, name: str) -> Any:
    """A nested block, which a plan has as a list of one; an empty one where there is none."""
    found = values.get(name) if isinstance(values, Mapping) else UNKNOWN if isinstance(values, Unknown) else None
    if isinstance(found, list):
        return found[0] if found else {}
    return {} if found is None else found


def of(values: Any, name: str) -> Any:
    """An attribute of a block, UNKNOWN where the block is."""
    if isinstance(values, Unknown):
        return UNKNOWN
    return values.get(name) if isinstance(values, Mapping) else None


def _switch(value: Any) -> Any:
    """`true` and `Enabled` are ARM's `Enabled`."""
    if isinstance(value, bool):
        return "Enabled" if value else "Disabled"
    return value


def _negated(value: Any) -> Any:
    return not value if isinstance(value, bool) else UNKNOWN if isinstance(value, Unknown) else None


def _acls(values: Values) -> Any:
    acls = block(values, "network_acls")
    if isinstance(acls, Unknown):
        return UNKNOWN
    return {"defaultAction": acls.get("default_action"), "ipRules": acls.get("ip_rules") or []} if acls else None


def _account(values: Values) -> dict[str, Any]:
    local = values.get("local_auth_enabled", values.get("local_authentication_enabled"))
    public = values.get("public_network_access_enabled", values.get("public_network_access"))
    return {
        "kind": values.get("kind", "AIServices"),
        "sku": {"name": values.get("sku_name")},
        "tags": values.get("tags"),
        "properties": {
            "customSubDomainName": values.get("custom_subdomain_name"),
            "disableLocalAuth": _negated(local),
            "publicNetworkAccess": _switch(public),
            "networkAcls": _acls(values),
            "restrictOutboundNetworkAccess": values.get("outbound_network_access_restricted"),
            "allowedFqdnList": values.get("fqdns"),
        },
    }


def _deployment(values: Values) -> dict[str, Any]:
    model, sku = block(values, "model"), block(values, "sku")
    if "sku" not in values and "scale" in values:  # azurerm 3
        scale = block(values, "scale")
        sku = {"name": of(scale, "type"), "capacity": of(scale, "capacity")}
    return {
        "sku": {"name": of(sku, "name"), "capacity": of(sku, "capacity")},
        **({"tags": values["tags"]} if "tags" in values else {}),
        "properties": {
            "model": {key: of(model, key) for key in ("format", "name", "version")},
            "versionUpgradeOption": values.get("version_upgrade_option"),
            "raiPolicyName": values.get("rai_policy_name"),
        },
    }


def _hub(values: Values) -> dict[str, Any]:
    public = values.get("public_network_access", values.get("public_network_access_enabled"))
    return {
        "kind": "hub",
        "tags": values.get("tags"),
        "properties": {
            "publicNetworkAccess": _switch(public),
            "storageAccount": values.get("storage_account_id"),
            "keyVault": values.get("key_vault_id"),
            "applicationInsights": values.get("application_insights_id"),
            "containerRegistry": values.get("container_registry_id"),
            "managedNetwork": {"isolationMode": of(block(values, "managed_network"), "isolation_mode")},
        },
    }


def _workspace(values: Values) -> dict[str, Any]:
    return {**_hub(values), "kind": values.get("kind") or "Default"}


def _hub_project(values: Values) -> dict[str, Any]:
    return {"kind": "project", "properties": {"hubResourceId": values.get("ai_services_hub_id")}}


def _private_endpoint(values: Values) -> dict[str, Any]:
    connection = block(values, "private_service_connection")
    target = of(connection, "private_connection_resource_id")
    return {"properties": {"privateLinkServiceConnections": [{"properties": {"privateLinkServiceId": target}}]}}


def _diagnostic(values: Values) -> dict[str, Any]:
    # `enabled_log` names what is on; `log`, of older versions, says of each whether it is.
    on, each = (_blocks(values, name) for name in ("enabled_log", "log"))
    logs: Any = UNKNOWN
    if isinstance(on, list) and isinstance(each, list):
        logs = [{"enabled": True} for _ in on] + [{"enabled": of(one, "enabled")} for one in each]
    return {
        "properties": {
            "workspaceId": values.get("log_analytics_workspace_id"),
            "storageAccountId": values.get("storage_account_id"),
            "eventHubAuthorizationRuleId": values.get("eventhub_authorization_rule_id"),
            "marketplacePartnerId": values.get("partner_solution_id"),
            "logs": logs,
        }
    }


def _blocks(values: Values, name: str) -> Any:
    """Every block of a name; Pulumi's classic provider has the plural."""
    found = values.get(name, values.get(f"{name}s"))
    return found if isinstance(found, Unknown) else found or []


def _plain(values: Values) -> dict[str, Any]:
    return {"tags": values.get("tags")}


ROWS: dict[str, Row] = {
    "azurerm_cognitive_account": Row(ACCOUNT, _account),
    "azurerm_ai_services": Row(ACCOUNT, _account),
    "azurerm_cognitive_deployment": Row(DEPLOYMENT, _deployment),
    "azurerm_cognitive_account_project": Row(ACCOUNT_PROJECT, _plain),
    "azurerm_ai_foundry": Row(WORKSPACE, _hub),
    "azurerm_ai_foundry_project": Row(WORKSPACE, _hub_project),
    "azurerm_machine_learning_workspace": Row(WORKSPACE, _workspace),
    "azurerm_monitor_diagnostic_setting": Row(DIAGNOSTIC, _diagnostic),
    "azurerm_private_endpoint": Row(PRIVATE_ENDPOINT, _private_endpoint),
    "azurerm_resource_group": Row(GROUP, _plain),
    "azurerm_storage_account": Row("microsoft.storage/storageaccounts", _plain),
    "azurerm_key_vault": Row("microsoft.keyvault/vaults", _plain),
    "azurerm_log_analytics_workspace": Row("microsoft.operationalinsights/workspaces", _plain),
    "azurerm_application_insights": Row("microsoft.insights/components", _plain),
    "azurerm_container_registry": Row("microsoft.containerregistry/registries", _plain),
}
_HUB_STORES = {
    "storage_account_id": "storageAccount",
    "key_vault_id": "keyVault",
    "application_insights_id": "applicationInsights",
    "container_registry_id": "containerRegistry",
}
# Attributes with the ids of other resources, by the property that ARM has for each; a parent's is PARENT.
PARENT = "parent"
TARGET = "target"
LINKS: dict[str, dict[str, str]] = {
    "azurerm_cognitive_deployment": {"cognitive_account_id": PARENT},
    "azurerm_cognitive_account_project": {"cognitive_account_id": PARENT},
    "azurerm_ai_foundry": _HUB_STORES,
    "azurerm_machine_learning_workspace": _HUB_STORES,
    "azurerm_ai_foundry_project": {"ai_services_hub_id": "hubResourceId"},
    "azurerm_monitor_diagnostic_setting": {
        "target_resource_id": TARGET,
        "log_analytics_workspace_id": "workspaceId",
        "storage_account_id": "storageAccountId",
    },
    "azurerm_private_endpoint": {"private_service_connection": "privateLinkServiceId"},
    "azapi_resource": {"parent_id": PARENT},
    "azapi_update_resource": {"resource_id": "resource"},
}
# Of azurerm and about models, with nothing that a check looks at.
PREFIXES = ("azurerm_cognitive_", "azurerm_ai_", "azurerm_machine_learning_")
