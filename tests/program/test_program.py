"""What the program asks an engine for."""

from __future__ import annotations

import dataclasses
from typing import Any

import pulumi
import pytest

from modelform import pace
from modelform.errors import Diagnostic, Severity
from modelform.program import build, build_early
from modelform.program.options import drop_unread_outputs
from modelform.spec.resolved import Logs, Project


def names(urns: Any) -> list[str]:
    return [urn.split("::")[-1] for urn in urns]


def test_foundry_account(declare: Any, make: Any) -> None:
    found = declare(make.stack([make.workspace("main", projects=("legal",), tags={"a": "b"})], []))
    account = found.inputs("cognitiveservices:Account")
    assert account == {
        "resourceGroupName": "rg-models",
        "accountName": "main-1a2b",
        "location": "swedencentral",
        "kind": "AIServices",
        "sku": {"name": "S0"},
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "customSubDomainName": "main-1a2b",
            "allowProjectManagement": True,
            "disableLocalAuth": False,
            "publicNetworkAccess": "Enabled",
        },
        "tags": {"a": "b"},
    }
    project = found.inputs("cognitiveservices:Project")
    assert project["projectName"] == "main-legal"
    assert project["accountName"] == "main-1a2b"
    assert found.one("cognitiveservices:Project").name == "main/legal"


def test_openai_account_without_keys(declare: Any, make: Any) -> None:
    found = declare(make.stack([make.workspace("main", "openai", local_keys=False)], [make.deployment("a")]))
    account = found.inputs("cognitiveservices:Account")
    assert account["kind"] == "OpenAI"
    assert account["properties"]["disableLocalAuth"] is True
    assert "allowProjectManagement" not in account["properties"]
    assert found.outputs["deployments"]["a"]["auth"] == "entra"
    assert found.outputs["deployments"]["a"]["endpoint"] == "https://main-1a2b.openai.azure.com"


def test_from_openai_to_foundry_is_no_replacement_and_back_is_one(declare: Any, make: Any) -> None:
    patterns = {
        kind: set(declare(make.stack([make.workspace("main", kind)], [])).one("services:Account").replaceOnChanges)
        for kind in ("foundry", "openai")
    }
    assert "kind" not in patterns["foundry"] | patterns["openai"]
    assert patterns["openai"] - patterns["foundry"] == {"properties.allowProjectManagement"}


def test_the_binding_comes_first_and_one_provider_a_subscription(declare: Any, make: Any) -> None:
    other = "00000000-0000-4000-8000-000000000002"
    group = dataclasses.replace(make.group, key="other", name="rg-other", subscription=other)
    found = declare(
        make.stack([make.workspace("main"), make.workspace("far", subscription=other, resource_group=group)], [])
    )
    assert [r.type for r in found.requests][:2] == ["pulumi:pulumi:Stack", "modelform:index:Cloud"]
    assert found.inputs("index:Cloud") == {
        "target": "sandbox",
        "tenant": "00000000-0000-4000-8000-00000000aaaa",
        "subscription": "00000000-0000-4000-8000-000000000001",
        "endpoint": "https://management.sandbox.localhost",
    }
    providers = found.of("providers:azure-native")
    assert sorted(dict(p.object)["subscriptionId"] for p in providers) == sorted([make.group.subscription, other])
    assert all("metadataHost" not in dict(p.object) for p in providers)
    by_name = {a.name: a.provider for a in found.of("cognitiveservices:Account")}
    assert other in by_name["far"]
    assert other not in by_name["main"]


def test_every_resource_goes_to_an_explicit_provider(declare: Any, make: Any) -> None:
    found = declare(
        make.stack(
            [make.workspace("main", projects=("a",)), make.workspace("studio", "hub", ("r",))],
            [make.deployment("x"), make.serverless("y", "studio", "r", marketplace=make.marketplace("m"))],
        )
    )
    custom = [r for r in found.requests if r.type.startswith("azure-native:")]
    assert len(custom) == 12
    assert all("::azure-" in r.provider for r in custom)
    assert all(r.deleteBeforeReplace for r in custom)
    assert all(r.replaceOnChanges for r in custom)


