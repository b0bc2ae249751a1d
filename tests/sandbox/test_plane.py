"""What applications meet at the models' hosts: answers, streams, and every refusal, inside the process."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from azure.core import PipelineClient
from azure.core.rest import HttpRequest, HttpResponse

from modelform.catalog import data
from modelform.sandbox.exchange import Request, Response
from modelform.sandbox.identity import TOKEN
from modelform.sandbox.transport import SandboxTransport

ACCOUNT = "{cognitive}/accounts/models"
HELLO = [{"role": "user", "content": "What is the capital of Sweden?"}]
FOUNDRY, OPENAI, COGNITIVE = (
    f"models.{end}" for end in ("services.ai.azure.com", "openai.azure.com", "cognitiveservices.azure.com")
)
DEPLOYMENT_URL = "/openai/deployments/assistant/chat/completions?api-version=2024-10-21"
V1 = "/openai/v1/chat/completions"
MISTRAL_SMALL = "azureml://registries/azureml-mistral/models/mistral-small-2503"


@dataclass
class Cloud:
    """A sandbox with a Foundry account `models`; `assistant` is Mistral Large, 10 units of capacity."""

    client: Any
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client.made("{group}", {"location": "swedencentral"})
        self.account()
        self.deploy("assistant", "Mistral AI", "Mistral-Large-3", "1", 10)
        self.headers = {"api-key": self.key()}

    def account(self, name: str = "models", kind: str = "AIServices", **properties: Any) -> None:
        body = {
            "location": "swedencentral",
            "kind": kind,
            "sku": {"name": "S0"},
            "identity": {"type": "SystemAssigned"},
            "properties": {"customSubDomainName": name, **properties},
        }
        self.client.made(f"{{cognitive}}/accounts/{name}", body)

    def deploy(self, name: str, format: str, model: str, version: str, capacity: int, account: str = "models") -> None:
        body = {
            "sku": {"name": "GlobalStandard", "capacity": capacity},
            "properties": {"model": {"format": format, "name": model, "version": version}},
        }
        self.client.made(f"{{cognitive}}/accounts/{account}/deployments/{name}", body)

    def key(self, account: str = "models", name: str = "key1") -> str:
        return str(self.client.send("POST", f"{{cognitive}}/accounts/{account}/listKeys").body[name])

    def raw(
        self,
        url: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        base: str = "https://management.sandbox.localhost",
        method: str = "POST",
    ) -> Response:
        """Sends bytes, or JSON, to a path; without headers, with the account's key."""
        path, _, query = url.partition("?")
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        parameters = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        sent = self.headers if headers is None else headers
        answer: Response = self.client.control.handle(Request(method, path, parameters, sent, content, base))
        return answer

    def ask(self, host: str, url: str, headers: dict[str, str] | None = None, **body: Any) -> Response:
        """Asks at a host, by its name in the path."""
        asked = {"model": "assistant", "messages": HELLO, **body}
        return self.raw(f"/_host/{host}{url}", {k: v for k, v in asked.items() if v is not ...}, headers=headers)

    def serverless(self, auth: str = "Key", name: str = "clerk") -> Any:
        """A hub's project with a serverless endpoint, and its keys where it has any."""
        made = self.client.made
        made("{storage}/stmodels", {"location": "swedencentral", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}})
        vault = {"tenantId": "00000000-0000-4000-8000-00000000aaaa", "sku": {"family": "A", "name": "standard"}}
        made("{vaults}/kv-models", {"location": "swedencentral", "properties": {**vault, "accessPolicies": []}})
        parts = {
            "storageAccount": self.client.path("{storage}/stmodels"),
            "keyVault": self.client.path("{vaults}/kv-models"),
        }
        base = {"location": "swedencentral", "identity": {"type": "SystemAssigned"}}
        made("{ml}/hub", {**base, "kind": "Hub", "properties": parts})
        hub = {"hubResourceId": self.client.path("{ml}/hub")}
        made("{ml}/research", {**base, "kind": "Project", "properties": hub})
        terms = {"properties": {"modelId": MISTRAL_SMALL}}
        made("{ml}/research/marketplaceSubscriptions/mistral-small", terms)
        endpoint = {
            "location": "swedencentral",
            "sku": {"name": "Consumption"},
            "properties": {"authMode": auth, "modelSettings": {"modelId": MISTRAL_SMALL}},
        }
        made(f"{{ml}}/research/serverlessEndpoints/{name}", endpoint)
        keys = self.client.send("POST", f"{{ml}}/research/serverlessEndpoints/{name}/listKeys")
        return keys.body if keys.status == 200 else {}


