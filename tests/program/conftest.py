"""A recording monitor in place of an engine, and stacks made by hand."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime import stack as pulumi_stack

from modelform.program import build
from modelform.spec.resolved import (
    SERVERLESS,
    Capacity,
    Deployment,
    HubParts,
    Marketplace,
    Model,
    Policy,
    Project,
    ResourceGroup,
    Route,
    RouteMember,
    Stack,
    Workspace,
)

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
TENANT = "00000000-0000-4000-8000-00000000aaaa"


@dataclasses.dataclass
class Registered:
    """Everything that a program asked the engine for."""

    requests: list[Any]
    outputs: dict[str, Any]

    def of(self, type: str) -> list[Any]:
        return [request for request in self.requests if request.type.endswith(type)]

    def one(self, type: str, name: str | None = None) -> Any:
        (found,) = [request for request in self.of(type) if name is None or request.name == name]
        return found

    def inputs(self, type: str, name: str | None = None) -> dict[str, Any]:
        return dict(rpc.deserialize_properties(self.one(type, name).object))


class Cloud(mocks.Mocks):
    """Answers as ARM would: an id, the inputs, and the endpoints of accounts."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        outputs = dict(args.inputs)
        properties = dict(outputs.get("properties") or {})
        if args.typ.endswith("cognitiveservices:Account"):
            host = properties["customSubDomainName"]
            properties["endpoint"] = f"https://{host}.openai.azure.com/"
            if outputs["kind"] == "AIServices":
                properties["endpoints"] = {"AI Foundry API": f"https://{host}.services.ai.azure.com/"}
        if args.typ.endswith(":ServerlessEndpoint"):
            properties["inferenceEndpoint"] = {"uri": f"https://{outputs['name']}.swedencentral.models.ai.azure.com/"}
        if properties:
            outputs["properties"] = properties
        return (f"/id/{args.typ}/{args.name}", outputs) if args.custom else (None, {})

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        raise AssertionError(f"the program calls {args.token}")


class Monitor(mocks.MockMonitor):
    def __init__(self) -> None:
        super().__init__(Cloud())
        self.requests: list[Any] = []
        self.outputs: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:
        self.requests.append(request)
        return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:
        if request.urn.split("::")[2] == "pulumi:pulumi:Stack":
            self.outputs = dict(rpc.deserialize_properties(request.outputs))
        return super().RegisterResourceOutputs(request)


def run(program: Callable[[], None], root: str | None = None) -> Registered:
    monitor = Monitor()

    def inside() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            settings.reset_options()
            settings.configure(
                settings.Settings(
                    project="modelform",
                    stack="test",
                    monitor=monitor,
                    engine=mocks.MockEngine(None),
                    dry_run=False,
                    organization="organization",
                    root_directory=root,
                )
            )
            loop.run_until_complete(pulumi_stack.run_in_stack(program))
        finally:
            loop.close()
            asyncio.set_event_loop(None)

    contextvars.Context().run(inside)
    return Registered(monitor.requests, monitor.outputs)


@pytest.fixture
def declare() -> Callable[[Stack], Registered]:
    """Runs the program of a stack, without its checks."""
    return lambda stack, **more: run(build(stack, found=(), **more))


@pytest.fixture
def run_in() -> Callable[[Any, Callable[[], None]], Registered]:
    """Runs a program as Pulumi does in a project folder; the stack is `test`."""
    return lambda root, program: run(program, str(root))


class Make:
    """Parts of a resolved stack, with what a test does not care for filled in."""

    group = ResourceGroup("group", "rg-models", SUBSCRIPTION, "swedencentral")

    def workspace(self, key: str, kind: Any = "foundry", projects: tuple[str, ...] = (), **more: Any) -> Workspace:
        values: dict[str, Any] = {
            "key": key,
            "kind": kind,
            "name": f"{key}-1a2b",
            "logical": key,
            "aliases": (),
            "subscription": SUBSCRIPTION,
            "resource_group": self.group,
            "location": "swedencentral",
            "tags": {},
            "projects": tuple(Project(p, f"{key}-{p}", f"{key}/{p}") for p in projects),
            "subdomain": "" if kind == "hub" else f"{key}-1a2b",
            "hub": HubParts(f"st{key}", f"kv-{key}", f"log-{key}", f"appi-{key}") if kind == "hub" else None,
        }
        return Workspace(**{**values, **more})

    def deployment(self, key: str, workspace: str = "main", **more: Any) -> Deployment:
        values: dict[str, Any] = {
            "key": key,
            "name": key,
            "logical": key,
            "aliases": (),
            "workspace": workspace,
            "project": None,
            "model": Model("mistral-ai/Mistral-Large-3@1", "Mistral AI", "Mistral AI", "Mistral-Large-3", "1"),
            "sku": "DataZoneStandard",
            "capacity": Capacity("tpm", 50_000, 50),
        }
        return Deployment(**{**values, **more})

    def serverless(self, key: str, workspace: str, project: str, **more: Any) -> Deployment:
        return self.deployment(
            key,
            workspace,
            project=project,
            sku=SERVERLESS,
            capacity=None,
            model=Model("mistral-ai/mistral-small-2503@1", "Mistral AI", "Mistral AI", "mistral-small-2503", ""),
            model_asset="azureml://registries/azureml-mistral/models/mistral-small-2503",
            **more,
        )

    def marketplace(self, name: str) -> Marketplace:
        return Marketplace(name, True)

    def stack(
        self, workspaces: list[Workspace], deployments: list[Deployment], routes: dict[str, list[str]] | None = None
    ) -> Stack:
        groups = {(w.resource_group.subscription, w.resource_group.name): w.resource_group for w in workspaces}
        return Stack(
            name="test",
            project="modelform",
            file="stacks/test.yaml",
            target="sandbox",
            engine="embedded",
            backend=None,
            secrets_provider="passphrase",
            subscription=SUBSCRIPTION,
            tenant=TENANT,
            location="swedencentral",
            tags={},
            resource_groups=tuple(groups.values()),
            workspaces={w.key: w for w in workspaces},
            deployments={d.key: d for d in deployments},
            routes={k: Route(k, tuple(RouteMember(m) for m in members)) for k, members in (routes or {}).items()},
            policy=Policy(),
        )


@pytest.fixture
def make() -> Make:
    return Make()