def test_each_member_of_an_account_waits_for_all_earlier_ones(declare: Any, make: Any) -> None:
    found = declare(
        make.stack(
            [make.workspace("main", projects=("p", "q")), make.workspace("other", "openai")],
            [make.deployment("a"), make.deployment("b", "other"), make.deployment("c"), make.deployment("d", "other")],
        )
    )

    def waits(kind: str, name: str) -> set[str]:
        request = found.one(kind, name)
        direct = set(request.dependencies)
        return {urn.split("::")[-1] for urn in direct if "Project" in urn or "Deployment" in urn}

    assert waits("cognitiveservices:Project", "main/p") == set()
    assert waits("cognitiveservices:Project", "main/q") == {"main/p"}
    assert waits("cognitiveservices:Deployment", "a") == {"main/p", "main/q"}
    assert waits("cognitiveservices:Deployment", "c") == {"main/p", "main/q", "a"}
    assert waits("cognitiveservices:Deployment", "b") == set()
    assert waits("cognitiveservices:Deployment", "d") == {"b"}


def test_a_long_chain_keeps_all_its_links_where_the_sdk_looks_for_no_circles(declare: Any, make: Any) -> None:
    pace.keep_up()
    keys = [f"d{number:02}" for number in range(32)]
    found = declare(make.stack([make.workspace("main")], [make.deployment(key) for key in keys]))
    for place, key in enumerate(keys):
        direct = found.one("cognitiveservices:Deployment", key).dependencies
        assert {urn.split("::")[-1] for urn in direct if ":Deployment::" in urn} == set(keys[:place])


def test_outputs_that_nobody_reads_are_left_out_and_inputs_stay() -> None:
    given = {"name": "one", "tags": None, "etag": None, "sku": {}, "count": 0, "flag": False}
    args = pulumi.ResourceTransformationArgs(None, "a:b:C", "c", given, pulumi.ResourceOptions())  # type: ignore[arg-type]
    assert drop_unread_outputs(args).props == {"name": "one", "sku": {}, "count": 0, "flag": False}


def test_a_deployment_is_no_child_of_its_workspace_and_has_no_component(declare: Any, make: Any) -> None:
    found = declare(make.stack([make.workspace("main")], [make.deployment("a")]))
    assert "pulumi:pulumi:Stack" in found.one("cognitiveservices:Deployment").parent
    assert not found.of("index:Deployment")


def test_account_deployment(declare: Any, make: Any) -> None:
    found = declare(make.stack([make.workspace("main")], [make.deployment("a", content_filter="Strict")]))
    assert found.inputs("cognitiveservices:Deployment") == {
        "resourceGroupName": "rg-models",
        "accountName": "main-1a2b",
        "deploymentName": "a",
        "sku": {"name": "DataZoneStandard", "capacity": 50},
        "properties": {
            "model": {"format": "Mistral AI", "name": "Mistral-Large-3", "version": "1"},
            "versionUpgradeOption": "NoAutoUpgrade",
            "raiPolicyName": "Strict",
        },
    }
    request = found.one("cognitiveservices:Deployment")
    assert list(request.replaceOnChanges) == ["properties.model.format", "properties.model.name"]
    assert list(request.ignoreChanges) == []


def test_a_service_made_upgrade_is_not_undone(declare: Any, make: Any) -> None:
    found = declare(make.stack([make.workspace("main")], [make.deployment("a", upgrade="OnceCurrentVersionExpired")]))
    assert list(found.one("cognitiveservices:Deployment").ignoreChanges) == ["properties.model.version"]


def test_children_depend_on_the_id_of_their_parent(declare: Any, make: Any) -> None:
    found = declare(make.stack([make.workspace("main", projects=("p",))], [make.deployment("a")]))
    deployment = found.one("cognitiveservices:Deployment").propertyDependencies
    assert names(deployment["accountName"].urns) == ["main"]
    assert names(deployment["resourceGroupName"].urns) == ["group"]
    assert names(found.one("services:Account").propertyDependencies["resourceGroupName"].urns) == ["group"]


def test_an_existing_resource_group_is_only_named(declare: Any, make: Any) -> None:
    group = dataclasses.replace(make.group, existing=True)
    found = declare(make.stack([make.workspace("main", resource_group=group)], []))
    assert found.of("ResourceGroup") == []
    assert found.inputs("services:Account")["resourceGroupName"] == "rg-models"


def test_hub_and_what_it_stands_on(declare: Any, make: Any) -> None:
    found = declare(make.stack([make.workspace("studio", "hub", ("research",))], []))
    hub = found.inputs("machinelearningservices:Workspace", "studio")
    assert hub["kind"] == "Hub"
    assert hub["storageAccount"] == "/id/azure-native:storage:StorageAccount/studio"
    assert hub["keyVault"] == "/id/azure-native:keyvault:Vault/studio"
    assert hub["applicationInsights"] == "/id/azure-native:applicationinsights:Component/studio"
    project = found.inputs("machinelearningservices:Workspace", "studio/research")
    assert project["kind"] == "Project"
    assert project["hubResourceId"] == "/id/azure-native:machinelearningservices:Workspace/studio"
    insights = found.one("applicationinsights:Component")
    assert sorted(insights.additionalSecretOutputs) == ["connectionString", "instrumentationKey"]
    assert found.inputs("keyvault:Vault")["properties"]["tenantId"].endswith("aaaa")
    replaced = set(found.one("machinelearningservices:Workspace", "studio").replaceOnChanges)
    assert {"location", "kind", "storageAccount", "keyVault", "hubResourceId"} <= replaced