@pytest.fixture
def real(sandbox: Callable[..., Any]) -> Callable[..., Any]:
    """Makes sandboxes with the whole catalogue."""
    return partial(sandbox, catalogue=data.load())


@pytest.fixture
def cloud(real: Callable[..., Any]) -> Cloud:
    return Cloud(real())


def text(answer: Response) -> str:
    assert answer.status == 200, answer.body
    return str(answer.body["choices"][0]["message"]["content"])


def refused(answer: Response, status: int, code: str | None) -> Any:
    assert (answer.status, answer.body["error"]["code"]) == (status, code), answer.body
    return answer.body["error"]


def chunks(answer: Response) -> list[Any]:
    """The events of a stream, without the end mark, which must be the last."""
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    events = [one.removeprefix("data: ") for one in answer.content().decode().split("\n\n") if one]
    assert events.pop() == "[DONE]"
    return [json.loads(one) for one in events]


# answers


@pytest.mark.parametrize(
    ("host", "url"),
    [
        (FOUNDRY, V1),
        (OPENAI, V1),
        (COGNITIVE, V1),
        (OPENAI, V1 + "?api-version=preview"),
        (OPENAI, DEPLOYMENT_URL),
        (FOUNDRY, DEPLOYMENT_URL),
        (FOUNDRY, "/models/chat/completions?api-version=2024-05-01-preview"),
        ("MODELS.Services.AI.azure.com:443", "/openai/v1/Chat/Completions"),
    ],
)
def test_a_deployment_answers_at_each_of_its_urls(cloud: Cloud, host: str, url: str) -> None:
    answer = cloud.ask(host, url)
    assert text(answer) == (
        "I am Mistral-Large-3 (version 1), deployed as assistant in models (Sweden Central); "
        "you asked: What is the capital of Sweden?"
    )
    assert answer.headers["x-ms-deployment-name"] == "assistant"
    assert answer.headers["x-request-id"]


def test_the_host_header_is_enough(cloud: Cloud) -> None:
    body = {"model": "assistant", "messages": HELLO}
    assert "Mistral-Large-3" in text(cloud.raw(V1, body, base=f"https://{FOUNDRY}"))
    assert "Mistral-Large-3" in text(cloud.raw(V1, body, base=f"https://{OPENAI}:8443"))


def test_azure_core_reaches_models_inside_the_process(cloud: Cloud) -> None:
    """By the prefix on the sandbox's own address, and at the host itself."""
    transport = SandboxTransport(cloud.client.control)
    client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient("", policies=[], transport=transport)
    for base in (f"https://management.sandbox.localhost/_host/{FOUNDRY}", f"https://{FOUNDRY}"):
        body = {"model": "assistant", "messages": HELLO}
        answer = client.send_request(HttpRequest("POST", base + V1, json=body, headers=cloud.headers))
        assert answer.json()["choices"][0]["message"]["content"].startswith("I am Mistral-Large-3")
        request = HttpRequest("POST", base + V1, json={**body, "stream": True}, headers=cloud.headers)
        streamed = client.send_request(request)
        assert streamed.headers["content-type"].startswith("text/event-stream")
        assert streamed.text().endswith("data: [DONE]\n\n")


