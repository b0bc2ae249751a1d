"""What a Pulumi preview (`pulumi preview --json`) or an exported stack declares of azure-native's resources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from modelform.beside import jsontext
from modelform.beside.azurerm import ROWS
from modelform.beside.declared import (
    ACCOUNT,
    ACCOUNT_PROJECT,
    DEPLOYMENT,
    DIAGNOSTIC,
    GROUP,
    MARKETPLACE,
    PRIVATE_ENDPOINT,
    SERVERLESS_ENDPOINT,
    UNKNOWN,
    WORKSPACE,
    Declared,
    Source,
    Unknown,
    region,
    taken_apart,
    unread,
)
from modelform.errors import Span, StackFileError
from modelform.record import dataclass

HOW = "Write it with `pulumi preview --json > preview.json`, or `pulumi stack export > stack.json`."
# How a stream of the engine's events begins.
_EVENT = re.compile(r'\{"sequence":\s*\d+,')
# What Pulumi writes for a value that is not known yet, and the mark of a secret.
UNKNOWNS = {"04da6b54-80e4-46f7-96ec-b56ff0331ba9", "output<string>", "[unknown]"}
SIGNATURE = "4dabf18193072939515e22adb298388d"
GONE = ("delete", "discard", "read", "refresh", "remove-pending-replace")
TOKEN = re.compile(r"azure-native(?:_(\w+)_v\d\w*)?:(\w+)(?:/v\d\w*)?:(\w+)")
CLASSIC = {
    "azure:cognitive/account:Account": "azurerm_cognitive_account",
    "azure:cognitive/aIServices:AIServices": "azurerm_ai_services",
    "azure:cognitive/deployment:Deployment": "azurerm_cognitive_deployment",
    "azure:cognitive/accountProject:AccountProject": "azurerm_cognitive_account_project",
    "azure:aifoundry/hub:Hub": "azurerm_ai_foundry",
    "azure:aifoundry/project:Project": "azurerm_ai_foundry_project",
    "azure:core/resourceGroup:ResourceGroup": "azurerm_resource_group",
    "azure:storage/account:Account": "azurerm_storage_account",
    "azure:keyvault/keyVault:KeyVault": "azurerm_key_vault",
    "azure:monitoring/diagnosticSetting:DiagnosticSetting": "azurerm_monitor_diagnostic_setting",
    "azure:operationalinsights/analyticsWorkspace:AnalyticsWorkspace": "azurerm_log_analytics_workspace",
    "azure:privatelink/endpoint:Endpoint": "azurerm_private_endpoint",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A type of azure-native: ARM's type, and the inputs with its name, its parents' first."""

    type: str
    names: tuple[str, ...]


ROWS_NATIVE: dict[str, Row] = {
    "cognitiveservices:Account": Row(ACCOUNT, ("accountName",)),
    "cognitiveservices:Deployment": Row(DEPLOYMENT, ("accountName", "deploymentName")),
    "cognitiveservices:Project": Row(ACCOUNT_PROJECT, ("accountName", "projectName")),
    "machinelearningservices:Workspace": Row(WORKSPACE, ("workspaceName",)),
    "machinelearningservices:ServerlessEndpoint": Row(SERVERLESS_ENDPOINT, ("workspaceName", "name")),
    "machinelearningservices:MarketplaceSubscription": Row(MARKETPLACE, ("workspaceName", "name")),
    "monitor:DiagnosticSetting": Row(DIAGNOSTIC, ("resourceUri", "name")),
    "insights:DiagnosticSetting": Row(DIAGNOSTIC, ("resourceUri", "name")),
    "network:PrivateEndpoint": Row(PRIVATE_ENDPOINT, ("privateEndpointName",)),
    "resources:ResourceGroup": Row(GROUP, ("resourceGroupName",)),
    "storage:StorageAccount": Row("microsoft.storage/storageaccounts", ("accountName",)),
    "keyvault:Vault": Row("microsoft.keyvault/vaults", ("vaultName",)),
    "operationalinsights:Workspace": Row("microsoft.operationalinsights/workspaces", ("workspaceName",)),
    "applicationinsights:Component": Row("microsoft.insights/components", ("resourceName",)),
    "insights:Component": Row("microsoft.insights/components", ("resourceName",)),
    "containerregistry:Registry": Row("microsoft.containerregistry/registries", ("registryName",)),
}
# Inputs that azure-native has at the top where ARM has them under `properties`, and the other way round.
_LIFTED = (
    "hubResourceId",
    "publicNetworkAccess",
    "storageAccount",
    "keyVault",
    "applicationInsights",
    "containerRegistry",
    "managedNetwork",
)
# What older versions of the provider call the properties of two types.
_BODIES = {SERVERLESS_ENDPOINT: "serverlessEndpointProperties", MARKETPLACE: "marketplaceSubscriptionProperties"}


