"""The resource monitor that the SDK talks to, as an object in this process; and its engine, which only logs.

Each method takes and returns the messages of Pulumi's protocol, and is called on one of the SDK's threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar

import pulumi
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, provider_pb2, resource_pb2

from modelform.engine import urns
from modelform.engine.calls import call
from modelform.engine.deployment import Deployment, Stop
from modelform.engine.goal import Alias, Goal, seconds
from modelform.engine.reading import read
from modelform.engine.registration import Answer, Registrar
from modelform.errors import Diagnostic, ModelformError, Severity, UnsupportedError
from modelform.values import UNKNOWN, UNKNOWN_TEXT, Properties, has_unknown
from modelform.values.wire import decode, encode

WAY_OUT = "run this stack with the Pulumi CLI: `--engine pulumi`"
STACK_REFERENCE = "pulumi:pulumi:StackReference"
FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
)
T = TypeVar("T")
FEATURE_NAMES = frozenset({"secrets", "resourceReferences", "aliasSpecs", "deletedWith", "replaceWith"})


class Monitor:
    """Pulumi's ResourceMonitor, in front of a registrar."""

    def __init__(self, registrar: Registrar, config: dict[str, str], secrets: Iterable[str]) -> None:
        self.registrar = registrar
        self.deployment: Deployment = registrar.deployment
        self._config = config
        self._secrets = sorted(secrets)

    def GetDeploymentInfo(self, request: Any) -> resource_pb2.DeploymentInfo:
        options = self.deployment.options
        return resource_pb2.DeploymentInfo(
            project=self.deployment.project,
            stack=self.deployment.stack,
            organization=options.organization,
            config=self._config,
            configSecretKeys=self._secrets,
            dryRun=self.deployment.preview,
            parallel=options.parallel,
            supportedFeatures=FEATURES,
        )

    def SupportsFeature(self, request: Any) -> resource_pb2.SupportsFeatureResponse:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in FEATURE_NAMES)

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:
        answer = self._guarded(lambda: self.registrar.register(goal_of(request)))
        return self._registered(answer)

    def ReadResource(self, request: Any) -> resource_pb2.ReadResourceResponse:
        if request.id == UNKNOWN_TEXT:
            return self._unread(request)
        answer = self._guarded(lambda: read(self.registrar, read_goal_of(request), request.id))
        made = answer.resource
        return resource_pb2.ReadResourceResponse(urn=made.urn, properties=encode(made.outputs))

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:
        outputs = decode(request.outputs)
        if urns.type_of(request.urn) == urns.STACK_TYPE:
            self.deployment.stack_outputs = outputs
        else:
            set_outputs(self.deployment, request.urn, outputs)
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> resource_pb2.ResourceInvokeResponse:
        return self._guarded(lambda: self._invoke(request))

    def SignalAndWaitForShutdown(self, request: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def RegisterPackage(self, request: Any) -> Any:
        raise self._refuse("parameterized packages")

    def Call(self, request: Any) -> Any:
        raise self._refuse("calls of resource methods")

    def RegisterStackTransform(self, request: Any) -> Any:
        raise self._refuse("transforms that run outside the program; stack transformations work")

    def RegisterStackInvokeTransform(self, request: Any) -> Any:
        raise self._refuse("invoke transforms")

    def RegisterResourceHook(self, request: Any) -> Any:
        raise self._refuse("resource hooks")

    def RegisterErrorHook(self, request: Any) -> Any:
        raise self._refuse("error hooks")

    def ExistsResource(self, request: Any) -> Any:
        raise self._refuse("questions whether a resource exists")

    def _refuse(self, what: str) -> Exception:
        self.deployment.fail(UnsupportedError(f"the embedded engine does not do {what}", hint=WAY_OUT))
        return pulumi.RunError("the operation has ended")

    def _guarded(self, work: Callable[[], T]) -> T:
        """Runs a request; when the operation has ended, the program ends too."""
        try:
            return work()
        except Stop:
            raise pulumi.RunError("the operation has ended") from None
        except ModelformError as error:
            self.deployment.fail(error)
            raise pulumi.RunError("the operation has ended") from None
        except Exception as error:
            self.deployment.fault(error)
            raise

    def _registered(self, answer: Answer) -> resource_pb2.RegisterResourceResponse:
        """A result as the SDK takes it; the outputs of components stay here."""
        made = answer.resource
        return resource_pb2.RegisterResourceResponse(
            urn=made.urn,
            id=made.id,
            object=encode(made.outputs) if made.custom else struct_pb2.Struct(),
            result=resource_pb2.SUCCESS if answer.result == "success" else resource_pb2.FAIL,
            unknown=answer.unknown,
        )

    def _unread(self, request: Any) -> resource_pb2.ReadResourceResponse:
        """In a preview, a resource whose id is not known yet cannot be read."""
        urn = urns.make(self.deployment.stack, self.deployment.project, request.parent, request.type, request.name)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=struct_pb2.Struct())

    def _invoke(self, request: Any) -> resource_pb2.ResourceInvokeResponse:
        deployment, arguments = self.deployment, decode(request.args)
        if request.tok == "pulumi:pulumi:getResource":
            return resource_pb2.ResourceInvokeResponse(**{"return": encode(self._found(str(arguments.get("urn", ""))))})
        package = urns.package_of(request.tok)
        if package == "pulumi":
            raise UnsupportedError(f"the embedded engine does not do {request.tok}", hint=WAY_OUT)
        reference = request.provider or self.registrar.admission.default_provider(
            package, request.version, request.pluginDownloadURL
        )
        if deployment.instances.is_unknown(reference) or has_unknown(arguments):
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        provider = deployment.instances.get(reference) or deployment.instances.ensure(reference, deployment.ledger.base)
        result, failures = call(provider.invoke, request.tok, arguments, deployment.preview)
        told = [provider_pb2.CheckFailure(property=f.property, reason=f.reason) for f in failures]
        return resource_pb2.ResourceInvokeResponse(**{"return": encode(result), "failures": told})

    def _found(self, urn: str) -> Properties:
        """A resource of this operation, for a reference to it."""
        with self.deployment.lock:
            slot = self.deployment.made.get(urn) or self.deployment.olds.get(urn)
        if slot is None:
            raise ModelformError(f"there is no resource {urn}", code="engine.unknown-resource")
        return {"urn": urn, "id": slot.resource.id or UNKNOWN, "state": slot.resource.outputs}


