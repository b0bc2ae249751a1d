"""One set of deployments, declared in every tool, is found as the stack of modelform's own is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelform import checks
from modelform.beside import arm, checking, pulumi, terraform
from modelform.beside.assemble import assemble
from modelform.beside.declared import CODE, Source
from modelform.catalog import Catalog
from modelform.spec.resolved import Capacity, Deployment, Model, Policy, ResourceGroup, Stack, Workspace

TODAY = date(2026, 11, 22)
SUBSCRIPTION = "6f1c2d7e-52b8-4b0f-9a63-1f2e3d4c5b6a"
CATALOG = Catalog.load()
MODELS = [model for model in CATALOG.models if model.offers]
VERSION = "2025-06-01"


@dataclass(frozen=True)
class Wish:
    """A deployment as everybody would declare it."""

    name: str
    format: str
    model: str
    version: str
    sku: str
    capacity: int
    upgrade: str


@dataclass(frozen=True)
class Wishes:
    """One account with what is in it."""

    kind: str
    region: str
    keys: bool
    public: bool
    outbound: bool
    deployments: tuple[Wish, ...]


@st.composite
def wishes(draw: st.DrawFn) -> Wishes:
    found = []
    for at in range(draw(st.integers(0, 4))):
        model = draw(st.sampled_from(MODELS))
        sku = draw(st.sampled_from([*model.offers, *model.offers, "Standard", "GlobalStandard"]))
        version = draw(st.sampled_from([model.version] * 4 + ["0000"]))
        upgrade = draw(
            st.sampled_from(["NoAutoUpgrade", "OnceCurrentVersionExpired", "OnceNewDefaultVersionAvailable"])
        )
        capacity = draw(st.sampled_from([1, 10, 50, 5000]))
        found.append(Wish(f"model-{at}", model.format, model.name, version, sku, capacity, upgrade))
    region = draw(st.sampled_from(["swedencentral", "westeurope", "eastus2", "norwayeast", "westus9"]))
    kind = draw(st.sampled_from(["AIServices", "OpenAI"]))
    keys, public, outbound = (draw(st.booleans()) for _ in range(3))
    return Wishes(kind, region, keys, public, outbound, tuple(found))


POLICIES = st.builds(
    Policy,
    residency=st.sampled_from([None, "eu", "eu-data-zone", "global", "SE"]),
    local_keys=st.sampled_from([None, "deny"]),
    public_network=st.sampled_from([None, "deny"]),
    outbound=st.sampled_from([None, "deny"]),
    lifecycle=st.sampled_from([(), ("generallyAvailable",)]),
    publishers=st.sampled_from([(), ("Mistral AI",)]),
    proof=st.sampled_from([None, "documented", "contractual"]),
)


def ours(want: Wishes, policy: Policy) -> Stack:
    group = ResourceGroup("rg", "rg", SUBSCRIPTION, want.region, existing=True)
    account = Workspace(
        "acct", "foundry" if want.kind == "AIServices" else "openai", "acct", "acct", (), SUBSCRIPTION, group,
        want.region, {}, exposure="public" if want.public else "private", local_keys=want.keys,
        outbound=None if want.outbound else (),
    )  # fmt: skip
    made = {}
    for wish in want.deployments:
        model = CATALOG.by_arm(wish.format, wish.model, wish.version)
        offer = model.offers.get(wish.sku) if model else None
        per = offer.capacity.amount_per_unit if offer else 1 if "Provisioned" in wish.sku else 1000
        unit = offer.capacity.unit if offer else "ptu" if "Provisioned" in wish.sku else "tpm"
        id = model.id if model else f"{wish.format}/{wish.model}@{wish.version}"
        publisher = model.publisher if model else wish.format
        made[wish.name] = Deployment(
            wish.name, wish.name, wish.name, (), "acct", None,
            Model(id, publisher, wish.format, wish.model, wish.version), wish.sku,
            Capacity(unit, wish.capacity * per, wish.capacity), upgrade=wish.upgrade,
        )  # fmt: skip
    return Stack(
        name="x", project="x", file="x", target="azure", engine="x", backend=None, secrets_provider="",
        subscription=SUBSCRIPTION, tenant="", location="", tags={}, resource_groups=(group,),
        workspaces={"acct": account}, deployments=made, routes={}, policy=policy,
    )  # fmt: skip


def body(wish: Wish) -> dict[str, Any]:
    model = {"format": wish.format, "name": wish.model, "version": wish.version}
    properties = {"model": model, "versionUpgradeOption": wish.upgrade}
    return {"sku": {"name": wish.sku, "capacity": wish.capacity}, "properties": properties}


def account_properties(want: Wishes) -> dict[str, Any]:
    access = "Enabled" if want.public else "Disabled"
    restricted = {"restrictOutboundNetworkAccess": not want.outbound}
    return {"disableLocalAuth": not want.keys, "publicNetworkAccess": access, **restricted}


def change(type: str, name: str, after: dict[str, Any], unknown: dict[str, Any], index: str = "") -> dict[str, Any]:
    address = f"{type}.{name}" + (f"[{json.dumps(index)}]" if index else "")
    row = {"address": address, "mode": "managed", "type": type, "name": name, **({"index": index} if index else {})}
    return {**row, "change": {"actions": ["create"], "after": after, "after_unknown": {"id": True, **unknown}}}


def plan(changes: list[dict[str, Any]], attribute: str, type: str) -> dict[str, Any]:
    links = {attribute: {"references": ["azurerm_cognitive_account.it.id", "azurerm_cognitive_account.it"]}}
    resources = [{"mode": "managed", "type": type, "name": "models", "expressions": links}]
    return {
        "format_version": "1.2",
        "resource_changes": changes,
        "configuration": {
            "provider_config": {
                "azurerm": {"name": "azurerm", "expressions": {"subscription_id": {"constant_value": SUBSCRIPTION}}}
            },
            "root_module": {"resources": resources},
        },
    }


def azurerm_account(want: Wishes) -> dict[str, Any]:
    return change(
        "azurerm_cognitive_account",
        "it",
        {
            "name": "acct",
            "kind": want.kind,
            "location": want.region,
            "resource_group_name": "rg",
            "local_auth_enabled": want.keys,
            "public_network_access_enabled": want.public,
            "outbound_network_access_restricted": not want.outbound,
            "network_acls": [],
        },
        {"network_acls": []},
    )


def by_azurerm(want: Wishes) -> Source:
    changes = [azurerm_account(want)]
    for wish in want.deployments:
        after = {
            "name": wish.name,
            "model": [{"format": wish.format, "name": wish.model, "version": wish.version}],
            "sku": [{"name": wish.sku, "capacity": wish.capacity}],
            "version_upgrade_option": wish.upgrade,
        }
        unknown = {"cognitive_account_id": True, "model": [{}], "sku": [{}]}
        changes.append(change("azurerm_cognitive_deployment", "models", after, unknown, wish.name))
    return terraform.read(plan(changes, "cognitive_account_id", "azurerm_cognitive_deployment"), "x")


def by_azapi(want: Wishes) -> Source:
    changes = [azurerm_account(want)]
    for at, wish in enumerate(want.deployments):
        after = {
            "type": f"Microsoft.CognitiveServices/accounts/deployments@{VERSION}",
            "name": wish.name,
            "body": body(wish) if at % 2 else json.dumps(body(wish)),
        }
        changes.append(change("azapi_resource", "models", after, {"parent_id": True}, wish.name))
    return terraform.read(plan(changes, "parent_id", "azapi_resource"), "x")


def by_pulumi(want: Wishes) -> Source:
    account, token = "urn:pulumi:x::x::azure-native:cognitiveservices:Account::it", "azure-native:cognitiveservices"
    inputs = {
        "accountName": "acct",
        "resourceGroupName": "rg",
        "kind": want.kind,
        "location": want.region,
        "properties": account_properties(want),
    }
    id = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/acct"
    steps = [{"op": "same", "newState": {"type": f"{token}:Account", "urn": account, "id": id, "inputs": inputs}}]
    for wish in want.deployments:
        state = {
            "type": f"{token}:Deployment",
            "urn": f"urn:pulumi:x::x::{token}:Deployment::{wish.name}",
            "inputs": {
                "accountName": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
                "deploymentName": wish.name,
                **body(wish),
            },
            "propertyDependencies": {"accountName": [account]},
        }
        steps.append({"op": "create", "newState": state})
    return pulumi.read({"steps": steps}, "x")


def by_template(want: Wishes) -> Source:
    account = {
        "type": "Microsoft.CognitiveServices/accounts",
        "apiVersion": VERSION,
        "name": "[parameters('account')]",
        "kind": want.kind,
        "location": "[resourceGroup().location]",
        "properties": account_properties(want),
    }
    models = {
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "apiVersion": VERSION,
        "name": "[concat(parameters('account'), '/', parameters('models')[copyIndex()].name)]",
        "copy": {"name": "models", "count": "[length(parameters('models'))]"},
        "dependsOn": ["[parameters('account')]"],
        "sku": "[parameters('models')[copyIndex()].sku]",
        "properties": "[parameters('models')[copyIndex()].properties]",
    }
    parameters = {"account": {"type": "string"}, "models": {"type": "array"}}
    given = {"account": {"value": "acct"}, "models": {"value": [{"name": w.name, **body(w)} for w in want.deployments]}}
    where = arm.Where(SUBSCRIPTION, "rg", want.region)
    return arm.read({"parameters": parameters, "resources": [account, models]}, {"parameters": given}, "x", {}, where)


@pytest.mark.parametrize("read", [by_azurerm, by_azapi, by_pulumi, by_template])
@settings(max_examples=25, deadline=None)
@given(want=wishes(), policy=POLICIES)
def test_every_tool_is_checked_alike(read: Any, want: Wishes, policy: Policy) -> None:
    expected = {(d.code, d.severity, d.summary) for d in checks.run(ours(want, policy), CATALOG, today=TODAY)}
    made = assemble(read(want), "x", policy, CATALOG, {})
    found = {(d.code, d.severity, d.summary) for d in checking.check(made, CATALOG, TODAY) if d.code != CODE}
    assert found == expected
