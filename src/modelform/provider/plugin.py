"""The provider as a Pulumi plugin: gRPC on `pulumi.runtime.proto`, thinly over the methods that the engine here calls.

`python -m modelform.provider.plugin` serves it on a loopback port and prints that port, as Pulumi's engine expects of
`pulumi-resource-azure-native`. Where ARM is and who asks comes from the environment: see `ENDPOINT` and `TOKEN`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from modelform.errors import Diagnostic, ModelformError, ProviderError, Severity
from modelform.seam import CheckFailure, DiffChanges, DiffResult, Provider
from modelform.values import wire

if TYPE_CHECKING:
    from modelform.azure import Arm, Connection

PACKAGE = "azure-native"
ENDPOINT = "MODELFORM_ARM_ENDPOINT"
"""The variable with ARM's address; Azure's own without it."""
TOKEN = "MODELFORM_ARM_TOKEN"
"""The variable with a bearer token to send as it is; without it `DefaultAzureCredential` finds who asks."""

_NO_LIMIT = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_THREADS = 256  # each call that runs holds one; Pulumi's engine decides how many run at once
_CHANGES = {
    DiffChanges.NONE: provider_pb2.DiffResponse.DIFF_NONE,
    DiffChanges.SOME: provider_pb2.DiffResponse.DIFF_SOME,
    DiffChanges.UNKNOWN: provider_pb2.DiffResponse.DIFF_UNKNOWN,
}
_KINDS = {
    name: getattr(provider_pb2.PropertyDiff, name.upper().replace("-", "_"))
    for name in ("add", "add-replace", "delete", "delete-replace", "update", "update-replace")
}


def version() -> str:
    """The version of azure-native's SDK: what it declares is what this plugin takes."""
    from importlib.metadata import version as installed

    return installed("pulumi-azure-native")


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """The providers of one package; `make` makes one.

    An engine has a connection of its own for each provider resource of a program (one a subscription), and those that
    attach to a plugin that runs already share its process: so each connection gets a provider of its own.
    Values are decoded to the marks of `modelform.values` and back; an error is a gRPC status whose text is the
    finding as a person reads it, with Pulumi's detail for a resource that was made and did not come up.
    """

    def __init__(self, make: Callable[[], Provider]) -> None:
        self._make = make
        self._providers: dict[str, Provider] = {}
        self._lock = threading.Lock()
        self._engine: Any = None

    def _of(self, context: grpc.ServicerContext) -> Provider:
        """The provider of the connection that a call came over."""
        peer = context.peer()
        with self._lock:
            if peer not in self._providers:
                self._providers[peer] = self._make()
            return self._providers[peer]

    # ---- the plugin itself

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """What this plugin takes: secrets and unknowns, no outputs with dependencies."""
        if request.engine_address:
            self.attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=False)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        """An engine that found this plugin running (`PULUMI_DEBUG_PROVIDERS`) says where it is."""
        self.attach(request.address)
        return empty_pb2.Empty()

    def attach(self, address: str) -> None:
        """Takes note of the engine's own address."""
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address, options=_NO_LIMIT))

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The SDK's own version: an engine asks for the plugin by it."""
        return plugin_pb2.PluginInfo(version=version())

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        """A schema with nothing in it: programs are written with the typed SDK."""
        return provider_pb2.GetSchemaResponse(schema=f'{{"name": "{PACKAGE}", "version": "{version()}"}}')

    def Parameterize(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refused: this package has no parameters."""
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{PACKAGE} takes no parameters")

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Nothing new is asked for after this; what runs comes to its end, so that it can be saved."""
        return empty_pb2.Empty()

    def tell(self, diagnostic: Diagnostic) -> None:
        """Says something through the engine that is no resource's error."""
        if self._engine is None:
            print(diagnostic, file=sys.stderr, flush=True)
            return
        severity = {Severity.ERROR: engine_pb2.ERROR, Severity.WARNING: engine_pb2.WARNING}
        self._engine.Log(
            engine_pb2.LogRequest(severity=severity.get(diagnostic.severity, engine_pb2.INFO), message=said(diagnostic))
        )

    def close(self) -> None:
        """Gives back the providers' connections."""
        with self._lock:
            providers = list(self._providers.values())
        for provider in providers:
            provider.close()

    # ---- its configuration

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """`Provider.check_config`."""
        with _refusals(context):
            olds, news = wire.decode(request.olds), wire.decode(request.news)
            found = self._of(context).check_config(request.urn, olds, news)
            return provider_pb2.CheckResponse(inputs=wire.encode(found.inputs), failures=_failures(found.failures))

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """`Provider.diff_config`; the old inputs are compared where the engine sends them."""
        with _refusals(context):
            olds = wire.decode(request.old_inputs if request.HasField("old_inputs") else request.olds)
            return _diff(self._of(context).diff_config(request.urn, olds, wire.decode(request.news)))

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """`Provider.configure`."""
        with _refusals(context):
            self._of(context).configure(wire.decode(request.args))
            return provider_pb2.ConfigureResponse(
                acceptSecrets=True, supportsPreview=True, acceptResources=True, acceptOutputs=False
            )

    # ---- its resources

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """`Provider.check`."""
        with _refusals(context):
            olds, news = wire.decode(request.olds), wire.decode(request.news)
            found = self._of(context).check(request.urn, _type(request), olds, news, request.randomSeed)
            return provider_pb2.CheckResponse(inputs=wire.encode(found.inputs), failures=_failures(found.failures))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """`Provider.diff`."""
        with _refusals(context):
            return _diff(
                self._of(context).diff(
                    request.urn,
                    _type(request),
                    request.id,
                    wire.decode(request.olds),
                    wire.decode(request.old_inputs),
                    wire.decode(request.news),
                    tuple(request.ignoreChanges),
                )
            )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """`Provider.create`."""
        with _refusals(context):
            made = self._of(context).create(
                request.urn, _type(request), wire.decode(request.properties), request.timeout, request.preview
            )
            return provider_pb2.CreateResponse(id=made.id, properties=wire.encode(made.outputs))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """`Provider.read`; an empty id says that the resource is gone."""
        with _refusals(context):
            inputs, outputs = wire.decode(request.inputs), wire.decode(request.properties)
            found = self._of(context).read(request.urn, _type(request), request.id, inputs, outputs)
            if not found.id:
                return provider_pb2.ReadResponse()
            answer = provider_pb2.ReadResponse(id=found.id, properties=wire.encode(found.outputs))
            if found.inputs is not None:
                answer.inputs.CopyFrom(wire.encode(found.inputs))
            return answer

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """`Provider.update`."""
        with _refusals(context):
            outputs = self._of(context).update(
                request.urn,
                _type(request),
                request.id,
                wire.decode(request.olds),
                wire.decode(request.old_inputs),
                wire.decode(request.news),
                request.timeout,
                tuple(request.ignoreChanges),
                request.preview,
            )
            return provider_pb2.UpdateResponse(properties=wire.encode(outputs))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        """`Provider.delete`."""
        with _refusals(context):
            inputs, outputs = wire.decode(request.old_inputs), wire.decode(request.properties)
            self._of(context).delete(request.urn, _type(request), request.id, inputs, outputs, request.timeout)
            return empty_pb2.Empty()

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        """`Provider.invoke`."""
        with _refusals(context):
            found, failures = self._of(context).invoke(request.tok, wire.decode(request.args), request.preview)
            return provider_pb2.InvokeResponse(**{"return": wire.encode(found)}, failures=_failures(failures))


def _type(request: Any) -> str:
    """The token of a request's resource; engines before 3.148 send it in the URN only."""
    return str(request.type or request.urn.split("::")[2].rpartition("$")[2])


def _failures(found: tuple[CheckFailure, ...]) -> list[Any]:
    return [provider_pb2.CheckFailure(property=failure.property, reason=failure.reason) for failure in found]


def _diff(found: DiffResult) -> Any:
    return provider_pb2.DiffResponse(
        changes=_CHANGES[found.changes],
        replaces=found.replaces,
        diffs=found.diffs,
        stables=found.stables,
        deleteBeforeReplace=found.delete_before_replace,
        detailedDiff={
            path: provider_pb2.PropertyDiff(kind=_KINDS[diff.kind], inputDiff=diff.input_diff)
            for path, diff in found.detailed.items()
        },
        hasDetailedDiff=bool(found.detailed),
    )


def said(diagnostic: Diagnostic) -> str:
    """A finding as one text: the code in brackets, why and what to do each on lines of their own."""
    lines = [f"{diagnostic.summary} [{diagnostic.code}]"]
    if diagnostic.detail:
        lines.append(f"  {diagnostic.detail}")
    if diagnostic.hint:
        lines.append(f"  hint: {diagnostic.hint}")
    return "\n".join(lines)


@contextmanager
def _refusals(context: grpc.ServicerContext) -> Iterator[None]:
    """An error as a gRPC status; what is no error of ours goes on, and gRPC says so to the engine."""
    try:
        yield
    except ModelformError as error:
        text = "\n".join(said(diagnostic) for diagnostic in error.diagnostics)
        partial = error.partial if isinstance(error, ProviderError) else None
        if partial is not None:
            context.set_trailing_metadata((("grpc-status-details-bin", _made(text, error, partial)),))
        context.abort(grpc.StatusCode.UNKNOWN, text)


def _made(text: str, error: ModelformError, partial: tuple[str, Any, Any]) -> bytes:
    """Pulumi's detail for a resource that is there all the same: the engine saves it with its reasons.

    It tells the reasons and not the status's message: the one that is the error's own says all that the error does.
    """
    id, inputs, outputs = partial
    own = error.diagnostics[0]
    reasons = [said(own) if one == own.summary else one for one in getattr(error, "reasons", ()) or (own.summary,)]
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=text)
    status.details.add().Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=id, properties=wire.encode(outputs), reasons=reasons, inputs=wire.encode(inputs)
        )
    )
    return bytes(status.SerializeToString())