def test_a_project_answers_for_its_account(cloud: Cloud) -> None:
    cloud.account(allowProjectManagement=True)
    project = {"location": "swedencentral", "identity": {"type": "SystemAssigned"}, "properties": {}}
    cloud.client.made(ACCOUNT + "/projects/legal", project)
    assert "Mistral-Large-3" in text(cloud.ask(FOUNDRY, "/api/projects/legal" + V1))
    assert "Mistral-Large-3" in text(cloud.ask(FOUNDRY, "/api/projects/Legal" + DEPLOYMENT_URL))
    refused(cloud.ask(FOUNDRY, "/api/projects/absent" + V1), 404, "404")
    refused(cloud.ask(OPENAI, "/api/projects/legal" + V1), 404, "404")


def test_the_path_wins_over_the_host_header(cloud: Cloud) -> None:
    cloud.account("other")
    body = {"model": "assistant", "messages": HELLO}
    assert "models (Sweden Central)" in text(
        cloud.raw(f"/_host/{FOUNDRY}{V1}", body, base="https://other.openai.azure.com")
    )


def test_the_control_plane_keeps_its_own_paths(cloud: Cloud) -> None:
    assert cloud.client.got(ACCOUNT)["name"] == "models"


def test_an_answer_has_the_shape_of_a_chat_completion(cloud: Cloud) -> None:
    body = cloud.ask(FOUNDRY, V1).body
    assert (body["object"], body["model"]) == ("chat.completion", "Mistral-Large-3")
    assert body["created"] == int(cloud.client.clock())
    choice = body["choices"][0]
    assert (choice["index"], choice["finish_reason"], choice["message"]["role"]) == (0, "stop", "assistant")
    usage = body["usage"]
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]
    assert usage["prompt_tokens"] > len(HELLO[0]["content"].split())


def test_a_dated_model_reports_its_version(cloud: Cloud) -> None:
    cloud.deploy("gpt", "OpenAI", "gpt-5.4-mini", "2026-03-17", 10)
    assert cloud.ask(FOUNDRY, V1, model="gpt").body["model"] == "gpt-5.4-mini-2026-03-17"


def test_longer_questions_cost_more(cloud: Cloud) -> None:
    few = cloud.ask(FOUNDRY, V1).body["usage"]["prompt_tokens"]
    many = cloud.ask(FOUNDRY, V1, messages=[{"role": "system", "content": "Be brief. " * 20}, *HELLO]).body["usage"]
    assert many["prompt_tokens"] > few + 40


def test_parts_of_a_message_are_read(cloud: Cloud) -> None:
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    answer = cloud.ask(FOUNDRY, V1, messages=[{"role": "user", "content": parts}])
    assert text(answer).endswith("you asked: What is this?")
    assert answer.body["usage"]["prompt_tokens"] > 85


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_limit_of_tokens_cuts_the_answer(cloud: Cloud, name: str) -> None:
    body = cloud.ask(FOUNDRY, V1, **{name: 5}).body
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 5


def test_stops_choices_and_json_are_followed(cloud: Cloud) -> None:
    assert text(cloud.ask(FOUNDRY, V1, stop=[", deployed"])) == "I am Mistral-Large-3 (version 1)"
    several = cloud.ask(FOUNDRY, V1, n=3).body
    assert [one["index"] for one in several["choices"]] == [0, 1, 2]
    shaped = text(cloud.ask(FOUNDRY, V1, response_format={"type": "json_object"}))
    assert json.loads(shaped)["answer"].startswith("I am Mistral-Large-3")


def test_a_stream_tells_the_same_text(cloud: Cloud) -> None:
    whole = cloud.ask(FOUNDRY, V1).body
    answer = cloud.ask(FOUNDRY, V1, stream=True, stream_options={"include_usage": True})
    found = chunks(answer)
    assert {one["object"] for one in found} == {"chat.completion.chunk"}
    assert len({one["id"] for one in found}) == 1
    deltas = [one["choices"][0] for one in found if one["choices"]]
    assert deltas[0]["delta"]["role"] == "assistant"
    assert "".join(one["delta"].get("content") or "" for one in deltas) == text(Response(200, whole))
    assert [one["finish_reason"] for one in deltas if one["finish_reason"]] == ["stop"]
    assert found[-1]["choices"] == []
    assert found[-1]["usage"] == whole["usage"]
    assert len(deltas) == whole["usage"]["completion_tokens"] + 2


