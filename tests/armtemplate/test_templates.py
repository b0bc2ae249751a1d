"""A template becomes the list of resources that it would deploy, or one sentence with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from modelform.armtemplate import Runtime, Scope, TemplateError, evaluate, level_of, marks, parameter_values

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
SCOPE = Scope(subscription="S", resource_group="rg", location="westeurope")
ACCOUNT = {"type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2025-06-01", "name": "a"}


def shown(value: Any) -> Any:
    """A value with its marks as texts."""
    if isinstance(value, Runtime):
        return str(value)
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    return [shown(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("file", CASES, ids=[f.stem for f in CASES])
def test_a_template_gives_its_resources(file: Path) -> None:
    case = yaml.safe_load(file.read_text())
    found = evaluate(case["template"], case["parameters"], SCOPE)
    names = {resource.id: resource.name for resource in found.resources}
    for resource, expected in zip(found.resources, case["resources"], strict=True):
        wanted = dict(expected)
        got = {"type": resource.type, "name": resource.name, "pointer": resource.pointer, **shown(resource.body)}
        assert [names[other] for other in resource.depends_on] == wanted.pop("after", [])
        assert resource.scope.resource_group == wanted.pop("group", "rg")
        assert shown(resource.condition) == wanted.pop("condition", True)
        assert resource.existing is wanted.pop("existing", False)
        assert resource.id == wanted.pop("id", resource.id)
        assert got == wanted
        assert resource.id.endswith(resource.name.rpartition("/")[2])
    assert {name: shown(row["value"]) for name, row in found.outputs.items()} == case["outputs"]


REFUSED = [
    ({"resources": [{"type": "A.B/c"}]}, {}, "/resources/0", "a type and a name"),
    ({"resources": [{**ACCOUNT, "name": "a/b"}]}, {}, "/resources/0/name", "wants 1 names, and has 2"),
    ({"resources": [{**ACCOUNT, "dependsOn": ["b"]}]}, {}, "/resources/0/dependsOn/0", "does not declare"),
    ({"resources": [{**ACCOUNT, "tags": {"a": "[x()]"}}]}, {}, "/resources/0/tags/a", "there is no function x()"),
    ({"resources": [{**ACCOUNT, "copy": {"name": "c"}}]}, {}, "/resources/0/copy", "needs a count"),
    ({"resources": [], "parameters": {"p": {"type": "string"}}}, {}, "/parameters/p", "no default, and no value"),
    ({"resources": [], "parameters": {"p": {"type": "int"}}}, {"p": {"value": "1"}}, "/parameters/p", "of type int"),
    ({"resources": [], "parameters": {"p": {"type": "int"}}}, {"p": {"value": True}}, "/parameters/p", "of type int"),
    ({"resources": [], "parameters": {"p": {"type": "txt"}}}, {"p": {"value": 1}}, "/parameters/p", "no known type"),
    ({"resources": []}, {"q": {"value": 1}}, "/parameters", "the template does not have"),
    (
        {"resources": [], "parameters": {"p": {"type": "string", "allowedValues": ["a", "b"]}}},
        {"p": {"value": "c"}},
        "/parameters/p",
        "one of a, b, not 'c'",
    ),
    (
        {"resources": [], "parameters": {"p": {"type": "int", "minValue": 2, "maxValue": 5}}},
        {"p": {"value": 6}},
        "/parameters/p",
        "at most 5, not '6'",
    ),
    (
        {"resources": [], "parameters": {"p": {"type": "string", "defaultValue": "[parameters('p')]"}}},
        {},
        "/parameters/p/defaultValue",
        "need each other",
    ),
    ({"no": "resources"}, {}, "", "no ARM template"),
    ({"resources": [], "variables": []}, {}, "/variables", "must be an object"),
]


@pytest.mark.parametrize(("template", "parameters", "pointer", "said"), REFUSED, ids=[r[3] for r in REFUSED])
def test_a_wrong_template_is_refused_with_its_place(
    template: dict[str, Any], parameters: dict[str, Any], pointer: str, said: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        evaluate(template, parameters, SCOPE)
    assert said in caught.value.summary
    assert caught.value.pointer == pointer


def test_a_secret_never_stands_in_a_message() -> None:
    template = {"resources": [], "parameters": {"p": {"type": "secureString", "minLength": 20}}}
    with pytest.raises(TemplateError) as caught:
        evaluate(template, {"p": {"value": "hunter2"}}, SCOPE)
    assert "hunter2" not in str(caught.value.diagnostics)


def test_a_secret_of_a_key_vault_is_known_at_deployment() -> None:
    template = {
        "parameters": {"p": {"type": "secureString"}},
        "resources": [{**ACCOUNT, "properties": {"key": "[concat('x', parameters('p'))]"}}],
    }
    given = {"p": {"reference": {"keyVault": {"id": "v"}, "secretName": "s"}}}
    (account,) = evaluate(template, given, SCOPE).resources
    assert [mark.call for mark in marks(account.properties)] == ["concat", "keyVaultSecret"]


def test_a_template_for_a_subscription_makes_groups() -> None:
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
        "resources": [
            {
                "type": "Microsoft.Resources/resourceGroups",
                "apiVersion": "2024-11-01",
                "name": "new",
                "location": "here",
            },
            {
                "type": "Microsoft.Resources/deployments",
                "apiVersion": "2022-09-01",
                "name": "inside",
                "resourceGroup": "new",
                "dependsOn": ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'new')]"],
                "properties": {
                    "expressionEvaluationOptions": {"scope": "inner"},
                    "template": {"resources": [{**ACCOUNT, "location": "[resourceGroup().location]"}]},
                },
            },
        ],
    }
    scope = Scope(subscription="S", location="westeurope", level=level_of(template))
    group, account = evaluate(template, {}, scope).resources
    assert group.id == "/subscriptions/S/resourceGroups/new"
    assert account.location == "here"
    assert account.depends_on == (group.id,)
    assert account.id == "/subscriptions/S/resourceGroups/new/providers/Microsoft.CognitiveServices/accounts/a"


def test_parameters_are_found_in_a_parameter_file() -> None:
    given = {"a": {"value": 1}}
    assert parameter_values({"$schema": "…", "parameters": given}) == given
    assert parameter_values(given) == given
