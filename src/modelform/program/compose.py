"""The whole stack: the binding, providers, resource groups, workspaces, deployments, and the outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pulumi

from modelform.errors import Diagnostic, Severity
from modelform.program import resource_group
from modelform.program.account import AccountWorkspace
from modelform.program.bound import binding
from modelform.program.cloud import Cloud, providers
from modelform.program.deployment import AccountDeployment
from modelform.program.hub import HubWorkspace
from modelform.program.options import drop_unread_outputs, drop_version_aliases
from modelform.program.serverless import ServerlessDeployment, Subscriptions
from modelform.program.traces import without_stack_traces
from modelform.spec.resolved import SERVERLESS, Deployment, Stack

Home = AccountWorkspace | HubWorkspace
Declared = AccountDeployment | ServerlessDeployment


def compose(stack: Stack, *, endpoint: str | None, found: Iterable[Diagnostic]) -> None:
    """Declares everything, in the order of the stack file; raises `RunError` when a check says no."""
    for _ in steps(stack, endpoint=endpoint, found=found):
        pass


def steps(stack: Stack, *, endpoint: str | None, found: Iterable[Diagnostic]) -> Iterator[Cloud]:
    """As `compose`, with a stop where the providers are declared: an engine that has them may start its plugin."""
    refuse(found)
    with without_stack_traces():
        pulumi.runtime.register_stack_transformation(drop_version_aliases)
        pulumi.runtime.register_stack_transformation(drop_unread_outputs)
        cloud = Cloud(binding(stack, endpoint))
        clouds = providers(stack, cloud)
    yield cloud
    with without_stack_traces():
        _declare(stack, clouds)


def _declare(stack: Stack, clouds: dict[str, pulumi.ProviderResource]) -> None:
    groups = {
        (group.subscription, group.name): resource_group.declare(group, clouds[group.subscription])
        for group in stack.resource_groups
    }
    homes: dict[str, Home] = {}
    for key, workspace in stack.workspaces.items():
        group = groups[(workspace.resource_group.subscription, workspace.resource_group.name)]
        provider = clouds[workspace.subscription]
        if workspace.kind == "hub":
            homes[key] = HubWorkspace(workspace, group, provider, stack.tenant)
        else:
            homes[key] = AccountWorkspace(workspace, group, provider)
    subscriptions = Subscriptions()
    deployments = {key: _deploy(d, homes[d.workspace], subscriptions) for key, d in stack.deployments.items()}
    export(stack, homes, deployments)


def refuse(found: Iterable[Diagnostic]) -> None:
    """Stops the program when a check found an error, with all of them in one message."""
    errors = [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR]
    if errors:
        raise pulumi.RunError("\n".join(["the stack does not pass its checks:", *(str(error) for error in errors)]))


def _deploy(deployment: Deployment, home: Home, subscriptions: Subscriptions) -> Declared:
    if isinstance(home, HubWorkspace):
        if deployment.sku != SERVERLESS:
            raise pulumi.RunError(f"deployment '{deployment.key}': a hub's project takes serverless models only")
        return ServerlessDeployment(deployment, home, subscriptions.needed_by(deployment, home))
    if deployment.sku == SERVERLESS:
        raise pulumi.RunError(f"deployment '{deployment.key}': serverless models live in a hub's project only")
    return AccountDeployment(deployment, home)


def export(stack: Stack, homes: dict[str, Home], deployments: dict[str, Declared]) -> None:
    """The stack's outputs: what applications need of deployments, routes and workspaces."""
    summaries: dict[str, dict[str, Any]] = {key: declared.summary() for key, declared in deployments.items()}
    pulumi.export("deployments", summaries)
    pulumi.export(
        "routes",
        {
            key: [{"key": member.deployment, **summaries[member.deployment]} for member in route.members]
            for key, route in stack.routes.items()
        },
    )
    pulumi.export("workspaces", {key: home.summary() for key, home in homes.items()})