def test_a_stream_has_no_usage_unless_asked(cloud: Cloud) -> None:
    assert not any(one.get("usage") for one in chunks(cloud.ask(FOUNDRY, V1, stream=True)))


def test_a_stream_of_several_choices_numbers_them(cloud: Cloud) -> None:
    found = [one["choices"][0]["index"] for one in chunks(cloud.ask(FOUNDRY, V1, stream=True, n=2)) if one["choices"]]
    assert sorted(set(found)) == [0, 1]


# embeddings


@pytest.fixture
def embedder(cloud: Cloud) -> Callable[..., Response]:
    cloud.deploy("vectors", "OpenAI", "text-embedding-3-large", "1", 10)

    def embed(**body: Any) -> Response:
        return cloud.raw(f"/_host/{OPENAI}/openai/v1/embeddings", {"model": "vectors", **body})

    return embed


def test_embeddings_have_the_width_of_the_model_and_length_1(embedder: Callable[..., Response]) -> None:
    body = embedder(input=["a cat", "a dog"]).body
    assert [one["index"] for one in body["data"]] == [0, 1]
    vector = body["data"][0]["embedding"]
    assert len(vector) == 3072
    assert math.isclose(sum(number * number for number in vector), 1.0, rel_tol=1e-9)
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] > 0


def test_similar_texts_are_near(embedder: Callable[..., Response]) -> None:
    texts = ["the cat sat on the mat", "a cat sat on a mat", "interest rates rose again"]
    one, near, far = (item["embedding"] for item in embedder(input=texts).body["data"])
    product = [sum(a * b for a, b in zip(one, other, strict=True)) for other in (one, near, far)]
    assert product[0] > product[1] > product[2]


def test_embeddings_can_be_shorter_and_packed(embedder: Callable[..., Response]) -> None:
    plain = embedder(input="a cat", dimensions=256).body["data"][0]["embedding"]
    packed = embedder(input="a cat", dimensions=256, encoding_format="base64").body["data"][0]["embedding"]
    unpacked = struct.unpack("<256f", base64.b64decode(packed))
    assert all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in zip(plain, unpacked, strict=True))


def test_token_numbers_are_an_input_too(embedder: Callable[..., Response]) -> None:
    assert len(embedder(input=[1, 2, 3]).body["data"]) == 1
    assert embedder(input=[[1, 2], [3]]).body["usage"]["prompt_tokens"] == 3


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "input"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["x", 1.5]}, "input"),
        ({"input": [True]}, "input"),
        ({"input": ["x"] * 2049}, "input"),
        ({"input": "word " * 9000}, "input"),
        ({"input": "x", "dimensions": 4000}, "dimensions"),
        ({"input": "x", "dimensions": 0}, "dimensions"),
        ({"input": "x", "encoding_format": "binary"}, "encoding_format"),
    ],
)
def test_wrong_embeddings_are_refused(embedder: Callable[..., Response], body: Any, param: str) -> None:
    answer = embedder(**body)
    assert (answer.status, answer.body["error"]["param"]) == (400, param)


def test_a_model_does_only_what_it_can(cloud: Cloud, embedder: Callable[..., Response]) -> None:
    refused(cloud.ask(FOUNDRY, V1, model="vectors"), 400, "OperationNotSupported")
    refused(
        cloud.raw(f"/_host/{FOUNDRY}/openai/v1/embeddings", {"model": "assistant", "input": "x"}),
        400,
        "OperationNotSupported",
    )


# serverless endpoints


