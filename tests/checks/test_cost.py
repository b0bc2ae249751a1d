"""The cost estimate: by usage, by capacity, by the hour; routes, parts, and what is deployed already."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from modelform.catalog import Catalog
from modelform.checks import cost
from modelform.checks.holdings import Record, holdings, of_export
from modelform.spec.resolved import Stack

GPT = "openai/gpt-5.4-mini@2026-03-17"
MISTRAL = "mistral-ai/Mistral-Large-3@1"
BuildStack = Callable[..., Stack]
ACCOUNT = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/foundry-account"


def written(**deployments: dict[str, Any]) -> dict[str, Any]:
    return {"workspaces": {"foundry": {}}, "deployments": deployments}


def only(build_stack: BuildStack, catalog: Catalog, **more: Any) -> cost.Line:
    stack = build_stack(written(chat={"model": MISTRAL, "sku": "globalStandard", "capacity": {"tpm": 10_000}, **more}))
    (found,) = cost.estimate(stack, catalog)
    return found


def test_by_usage_and_by_capacity(build_stack: BuildStack, catalog: Catalog) -> None:
    line = only(build_stack, catalog, usage={"inputTokens": 2_000_000, "outputTokens": 1_000_000})
    assert line.expected == pytest.approx(2 * 0.5 + 1 * 1.5)
    assert line.most == pytest.approx(10_000 * 60 * 730 / 1e6 * 1.5)
    assert line.source == "retail-20261009"
    undeclared = only(build_stack, catalog)
    assert undeclared.expected is None
    assert undeclared.most == line.most


def test_provisioned_units_cost_the_same_used_or_not(build_stack: BuildStack, catalog: Catalog) -> None:
    stack = build_stack(written(chat={"model": GPT, "sku": "globalProvisionedManaged", "capacity": {"ptu": 15}}))
    (line,) = cost.estimate(stack, catalog)
    assert line.how == "hours"
    assert line.expected == line.most == pytest.approx(15 * 730 * 1.0)


def test_a_price_follows_from_the_global_one_by_rule(build_stack: BuildStack, catalog: Catalog) -> None:
    use = {"inputTokens": 1_000_000}
    wide, narrow = (
        build_stack(written(x={"model": "openai/text-embedding-3-large@1", "sku": sku, "usage": use}))
        for sku in ("globalStandard", "standard")
    )
    (first,), (second,) = cost.estimate(wide, catalog), cost.estimate(narrow, catalog)
    assert first.expected
    assert second.expected == pytest.approx(first.expected * 1.21)
    assert "inferred: 1.21 times" in second.note


def test_a_hubs_parts_and_private_endpoints_cost(build_stack: BuildStack, catalog: Catalog) -> None:
    stack = build_stack(
        {"workspaces": {"studio": {"kind": "hub", "exposure": "private"}, "open": {}}, "deployments": {}}
    )
    found = {line.key: line.expected for line in cost.estimate(stack, catalog)}
    assert found["studio endpoints"] == pytest.approx(4 * 730 * 0.01)
    assert set(found) == {"studio storage", "studio key vault", "studio logs", "studio endpoints"}
    assert "studio storage: 10 GB stored." in cost.assumptions(cost.estimate(stack, catalog), catalog)


def test_logs_cost_where_they_are_sent_and_a_firewall_is_named(build_stack: BuildStack, catalog: Catalog) -> None:
    stack = build_stack(
        {
            "workspaces": {
                "foundry": {"diagnostics": True},
                "studio": {"kind": "hub", "diagnostics": True, "outbound": {"allow": ["pypi.org"]}},
                "closed": {"kind": "hub", "outbound": "restricted"},
            }
        }
    )
    lines = {line.key: line for line in cost.estimate(stack, catalog)}
    assert lines["foundry logs"].expected == lines["studio logs"].expected == pytest.approx(2.76)
    assert "closed firewall" not in lines
    assert lines["studio firewall"].how == "unknown"
    assert cost.total(lines.values()).unpriced == ("studio firewall",)


def test_routes_and_the_whole(build_stack: BuildStack, catalog: Catalog) -> None:
    use = {"inputTokens": 2_000_000}
    content = written(
        a={"model": MISTRAL, "sku": "globalStandard", "usage": use},
        b={"model": MISTRAL, "sku": "globalStandard"},
        c={"model": "mistral-ai/mistral-document-ai-2512@1", "sku": "dataZoneStandard", "capacity": {"units": 1}},
    )
    stack = build_stack({**content, "routes": {"main": ["a", "b"]}})
    found = cost.document(stack, catalog)
    assert found["routes"]["main"]["expected"] == 1.0
    assert found["routes"]["main"]["most"] == pytest.approx(2 * 10_000 * 60 * 730 / 1e6 * 1.5)
    assert found["total"]["most"] is None
    assert found["total"]["mostKnown"] == found["routes"]["main"]["most"]
    assert (found["total"]["unpriced"], found["total"]["undeclared"]) == (["c"], ["b"])
    assert found["deployed"] is None
    assert json.dumps(found)


def test_against_what_is_deployed(build_stack: BuildStack, catalog: Catalog) -> None:
    state = {
        "deployment": {
            "resources": [
                {
                    "type": "azure-native:cognitiveservices:Account",
                    "id": ACCOUNT,
                    "inputs": {"location": "swedencentral"},
                },
                {
                    "type": "azure-native:cognitiveservices:Deployment",
                    "id": f"{ACCOUNT}/deployments/chat",
                    "inputs": {
                        "sku": {"name": "GlobalStandard", "capacity": 10},
                        "properties": {"model": {"format": "Mistral AI", "name": "Mistral-Large-3", "version": "1"}},
                    },
                },
                {"type": "azure-native:cognitiveservices:Deployment", "id": "x", "delete": True},
            ]
        }
    }
    records = of_export(state)
    held = list(holdings(records))
    assert [(h.name, h.region, h.capacity) for h in held] == [("chat", "swedencentral", 10)]
    use = {"inputTokens": 1_000_000}
    stack = build_stack(
        written(chat={"model": MISTRAL, "sku": "globalStandard", "capacity": {"tpm": 30_000}, "usage": use})
    )
    found = cost.document(stack, catalog, records)["deployed"]
    assert found["difference"]["expected"] == 0.0
    assert found["difference"]["most"] == pytest.approx(2 * found["total"]["most"])


HUB = "/subscriptions/S/resourceGroups/rg/providers"
LOG = f"{HUB}/Microsoft.OperationalInsights/workspaces/log"


def test_a_hub_that_is_deployed_is_no_difference_and_one_that_is_not_is_all_of_it(
    build_stack: BuildStack, catalog: Catalog
) -> None:
    model = catalog.model("microsoft/Phi-4@7")
    assert model is not None
    assert model.serverless is not None
    stack = build_stack(
        {
            "workspaces": {
                "studio": {"kind": "hub", "location": "eastus2", "projects": ["lab"], "exposure": "private"},
            },
            "deployments": {
                "phi": {
                    "model": model.id, "sku": "serverless", "workspace": "studio/lab", "name": "phi-x",
                    "usage": {"inputTokens": 8_000_000},
                }
            },
        }
    )  # fmt: skip
    whole = cost.document(stack, catalog, [])
    assert whole["deployed"]["difference"]["expected"] == whole["total"]["expected"] == 33.2
    place = {"location": "eastus2"}
    settings = {"properties": {"modelSettings": {"modelId": model.serverless.asset}}}
    network = "azure-native:network:PrivateEndpoint"
    records = [
        Record("azure-native:storage:StorageAccount", f"{HUB}/Microsoft.Storage/storageAccounts/st", place),
        Record("azure-native:keyvault:Vault", f"{HUB}/Microsoft.KeyVault/vaults/kv", place),
        Record("azure-native:operationalinsights:Workspace", LOG, place),
        Record("azure-native:monitor:DiagnosticSetting", f"{HUB}/x/diagnosticSettings/logs", {"workspaceId": LOG}),
        *(Record(network, f"{HUB}/Microsoft.Network/privateEndpoints/pe{n}", place) for n in range(4)),
        Record("azure-native:machinelearningservices:ServerlessEndpoint", f"{HUB}/x/phi-x", {**place, **settings}),
    ]
    there = cost.document(stack, catalog, records)["deployed"]
    assert there["difference"] == {"expected": 0.0, "most": 0.0}
    elsewhere = Record("azure-native:monitor:DiagnosticSetting", f"{HUB}/x/logs", {"workspaceId": "/far/away"})
    more = cost.document(stack, catalog, [*records, elsewhere])["deployed"]
    assert more["difference"]["expected"] == -2.76


def test_what_a_price_stands_on_is_among_the_assumptions(build_stack: BuildStack, catalog: Catalog) -> None:
    embed = {"model": "openai/text-embedding-3-large@1", "sku": "standard", "usage": {"inputTokens": 1_000_000}}
    zone = {"model": MISTRAL, "sku": "dataZoneStandard", "usage": {"inputTokens": 1_000_000}}
    stack = build_stack(written(embed=embed, one=zone, two=zone))
    said = cost.assumptions(cost.estimate(stack, catalog), catalog, date(2026, 11, 22))
    assert "embed: inferred: 1.21 times the Global price." in said
    assert any(text.startswith("one, two: US meter; EU rate not confirmed") for text in said)
    assert any(text.startswith("Older than 60 days (the oldest 454)") and "of embed" in text for text in said)
    fresh = cost.assumptions(cost.estimate(build_stack(written(one=zone)), catalog), catalog, date(2026, 11, 22))
    assert not any("Older" in text for text in fresh)
