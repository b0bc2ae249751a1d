"""What the resources of a state cost beside an account's deployments: endpoints of hub projects, a hub's parts, private
endpoints; one line a resource, for the difference between a stack and what is deployed of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modelform.catalog import SERVERLESS, Catalog
from modelform.checks.cost import HOURS, LOGGED_GB, STORED_GB, VAULT_CALLS, Item, Line, line, part
from modelform.checks.holdings import Record
from modelform.spec.resolved import Stack

STORAGE, VAULT = "azure-native:storage:StorageAccount", "azure-native:keyvault:Vault"
LOGS, SETTING = "azure-native:operationalinsights:Workspace", "azure-native:monitor:DiagnosticSetting"
PRIVATE = "azure-native:network:PrivateEndpoint"
ENDPOINT = "azure-native:machinelearningservices:ServerlessEndpoint"
# How much of a part of prices.yaml one resource of a type is a month.
PARTS = {
    STORAGE: ("storageGbMonth", float(STORED_GB)),
    VAULT: ("vault10kCalls", VAULT_CALLS / 10_000),
    LOGS: ("logsGb", float(LOGGED_GB)),
    PRIVATE: ("privateEndpointHour", float(HOURS)),
}


def standing(stack: Stack, records: Iterable[Record], catalog: Catalog, currency: str) -> Iterator[Line]:
    """The lines of a state's resources, with the usage that the file declares for each endpoint by name."""
    found = list(records)
    usage = {made.name: (made.key, made.usage) for made in stack.deployments.values() if made.sku == SERVERLESS}
    logs = {record.id.lower() for record in found if record.type == LOGS}
    region = next((str(r.inputs["location"]) for r in found if r.inputs.get("location")), stack.location)
    for record in found:
        name, where = record.id.rpartition("/")[2], str(record.inputs.get("location") or region)
        if record.type in PARTS:
            yield part(name, "", where, *PARTS[record.type], "", catalog, currency)
        elif record.type == SETTING and str(record.inputs.get("workspaceId") or "").lower() not in logs:
            yield part(name, "", where, *PARTS[LOGS], "", catalog, currency)
        elif record.type == ENDPOINT:
            settings = (record.inputs.get("properties") or {}).get("modelSettings") or {}
            asset = str(settings.get("modelId") or "").lower()
            model = next((m for m in catalog.models if m.serverless and m.serverless.asset.lower() == asset), None)
            key, expected = usage.get(name, (name, {}))
            yield line(Item(key, "", name, model, SERVERLESS, where, None, expected), catalog, currency)