@pytest.mark.parametrize("url", ["/v1/chat/completions", "/chat/completions"])
def test_a_serverless_endpoint_answers_with_its_key(cloud: Cloud, url: str) -> None:
    keys = cloud.serverless()
    for headers in ({"authorization": f"Bearer {keys['primaryKey']}"}, {"api-key": keys["secondaryKey"]}):
        answer = cloud.ask("clerk.swedencentral.models.ai.azure.com", url, headers, model=...)
        assert text(answer).startswith(
            "I am mistral-small-2503 (version 1), deployed as clerk in research (Sweden Central)"
        )


def test_a_serverless_endpoint_streams(cloud: Cloud) -> None:
    headers = {"authorization": f"Bearer {cloud.serverless()['primaryKey']}"}
    found = chunks(cloud.ask("clerk.swedencentral.models.ai.azure.com", "/v1/chat/completions", headers, stream=True))
    assert found[0]["choices"][0]["delta"]["role"] == "assistant"


def test_a_serverless_endpoint_takes_what_its_mode_says(cloud: Cloud) -> None:
    keys = cloud.serverless()
    host, url = "clerk.swedencentral.models.ai.azure.com", "/v1/chat/completions"
    assert cloud.ask(host, url, {}).status == 401
    assert cloud.ask(host, url, {"authorization": "Bearer wrong"}).status == 401
    assert cloud.ask(host, url, {"authorization": f"Bearer {TOKEN}"}).status == 401
    cloud.serverless("KeyAndAAD", "both")
    assert cloud.ask("both.swedencentral.models.ai.azure.com", url, {"authorization": f"Bearer {TOKEN}"}).status == 200
    assert (
        cloud.ask(
            "both.swedencentral.models.ai.azure.com", url, {"authorization": f"Bearer {keys['primaryKey']}"}
        ).status
        == 401
    )


def test_a_serverless_endpoint_without_keys_takes_tokens(cloud: Cloud) -> None:
    cloud.serverless("AAD")
    host, url = "clerk.swedencentral.models.ai.azure.com", "/v1/chat/completions"
    assert cloud.ask(host, url, {"authorization": f"Bearer {TOKEN}"}).status == 200
    assert cloud.ask(host, url, {"authorization": "Bearer wrong"}).status == 401
    assert cloud.ask(host, url, {"api-key": "wrong"}).status == 401


def test_a_serverless_endpoint_is_of_its_region(cloud: Cloud) -> None:
    headers = {"authorization": f"Bearer {cloud.serverless()['primaryKey']}"}
    assert cloud.ask("clerk.eastus2.models.ai.azure.com", "/v1/chat/completions", headers).status == 404


# who may call


def test_both_keys_open_in_each_header(cloud: Cloud) -> None:
    for name in ("key1", "key2"):
        key = cloud.key(name=name)
        for headers in ({"api-key": key}, {"authorization": f"Bearer {key}"}, {"ocp-apim-subscription-key": key}):
            assert cloud.ask(FOUNDRY, V1, headers).status == 200


def test_a_regenerated_key_replaces_the_old_one(cloud: Cloud) -> None:
    old = cloud.key()
    new = cloud.client.send("POST", ACCOUNT + "/regenerateKey", {"keyName": "Key1"}).body["key1"]
    refused(cloud.ask(FOUNDRY, V1, {"api-key": old}), 401, "401")
    assert cloud.ask(FOUNDRY, V1, {"api-key": new}).status == 200


def test_an_entra_token_opens(cloud: Cloud) -> None:
    assert cloud.ask(FOUNDRY, V1, {"authorization": f"Bearer {TOKEN}"}).status == 200


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer nonsense"}, {"authorization": f"Basic {TOKEN}"}])
def test_no_proof_of_who_asks_is_refused(cloud: Cloud, headers: dict[str, str]) -> None:
    answer = cloud.ask(FOUNDRY, V1, headers)
    assert (answer.status, answer.body["statusCode"]) == (401, 401)
    assert "audience is incorrect" in answer.body["message"]


