"""Template deployments: what they make, what they tell, and how they fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

DEPLOYMENT = "{group}/providers/Microsoft.Resources/deployments/main"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
VAULT = {
    "type": "Microsoft.KeyVault/vaults",
    "apiVersion": "2024-11-01",
    "name": "[parameters('vault')]",
    "location": "[resourceGroup().location]",
    "dependsOn": ["[resourceId('Microsoft.Storage/storageAccounts', variables('account'))]"],
    "properties": {
        "tenantId": "[subscription().tenantId]",
        "sku": {"family": "A", "name": "standard"},
        "accessPolicies": [],
        "networkAcls": "[json('null')]",
    },
}
STORAGE = {
    "type": "Microsoft.Storage/storageAccounts",
    "apiVersion": "2024-01-01",
    "name": "[variables('account')]",
    "location": "swedencentral",
    "kind": "StorageV2",
    "sku": {"name": "Standard_LRS"},
    "properties": {},
}
TEMPLATE: dict[str, Any] = {
    "$schema": SCHEMA,
    "contentVersion": "1.0.0.0",
    "parameters": {"vault": {"type": "string"}, "secret": {"type": "secureString", "defaultValue": ""}},
    "variables": {"account": "[concat('st', toLower('MODELS'))]"},
    "resources": [VAULT, STORAGE],
    "outputs": {
        "uri": {"type": "string", "value": "[reference(parameters('vault')).vaultUri]"},
        "blob": {"type": "string", "value": "[reference(variables('account')).primaryEndpoints.blob]"},
        "key": {
            "type": "secureString",
            "value": "[listKeys(resourceId('Microsoft.Storage/storageAccounts', variables('account')), '2024-01-01')]",
        },
    },
}


def body(template: Any = TEMPLATE, mode: str = "Incremental", **parameters: Any) -> Any:
    """The body of a deployment."""
    given = {name: {"value": value} for name, value in {"vault": "kv-models", **parameters}.items()}
    return {"properties": {"mode": mode, "template": template, "parameters": given}}


@pytest.fixture
def client(client: Any, bodies: Any) -> Any:
    """A sandbox with a resource group."""
    client.made("{group}", bodies.GROUP)
    return client


def test_a_template_makes_its_resources_in_their_order(client: Any) -> None:
    answer = client.send("PUT", DEPLOYMENT, body(secret="tell nobody"))
    assert (answer.status, answer.body["properties"]["provisioningState"]) == (201, "Running")
    assert client.follow(answer).body["status"] == "Succeeded"
    made = client.got(DEPLOYMENT)["properties"]
    assert made["provisioningState"] == "Succeeded"
    assert made["outputs"]["uri"]["value"] == "https://kv-models.vault.azure.net/"
    assert made["outputs"]["blob"]["value"] == "https://stmodels.blob.core.windows.net/"
    assert made["outputs"]["key"] == {"type": "secureString"}
    assert made["parameters"] == {"vault": {"type": "String", "value": "kv-models"}, "secret": {"type": "SecureString"}}
    assert [one["id"].rsplit("/", 1)[1] for one in made["outputResources"]] == ["stmodels", "kv-models"]
    assert made["dependencies"][0]["resourceName"] == "kv-models"
    assert "template" not in made
    told = client.got(DEPLOYMENT + "/operations")["value"]
    assert [one["properties"]["provisioningOperation"] for one in told] == [
        "Create",
        "Create",
        "EvaluateDeploymentOutput",
    ]
    assert told[1]["properties"]["targetResource"]["resourceName"] == "kv-models"
    assert client.got(f"{DEPLOYMENT}/operations/{told[1]['operationId']}") == told[1]
    assert client.send("GET", DEPLOYMENT + "/operations/none").body["error"]["code"] == "DeploymentOperationNotFound"
    assert client.got("{group}/deployments/main/operations")["value"] == told  # as older clients ask
    assert client.send("POST", DEPLOYMENT + "/exportTemplate").body["template"] == TEMPLATE
    again = client.send("PUT", DEPLOYMENT, body())
    assert again.status == 200
    assert [one["name"] for one in client.got("{group}/providers/Microsoft.Resources/deployments")["value"]] == ["main"]
    assert client.send("DELETE", DEPLOYMENT).status == 202
    assert client.send("GET", DEPLOYMENT).body["error"]["code"] == "DeploymentNotFound"
    assert client.got("{vaults}/kv-models")  # what it made stays


def test_a_deployment_takes_a_latency_for_each_link_of_its_chain(sandbox: Any, bodies: Any) -> None:
    client = sandbox(latency=10.0)
    client.made("{group}", bodies.GROUP)
    answer = client.send("PUT", DEPLOYMENT, body())
    client.clock.now += 15
    assert client.follow(answer).body["status"] == "InProgress"
    assert "outputs" not in client.got(DEPLOYMENT)["properties"]
    told = client.got(DEPLOYMENT + "/operations")["value"]
    assert {one["properties"]["provisioningState"] for one in told} == {"Running"}
    second = client.send("PUT", DEPLOYMENT, body())
    assert (second.status, second.body["error"]["code"]) == (409, "DeploymentActive")
    client.clock.now += 5
    assert client.follow(answer).body["status"] == "Succeeded"


def test_what_a_resource_is_refused_is_the_deployments_failure(client: Any) -> None:
    wrong = {**STORAGE, "sku": {"name": "None_Such"}, "name": "Wrong-Name"}
    held = {**VAULT, "dependsOn": ["Wrong-Name"], "name": "kv-held"}
    template = {**TEMPLATE, "resources": [wrong, held, STORAGE], "outputs": {}}
    answer = client.send("PUT", DEPLOYMENT, body(template))
    assert answer.status == 201
    status = client.follow(answer).body
    assert (status["status"], status["error"]["code"]) == ("Failed", "DeploymentFailed")
    assert [one["code"] for one in status["error"]["details"]] == ["AccountNameInvalid"]
    found = client.got(DEPLOYMENT)["properties"]
    assert (found["provisioningState"], found["error"]["code"]) == ("Failed", "DeploymentFailed")
    told = [one["properties"] for one in client.got(DEPLOYMENT + "/operations")["value"]]
    assert [(one["provisioningState"], one["statusCode"]) for one in told] == [
        ("Failed", "BadRequest"),
        ("Succeeded", "Accepted"),
    ]
    assert told[0]["statusMessage"]["error"]["code"] == "AccountNameInvalid"
    assert client.got("{storage}/stmodels")  # did not wait for what failed
    assert client.send("GET", "{vaults}/kv-held").status == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"variables": {"account": "[nothing()]"}}, "InvalidTemplate"),
        ({"parameters": {"vault": {"type": "string"}, "more": {"type": "string"}}}, "InvalidTemplate"),
        ({"resources": [{**STORAGE, "type": "Microsoft.Compute/disks"}]}, "InvalidTemplateDeployment"),
        ({"resources": [{**STORAGE, "apiVersion": "1999-01-01"}]}, "InvalidTemplateDeployment"),
        ({"resources": [{**STORAGE, "dependsOn": ["b"]}, {**VAULT, "name": "b"}], "outputs": {}}, "InvalidTemplate"),
    ],
)
def test_a_wrong_template_is_refused_before_anything_is_made(client: Any, change: Any, code: str) -> None:
    template = {**TEMPLATE, **change}
    for method, path in (("PUT", DEPLOYMENT), ("POST", DEPLOYMENT + "/validate")):
        answer = client.send(method, path, body(template))
        assert (answer.status, answer.body["error"]["code"]) == (400, code), answer.body
    assert client.got("{storage}")["value"] == []


def test_requests_that_no_deployment_can_be_made_of(client: Any) -> None:
    for sent, code in (
        (body(mode="Complete"), "InvalidDeploymentMode"),
        ({"properties": {"mode": "Incremental"}}, "InvalidRequestContent"),
        ({"properties": {"mode": "Incremental", "templateLink": {"uri": "https://example.org"}}}, "InvalidContentLink"),
    ):
        answer = client.send("PUT", DEPLOYMENT, sent)
        assert (answer.status, answer.body["error"]["code"]) == (400, code)
    nowhere = client.send("PUT", DEPLOYMENT.replace("{group}", "{sub}/resourceGroups/none"), body())
    assert (nowhere.status, nowhere.body["error"]["code"]) == (404, "ResourceGroupNotFound")


def test_validation_makes_nothing(client: Any) -> None:
    answer = client.send("POST", DEPLOYMENT + "/validate", body())
    assert answer.status == 200
    assert [one["id"].rsplit("/", 1)[1] for one in answer.body["properties"]["validatedResources"]] == [
        "kv-models",
        "stmodels",
    ]
    assert client.got("{storage}")["value"] == []
    assert client.send("GET", DEPLOYMENT).status == 404


def test_outputs_that_cannot_be_told_are_a_failure(client: Any) -> None:
    where = "[reference(resourceId('Microsoft.KeyVault/vaults', 'none'), '2024-11-01').vaultUri]"
    outputs = {"gone": {"type": "string", "value": where}}
    answer = client.send("PUT", DEPLOYMENT, body({**TEMPLATE, "outputs": outputs}))
    [detail] = client.follow(answer).body["error"]["details"]
    assert detail["code"] == "DeploymentOutputEvaluationFailed"


def test_a_subscription_is_deployed_to(client: Any) -> None:
    group = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2024-03-01",
        "name": "made",
        "location": "[deployment().location]",
    }
    nested = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2024-03-01",
        "name": "inner",
        "resourceGroup": "made",
        "dependsOn": ["made"],
        "properties": {
            "mode": "Incremental",
            "template": {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": [{**STORAGE, "name": "stinner"}]},
        },
    }
    template = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": [nested, group]}
    path = "{sub}/providers/Microsoft.Resources/deployments/wide"
    sent = {"location": "swedencentral", "properties": {"mode": "Incremental", "template": template}}
    without = client.send("PUT", path, {"properties": sent["properties"]})
    assert without.body["error"]["code"] == "LocationRequired"
    assert client.follow(client.send("PUT", path, sent)).body["status"] == "Succeeded"
    assert client.got("{sub}/resourceGroups/made/providers/Microsoft.Storage/storageAccounts/stinner")


def test_secure_parameters_are_in_no_journal(sandbox: Any, bodies: Any, tmp_path: Path) -> None:
    client = sandbox(journal=tmp_path / "journal.jsonl")
    client.made("{group}", bodies.GROUP)
    client.made(DEPLOYMENT, body(secret="tell nobody"))
    written = (tmp_path / "journal.jsonl").read_text()
    assert "tell nobody" not in written
    assert "kv-models" in written