def read(document: Any, file: str) -> Source:
    """The resources of a preview or of an exported stack.

    Raises:
        StackFileError: it is neither.
    """
    found: list[Declared] = []
    others: list[tuple[str, str]] = []
    _hold(document, file)
    states = list(_states(document, file))
    subscriptions = {str(state.get("urn")): _subscription(state) for state in states}
    for state in states:
        token, urn = str(state.get("type") or ""), str(state.get("urn") or "")
        if token in CLASSIC:
            found.append(_classic(state, urn, CLASSIC[token]))
            continue
        match = TOKEN.fullmatch(token)
        name = f"{match[1] or match[2]}:{match[3]}" if match else ""
        if name in ROWS_NATIVE:
            found.append(_native(state, urn, ROWS_NATIVE[name]))
        elif name.startswith(("cognitiveservices:", "machinelearningservices:")):
            others.append((token, urn.rpartition("::")[2]))
    providers = {str(state.get("urn")): str(state.get("provider") or "").rpartition("::")[0] for state in states}
    placed = [
        item if item.subscription else replace(item, subscription=subscriptions.get(providers.get(item.where, ""), ""))
        for item in found
    ]
    return Source("Pulumi", file, tuple(placed), tuple(unread(others)))


def _hold(document: Any, file: str) -> None:
    """Refuses a preview that failed: what it did not come to would pass unseen."""
    told = document.get("diagnostics") if isinstance(document, Mapping) else None
    failed = [row for row in told or () if isinstance(row, Mapping) and row.get("severity") == "error"]
    if failed:
        said = "the preview ended with errors, so that it is not whole"
        detail = " ".join(str(failed[0].get("message") or "").split())
        hint = "Mend what `pulumi preview` says, and preview again."
        raise StackFileError(said, code="check.file", detail=detail, span=Span(file, 1, 1), hint=hint)


def _subscription(state: Mapping[str, Any]) -> str:
    """The subscription of a provider's resource."""
    if not str(state.get("type")).startswith("pulumi:providers:azure"):
        return ""
    return _name(plain((state.get("inputs") or {}).get("subscriptionId")))


def document(text: str, file: str) -> Any:
    """The value of a preview or exported stack; a preview that is streamed as events is put together.

    Raises:
        StackFileError: it is no JSON, with the place.
    """
    lines = text.splitlines()
    if len(lines) < 2 or not _EVENT.match(lines[0]):
        return jsontext.plain(text, file, HOW)
    steps: list[dict[str, Any]] = []
    told: list[Any] = []
    ended = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        event = jsontext.plain("\n" * (number - 1) + line, file, HOW)
        if not isinstance(event, Mapping):
            continue
        ended = ended or "summaryEvent" in event
        told += [event["diagnosticEvent"]] if "diagnosticEvent" in event else []
        about = (event.get("resourcePreEvent") or {}).get("metadata")
        if isinstance(about, Mapping):
            steps.append({"op": about.get("op"), "newState": about.get("new"), "oldState": about.get("old")})
    if not ended:
        said = "the preview ended before it was whole: it has no summary"
        raise StackFileError(said, code="check.file", span=Span(file, len(lines), 1), hint="Preview it again.")
    return {"steps": steps, "diagnostics": told}