class EngineLog:
    """Pulumi's engine service: takes what the program logs."""

    LEVELS: ClassVar = {
        engine_pb2.INFO: Severity.INFO,
        engine_pb2.WARNING: Severity.WARNING,
        engine_pb2.ERROR: Severity.ERROR,
    }

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def Log(self, request: Any) -> empty_pb2.Empty:
        severity = self.LEVELS.get(request.severity)
        if severity is not None:
            if severity is Severity.ERROR:
                self._deployment.errored = True
            self._deployment.reporter.tell(
                Diagnostic("program.log", severity, request.message.strip(), urn=request.urn)
            )
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, request: Any) -> engine_pb2.RequirePulumiVersionResponse:
        return engine_pb2.RequirePulumiVersionResponse()


def set_outputs(deployment: Deployment, urn: str, outputs: Properties) -> None:
    """Stores what a component gives out: it takes the place of what it gave out before."""
    if deployment.preview:
        return
    with deployment.lock:
        slot = deployment.made.get(urn)
    if slot is None or slot.resource.custom:
        return
    known = {key: item for key, item in outputs.items() if not has_unknown(item)}
    deployment.ledger.set_outputs(slot, known)


def goal_of(request: Any) -> Goal:
    """A registration in our words; raises `UnsupportedError` for what only the CLI does."""
    _refuse_options(request)
    inputs = decode(request.object)
    dependencies = tuple(sorted(set(request.dependencies)))
    needed = {key: tuple(sorted(set(item.urns))) for key, item in request.propertyDependencies.items()}
    if not needed:
        needed = dict.fromkeys(inputs, dependencies)
    for key in inputs:
        needed.setdefault(key, ())
    explicit = request.deleteBeforeReplaceDefined or request.deleteBeforeReplace
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        inputs=inputs,
        parent=request.parent,
        provider=request.provider,
        providers=dict(request.providers),
        version=request.version,
        plugin_url=request.pluginDownloadURL,
        dependencies=dependencies,
        property_dependencies=needed,
        protect=request.protect if request.HasField("protect") else None,
        delete_before_replace=request.deleteBeforeReplace if explicit else None,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        aliases=(*(Alias(urn=urn) for urn in request.aliasURNs), *map(_alias, request.aliases)),
        import_id=request.importId,
        custom_timeouts=_timeouts(request),
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        deleted_with=request.deletedWith,
        replace_with=tuple(request.replace_with),
    )


def read_goal_of(request: Any) -> Goal:
    """A request to read a resource, in our words."""
    refused = {"parameterized packages": request.packageRef, "stack references": request.type == STACK_REFERENCE}
    for what, given in refused.items():
        if given:
            raise UnsupportedError(f"the embedded engine does not do {what}", hint=WAY_OUT)
    return Goal(
        type=request.type,
        name=request.name,
        custom=True,
        inputs=decode(request.properties),
        parent=request.parent,
        provider=request.provider,
        version=request.version,
        plugin_url=request.pluginDownloadURL,
        dependencies=tuple(sorted(set(request.dependencies))),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
    )


def _refuse_options(request: Any) -> None:
    hooks = request.hooks
    refused = {
        "remote components": request.remote,
        "parameterized packages": request.packageRef,
        "transforms that run outside the program": request.transforms,
        "state migrations": request.state_migrations,
        "replacement triggers": request.HasField("replacement_trigger"),
        "environment variables of a provider (envVarMappings)": request.envVarMappings,
        "resource hooks": any(getattr(hooks, field.name) for field in hooks.DESCRIPTOR.fields),
        "stack references": request.type == STACK_REFERENCE,
    }
    for what, given in refused.items():
        if given:
            raise UnsupportedError(
                f"the embedded engine does not do {what}", detail=f"asked for by {request.name}", hint=WAY_OUT
            )


def _timeouts(request: Any) -> dict[str, float]:
    given = request.customTimeouts
    texts = {"create": given.create, "update": given.update, "delete": given.delete, "read": given.read}
    return {key: seconds(text) for key, text in texts.items() if text}


def _alias(alias: Any) -> Alias:
    if alias.WhichOneof("alias") == "urn":
        return Alias(urn=alias.urn)
    spec = alias.spec
    return Alias("", spec.name, spec.type, spec.stack, spec.project, spec.parentUrn, spec.noParent)