def test_another_accounts_key_is_refused(cloud: Cloud) -> None:
    cloud.account("other")
    refused(cloud.ask(FOUNDRY, V1, {"api-key": cloud.key("other")}), 401, "401")
    refused(cloud.ask(FOUNDRY, V1, {"api-key": "ключ"}), 401, "401")


def test_disabled_keys_are_refused_and_tokens_are_not(cloud: Cloud) -> None:
    key = cloud.key()
    cloud.account(disableLocalAuth=True)
    refused(cloud.ask(FOUNDRY, V1, {"api-key": key}), 403, "AuthenticationTypeDisabled")
    refused(cloud.ask(FOUNDRY, V1, {"authorization": f"Bearer {key}"}), 403, "AuthenticationTypeDisabled")
    assert cloud.ask(FOUNDRY, V1, {"authorization": f"Bearer {TOKEN}"}).status == 200


def test_a_closed_network_keeps_callers_out(cloud: Cloud) -> None:
    cloud.account(networkAcls={"defaultAction": "Deny"})
    assert "Firewall" in refused(cloud.ask(FOUNDRY, V1), 403, "403")["message"]
    cloud.account(publicNetworkAccess="Disabled")
    assert "private endpoint" in refused(cloud.ask(FOUNDRY, V1), 403, "403")["message"]


# what is not there


@pytest.mark.parametrize(
    "host",
    [
        "absent.openai.azure.com",
        "absent.swedencentral.models.ai.azure.com",
        "models.swedencentral.models.ai.azure.com",
        "a.b.openai.azure.com",
        "openai.azure.com",
        "vault.azure.net",
        "",
    ],
)
def test_a_host_of_nobody_is_not_found(cloud: Cloud, host: str) -> None:
    assert host in refused(cloud.ask(host, V1), 404, "404")["message"]


def test_an_openai_account_has_no_foundry_host(cloud: Cloud) -> None:
    cloud.account("plain", "OpenAI")
    headers = {"api-key": cloud.key("plain")}
    refused(cloud.ask("plain.openai.azure.com", V1, headers), 404, "DeploymentNotFound")
    refused(cloud.ask("plain.services.ai.azure.com", V1, headers), 404, "404")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        (OPENAI, "/models/chat/completions?api-version=2024-05-01-preview"),
        (OPENAI, "/openai/deployments/assistant/chat/completions"),
        (OPENAI, "/openai/deployments/assistant/chat/completions?api-version=latest"),
        (OPENAI, V1 + "?api-version=yesterday"),
        (OPENAI, "/openai/v1/audio/speech"),
        (OPENAI, "/openai/v1"),
        (OPENAI, "/"),
        (FOUNDRY, "/models/chat/completions"),
    ],
)
def test_a_path_that_is_none_is_not_found(cloud: Cloud, host: str, url: str) -> None:
    refused(cloud.ask(host, url), 404, "404")


@pytest.mark.parametrize("name", ["absent", "a/b", "..", "*"])
def test_a_deployment_that_is_none_is_not_found(cloud: Cloud, name: str) -> None:
    refused(cloud.ask(FOUNDRY, V1, model=name), 404, "DeploymentNotFound")


def test_a_model_is_asked_by_its_deployment_only(cloud: Cloud) -> None:
    refused(cloud.ask(FOUNDRY, V1, model="Mistral-Large-3"), 404, "DeploymentNotFound")


def test_only_post_is_allowed(cloud: Cloud) -> None:
    answer = cloud.raw(f"/_host/{FOUNDRY}{V1}", b"", method="GET")
    refused(answer, 405, "405")
    assert answer.headers["Allow"] == "POST"