# ---- serving


@dataclass
class Serving:
    """A plugin that answers at a port of this machine, until it is stopped."""

    port: int
    plugin: Plugin
    server: Any = field(repr=False)

    def stop(self) -> None:
        """Ends it; calls that run get a moment."""
        self.server.stop(1).wait()
        self.plugin.close()


def start(make: Callable[[], Provider]) -> Serving:
    """Serves a provider on a free loopback port, in threads of its own."""
    server = grpc.server(ThreadPoolExecutor(_THREADS, thread_name_prefix="plugin"), options=_NO_LIMIT)
    plugin = Plugin(make)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return Serving(port, plugin, server)


def connector(environment: Mapping[str, str]) -> Callable[[str], Arm]:
    """How the provider reaches ARM for a subscription, as the environment says; asks nothing before it is called."""

    def connect(subscription: str) -> Arm:
        from modelform.azure import Arm

        return Arm(connection(subscription, environment))

    return connect


def connection(subscription: str, environment: Mapping[str, str]) -> Connection:
    """ARM at `ENDPOINT` with the bearer token `TOKEN`; without that token as whom `DefaultAzureCredential` finds."""
    from modelform.azure import Connection, azure_connection

    tenant = environment.get("AZURE_TENANT_ID", "")
    token, endpoint = environment.get(TOKEN, ""), environment.get(ENDPOINT, "")
    if not token or not endpoint:
        here = {**environment, "AZURE_RESOURCE_MANAGER_ENDPOINT": endpoint} if endpoint else environment
        return azure_connection(tenant, subscription or environment.get("AZURE_SUBSCRIPTION_ID", ""), here)
    return Connection(
        endpoint=endpoint,
        tenant=tenant,
        subscription=subscription,
        credential=Bearer(token),
        target="sandbox",
        ca_bundle=environment.get("REQUESTS_CA_BUNDLE") or None,
    )


class Bearer:
    """A credential that is one token, as it was given."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """The token, for whatever scope."""
        import time

        from azure.core.credentials import AccessToken

        return AccessToken(self._token, int(time.time()) + 3600)


def run(make: Callable[[], Provider], arguments: list[str], ready: Callable[[Serving], None] | None = None) -> int:
    """Serves until the engine is done: prints the port, ends when the engine says so or is gone.

    The engine says so with SIGINT. A Ctrl-C at the terminal does not come here: plugins are in a group of their own.
    """
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    serving = start(make)
    if arguments:
        serving.plugin.attach(arguments[0])
    if ready is not None:
        ready(serving)
    print(serving.port, flush=True)
    parent = os.getppid()
    while not ended.wait(1.0):
        if os.getppid() != parent:  # the engine was killed: nobody will ask again
            break
    serving.stop()
    return 0


def main() -> int:
    """The plugin over what the environment names."""
    from modelform.provider import AzureNative

    return run(lambda: AzureNative(connector(os.environ)), sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
