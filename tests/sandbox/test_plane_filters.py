"""Content filters and retired models at the models' hosts, in this process."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

ACCOUNT = "{cognitive}/accounts/models"
POLICY = ACCOUNT + "/raiPolicies/ours"
URL = "/_host/models.openai.azure.com/openai/v1/chat/completions"
SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}


@pytest.fixture
def client(client: Any, bodies: Any) -> Any:
    """A sandbox with an account `models` and its deployment `assistant`."""
    client.made("{group}", bodies.GROUP)
    client.made(ACCOUNT, bodies.account("models"))
    client.made(ACCOUNT + "/deployments/assistant", bodies.deployment())
    return client


def ask(client: Any, text: str, model: str = "assistant", **body: Any) -> Any:
    """Asks a deployment."""
    key = client.send("POST", ACCOUNT + "/listKeys").body["key1"]
    messages = [{"role": "system", "content": "Be short."}, {"role": "user", "content": text}]
    return client.send("POST", URL, {"model": model, "messages": messages, **body}, headers={"api-key": key})


def use(client: Any, bodies: Any, **filter: Any) -> None:
    """Gives the deployment a policy of its own with one filter changed."""
    client.made(POLICY, {"properties": {"contentFilters": [filter]}})
    client.made(ACCOUNT + "/deployments/assistant", bodies.deployment(raiPolicyName="ours"))


def test_what_is_said_is_annotated(client: Any) -> None:
    body = ask(client, "Who are you?").body
    assert body["choices"][0]["content_filter_results"] == SAFE
    [prompt] = body["prompt_filter_results"]
    assert prompt["content_filter_results"] == {**SAFE, "jailbreak": {"filtered": False, "detected": False}}
    mild = ask(client, "sandbox-filter:violence=low sandbox-filter:answer/hate=low").body
    assert mild["prompt_filter_results"][0]["content_filter_results"]["violence"] == {
        "filtered": False,
        "severity": "low",
    }
    assert mild["choices"][0]["content_filter_results"]["hate"] == {"filtered": False, "severity": "low"}


@pytest.mark.parametrize(
    ("said", "category", "found"),
    [
        ("sandbox-filter:violence", "violence", {"filtered": True, "severity": "high"}),
        ("sandbox-filter:self_harm=medium", "self_harm", {"filtered": True, "severity": "medium"}),
        ("sandbox-filter:jailbreak", "jailbreak", {"filtered": True, "detected": True}),
    ],
)
def test_a_prompt_that_a_filter_stops(client: Any, said: str, category: str, found: Any) -> None:
    answer = ask(client, f"Well: {said}?")
    error = answer.body["error"]
    assert (answer.status, error["code"], error["param"], error["status"]) == (400, "content_filter", "prompt", 400)
    assert error["message"].startswith("The response was filtered due to the prompt triggering Azure OpenAI's")
    assert error["innererror"]["code"] == "ResponsibleAIPolicyViolation"
    results = error["innererror"]["content_filter_result"]
    assert results[category] == found
    assert [name for name, one in results.items() if one["filtered"]] == [category]


def test_an_answer_that_a_filter_stops(client: Any) -> None:
    [choice] = ask(client, "sandbox-filter:answer/sexual").body["choices"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("content_filter", None)
    assert choice["content_filter_results"]["sexual"] == {"filtered": True, "severity": "high"}
    told = ask(client, "sandbox-filter:answer/sexual", stream=True).content().decode()
    events = [json.loads(line[6:]) for line in told.split("\n\n") if line.startswith("data: {")]
    [last] = events[-1]["choices"]
    assert (last["finish_reason"], last["content_filter_results"]["sexual"]["filtered"]) == ("content_filter", True)
    assert not any(one["delta"].get("content") for event in events for one in event["choices"])


def test_the_policy_of_the_deployment_decides(client: Any, bodies: Any) -> None:
    violence = {"name": "Violence", "source": "Prompt", "enabled": True}
    use(client, bodies, **violence, blocking=False, severityThreshold="Medium")
    body = ask(client, "sandbox-filter:violence").body
    assert body["prompt_filter_results"][0]["content_filter_results"]["violence"] == {
        "filtered": False,
        "severity": "high",
    }
    use(client, bodies, **violence, blocking=True, severityThreshold="High")
    assert ask(client, "sandbox-filter:violence=medium").status == 200
    assert ask(client, "sandbox-filter:violence").status == 400
    use(client, bodies, **{**violence, "enabled": False}, blocking=True, severityThreshold="Low")
    found = ask(client, "sandbox-filter:violence").body["prompt_filter_results"][0]["content_filter_results"]
    assert "violence" not in found


def test_a_retired_model_answers_no_more(sandbox: Any, bodies: Any) -> None:
    client = sandbox(today=date(2026, 11, 22))
    client.made("{group}", bodies.GROUP)
    client.made(ACCOUNT, bodies.account("models"))
    mini = {"name": "gpt-mini", "format": "OpenAI", "version": "2026-03-17", "sku": "Standard", "capacity": 10}
    old = {**mini, "name": "gpt-old", "version": "1"}
    client.made(ACCOUNT + "/deployments/kept", bodies.deployment(**mini, versionUpgradeOption="NoAutoUpgrade"))
    client.made(ACCOUNT + "/deployments/moved", bodies.deployment(**mini))
    client.made(ACCOUNT + "/deployments/old", bodies.deployment(**old))
    models = ("kept", "moved", "old")
    assert [ask(client, "Hello", model).body["model"] for model in models] == ["gpt-mini-2026-03-17"] * 2 + ["gpt-old"]
    client.control.store.close()
    later = sandbox(today=date(2027, 9, 17))
    for model in ("kept", "old"):  # the one wants no other version, the other has none
        gone = ask(later, "Hello", model)
        assert (gone.status, gone.body["error"]) == (404, {"code": "404", "message": "Resource not found"})
    assert ask(later, "Hello", "moved").body["model"] == "gpt-mini-2026-09-01"


def test_a_deployment_that_failed_does_not_answer(client: Any, bodies: Any) -> None:
    fault = {"x-ms-sandbox-fault": "fail; code=Nothing"}
    client.send("PUT", ACCOUNT + "/deployments/broken", bodies.deployment(), headers=fault)
    assert client.got(ACCOUNT + "/deployments/broken")["properties"]["provisioningState"] == "Failed"
    assert ask(client, "Hello", "broken").body["error"]["code"] == "DeploymentNotFound"