def test_what_is_not_ready_does_not_answer_yet(real: Callable[..., Any]) -> None:
    client = real(latency=10.0)
    client.made("{group}", {"location": "swedencentral"})
    body = {
        "location": "swedencentral",
        "kind": "OpenAI",
        "sku": {"name": "S0"},
        "properties": {"customSubDomainName": "models"},
    }
    client.made(ACCOUNT, body)
    cloud = object.__new__(Cloud)
    cloud.client, cloud.headers = client, {"api-key": client.send("POST", ACCOUNT + "/listKeys").body["key1"]}
    refused(cloud.ask(OPENAI, V1), 404, "404")
    client.clock.now += 20
    cloud.deploy("assistant", "OpenAI", "gpt-5.4-mini", "2026-03-17", 10)
    refused(cloud.ask(OPENAI, V1), 404, "DeploymentNotFound")
    client.clock.now += 20
    assert cloud.ask(OPENAI, V1).status == 200
    client.send("DELETE", ACCOUNT + "/deployments/assistant")
    refused(cloud.ask(OPENAI, V1), 404, "DeploymentNotFound")


def test_a_deleted_account_does_not_answer_and_a_restored_one_does(cloud: Cloud) -> None:
    cloud.client.send("DELETE", ACCOUNT)
    refused(cloud.ask(FOUNDRY, V1), 404, "404")
    cloud.account(restore=True)
    assert cloud.ask(FOUNDRY, V1).status == 200


# requests that are wrong


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": ...}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": ["hello"]}, "messages[0]"),
        ({"messages": [{"role": "king", "content": "hello"}]}, "messages[0].role"),
        ({"messages": [*HELLO, {"role": "user"}]}, "messages[1].content"),
        ({"messages": [*HELLO, {"role": "user", "content": 7}]}, "messages[1].content"),
        ({"model": ...}, "model"),
        ({"model": 7}, "model"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "warm"}, "temperature"),
        ({"top_p": -1}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_completion_tokens": "5"}, "max_completion_tokens"),
        ({"n": 129}, "n"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"stop": 7}, "stop"),
        ({"response_format": {"type": "yaml"}}, "response_format"),
        ({"response_format": "json"}, "response_format"),
        ({"tool_choice": "required"}, "tool_choice"),
    ],
)
def test_a_wrong_parameter_is_named(cloud: Cloud, body: Any, param: str) -> None:
    answer = cloud.ask(FOUNDRY, V1, **body)
    assert answer.status == 400
    assert (answer.body["error"]["type"], answer.body["error"]["param"]) == ("invalid_request_error", param)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"null"])
def test_a_body_that_is_no_object_is_refused(cloud: Cloud, body: bytes) -> None:
    answer = cloud.raw(f"/_host/{FOUNDRY}{V1}", body)
    assert (answer.status, answer.body["error"]["type"]) == (400, "invalid_request_error")


def test_a_conversation_longer_than_the_context_is_refused(cloud: Cloud) -> None:
    long = [{"role": "user", "content": "word " * 260_000}]
    refused(cloud.ask(FOUNDRY, V1, messages=long), 400, "context_length_exceeded")


@pytest.mark.parametrize(
    ("body", "code"),
    [({"max_tokens": 100}, "unsupported_parameter"), ({"temperature": 0.2}, "unsupported_value")],
)
def test_reasoning_models_refuse_what_they_do_not_take(cloud: Cloud, body: Any, code: str) -> None:
    cloud.deploy("gpt", "OpenAI", "gpt-5.4-mini", "2026-03-17", 10)
    refused(cloud.ask(FOUNDRY, V1, model="gpt", **body), 400, code)
    assert cloud.ask(FOUNDRY, V1, model="gpt", temperature=1, max_completion_tokens=100).status == 200
    assert cloud.ask(FOUNDRY, V1, **body).status == 200


# rate limits