def test_what_workspaces_may_call(declare: Any, make: Any) -> None:
    found = declare(
        make.stack(
            [
                make.workspace("main", outbound=("search.contoso.com",)),
                make.workspace("studio", "hub", outbound=("*.pypi.org", "pypi.org")),
                make.workspace("open", "hub"),
            ],
            [],
        )
    )
    properties = found.inputs("cognitiveservices:Account")["properties"]
    assert (properties["restrictOutboundNetworkAccess"], properties["allowedFqdnList"]) == (
        True,
        ["search.contoso.com"],
    )
    hub = found.inputs("learningservices:Workspace", "studio")["managedNetwork"]
    assert hub["isolationMode"] == "AllowOnlyApprovedOutbound"
    assert {rule["destination"] for rule in hub["outboundRules"].values()} == {"*.pypi.org", "pypi.org"}
    assert len(hub["outboundRules"]) == 2
    assert "managedNetwork" not in found.inputs("learningservices:Workspace", "open")
    # Azure never turns a managed network off: an open hub that was not is another one, and not the other way round.
    patterns = {
        name: set(found.one("learningservices:Workspace", name).replaceOnChanges) for name in ("studio", "open")
    }
    assert patterns["open"] - patterns["studio"] == {"managedNetwork"}


def test_where_logs_go(declare: Any, make: Any) -> None:
    there = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"
    found = declare(
        make.stack(
            [
                make.workspace("main", projects=("p",), diagnostics=Logs(name="log-main", location="francecentral")),
                make.workspace("other", "openai", diagnostics=Logs(existing=there)),
                make.workspace("studio", "hub", ("r",), diagnostics=Logs(name="log-studio", location="swedencentral")),
            ],
            [make.deployment("a")],
        )
    )
    sinks = {r.name: found.inputs("monitor:DiagnosticSetting", r.name) for r in found.of("monitor:DiagnosticSetting")}
    assert set(sinks) == {"main", "other", "studio", "studio/r"}
    assert sinks["other"]["workspaceId"] == there
    logs = "/id/azure-native:operationalinsights:Workspace"
    assert [sinks[name]["workspaceId"] for name in ("main", "studio", "studio/r")] == [
        f"{logs}/main",
        f"{logs}/studio",
        f"{logs}/studio",
    ]
    assert {r.name for r in found.of("operationalinsights:Workspace")} == {"main", "studio"}
    assert found.inputs("operationalinsights:Workspace", "main")["location"] == "francecentral"
    assert sinks["main"]["resourceUri"].endswith("cognitiveservices:Account/main")
    # First in the account's chain, so that it is there before what is to be logged, and goes after it.
    for kind, name in (("cognitiveservices:Project", "main/p"), ("cognitiveservices:Deployment", "a")):
        assert any("DiagnosticSetting::main" in urn for urn in found.one(kind, name).dependencies)


def test_serverless_deployments_share_a_marketplace_subscription(declare: Any, make: Any) -> None:
    offer = make.marketplace("mistral-small")
    found = declare(
        make.stack(
            [make.workspace("studio", "hub", ("r", "s"))],
            [
                make.serverless("a", "studio", "r", marketplace=offer),
                make.serverless("b", "studio", "r", marketplace=offer),
                make.serverless("c", "studio", "s", marketplace=offer),
                make.serverless("d", "studio", "s"),
            ],
        )
    )
    assert sorted(r.name for r in found.of("MarketplaceSubscription")) == [
        "studio/r/mistral-small",
        "studio/s/mistral-small",
    ]
    after = {r.name: [n for n in names(r.dependencies) if "mistral-small" in n] for r in found.of("ServerlessEndpoint")}
    assert after == {
        "a": ["studio/r/mistral-small"],
        "b": ["studio/r/mistral-small"],
        "c": ["studio/s/mistral-small"],
        "d": [],
    }
    endpoint = found.inputs("ServerlessEndpoint", "a")
    assert endpoint["workspaceName"] == "studio-r"
    assert endpoint["sku"] == {"name": "Consumption"}
    assert endpoint["properties"] == {
        "authMode": "Key",
        "modelSettings": {"modelId": "azureml://registries/azureml-mistral/models/mistral-small-2503"},
    }


