"""The sandbox as a server, asked by Microsoft's and OpenAI's own clients over HTTPS."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.identity import ClientAssertionCredential, ClientSecretCredential, get_bearer_token_provider
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

from modelform.sandbox import SUBSCRIPTION, TENANT, serve
from modelform.sandbox.server import Service

pytestmark = pytest.mark.slow

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
HELLO: Any = [{"role": "user", "content": "What is the capital of Sweden?"}]
MODELS = "https://cognitiveservices.azure.com/.default"
VERSION = "2024-10-21"
HOST = "served.services.ai.azure.com"


class Server:
    """A sandbox served by a thread of this process."""

    def __init__(self, folder: Path, **options: Any) -> None:
        began = threading.Event()
        self._opened: list[Any] = []
        self.failure: BaseException | None = None
        self.service: Service

        def ready(service: Service) -> None:
            self.service = service
            began.set()

        def run() -> None:
            try:
                serve(folder, ready=ready, **options)
            except BaseException as error:  # noqa: BLE001, given to the test
                self.failure = error
            finally:
                began.set()

        self._thread = threading.Thread(target=run)
        self._thread.start()
        assert began.wait(60)
        if self.failure is not None:
            raise self.failure

    def end(self) -> None:
        for one in self._opened:
            one.close()
        self.service.stop()
        self._thread.join(30)
        assert not self._thread.is_alive()

    @property
    def url(self) -> str:
        return self.service.url

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.service.ca_bundle)

    def web(self, **options: Any) -> Any:
        """What carries the requests of OpenAI's clients; closed at the end."""
        made = openai.DefaultHttpxClient(verify=self.trust, **options)
        self._opened.append(made)
        return made

    def credential(self, client: str = "some-client") -> ClientSecretCredential:
        made = ClientSecretCredential(
            TENANT,
            client,
            "any secret",
            authority=self.url,
            disable_instance_discovery=True,
            connection_verify=str(self.service.ca_bundle),
        )
        self._opened.append(made)
        return made

    def arm(self, credential: Any = None, scope: str = "") -> CognitiveServicesManagementClient:
        made = CognitiveServicesManagementClient(
            credential or self.credential(),
            SUBSCRIPTION,
            base_url=self.url,
            credential_scopes=[scope or f"{self.url}/.default"],
            connection_verify=str(self.service.ca_bundle),
        )
        self._opened.append(made)
        return made

    def fetch(self, path: str, form: Any = None, *, method: str | None = None, headers: Any = None) -> tuple[int, Any]:
        """One request with nothing but the standard library: the status, and JSON."""
        body = form if isinstance(form, bytes) else urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(self.url + path, body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, context=self.trust, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or "null")

    def token(self, audience: str) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": "someone",
            "client_secret": "x",
            "scope": f"{audience}/.default",
        }
        return str(self.fetch(f"/{TENANT}/oauth2/v2.0/token", form)[1]["access_token"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the account `served` and its deployments, made through Microsoft's own client."""
    running = Server(tmp_path_factory.mktemp("served") / "sandbox")
    try:
        headers = {"authorization": "Bearer modelform-sandbox", "content-type": "application/json"}
        group = b'{"location": "swedencentral"}'
        assert running.fetch(f"{GROUP}?api-version=2024-03-01", group, method="PUT", headers=headers)[0] == 201
        arm = running.arm()
        account = {
            "location": "swedencentral",
            "kind": "AIServices",
            "sku": {"name": "S0"},
            "identity": {"type": "SystemAssigned"},
            "properties": {"customSubDomainName": "served"},
        }
        arm.accounts.begin_create("rg", "served", account, polling_interval=0).result()
        for name, format, model, version in (
            ("assistant", "Mistral AI", "Mistral-Large-3", "1"),
            ("vectors", "OpenAI", "text-embedding-3-large", "1"),
        ):
            body = {
                "sku": {"name": "GlobalStandard", "capacity": 50},
                "properties": {"model": {"format": format, "name": model, "version": version}},
            }
            arm.deployments.begin_create_or_update("rg", "served", name, body, polling_interval=0).result()
        yield running
    finally:
        running.end()


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    return str(server.arm().accounts.list_keys("rg", "served").key1)


def client(server: Server, key: str, **options: Any) -> openai.OpenAI:
    """OpenAI's client on the account's `/openai/v1`."""
    base = f"{server.url}/_host/{HOST}/openai/v1"
    return openai.OpenAI(base_url=base, api_key=key, http_client=server.web(), max_retries=0, **options)


def azure_client(server: Server, **options: Any) -> openai.AzureOpenAI:
    """OpenAI's client for Azure, on the account's deployment URLs."""
    endpoint = f"{server.url}/_host/served.openai.azure.com"
    return openai.AzureOpenAI(
        azure_endpoint=endpoint, api_version=VERSION, http_client=server.web(), max_retries=0, **options
    )


# OpenAI's client


def test_openai_asks_by_the_v1_url(server: Server, key: str) -> None:
    answer = client(server, key).chat.completions.create(model="assistant", messages=HELLO)
    assert answer.choices[0].message.content == (
        "I am Mistral-Large-3 (version 1), deployed as assistant in served (Sweden Central); "
        "you asked: What is the capital of Sweden?"
    )
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer._request_id


def test_openai_asks_by_the_deployment_url(server: Server, key: str) -> None:
    answer = azure_client(server, api_key=key).chat.completions.create(model="assistant", messages=HELLO)
    assert "Mistral-Large-3" in (answer.choices[0].message.content or "")


def test_openai_asks_the_host_itself(server: Server, key: str) -> None:
    web = server.web(headers={"Host": HOST})
    asking = openai.OpenAI(base_url=f"{server.url}/openai/v1", api_key=key, http_client=web, max_retries=0)
    assert asking.chat.completions.create(model="assistant", messages=HELLO).model == "Mistral-Large-3"


def test_openai_streams(server: Server, key: str) -> None:
    whole = client(server, key).chat.completions.create(model="assistant", messages=HELLO)
    for asking in (client(server, key), azure_client(server, api_key=key)):
        stream = asking.chat.completions.create(
            model="assistant", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(stream)
        parts = [one.choices[0].delta.content or "" for one in chunks if one.choices]
        assert len(parts) > 10
        assert "".join(parts) == whole.choices[0].message.content
        assert chunks[-1].usage == whole.usage


def test_a_stream_comes_in_pieces(server: Server, key: str) -> None:
    request = urllib.request.Request(
        f"{server.url}/_host/{HOST}/openai/v1/chat/completions",
        json.dumps({"model": "assistant", "messages": HELLO, "stream": True}).encode(),
        {"api-key": key, "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, context=server.trust, timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert answer.readline().startswith(b"data: {")
        assert answer.read().endswith(b"data: [DONE]\n\n")


def test_openai_embeds(server: Server, key: str) -> None:
    found = client(server, key).embeddings.create(model="vectors", input=["a cat", "a dog"], dimensions=64)
    assert [len(one.embedding) for one in found.data] == [64, 64]
    plain = azure_client(server, api_key=key).embeddings.create(model="vectors", input="a cat", encoding_format="float")
    assert len(plain.data[0].embedding) == 3072


def test_openai_asks_with_entra_tokens(server: Server) -> None:
    provider = get_bearer_token_provider(server.credential(), MODELS)
    asking = azure_client(server, azure_ad_token_provider=provider)
    assert asking.chat.completions.create(model="assistant", messages=HELLO).choices


def test_openai_raises_what_it_raises_on_azure(server: Server, key: str) -> None:
    with pytest.raises(openai.AuthenticationError):
        client(server, "wrong").chat.completions.create(model="assistant", messages=HELLO)
    with pytest.raises(openai.AuthenticationError, match="audience is incorrect"):
        azure_client(server, azure_ad_token=server.token(server.url)).chat.completions.create(
            model="assistant", messages=HELLO
        )
    with pytest.raises(openai.NotFoundError) as missing:
        client(server, key).chat.completions.create(model="absent", messages=HELLO)
    assert missing.value.code == "DeploymentNotFound"
    with pytest.raises(openai.BadRequestError) as wrong:
        client(server, key).chat.completions.create(model="assistant", messages=HELLO, temperature=7)
    assert wrong.value.param == "temperature"
    with pytest.raises(openai.BadRequestError) as impossible:
        client(server, key).embeddings.create(model="assistant", input="x")
    assert impossible.value.code == "OperationNotSupported"
    with pytest.raises(openai.RateLimitError) as many:
        client(server, key).chat.completions.create(model="assistant", messages=HELLO, max_tokens=60_000)
    assert many.value.response.headers["retry-after"] == "86400"


def test_openai_meets_disabled_keys(server: Server, key: str) -> None:
    arm = server.arm()
    arm.accounts.begin_update("rg", "served", {"properties": {"disableLocalAuth": True}}, polling_interval=0).result()
    try:
        with pytest.raises(openai.PermissionDeniedError) as denied:
            client(server, key).chat.completions.create(model="assistant", messages=HELLO)
        assert denied.value.code == "AuthenticationTypeDisabled"
    finally:
        arm.accounts.begin_update(
            "rg", "served", {"properties": {"disableLocalAuth": False}}, polling_interval=0
        ).result()


def test_a_large_request_is_refused(server: Server, key: str) -> None:
    body = b'"' + b"x" * (33 * 1024 * 1024) + b'"'
    status, answer = server.fetch(f"/_host/{HOST}/openai/v1/chat/completions", body, headers={"api-key": key})
    assert (status, answer["error"]["code"]) == (413, "413")


# Microsoft's clients


def test_the_management_client_works_with_its_own_scope_too(server: Server) -> None:
    arm = server.arm(scope="https://management.azure.com/.default")
    assert [one.name for one in arm.accounts.list()] == ["served"]
    assert arm.accounts.get("rg", "served").properties.endpoints["AI Foundry API"] == f"https://{HOST}/"


def test_the_management_client_raises_what_it_raises_on_azure(server: Server) -> None:
    with pytest.raises(HttpResponseError) as missing:
        server.arm().accounts.get("rg", "absent")
    assert missing.value.error.code == "ResourceNotFound"


def test_a_token_for_the_models_does_not_open_arm(server: Server) -> None:
    with pytest.raises(HttpResponseError) as refused:
        list(server.arm(scope=MODELS).accounts.list())
    assert refused.value.status_code == 401


def test_a_federated_identity_gets_a_token(server: Server) -> None:
    credential = ClientAssertionCredential(
        TENANT,
        "workload",
        lambda: server.token("https://graph.microsoft.com"),  # any signed text that is still valid
        authority=server.url,
        disable_instance_discovery=True,
        connection_verify=str(server.service.ca_bundle),
    )
    assert [one.name for one in server.arm(credential).accounts.list()] == ["served"]


def test_another_tenant_gets_none(server: Server) -> None:
    credential = ClientSecretCredential(
        "11111111-1111-4111-8111-111111111111",
        "someone",
        "x",
        authority=server.url,
        disable_instance_discovery=True,
        connection_verify=str(server.service.ca_bundle),
    )
    with pytest.raises((ClientAuthenticationError, ValueError)):
        credential.get_token(MODELS)


def test_a_client_that_does_not_trust_the_authority_is_kept_away(server: Server) -> None:
    with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
        urllib.request.urlopen(f"{server.url}/metadata/endpoints", timeout=30)


# addresses


def test_every_tool_finds_its_metadata(server: Server) -> None:
    one = server.fetch("/metadata/endpoints?api-version=2022-09-01")[1]
    assert one["name"] == "Sandbox"
    assert one["authentication"]["audiences"][0] == one["resourceManager"] == one["authentication"]["loginEndpoint"]
    assert {"storage", "keyVaultDns"} <= set(one["suffixes"])
    az = {"sqlManagement", "batch", "gallery", "graphAudience", "vmImageAliasDoc", "media", "activeDirectoryDataLake"}
    assert az <= set(one)  # what the az CLI wants of a cloud, beside what all tools do
    assert {"sqlServerHostname", "acrLoginServer", "azureDataLakeStoreFileSystem"} <= set(one["suffixes"])
    listed = server.fetch("/metadata/endpoints?api-version=2019-05-01")[1]
    assert [cloud["resourceManager"] for cloud in listed] == [server.url]
    assert server.fetch("/metadata/endpoints?api-version=2015-01-01")[1]["authentication"]["audiences"] == [server.url]


def test_metadata_name_the_address_that_was_asked(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    answer = server.fetch("/metadata/endpoints", headers={"Host": f"management.sandbox.localhost:{port}"})[1]
    assert answer["resourceManager"] == f"https://management.sandbox.localhost:{port}"


CHOICE = "from azure.ai.ml import _azure_environments as e; print(e._get_base_url_from_metadata())"


def test_azure_ai_ml_chooses_the_sandbox(server: Server) -> None:
    """A mistake in the metadata would send it to Azure itself, without a word."""
    told = {**os.environ, **server.service.environment}
    told.pop("AZUREML_CURRENT_CLOUD", None)  # the client leaves it behind in a process that has used it
    found = subprocess.run([sys.executable, "-c", CHOICE], env=told, capture_output=True, text=True, timeout=120)
    assert found.stdout.strip() == server.url, found.stderr


def test_discovery_leads_to_the_token_endpoint(server: Server) -> None:
    found = server.fetch("/common/discovery/instance?api-version=1.1")[1]
    document = server.fetch(found["tenant_discovery_endpoint"].removeprefix(server.url))[1]
    assert document["token_endpoint"] == f"{server.url}/{TENANT}/oauth2/v2.0/token"
    keys = server.fetch(document["jwks_uri"].removeprefix(server.url))[1]["keys"]
    assert [one["alg"] for one in keys] == ["RS256"]
    assert server.fetch("/organizations/v2.0/.well-known/openid-configuration")[0] == 200
    assert server.fetch("/other/v2.0/.well-known/openid-configuration")[0] == 400


def test_the_service_says_how_it_is_reached(server: Server) -> None:
    said = server.service.to_json()
    assert set(said) == {"url", "caBundle", "tenantId", "clientId", "clientSecret", "subscriptionId", "env"}
    assert said["env"]["ARM_METADATA_HOSTNAME"] == server.url.removeprefix("https://")
    assert said["env"]["REQUESTS_CA_BUNDLE"] == said["env"]["SSL_CERT_FILE"] == said["caBundle"]
    assert f"export AZURE_AUTHORITY_HOST={server.url}" in server.service.text()


# running


def test_authority_port_and_contents_outlive_the_server(tmp_path: Path) -> None:
    first = Server(tmp_path / "sandbox")
    bundle, url, token = first.service.ca_bundle.read_bytes(), first.url, first.token("https://management.azure.com")
    made = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    body = b'{"location": "swedencentral"}'
    assert first.fetch(f"{GROUP}?api-version=2024-03-01", body, method="PUT", headers=made)[0] == 201
    first.end()
    second = Server(tmp_path / "sandbox")
    try:
        assert (second.service.ca_bundle.read_bytes(), second.url) == (bundle, url)
        assert second.fetch(f"{GROUP}?api-version=2024-03-01", headers=made)[0] == 200
    finally:
        second.end()


def test_more_than_loopback_is_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running = Server(tmp_path, host="0.0.0.0")
    running.end()
    assert "everybody who reaches 0.0.0.0" in capsys.readouterr().err


PROGRAM = (
    "import sys, pathlib, modelform.sandbox as s; s.serve(pathlib.Path(sys.argv[1]), json_line=True); print('ended')"
)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert said["url"].startswith("https://localhost:")
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out.strip(), err) == (0, "ended", "")


def test_many_clients_at_once(server: Server) -> None:
    """Twelve clients of their own make, read and delete; nobody disturbs anybody."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        headers = {"authorization": "Bearer modelform-sandbox", "content-type": "application/json"}
        path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/crowd-{number}?api-version=2024-03-01"
        try:
            for _ in range(5):
                body = b'{"location": "swedencentral"}'
                assert server.fetch(path, body, method="PUT", headers=headers)[0] == 201
                assert server.fetch(path, headers=headers)[0] == 200
                assert server.fetch(path, method="DELETE", headers=headers)[0] in (200, 202)
        except BaseException as error:  # noqa: BLE001, shown below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
def test_a_connection_is_dropped_on_request(server: Server, kind: str) -> None:
    arm = server.arm()
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        arm.accounts.get("rg", "served", headers={"x-ms-sandbox-fault": kind}, retry_total=0)
    assert arm.accounts.get("rg", "served").name == "served"


def test_azures_own_retries_see_a_client_through_faults(server: Server) -> None:
    lines: list[Any] = [{"kind": "throttle", "seconds": 0.1, "times": 2}]
    lines += [{"kind": "drop-before", "times": 1}, {"kind": "error", "times": 1}]
    plan = json.dumps({"faults": lines}).encode()
    assert server.fetch("/_sandbox/faults", plan, method="PUT")[0] == 200
    try:
        assert server.arm().accounts.get("rg", "served", retry_backoff_factor=0.01).name == "served"
        happened = server.fetch("/_sandbox/faults")[1]["happened"]
    finally:
        assert server.fetch("/_sandbox/faults", method="DELETE")[0] == 204
    assert happened == {"drop-before": 1, "error": 1, "throttle": 2}


def test_a_token_that_the_sandbox_lets_expire_is_refused_until_there_is_a_new_one(server: Server) -> None:
    first = server.arm()
    assert first.accounts.get("rg", "served").name == "served"
    try:
        for headers in ({"x-ms-sandbox-fault": "expire"}, {}):
            with pytest.raises(ClientAuthenticationError, match="has expired"):
                first.accounts.get("rg", "served", headers=headers)
        assert server.arm(server.credential("another")).accounts.get("rg", "served").name == "served"
    finally:
        server.fetch("/_sandbox/faults", method="DELETE")


def test_a_model_can_be_throttled_on_request(server: Server) -> None:
    headers = {"x-ms-sandbox-fault": "throttle; seconds=3"}
    status, body = server.fetch(f"/_host/{HOST}/openai/v1/chat/completions", b"{}", method="POST", headers=headers)
    assert (status, body["error"]["code"]) == (429, "TooManyRequests")