def test_requests_are_limited_by_capacity(cloud: Cloud) -> None:
    answers = [cloud.ask(FOUNDRY, V1) for _ in range(10)]
    assert {one.status for one in answers} == {200}
    assert answers[0].headers["x-ratelimit-limit-requests"] == "10"
    assert [one.headers["x-ratelimit-remaining-requests"] for one in answers] == [str(n) for n in range(9, -1, -1)]
    cloud.client.clock.now += 13
    late = cloud.ask(FOUNDRY, V1)
    refused(late, 429, "429")
    assert (late.headers["retry-after"], late.headers["retry-after-ms"]) == ("47", "47000")
    assert late.headers["x-ratelimit-remaining-requests"] == "0"
    cloud.client.clock.now += 47
    assert cloud.ask(FOUNDRY, V1).status == 200


def test_tokens_are_limited_by_capacity_and_by_what_was_asked_for(cloud: Cloud) -> None:
    first = cloud.ask(FOUNDRY, V1, max_tokens=9000)
    assert first.headers["x-ratelimit-limit-tokens"] == "10000"
    assert int(first.headers["x-ratelimit-remaining-tokens"]) < 1000
    error = refused(cloud.ask(FOUNDRY, V1, max_tokens=5000), 429, "429")
    assert "token rate limit" in error["message"]
    assert cloud.ask(FOUNDRY, V1, max_tokens=100).status == 200


def test_a_request_that_no_window_takes_is_sent_away_for_a_day(cloud: Cloud) -> None:
    answer = cloud.ask(FOUNDRY, V1, max_tokens=10_000)
    refused(answer, 429, "429")
    assert answer.headers["retry-after"] == "86400"
    assert answer.headers["x-ratelimit-remaining-tokens"] == "10000"


def test_more_capacity_takes_more(cloud: Cloud) -> None:
    for _ in range(10):
        cloud.ask(FOUNDRY, V1)
    refused(cloud.ask(FOUNDRY, V1), 429, "429")
    cloud.deploy("assistant", "Mistral AI", "Mistral-Large-3", "1", 20)
    assert cloud.ask(FOUNDRY, V1).status == 200


def test_every_deployment_has_a_limit_of_its_own(cloud: Cloud) -> None:
    cloud.deploy("second", "Mistral AI", "Mistral-Large-3", "1", 1)
    assert cloud.ask(FOUNDRY, V1, model="second").status == 200
    refused(cloud.ask(FOUNDRY, V1, model="second"), 429, "429")
    assert cloud.ask(FOUNDRY, V1).status == 200


def test_refused_requests_are_not_counted(cloud: Cloud) -> None:
    for _ in range(20):
        assert cloud.ask(FOUNDRY, V1, temperature=9).status == 400
    assert cloud.ask(FOUNDRY, V1).headers["x-ratelimit-remaining-requests"] == "9"


# the store


def test_a_host_is_found_by_index(cloud: Cloud) -> None:
    """No query of the data plane reads a table from end to end."""
    statements: list[str] = []
    store = cloud.client.control.store
    with store.read() as view:
        connection = view._db
    connection.set_trace_callback(statements.append)
    assert cloud.ask(FOUNDRY, V1).status == 200
    connection.set_trace_callback(None)
    selects = [one for one in statements if one.lstrip().upper().startswith("SELECT")]
    assert len(selects) == 3
    for one in selects:
        plan = " ".join(str(row[3]) for row in connection.execute("EXPLAIN QUERY PLAN " + one))
        assert "SCAN" not in plan, plan
    assert not any(word in one.upper() for one in statements for word in ("INSERT", "UPDATE", "DELETE FROM"))


def test_a_broken_store_is_an_answer(cloud: Cloud) -> None:
    cloud.client.control.store._connection().execute("DROP TABLE taken")
    refused(cloud.ask(FOUNDRY, V1), 503, "ServiceUnavailable")


def test_prompts_are_not_journalled(real: Callable[..., Any], tmp_path: Path) -> None:
    cloud = Cloud(real(journal=tmp_path / "journal.jsonl"))
    assert cloud.ask(FOUNDRY, V1).status == 200
    written = (tmp_path / "journal.jsonl").read_text()
    assert "Sweden?" not in written
    assert "/accounts/models" in written