def test_outputs_are_for_applications(declare: Any, make: Any) -> None:
    found = declare(
        make.stack(
            [make.workspace("main"), make.workspace("studio", "hub", ("r",))],
            [make.deployment("a"), make.serverless("b", "studio", "r")],
            {"chat": ["a", "b"]},
        )
    )
    a = {
        "endpoint": "https://main-1a2b.services.ai.azure.com",
        "path": "/openai/v1",
        "apiVersion": "v1",
        "deployment": "a",
        "model": "Mistral-Large-3",
        "version": "1",
        "format": "Mistral AI",
        "auth": "entraOrKey",
        "workspace": "main",
        "sku": "DataZoneStandard",
    }
    assert found.outputs["deployments"]["a"] == a
    b = found.outputs["deployments"]["b"]
    assert b["endpoint"] == "https://b.swedencentral.models.ai.azure.com"
    assert (b["auth"], b["workspace"], b["sku"]) == ("key", "studio/r", "serverless")
    assert found.outputs["routes"] == {"chat": [{"key": "a", **a}, {"key": "b", **b}]}
    assert found.outputs["workspaces"]["main"]["endpoint"] == "https://main-1a2b.services.ai.azure.com"
    assert set(found.outputs["workspaces"]) == {"main", "studio"}


def test_only_aliases_of_ours_are_sent(declare: Any, make: Any) -> None:
    project = Project("p", "main-p", "main/p", ("main/before",))
    found = declare(
        make.stack(
            [make.workspace("main", aliases=("old",), projects=(), tags={}), make.workspace("new")],
            [make.deployment("a", aliases=("was",)), make.deployment("b", "new")],
        )
    )
    aliases = {
        (r.type.split(":")[-1], r.name): [a.spec.name for a in r.aliases] for r in found.requests if len(r.aliases)
    }
    assert aliases == {("Workspace", "main"): ["old"], ("Deployment", "a"): ["was"]}
    workspace = dataclasses.replace(make.workspace("main"), projects=(project,))
    renamed = declare(make.stack([workspace], []))
    assert [a.spec.name for a in renamed.one("cognitiveservices:Project").aliases] == ["main/before"]


def test_a_check_that_says_no_stops_the_program(make: Any, declare: Any) -> None:
    stack = make.stack([make.workspace("main")], [make.deployment("a")])
    wrong = [
        Diagnostic("availability.sku", Severity.ERROR, "no such sku here"),
        Diagnostic("lifecycle.retired", Severity.ERROR, "gone since May"),
        Diagnostic("lifecycle.preview", Severity.WARNING, "only a preview"),
    ]
    with pytest.raises(pulumi.RunError) as error:
        build(stack, found=wrong)()
    assert "no such sku here" in str(error.value)
    assert "gone since May" in str(error.value)
    assert "only a preview" not in str(error.value)


def test_the_order_of_requests_does_not_change_what_is_asked_for(declare: Any, make: Any) -> None:
    """A deployment added in the middle changes no input of the others, only what they wait for."""
    before = [make.deployment("a"), make.deployment("c")]
    after = [make.deployment("a"), make.deployment("b"), make.deployment("c")]
    inputs = [
        {
            r.name: declared.inputs("cognitiveservices:Deployment", r.name)
            for r in declared.of("cognitiveservices:Deployment")
        }
        for declared in (declare(make.stack([make.workspace("main")], d)) for d in (before, after))
    ]
    added = inputs[1].pop("b")
    assert added["deploymentName"] == "b"
    assert inputs[0] == inputs[1]


def test_no_stack_traces_are_taken_and_nobody_elses_are_cut(declare: Any, make: Any) -> None:
    import sys

    found = declare(make.stack([make.workspace("main")], [make.deployment("a")]))
    own = [r for r in found.requests if r.type != "pulumi:pulumi:Stack"]
    assert all(not r.stackTrace.frames for r in own)
    assert not hasattr(sys, "tracebacklimit")


def test_what_is_declared_early_is_declared_as_ever(run_in: Any, declare: Any, make: Any) -> None:
    stack = make.stack([make.workspace("main", projects=("p",))], [make.deployment("a"), make.deployment("b")])
    early, ever = run_in(".", build_early(stack, found=())), declare(stack)
    assert sorted((r.type, r.name) for r in early.requests) == sorted((r.type, r.name) for r in ever.requests)
    assert early.outputs == ever.outputs
    with pytest.raises(pulumi.RunError, match="does not pass"):
        run_in(".", build_early(stack, found=[Diagnostic("a.b", Severity.ERROR, "no")]))
