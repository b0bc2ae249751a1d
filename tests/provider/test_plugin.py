"""The provider's gRPC face, asked as Pulumi's engine asks it; no engine is needed for that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from modelform.azure import SANDBOX_SUBSCRIPTION, SANDBOX_TENANT
from modelform.azure.failures import ArmError
from modelform.errors import Diagnostic, ProviderError, Severity
from modelform.plan import PropertyDiff
from modelform.provider import plugin
from modelform.seam import CheckFailure, CreateResult, DiffChanges, DiffResult
from modelform.values import UNKNOWN, Properties, Secret, wire

GROUP = "azure-native:resources:ResourceGroup"
URN = f"urn:pulumi:s::p::{GROUP}::main"


class Scripted:
    """A provider that says what a test wants, and remembers what it was asked."""

    def __init__(self) -> None:
        self.config: Properties = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.closed = False
        self.error: Exception | None = None
        self.difference = DiffResult(DiffChanges.NONE)

    def configure(self, inputs: Properties) -> None:
        self.config = inputs

    def close(self) -> None:
        self.closed = True

    def diff(self, urn: str, type: str, id: str, *rest: Any) -> DiffResult:
        self.asked.append(("diff", {"type": type, "rest": rest}))
        return self.difference

    def create(self, urn: str, type: str, inputs: Properties, timeout: float, preview: bool) -> CreateResult:
        self.asked.append(("create", {"type": type, "inputs": inputs, "timeout": timeout, "preview": preview}))
        if self.error is not None:
            raise self.error
        return CreateResult("" if preview else "/made", {**inputs, "subscription": self.config.get("subscriptionId")})

    def invoke(self, token: str, arguments: Properties, preview: bool) -> Any:
        return {}, (CheckFailure("name", f"{token} does not know it"),)


@pytest.fixture
def providers() -> list[Scripted]:
    return []


@pytest.fixture
def dial(providers: list[Scripted]) -> Iterator[Callable[[], Any]]:
    """Gives stubs, each over a connection of its own, as an engine has one for each provider resource."""

    def make() -> Any:
        providers.append(Scripted())
        return providers[-1]

    serving = plugin.start(make)
    channels: list[grpc.Channel] = []

    def connect() -> Any:
        own = [("grpc.use_local_subchannel_pool", 1)]
        channels.append(grpc.insecure_channel(f"127.0.0.1:{serving.port}", options=own))
        return provider_pb2_grpc.ResourceProviderStub(channels[-1])

    yield connect
    for channel in channels:
        channel.close()
    serving.stop()
    assert all(provider.closed for provider in providers)


def create(stub: Any, inputs: Properties, **more: Any) -> Any:
    return stub.Create(provider_pb2.CreateRequest(urn=URN, properties=wire.encode(inputs), **more))


def test_it_says_what_it_is_and_what_it_takes(dial: Any) -> None:
    stub = dial()
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == version("pulumi-azure-native")
    assert '"azure-native"' in stub.GetSchema(provider_pb2.GetSchemaRequest()).schema
    shaken = stub.Handshake(provider_pb2.ProviderHandshakeRequest())
    assert (shaken.accept_secrets, shaken.accept_outputs) == (True, False)
    configured = stub.Configure(provider_pb2.ConfigureRequest(args=wire.encode({"subscriptionId": "s"})))
    assert (configured.acceptSecrets, configured.supportsPreview, configured.acceptOutputs) == (True, True, False)
    assert stub.Cancel(empty_pb2.Empty()) == empty_pb2.Empty()
    with pytest.raises(grpc.RpcError) as refused:
        stub.Parameterize(provider_pb2.ParameterizeRequest())
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_secrets_and_unknowns_go_both_ways(dial: Any, providers: list[Scripted]) -> None:
    stub = dial()
    inputs = {"key": Secret({"a": [1, "x"]}), "id": UNKNOWN, "nothing": None, "half": 0.5}
    answer = create(stub, inputs, preview=True, timeout=90)
    assert providers[0].asked == [("create", {"type": GROUP, "inputs": inputs, "timeout": 90.0, "preview": True})]
    assert answer.id == ""
    found = wire.decode(answer.properties)
    assert found == {**inputs, "subscription": None}


def test_every_connection_has_a_provider_of_its_own(dial: Any) -> None:
    first, second = dial(), dial()
    first.Configure(provider_pb2.ConfigureRequest(args=wire.encode({"subscriptionId": "one"})))
    second.Configure(provider_pb2.ConfigureRequest(args=wire.encode({"subscriptionId": "two"})))
    assert wire.decode(create(first, {}).properties)["subscription"] == "one"
    assert wire.decode(create(second, {}).properties)["subscription"] == "two"


def test_the_type_comes_from_the_urn_of_an_older_engine(dial: Any, providers: list[Scripted]) -> None:
    urn = f"urn:pulumi:s::p::modelform:index:Workspace${GROUP}::main"
    dial().Create(provider_pb2.CreateRequest(urn=urn))
    assert providers[0].asked[0][1]["type"] == GROUP


def test_a_difference_keeps_its_paths_and_kinds(dial: Any, providers: list[Scripted]) -> None:
    stub = dial()
    create(stub, {})
    detailed = {"sku.name": PropertyDiff("update-replace"), "tags.a": PropertyDiff("delete", input_diff=False)}
    providers[0].difference = DiffResult(
        DiffChanges.SOME, ("sku.name",), ("sku", "tags"), detailed, ("id",), delete_before_replace=True
    )
    found = stub.Diff(provider_pb2.DiffRequest(urn=URN, id="/x", ignoreChanges=["tags"]))
    assert found.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert (list(found.replaces), list(found.diffs), list(found.stables)) == (["sku.name"], ["sku", "tags"], ["id"])
    assert found.deleteBeforeReplace
    assert found.hasDetailedDiff
    assert found.detailedDiff["sku.name"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
    assert not found.detailedDiff["tags.a"].inputDiff
    assert providers[0].asked[-1][1]["rest"][-1] == ("tags",)


def test_a_refusal_is_a_status_with_code_and_way_out(dial: Any, providers: list[Scripted]) -> None:
    stub = dial()
    create(stub, {})
    providers[0].error = ProviderError("no quota", code="quota.exceeded", detail="PUT x", hint="ask for more")
    with pytest.raises(grpc.RpcError) as refused:
        create(stub, {"key": Secret("hunter2")})
    assert refused.value.details() == "no quota [quota.exceeded]\n  PUT x\n  hint: ask for more"


def test_a_resource_that_did_not_come_up_is_told_with_what_there_is_of_it(dial: Any, providers: list[Scripted]) -> None:
    stub = dial()
    create(stub, {})
    partial = ("/half", {"name": "x"}, {"name": "x", "state": "Failed", "key": Secret("k")})
    providers[0].error = ProviderError("it failed", reasons=("because", "and so"), partial=partial)
    with pytest.raises(grpc.RpcError) as refused:
        create(stub, {})
    metadata = dict(refused.value.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    found = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(found)
    assert (found.id, list(found.reasons)) == ("/half", ["because", "and so"])
    assert (wire.decode(found.inputs), wire.decode(found.properties)) == (partial[1], partial[2])


def test_why_a_resource_did_not_come_up_has_code_and_way_out(dial: Any, providers: list[Scripted]) -> None:
    stub = dial()
    create(stub, {})
    providers[0].error = ArmError(200, "InsufficientQuota", "none left", operation="PUT x").with_partial(("/x", {}, {}))
    with pytest.raises(grpc.RpcError) as refused:
        create(stub, {})
    status = status_pb2.Status.FromString(dict(refused.value.trailing_metadata())["grpc-status-details-bin"])
    found = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(found)
    assert list(found.reasons) == [refused.value.details()]
    assert found.reasons[0].startswith(
        "InsufficientQuota: none left [quota.exceeded]\n  PUT x was answered 200\n  hint: "
    )


def test_what_an_invoke_refuses_is_a_failure(dial: Any) -> None:
    found = dial().Invoke(provider_pb2.InvokeRequest(tok="azure-native:x:getY"))
    assert found.failures[0].property == "name"


def test_what_it_has_to_say_goes_to_the_engine_that_attached(dial: Any) -> None:
    heard: list[Any] = []

    class Engine(engine_pb2_grpc.EngineServicer):
        def Log(self, request: Any, context: Any) -> Any:
            heard.append(request.message)
            return empty_pb2.Empty()

    from concurrent.futures import ThreadPoolExecutor

    server = grpc.server(ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    own = plugin.start(Scripted)  # type: ignore[arg-type]
    try:
        stub = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{own.port}"))
        stub.Attach(plugin_pb2.PluginAttach(address=f"127.0.0.1:{port}"))
        own.plugin.tell(Diagnostic("name.not-purged", Severity.WARNING, "could not be purged", hint="wait"))
    finally:
        own.stop()
        server.stop(0)
    assert heard == ["could not be purged [name.not-purged]\n  hint: wait"]


def test_it_manages_resources_of_the_sandbox(rig: Any) -> None:
    serving = plugin.start(lambda: rig.provider)
    try:
        with grpc.insecure_channel(f"127.0.0.1:{serving.port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            config = {"subscriptionId": SANDBOX_SUBSCRIPTION, "tenantId": SANDBOX_TENANT, "version": "3.29.0"}
            wanted = provider_pb2.CheckRequest(urn="urn", news=wire.encode(config))
            checked = stub.CheckConfig(wanted)
            assert list(checked.failures) == []
            other = {**config, "subscriptionId": "11111111-1111-4111-8111-111111111111"}
            differs = stub.DiffConfig(
                provider_pb2.DiffRequest(old_inputs=wire.encode(config), olds=wire.encode({}), news=wire.encode(other))
            )
            assert list(differs.replaces) == ["subscriptionId"]
            stub.Configure(provider_pb2.ConfigureRequest(args=checked.inputs))
            news = wire.encode({"resourceGroupName": "rg", "location": "swedencentral", "tags": {"a": Secret("b")}})
            inputs = stub.Check(provider_pb2.CheckRequest(urn=URN, type=GROUP, news=news, randomSeed=b"x")).inputs
            made = stub.Create(provider_pb2.CreateRequest(urn=URN, type=GROUP, properties=inputs))
            assert made.id.endswith("/resourceGroups/rg")
            assert wire.decode(made.properties)["tags"] == {"a": Secret("b")}
            read = stub.Read(provider_pb2.ReadRequest(id=made.id, urn=URN, type=GROUP))
            assert wire.decode(read.inputs)["location"] == "swedencentral"
            changed = provider_pb2.UpdateRequest(
                id=made.id, urn=URN, type=GROUP, olds=made.properties, old_inputs=inputs, news=inputs
            )
            assert wire.decode(stub.Update(changed).properties)["name"] == "rg"
            gone = provider_pb2.DeleteRequest(
                id=made.id, urn=URN, type=GROUP, properties=made.properties, old_inputs=inputs
            )
            stub.Delete(gone)
            assert stub.Read(provider_pb2.ReadRequest(id=made.id, urn=URN, type=GROUP)).id == ""
    finally:
        serving.stop()


@pytest.mark.slow
def test_the_executable_prints_its_port_and_ends_when_it_is_told_to() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "modelform.provider.plugin"], stdout=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            assert stub.GetPluginInfo(empty_pb2.Empty()).version
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_the_environment_says_where_arm_is_and_who_asks() -> None:
    environment = {
        plugin.ENDPOINT: "https://localhost:1234",
        plugin.TOKEN: "hunter2",
        "AZURE_TENANT_ID": "t",
        "REQUESTS_CA_BUNDLE": "/ca.pem",
    }
    found = plugin.connection("sub", environment)
    assert (found.endpoint, found.tenant, found.subscription) == ("https://localhost:1234", "t", "sub")
    assert found.ca_bundle == "/ca.pem"
    assert found.credential is not None
    assert found.credential.get_token("scope").token == "hunter2"
    assert "hunter2" not in repr(found)
    azure = plugin.connection("sub", {"AZURE_TENANT_ID": "t"})
    assert (azure.endpoint, azure.target) == ("https://management.azure.com", "azure")