def _states(document: Any, file: str) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, Mapping) and isinstance(document.get("steps"), list):
        for step in document["steps"]:
            state = step.get("newState") if isinstance(step, Mapping) else None
            if isinstance(state, Mapping) and not str(step.get("op")).startswith(GONE):
                yield state
        return
    deployment = document.get("deployment") if isinstance(document, Mapping) else None
    if isinstance(deployment, Mapping) and isinstance(deployment.get("resources") or [], list):
        yield from (s for s in deployment.get("resources") or [] if isinstance(s, Mapping) and not s.get("delete"))
        return
    if isinstance(document, Mapping) and "changeSummary" in document:
        return
    said = "this is neither a preview of Pulumi's nor an exported stack"
    raise StackFileError(said, code="check.file", span=Span(file, 1, 1), hint=jsontext.other(document) or HOW)


def plain(value: Any) -> Any:
    """A value with UNKNOWN where it is not known or is a secret."""
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWNS else value
    if isinstance(value, Mapping):
        if SIGNATURE in value:
            return UNKNOWN
        return {key: plain(item) for key, item in value.items() if key != "__defaults"}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _native(state: Mapping[str, Any], urn: str, row: Row) -> Declared:
    inputs = plain(state.get("inputs") or {})
    names = [_name(inputs.get(key)) for key in row.names]
    own = taken_apart(str(state.get("id") or ""))
    group = _name(inputs.get("resourceGroupName"))
    properties = inputs.get("properties", inputs.get(_BODIES.get(row.type, ""), {}))
    if row.type == WORKSPACE and isinstance(properties, Mapping):
        properties = {**{key: inputs[key] for key in _LIFTED if key in inputs}, **properties}
    if row.type == PRIVATE_ENDPOINT:
        connections = inputs.get("privateLinkServiceConnections") or []
        properties = {"privateLinkServiceConnections": [{"properties": c} for c in connections]}
    if row.type == DIAGNOSTIC:
        properties = inputs
    links = _links(state)
    extension = row.type == DIAGNOSTIC
    return Declared(
        type=row.type,
        name=names[-1] if extension else own.name if own else "/".join(names) if all(names) else "",
        where=urn,
        body={
            "kind": inputs.get("kind"),
            "sku": inputs.get("sku"),
            "tags": inputs.get("tags"),
            "properties": properties,
        },
        subscription=own.subscription if own else "",
        group=own.group if own else group,
        location=_location(inputs.get("location")),
        parent=links.get(row.names[0], "") if len(row.names) > 1 else "",
        above=names[0] if extension else "",
        links=links,
        urn=urn,
        short=names[-1],
    )


def _classic(state: Mapping[str, Any], urn: str, type: str) -> Declared:
    """A resource of the classic provider, whose inputs are azurerm's in camel case."""
    row = ROWS[type]
    values = snake(plain(state.get("inputs") or {}))
    own = taken_apart(str(state.get("id") or ""))
    links = _links(state)
    if "aiServicesHubId" in links:
        links["hubResourceId"] = links["aiServicesHubId"]
    above = _name(values.get("cognitive_account_id")) or _name(values.get("target_resource_id"))
    if "targetResourceId" in links:
        links |= {"target": links["targetResourceId"], "workspaceId": links.get("logAnalyticsWorkspaceId", "")}
    outer = taken_apart(above)
    name = _name(values.get("name"))
    nested = row.type.count("/") > 1
    return Declared(
        type=row.type,
        name=own.name if own else f"{outer.name}/{name}" if nested and outer else "" if nested else name,
        where=urn,
        body=row.body(values),
        subscription=own.subscription if own else "",
        group=own.group if own else _name(values.get("resource_group_name")),
        location=_location(values.get("location")),
        parent=links.get("cognitiveAccountId", "") if nested else "",
        above=above,
        links=links,
        urn=urn,
        short=name,
    )


def _links(state: Mapping[str, Any]) -> dict[str, str]:
    """The URNs that inputs come from, the first of each."""
    found = state.get("propertyDependencies") or {}
    firsts = {key: urns[0] for key, urns in found.items() if isinstance(urns, list) and urns}
    return {key: urn for key, urn in firsts.items() if isinstance(urn, str)}


def _location(value: Any) -> Any:
    return UNKNOWN if isinstance(value, Unknown) else region(value) or None


def _name(value: Any) -> str:
    return value if isinstance(value, str) else ""


def snake(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower(): snake(item) for key, item in value.items()}
    return [snake(item) for item in value] if isinstance(value, list) else value
